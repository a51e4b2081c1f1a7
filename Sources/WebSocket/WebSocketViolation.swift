/// What a peer can do wrong in the frames of RFC 6455. Each case knows the code that ends the connection.
package enum WebSocketViolation: Error, Equatable, Sendable, CaseIterable {
    /// A client's frame without a mask (§5.1).
    case unmaskedFrame
    /// A server's frame with a mask (§5.1).
    case maskedFrame
    /// RSV1, RSV2 or RSV3 without an extension that gives it a meaning there (§5.2, RFC 7692 §6).
    case reservedBits
    /// Opcodes 3–7 and 11–15 (§5.2).
    case unknownOpcode
    /// A control frame without FIN (§5.5).
    case fragmentedControlFrame
    /// A control frame of more than 125 payload bytes (§5.5).
    case oversizedControlFrame
    /// A continuation frame while no message is under way (§5.4).
    case unexpectedContinuation
    /// A text or binary frame while the message before it is not finished (§5.4).
    case interleavedMessage
    /// A length in more bytes than it needs (§5.2).
    case nonMinimalLength
    /// A 64-bit length with its top bit set (§5.2).
    case negativeLength
    /// A Close payload of one byte: half a code (§5.5.1).
    case truncatedCloseCode
    /// A code that no Close frame may carry (§7.4).
    case invalidCloseCode
    /// A Close reason that is not UTF-8 (§5.5.1).
    case invalidCloseReason
    /// A text message that is not UTF-8, found at the first byte that cannot be (§8.1).
    case invalidText
    /// The payload of a compressed message is not deflate, or ends within a block (RFC 7692 §7.2.2).
    case invalidCompression
    /// More than `WebSocketLimits.maxMessageBytes`.
    case messageTooBig
    /// More than `WebSocketLimits.maxFragments` frames, or too many empty ones in a row.
    case tooManyFragments

    /// What our Close frame says (RFC 6455 §7.4.1).
    package var closeCode: CloseCode {
        switch self {
        case .unmaskedFrame, .maskedFrame, .reservedBits, .unknownOpcode, .fragmentedControlFrame,
            .oversizedControlFrame, .unexpectedContinuation, .interleavedMessage, .nonMinimalLength, .negativeLength,
            .truncatedCloseCode, .invalidCloseCode:
            .protocolError
        case .invalidCloseReason, .invalidText, .invalidCompression: .invalidPayload
        case .messageTooBig, .tooManyFragments: .messageTooBig
        }
    }

    /// The reason text of our Close frame: constant, at most 123 bytes, without anything of the peer's.
    package var reason: String {
        switch self {
        case .unmaskedFrame: "a client's frame must be masked"
        case .maskedFrame: "a server's frame must not be masked"
        case .reservedBits: "a reserved bit is set"
        case .unknownOpcode: "unknown opcode"
        case .fragmentedControlFrame: "a control frame must not be fragmented"
        case .oversizedControlFrame: "a control frame carries at most 125 bytes"
        case .unexpectedContinuation: "continuation of no message"
        case .interleavedMessage: "a new message within a fragmented one"
        case .nonMinimalLength: "the length is not in its shortest form"
        case .negativeLength: "the top bit of the length is set"
        case .truncatedCloseCode: "a close payload of one byte"
        case .invalidCloseCode: "this close code must not be sent"
        case .invalidCloseReason: "the close reason is not UTF-8"
        case .invalidText: "the text is not UTF-8"
        case .invalidCompression: "the message is not what deflate writes"
        case .messageTooBig: "the message is too big"
        case .tooManyFragments: "the message has too many fragments"
        }
    }
}
