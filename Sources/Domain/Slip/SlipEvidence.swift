package import Primitives

/// The message that brought a slip.
package struct SlipReceipt: Sendable, Equatable {
    /// LINE's `webhookEventId`.
    package let webhookEvent: String
    /// LINE's message id, from which the image is fetched.
    package let message: String
    /// LINE's user id: whom to tell.
    package let user: String
    package let replyToken: String?
    /// When the user sent it, by LINE's clock: unchanged on redelivery.
    package let sentAt: Timestamp

    package init(webhookEvent: String, message: String, user: String, replyToken: String?, sentAt: Timestamp) {
        self.webhookEvent = webhookEvent
        self.message = message
        self.user = user
        self.replyToken = replyToken
        self.sentAt = sentAt
    }
}

/// The reference of a slip, once the tenant has it for this slip alone.
package struct SlipClaim: Sendable, Equatable {
    package let reference: SlipReference
    /// The text of the mini-QR; nil when the reference came from the provider.
    package let payload: String?

    package init(reference: SlipReference, payload: String?) {
        self.reference = reference
        self.payload = payload
    }
}

/// One side of a transfer as a provider shows it: names often cut, numbers always masked.
package struct SlipParty: Sendable, Equatable {
    package var thaiName: String?
    package var englishName: String?
    package var bank: BankCode?
    /// As shown, mask included.
    package var account: String?
    /// The PromptPay id that was paid to, masked: phone, national id, wallet, biller.
    package var proxy: String?

    package init(
        thaiName: String? = nil, englishName: String? = nil, bank: BankCode? = nil, account: String? = nil,
        proxy: String? = nil
    ) {
        self.thaiName = thaiName
        self.englishName = englishName
        self.bank = bank
        self.account = account
        self.proxy = proxy
    }
}

/// What a provider says of a genuine slip.
package struct SlipProof: Sendable, Equatable {
    /// Which provider, with which credential (`easyslip/tenant`).
    package let verifier: String
    package let reference: SlipReference
    package let amount: Satang
    package let transferredAt: Timestamp?
    package let sender: SlipParty
    package let receiver: SlipParty
    /// The provider had seen it before. No verdict: it may have been ourselves before a crash.
    package let wasSeenBefore: Bool

    package init(
        verifier: String, reference: SlipReference, amount: Satang, transferredAt: Timestamp?, sender: SlipParty,
        receiver: SlipParty, wasSeenBefore: Bool = false
    ) {
        self.verifier = verifier
        self.reference = reference
        self.amount = amount
        self.transferredAt = transferredAt
        self.sender = sender
        self.receiver = receiver
        self.wasSeenBefore = wasSeenBefore
    }
}

/// The tenant's account that received the money, and how it was recognised.
package struct AccountMatch: Sendable, Equatable {
    package enum Method: String, Sendable, CaseIterable {
        case exactAccount = "exact-account"
        case partialDigits = "partial-digits"
        case nameMatch = "name-match"
        /// A person chose it.
        case manual
    }
    package let account: String
    package let method: Method

    package init(account: String, method: Method) {
        self.account = account
        self.method = method
    }
}

/// The user of the tenant who gets the credit, and how they were recognised.
package struct UserMatch: Sendable, Equatable {
    package enum Method: String, Sendable, CaseIterable {
        case nameAndAccount = "name-and-account-verified"
        case nameOnly = "name-only"
        /// A person chose them.
        case manual
    }
    package let user: String
    package let memberCode: String?
    package let fullName: String?
    package let method: Method

    package init(user: String, memberCode: String?, fullName: String?, method: Method) {
        self.user = user
        self.memberCode = memberCode
        self.fullName = fullName
        self.method = method
    }
}

/// One submission of a credit to the tenant's back end. Every submission of a slip has the same key.
package struct CreditOrder: Sendable, Equatable {
    package let key: String
    /// From 1.
    package let attempt: Int
    package let reference: SlipReference
    package let amount: Satang
    package let account: String
    package let user: String

    package init(
        key: String, attempt: Int, reference: SlipReference, amount: Satang, account: String, user: String
    ) {
        self.key = key
        self.attempt = attempt
        self.reference = reference
        self.amount = amount
        self.account = account
        self.user = user
    }

    /// The key is made of what may be credited once, so that even a slip that was forgotten has the same.
    package static func key(of reference: SlipReference) -> String {
        "slip-\(reference.bank.text)-\(reference.transRef)"
    }
}

/// How it is known that a credit was made.
package struct CreditProof: Sendable, Equatable {
    package enum Source: String, Sendable, CaseIterable {
        /// The back end answered the submission.
        case answered
        /// It said so when it was asked.
        case reconciled
        /// A person saw it there.
        case person
    }
    package let key: String
    package let amount: Satang
    package let source: Source
    /// The back end's own number, where it gives one.
    package let backEndReference: String?

    package init(key: String, amount: Satang, source: Source, backEndReference: String?) {
        self.key = key
        self.amount = amount
        self.source = source
        self.backEndReference = backEndReference
    }
}

/// How it is known that a transfer was used before.
package struct DuplicateProof: Sendable, Equatable {
    package enum Source: String, Sendable, CaseIterable {
        /// Another slip of the tenant has the reference.
        case claim
        /// The back end has a credit for it that is not ours.
        case backEnd = "back-end"
        case person
    }
    package let source: Source
    package let reference: SlipReference?
    /// The slip that has it, where it is known: `oa/transaction`.
    package let original: String?

    package init(source: Source, reference: SlipReference?, original: String?) {
        self.source = source
        self.reference = reference
        self.original = original
    }
}

/// A person of the tenant who acts on a slip.
package struct SlipJudge: Sendable, Equatable {
    package let subject: String
    package let role: Role

    package init(subject: String, role: Role) {
        self.subject = subject
        self.role = role
    }
}
