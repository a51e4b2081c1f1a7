/// The numbers of the error registry (`Protocol/faults.json`): what went wrong, in a form that a program can act on.
///
/// The hundreds say whose matter it is: 20xx the server, 21xx identity, 22xx a frame, 23xx a subscription, 24xx a
/// command, 25xx a provider behind the server. A number is never given a second meaning.
package enum FaultCode: Int, CaseIterable, Sendable {
    case `internal` = 2000
    case timeout = 2001
    case overloaded = 2002
    case draining = 2003

    case unauthenticated = 2100
    case expired = 2101
    case forbidden = 2102
    case revoked = 2103
    case ticketUsed = 2104
    case originRefused = 2105

    case malformed = 2200
    case unknownType = 2201
    case tooLarge = 2202
    case unsupported = 2203
    case helloExpected = 2204

    case noSuchSession = 2301
    case subscriptionLimit = 2303
    case badPosition = 2304

    case invalidCommand = 2400
    case rejected = 2401
    case keyReused = 2402
    case tooLate = 2403
    case rateLimited = 2406

    case providerUnavailable = 2500
    case providerQuota = 2501
    case providerPolicy = 2502

    /// The dotted name on the wire, as stable as the number.
    package var name: String {
        switch self {
        case .internal: "server.internal"
        case .timeout: "server.timeout"
        case .overloaded: "server.overloaded"
        case .draining: "server.draining"
        case .unauthenticated: "identity.unauthenticated"
        case .expired: "identity.expired"
        case .forbidden: "identity.forbidden"
        case .revoked: "identity.revoked"
        case .ticketUsed: "identity.ticketUsed"
        case .originRefused: "identity.origin"
        case .malformed: "frame.malformed"
        case .unknownType: "frame.unknownType"
        case .tooLarge: "frame.tooLarge"
        case .unsupported: "frame.unsupported"
        case .helloExpected: "frame.helloExpected"
        case .noSuchSession: "subscription.noSuchSession"
        case .subscriptionLimit: "subscription.limit"
        case .badPosition: "subscription.badPosition"
        case .invalidCommand: "command.invalid"
        case .rejected: "command.rejected"
        case .keyReused: "command.keyReused"
        case .tooLate: "command.tooLate"
        case .rateLimited: "command.rateLimited"
        case .providerUnavailable: "provider.unavailable"
        case .providerQuota: "provider.quota"
        case .providerPolicy: "provider.policy"
        }
    }

    /// One sentence for a person; the `title` of a problem document and the detail of a fault that has none of its own.
    package var title: String {
        switch self {
        case .internal: "The server failed."
        case .timeout: "The server did not finish in time."
        case .overloaded: "The server has more work than it can take."
        case .draining: "The server is being replaced."
        case .unauthenticated: "Valid credentials are required."
        case .expired: "The token has expired."
        case .forbidden: "The role or the grants do not allow this."
        case .revoked: "The token was revoked."
        case .ticketUsed: "The ticket is unknown or was used before."
        case .originRefused: "Pages of this origin may not connect."
        case .malformed: "The message is not in the agreed form."
        case .unknownType: "There is no frame type or command of this name."
        case .tooLarge: "The message is larger than the limit."
        case .unsupported: "The server does not offer this feature."
        case .helloExpected: "The first frame must be a hello."
        case .noSuchSession: "There is no such session."
        case .subscriptionLimit: "The connection has as many subscriptions as it may have."
        case .badPosition: "The position is not one of this session's log."
        case .invalidCommand: "The command's content is not valid."
        case .rejected: "The state of the session does not allow this."
        case .keyReused: "The idempotency key was used for another command."
        case .tooLate: "The time for this command is over."
        case .rateLimited: "Too many commands in too short a time."
        case .providerUnavailable: "A service behind the server does not answer."
        case .providerQuota: "A service behind the server has no quota left."
        case .providerPolicy: "A service behind the server refused the content."
        }
    }

    /// Whether the same request, sent again unchanged, may succeed later.
    package var isRetryable: Bool {
        switch self {
        case .internal, .timeout, .overloaded, .draining, .rateLimited, .providerUnavailable, .providerQuota: true
        case .unauthenticated, .expired, .forbidden, .revoked, .ticketUsed, .originRefused: false
        case .malformed, .unknownType, .tooLarge, .unsupported, .helloExpected: false
        case .noSuchSession, .subscriptionLimit, .badPosition: false
        case .invalidCommand, .rejected, .keyReused, .tooLate, .providerPolicy: false
        }
    }

    /// The status of an HTTP response that carries this fault (RFC 9110 §15; 429 of RFC 6585).
    package var httpStatus: Int {
        switch self {
        case .internal: 500
        case .timeout: 504
        case .overloaded, .draining, .providerQuota: 503
        case .providerUnavailable: 502
        case .unauthenticated, .expired, .revoked, .ticketUsed: 401
        case .forbidden, .originRefused: 403
        case .malformed, .unknownType, .helloExpected, .badPosition, .invalidCommand: 400
        case .unsupported: 501
        case .tooLarge: 413
        case .noSuchSession: 404
        case .subscriptionLimit, .rejected, .tooLate: 409
        case .keyReused, .providerPolicy: 422
        case .rateLimited: 429
        }
    }
}
