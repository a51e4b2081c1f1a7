internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor
internal import Transport

/// PayMongo, below `/paymongo/v1`: checkout sessions, sources, payments, refunds, webhooks. Confined to the stand-ins' loop.
final class PayMongoStandin: Standin {
    /// Centavos: PayMongo's of a payment.
    static let minAmount: Int64 = 2_000
    /// Checkout sessions, sources and refunds that are known, of each.
    static let maxObjects = 20_000
    /// Of the texts of either.
    static let maxObjectBytes = 16 * 1024 * 1024
    static let maxWebhooks = 100

    let name = "paymongo"
    private let account: StandinServer.GatewayAccount
    private let loop: EventLoop
    private let random: any RandomSource
    private let webhooks: PaymentWebhooks
    private var book = PaymentBook()
    private var sessions = Recent<String, PayMongoSession>(maxEntries: maxObjects, maxBytes: maxObjectBytes)
    private var sources = Recent<String, JSONObject>(maxEntries: maxObjects, maxBytes: maxObjectBytes)
    /// A refund's payment.
    private var paymentOfRefund = Recent<String, String>(maxEntries: maxObjects)
    private var endpoints = Recent<String, JSONObject>(maxEntries: maxWebhooks, maxBytes: maxObjectBytes)

    init(_ configuration: StandinServer.Configuration, loop: EventLoop, random: any RandomSource) {
        account = configuration.gateways.payMongo
        self.loop = loop
        self.random = random
        webhooks = PaymentWebhooks(name, configuration, loop: loop)
    }

    func failure(_ status: Int) -> HTTPResponse {
        PayMongoRefusal(status, status == 401 ? "authentication_failed" : "api_error", "failing as told").response
    }

    // MARK: Webhooks

    func control(_ exchange: HTTPExchange, _ path: ArraySlice<String>) -> Bool {
        if book.control(exchange, path) { return true }
        guard path.elementsEqual(["webhook"]), exchange.request.method == .post else { return false }
        do throws(BehaviourError) {
            let order = try PaymentOrder(exchange.request.json ?? .null, currency: .philippinePeso)
            webhooks.carryOut(order, exchange) { order throws(BehaviourError) in try event(order) }
        } catch {
            exchange.respond(.json(.badRequest, ["error": .string(error.detail)]))
        }
        return true
    }

    private func event(_ order: PaymentOrder) throws(BehaviourError) -> PaymentEvent {
        let now = loop.time.wallClock
        let session = sessions.values.last { session in
            if let charge = order.charge { return session.payment == charge }
            return session.names.contains(order.payment)
        }
        let usual = session?.amount ?? Money(hundredths: 34_500, .philippinePeso)
        let payment = try book.apply(order, usual: usual, method: "gcash", at: now) {
            random.identifier(order.status == .refunded ? "ref" : "pay", digits: 24)
        }
        if let session {
            sessions.update(session.id) { $0.payment = payment.id }
            if order.metadata == nil, let metadata = session.attributes["metadata"]?.object {
                book.change(payment.id) { $0.metadata = metadata }
            }
        }
        for refund in payment.refunds { paymentOfRefund.note(payment.id, for: refund.id) }
        let told = book[payment.id] ?? payment
        let type = order.kind ?? Self.type(of: order.status, isCheckout: session != nil)
        let data: JSONObject
        if type.hasPrefix("checkout_session."), let session = session.flatMap({ sessions[$0.id] }) {
            data = checkout(session, told.status)
        } else if type.hasPrefix("source.") {
            data = Self.source(told)
        } else {
            data = Self.payment(told, as: told.status)
        }
        let id = order.event ?? random.identifier("evt", digits: 24)
        let body: JSONValue = [
            "data": [
                "id": .string(id), "type": "event",
                "attributes": [
                    "type": .string(type), "livemode": .bool(order.isLive), "data": .object(data), "previous_data": [:],
                    "created_at": .integer(now.seconds), "updated_at": .integer(now.seconds),
                ],
            ]
        ]
        var facts: JSONObject = [
            "charge": .string(payment.id), "type": .string(type), "amount": .string(payment.amount.decimal),
            "currency": .string(payment.amount.currency.code),
        ]
        if let session { facts["checkout"] = .string(session.id) }
        if order.status == .refunded { facts["refund"] = JSONValue(payment.refunds.last?.id) }
        let secret = account.webhookSecret
        let bytes = body.bytes
        return PaymentEvent(id: id, facts: facts) { sending in
            let proof = PaymentSignature.payMongo(
                sending.hasWrongSignature ? bytes + [0x20] : bytes, at: sending.at.seconds, isLive: sending.isLive,
                secret: secret)
            return PaymentMessage(headers: [(PaymentSignature.payMongoField, proof)], body: bytes)
        }
    }

