package import JSON
package import Primitives

/// A change of a payment's status, with what it rests on.
package struct PaymentTransition: Sendable, Equatable {
    package let from: PaymentStatus
    package let to: PaymentStatus
    package let evidence: PaymentEvidence
    /// Of a refund: what went back with this.
    package let amount: Money?
    /// Of a review.
    package let reason: PaymentReviewReason?

    /// It comes when an order may have given the payment up.
    var isLate: Bool {
        switch (from, to) {
        case (.expired, _), (.cancelled, _), (.rejected, _), (.review, .accepted): true
        default: false
        }
    }

    package init(
        from: PaymentStatus, to: PaymentStatus, evidence: PaymentEvidence, amount: Money? = nil,
        reason: PaymentReviewReason? = nil
    ) {
        self.from = from
        self.to = to
        self.evidence = evidence
        self.amount = amount
        self.reason = reason
    }
}

/// A question to a gateway about one charge, until it is answered.
package struct GatewayInquiry: Sendable, Equatable {
    package let gateway: PaymentGateway
    package let charge: String
    /// The gateway's id of the event that made us ask; nil: we asked by ourselves.
    package let event: String?
    /// How often it was asked in vain.
    package var attempt = 0
    /// Not before; nil: it is being asked.
    package var until: Timestamp?

    package init(gateway: PaymentGateway, charge: String, event: String?, attempt: Int = 0, until: Timestamp? = nil) {
        self.gateway = gateway
        self.charge = charge
        self.event = event
        self.attempt = attempt
        self.until = until
    }

    /// Whether both ask about the same charge.
    func isAbout(_ answer: GatewayCharge) -> Bool {
        gateway == answer.gateway && (charge == answer.charge || charge == answer.asked)
    }

    func isAbout(_ other: GatewayInquiry) -> Bool { charge == other.charge && gateway == other.gateway }
}

/// Money on its way back.
package struct RefundOrder: Sendable, Equatable {
    /// 1, 2, 3 …: a payment may be refunded in parts.
    package let number: Int
    package let amount: Money
    package let by: PaymentActor

    package init(number: Int, amount: Money, by: PaymentActor) {
        self.number = number
        self.amount = amount
        self.by = by
    }
}

/// Why a refund was not made.
package enum RefundFailure: String, Sendable, CaseIterable {
    /// The wallet that the deposit went into does not hold so much any more.
    case balance = "BALANCE_NOT_ENOUGH"
    /// The gateway said no.
    case refused = "REFUSED"
    /// What became of it at the gateway is not known: a person looks there.
    case unclear = "UNCLEAR"
}

/// What is held of a payment for somebody else.
package enum EscrowStatus: String, Sendable, CaseIterable {
    case held, released, refunded
}

