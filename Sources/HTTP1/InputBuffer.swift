/// Bytes received and not yet consumed, with a reader index. Memory is given back as soon as all of it is consumed, so
/// that an idle connection owns none. The caller bounds it: it appends what one read gave, then consumes.
struct InputBuffer: Sendable {
    private var storage: [UInt8] = []
    private var start = 0
    /// Bytes copied in, moved and examined since the beginning. Tests hold it to a multiple of the input: that, not a
    /// stop watch, is how linear time is proved.
    private(set) var work = 0

    var count: Int { storage.count - start }
    var isEmpty: Bool { storage.count == start }

    /// The byte `offset` behind the reader index; `offset` is below `count`.
    subscript(offset: Int) -> UInt8 { storage[start + offset] }

    /// The bytes of a range that counts from the reader index.
    subscript(range: Range<Int>) -> ArraySlice<UInt8> {
        storage[start + range.lowerBound..<start + range.upperBound]
    }

    /// The first control character at or behind `offset`, counted from the reader index; `limit`, or the end, when there is
    /// none before.
    func firstControl(from offset: Int, before limit: Int) -> Int {
        let bytes = storage.span
        let end = start + max(offset, min(count, limit))
        var index = start + offset
        while index < end, !Octet.isControl(bytes[index]) { index += 1 }
        return index - start
    }

    mutating func append(_ bytes: RawSpan) {
        if start > 0, start >= count {
            // Moves no more bytes than were consumed since the last move, so moving costs linear time in sum.
            work += count
            storage.removeFirst(start)
            start = 0
        }
        work += bytes.byteCount
        bytes.withUnsafeBytes { storage.append(contentsOf: $0) }
    }

    /// Consumes the first `length` bytes; `length` is at most `count`.
    mutating func drop(_ length: Int) {
        start += length
        if start == storage.count { clear() }
    }

    /// Moves the first `length` bytes to the end of `bytes`.
    mutating func move(_ length: Int, to bytes: inout [UInt8]) {
        work += length
        bytes.append(contentsOf: self[0..<length])
        drop(length)
    }

    /// Consumes and returns everything.
    mutating func takeAll() -> [UInt8] {
        let bytes = Array(self[0..<count])
        clear()
        return bytes
    }

    mutating func clear() {
        storage = []
        start = 0
    }

    mutating func countWork(_ bytes: Int) { work += bytes }
}
