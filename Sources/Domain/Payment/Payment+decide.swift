internal import Primitives

extension Payment {
    /// nil when the outcome changes nothing: it came before, too late, or for a slip that is gone.
    package func decide(
        _ outcome: PaymentOutcome, live: PaymentLive, _ context: DecisionContext
    ) -> Decision<Payment>? {
        let now = context.now
        var draft = PaymentDraft(self, live, at: now)
        switch outcome {
        case .resumed: return Decision(effects: resumeEffects(at: now))
        case .timerFired(.expiry): draft.expire()
        case .timerFired(.slip(let id)):
            guard slip?.id == id else { return nil }
            if let wait = slip?.wait, now < wait.until {
                draft.run(.startTimer(.slip(id), at: wait.until))
            } else {
                draft.proceedSlip()
            }
        case .timerFired(.balance): if isAwaitingBalance { draft.run(.checkBalance(of: facts.payer, facts.amount)) }
        case .timerFired(.inquiry(let gateway, let charge)):
            guard let inquiry = inquiries.first(where: { $0.gateway == gateway && $0.charge == charge }) else {
                return nil
            }
            draft.run(.inquire(inquiry))
        case .timerFired(.refund(let number)):
            if let refund, refund.number == number, case .charge(let charge)? = acceptance {
                draft.run(.askRefund(refund, charge))
            }
        case .slipRead(let id, let answer): draft.receive(answer, of: id)
        case .holder(let id, let reference, let answer): draft.receive(answer, about: reference, of: id)
        case .verification(let id, let round, let answer):
            if slip?.id == id { draft.receive(answer, in: round) }
        case .claim(let id, let reference, let answer): draft.receive(answer, to: reference, of: id)
        case .balance(let answer): if isAwaitingBalance { draft.receive(answer) }
        case .inquiry(let inquiry, let answer): draft.receive(answer, to: inquiry, at: now)
        case .refundCheck(let number, let answer): draft.receive(answer, toRefund: number, at: now)
        case .refund(let number, let answer): draft.receive(answer, toRefund: number, at: now)
        case .refundAsked(let number, let answer): draft.receiveAsked(answer, aboutRefund: number, at: now)
        }
        let decision = draft.decision
        return decision.events.isEmpty && decision.effects.isEmpty ? nil : decision
    }

    private var isAwaitingBalance: Bool { status == .pending && facts.method == .balance }

    /// What was under way when the process ended, and the timer.
    func resumeEffects(at now: Timestamp) -> [PaymentEffect] {
        var effects: [PaymentEffect] = []
        if status == .pending { effects.append(.startTimer(.expiry, at: expiresAt)) }
        if isAwaitingBalance { effects.append(.checkBalance(of: facts.payer, facts.amount)) }
        if let slip { effects.append(.startTimer(.slip(slip.id), at: slip.wait?.until ?? now)) }
        for inquiry in inquiries {
            effects.append(
                .startTimer(.inquiry(inquiry.gateway, charge: inquiry.charge), at: inquiry.until ?? now))
        }
        if let refund {
            // It may have been sent: a gateway is asked, not told again.
            if case .charge(let charge)? = acceptance, charge.gateway.givesBack {
                effects.append(.askRefund(refund, charge))
            } else {
                effects.append(.checkRefund(refund, of: facts.payer))
            }
        }
        return effects
    }
}

extension PaymentGateway {
    /// Whether we can have it give money back; at the others a person does.
    var givesBack: Bool { self != .twoC2P }
}

// MARK: - Answers

extension PaymentDraft {
    mutating func receive(_ answer: QRAnswer, of id: String) {
        guard let slip = payment.slip, slip.id == id, slip.progress == .received else { return }
        switch (answer, slip.source) {
        case (.slip(let reference, let payload), _):
            add(.slipStage(slip: id, .read(reference, payload: payload)))
            proceedSlip()
        case (.none, .image): verify(.image)
        // A picture that a restart has lost is to be shown again.
        case (.foreign, _), (.none, .payload), (.noImage, _): reject(slip, .invalid)
        }
    }

    mutating func receive(_ answer: HolderAnswer, about reference: SlipReference, of id: String) {
        guard let slip = payment.slip, slip.id == id, case .read(reference, let payload) = slip.progress else { return }
        switch answer {
        case .taken: reject(slip, .duplicate)
        // The claim has the last word.
        case .free, .unavailable: verify(.payload(payload))
        }
    }

    mutating func receive(_ answer: ClaimAnswer, to reference: SlipReference, of id: String) {
        guard let slip = payment.slip, slip.id == id, case .verified(let proof) = slip.progress,
            proof.reference == reference
        else { return }
        switch answer {
        case .claimed: receiveClaim(of: slip, proof)
        case .taken: reject(slip, .duplicate)
        case .unavailable: delay(.claim, .unavailable, otherwise: .review(.claimUnavailable))
        }
    }

