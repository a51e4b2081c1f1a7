package import HTTPClient

/// Why there is no verified slip that counts, by what to do about it. The one vocabulary of all providers; holds none of
/// their words.
package enum VerificationFailure: Error, Equatable, Sendable {
    /// Not a slip, or no such transfer: the sender is told.
    case invalid
    /// Too old for the bank to say: the sender is told.
    case expired
    /// No QR code can be read in the image: the sender is asked for a clearer one.
    case unreadableImage
    /// The provider knows no such transfer yet; a fresh one appears within minutes. Then `invalid`.
    case notFoundYet
    /// The bank publishes late: again after so long.
    case pending(retryAfter: Duration)
    /// The provider has seen it before, which our own records must judge: it may have been us. With the slip where it is told.
    case duplicate(VerifiedSlip?)
    /// Genuine, and of another amount than was asked for.
    case amountMismatch(VerifiedSlip?)
    /// Genuine, and to an account that is not registered with the provider.
    case receiverMismatch(VerifiedSlip?)
    /// The plan is used up: a person must act, and look at the slip.
    case quota
    /// Key, subscription or address are refused: a person must act, and look at the slip.
    case unauthorized
    /// Our request is wrong.
    case badRequest
    /// The provider or the bank has a fault: again.
    case outage
    /// Nothing was sent: again.
    case notSent
    /// The answer did not come or means nothing known: again, then a person looks at it. Never a rejection.
    case unclear

    /// What to do with the slip.
    package enum Advice: Equatable, Sendable {
        case reject, judgeByOwnRecords, askForImage
        /// Not before this.
        case retry(after: Duration)
        case review
    }

    /// How long to wait where the provider does not say.
    private static let shortWait = Duration.seconds(30)

    package var advice: Advice {
        switch self {
        case .invalid, .expired: .reject
        // The slip is genuine; the provider's list of accounts may be older than ours.
        case .duplicate, .amountMismatch(.some), .receiverMismatch(.some): .judgeByOwnRecords
        case .amountMismatch(nil), .receiverMismatch(nil): .review
        case .unreadableImage: .askForImage
        case .pending(let wait): .retry(after: wait)
        case .notFoundYet, .outage, .notSent, .unclear: .retry(after: Self.shortWait)
        case .quota, .unauthorized, .badRequest: .review
        }
    }

    package init(_ failure: TransportFailure) {
        switch failure {
        case .invalidRequest: self = .badRequest
        case .unreachable, .tlsFailure, .overloaded, .timeout(.connect): self = .notSent
        case .timeout(.firstByte), .timeout(.idle), .timeout(.total), .cutOff, .tooLarge, .protocolViolation:
            self = .unclear
        }
    }

    /// What a status means where the body says nothing that is known.
    init(status: Int) {
        switch status {
        case 401, 403: self = .unauthorized
        case 402: self = .quota
        case 429, 500..<600: self = .outage
        default: self = .unclear
        }
    }
}
