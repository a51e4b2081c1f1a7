internal import JSON
internal import Primitives

extension Payment {
    package static let maxNoteCharacters = 500
    /// A gateway's ids and codes, in bytes.
    package static let maxNoticeBytes = 128

    package func audience(of caller: Caller) -> PaymentAudience? {
        if caller.role.servesTenant || caller.subject == facts.payer { return .party }
        let isGuest =
            caller.subject == facts.escrowPayee || caller.readable.contains(path) || caller.writable.contains(path)
        return isGuest ? .guest : nil
    }

    package func mayPay(_ caller: Caller) -> Bool {
        caller.role.servesTenant || caller.subject == facts.payer || caller.writable.contains(path)
    }

    /// Not who was only granted the payment: a link to pay with is no right to give up.
    func mayCancel(_ caller: Caller) -> Bool { caller.role.servesTenant || caller.subject == facts.payer }

    private var path: String { Self.kind.rawValue + "/" + id }

    /// Nobody has a signal to send.
    package func refusal(ofSignal name: String, from caller: Caller) -> FaultReason? {
        mayRead(caller) ? .unknownCommand : .forbidden
    }

    package func decide(
        _ command: SessionCommand, live: PaymentLive, _ context: DecisionContext
    ) throws(FaultReason) -> Decision<Payment> {
        var draft = PaymentDraft(self, live, at: context.now)
        let caller = command.caller
        switch command.name {
        case "slip.submit":
            guard mayPay(caller) else { throw .forbidden }
            try submitSlip(command.data, &draft, context)
        case "payment.cancel":
            guard mayCancel(caller) else { throw .forbidden }
            try cancel(command.data, by: caller, &draft)
        case "payment.refund":
            guard caller.role.servesTenant else { throw .forbidden }
            try askRefund(command.data, by: caller, &draft)
        case "payment.resolve":
            guard caller.role.servesTenant else { throw .forbidden }
            try resolve(command.data, by: caller, &draft)
        case "timer.extend":
            guard caller.role.servesTenant else { throw .forbidden }
            try extend(command.data, by: caller, &draft, context.now)
        case "escrow.release":
            guard caller.role.servesTenant || caller.subject == facts.payer else { throw .forbidden }
            try release(command.data, by: caller, &draft)
        case "notice.receive":
            // The gateway's endpoint, which has checked the signature.
            guard caller.role == .service else { throw .forbidden }
            try receiveNotice(command.data, &draft)
        default: throw .unknownCommand
        }
        if draft.decision.answer == [:] {
            draft.decision.answer = ["status": .string(draft.payment.status.rawValue)]
        }
        return draft.decision
    }

    // MARK: The payer

    private func submitSlip(
        _ data: JSONValue, _ draft: inout PaymentDraft, _ context: DecisionContext
    ) throws(FaultReason) {
        let source: PaymentSlip.Source
        switch (data["payload"]?.string, data["image"]?.string) {
        case (let payload?, nil) where (1...PaymentSlip.maxPayloadBytes).contains(payload.utf8.count):
            source = .payload(payload)
        case (nil, let image?) where (1...PaymentSlip.maxImageNameBytes).contains(image.utf8.count):
            source = .image(image)
        default:
            throw .invalid("payload (the text of the slip's QR code) or image (an uploaded picture's name) is needed")
        }
        guard facts.method == .qr else { throw .rejected("the payment is not made by a transfer") }
        // The timer may be about to fire, after a standstill: a slip that comes too late does not hold it up.
        if expiresAt <= context.now { draft.expire() }
        switch draft.payment.status {
        case .pending: break
        case .accepted, .refunded: throw .tooLate("the payment has its money")
        case .review: throw .rejected("a person is looking at the payment")
        case .expired, .cancelled, .rejected:
            // The money may have been sent all the same.
            guard context.now <= draft.payment.changedAt.advanced(by: PaymentPolicy.maxLateAge) else {
                throw .tooLate("the payment has ended")
            }
        }
        guard slip == nil else { throw .rejected("a slip is being looked at") }
        guard rejectedSlips.count < Self.maxRejectedSlips else {
            throw .rejected("\(Self.maxRejectedSlips) slips did not fit: no more are looked at")
        }
        let id = context.identifier("s")
        draft.add(.slipStage(slip: id, .received(source)))
        draft.proceedSlip()
        draft.decision.answer = ["slip": .string(id), "status": .string(draft.payment.status.rawValue)]
    }

