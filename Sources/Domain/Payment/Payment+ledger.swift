internal import Primitives

extension Payment {
    /// What the ledger gets with an event, given the state after it. Money from outside stands in `clearing` until it is somebody's.
    package func postings(for event: PaymentEvent, offset: Int64) -> [LedgerPosting] {
        guard let (from, to, amount) = move(for: event), !amount.isZero, from != to else { return [] }
        return [LedgerPosting(id: "\(id)/\(offset)", from: from, to: to, amount: amount)]
    }

    private func move(for event: PaymentEvent) -> (LedgerAccount, LedgerAccount, Money)? {
        switch event {
        case .statusChanged(let transition): move(for: transition)
        case .escrowChanged(_, .released, _):
            facts.escrowPayee.map { (.escrow(payment: id), .payable(subject: $0), refundable) }
        case .escrowChanged, .slipStage, .slipRejected, .timerExtended, .noticed, .inquiryDelayed, .ignored,
            .reviewClaiming,
            .refundRequested, .refundFailed:
            nil
        }
    }

    private func move(for transition: PaymentTransition) -> (LedgerAccount, LedgerAccount, Money)? {
        switch transition.to {
        case .accepted: (source, target, facts.amount)
        case .review:
            transition.evidence.isMoney ? (outside, .unsettled(payment: id), facts.amount) : nil
        case .refunded: giveBack(transition)
        case .rejected: notOurs(transition)
        case .pending, .expired, .cancelled: nil
        }
    }

    /// A person says that what was thought to have come for the payment has not.
    private func notOurs(_ transition: PaymentTransition) -> (LedgerAccount, LedgerAccount, Money)? {
        transition.from == .review && unsettledWay != nil ? (.unsettled(payment: id), outside, facts.amount) : nil
    }

    private func giveBack(_ transition: PaymentTransition) -> (LedgerAccount, LedgerAccount, Money)? {
        guard let amount = transition.amount else { return nil }
        if transition.from == .review { return unsettledWay == nil ? nil : (.unsettled(payment: id), outside, amount) }
        return (holder, isPaidFromWallet ? .wallet(subject: facts.payer) : outside, amount)
    }

    /// Who has the money that goes back: a gateway can take it from a provider of services who was given it.
    private var holder: LedgerAccount {
        if escrow == .released, let payee = facts.escrowPayee { return .payable(subject: payee) }
        return target
    }

    /// Where the accepted money came from.
    private var source: LedgerAccount {
        if isPaidFromWallet { return .wallet(subject: facts.payer) }
        return unsettledWay == nil ? outside : .unsettled(payment: id)
    }

    /// Whose it is.
    private var target: LedgerAccount {
        if facts.escrowPayee != nil { return .escrow(payment: id) }
        return facts.purpose == .deposit ? .wallet(subject: facts.payer) : .sales
    }

    private var isPaidFromWallet: Bool { acceptance == .balance(isEnough: true) }

    /// A person who accepts without any evidence of a way has seen a transfer.
    private var outside: LedgerAccount {
        .clearing(way: unsettledWay ?? acceptance?.way ?? evidence?.way ?? "slip")
    }
}
