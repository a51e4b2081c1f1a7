/// Finds the end of one line, which is CR LF and nothing else (RFC 9112 §2.2 allows a bare LF; it is refused, because
/// readers that disagree about line ends can be made to disagree about requests). Every byte is examined once, in
/// order, so the violation thrown does not depend on how the bytes were cut into segments.
struct LineScanner: Sendable {
    /// How many bytes of the line are known to be good.
    private var examined = 0

    /// Starts behind `offset` bytes that the caller has examined.
    init(from offset: Int = 0) { examined = offset }

    /// The length of the line at the start of `buffer`, without its CR LF; nil when more bytes are needed. Throws
    /// `tooLong` as soon as the line exceeds `limit`.
    mutating func lineLength(
        in buffer: inout InputBuffer, limit: Int, tooLong: HTTPViolation, allowsTab: Bool = true
    ) throws(HTTPViolation) -> Int? {
        let before = examined
        defer { buffer.countWork(examined - before + 1) }
        while true {
            examined = buffer.firstControl(from: examined, before: limit)
            guard examined < buffer.count else { return nil }
            let byte = buffer[examined]
            if byte == Octet.carriageReturn {
                guard examined + 1 < buffer.count else { return nil }
                guard buffer[examined + 1] == Octet.lineFeed else { throw .bareCarriageReturn }
                return examined
            }
            guard byte != Octet.lineFeed else { throw .bareLineFeed }
            guard !Octet.isControl(byte) || (byte == Octet.tab && allowsTab) else { throw .controlCharacter }
            guard examined < limit else { throw tooLong }
            examined += 1
        }
    }
}