    private static func type(of status: PaymentStatus, isCheckout: Bool) -> String {
        switch status {
        case .paid: isCheckout ? "checkout_session.payment.paid" : "payment.paid"
        case .failed, .cancelled: "payment.failed"
        case .pending: "source.chargeable"
        case .expired: "qr.expired"
        case .refunded: "payment.refunded"
        }
    }

    // MARK: Calls

    func receive(_ call: StandinCall) {
        guard let user = call.request.basicUser, !user.isEmpty, user == account.apiKey.reveal() else {
            return call.respond(
                PayMongoRefusal(401, "authentication_failed", "API key is invalid.").response)
        }
        do throws(PayMongoRefusal) {
            let data = try answer(call.request, Array(call.segments))
            call.respond(.json(.ok, ["data": .object(data)]))
        } catch { call.respond(error.response) }
    }

    private func answer(_ request: HTTPRequest, _ path: [String]) throws(PayMongoRefusal) -> JSONObject {
        guard path.first == "v1" else { throw .noSuch("route", "") }
        switch (request.method, path.count, path.dropFirst().first) {
        case (.get, 3, "payments"):
            guard let payment = book[path[2]] else { throw .noSuch("payment", path[2]) }
            return Self.payment(payment)
        case (.post, 2, "checkout_sessions"): return try makeSession(try Self.attributes(request))
        case (.get, 3, "checkout_sessions"): return checkout(try session(path[2]))
        case (.post, 4, "checkout_sessions") where path[3] == "expire":
            _ = try session(path[2])
            sessions.update(path[2]) { $0.attributes["status"] = "expired" }
            return checkout(try session(path[2]))
        case (.post, 2, "sources"): return try makeSource(try Self.attributes(request))
        case (.get, 3, "sources"):
            guard let source = sources[path[2]] else { throw .noSuch("source", path[2]) }
            return source
        case (.post, 2, "refunds"): return try refund(try Self.attributes(request))
        case (.get, 3, "refunds"):
            guard let payment = paymentOfRefund[path[2]].flatMap({ book[$0] }),
                let refund = payment.refunds.first(where: { $0.id == path[2] })
            else { throw .noSuch("refund", path[2]) }
            return Self.refund(refund, payment)
        case (.post, 2, "webhooks"): return try makeWebhook(try Self.attributes(request))
        case (.get, 3, "webhooks"):
            guard let endpoint = endpoints[path[2]] else { throw .noSuch("webhook", path[2]) }
            return endpoint
        default: throw .noSuch("route", path.joined(separator: "/"))
        }
    }

    private static func attributes(_ request: HTTPRequest) throws(PayMongoRefusal) -> JSONObject {
        guard let attributes = request.json?["data"]?["attributes"]?.object else {
            throw .invalid("data.attributes", "The data.attributes is required.", code: "parameter_required")
        }
        return attributes
    }

    private static func amount(
        _ fields: JSONObject, _ pointer: String = "amount"
    ) throws(PayMongoRefusal) -> Money {
        guard let given = fields["amount"] else {
            throw .invalid(pointer, "\(pointer) is required.", code: "parameter_required")
        }
        guard let count = given.integer, let amount = Money(hundredths: count, .philippinePeso) else {
            throw .invalid(pointer, "\(pointer) should be an integer.", code: "parameter_format_invalid")
        }
        guard (fields["currency"]?.string ?? "PHP").uppercased() == "PHP" else {
            throw .invalid("currency", "The currency should be PHP.", code: "parameter_invalid")
        }
        return amount
    }

    private func session(_ id: String) throws(PayMongoRefusal) -> PayMongoSession {
        guard let session = sessions[id] else { throw .noSuch("checkout_session", id) }
        return session
    }

    private func makeSession(_ given: JSONObject) throws(PayMongoRefusal) -> JSONObject {
        guard let items = given["line_items"]?.array, !items.isEmpty else {
            throw .invalid("line_items", "The line_items is required.", code: "parameter_required")
        }
        guard let methods = given["payment_method_types"]?.array, !methods.isEmpty else {
            throw .invalid("payment_method_types", "The payment_method_types is required.", code: "parameter_required")
        }
        var total: Int64 = 0
        for item in items {
            let price = try Self.amount(item.object ?? [:], "line_items.amount")
            let quantity = item["quantity"]?.integer ?? 1
            let (product, isTooMuch) = price.hundredths.multipliedReportingOverflow(by: quantity)
            let (sum, overflows) = total.addingReportingOverflow(product)
            guard quantity > 0, !isTooMuch, !overflows else {
                throw .invalid("line_items.quantity", "The quantity is invalid.", code: "parameter_invalid")
            }
            total = sum
        }
        guard total >= Self.minAmount, let amount = Money(hundredths: total, .philippinePeso) else {
            throw .invalid("amount", "The total amount cannot be less than 20.00.", code: "parameter_below_minimum")
        }
        let id = random.identifier("cs", digits: 24)
        let now = loop.time.wallClock
        var attributes = given
        attributes["checkout_url"] = .string("https://checkout.paymongo.com/\(id)")
        attributes["status"] = "active"
        attributes["livemode"] = false
        attributes["merchant"] = "Sala demo"
        attributes["created_at"] = .integer(now.seconds)
        attributes["updated_at"] = .integer(now.seconds)
        let session = PayMongoSession(
            id: id, intent: random.identifier("pi", digits: 24), reference: given["reference_number"]?.string,
            amount: amount, attributes: attributes)
        sessions.note(session, for: id, bytes: JSONValue.object(attributes).bytes.count)
        return checkout(session)
    }

