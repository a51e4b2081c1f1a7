/// Why a transfer brought no whole answer.
package enum TransportFailure: Error, Sendable, Equatable {
    package enum Timeout: String, Sendable, Equatable {
        case connect, firstByte, idle, total
    }

    /// The name did not resolve, or nobody accepted the connection.
    case unreachable
    /// No TLS with the host, or its certificate is not trusted.
    case tlsFailure
    case timeout(Timeout)
    /// The connection ended before the answer did.
    case cutOff
    /// The header block or the body passed its limit.
    case tooLarge
    /// What came is not HTTP.
    case protocolViolation
    /// Too many transfers in flight, or no descriptor left; nothing was sent.
    case overloaded
    /// The URL or a header cannot be sent; nothing was sent.
    case invalidRequest

    /// False when the request certainly never left this process, so that repeating it cannot apply it twice.
    package var mayHaveArrived: Bool {
        switch self {
        case .unreachable, .tlsFailure, .timeout(.connect), .overloaded, .invalidRequest: false
        case .timeout(.firstByte), .timeout(.idle), .timeout(.total), .cutOff, .tooLarge, .protocolViolation: true
        }
    }

    /// A word for metrics and logs.
    package var name: String {
        switch self {
        case .unreachable: "unreachable"
        case .tlsFailure: "tls_failure"
        case .timeout(let kind): "timeout_\(kind.rawValue)"
        case .cutOff: "cut_off"
        case .tooLarge: "too_large"
        case .protocolViolation: "protocol_violation"
        case .overloaded: "overloaded"
        case .invalidRequest: "invalid_request"
        }
    }
}
