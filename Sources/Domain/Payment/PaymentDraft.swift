internal import Primitives

/// A decision about a payment being made: its events so far, and the state that they lead to.
struct PaymentDraft {
    private(set) var payment: Payment
    var decision = Decision<Payment>()
    private let live: PaymentLive
    private let now: Timestamp

    init(_ payment: Payment, _ live: PaymentLive, at now: Timestamp) {
        self.payment = payment
        self.live = live
        self.now = now
    }

    mutating func add(_ event: PaymentEvent) {
        payment.apply(event, offset: payment.lastOffset + 1, at: now)
        decision.events.append(event)
    }

    func retryTime(_ delay: Duration) -> Timestamp { now.advanced(by: delay) }

    mutating func run(_ effect: PaymentEffect) {
        if !decision.effects.contains(effect) { decision.effects.append(effect) }
    }

    // MARK: Status

    /// False, and nothing is written, when the status may not change so.
    @discardableResult
    mutating func change(
        to status: PaymentStatus, _ evidence: PaymentEvidence, amount: Money? = nil,
        reason: PaymentReviewReason? = nil
    ) -> Bool {
        let transition = PaymentTransition(
            from: payment.status, to: status, evidence: evidence, amount: amount, reason: reason)
        guard payment.isPossible(transition) else { return false }
        add(.statusChanged(transition))
        if transition.from == .pending { run(.stopTimer(.expiry)) }
        if transition.isLate { run(.tellOrders) }
        return true
    }

    /// The money is there.
    @discardableResult
    mutating func accept(_ evidence: PaymentEvidence) -> Bool {
        guard change(to: .accepted, evidence) else { return false }
        if payment.facts.escrowPayee != nil { add(.escrowChanged(from: nil, to: .held, evidence: evidence)) }
        return true
    }

    /// Money went back. What was held for somebody else is theirs no more once all of it did. False when it cannot have.
    @discardableResult
    mutating func giveBack(_ amount: Money, _ evidence: PaymentEvidence) -> Bool {
        guard change(to: .refunded, evidence, amount: amount) else { return false }
        if payment.escrow == .held, payment.refundable.isZero {
            add(.escrowChanged(from: .held, to: .refunded, evidence: evidence))
        }
        return true
    }

    /// The timer has fired. What is still being looked into holds it up for a while.
    mutating func expire() {
        guard payment.status == .pending else { return }
        guard payment.expiresAt <= now else { return run(.startTimer(.expiry, at: payment.expiresAt)) }
        guard payment.isHeldUp(at: now) else {
            change(to: .expired, .timer)
            return
        }
        extend(until: now.advanced(by: PaymentPolicy.grace), by: nil)
    }

    mutating func extend(until: Timestamp, by actor: PaymentActor?) {
        add(.timerExtended(until: until, by: actor))
        run(.startTimer(.expiry, at: until))
        run(.countDown)
    }

    // MARK: Slip

    /// Takes the slip's next step.
    mutating func proceedSlip() {
        guard let slip = payment.slip else { return }
        switch slip.progress {
        case .received: run(.readSlip(slip: slip.id, slip.source))
        case .read(let reference, _): run(.lookUp(slip: slip.id, reference))
        case .verified(let proof): run(.claim(slip: slip.id, proof))
        }
    }

    mutating func verify(_ input: VerificationRound.Input) {
        guard let slip = payment.slip else { return }
        let round = VerificationRound(
            number: slip.failures(of: .verification), input: input, among: live.verifiers)
        guard let round else { return end(slip, .review(.providerConfiguration)) }
        run(.verify(slip: slip.id, round))
    }

    mutating func receive(_ answer: VerifierAnswer, in round: VerificationRound) {
        guard let slip = payment.slip else { return }
        if case .verified = slip.progress { return }
        if case .genuine = answer {
        } else if round.number != slip.failures(of: .verification) {
            // A negative answer of an earlier round says nothing about this one.
            return
        }
        switch round.verdict(on: answer, reference: slip.reference, sentAt: slip.submittedAt, at: now) {
        case .genuine(let proof): receive(proof, of: slip)
        case .next(let round): run(.verify(slip: slip.id, round))
        case .later(let reason, let atLeast, let end): delay(.verification, reason, atLeast: atLeast, otherwise: end)
        case .ended(let end): self.end(slip, end)
        }
    }

