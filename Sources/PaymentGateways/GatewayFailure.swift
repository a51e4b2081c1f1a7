package import HTTPClient

/// Why a call to a gateway brought no answer that counts, by what to do about it. Of the provider's words it has at most a
/// code.
package enum GatewayFailure: Error, Equatable, Sendable {
    /// The provider knows no such charge, or not yet.
    case notFound
    /// Keys or merchant are refused: a person must act.
    case unauthorized
    /// The provider does not do it, whenever it is asked. Its code: printable ASCII of at most `GatewayLimits.maxCodeBytes`.
    case refused(code: String?)
    /// Too many requests: wait, then again.
    case rateLimited
    /// The provider has a fault. An order may have been carried out all the same.
    case outage
    /// Nothing was sent: again.
    case notSent
    /// The answer did not come, is not genuine, is of something else or means nothing known. An order may have been carried
    /// out.
    case unclear

    package init(_ failure: TransportFailure) {
        switch failure {
        case .invalidRequest: self = .refused(code: nil)
        case .unreachable, .tlsFailure, .overloaded, .timeout(.connect): self = .notSent
        case .timeout(.firstByte), .timeout(.idle), .timeout(.total), .cutOff, .tooLarge, .protocolViolation:
            self = .unclear
        }
    }

    /// What a status means together with the code of the answer, if it has one.
    init(status: Int, code: String?) {
        switch status {
        case 401, 403: self = .unauthorized
        case 404: self = .notFound
        case 429: self = .rateLimited
        case 400..<500: self = .refused(code: code)
        case 500..<600: self = .outage
        default: self = .unclear
        }
    }
}
