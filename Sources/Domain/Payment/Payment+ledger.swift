internal import Primitives

extension Payment {
    /// What the ledger gets with an event, given the state after it. Money from outside stands in `clearing` until it is somebody's.
    package func postings(for event: PaymentEvent, offset: Int64) -> [LedgerPosting] {
        let moves = moves(for: event).filter { !$0.amount.isZero && $0.from != $0.to }
        return moves.enumerated().map { index, move in
            let id = index == 0 ? "\(id)/\(offset)" : "\(id)/\(offset)/\(index)"
            return LedgerPosting(id: id, from: move.from, to: move.to, amount: move.amount)
        }
    }

    private typealias Move = (from: LedgerAccount, to: LedgerAccount, amount: Money)

    private func moves(for event: PaymentEvent) -> [Move] {
        switch event {
        case .statusChanged(let transition):
            if transition.to == .refunded, escrow == .released { return takeBack(transition) }
            return move(for: transition).map { [$0] } ?? []
        case .escrowChanged(_, .released, _): return release()
        case .escrowChanged, .slipStage, .slipRejected, .timerExtended, .noticed, .inquiryDelayed, .ignored,
            .reviewClaiming, .refundRequested, .refundFailed:
            return []
        }
    }

    /// To the provider of services, but for the tenant's fee.
    private func release() -> [Move] {
        guard let payee = facts.escrowPayee else { return [] }
        let parts = facts.escrowFee.split(refundable)
        return [
            (.escrow(payment: id), .payable(subject: payee), parts.rest), (.escrow(payment: id), .sales, parts.fee),
        ]
    }

    /// A gateway can take money back from a provider of services who was given it: the tenant gives its part of the fee back, so that
    /// what it has kept is its fee of what is left.
    private func takeBack(_ transition: PaymentTransition) -> [Move] {
        guard let payee = facts.escrowPayee, let amount = transition.amount, let before = refundable.adding(amount),
            let fee = facts.escrowFee.split(before).fee.subtracting(facts.escrowFee.split(refundable).fee),
            let rest = amount.subtracting(fee)
        else { return [] }
        let payer = isPaidFromWallet ? LedgerAccount.wallet(subject: facts.payer) : outside
        return [(.payable(subject: payee), payer, rest), (.sales, payer, fee)]
    }

    private func move(for transition: PaymentTransition) -> Move? {
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
    private func notOurs(_ transition: PaymentTransition) -> Move? {
        transition.from == .review && unsettledWay != nil ? (.unsettled(payment: id), outside, facts.amount) : nil
    }

    private func giveBack(_ transition: PaymentTransition) -> Move? {
        guard let amount = transition.amount else { return nil }
        if transition.from == .review { return unsettledWay == nil ? nil : (.unsettled(payment: id), outside, amount) }
        return (target, isPaidFromWallet ? .wallet(subject: facts.payer) : outside, amount)
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
