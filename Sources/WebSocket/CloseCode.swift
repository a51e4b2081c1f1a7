/// A close code (RFC 6455 §7.4).
package struct CloseCode: Hashable, Sendable, RawRepresentable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    package init(_ code: UInt16) { rawValue = code }

    package static let normal = CloseCode(1000)
    package static let protocolError = CloseCode(1002)
    /// Never on the wire: the peer's Close frame had no code.
    package static let noStatus = CloseCode(1005)
    package static let invalidPayload = CloseCode(1007)
    package static let messageTooBig = CloseCode(1009)

    /// Whether an endpoint may send it (RFC 6455 §7.4.1, §7.4.2).
    package var isValidOnWire: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
