internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor
internal import Transport

/// Omise (Opn Payments): charges, sources, refunds and the account, below `/omise`. Confined to the stand-ins' loop.
final class OmiseStandin: Standin {
    /// Satang: Omise's of a charge in baht.
    static let minAmount: Int64 = 2_000
    /// Sources that are known.
    static let maxSources = 20_000

    private struct Source {
        let type: String
        let amount: Money
    }

    let name = "omise"
    private let account: StandinServer.GatewayAccount
    private let loop: EventLoop
    private let random: any RandomSource
    private let webhooks: PaymentWebhooks
    private var book = PaymentBook()
    private var sources = Recent<String, Source>(maxEntries: maxSources)
    /// Why cards are declined; nil: they are not.
    private var cardFailure: String?

    init(_ configuration: StandinServer.Configuration, loop: EventLoop, random: any RandomSource) {
        account = configuration.gateways.omise
        self.loop = loop
        self.random = random
        webhooks = PaymentWebhooks(name, configuration, loop: loop)
    }

    func failure(_ status: Int) -> HTTPResponse {
        OmiseRefusal(status, status == 401 ? "authentication_failure" : "failed_by_control", "failing as told").response
    }

    func change(_ members: JSONObject) throws(BehaviourError) {
        var failure = cardFailure
        for member in members.members {
            guard member.name == "cardFailure" else { throw .unknown(member) }
            failure = try member.text()
        }
        cardFailure = failure
    }

    var settings: JSONObject { ["cardFailure": JSONValue(cardFailure)] }

    /// Charges stay: a server may still ask for them.
    func reset() { cardFailure = nil }

    // MARK: Webhooks

    func control(_ exchange: HTTPExchange, _ path: ArraySlice<String>) -> Bool {
        if book.control(exchange, path) { return true }
        guard path.elementsEqual(["webhook"]), exchange.request.method == .post else { return false }
        do throws(BehaviourError) {
            let order = try PaymentOrder(exchange.request.json ?? .null, currency: .baht)
            webhooks.carryOut(order, exchange) { order throws(BehaviourError) in try event(order) }
        } catch {
            exchange.respond(.json(.badRequest, ["error": .string(error.detail)]))
        }
        return true
    }

    private func event(_ order: PaymentOrder) throws(BehaviourError) -> PaymentEvent {
        let now = loop.time.wallClock
        let isLive = order.isLive
        let payment = try book.apply(
            order, usual: Money(hundredths: 34_500, .baht), method: "promptpay", at: now
        ) { id(order.status == .refunded ? "rfnd" : "chrg", isLive) }
        let event = order.event ?? id("evnt", isLive)
        let key: String
        switch order.status {
        case .refunded: key = "refund.create"
        case .pending: key = "charge.create"
        case .paid, .failed, .cancelled, .expired: key = "charge.complete"
        }
        let refund = order.status == .refunded ? payment.refunds.last : nil
        // The event has the object as it was told, which what the API shows may differ from.
        let data = refund.map { Self.refund($0, payment) } ?? Self.charge(payment, as: payment.status)
        let body: JSONValue = [
            "object": "event", "id": .string(event), "livemode": .bool(isLive),
            "location": .string("/events/\(event)"), "webhook_deliveries": [], "data": .object(data),
            "key": .string(order.kind ?? key), "created_at": .string(now.rfc3339UTC),
        ]
        let secret = account.webhookSecret
        var facts: JSONObject = [
            "charge": .string(payment.id), "key": .string(order.kind ?? key),
            "amount": .string(payment.amount.decimal), "currency": .string(payment.amount.currency.code),
        ]
        if let refund { facts["refund"] = .string(refund.id) }
        let bytes = body.bytes
        return PaymentEvent(id: event, facts: facts) { sending in
            let signed = sending.hasWrongSignature ? bytes + [0x20] : bytes
            let seconds = sending.at.seconds
            return PaymentMessage(
                headers: [
                    (PaymentSignature.omiseField, PaymentSignature.omise(signed, at: seconds, secret: secret)),
                    (PaymentSignature.omiseTimeField, String(seconds)),
                ], body: bytes)
        }
    }

    private func id(_ kind: String, _ isLive: Bool = false) -> String {
        random.identifier(isLive ? kind : kind + "_test", digits: 19)
    }

    // MARK: Calls

    func receive(_ call: StandinCall) {
        guard let user = call.request.basicUser, !user.isEmpty, user == account.apiKey.reveal() else {
            return call.respond(OmiseRefusal(401, "authentication_failure", "authentication failed").response)
        }
        do throws(OmiseRefusal) {
            call.respond(.json(.ok, .object(try answer(call.request, Array(call.segments)))))
        } catch { call.respond(error.response) }
    }