    mutating func receive(_ answer: BalanceAnswer) {
        switch answer {
        case .enough: accept(.balance(isEnough: true))
        case .short: change(to: .rejected, .balance(isEnough: false))
        case .unavailable: run(.startTimer(.balance, at: retryTime(PaymentPolicy.balanceRetry)))
        }
    }

    // MARK: Gateways

    mutating func receive(_ answer: GatewayAnswer, to asked: GatewayInquiry, at now: Timestamp) {
        guard let inquiry = payment.inquiries.first(where: { $0.charge == asked.charge && $0.gateway == asked.gateway })
        else { return }
        guard case .charge(let charge) = answer else {
            return askLater(inquiry, otherwise: answer == .absent ? .foreign : .unavailable, at: now)
        }
        guard charge.payment == payment.id else { return add(.ignored(inquiry, .foreign)) }
        switch charge.state {
        case .paid: receive(paid: charge, inquiry)
        case .pending, .unknown: askLater(inquiry, otherwise: .unconfirmed, at: now)
        case .failed, .cancelled, .expired:
            if !change(to: .rejected, .charge(charge)) { add(.ignored(inquiry, .stale)) }
        case .refunded, .reversed: receive(refunded: charge, inquiry)
        }
    }

    private mutating func receive(paid charge: GatewayCharge, _ inquiry: GatewayInquiry) {
        guard let amount = charge.amount, amount.currency == payment.facts.amount.currency else {
            return add(.ignored(inquiry, .currencyMismatch))
        }
        guard amount == payment.facts.amount else { return add(.ignored(inquiry, .amountMismatch)) }
        switch payment.status {
        case .pending: accept(.charge(charge))
        case .expired, .cancelled, .rejected: change(to: .review, .charge(charge), reason: .late)
        case .review, .accepted, .refunded:
            let isKnown = [payment.acceptance, payment.review?.evidence].contains { evidence in
                if case .charge(let paid)? = evidence { paid.charge == charge.charge } else { false }
            }
            add(.ignored(inquiry, isKnown ? .stale : .secondCharge))
        }
    }

    private mutating func receive(refunded charge: GatewayCharge, _ inquiry: GatewayInquiry) {
        guard case .charge(let paid)? = payment.acceptance, paid.charge == charge.charge else {
            return add(.ignored(inquiry, .stale))
        }
        // What the gateway does not say in parts went back whole.
        let total = charge.refunded ?? payment.facts.amount
        guard let amount = total.subtracting(payment.refunded), !amount.isZero else {
            return add(.ignored(inquiry, .stale))
        }
        giveBack(amount, .charge(charge))
    }

    /// The gateway is asked again; when it was asked often enough, what it said is ignored.
    private mutating func askLater(_ inquiry: GatewayInquiry, otherwise: NoticeIgnorance, at now: Timestamp) {
        var next = inquiry
        next.attempt += 1
        guard let delay = PaymentPolicy.inquiryDelay(next.attempt) else { return add(.ignored(inquiry, otherwise)) }
        let until = now.advanced(by: delay)
        next.until = until
        add(.inquiryDelayed(next))
        run(.startTimer(.inquiry(inquiry.gateway, charge: inquiry.charge), at: until))
    }

    // MARK: Refunds

    mutating func receive(_ answer: BalanceAnswer, toRefund number: Int, at now: Timestamp) {
        guard let refund = payment.refund, refund.number == number else { return }
        switch answer {
        case .enough: giveBack(refund.amount, .actor(refund.by))
        case .short: add(.refundFailed(number: number, .balance))
        case .unavailable:
            // Whoever asked for it asks again; nothing was moved.
            add(.refundFailed(number: number, .unclear))
        }
    }

    mutating func receive(_ answer: RefundAnswer, toRefund number: Int, at now: Timestamp) {
        guard let refund = payment.refund, refund.number == number else { return }
        switch answer {
        case .accepted: giveBack(refund.amount, .actor(refund.by))
        case .refused: add(.refundFailed(number: number, .refused))
        case .unclear: run(.startTimer(.refund(number: number), at: retryTime(PaymentPolicy.refundRetry)))
        }
    }

    mutating func receiveAsked(_ answer: GatewayAnswer, aboutRefund number: Int, at now: Timestamp) {
        guard let refund = payment.refund, refund.number == number else { return }
        guard case .charge(let charge) = answer else { return add(.refundFailed(number: number, .unclear)) }
        let total = payment.refunded.adding(refund.amount)
        if let total, let refunded = charge.refunded, refunded.hundredths >= total.hundredths {
            giveBack(refund.amount, .charge(charge))
        } else {
            add(.refundFailed(number: number, .unclear))
        }
    }
}
