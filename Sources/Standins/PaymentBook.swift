internal import HTTP1
internal import JSON
internal import Primitives
internal import Transport

/// One payment as its gateway has it.
struct GatewayPayment {
    /// The gateway's: a charge's, a payment's, 2C2P's `tranRef`.
    let id: String
    /// The tenant that a control named; nil of a payment that came through the API, which knows none.
    let tenant: String?
    /// As the merchant calls it.
    var reference: String
    var amount: Money
    var status = PaymentStatus.pending
    /// What the API shows in the place of `status`.
    var shown: PaymentStatus?
    /// `promptpay`, `card`, `gcash` …
    var method: String
    var metadata = JSONObject()
    var description: String?
    var isLive = false
    let createdAt: Timestamp
    var settledAt: Timestamp?
    /// Why it failed, in the gateway's words.
    var failure: String?
    var refunds: [GatewayRefund] = []
    /// Whatever else the gateway's API was told of it and shows.
    var extra = JSONObject()

    /// Hundredths.
    var refunded: Int64 { refunds.reduce(0) { $0 + $1.amount.hundredths } }
    /// Bytes of what the merchant told of it.
    var toldBytes: Int {
        JSONValue.object(metadata).bytes.count + JSONValue.object(extra).bytes.count + (description?.utf8.count ?? 0)
    }
    var current: PaymentStatus { shown ?? status }
    /// The texts that the merchant told of it.
    var told: [String] { (metadata.members + extra.members).compactMap(\.value.string) }
}

struct GatewayRefund {
    let id: String
    let payment: String
    let amount: Money
    let createdAt: Timestamp
    var reason: String?
    var notes: String?
}

/// The payments that one gateway's stand-in knows. Confined to the stand-ins' loop.
struct PaymentBook {
    static let maxPayments = 20_000
    /// Of what merchants told of them.
    static let maxBytes = 32 * 1024 * 1024
    /// Refunds of one payment.
    static let maxRefunds = 50
    /// Payments that are found by one text.
    static let maxNamesakes = 64

    private var payments = Recent<String, GatewayPayment>(maxEntries: maxPayments, maxBytes: maxBytes)
    /// Ids by what payments may be found by, the newest last; also of payments that are forgotten or have changed since.
    private var index: [String: [String]] = [:]

    subscript(id: String) -> GatewayPayment? { payments[id] }

    mutating func add(_ payment: GatewayPayment) {
        payments.note(payment, for: payment.id, bytes: payment.toldBytes)
        enter(payment, isNewest: true)
        if index.count > 8 * Self.maxPayments {
            index = [:]
            for payment in payments.values { enter(payment, isNewest: true) }
        }
    }

    mutating func change(_ id: String, _ change: (inout GatewayPayment) -> Void) {
        payments.update(id, change)
        if let payment = payments[id] { enter(payment, isNewest: false) }
    }

    private mutating func enter(_ payment: GatewayPayment, isNewest: Bool) {
        for text in [payment.reference] + payment.told {
            var ids = index[text, default: []]
            if let place = ids.firstIndex(of: payment.id) {
                guard isNewest else { continue }
                ids.remove(at: place)
            }
            ids.append(payment.id)
            index[text] = Array(ids.suffix(Self.maxNamesakes))
        }
    }

    private func newest(_ text: String, where fits: (GatewayPayment) -> Bool) -> GatewayPayment? {
        for id in (index[text] ?? []).reversed() {
            if let payment = payments[id], fits(payment) { return payment }
        }
        return nil
    }

    /// The newest of that reference: of that tenant, or of no one that is known.
    func payment(reference: String, tenant: String?) -> GatewayPayment? {
        newest(reference) {
            $0.reference == reference && ($0.tenant == nil || tenant == nil || $0.tenant == tenant)
        }
    }

    /// The newest that came through the API with that text in what the merchant told of it: in metadata, or in `userDefined1` …
    private func payment(telling text: String) -> GatewayPayment? {
        newest(text) { $0.tenant == nil && $0.told.contains(text) }
    }

    /// The payment that an order is of, as it stands behind it: one that there is, else a new one.
    mutating func apply(
        _ order: PaymentOrder, usual: Money?, method: String, at now: Timestamp, newID: () -> String
    ) throws(BehaviourError) -> GatewayPayment {
        let known =
            if let charge = order.charge {
                payments[charge]
            } else {
                payment(reference: order.payment, tenant: order.tenant) ?? payment(telling: order.payment)
            }
        guard order.charge == nil || known != nil else { throw BehaviourError("charge: there is no such one") }
        guard let amount = order.amount ?? known?.amount ?? usual else { throw BehaviourError("amount is missing") }
        var payment =
            known
            ?? GatewayPayment(
                id: newID(), tenant: order.tenant, reference: order.payment, amount: amount, method: method,
                metadata: ["payment_id": .string(order.payment)], isLive: order.isLive, createdAt: now)
        // Of a refund the amount is the refund's.
        if order.status == .refunded {
            try payment.refund(order.amount, id: newID, at: now)
        } else {
            payment.amount = amount
        }
        payment.method = order.method ?? payment.method
        payment.metadata = order.metadata ?? payment.metadata
        payment.isLive = order.isLive
        payment.status = order.status
        payment.shown = order.asked
        if payment.settledAt == nil, order.status != .pending { payment.settledAt = now }
        add(payment)
        return payment
    }
}

extension PaymentBook {
    /// `GET /_control/{name}/payments`: everything that the gateway has, for whoever holds it against a merchant's books. False when
    /// it is another control.
    func control(_ exchange: HTTPExchange, _ path: ArraySlice<String>) -> Bool {
        guard path.elementsEqual(["payments"]), exchange.request.method == .get else { return false }
        exchange.respond(.json(.ok, ["payments": .array(payments.values.map(\.facts))]))
        return true
    }
}

extension GatewayPayment {
    fileprivate var facts: JSONValue {
        [
            "id": .string(id), "tenant": JSONValue(tenant), "reference": .string(reference),
            "amount": .string(amount.decimal), "currency": .string(amount.currency.code),
            "status": .string(status.rawValue),
            "refunded": .string((Money(hundredths: refunded, amount.currency) ?? amount).decimal),
        ]
    }

    /// nil: what is left of it.
    fileprivate mutating func refund(
        _ amount: Money?, id: () -> String, at now: Timestamp
    ) throws(BehaviourError) {
        guard let left = Money(hundredths: self.amount.hundredths - refunded, self.amount.currency), !left.isZero,
            (amount ?? left).hundredths <= left.hundredths, (amount ?? left).currency == left.currency,
            refunds.count < PaymentBook.maxRefunds
        else { throw BehaviourError("so much is not left to refund") }
        refunds.append(GatewayRefund(id: id(), payment: self.id, amount: amount ?? left, createdAt: now))
    }
}

extension Timestamp {
    /// `2026-11-21T03:00:00Z`.
    var rfc3339UTC: String {
        Timestamp(microseconds: microseconds - 7 * 3_600_000_000).rfc3339.prefix(19) + "Z"
    }

    /// `20261121100000`, of Bangkok.
    var compactClock: String { String(rfc3339.prefix(19).filter { $0.isASCII && $0.isNumber }) }
}
