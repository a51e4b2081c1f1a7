import Domain
import JSON
import PaymentGateways
import Ports
import Primitives
import TestSupport
import Testing

@testable import Gateway

@Suite("JECO's wallet")
struct WalletFacadeTests {
    private static let path = "/t/jeco/api/v1/wallet/topup"

    private func world(_ configure: (inout GatewayConfiguration) -> Void = { _ in }) throws -> GatewayWorld {
        var merchant = MerchantAccounts()
        merchant.promptPay = MerchantAccounts.PromptPayAccount(id: "0812345678", name: "JECO")
        return try GatewayWorld(configure, merchants: ["jeco": merchant])
    }

    private func topUp(
        _ world: GatewayWorld, _ body: String, path: String = path, fields: [String] = [], tenant: String = "jeco"
    ) throws -> (status: Int, body: JSONValue) {
        let token = try world.token(tenant: tenant)
        let answer = try world.ask("POST", path, ["Authorization: Bearer " + token] + fields, body: body)
        let json = try JSONParser.parse(answer.body)
        let schema = answer.status == 200 ? "jeco.topup" : "jeco.error"
        #expect(try JSONSchema.violations(of: json, schema + ".schema.json") == [])
        return (answer.status, json)
    }

    private func log(_ world: GatewayWorld, _ id: String) -> [String]? {
        world.store.records[SessionAddress(tenant: "jeco", kind: .payment, id: id)]?.log.map(\.name)
    }