    private func answer(_ request: HTTPRequest, _ path: [String]) throws(OmiseRefusal) -> JSONObject {
        guard let fields = StandinFields.object(of: request) else {
            throw OmiseRefusal(400, "bad_request", "the body is no JSON object and no form")
        }
        switch (request.method, path.count, path.first) {
        case (.get, 1, "account"): return accountObject
        case (.post, 1, "sources"): return try makeSource(fields)
        case (.post, 1, "charges"): return try makeCharge(fields)
        case (.get, 2, "charges"): return Self.charge(try payment(path[1]))
        case (.post, 3, "charges") where path[2] == "refunds": return try refund(path[1], fields)
        case (.get, 3, "charges") where path[2] == "refunds": return Self.refunds(try payment(path[1]))
        case (.post, 3, "charges") where path[2] == "expire": return try expire(path[1])
        default: throw OmiseRefusal(404, "not_found", "the requested object was not found")
        }
    }

    private func payment(_ id: String) throws(OmiseRefusal) -> GatewayPayment {
        guard let payment = book[id] else {
            throw OmiseRefusal(404, "not_found", "charge \(id.prefix(64)) was not found")
        }
        return payment
    }

    private var accountObject: JSONObject {
        [
            "object": "account", "id": "account_test_5k0standin00000000", "livemode": false,
            "location": "/account", "email": "demo@example.com", "currency": "thb", "supported_currencies": ["THB"],
            "country": "TH", "api_version": "2019-05-29", "auto_activate_recipients": false, "chain_enabled": false,
            "zero_interest_installments": true, "webhook_uri": nil, "created_at": "2026-01-01T00:00:00Z",
        ]
    }

    private static func amount(_ fields: JSONObject) throws(OmiseRefusal) -> Money {
        guard let currency = fields["currency"]?.string.flatMap({ Currency(code: $0) }) else {
            throw OmiseRefusal(400, "invalid_charge", "currency is currently not supported")
        }
        guard let count = fields["amount"]?.wholeNumber, count >= minAmount,
            let amount = Money(hundredths: count, currency)
        else { throw OmiseRefusal(400, "invalid_charge", "amount must be greater than or equal to ฿20") }
        return amount
    }

    private func makeSource(_ fields: JSONObject) throws(OmiseRefusal) -> JSONObject {
        guard let type = fields["type"]?.string, !type.isEmpty else {
            throw OmiseRefusal(400, "bad_request", "type is missing")
        }
        let amount = try Self.amount(fields)
        let source = id("src")
        sources.note(Source(type: type, amount: amount), for: source)
        return [
            "object": "source", "id": .string(source), "livemode": false, "location": .string("/sources/\(source)"),
            "type": .string(type), "flow": .string(type == "promptpay" ? "offline" : "redirect"),
            "amount": .integer(amount.hundredths), "currency": .string(amount.currency.code),
            "charge_status": "unknown", "created_at": .string(loop.time.wallClock.rfc3339UTC),
        ]
    }

    private func makeCharge(_ fields: JSONObject) throws(OmiseRefusal) -> JSONObject {
        let amount = try Self.amount(fields)
        let now = loop.time.wallClock
        let isCard: Bool
        let method: String
        if let card = fields["card"]?.string {
            guard card.hasPrefix("tokn_") else {
                throw OmiseRefusal(404, "not_found", "token \(card.prefix(64)) was not found")
            }
            (isCard, method) = (true, "card")
        } else if let source = fields["source"] {
            isCard = false
            if let known = source.string.flatMap({ sources[$0] }) {
                guard known.amount == amount else {
                    throw OmiseRefusal(400, "invalid_charge", "amount or currency differs from the source's")
                }
                method = known.type
            } else if let type = source["type"]?.string {
                method = type
            } else {
                throw OmiseRefusal(404, "not_found", "source was not found")
            }
        } else {
            throw OmiseRefusal(400, "invalid_charge", "card or source is missing")
        }
        let metadata = fields["metadata"]?.object ?? [:]
        var payment = GatewayPayment(
            id: id("chrg"), tenant: nil, reference: Self.reference(metadata), amount: amount, method: method,
            metadata: metadata, createdAt: now)
        payment.description = fields["description"]?.string
        payment.extra["return_uri"] = fields["return_uri"]
        if isCard {
            payment.status = cardFailure == nil ? .paid : .failed
            payment.failure = cardFailure
            payment.settledAt = now
        }
        book.add(payment)
        return Self.charge(payment)
    }

    /// What a control names the payment by: its metadata's `payment_id`, else the first text in it.
    private static func reference(_ metadata: JSONObject) -> String {
        metadata["payment_id"]?.string ?? metadata.members.lazy.compactMap(\.value.string).first ?? ""
    }

