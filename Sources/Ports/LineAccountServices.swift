package import Domain

/// What the session of one LINE Official Account calls outside: LINE, the slip services, the tenant's back end, and the store of
/// references. One instance a session; confined to the session's loop.
///
/// Every call answers exactly once, on the loop and in a later turn, within the bounds of its adapter (docs/LIMITS.md), and what
/// the outside did wrong is an answer, too. Nothing here remembers what must survive: the session's log does.
package protocol LineAccountServices: SlipVerification {
    /// What decisions see of the tenant's configuration now: providers in the order in which they are asked, which messages are
    /// sent, the newest account list.
    var live: LineAccountLive { get }

    /// The image of a message, from LINE's content host; at most `maxImageBytes`, else it is `gone`.
    func fetchImage(message: String, _ completion: @escaping @Sendable (FetchedImage) -> Void)
    /// Takes the reference for this slip (`LineAccountEffect.claim`).
    func claim(_ claim: SlipClaim, transaction: String, _ completion: @escaping @Sendable (ClaimAnswer) -> Void)
    /// Loads the tenant's account list anew, unless a load is under way: then that one's answer.
    func loadAccounts(_ completion: @escaping @Sendable (AccountsAnswer) -> Void)
    func searchUsers(_ sender: SlipParty, _ completion: @escaping @Sendable (UsersAnswer) -> Void)
    /// `transaction` is for the back end's own records; the order alone says what is credited.
    func submit(
        _ order: CreditOrder, transaction: String, _ completion: @escaping @Sendable (CreditAnswer) -> Void)
    /// What became of the order with this key.
    func ask(_ order: CreditOrder, _ completion: @escaping @Sendable (CreditAskAnswer) -> Void)
    /// Sends one message; the words are chosen here, from the tenant's settings.
    func tell(_ telling: Telling, _ completion: @escaping @Sendable (TellingAnswer) -> Void)
    /// The loading animation in the user's chat: a courtesy, without an answer.
    func showLoading(user: String)
    /// LINE's monthly quota and what is used of it; nil when it cannot be learnt now.
    func readQuota(_ completion: @escaping @Sendable (QuotaReport?) -> Void)
}

package enum FetchedImage: Sendable, Equatable {
    case image([UInt8])
    /// LINE still prepares it (202).
    case pending
    /// It does not exist any more, or is larger than the limit.
    case gone
    case unavailable
}
