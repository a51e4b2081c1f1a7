package import Domain
package import Ports
internal import Primitives

extension PaymentEffects {
    package static func creationChanges(of state: Payment) -> [StoredChange] {
        [.payment(PaymentRow(state)), .unfinished(true)]
    }

    package static func changes(for event: PaymentEvent, offset: Int64, state: Payment) -> [StoredChange] {
        let postings = state.postings(for: event, offset: offset).map(StoredChange.posting)
        return postings + [.payment(PaymentRow(state)), .unfinished(state.isUnfinished)]
    }

    package static func letters(for event: PaymentEvent, offset: Int64, state: Payment) -> [Letter] {
        NotificationRules.letters(for: event, of: state)
    }

    package static func recovery(of state: Payment, openReply: OpenReplyRow?) -> PaymentOutcome? {
        state.isUnfinished ? .resumed : nil
    }
}

extension PaymentRow {
    init(_ payment: Payment) {
        let facts = payment.facts
        var slip: SlipProof?
        var charge: GatewayCharge?
        switch payment.acceptance {
        case .slip(_, let proof)?: slip = proof
        case .charge(let paid)?: charge = paid
        case .unprovenSlip?, .balance?, .timer?, .actor?, nil: break
        }
        self.init(
            payer: facts.payer, purpose: facts.purpose.rawValue, method: facts.method.rawValue, amount: facts.amount,
            status: payment.status.rawValue, reason: payment.reason, refunded: payment.refunded,
            escrow: payment.escrow?.rawValue, order: facts.order, way: payment.acceptance?.way ?? payment.ownWay,
            charge: charge?.charge, transRef: slip?.reference.transRef, transferredAt: slip?.transferredAt,
            expiresAt: payment.expiresAt, createdAt: payment.createdAt, updatedAt: payment.changedAt)
    }
}

extension Payment {
    fileprivate var ownWay: String? { acceptance == .balance(isEnough: true) ? "balance" : nil }

    /// Why it is in review, or rejected.
    fileprivate var reason: String? {
        switch (status, evidence) {
        case (.review, _): review?.reason.rawValue
        case (.rejected, .balance(isEnough: false)?): RefundFailure.balance.rawValue
        case (.rejected, .charge(let charge)?): charge.code ?? charge.state.rawValue
        case (.rejected, _): "rejected"
        default: nil
        }
    }
}