    @Test("PromptPay: the document's answer, and a deposit that waits for its slip")
    func promptPay() throws {
        let world = try world()
        let (status, body) = try topUp(world, #"{"amount":2000,"method":"promptpay"}"#)
        #expect(status == 200)
        let data = try #require(body["data"])
        #expect(data["amount"] == .integer(2000) && data["fee"] == .integer(0) && data["method"]?.string == "promptpay")
        #expect(data["paymentUrl"] == nil)
        let id = try #require(data["transactionId"]?.string)
        let state = try world.ask(
            "GET", "/v1/sessions/payment/" + id, ["Authorization: Bearer " + world.token()])
        let facts = try #require(try JSONParser.parse(state.body)["state"])
        #expect(facts["purpose"]?.string == "deposit" && facts["payer"]?.string == "u_1")
        #expect(facts["amount"]?.string == "2000.00" && facts["payee"]?["promptpay"]?.string == "0812345678")
        #expect(facts["status"]?.string == "pending" && facts["expiresAt"] == data["expiresAt"])
        #expect(world.checkouts.orders.isEmpty, "a transfer needs no gateway")
    }

    @Test(
        "Amounts are what was written",
        arguments: [("345.5", 345.5), ("\"0.01\"", 0.01), ("9999999999.99", 9_999_999_999.99), ("12.00", 12.0)])
    func amounts(written: String, told: Double) throws {
        let (status, body) = try topUp(try world(), #"{"amount":\#(written),"method":"promptpay"}"#)
        #expect(status == 200)
        #expect(body["data"]?["amount"]?.double == told)
    }

    @Test("Card: the session first, then 2C2P's page")
    func card() throws {
        let world = try world()
        let (status, body) = try topUp(world, #"{"amount":"99.50","method":"card"}"#)
        #expect(status == 200)
        #expect(body["data"]?["paymentUrl"]?.string == "https://pay.example/1" && body["data"]?["qrCode"] == nil)
        let order = try #require(world.checkouts.orders.first)
        #expect(order.gateway == .twoC2P && order.amount == Money(decimal: "99.50", .baht))
        #expect(order.address.id == body["data"]?["transactionId"]?.string)
    }

    @Test(
        "A page that does not come leaves a pending payment, and the same key asks for it again",
        arguments: [
            (CheckoutAnswer.unavailable, 502, 2500), (.busy, 503, 2002), (.refused(code: "9015"), 422, 2502),
            (.unconfigured, 501, 2203),
        ] as [(CheckoutAnswer, Int, Int64)])
    func noPage(answer: CheckoutAnswer, status: Int, code: Int64) throws {
        let world = try world()
        world.checkouts.answer = answer
        let body = #"{"amount":100,"method":"card"}"#
        let refused = try topUp(world, body, fields: ["Idempotency-Key: k1"])
        #expect(refused.status == status && refused.body["error"]?["code"]?.integer == code)
        let id = try #require(world.checkouts.orders.first?.address.id)
        #expect(log(world, id) != nil, "the payment is there")
        world.checkouts.answer = .page(url: "https://pay.example/2")
        let again = try topUp(world, body, fields: ["Idempotency-Key: k1"])
        #expect(again.status == 200 && again.body["data"]?["transactionId"]?.string == id)
        #expect(try topUp(world, body).body["data"]?["transactionId"]?.string != id, "without the key it is another")
        let other = try topUp(world, #"{"amount":101,"method":"card"}"#, fields: ["Idempotency-Key: k1"])
        #expect(other.status == 422 && other.body["error"]?["code"]?.integer == 2402)
    }

    @Test(
        "Every field that is not valid is told, in the document's form",
        arguments: [
            ("{}", [["amount", "REQUIRED"], ["method", "REQUIRED"]]),
            (#"{"amount":0,"method":"card"}"#, [["amount", "OUT_OF_RANGE"]]),
            (#"{"amount":-1,"method":"card"}"#, [["amount", "INVALID_FORMAT"]]),
            (#"{"amount":1.005,"method":"card"}"#, [["amount", "INVALID_FORMAT"]]),
            (#"{"amount":1e3,"method":"card"}"#, [["amount", "INVALID_FORMAT"]]),
            (#"{"amount":true,"method":"card"}"#, [["amount", "INVALID_FORMAT"]]),
            (#"{"amount":10000000000,"method":"promptpay"}"#, [["amount", "OUT_OF_RANGE"]]),
            (#"{"amount":1,"method":"cash"}"#, [["method", "INVALID_VALUE"]]),
            (#"{"amount":1,"method":7}"#, [["method", "INVALID_VALUE"]]),
            (#"{"amount":null,"method":null}"#, [["amount", "REQUIRED"], ["method", "REQUIRED"]]),
        ])
    func violations(body: String, expected: [[String]]) throws {
        let world = try world()
        let refused = try topUp(world, body)
        #expect(refused.status == 400)
        let error = try #require(refused.body["error"])
        #expect(error["type"]?.string == "https://api.jeco.co.th/errors/validation")
        #expect(error["title"]?.string == "Validation Error" && error["instance"]?.string == Self.path)
        let errors = try #require(error["errors"]?.array)
        #expect(errors.map { [$0["field"]?.string ?? "", $0["code"]?.string ?? ""] } == expected)
        #expect(world.store.records.isEmpty, "nothing was made")
    }

    @Test("What is no object of JSON is malformed", arguments: ["", "x", "[1]", #"{"amount":1"#])
    func malformed(body: String) throws {
        let refused = try topUp(try world(), body)
        #expect(refused.status == 400 && refused.body["error"]?["code"]?.integer == 2200)
    }

    @Test("Other tenants are refused, whose path or whose token it is")
    func tenants() throws {
        let world = try world()
        let body = #"{"amount":100,"method":"promptpay"}"#
        #expect(try topUp(world, body, tenant: "trusttrade").status == 403)
        let token = try world.token(tenant: "trusttrade")
        let answer = try world.ask(
            "POST", "/t/trusttrade/api/v1/wallet/topup", ["Authorization: Bearer " + token], body: body)
        #expect(answer.status == 404)
        #expect(try world.ask("POST", Self.path, body: body).status == 401)
        #expect(world.store.records.isEmpty)
    }

    @Test("The tenant's own host name needs no prefix")
    func host() throws {
        let world = try world { $0.tenantHosts = ["h": "jeco"] }
        let body = #"{"amount":100,"method":"promptpay"}"#
        let token = try world.token()
        let answer = try world.ask("POST", "/api/v1/wallet/topup", ["Authorization: Bearer " + token], body: body)
        #expect(answer.status == 200)
    }

    @Test("Without a PromptPay id the tenant has no such top-up")
    func noAccount() throws {
        let refused = try topUp(try GatewayWorld(), #"{"amount":100,"method":"promptpay"}"#)
        #expect(refused.status == 501)
    }
}