    private func makeSource(_ given: JSONObject) throws(PayMongoRefusal) -> JSONObject {
        let amount = try Self.amount(given)
        guard let type = given["type"]?.string, !type.isEmpty else {
            throw .invalid("type", "The type is required.", code: "parameter_required")
        }
        let id = random.identifier("src", digits: 24)
        var attributes = given
        attributes["amount"] = .integer(amount.hundredths)
        attributes["type"] = .string(type)
        attributes["currency"] = "PHP"
        attributes["status"] = "pending"
        attributes["livemode"] = false
        attributes["created_at"] = .integer(loop.time.wallClock.seconds)
        let source: JSONObject = ["id": .string(id), "type": "source", "attributes": .object(attributes)]
        sources.note(source, for: id, bytes: JSONValue.object(source).bytes.count)
        return source
    }

    private func refund(_ given: JSONObject) throws(PayMongoRefusal) -> JSONObject {
        guard let id = given["payment_id"]?.string else {
            throw .invalid("payment_id", "The payment_id is required.", code: "parameter_required")
        }
        guard let payment = book[id] else { throw .noSuch("payment", id) }
        guard let reason = given["reason"]?.string,
            ["duplicate", "fraudulent", "requested_by_customer", "others"].contains(reason)
        else {
            throw .invalid("reason", "The reason passed is invalid.", code: "parameter_invalid")
        }
        let amount = try Self.amount(given)
        guard payment.status == .paid || payment.status == .refunded else {
            throw .invalid("payment_id", "The payment is not paid.", code: "resource_failed_state")
        }
        guard !amount.isZero, amount.hundredths <= payment.amount.hundredths - payment.refunded,
            payment.refunds.count < PaymentBook.maxRefunds
        else {
            throw .invalid("amount", "The amount is more than what is left to refund.", code: "parameter_above_maximum")
        }
        let refund = GatewayRefund(
            id: random.identifier("ref", digits: 24), payment: id, amount: amount, createdAt: loop.time.wallClock,
            reason: reason, notes: given["notes"]?.string)
        book.change(id) {
            $0.refunds.append(refund)
            $0.status = .refunded
        }
        paymentOfRefund.note(id, for: refund.id)
        return Self.refund(refund, payment)
    }

    /// It gets the secret that the stand-in signs with; where it leads is not followed: orders of webhooks go to the server.
    private func makeWebhook(_ given: JSONObject) throws(PayMongoRefusal) -> JSONObject {
        guard let url = given["url"]?.string, url.hasPrefix("http") else {
            throw .invalid("url", "The url is invalid.", code: "parameter_invalid")
        }
        guard let events = given["events"]?.array, !events.isEmpty else {
            throw .invalid("events", "The events is required.", code: "parameter_required")
        }
        let id = random.identifier("hook", digits: 24)
        let endpoint: JSONObject = [
            "id": .string(id), "type": "webhook",
            "attributes": [
                "url": .string(url), "events": .array(events), "livemode": false, "status": "enabled",
                "secret_key": .string(account.webhookSecret.reveal()),
                "created_at": .integer(loop.time.wallClock.seconds),
            ],
        ]
        endpoints.note(endpoint, for: id, bytes: JSONValue.object(endpoint).bytes.count)
        return endpoint
    }

    // MARK: Objects

    /// `status`: nil is what the API shows of the payment.
    private func checkout(_ session: PayMongoSession, _ status: PaymentStatus? = nil) -> JSONObject {
        let payment = session.payment.flatMap { book[$0] }
        let current = payment.map { status ?? $0.current }
        let isPaid = current == .paid || current == .refunded
        var attributes = session.attributes
        attributes["reference_number"] = JSONValue(session.reference)
        attributes["metadata"] = session.attributes["metadata"] ?? .null
        attributes["payment_intent"] = [
            "id": .string(session.intent), "type": "payment_intent",
            "attributes": [
                "amount": .integer(session.amount.hundredths), "currency": "PHP",
                "status": isPaid ? "succeeded" : "awaiting_payment_method",
            ],
        ]
        let payments = isPaid ? payment.map { [JSONValue.object(Self.payment($0, as: current))] } : nil
        attributes["payments"] = .array(payments ?? [])
        return ["id": .string(session.id), "type": "checkout_session", "attributes": .object(attributes)]
    }

