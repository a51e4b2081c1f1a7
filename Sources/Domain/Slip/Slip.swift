package import Primitives

/// The status of a slip, as AT SLIP's table `pending_transactions` has it, and `review`.
package enum SlipStatus: String, Sendable, CaseIterable {
    /// The image has come and was not verified. Next: `pending`, `duplicate`, `failed`, `review`.
    case pendingVerification = "pending_verification"
    /// A provider says that the transfer is genuine. Next: `matched`, `duplicate`, `failed`, `review`.
    case pending
    /// The receiving account and the user are found. Next: `credited`, `duplicate`, `failed`, `review`.
    case matched
    /// Terminal.
    case credited, duplicate, failed
    /// A person decides. Next: the status that it came from.
    case review

    package var isTerminal: Bool {
        switch self {
        case .credited, .duplicate, .failed: true
        case .pendingVerification, .pending, .matched, .review: false
        }
    }
}

/// One slip on its way from a photo to a credit: a state machine over `SlipEvent`.
///
/// A phase carries exactly what is known in it. What has been found stays with the slip when it goes to `review`, so that it
/// comes back to where it was.
package struct Slip: Sendable, Equatable {
    package let transaction: String
    package let receipt: SlipReceipt
    package internal(set) var phase: Phase
    /// When the newest event happened.
    package internal(set) var changedAt: Timestamp

    package enum Phase: Sendable, Equatable {
        case open(Progress, wait: Wait?)
        case review(ReviewReason, Progress)
        case credited(Match, CreditProof)
        case duplicate(DuplicateProof, Progress)
        case failed(SlipFailure, Progress)
    }

    /// How far the evidence goes.
    package enum Progress: Sendable, Equatable {
        case received(claim: SlipClaim?)
        case verified(claim: SlipClaim?, SlipProof, account: AccountMatch?)
        case matched(Match, Credit)
    }

    /// Everything that a credit needs. There is no match without a claim.
    package struct Match: Sendable, Equatable {
        package let claim: SlipClaim
        package let proof: SlipProof
        package let account: AccountMatch
        package let user: UserMatch
    }

    /// How far the credit is.
    package enum Credit: Sendable, Equatable {
        /// No submission is under way, and none of the `attempts` that were made was taken.
        case ready(attempts: Int)
        /// The order is in the log and is, or may have been, sent.
        case submitting(CreditOrder, since: Timestamp)
        /// What became of the order is not known: the back end is asked for the `ask`th time, not before `until`.
        /// `isConflict`: the back end said that there is a credit for the reference. `absences`: how often it said that there is none.
        case asking(CreditOrder, ask: Int, until: Timestamp, isConflict: Bool, absences: Int = 0)

        /// The order whose outcome is not known.
        package var openOrder: CreditOrder? {
            switch self {
            case .ready: nil
            case .submitting(let order, _), .asking(let order, _, _, _, _): order
            }
        }
    }

    /// A step failed for now and is tried again at `until`: the durable timer.
    package struct Wait: Sendable, Equatable {
        package let step: SlipStep
        /// How often the step has failed: from 1.
        package let attempt: Int
        package let reason: DelayReason
        package let until: Timestamp

        package init(step: SlipStep, attempt: Int, reason: DelayReason, until: Timestamp) {
            self.step = step
            self.attempt = attempt
            self.reason = reason
            self.until = until
        }
    }

    init(transaction: String, receipt: SlipReceipt, phase: Phase, changedAt: Timestamp) {
        self.transaction = transaction
        self.receipt = receipt
        self.phase = phase
        self.changedAt = changedAt
    }

    package init(transaction: String, receipt: SlipReceipt, at: Timestamp) {
        self.init(
            transaction: transaction, receipt: receipt, phase: .open(.received(claim: nil), wait: nil), changedAt: at)
    }
}

extension Slip {
    package var status: SlipStatus {
        switch phase {
        case .open(.received, _): .pendingVerification
        case .open(.verified, _): .pending
        case .open(.matched, _): .matched
        case .review: .review
        case .credited: .credited
        case .duplicate: .duplicate
        case .failed: .failed
        }
    }

    package var progress: Progress {
        switch phase {
        case .open(let progress, _), .review(_, let progress), .duplicate(_, let progress), .failed(_, let progress):
            progress
        case .credited(let match, _): .matched(match, .ready(attempts: 0))
        }
    }

    package var wait: Wait? { if case .open(_, let wait) = phase { wait } else { nil } }
    package var reviewReason: ReviewReason? { if case .review(let reason, _) = phase { reason } else { nil } }
    package var claim: SlipClaim? { progress.claim }
    package var proof: SlipProof? { progress.proof }
}

extension Slip.Progress {
    package var claim: SlipClaim? {
        switch self {
        case .received(let claim), .verified(let claim, _, _): claim
        case .matched(let match, _): match.claim
        }
    }

    package var proof: SlipProof? {
        switch self {
        case .received: nil
        case .verified(_, let proof, _): proof
        case .matched(let match, _): match.proof
        }
    }

    package var account: AccountMatch? {
        switch self {
        case .received: nil
        case .verified(_, _, let account): account
        case .matched(let match, _): match.account
        }
    }

    package var user: UserMatch? { if case .matched(let match, _) = self { match.user } else { nil } }

    /// An order was sent, and what became of it is not known.
    package var openOrder: CreditOrder? { if case .matched(_, let credit) = self { credit.openOrder } else { nil } }
}
