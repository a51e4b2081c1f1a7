internal import Primitives
internal import Reactor
internal import TLS

/// Bytes on their way to one peer, in order. Holds references to shared frames, not copies. Nothing waits for an idle
/// connection, and the queue is but a pointer then.
struct OutputQueue {
    private var waiting = Boxed<WaitingOutput>()

    var isEmpty: Bool { waiting.isEmpty }
    var byteCount: Int { waiting.value?.byteCount ?? 0 }

    /// How long the peer has taken nothing of what waits; zero when nothing waits.
    func stallTime(at now: Instant) -> Duration { waiting.value.map { now.since($0.lastProgress) } ?? .zero }

    mutating func append(_ part: [UInt8], at now: Instant) {
        guard !part.isEmpty else { return }
        waiting[initially: WaitingOutput(since: now)].append(part)
    }

    /// Appends what is left of `part` behind the first `sent` bytes, which have just left.
    mutating func append(_ part: [UInt8], skipping sent: Int, at now: Instant) {
        guard isEmpty else { return append(Array(part[sent...]), at: now) }
        guard sent < part.count else { return }
        waiting[initially: WaitingOutput(since: now)].begin(with: part, skipping: sent)
    }

    mutating func removeAll() { waiting.removeValue() }

    /// Sends as much as the socket takes. `.moved` means all of it went.
    mutating func flush(to socket: borrowing Socket, at now: Instant) -> TransferResult {
        guard !isEmpty else { return .moved(0) }
        let result = waiting[initially: WaitingOutput(since: now)].flush(to: socket, at: now)
        if byteCount == 0 { removeAll() }
        return result
    }

    /// The same through TLS.
    mutating func flush(to stream: TLSStream, at now: Instant) -> TransferResult {
        guard !isEmpty else { return .moved(0) }
        let result = waiting[initially: WaitingOutput(since: now)].flush(to: stream, at: now)
        if byteCount == 0 { removeAll() }
        return result
    }
}

private struct WaitingOutput {
    private(set) var byteCount = 0
    private var parts: [[UInt8]] = []
    private var first = 0
    /// Bytes of `parts[first]` that are sent already.
    private var sent = 0
    /// When bytes left last, or the first of them came.
    private(set) var lastProgress: Instant

    init(since now: Instant) { lastProgress = now }

    mutating func append(_ part: [UInt8]) {
        parts.append(part)
        byteCount += part.count
    }

    mutating func begin(with part: [UInt8], skipping sent: Int) {
        append(part)
        self.sent = sent
        byteCount -= sent
    }

    mutating func flush(to socket: borrowing Socket, at now: Instant) -> TransferResult {
        while byteCount > 0 {
            let result = socket.send(parts: parts[first...], skipping: sent)
            guard case .moved(let count) = result else { return result }
            advance(by: count, at: now)
        }
        return .moved(0)
    }

    /// The most that one TLS record carries (RFC 8446 §5.1).
    private static let maxRecordBytes = 16 * 1024

    /// A record at a time. Small parts are gathered: a record costs work whatever its size. What a
    /// blocked record began with stays at the front of the queue, so that the next try brings the same bytes.
    mutating func flush(to stream: TLSStream, at now: Instant) -> TransferResult {
        while byteCount > 0 {
            let result =
                if parts[first].count - sent >= min(byteCount, Self.maxRecordBytes) {
                    parts[first].withUnsafeBytes { stream.send(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
                } else {
                    sendGathered(to: stream)
                }
            guard case .moved(let count) = result else { return result }
            advance(by: count, at: now)
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

    private mutating func advance(by count: Int, at now: Instant) {
        lastProgress = now
        byteCount -= count
        var rest = count + sent
        while first < parts.count, rest >= parts[first].count {
            rest -= parts[first].count
            parts[first] = []
            first += 1
        }
        sent = rest
        if first == parts.count {
            parts = []
            first = 0
        } else if first > 256 {
            parts.removeFirst(first)
            first = 0
        }
    }
}