/// What happens in the session of a payment (contract §4).
package enum PaymentEvent: SessionEvent {
    case statusChanged(PaymentTransition)
    case slipStage(slip: String, PaymentSlipStage)
    case slipRejected(slip: String, SlipRejection)
    /// It may be paid until then: something is still being looked into, or staff gave more time.
    case timerExtended(until: Timestamp, by: PaymentActor?)
    /// A gateway reported; it is asked.
    case noticed(GatewayInquiry, state: GatewayCharge.State)
    /// It could not be asked, or has nothing to say yet; it is asked again.
    case inquiryDelayed(GatewayInquiry)
    /// What a gateway said changed nothing.
    case ignored(GatewayInquiry, NoticeIgnorance)
    /// A person accepts a slip that nobody vouches for; its transfer is being claimed.
    case reviewClaiming(slip: String, Payment.ReviewClaim)
    case refundRequested(RefundOrder)
    case refundFailed(number: Int, RefundFailure)
    case escrowChanged(from: EscrowStatus?, to: EscrowStatus, evidence: PaymentEvidence)

    package var name: String {
        switch self {
        case .statusChanged: "status.changed"
        case .slipStage: "slip.stage"
        case .slipRejected: "slip.rejected"
        case .timerExtended: "timer.extended"
        case .noticed: "notice.received"
        case .inquiryDelayed: "notice.delayed"
        case .ignored: "notice.ignored"
        case .reviewClaiming: "review.claiming"
        case .refundRequested: "refund.requested"
        case .refundFailed: "refund.failed"
        case .escrowChanged: "escrow.changed"
        }
    }

    package var data: JSONValue {
        switch self {
        case .statusChanged(let transition): return transition.json
        case .slipStage(let slip, let stage):
            var object: JSONObject = ["slip": .string(slip)]
            for member in stage.object.members { object[member.name] = member.value }
            return .object(object)
        case .slipRejected(let slip, let code): return ["slip": .string(slip), "code": .string(code.rawValue)]
        case .timerExtended(let until, let actor):
            var object: JSONObject = ["until": .string(until.rfc3339)]
            object["by"] = actor?.json
            return .object(object)
        case .noticed(let inquiry, let state):
            var object = inquiry.object
            object["state"] = .string(state.rawValue)
            return .object(object)
        case .inquiryDelayed(let inquiry): return inquiry.json
        case .ignored(let inquiry, let reason):
            var object = inquiry.object
            object["reason"] = .string(reason.rawValue)
            return .object(object)
        case .reviewClaiming(let slip, let claim):
            var object = claim.object
            object["slip"] = .string(slip)
            return .object(object)
        case .refundRequested(let order): return order.json
        case .refundFailed(let number, let code):
            return ["refund": .integer(Int64(number)), "code": .string(code.rawValue)]
        case .escrowChanged(let from, let to, let evidence):
            var object = JSONObject()
            object["from"] = from.map { .string($0.rawValue) }
            object["to"] = .string(to.rawValue)
            object["evidence"] = evidence.json
            return .object(object)
        }
    }

    package init?(name: String, data: JSONValue) {
        do {
            let fields = try JSONFields(data)
            switch name {
            case "status.changed": self = .statusChanged(try PaymentTransition(fields: fields))
            case "slip.stage":
                self = .slipStage(slip: try fields.string("slip"), try PaymentSlipStage(fields: fields))
            case "slip.rejected": self = .slipRejected(slip: try fields.string("slip"), try fields.choice("code"))
            case "timer.extended":
                self = .timerExtended(until: try fields.time("until"), by: try fields.part(ifPresent: "by"))
            case "notice.received":
                self = .noticed(try GatewayInquiry(fields: fields), state: try fields.choice("state"))
            case "notice.delayed": self = .inquiryDelayed(try GatewayInquiry(fields: fields))
            case "notice.ignored": self = .ignored(try GatewayInquiry(fields: fields), try fields.choice("reason"))
            case "review.claiming":
                self = .reviewClaiming(slip: try fields.string("slip"), try Payment.ReviewClaim(fields: fields))
            case "refund.requested": self = .refundRequested(try RefundOrder(fields: fields))
            case "refund.failed": self = .refundFailed(number: try fields.count("refund"), try fields.choice("code"))
            case "escrow.changed":
                self = .escrowChanged(
                    from: try fields.string(ifPresent: "from").flatMap(EscrowStatus.init(rawValue:)),
                    to: try fields.choice("to"), evidence: try fields.part("evidence"))
            default: return nil
            }
        } catch {
            return nil
        }
    }
}

extension PaymentTransition: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = [
            "from": .string(from.rawValue), "to": .string(to.rawValue), "evidence": evidence.json,
        ]
        object["amount"] = amount.map { .string($0.decimal) }
        object["currency"] = amount.map { .string($0.currency.code) }
        object["reason"] = reason.map { .string($0.rawValue) }
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        var reason: PaymentReviewReason?
        if try fields.string(ifPresent: "reason") != nil { reason = try fields.choice("reason") }
        self.init(
            from: try fields.choice("from"), to: try fields.choice("to"), evidence: try fields.part("evidence"),
            amount: try fields.money, reason: reason)
    }
}

extension GatewayInquiry: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = ["gateway": .string(gateway.rawValue), "charge": .string(charge)]
        object["event"] = event.map(JSONValue.string)
        if attempt > 0 { object["attempt"] = .integer(Int64(attempt)) }
        object["until"] = until.map { .string($0.rfc3339) }
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            gateway: try fields.choice("gateway"), charge: try fields.string("charge"),
            event: try fields.string(ifPresent: "event"), until: try fields.time(ifPresent: "until"))
        if try fields.integer(ifPresent: "attempt") != nil { attempt = try fields.count("attempt") }
    }
}

extension RefundOrder: JSONWritable, JSONReadable {
    package var object: JSONObject {
        [
            "refund": .integer(Int64(number)), "amount": .string(amount.decimal),
            "currency": .string(amount.currency.code), "by": by.json,
        ]
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        guard let amount = try fields.money else { throw JSONFieldFailure(field: "amount") }
        self.init(number: try fields.count("refund"), amount: amount, by: try fields.part("by"))
    }
}

extension JSONFields {
    /// `amount` and `currency`; nil when there is no amount.
    fileprivate var money: Money? {
        get throws(JSONFieldFailure) {
            guard has("amount") else { return nil }
            guard let currency = Currency(code: try string("currency")) else {
                throw JSONFieldFailure(field: "currency")
            }
            return try money("amount", currency)
        }
    }
}