    private func refund(_ id: String, _ fields: JSONObject) throws(OmiseRefusal) -> JSONObject {
        let payment = try payment(id)
        guard payment.status == .paid || payment.status == .refunded else {
            throw OmiseRefusal(400, "failed_refund", "charge must be paid")
        }
        let left = payment.amount.hundredths - payment.refunded
        guard let count = fields["amount"]?.wholeNumber, (1...max(1, left)).contains(count), left > 0,
            let amount = Money(hundredths: count, payment.amount.currency),
            payment.refunds.count < PaymentBook.maxRefunds
        else { throw OmiseRefusal(400, "failed_refund", "amount must be less than or equal to the refundable amount") }
        let refund = GatewayRefund(id: self.id("rfnd"), payment: id, amount: amount, createdAt: loop.time.wallClock)
        book.change(id) {
            $0.refunds.append(refund)
            $0.status = .refunded
        }
        return Self.refund(refund, payment)
    }

    private func expire(_ id: String) throws(OmiseRefusal) -> JSONObject {
        guard try payment(id).status == .pending else {
            throw OmiseRefusal(400, "failed_expire", "charge cannot be expired")
        }
        book.change(id) {
            $0.status = .expired
            $0.settledAt = loop.time.wallClock
        }
        return Self.charge(try payment(id))
    }

    // MARK: Objects

    private static func refunds(_ payment: GatewayPayment) -> JSONObject {
        [
            "object": "list", "data": .array(payment.refunds.map { .object(refund($0, payment)) }), "limit": 20,
            "offset": 0, "total": .integer(Int64(payment.refunds.count)),
            "location": .string("/charges/\(payment.id)/refunds"), "order": "chronological", "from": nil, "to": nil,
        ]
    }

    private static func refund(_ refund: GatewayRefund, _ payment: GatewayPayment) -> JSONObject {
        [
            "object": "refund", "id": .string(refund.id), "livemode": .bool(payment.isLive),
            "location": .string("/charges/\(payment.id)/refunds/\(refund.id)"),
            "amount": .integer(refund.amount.hundredths), "currency": .string(refund.amount.currency.code.lowercased()),
            "charge": .string(payment.id), "status": "closed", "voided": false, "metadata": .object(payment.metadata),
            "created_at": .string(refund.createdAt.rfc3339UTC),
        ]
    }

    /// `status`: nil is what the API shows.
    private static func charge(_ payment: GatewayPayment, as status: PaymentStatus? = nil) -> JSONObject {
        let status = status ?? payment.current
        let words: String
        switch status {
        case .paid, .refunded: words = "successful"
        case .failed, .cancelled: words = "failed"
        case .pending: words = "pending"
        case .expired: words = "expired"
        }
        let isPaid = words == "successful"
        let failure =
            words == "failed"
            ? payment.failure ?? (status == .cancelled ? "payment_cancelled" : "payment_rejected") : nil
        var charge: JSONObject = [
            "object": "charge", "id": .string(payment.id), "livemode": .bool(payment.isLive),
            "location": .string("/charges/\(payment.id)"), "amount": .integer(payment.amount.hundredths),
            "net": .integer(payment.amount.hundredths), "fee": 0, "fee_vat": 0,
            "refunded_amount": .integer(payment.refunded),
            "currency": .string(payment.amount.currency.code.lowercased()), "status": .string(words),
            "paid": .bool(isPaid), "authorized": .bool(isPaid), "capture": true, "capturable": false,
            "refundable": .bool(isPaid && payment.refunded < payment.amount.hundredths), "reversed": false,
            "reversible": false, "voided": false, "expired": .bool(words == "expired"),
            "description": JSONValue(payment.description), "metadata": .object(payment.metadata),
            "failure_code": JSONValue(failure),
            "failure_message": JSONValue(failure?.split(separator: "_").joined(separator: " ")),
            "return_uri": payment.extra["return_uri"] ?? .null,
            "paid_at": isPaid ? .string((payment.settledAt ?? payment.createdAt).rfc3339UTC) : .null,
            "created_at": .string(payment.createdAt.rfc3339UTC), "refunds": .object(refunds(payment)),
            "card": nil, "source": nil,
        ]
        if payment.method == "card" {
            charge["card"] = [
                "object": "card", "id": .string(payment.id.replacing("chrg", with: "card", maxReplacements: 1)),
                "brand": "Visa", "last_digits": "1111", "name": "SOMCHAI T", "expiration_month": 12,
                "expiration_year": 2030, "livemode": .bool(payment.isLive),
            ]
        } else {
            charge["source"] = [
                "object": "source", "id": .string(payment.id.replacing("chrg", with: "src", maxReplacements: 1)),
                "type": .string(payment.method),
                "flow": .string(payment.method == "promptpay" ? "offline" : "redirect"),
                "amount": .integer(payment.amount.hundredths),
                "currency": .string(payment.amount.currency.code),
            ]
        }
        return charge
    }
}

/// What Omise answers instead of what was asked for.
private struct OmiseRefusal: Error {
    let status: Int
    let code: String
    let message: String

    init(_ status: Int, _ code: String, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    var response: HTTPResponse {
        .json(
            HTTPStatus(code: status) ?? .internalServerError,
            [
                "object": "error",
                "location": .string("https://www.omise.co/api-errors#" + code.replacing("_", with: "-")),
                "code": .string(code), "message": .string(message),
            ])
    }
}
