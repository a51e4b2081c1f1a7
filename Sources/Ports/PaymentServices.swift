package import Domain
package import Primitives

/// What looking at a slip takes, whoever shows it. One instance a session; confined to the session's loop.
///
/// Every call answers exactly once, on the loop and in a later turn, within the bounds of its adapter (docs/LIMITS.md), and what
/// the outside did wrong is an answer, too.
package protocol SlipVerification: AnyObject, Sendable {
    /// Providers with the tenant's credentials, in the order in which they are asked.
    var verifiers: [String] { get }
    /// Looks for a slip's mini-QR, off the loop. Never `noImage`.
    func readSlip(_ image: [UInt8], _ completion: @escaping @Sendable (QRAnswer) -> Void)
    /// One call to one provider of `verifiers`.
    func verify(_ evidence: ShownSlip, by verifier: String, _ completion: @escaping @Sendable (VerifierAnswer) -> Void)
    /// The session is let go: answers are not awaited any more.
    func close()
}

/// What is shown to a slip service.
package enum ShownSlip: Sendable, Equatable {
    /// The mini-QR's text.
    case payload(String)
    case image([UInt8])
}

/// What the session of one payment calls outside: slip services, the store of references, the ledger, the gateways. As
/// `SlipVerification`.
package protocol PaymentServices: AnyObject, Sendable {
    var live: PaymentLive { get }

    /// Looks for the reference in what was shown. `noImage`: the picture is not held any more.
    func readSlip(_ source: PaymentSlip.Source, _ completion: @escaping @Sendable (QRAnswer) -> Void)
    /// Whether somebody else than this payment has the reference.
    func holder(of reference: SlipReference, _ completion: @escaping @Sendable (HolderAnswer) -> Void)
    /// `source` is what was shown in this process, for a round that needs the picture.
    func verify(
        _ round: VerificationRound, of source: PaymentSlip.Source?,
        _ completion: @escaping @Sendable (VerifierAnswer) -> Void)
    /// Takes the reference for this payment. Who has it may ask again.
    func claim(
        _ reference: SlipReference, transferredAt: Timestamp?, slip: String,
        _ completion: @escaping @Sendable (ClaimAnswer) -> Void)
    /// Whether the subject's wallet covers the amount.
    func checkBalance(
        of subject: String, covers amount: Money, _ completion: @escaping @Sendable (BalanceAnswer) -> Void)
    func inquire(_ inquiry: GatewayInquiry, _ completion: @escaping @Sendable (GatewayAnswer) -> Void)
    func refund(
        _ order: RefundOrder, of charge: GatewayCharge, _ completion: @escaping @Sendable (RefundAnswer) -> Void)

    /// The session is let go: answers are not awaited any more.
    func close()
}
