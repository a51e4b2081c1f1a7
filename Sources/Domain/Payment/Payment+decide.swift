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
            if let refund, refund.number == number, let charge = returningCharge {
                draft.run(.askRefund(refund, charge))
            }
        case .timerFired(.review(let id)):
            if let claim = review?.claim, review?.slip == id {
                draft.run(.claimReviewed(slip: id, claim.reference))
            }
        case .slipRead(let id, let answer): draft.receive(answer, of: id)
        case .holder(let id, let reference, let answer): draft.receive(answer, about: reference, of: id)
        case .verification(let id, let round, let answer):
            if slip?.id == id { draft.receive(answer, in: round) }
        case .claim(let id, let reference, let answer): draft.receive(answer, to: reference, of: id)
        case .reviewClaimed(let id, let answer): draft.receiveReviewed(answer, of: id)
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

    /// The charge by which the gateway can give money back; nil: a person does. What went into a wallet is taken from there, and
    /// who takes it gives it back: the gateway could have given it when the wallet does not hold it any more.
    var returningCharge: GatewayCharge? {
        // What is in review is in no wallet yet.
        guard facts.purpose == .payment || status == .review, let charge = paidCharge, charge.gateway.givesBack else {
            return nil
        }
        return charge
    }

    /// The charge that paid it, also where a person accepted what came too late.
    var paidCharge: GatewayCharge? {
        acceptance?.charge ?? unsettledCharge
    }

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
        if let claim = review?.claim, let slip = review?.slip {
            effects.append(.claimReviewed(slip: slip, claim.reference))
        }
        if let refund {
            // It may have been sent: a gateway is asked, not told again.
            if let charge = returningCharge {
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
    package var givesBack: Bool { self != .twoC2P }
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

    /// A person accepts a slip that nobody vouches for: its transfer must not pay for anything else.
    mutating func receiveReviewed(_ answer: ClaimAnswer, of id: String) {
        guard payment.review?.slip == id, let claim = payment.review?.claim else { return }
        switch answer {
        case .claimed: accept(.actor(claim.by))
        case .taken: add(.slipRejected(slip: id, .duplicate))
        case .unavailable: run(.startTimer(.review(slip: id), at: retryTime(PaymentPolicy.claimRetry)))
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
        guard charge.payment == payment.id, inquiry.isAbout(charge) else {
            return add(.ignored(inquiry, .foreign))
        }
        switch charge.state {
        case .paid: receive(paid: charge, inquiry, at: now)
        case .pending, .unknown: askLater(inquiry, otherwise: .unconfirmed, at: now)
        case .failed, .cancelled, .expired:
            if !change(to: .rejected, .charge(charge)) { add(.ignored(inquiry, .stale)) }
        case .refunded, .reversed: receive(refunded: charge, inquiry, at: now)
        }
    }

    private mutating func receive(paid charge: GatewayCharge, _ inquiry: GatewayInquiry, at now: Timestamp) {
        guard let amount = charge.amount, amount.currency == payment.facts.amount.currency else {
            return add(.ignored(inquiry, .currencyMismatch))
        }
        guard amount == payment.facts.amount else { return add(.ignored(inquiry, .amountMismatch)) }
        let evidence = PaymentEvidence.charge(charge)
        let isPaying = payment.paidCharge.map { PaymentEvidence.charge($0).source } == evidence.source
        if isPaying, charge.refunded?.isZero == false {
            // A part of it went back.
            return receive(refunded: charge, inquiry, at: now)
        }
        if payment.hasDecided(about: evidence) || isPaying {
            return add(.ignored(inquiry, .stale))
        }
        // In review it ends the doubt, unless other money is what is looked at.
        let isTaken =
            payment.status.next.contains(.accepted)
            ? accept(evidence) : change(to: .review, evidence, reason: .late)
        if !isTaken { add(.ignored(inquiry, .secondCharge)) }
    }

    private mutating func receive(refunded charge: GatewayCharge, _ inquiry: GatewayInquiry, at now: Timestamp) {
        let evidence = PaymentEvidence.charge(charge)
        // What the gateway does not say in parts went back whole.
        let total = charge.refunded ?? payment.facts.amount
        guard payment.paidCharge.map({ PaymentEvidence.charge($0).source }) == evidence.source,
            // Beside what was noted by hand, a refund that does not say how much is no news; a chargeback is whole.
            charge.refunded != nil || charge.state == .reversed || payment.refunded.isZero,
            let amount = total.subtracting(payment.refunded), !amount.isZero
        else { return add(.ignored(inquiry, .stale)) }
        if payment.facts.purpose == .deposit, payment.status != .review {
            return take(amount, fromWalletFor: charge, inquiry, at: now)
        }
        if !giveBack(amount, evidence) { add(.ignored(inquiry, .stale)) }
    }

    /// The gateway gave a deposit back by itself. The wallet may not hold it any more: it is asked first, as when staff refunds, and
    /// the gateway is asked again until it does, or until that was tried often enough.
    private mutating func take(
        _ amount: Money, fromWalletFor charge: GatewayCharge, _ inquiry: GatewayInquiry, at now: Timestamp
    ) {
        if payment.refund == nil, payment.refundCount < Payment.maxRefunds,
            amount.hundredths <= payment.refundable.hundredths
        {
            let gateway = PaymentActor(subject: charge.gateway.rawValue, role: .service, note: charge.charge)
            let order = RefundOrder(number: payment.refundCount + 1, amount: amount, by: gateway)
            add(.refundRequested(order))
            run(.checkRefund(order, of: payment.facts.payer))
        }
        askLater(inquiry, otherwise: .stale, at: now)
    }

    /// The gateway is asked again; when it was asked often enough, what it said is ignored.
    private mutating func askLater(_ inquiry: GatewayInquiry, otherwise: NoticeIgnorance, at now: Timestamp) {
        var next = inquiry
        next.attempt += 1
        guard let delay = PaymentPolicy.inquiryDelay(next.attempt, isOutage: otherwise == .unavailable) else {
            return add(.ignored(inquiry, otherwise))
        }
        let until = now.advanced(by: delay)
        next.until = until
        add(.inquiryDelayed(next))
        run(.startTimer(.inquiry(inquiry.gateway, charge: inquiry.charge), at: until))
    }

    // MARK: Refunds

    mutating func receive(_ answer: BalanceAnswer, toRefund number: Int, at now: Timestamp) {
        guard let refund = payment.refund, refund.number == number else { return }
        switch answer {
        case .enough: finish(refund, .actor(refund.by))
        case .short: add(.refundFailed(number: number, .balance))
        case .unavailable:
            // Whoever asked for it asks again; nothing was moved.
            add(.refundFailed(number: number, .unclear))
        }
    }

    mutating func receive(_ answer: RefundAnswer, toRefund number: Int, at now: Timestamp) {
        guard let refund = payment.refund, refund.number == number else { return }
        switch answer {
        case .accepted: finish(refund, .actor(refund.by))
        case .refused: add(.refundFailed(number: number, .refused))
        case .unclear: run(.startTimer(.refund(number: number), at: retryTime(PaymentPolicy.refundRetry)))
        }
    }

    mutating func receiveAsked(_ answer: GatewayAnswer, aboutRefund number: Int, at now: Timestamp) {
        guard let refund = payment.refund, refund.number == number else { return }
        switch answer {
        case .charge(let charge):
            let total = payment.refunded.adding(refund.amount)
            if let total, let refunded = charge.refunded, refunded.hundredths >= total.hundredths {
                finish(refund, .charge(charge))
            } else {
                add(.refundFailed(number: number, .unclear))
            }
        case .absent: add(.refundFailed(number: number, .unclear))
        // Until it says, another refund could be one too many.
        case .unavailable: run(.startTimer(.refund(number: number), at: retryTime(PaymentPolicy.refundRetry)))
        }
    }

    /// What went back meanwhile may leave no room for it: what became of this one is for a person to find out.
    private mutating func finish(_ refund: RefundOrder, _ evidence: PaymentEvidence) {
        if !giveBack(refund.amount, evidence) { add(.refundFailed(number: refund.number, .unclear)) }
    }
}