    private static func payment(_ payment: GatewayPayment, as status: PaymentStatus? = nil) -> JSONObject {
        let status = status ?? payment.current
        let words: String
        switch status {
        case .paid: words = "paid"
        case .refunded: words = payment.refunded < payment.amount.hundredths ? "partially_refunded" : "refunded"
        case .failed, .cancelled, .expired: words = "failed"
        case .pending: words = "pending"
        }
        // GCash's fee.
        let fee = payment.amount.hundredths / 40
        let isPaid = status == .paid || status == .refunded
        return [
            "id": .string(payment.id), "type": "payment",
            "attributes": [
                "amount": .integer(payment.amount.hundredths), "currency": .string(payment.amount.currency.code),
                "description": JSONValue(payment.description),
                "external_reference_number": payment.reference.isEmpty ? .null : .string(payment.reference),
                "failed_code": words == "failed"
                    ? .string(status == .cancelled ? "payment_cancelled" : "generic_decline") : .null,
                "fee": .integer(isPaid ? fee : 0), "net_amount": .integer(isPaid ? payment.amount.hundredths - fee : 0),
                "livemode": .bool(payment.isLive), "metadata": .object(payment.metadata),
                "paid_at": isPaid ? .integer((payment.settledAt ?? payment.createdAt).seconds) : .null,
                "payment_intent_id": nil,
                "source": [
                    "id": .string(payment.id.replacing("pay_", with: "src_", maxReplacements: 1)),
                    "type": .string(payment.method),
                ],
                "status": .string(words), "refunds": .array(payment.refunds.map { .object(refund($0, payment)) }),
                "created_at": .integer(payment.createdAt.seconds), "updated_at": .integer(payment.createdAt.seconds),
            ],
        ]
    }

    private static func refund(_ refund: GatewayRefund, _ payment: GatewayPayment) -> JSONObject {
        [
            "id": .string(refund.id), "type": "refund",
            "attributes": [
                "amount": .integer(refund.amount.hundredths), "currency": .string(refund.amount.currency.code),
                "livemode": .bool(payment.isLive), "notes": JSONValue(refund.notes), "payment_id": .string(payment.id),
                "payout_id": nil, "reason": .string(refund.reason ?? "requested_by_customer"), "status": "succeeded",
                "metadata": .object(payment.metadata), "created_at": .integer(refund.createdAt.seconds),
                "updated_at": .integer(refund.createdAt.seconds),
            ],
        ]
    }

    private static func source(_ payment: GatewayPayment) -> JSONObject {
        [
            "id": .string(payment.id.replacing("pay_", with: "src_", maxReplacements: 1)), "type": "source",
            "attributes": [
                "amount": .integer(payment.amount.hundredths), "currency": .string(payment.amount.currency.code),
                "livemode": .bool(payment.isLive), "metadata": .object(payment.metadata), "status": "chargeable",
                "type": .string(payment.method), "created_at": .integer(payment.createdAt.seconds),
            ],
        ]
    }
}

/// A checkout page that PayMongo was asked for.
private struct PayMongoSession {
    let id: String
    let intent: String
    let reference: String?
    let amount: Money
    var attributes: JSONObject
    /// The payment that was made there.
    var payment: String?

    /// What a control may call it: its reference number, or a text in its metadata.
    var names: [String] {
        [reference].compactMap(\.self)
            + (attributes["metadata"]?.object?.members ?? []).compactMap(\.value.string)
    }
}

/// What PayMongo answers instead of what was asked for.
private struct PayMongoRefusal: Error {
    let status: Int
    let code: String
    let detail: String
    var pointer: String?

    init(_ status: Int, _ code: String, _ detail: String, pointer: String? = nil) {
        self.status = status
        self.code = code
        self.detail = detail
        self.pointer = pointer
    }

    static func noSuch(_ kind: String, _ id: String) -> Self {
        Self(404, "resource_not_found", "No such \(kind) with id '\(id.prefix(64))'.")
    }

    static func invalid(_ pointer: String, _ detail: String, code: String) -> Self {
        Self(400, code, detail, pointer: pointer)
    }

    var response: HTTPResponse {
        var error: JSONObject = ["code": .string(code), "detail": .string(detail)]
        if let pointer {
            let attribute = pointer.split(separator: ".").last.map(String.init) ?? pointer
            error["source"] = ["pointer": .string(pointer), "attribute": .string(attribute)]
        }
        return .json(HTTPStatus(code: status) ?? .internalServerError, ["errors": [.object(error)]])
    }
}
