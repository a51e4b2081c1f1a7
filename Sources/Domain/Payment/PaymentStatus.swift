/// Where a payment stands.
package enum PaymentStatus: String, Sendable, CaseIterable {
    case pending
    /// The money is there.
    case accepted
    /// It will not be paid: the gateway or a person said so, or the wallet does not cover it.
    case rejected
    /// Its time is over.
    case expired
    case cancelled
    /// Money came that cannot be taken by itself, or may have come: a person decides.
    case review
    /// Money went back, in part or whole.
    case refunded

    /// The statuses that may follow. Everything else cannot be written.
    package var next: Set<PaymentStatus> {
        switch self {
        case .pending: [.accepted, .rejected, .expired, .cancelled, .review]
        // Money that comes too late is not lost.
        case .expired, .cancelled, .rejected: [.review]
        case .review: [.accepted, .rejected, .refunded]
        // Part after part.
        case .accepted, .refunded: [.refunded]
        }
    }
}

/// Who asks for money at a shop's request, and reports what became of it.
package enum PaymentGateway: String, Sendable, CaseIterable {
    case twoC2P = "2c2p"
    case omise, paymongo
}

/// Why a payment is in review.
package enum PaymentReviewReason: String, Sendable, CaseIterable {
    /// The money came after the payment had ended.
    case late
    /// Whom the slip names as the receiver can be read either way.
    case receiverUnclear = "receiver-unclear"
    /// The transfer is older than the payment, or yet to come.
    case transferTime = "transfer-time"
    /// The bank has not published the transfer in the time that we wait.
    case bankDelayed = "bank-delayed"
    /// No provider could be asked about the slip.
    case unverified
    /// The provider's answer does not fit the slip.
    case unclearAnswer = "unclear-answer"
    /// Whether the slip was used before could not be found out.
    case claimUnavailable = "claim-unavailable"
}

/// Why a slip does not pay (seeds' BaanFoodie §11).
package enum SlipRejection: String, Sendable, CaseIterable {
    /// It has paid something already.
    case duplicate = "DUPLICATE_SLIP"
    case amountMismatch = "AMOUNT_MISMATCH"
    case receiverMismatch = "RECEIVER_MISMATCH"
    /// The payment's time was over, and nobody vouches for the slip: money that came too late goes to a person (`review`).
    case expired = "EXPIRED"
    /// It is no slip, or cannot be read, or the bank knows no such transfer.
    case invalid = "SLIP_INVALID"
    /// The bank does not vouch for it any more; or the payment has its money, or has ended, and the slip does not change that.
    case rejected = "REJECTED"
}

/// Why what a gateway said changed nothing.
package enum NoticeIgnorance: String, Sendable, CaseIterable {
    /// The payment stands there already.
    case stale
    /// The charge is for something else.
    case foreign
    case amountMismatch = "amount-mismatch"
    case currencyMismatch = "currency-mismatch"
    /// The gateway, when asked, says that nothing was paid (yet).
    case unconfirmed
    /// The gateway could not be asked, again and again.
    case unavailable
    /// Another charge has paid it already.
    case secondCharge = "second-charge"

    /// It says something about the charge; else the same notice is news when it comes again.
    var isFinal: Bool { self != .unavailable && self != .unconfirmed }
}
