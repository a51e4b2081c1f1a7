/// Why a connection is closed, as its Close frame says (RFC 6455 §7.4).
package struct CloseCode: Hashable, Sendable, RawRepresentable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }
    package init(_ code: UInt16) { rawValue = code }

    package static let normal = CloseCode(1000)
    package static let goingAway = CloseCode(1001)
    package static let protocolError = CloseCode(1002)
    package static let unsupportedData = CloseCode(1003)
    package static let invalidPayload = CloseCode(1007)
    package static let policyViolation = CloseCode(1008)
    package static let messageTooBig = CloseCode(1009)
    package static let internalError = CloseCode(1011)

    /// Whether a Close frame may carry it: the codes that RFC 6455 §7.4.1 and the IANA registry define for the wire, and
    /// the ranges for libraries (3000–3999) and applications (4000–4999). 1004, 1005, 1006 and 1015 are reserved for what
    /// never travels.
    package var isValidOnWire: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
