internal import Reactor
internal import TLS

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

    /// The most that one TLS record carries (RFC 8446 §5.1).
    private static let maxRecordBytes = 16 * 1024

    /// The same through TLS, a record at a time. Small parts are gathered: a record costs work whatever its size. What a
    /// blocked record began with stays at the front of the queue, so that the next try brings the same bytes.
    mutating func flush(to stream: TLSStream) -> TransferResult {
        while byteCount > 0 {
            let result =
                if parts[first].count - sent >= min(byteCount, Self.maxRecordBytes) {
                    parts[first].withUnsafeBytes { stream.send(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
                } else {
                    sendGathered(to: stream)
                }
            guard case .moved(let count) = result else { return result }
            advance(by: count)
        }
        return .moved(0)
    }

    private func sendGathered(to stream: TLSStream) -> TransferResult {
        withUnsafeTemporaryAllocation(byteCount: Self.maxRecordBytes, alignment: 1) { record in
            var used = 0
            var skip = sent
            for part in parts[first...] where used < record.count {
                part.withUnsafeBytes { bytes in
                    let piece = bytes[skip...].prefix(record.count - used)
                    record[used...].copyBytes(from: piece)
                    used += piece.count
                }
                skip = 0
            }
            return stream.send(UnsafeRawBufferPointer(rebasing: record[..<used]))
        }
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