    private func cancel(_ data: JSONValue, by caller: Caller, _ draft: inout PaymentDraft) throws(FaultReason) {
        let actor = try PaymentActor(caller, data)
        guard draft.change(to: .cancelled, .actor(actor)) else {
            throw .tooLate("the payment is \(status.rawValue)")
        }
    }

    // MARK: Staff

    private func askRefund(_ data: JSONValue, by caller: Caller, _ draft: inout PaymentDraft) throws(FaultReason) {
        let actor = try PaymentActor(caller, data)
        guard status == .accepted || status == .refunded else {
            throw .rejected("only an accepted payment is refunded; this one is \(status.rawValue)")
        }
        guard refund == nil else { throw .rejected("a refund is under way") }
        guard escrow != .released else { throw .tooLate("the money was released") }
        guard refundCount < Self.maxRefunds else { throw .rejected("\(Self.maxRefunds) refunds were made") }
        var amount = refundable
        if let asked = data["amount"], !asked.isNull {
            guard let money = Money(asked, facts.amount.currency), !money.isZero else {
                throw .invalid("amount is a decimal in a string, more than zero, with two decimals at most")
            }
            amount = money
        }
        guard !amount.isZero, amount.hundredths <= refundable.hundredths else {
            throw .rejected("at most \(refundable.decimal) \(facts.amount.currency.code) can go back")
        }
        let order = RefundOrder(number: refundCount + 1, amount: amount, by: actor)
        draft.add(.refundRequested(order))
        if facts.purpose == .deposit {
            draft.run(.checkRefund(order, of: facts.payer))
        } else if let charge = returningCharge {
            draft.run(.refund(order, charge))
        } else {
            // By the wallet's posting, or by whoever says so with the note.
            draft.giveBack(amount, .actor(actor))
        }
        draft.decision.answer = [
            "refund": .integer(Int64(order.number)), "amount": .string(amount.decimal),
            "status": .string(draft.payment.status.rawValue),
        ]
    }

    private func resolve(_ data: JSONValue, by caller: Caller, _ draft: inout PaymentDraft) throws(FaultReason) {
        guard status == .review else { throw .rejected("the payment is not in review") }
        let actor = try PaymentActor(caller, data)
        guard actor.note != nil else { throw .invalid("note has 1 to \(Self.maxNoteCharacters) characters") }
        guard review?.claim == nil else { throw .rejected("its slip was accepted, and is being claimed") }
        switch data["decision"]?.string {
        case "accept": try accept(data, by: actor, &draft)
        case "reject": draft.change(to: .rejected, .actor(actor))
        case "refund":
            guard refund == nil else { throw .rejected("a refund is under way") }
            guard let charge = returningCharge else {
                draft.giveBack(refundable, .actor(actor))
                return
            }
            let order = RefundOrder(number: refundCount + 1, amount: refundable, by: actor)
            draft.add(.refundRequested(order))
            draft.run(.refund(order, charge))
        default: throw .invalid("decision is one of accept, reject, refund")
        }
    }

    /// A slip that nobody vouches for is claimed first, so that it pays once.
    private func accept(
        _ data: JSONValue, by actor: PaymentActor, _ draft: inout PaymentDraft
    ) throws(FaultReason) {
        guard refund == nil else { throw .rejected("a refund is under way") }
        guard case .unprovenSlip(let id, let read)? = review?.evidence else {
            draft.accept(.actor(actor))
            return
        }
        var reference = read
        if reference == nil, let bank = data["bank"]?.string.flatMap({ BankCode($0) }),
            let text = data["transRef"]?.string
        {
            reference = SlipReference(bank: bank, transRef: text)
        }
        guard let reference else {
            throw .invalid("the slip could not be read: bank and transRef of its transfer are needed")
        }
        draft.add(.reviewClaiming(slip: id, ReviewClaim(reference: reference, by: actor)))
        draft.run(.claimReviewed(slip: id, reference))
        draft.decision.answer = ["status": .string(status.rawValue), "outcome": "claiming"]
    }

