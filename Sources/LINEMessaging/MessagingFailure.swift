package import HTTPClient
internal import JSON

/// Why a call to LINE did not do what it was for, by what to do about it. Holds none of LINE's words: they may quote ours.
package enum MessagingFailure: String, Error, Equatable, Sendable, CaseIterable {
    /// The token was used, or a minute has passed: push instead.
    case invalidReplyToken
    /// What we sent is wrong, and stays so.
    case badRequest
    /// There is no such user, or none who can be reached.
    case undeliverable
    /// The access token is wrong or over: a person must act.
    case unauthorized
    /// The channel's plan does not allow it: a person must act.
    case forbidden
    case notFound
    /// More than 2 MB, or an answer beyond our own bound.
    case tooLarge
    /// Too many requests a second: wait, then again.
    case rateLimited
    /// The month's messages are used up: a person must act. Trying again is no use.
    case monthlyLimit
    /// LINE has a fault; it may have done it all the same. Again, with the same retry key.
    case unavailable
    /// Nothing was sent. Again.
    case notSent
    /// The answer did not come, or could not be read: it may have been done. Again only with the same retry key.
    case unclear

    package init(_ failure: TransportFailure) {
        switch failure {
        case .invalidRequest: self = .badRequest
        case .tooLarge: self = .tooLarge
        case .unreachable, .tlsFailure, .overloaded, .timeout(.connect): self = .notSent
        case .timeout(.firstByte), .timeout(.idle), .timeout(.total), .cutOff, .protocolViolation: self = .unclear
        }
    }

    /// What an answer that is no success means. LINE has no codes for its errors, only statuses and sentences.
    init(status: Int, body: [UInt8]) {
        let message = JSONValue(answer: body)?["message"]?.string ?? ""
        switch status {
        case 400 where message == "Invalid reply token": self = .invalidReplyToken
        case 400 where message == "Failed to send messages": self = .undeliverable
        case 401: self = .unauthorized
        case 403: self = .forbidden
        case 404, 410: self = .notFound
        case 413: self = .tooLarge
        // Whatever its words, it is no reason to alert a person before it has been tried again.
        case 429: self = message.contains("monthly limit") ? .monthlyLimit : .rateLimited
        case 400..<500: self = .badRequest
        case 500..<600: self = .unavailable
        default: self = .unclear
        }
    }

    /// Whether the same request may be sent again, with its retry key where it has one.
    package var isRetryable: Bool {
        switch self {
        case .rateLimited, .unavailable, .notSent, .unclear: true
        case .invalidReplyToken, .badRequest, .undeliverable, .unauthorized, .forbidden, .notFound, .tooLarge,
            .monthlyLimit:
            false
        }
    }

    /// Whether it may have been done all the same.
    package var mayBeDone: Bool { self == .unavailable || self == .unclear }
}
