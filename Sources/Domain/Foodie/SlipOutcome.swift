/// What became of a slip that somebody showed for a payment.
package enum SlipOutcome: Sendable, Equatable {
    /// It paid.
    case accepted
    /// The bank or a service is not ready; it is tried again without being sent again.
    case waiting
    /// A person looks at it.
    case review(PaymentReviewReason, from: PaymentStatus)
    case rejected(SlipRejection)

    /// nil while it is being looked at.
    package init?(of slip: String, in payment: Payment) {
        if let rejected = payment.rejectedSlips.last(where: { $0.slip == slip }) {
            self = .rejected(rejected.code)
        } else if let current = payment.slip, current.id == slip {
            guard current.wait != nil else { return nil }
            self = .waiting
        } else if let review = payment.review {
            self = .review(review.reason, from: review.from)
        } else if payment.status == .accepted || payment.status == .refunded {
            self = .accepted
        } else {
            return nil
        }
    }

    /// In the words of the platform's document (§11), and of ours where it has none.
    package var code: String {
        switch self {
        case .accepted: "OK"
        case .waiting: "PENDING"
        case .review(.late, from: .expired): SlipRejection.expired.rawValue
        case .review: "REVIEW"
        case .rejected(let rejection): rejection.rawValue
        }
    }
}
