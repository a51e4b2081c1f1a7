import Domain
import JSON
import PaymentGateways
import Ports
import Primitives
import Sessions
import TestSupport
import Testing

@testable import Gateway

@Suite("TrustTrade's payments")
struct TradeFacadeTests {
    private static let base = "/t/trusttrade/v1"

    private struct Answer {
        let status: Int
        let body: JSONValue
        var data: JSONValue { body["data"] ?? .null }
        var code: String? { body["error"]?["code"]?.string }
    }

    private func ask(
        _ world: GatewayWorld, _ method: String, _ path: String, _ body: String = "", as subject: String = "u_1",
        role: String = "customer", schema: String? = nil, fields: [String] = []
    ) throws -> Answer {
        let token = try world.token(subject: subject, role: role, tenant: "trusttrade")
        let answer = try world.ask(method, Self.base + path, ["Authorization: Bearer " + token] + fields, body: body)
        let json = try JSONParser.parse(answer.body)
        let form = (answer.status < 300 ? schema : "trade.error").map { $0 + ".schema.json" }
        if let form { #expect(try JSONSchema.violations(of: json, form) == []) }
        #expect(answer["X-Request-ID"] == json["meta"]?["requestId"]?.string)
        return Answer(status: answer.status, body: json)
    }

    private static let order = #"{"amount":"345.00","method":"gcash","bookingId":"b-1","escrow":{"provider":"p_1"}}"#

    private func create(_ world: GatewayWorld, _ body: String = order) throws -> String {
        let made = try ask(world, "POST", "/payments/create", body, schema: "trade.payment")
        #expect(made.status == 201)
        return try #require(made.data["id"]?.string)
    }

    /// A payment that PayMongo says was paid.
    private func pay(_ world: GatewayWorld, _ id: String, refunded: String = "0") throws {
        world.payments.script.charge = .charge(
            GatewayCharge(
                gateway: .paymongo, charge: "pay_1", payment: id, state: .paid,
                amount: Money(decimal: "345.00", .philippinePeso), refunded: nil, code: nil, paidAt: nil,
                method: "gcash"))
        let address = SessionAddress(tenant: "trusttrade", kind: .payment, id: id)
        let caller = Caller(tenant: "trusttrade", subject: "paymongo", role: .service)
        let ticket = CommandTicket(
            command: SessionCommand(
                caller: caller, name: "notice.receive",
                data: ["gateway": "paymongo", "event": .string("evt_" + id), "charge": "pay_1", "state": "paid"]),
            key: nil
        ) { _ in }
        world.services.withRegistry(of: address) { $0.submit(address, ticket) }
        world.settle()
    }

    @Test("A payment: its session, then PayMongo's page, in the document's envelope")
    func creating() throws {
        let world = try GatewayWorld()
        let made = try ask(
            world, "POST", "/payments/create", Self.order, schema: "trade.payment", fields: ["X-Request-ID: req-12345"])
        #expect(made.status == 201 && made.body["meta"]?["requestId"]?.string == "req-12345")
        #expect(made.data["checkoutUrl"]?.string == "https://pay.example/1")
        #expect(made.data["amount"]?.string == "345.00" && made.data["currency"]?.string == "PHP")
        #expect(made.data["status"]?.string == "pending" && made.data["escrowStatus"]?.string == "pending")
        let order = try #require(world.checkouts.orders.first)
        #expect(order.gateway == .paymongo && order.methods == ["gcash"])
        #expect(order.amount == Money(decimal: "345.00", .philippinePeso) && order.address.tenant == "trusttrade")
        let id = try #require(made.data["id"]?.string)
        let transaction = try ask(world, "GET", "/transactions/" + id, schema: "trade.transaction")
        #expect(transaction.data["consumerId"]?.string == "u_1" && transaction.data["providerId"]?.string == "p_1")
        #expect(transaction.data["bookingId"]?.string == "b-1" && transaction.data["platformFee"]?.string == "0.00")
        #expect(transaction.data["providerAmount"]?.string == "345.00")
    }

    @Test("Paid, held, partly given back, released; then nothing goes back any more")
    func escrow() throws {
        let world = try GatewayWorld()
        let id = try create(world)
        let early = try ask(world, "PUT", "/transactions/\(id)/release")
        #expect(early.status == 409 && early.code == "INVALID_STATE", "it is not paid")
        try pay(world, id)
        let paid = try ask(world, "GET", "/payments/" + id, schema: "trade.payment")
        #expect(paid.data["status"]?.string == "accepted" && paid.data["escrowStatus"]?.string == "held")
        #expect(paid.data["externalPaymentId"]?.string == "pay_1")
        let back = try ask(
            world, "POST", "/payments/refund", #"{"paymentId":"\#(id)","amount":"45","reason":"late"}"#, as: "svc",
            role: "service", schema: "trade.payment")
        #expect(back.status == 202 && back.data["refund"]?["status"]?.string == "processing")
        #expect(back.data["refund"]?["amount"]?.string == "45.00")
        world.settle()
        let more = try ask(
            world, "PUT", "/transactions/\(id)/refund", #"{"amount":"300.01","reason":"x"}"#, as: "s", role: "staff")
        #expect(more.status == 409, "more than is left")
        let released = try ask(world, "PUT", "/transactions/\(id)/release", schema: "trade.transaction")
        #expect(released.status == 200 && released.data["escrowStatus"]?.string == "released")
        #expect(released.data["refundedAmount"]?.string == "45.00" && released.data["escrowReleasedAt"]?.string != nil)
        for (method, path) in [("PUT", "/transactions/\(id)/refund"), ("POST", "/escrow/\(id)/refund")] {
            let late = try ask(world, method, path, #"{"reason":"x"}"#, as: "svc", role: "service")
            #expect(late.status == 409 && late.code == "INVALID_STATE")
        }
        #expect(try ask(world, "POST", "/escrow/\(id)/release").status == 409)
    }

    @Test("Who may what: payer, provider, others, the platform's own")
    func rights() throws {
        let world = try GatewayWorld()
        let id = try create(world)
        try pay(world, id)
        for path in ["/payments/", "/transactions/"] {
            #expect(try ask(world, "GET", path + id).status == 200)
            #expect(try ask(world, "GET", path + id, as: "p_1", role: "provider").status == 200)
            #expect(try ask(world, "GET", path + id, as: "s_1", role: "staff").status == 200)
            #expect(try ask(world, "GET", path + id, as: "u_2").code == "FORBIDDEN")
            #expect(try ask(world, "GET", path + "nobody").code == "NOT_FOUND")
        }
        let refund = #"{"paymentId":"\#(id)","reason":"x"}"#
        for (subject, role) in [("u_1", "customer"), ("p_1", "provider"), ("u_2", "customer")] {
            #expect(try ask(world, "POST", "/payments/refund", refund, as: subject, role: role).status == 403)
        }
        #expect(try ask(world, "POST", "/escrow/\(id)/release", as: "p_1", role: "provider").status == 403)
        #expect(try ask(world, "POST", "/escrow/\(id)/release", as: "u_2").status == 403)
        #expect(try ask(world, "POST", "/escrow/\(id)/release", as: "a", role: "admin").status == 200)
    }

    @Test("The escrow's own routes", arguments: ["/transactions/escrow", "/escrow/create"])
    func escrowRoutes(path: String) throws {
        let world = try GatewayWorld()
        let made = try ask(
            world, "POST", path, #"{"amount":345,"method":"card","providerId":"p_9"}"#, schema: "trade.transaction")
        #expect(made.status == 201 && made.data["providerId"]?.string == "p_9")
        #expect(made.data["escrowStatus"]?.string == "pending" && made.data["checkoutUrl"]?.string != nil)
        let missing = try ask(world, "POST", path, #"{"amount":345,"method":"card"}"#)
        #expect(missing.code == "VALIDATION_ERROR")
        #expect(missing.body["error"]?["details"]?[0]?["field"]?.string == "providerId")
    }

    @Test("The fee is the service's to say, else the configuration's")
    func fee() throws {
        var merchant = MerchantAccounts()
        merchant.feeBasisPoints = 1_000
        let world = try GatewayWorld(merchants: ["trusttrade": merchant])
        let configured = try ask(world, "GET", "/transactions/" + create(world))
        #expect(
            configured.data["platformFee"]?.string == "34.50" && configured.data["providerAmount"]?.string == "310.50")
        let body =
            #"{"amount":"345","method":"card","consumerId":"u_7","escrow":{"provider":"p_1"},"feeBasisPoints":250}"#
        let made = try ask(world, "POST", "/payments/create", body, as: "svc", role: "service")
        let id = try #require(made.data["id"]?.string)
        let own = try ask(world, "GET", "/transactions/" + id, as: "u_7")
        #expect(own.data["platformFee"]?.string == "8.63" && own.data["providerAmount"]?.string == "336.37")
        let nobody = try ask(
            world, "POST", "/payments/create", #"{"amount":1,"method":"card","consumerId":"u_7","feeBasisPoints":250}"#,
            as: "svc", role: "service")
        #expect(nobody.body["error"]?["details"]?[0]?["field"]?.string == "feeBasisPoints")
        let refused = try ask(
            world, "POST", "/payments/create",
            #"{"amount":1,"method":"card","escrow":{"provider":"p_1"},"feeBasisPoints":0}"#)
        #expect(refused.code == "FORBIDDEN")
        let other = try ask(world, "POST", "/payments/create", #"{"amount":1,"method":"card","consumerId":"u_2"}"#)
        #expect(other.code == "FORBIDDEN")
    }

    @Test(
        "Every field that is not valid is a detail",
        arguments: [
            ("{}", ["amount REQUIRED", "method REQUIRED"]),
            (#"{"amount":"0.00","method":"gcash"}"#, ["amount OUT_OF_RANGE"]),
            (#"{"amount":"100000000","method":"gcash"}"#, ["amount OUT_OF_RANGE"]),
            (#"{"amount":"1.005","method":"gcash"}"#, ["amount INVALID_FORMAT"]),
            (#"{"amount":1,"method":"cash","currency":"THB"}"#, ["currency INVALID_VALUE", "method INVALID_VALUE"]),
            (#"{"amount":1,"method":"card","bookingId":"b 1"}"#, ["bookingId INVALID_FORMAT"]),
            (#"{"amount":1,"method":"card","escrow":"p_1"}"#, ["escrow INVALID_FORMAT"]),
            (#"{"amount":1,"method":"card","escrow":{}}"#, ["escrow.provider REQUIRED"]),
            (#"{"amount":1,"method":"card","escrow":{"provider":""}}"#, ["escrow.provider INVALID_FORMAT"]),
            (#"{"amount":1,"method":"card","escrow":{"provider":"u_1"}}"#, ["provider INVALID_VALUE"]),
            (#"{"amount":1,"method":"card","feeBasisPoints":10001}"#, ["feeBasisPoints OUT_OF_RANGE"]),
            (#"{"amount":1,"method":"card","description":""}"#, ["description INVALID_FORMAT"]),
            (#"{"amount":1,"method":"card","consumerId":7}"#, ["consumerId INVALID_FORMAT"]),
        ])
    func violations(body: String, expected: [String]) throws {
        let world = try GatewayWorld()
        let refused = try ask(world, "POST", "/payments/create", body)
        #expect(refused.status == 400 && refused.code == "VALIDATION_ERROR")
        let details = try #require(refused.body["error"]?["details"]?.array)
        #expect(details.map { "\($0["field"]?.string ?? "") \($0["code"]?.string ?? "")" } == expected)
        #expect(world.store.records.isEmpty)
    }

    @Test(
        "A refund names the payment and a reason",
        arguments: [
            ("{}", ["paymentId REQUIRED", "reason REQUIRED"]),
            (#"{"paymentId":"a b","reason":"x"}"#, ["paymentId INVALID_FORMAT"]),
            (#"{"paymentId":"p","reason":"x","amount":"0"}"#, ["amount OUT_OF_RANGE"]),
        ])
    func refundViolations(body: String, expected: [String]) throws {
        let refused = try ask(try GatewayWorld(), "POST", "/payments/refund", body, as: "svc", role: "service")
        let details = try #require(refused.body["error"]?["details"]?.array)
        #expect(details.map { "\($0["field"]?.string ?? "") \($0["code"]?.string ?? "")" } == expected)
    }

    @Test("A gateway that does not answer is told so, and the payment stays")
    func noGateway() throws {
        let world = try GatewayWorld()
        world.checkouts.answer = .unavailable
        let refused = try ask(world, "POST", "/payments/create", Self.order, fields: ["Idempotency-Key: k"])
        #expect(refused.status == 502 && refused.code == "GATEWAY_UNAVAILABLE")
        let id = try #require(world.checkouts.orders.first?.address.id)
        #expect(try ask(world, "GET", "/payments/" + id).data["status"]?.string == "pending")
        world.checkouts.answer = .page(url: "https://pay.example/2")
        let again = try ask(world, "POST", "/payments/create", Self.order, fields: ["Idempotency-Key: k"])
        #expect(again.status == 201 && again.data["id"]?.string == id)
        let stolen = try ask(
            world, "POST", "/payments/create", Self.order, as: "u_2", fields: ["Idempotency-Key: k"])
        #expect(stolen.status == 201 && stolen.data["id"]?.string != id, "another subject's key is another key")
    }

    @Test("Lists in pages: one's own; the platform's own name a consumer")
    func list() throws {
        let world = try GatewayWorld()
        let at = world.time.wallClock
        let row = PaymentRow(
            payer: "u_1", purpose: "payment", method: "card",
            amount: try #require(Money(decimal: "345", .philippinePeso)),
            status: "accepted", reason: nil, refunded: .zero(.philippinePeso), escrow: "held", order: "b-1",
            way: "paymongo",
            charge: "pay_1", transRef: nil, transferredAt: nil, expiresAt: nil, createdAt: at, updatedAt: at)
        world.paymentRows.page = .success(PaymentPage(items: [PaymentSummary(id: "p1", row: row)], total: 41))
        let page = try ask(world, "GET", "/transactions?page=2&limit=20&status=accepted", schema: "trade.transactions")
        #expect(page.status == 200 && page.data[0]?["id"]?.string == "p1")
        let pagination = try #require(page.body["pagination"])
        #expect(pagination["total"] == .integer(41) && pagination["totalPages"] == .integer(3))
        #expect(pagination["hasNext"] == .bool(true) && pagination["hasPrev"] == .bool(true))
        #expect(
            world.paymentRows.queries == [
                PaymentQuery(tenant: "trusttrade", payer: "u_1", status: "accepted", page: 2, size: 20)
            ])
        for query in ["page=0", "page=x", "limit=51", "limit=0", "status=paid"] {
            #expect(try ask(world, "GET", "/transactions?" + query).code == "VALIDATION_ERROR")
        }
        #expect(try ask(world, "GET", "/transactions?consumerId=u_2").code == "FORBIDDEN")
        #expect(try ask(world, "GET", "/transactions", as: "s", role: "staff").code == "VALIDATION_ERROR")
        _ = try ask(world, "GET", "/transactions?consumerId=u_2", as: "s", role: "staff")
        #expect(world.paymentRows.queries.last?.payer == "u_2")
        world.paymentRows.page = .failure(.unavailable)
        #expect(try ask(world, "GET", "/transactions").code == "SERVICE_UNAVAILABLE")
    }

    private static let routes = [
        ("POST", "/payments/create"), ("GET", "/payments/x"), ("POST", "/payments/refund"), ("GET", "/transactions"),
        ("GET", "/transactions/x"), ("POST", "/transactions/escrow"), ("PUT", "/transactions/x/release"),
        ("PUT", "/transactions/x/refund"), ("POST", "/escrow/create"), ("POST", "/escrow/x/release"),
        ("POST", "/escrow/x/refund"),
    ]

    @Test("Every route wants a token of the tenant, with the version and without", arguments: routes)
    func tenants(method: String, path: String) throws {
        let world = try GatewayWorld()
        let foreign = ["Authorization: Bearer " + (try world.token(role: "service", tenant: "jeco"))]
        for base in [Self.base, "/t/trusttrade"] {
            #expect(try world.ask(method, base + path, body: "{}").status == 401)
            #expect(try world.ask(method, base + path, foreign, body: "{}").status == 403)
        }
        #expect(
            try world.ask(method, "/t/jeco" + path, foreign, body: "{}").status == 404, "the façade is one tenant's")
        #expect(world.store.records.isEmpty)
    }

    @Test("The tenant's own host name needs no prefix; the server's own routes stay")
    func host() throws {
        let world = try GatewayWorld { $0.tenantHosts = ["h": "trusttrade"] }
        let token = ["Authorization: Bearer " + (try world.token(tenant: "trusttrade"))]
        for path in ["/v1/payments/create", "/payments/create"] {
            #expect(try world.ask("POST", path, token, body: Self.order).status == 201)
        }
        #expect(try world.ask("GET", "/v1/transactions", token).status == 200)
        #expect(try world.ask("GET", "/v1/sessions/payment/none", token).status == 404)
    }

    @Test("The webhook is the same as the gateways' own path, and needs its signature")
    func webhook() throws {
        let gateway = try #require(
            PayMongo(
                PayMongo.Configuration(
                    webhookSecret: Secret("whsk_test"), secretKey: Secret("sk_test"), isLive: false)))
        let world = try GatewayWorld(merchants: ["trusttrade": MerchantAccounts(payMongo: gateway)])
        for path in [
            "/t/trusttrade/payments/webhook", Self.base + "/payments/webhook", "/t/trusttrade/webhooks/paymongo",
        ] {
            let answer = try world.ask("POST", path, body: #"{"data":{}}"#)
            #expect(answer.status == 401, "without a signature")
        }
        #expect(try world.ask("POST", "/t/jeco/payments/webhook", body: "{}").status == 404)
    }
}