    private func extend(
        _ data: JSONValue, by caller: Caller, _ draft: inout PaymentDraft, _ now: Timestamp
    ) throws(FaultReason) {
        guard status == .pending else { throw .tooLate("the payment is \(status.rawValue)") }
        guard case .integer(let seconds)? = data["seconds"],
            (PaymentFacts.minExpirySeconds...PaymentFacts.maxExpirySeconds).contains(seconds)
        else { throw .invalid("seconds is \(PaymentFacts.minExpirySeconds) to \(PaymentFacts.maxExpirySeconds)") }
        let until = max(expiresAt, now).advanced(by: .seconds(seconds))
        guard until <= now.advanced(by: .seconds(PaymentFacts.maxExpirySeconds)) else {
            throw .rejected("it can be paid for \(PaymentFacts.maxExpirySeconds) seconds at most")
        }
        draft.extend(until: until, by: try PaymentActor(caller, data))
        draft.decision.answer = ["expiresAt": .string(until.rfc3339)]
    }

    private func release(_ data: JSONValue, by caller: Caller, _ draft: inout PaymentDraft) throws(FaultReason) {
        guard facts.escrowPayee != nil else { throw .rejected("the payment has no escrow") }
        guard escrow == .held else {
            throw escrow == nil ? .rejected("it is not paid") : .tooLate("it is not held any more")
        }
        guard refund == nil else { throw .rejected("a refund is under way") }
        draft.add(.escrowChanged(from: .held, to: .released, evidence: .actor(try PaymentActor(caller, data))))
        draft.decision.answer = ["escrow": "released"]
    }

    // MARK: Gateways

    /// What was reported is a hint: the gateway is asked, whatever it said. One event counts once.
    private func receiveNotice(_ data: JSONValue, _ draft: inout PaymentDraft) throws(FaultReason) {
        let bytes = 1...Self.maxNoticeBytes
        guard let gateway = data["gateway"]?.string.flatMap(PaymentGateway.init(rawValue:)),
            let event = data["event"]?.string, bytes.contains(event.utf8.count),
            let charge = data["charge"]?.string, bytes.contains(charge.utf8.count),
            let state = data["state"]?.string.flatMap(GatewayCharge.State.init(rawValue:))
        else { throw .invalid("gateway, event, charge and state are needed") }
        guard !knows(event, of: gateway) else {
            draft.decision.answer = ["outcome": "known", "status": .string(status.rawValue)]
            return
        }
        let inquiry = GatewayInquiry(gateway: gateway, charge: charge, event: event)
        var reason: NoticeIgnorance?
        if let text = data["amount"], !text.isNull {
            let currency = data["currency"]?.string.flatMap(Currency.init(code:))
            if currency != facts.amount.currency {
                reason = .currencyMismatch
            } else if Money(text, facts.amount.currency) != facts.amount, state == .paid {
                reason = .amountMismatch
            }
        }
        if let asked = facts.gateway, asked != gateway { reason = .foreign }
        if let reason {
            draft.add(.ignored(inquiry, reason))
            draft.decision.answer = ["outcome": "ignored", "reason": .string(reason.rawValue)]
            return
        }
        guard inquiries.count < Self.maxInquiries || inquiries.contains(where: inquiry.isAbout) else {
            throw .busy("\(Self.maxInquiries) charges are being asked about")
        }
        draft.add(.noticed(inquiry, state: state))
        draft.run(.inquire(inquiry))
        draft.decision.answer = ["outcome": "asking", "status": .string(status.rawValue)]
    }
}

extension PaymentActor {
    /// Who commands, with the note that the command has, if any.
    fileprivate init(_ caller: Caller, _ data: JSONValue) throws(FaultReason) {
        var note: String?
        if let value = data["note"], !value.isNull {
            guard let text = value.string, (1...Payment.maxNoteCharacters).contains(text.count),
                text.utf8.count <= Payment.maxNoteCharacters * 16
            else { throw .invalid("note has 1 to \(Payment.maxNoteCharacters) characters") }
            note = text
        }
        self.init(subject: caller.subject, role: caller.role, note: note)
    }
}
