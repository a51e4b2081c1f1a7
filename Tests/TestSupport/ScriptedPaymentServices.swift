package import Domain
internal import Ports
package import Primitives
package import Reactor

/// Slip services, claims, a ledger and gateways that say what a test tells them to, in a later turn; nil: they never answer.
/// Confined to the test's loop.
package final class ScriptedPaymentServices: PaymentServices, @unchecked Sendable {
    /// What was called, in order.
    package enum Call: Sendable, Equatable {
        case read(PaymentSlip.Source)
        case holder(SlipReference)
        case verify(VerificationRound)
        case claim(SlipReference, slip: String)
        case balance(String, Money)
        case inquire(GatewayInquiry)
        case refund(RefundOrder, GatewayCharge)
    }

    package struct Script: Sendable {
        package var live = PaymentLive(verifiers: ["scripted"])
        package var qr: QRAnswer? = QRAnswer.none
        package var holder: HolderAnswer? = .free
        package var verification: VerifierAnswer?
        package var claim: ClaimAnswer? = .claimed
        package var balance: BalanceAnswer? = .enough
        package var charge: GatewayAnswer? = .unavailable
        package var refund: RefundAnswer? = .accepted

        package init() {}
    }

    package let loop: EventLoop
    package var script: Script
    package private(set) var calls: [Call] = []

    package init(loop: EventLoop, script: Script = Script()) {
        self.loop = loop
        self.script = script
    }

    package var live: PaymentLive { script.live }
    package func close() {}

    private func answer<Answer: Sendable>(
        _ call: Call, _ answer: Answer?, _ completion: @escaping @Sendable (Answer) -> Void
    ) {
        calls.append(call)
        if let answer { loop.submit { completion(answer) } }
    }

    package func readSlip(_ source: PaymentSlip.Source, _ completion: @escaping @Sendable (QRAnswer) -> Void) {
        answer(.read(source), script.qr, completion)
    }

    package func holder(
        of reference: SlipReference, _ completion: @escaping @Sendable (HolderAnswer) -> Void
    ) { answer(.holder(reference), script.holder, completion) }

    package func verify(
        _ round: VerificationRound, of source: PaymentSlip.Source?,
        _ completion: @escaping @Sendable (VerifierAnswer) -> Void
    ) { answer(.verify(round), script.verification, completion) }

    package func claim(
        _ reference: SlipReference, transferredAt: Timestamp?, slip: String,
        _ completion: @escaping @Sendable (ClaimAnswer) -> Void
    ) {
        answer(.claim(reference, slip: slip), script.claim, completion)
    }

    package func checkBalance(
        of subject: String, covers amount: Money, _ completion: @escaping @Sendable (BalanceAnswer) -> Void
    ) { answer(.balance(subject, amount), script.balance, completion) }

    package func inquire(_ inquiry: GatewayInquiry, _ completion: @escaping @Sendable (GatewayAnswer) -> Void) {
        answer(.inquire(inquiry), script.charge, completion)
    }

    package func refund(
        _ order: RefundOrder, of charge: GatewayCharge, _ completion: @escaping @Sendable (RefundAnswer) -> Void
    ) { answer(.refund(order, charge), script.refund, completion) }
}
