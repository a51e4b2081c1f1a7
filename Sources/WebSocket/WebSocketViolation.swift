/// What a peer can do wrong in RFC 6455. Each knows the code that ends the connection.
package enum WebSocketViolation: String, Error, Equatable, Sendable, CaseIterable {
    case unmaskedFrame, maskedFrame, reservedBits, unknownOpcode, fragmentedControl, controlTooLong
    case continuationWithoutStart, messageInsideMessage, lengthNotMinimal, lengthTooLarge
    case closePayloadTooShort, invalidCloseCode
    case invalidUTF8
    case messageTooBig, tooManyFragments

    package var closeCode: CloseCode {
        switch self {
        case .invalidUTF8: .invalidPayload
        case .messageTooBig, .tooManyFragments, .lengthTooLarge: .messageTooBig
        case .unmaskedFrame, .maskedFrame, .reservedBits, .unknownOpcode, .fragmentedControl, .controlTooLong,
            .continuationWithoutStart, .messageInsideMessage, .lengthNotMinimal, .closePayloadTooShort,
            .invalidCloseCode:
            .protocolError
        }
    }

    /// The reason text of our Close frame: constant.
    package var reason: String { rawValue }
}
