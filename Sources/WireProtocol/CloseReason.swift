/// Why the server ended a connection: the private-use close codes of `Protocol/close-codes.json` (RFC 6455 §7.4.2).
///
/// The range tells the client what to do, so a client that does not know a code still behaves well.
package enum CloseReason: UInt16, CaseIterable, Sendable {
    case serverError = 4000
    case draining = 4001
    case tooSlow = 4002
    case noAnswer = 4003
    case moved = 4004

    case overloaded = 4100
    case tooManyConnections = 4101
    case tooManyFrames = 4102

    case expired = 4200
    case ticketExpired = 4201

    case badCredentials = 4500
    case malformedFrame = 4501
    case helloTimeout = 4502
    case loggedOut = 4503
    case unsupportedVersion = 4505
    case originRefused = 4506
    case revoked = 4507

    /// What the client must do after a close.
    package enum Reaction: String, CaseIterable, Sendable {
        /// Connect again with jitter and resume every subscription (4000–4099).
        case reconnect
        /// Wait, longer after each attempt, then connect again (4100–4199).
        case wait
        /// Get a new token or ticket first (4200–4299).
        case newToken
        /// Not connect again by itself (4500–4599).
        case stop

        /// The codes of this reaction, also those not yet given.
        package var range: ClosedRange<UInt16> {
            switch self {
            case .reconnect: 4000...4099
            case .wait: 4100...4199
            case .newToken: 4200...4299
            case .stop: 4500...4599
            }
        }
    }

    package var code: UInt16 { rawValue }

    package var reaction: Reaction {
        switch self {
        case .serverError, .draining, .tooSlow, .noAnswer, .moved: .reconnect
        case .overloaded, .tooManyConnections, .tooManyFrames: .wait
        case .expired, .ticketExpired: .newToken
        case .badCredentials, .malformedFrame, .helloTimeout, .loggedOut: .stop
        case .unsupportedVersion, .originRefused, .revoked: .stop
        }
    }

    /// The reason text of the Close frame: short, ASCII, at most 123 bytes (RFC 6455 §5.5).
    package var name: String {
        switch self {
        case .serverError: "server.error"
        case .draining: "server.draining"
        case .tooSlow: "connection.tooSlow"
        case .noAnswer: "connection.noAnswer"
        case .moved: "server.moved"
        case .overloaded: "server.overloaded"
        case .tooManyConnections: "limit.connections"
        case .tooManyFrames: "limit.frames"
        case .expired: "identity.expired"
        case .ticketExpired: "identity.ticketExpired"
        case .badCredentials: "identity.badCredentials"
        case .malformedFrame: "frame.malformed"
        case .helloTimeout: "frame.helloTimeout"
        case .loggedOut: "identity.loggedOut"
        case .unsupportedVersion: "frame.unsupportedVersion"
        case .originRefused: "identity.origin"
        case .revoked: "identity.revoked"
        }
    }

    /// One sentence for a person.
    package var meaning: String {
        switch self {
        case .serverError: "The server failed; nothing that it acknowledged is lost."
        case .draining: "The server is being replaced by another."
        case .tooSlow: "The client read too slowly, after every milder step was taken."
        case .noAnswer: "The client did not answer the heartbeat in time."
        case .moved: "The sessions of this connection live on another server now."
        case .overloaded: "The server has more work than it can take."
        case .tooManyConnections: "The address, subject or tenant has as many connections as it may have."
        case .tooManyFrames: "The client sent more frames than it may, again and again."
        case .expired: "The token expired and was not refreshed in time."
        case .ticketExpired: "The one-time ticket expired, was used before, or is unknown."
        case .badCredentials: "The token is not acceptable."
        case .malformedFrame: "The client sent a frame that is not in the agreed form."
        case .helloTimeout: "No hello came in time."
        case .loggedOut: "The subject logged out."
        case .unsupportedVersion: "The server does not speak this version of the protocol."
        case .originRefused: "Pages of this origin may not connect."
        case .revoked: "The token was revoked."
        }
    }
}
