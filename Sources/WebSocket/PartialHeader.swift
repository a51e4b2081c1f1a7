/// The bytes of a frame header that the end of a read cut in two. Holds no memory of its own.
struct PartialHeader: Sendable {
    private var bytes = [14 of UInt8](repeating: 0)
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Traps beyond `FrameHeader.maxBytes`: a header of that many bytes is whole.
    mutating func append(_ byte: UInt8) {
        bytes[count] = byte
        count += 1
    }

    mutating func removeAll() { count = 0 }

    func parse(
        role: WebSocketRole, isInMessage: Bool, mayCompress: Bool
    ) throws(WebSocketViolation) -> FrameHeader? {
        try FrameHeader.parse(
            bytes.span.bytes.extracting(first: count), role: role, isInMessage: isInMessage, mayCompress: mayCompress)
    }
}
