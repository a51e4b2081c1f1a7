/// The beginning of one frame (RFC 6455 §5.2): what it is and how long, without its payload.
struct FrameHeader: Sendable, Equatable {
    /// The most bytes a header has: two, a 64-bit length, a masking key.
    static let maxBytes = 14

    let isFinal: Bool
    let opcode: Opcode
    /// RSV1 of a message's first frame: its payload is compressed (RFC 7692 §6).
    let isCompressed: Bool
    /// Payload bytes, as declared.
    let payloadBytes: Int
    /// Nil for a server's frame.
    let key: MaskingKey?
    /// Bytes of the header itself.
    let headerBytes: Int

    /// The header at the start of `bytes`, or nil when it is not whole. Whatever is there is checked in the order of the
    /// wire, so a violation is found at its first byte and does not depend on how the stream is cut.
    ///
    /// - Parameter isInMessage: a fragmented message is under way.
    /// - Parameter mayCompress: permessage-deflate was negotiated.
    static func parse(
        _ bytes: RawSpan, role: WebSocketRole, isInMessage: Bool, mayCompress: Bool
    ) throws(WebSocketViolation) -> FrameHeader? {
        guard bytes.byteCount >= 1 else { return nil }
        let first = bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self)
        // RSV1 has a meaning on the first frame of a message only, and where compression was negotiated (RFC 7692 §6).
        let isCompressed = first & 0x40 != 0
        guard first & 0x30 == 0, !isCompressed || mayCompress && !isInMessage && first & 0x08 == 0 else {
            throw .reservedBits
        }
        guard let opcode = Opcode(rawValue: first & 0x0F) else { throw .unknownOpcode }
        guard !isCompressed || opcode != .continuation else { throw .reservedBits }
        let isFinal = first & 0x80 != 0
        if opcode.isControl {
            guard isFinal else { throw .fragmentedControlFrame }
        } else {
            guard isInMessage || opcode != .continuation else { throw .unexpectedContinuation }
            guard !isInMessage || opcode == .continuation else { throw .interleavedMessage }
        }

        guard bytes.byteCount >= 2 else { return nil }
        let second = bytes.unsafeLoad(fromByteOffset: 1, as: UInt8.self)
        let isMasked = second & 0x80 != 0
        switch role {
        case .server: guard isMasked else { throw .unmaskedFrame }
        case .client: guard !isMasked else { throw .maskedFrame }
        }
        guard let length = try length(bytes, code: Int(second & 0x7F), isControl: opcode.isControl) else { return nil }

        guard isMasked else {
            return FrameHeader(
                isFinal: isFinal, opcode: opcode, isCompressed: isCompressed, payloadBytes: length.value, key: nil,
                headerBytes: length.end)
        }
        guard bytes.byteCount >= length.end + 4 else { return nil }
        return FrameHeader(
            isFinal: isFinal, opcode: opcode, isCompressed: isCompressed, payloadBytes: length.value,
            key: MaskingKey(in: bytes, at: length.end), headerBytes: length.end + 4)
    }

    /// The payload length and the index behind it, or nil when it is not whole. `code` is the 7-bit field.
    @inline(__always)
    private static func length(
        _ bytes: RawSpan, code: Int, isControl: Bool
    ) throws(WebSocketViolation) -> (value: Int, end: Int)? {
        if code <= 125 { return (code, 2) }
        guard !isControl else { throw .oversizedControlFrame }
        if code == 126 {
            guard bytes.byteCount >= 4 else { return nil }
            let value = Int(UInt16(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 2, as: UInt16.self)))
            guard value >= 126 else { throw .nonMinimalLength }
            return (value, 4)
        }
        guard bytes.byteCount >= 10 else { return nil }
        let value = UInt64(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 2, as: UInt64.self))
        guard let value = Int(exactly: value) else { throw .negativeLength }
        guard value > 0xFFFF else { throw .nonMinimalLength }
        return (value, 10)
    }
}
