package import Primitives

/// What a provider says of a transfer that it found: genuine, and not yet known to be ours.
package struct VerifiedSlip: Equatable, Sendable {
    /// Exactly as the provider wrote it.
    package let amount: Satang
    /// The bank's reference; with the sending bank it names one transfer.
    package let transRef: String
    /// Three digits of the Bank of Thailand's, or the provider's own word for a wallet; nil when it does not tell.
    package let sendingBank: String?
    package let receivingBank: String?
    package let time: Timestamp
    package let sender: VerifiedParty
    package let receiver: VerifiedParty
    /// Of bill payments; nil for empty ones.
    package let ref1: String?
    package let ref2: String?
    package let ref3: String?
}

/// One side of a transfer. Names are often cut, and either may be missing; accounts are masked, in each bank's own way.
package struct VerifiedParty: Equatable, Sendable {
    package let nameThai: String?
    package let nameEnglish: String?
    package let account: VerifiedAccount?
    /// The PromptPay id that the transfer went to or came from.
    package let proxy: VerifiedAccount?
}

package struct VerifiedAccount: Equatable, Sendable {
    /// `BANKAC`, `MSISDN` and the like; nil when the provider does not tell.
    package let type: String?
    /// Masked: never compared for equality.
    package let masked: String
}
