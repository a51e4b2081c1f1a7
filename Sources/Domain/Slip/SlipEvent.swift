package import Primitives

/// What happens to one slip; each is a transition, with its evidence. In the log it stands as a `LineAccountEvent` with the
/// slip's `transaction`.
package enum SlipEvent: Sendable, Equatable {
    case received(SlipReceipt)
    /// The reference is known, and the tenant's for this slip alone.
    case identified(SlipClaim)
    /// A step failed for now; its timer is durable with this event.
    case delayed(Slip.Wait)
    case verified(SlipProof)
    /// The receiving account is one of the tenant's.
    case matched(AccountMatch)
    case userFound(UserMatch)
    /// The order is about to be sent: nothing is sent that does not stand in the log.
    case crediting(CreditOrder)
    /// What became of the order is not known: the back end is asked at `until`. A conflict is an answer that there is a
    /// credit for the reference, when it may be our own.
    case creditUnclear(attempt: Int, ask: Int, until: Timestamp, isConflict: Bool, absences: Int = 0)
    case credited(CreditProof)
    case duplicate(DuplicateProof)
    case failed(SlipFailure)
    case review(ReviewReason)
    /// A person, or an administrator's new session (`by` nil), sends it on its way again.
    case retried(by: SlipJudge?)
    /// A person decided; the event that carries the decision out follows in the same transaction.
    case resolved(SlipDecision, by: SlipJudge, note: String)

    /// The name in the log.
    package var name: String {
        switch self {
        case .received: "slip.received"
        case .identified: "slip.identified"
        case .delayed: "slip.delayed"
        case .verified: "slip.verified"
        case .matched: "slip.matched"
        case .userFound: "slip.userFound"
        case .crediting: "slip.crediting"
        case .creditUnclear: "slip.creditUnclear"
        case .credited: "slip.credited"
        case .duplicate: "slip.duplicate"
        case .failed: "slip.failed"
        case .review: "slip.review"
        case .retried: "slip.retried"
        case .resolved: "slip.resolved"
        }
    }
}

/// Why an event cannot happen to a slip in the state it is in. Ours, not a peer's: nothing that meets it is written.
package struct SlipTransitionFault: Error, Sendable, Equatable {
    package enum Cause: Error, Sendable, Equatable {
        /// The status is terminal.
        case terminal
        /// The status has no such transition.
        case notFromHere
        /// The slip has a reference already, or another one.
        case otherReference
        /// The slip has no claim to its reference yet.
        case unclaimed
        /// The receiving account is known already, or not yet.
        case account
        /// A submission is under way, or its outcome is not known.
        case creditOpen
        /// No submission is under way.
        case noCreditOpen
        /// The order or the proof is another than the slip's: key, amount, account, user or attempt.
        case otherOrder
        /// Attempts are counted one by one.
        case attempt
        /// The step is not one of this status.
        case step
    }
    package let status: SlipStatus
    package let event: String
    package let cause: Cause

    package init(status: SlipStatus, event: String, cause: Cause) {
        self.status = status
        self.event = event
        self.cause = cause
    }
}