    private mutating func receive(_ proof: SlipProof, of slip: PaymentSlip) {
        add(.slipStage(slip: slip.id, .verified(proof)))
        // A payment that has its money does not take the slip: it may be for another one.
        guard !payment.isPaid else { return reject(slip, .rejected) }
        guard !payment.hasDecided(about: .slip(id: slip.id, proof)) else { return reject(slip, .duplicate) }
        if case .rejected(let code) = SlipJudgement(proof, for: payment, submittedAt: slip.submittedAt) {
            return reject(slip, code)
        }
        proceedSlip()
    }

    /// The reference is this payment's alone.
    mutating func receiveClaim(of slip: PaymentSlip, _ proof: SlipProof) {
        let evidence = PaymentEvidence.slip(id: slip.id, proof)
        switch SlipJudgement(proof, for: payment, submittedAt: slip.submittedAt) {
        case .rejected(let code): reject(slip, code)
        case .unclear(let reason): if !change(to: .review, evidence, reason: reason) { reject(slip, .rejected) }
        case .fits:
            if payment.status == .pending {
                accept(evidence)
            } else if !change(to: .review, evidence, reason: .late) {
                reject(slip, .rejected)
            }
        }
    }

    mutating func reject(_ slip: PaymentSlip, _ code: SlipRejection) { add(.slipRejected(slip: slip.id, code)) }

    /// Tries the step again later; when it has failed too often, it ends.
    mutating func delay(
        _ step: SlipStep, _ reason: DelayReason, atLeast: Duration = .zero, otherwise: VerificationRound.End
    ) {
        guard let slip = payment.slip else { return }
        let attempt = slip.failures(of: step) + 1
        guard let delay = SlipRetryPolicy.delay(attempt, in: SlipRetryPolicy.delays) else {
            return end(slip, otherwise)
        }
        let until = now.advanced(by: max(delay, min(atLeast, SlipRetryPolicy.maxProviderDelay)))
        add(.slipStage(slip: slip.id, .waiting(Slip.Wait(step: step, attempt: attempt, reason: reason, until: until))))
        run(.startTimer(.slip(slip.id), at: until))
    }

    private mutating func end(_ slip: PaymentSlip, _ end: VerificationRound.End) {
        switch end {
        case .failed(let failure): reject(slip, SlipRejection(failure))
        case .review(let reason):
            // Nothing proves that money came: a payment that has ended is not opened for it.
            if !change(
                to: .review, .unprovenSlip(id: slip.id, reference: slip.reference), reason: PaymentReviewReason(reason))
            {
                reject(slip, payment.status == .expired ? .expired : .rejected)
            }
        }
    }
}

extension Payment {
    /// The money is there, or a person is to say whether it is.
    var isPaid: Bool {
        switch status {
        case .accepted, .refunded, .review: true
        case .pending, .rejected, .expired, .cancelled: false
        }
    }

    /// A person has decided about that transfer or charge: hearing of it again changes nothing.
    func hasDecided(about evidence: PaymentEvidence) -> Bool { evidence.source.map(decided.contains) ?? false }

    /// Something is being looked into that may yet pay it.
    func isHeldUp(at now: Timestamp) -> Bool {
        if let slip, now < slip.submittedAt.advanced(by: PaymentPolicy.maxSlipAge) { return true }
        return inquiries.contains { $0.attempt < PaymentPolicy.maxGraceInquiries }
    }
}

extension SlipRejection {
    init(_ failure: SlipFailure) {
        switch failure {
        case .unreadable, .notASlip, .imageUnavailable, .notFound: self = .invalid
        case .expired, .rejected, .tooMany: self = .rejected
        }
    }
}

extension PaymentReviewReason {
    fileprivate init(_ reason: ReviewReason) {
        switch reason {
        case .bankDelayed: self = .bankDelayed
        case .referenceMismatch, .unclearAnswer: self = .unclearAnswer
        case .claimUnavailable: self = .claimUnavailable
        default: self = .unverified
        }
    }
}
