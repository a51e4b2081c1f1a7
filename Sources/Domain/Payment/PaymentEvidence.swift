package import JSON
package import Primitives

/// A charge as its gateway describes it when it is asked.
package struct GatewayCharge: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case paid, pending, failed, cancelled, expired, refunded, reversed, unknown
    }
    package let gateway: PaymentGateway
    /// The gateway's number of it: the one that it was asked about.
    package let charge: String
    /// The id of ours that it is for; nil when the gateway does not say.
    package let payment: String?
    package let state: State
    /// nil when it is none of our currencies, or no amount.
    package let amount: Money?
    /// What of it went back.
    package let refunded: Money?
    /// The gateway's own words: `0000`, `insufficient_fund`.
    package let code: String?
    package let paidAt: Timestamp?
    /// `gcash`, `card` …
    package let method: String?
    /// The number by which it was asked for, where that is another: of a checkout's page, or of our own.
    package let asked: String?

    package init(
        gateway: PaymentGateway, charge: String, payment: String?, state: State, amount: Money?, refunded: Money? = nil,
        code: String? = nil, paidAt: Timestamp? = nil, method: String? = nil, asked: String? = nil
    ) {
        self.gateway = gateway
        self.charge = charge
        self.payment = payment
        self.state = state
        self.amount = amount
        self.refunded = refunded
        self.code = code
        // As it is written.
        self.paidAt = paidAt.map { Timestamp(microseconds: $0.microseconds - $0.microseconds % 1_000) }
        self.method = method
        self.asked = asked
    }
}

/// A person or program of the tenant that acted on a payment.
package struct PaymentActor: Sendable, Equatable {
    package let subject: String
    package let role: Role
    package let note: String?

    package init(subject: String, role: Role, note: String? = nil) {
        self.subject = subject
        self.role = role
        self.note = note
    }
}

/// How it is known that a payment's status changed. There is no change without.
package enum PaymentEvidence: Sendable, Equatable {
    /// A transfer, proven by its slip.
    case slip(id: String, SlipProof)
    /// A slip that nobody could vouch for, or that is not clear; with what its QR code said, if it could be read.
    case unprovenSlip(id: String, reference: SlipReference? = nil)
    /// The gateway's answer to our question.
    case charge(GatewayCharge)
    /// The payer's wallet covers it, or does not.
    case balance(isEnough: Bool)
    /// Its time was over.
    case timer
    case actor(PaymentActor)

    /// Which way the money came; nil when this is no money from outside.
    package var way: String? {
        switch self {
        case .slip, .unprovenSlip: "slip"
        case .charge(let charge): charge.gateway.rawValue
        case .balance, .timer, .actor: nil
        }
    }

    /// It shows that the amount has come from outside.
    var isMoney: Bool {
        switch self {
        case .slip, .charge: true
        case .unprovenSlip, .balance, .timer, .actor: false
        }
    }

    /// What has come by it; nil when it does not say.
    var amount: Money? {
        switch self {
        case .slip(_, let proof): Money(proof.amount)
        case .charge(let charge): charge.amount
        case .unprovenSlip, .balance, .timer, .actor: nil
        }
    }

    var charge: GatewayCharge? { if case .charge(let charge) = self { charge } else { nil } }

    /// Names the transfer or the charge, so that it counts once.
    var source: String? {
        switch self {
        case .slip(_, let proof): "slip/\(proof.reference.bank.text)/\(proof.reference.transRef)"
        case .charge(let charge): "\(charge.gateway.rawValue)/\(charge.charge)"
        case .unprovenSlip, .balance, .timer, .actor: nil
        }
    }

    /// Whether a change from one status to another may rest on this. People accept and reject what waits for them, nothing else.
    func supports(_ from: PaymentStatus, to: PaymentStatus) -> Bool {
        switch (to, self) {
        case (.accepted, .slip), (.accepted, .balance(true)): from == .pending
        case (.accepted, .charge(let charge)): charge.state == .paid
        case (.accepted, .actor), (.rejected, .actor): from == .review
        case (.rejected, .charge(let charge)): from == .pending && charge.state.isFailure
        case (.rejected, .balance(false)): from == .pending
        case (.expired, .timer), (.cancelled, .actor): true
        case (.review, .slip): true
        case (.review, .unprovenSlip): from == .pending
        case (.review, .charge(let charge)): charge.state == .paid
        case (.refunded, .charge(let charge)): charge.state.mayBeRefund
        case (.refunded, .actor): true
        case (.pending, _), (.accepted, _), (.rejected, _), (.expired, _), (.cancelled, _), (.review, _),
            (.refunded, _):
            false
        }
    }
}

