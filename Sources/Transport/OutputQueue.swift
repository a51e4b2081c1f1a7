internal import Reactor

/// Bytes on their way to one peer, in order. Holds references to shared frames, not copies.
struct OutputQueue {
    private(set) var byteCount = 0
    private var parts: [[UInt8]] = []
    private var first = 0
    /// Bytes of `parts[first]` that are sent already.
    private var sent = 0

    var isEmpty: Bool { byteCount == 0 }

    mutating func append(_ part: [UInt8]) {
        guard !part.isEmpty else { return }
        parts.append(part)
        byteCount += part.count
    }

    /// Appends what is left of `part` behind the first `sent` bytes.
    mutating func append(_ part: [UInt8], skipping sent: Int) {
        guard isEmpty else { return append(Array(part[sent...])) }
        append(part)
        self.sent = sent
        byteCount -= sent
    }

    mutating func removeAll() { self = OutputQueue() }

    /// Sends as much as the socket takes. `.moved` means all of it went.
    mutating func flush(to socket: borrowing Socket) -> TransferResult {
        while byteCount > 0 {
            let result = socket.send(parts: parts[first...], skipping: sent)
            guard case .moved(let count) = result else { return result }
            advance(by: count)
        }
        return .moved(0)
    }

    private mutating func advance(by count: Int) {
        byteCount -= count
        var rest = count + sent
        while first < parts.count, rest >= parts[first].count {
            rest -= parts[first].count
            parts[first] = []
            first += 1
        }
        sent = rest
        if first == parts.count {
            // An idle connection owns no memory for output.
            parts = []
            first = 0
        } else if first > 256 {
            parts.removeFirst(first)
            first = 0
        }
    }
}
