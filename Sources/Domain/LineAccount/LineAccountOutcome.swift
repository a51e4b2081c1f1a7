package import Primitives

/// How an effect ended. Each is a fact and comes back into `decide`; what came before, twice, or too late changes nothing.
package enum LineAccountOutcome: Sendable, Equatable {
    /// The session was loaded: what was under way is taken up again.
    case resumed
    case timerFired(LineAccountTimer)
    case image(transaction: String, ImageAnswer)
    case qr(transaction: String, QRAnswer)
    case claim(transaction: String, SlipClaim, ClaimAnswer)
    case verification(transaction: String, VerificationRound, VerifierAnswer)
    case accounts(AccountsAnswer)
    case users(transaction: String, UsersAnswer)
    /// To the submission with this number.
    case credit(transaction: String, attempt: Int, CreditAnswer)
    /// To the question what became of the submission with this number.
    case creditAsked(transaction: String, attempt: Int, ask: Int, CreditAskAnswer)
    case told(Telling, TellingAnswer)
    case quota(QuotaReport)
}

package enum ImageAnswer: Sendable, Equatable {
    case held
    /// 202: LINE still prepares it.
    case pending
    /// It does not exist any more, or is larger than the limit.
    case gone
    case unavailable
}

package enum QRAnswer: Sendable, Equatable {
    case slip(SlipReference, payload: String)
    /// A QR that is not a slip's, such as one for paying.
    case foreign
    /// None could be read: the provider may do better.
    case none
    /// The image is not held any more.
    case noImage
}

package enum ClaimAnswer: Sendable, Equatable {
    case claimed
    /// Another slip has it: `oa/transaction`, where known.
    case taken(by: String?)
    case unavailable
}

/// A provider's answer, in our words. Providers' codes are mapped at the edge.
package enum VerifierAnswer: Sendable, Equatable {
    case genuine(SlipReport)
    /// The bank has not published it; `after`: how long the provider says to wait.
    case pending(after: Duration?)
    case notFound
    /// A verdict: `unreadable`, `notASlip` or `expired`.
    case bad(SlipFailure)
    case fault(VerifierFault)
}

/// Why a provider gave no answer that counts. None of them is the slip's fault.
package enum VerifierFault: String, Sendable, CaseIterable {
    case unavailable, quota, configuration, unclear
}

/// What a provider reports of a genuine slip. It may leave out the sending bank, or all of the reference.
package struct SlipReport: Sendable, Equatable {
    package var bank: BankCode?
    package var transRef: String?
    package var amount: Satang
    package var transferredAt: Timestamp?
    package var sender: SlipParty
    package var receiver: SlipParty
    package var wasSeenBefore: Bool

    package init(
        bank: BankCode?, transRef: String?, amount: Satang, transferredAt: Timestamp?, sender: SlipParty,
        receiver: SlipParty, wasSeenBefore: Bool = false
    ) {
        self.bank = bank
        self.transRef = transRef
        self.amount = amount
        self.transferredAt = transferredAt
        self.sender = sender
        self.receiver = receiver
        self.wasSeenBefore = wasSeenBefore
    }
}

package enum AccountsAnswer: Sendable, Equatable {
    case loaded(AccountList)
    case unavailable
    case adminExpired
}

package enum UsersAnswer: Sendable, Equatable {
    case found([UserCandidate])
    case unavailable
    case adminExpired
}

package enum CreditAnswer: Sendable, Equatable {
    case accepted(reference: String?)
    /// 409: there is a credit for the transfer.
    case duplicate
    /// It said no, and made none.
    case refused
    case adminExpired
    /// It surely did not leave this machine.
    case unsent
    /// It may have been made: a timeout, a broken connection, an answer of 500.
    case unclear
}

package enum CreditAskAnswer: Sendable, Equatable {
    case found(Satang, reference: String?)
    case absent
    case unclear
    case adminExpired
}

package enum TellingAnswer: Sendable, Equatable {
    case accepted
    /// 409 to a retry key: it was taken before.
    case acceptedBefore
    /// 400: the reply token was used, or is too old.
    case tokenInvalid
    /// 429 of the rate: later it will be taken.
    case rateLimited
    /// 429 of the month.
    case quotaExhausted
    /// Any other 4xx.
    case refused
    /// A timeout or 5xx: it may have been taken.
    case unclear
}