extension GatewayCharge.State {
    /// Nothing was paid, and nothing will be.
    fileprivate var isFailure: Bool {
        switch self {
        case .failed, .cancelled, .expired: true
        case .paid, .pending, .refunded, .reversed, .unknown: false
        }
    }

    /// A charge of which a part went back may still be called paid.
    fileprivate var mayBeRefund: Bool {
        switch self {
        case .paid, .refunded, .reversed: true
        case .pending, .failed, .cancelled, .expired, .unknown: false
        }
    }
}

extension GatewayCharge: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = [
            "gateway": .string(gateway.rawValue), "charge": .string(charge), "state": .string(state.rawValue),
        ]
        object["payment"] = payment.map(JSONValue.string)
        object["amount"] = amount.map { .string($0.decimal) }
        object["currency"] = (amount ?? refunded).map { .string($0.currency.code) }
        object["refunded"] = refunded.map { .string($0.decimal) }
        object["code"] = code.map(JSONValue.string)
        object["paidAt"] = paidAt.map { .string($0.rfc3339) }
        object["method"] = method.map(JSONValue.string)
        object["asked"] = asked.map(JSONValue.string)
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        let currency = try fields.string(ifPresent: "currency").flatMap { Currency(code: $0) }
        func money(_ name: String) throws(JSONFieldFailure) -> Money? {
            guard let currency, fields.has(name) else { return nil }
            return try fields.money(name, currency)
        }
        self.init(
            gateway: try fields.choice("gateway"), charge: try fields.string("charge"),
            payment: try fields.string(ifPresent: "payment"), state: try fields.choice("state"),
            amount: try money("amount"), refunded: try money("refunded"),
            code: try fields.string(ifPresent: "code"), paidAt: try fields.time(ifPresent: "paidAt"),
            method: try fields.string(ifPresent: "method"), asked: try fields.string(ifPresent: "asked"))
    }
}

extension PaymentActor: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = ["subject": .string(subject), "role": .string(role.rawValue)]
        object["note"] = note.map(JSONValue.string)
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            subject: try fields.string("subject"), role: try fields.choice("role"),
            note: try fields.string(ifPresent: "note"))
    }
}

extension PaymentEvidence: JSONWritable, JSONReadable {
    package var object: JSONObject {
        switch self {
        case .slip(let id, let proof): ["kind": "slip", "slip": .string(id), "proof": proof.json]
        case .unprovenSlip(let id, let reference):
            reference.map { ["kind": "unproven-slip", "slip": .string(id), "reference": $0.json] }
                ?? ["kind": "unproven-slip", "slip": .string(id)]
        case .charge(let charge): ["kind": "charge", "charge": charge.json]
        case .balance(let isEnough): ["kind": "balance", "enough": .bool(isEnough)]
        case .timer: ["kind": "timer"]
        case .actor(let actor): ["kind": "actor", "by": actor.json]
        }
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        switch try fields.string("kind") {
        case "slip": self = .slip(id: try fields.string("slip"), try fields.part("proof"))
        case "unproven-slip":
            self = .unprovenSlip(id: try fields.string("slip"), reference: try fields.part(ifPresent: "reference"))
        case "charge": self = .charge(try fields.part("charge"))
        case "balance": self = .balance(isEnough: try fields.flag("enough"))
        case "timer": self = .timer
        case "actor": self = .actor(try fields.part("by"))
        default: throw JSONFieldFailure(field: "kind")
        }
    }
}

extension JSONFields {
    /// A decimal in a string.
    func money(_ name: String, _ currency: Currency) throws(JSONFieldFailure) -> Money {
        guard let amount = Money(decimal: try string(name), currency) else { throw JSONFieldFailure(field: name) }
        return amount
    }
}
