import Domain
import HTTP1
import JSON
import Ports
import Primitives
import Reactor
import TestSupport
import Testing
import Transport

@testable import Gateway

/// BaanFoodie's routes (the platform's document, §3.6, §3.7, §11), with services that answer what a test says.
@Suite("BaanFoodie's routes")
struct FoodieRouteTests {
    private let world: GatewayWorld
    private static let base = "/t/baanfoodie/api"

    init() throws {
        world = try GatewayWorld { $0.enforcesRates = false }
        world.payments.script.qr = .slip(try #require(SlipServiceWorld.reference), payload: "0041")
        let branch: JSONValue = ["company_id": 3, "name": "สาขาสยาม", "payment_id": "0812345678"]
        let cart: JSONValue = ["branchId": 12, "items": [1], "customerLocation": ["lat": 13.7, "lng": 100.5]]
        #expect(try ask("PUT", "/branches/12", branch, role: "service").code == "OK")
        #expect(try ask("PUT", "/users/u_1/cart", cart, role: "service").code == "OK")
    }

    private struct Answer {
        let raw: TestAnswer
        let json: JSONValue

        init(_ raw: TestAnswer) throws {
            self.raw = raw
            json = try JSONParser.parse(raw.body)
        }

        var status: Int { raw.status }
        var code: String { json["code"]?.string ?? "" }
        var body: JSONValue { json["body"] ?? .null }
        var text: String { String(decoding: raw.body, as: UTF8.self) }
    }

    private func ask(
        _ method: String, _ path: String, _ body: JSONValue? = nil, role: String = "customer",
        tenant: String = "baanfoodie", fields: [String] = []
    ) throws -> Answer {
        try ask(method, Self.base + path, body?.bytes ?? [], ["Authorization: Bearer \(token(role, tenant))"] + fields)
    }

    private func ask(_ method: String, _ path: String, _ body: [UInt8], _ fields: [String]) throws -> Answer {
        try Answer(world.ask(method, path, fields, body: body))
    }

    private func token(_ role: String = "customer", _ tenant: String = "baanfoodie") throws -> String {
        try world.token(role: role, tenant: tenant)
    }

    private static func order(_ change: (inout JSONObject) -> Void = { _ in }) -> JSONValue {
        var order: JSONObject = [
            "companyId": 3, "branchId": 12, "txnType": "payment", "methodId": 1, "amount": "345.25",
        ]
        change(&order)
        return .object(order)
    }

    private func create(_ change: (inout JSONObject) -> Void = { _ in }) throws -> Answer {
        try ask("POST", "/transaction/create", Self.order(change))
    }

    private func show(_ txn: JSONValue = 981) throws -> Answer {
        try ask("POST", "/payment/slipok", ["txnId": txn, "payload": "0041"])
    }

    private static func holds(_ answer: Answer, _ schema: String) throws -> Bool {
        let violations = try JSONSchema.violations(of: answer.json, "foodie.\(schema).schema.json", isClosed: true)
        for violation in violations { Issue.record("\(violation)") }
        return violations.isEmpty
    }

    // MARK: Who, and how

    private static let routes: [(method: String, path: String)] = [
        ("GET", "/transaction/method"), ("POST", "/transaction/create"), ("GET", "/transaction/981"),
        ("GET", "/transaction/details"), ("GET", "/transaction/list"), ("POST", "/payment"), ("POST", "/payment/index"),
        ("POST", "/qr/generate"), ("PUT", "/branches/12"), ("PUT", "/users/u_1/cart"),
    ]

    @Test("Each route needs a token of its own tenant, and no other tenant has it")
    func rights() throws {
        for (method, path) in Self.routes {
            let nobody = try ask(method, Self.base + path, [], [])
            #expect(nobody.status == 401 && nobody.code == "UNAUTHORIZED" && nobody.body.isNull, "\(path)")
            #expect(nobody.raw["WWW-Authenticate"] != nil)
            let other = try ask(method, path, tenant: "jeco")
            #expect(other.status == 403 && other.code == "FORBIDDEN", "\(path)")
            #expect(try ask(method, "/t/jeco/api" + path, [], ["Authorization: Bearer \(token())"]).status == 404)
        }
        #expect(try ask("PUT", "/branches/12", [:]).code == "FORBIDDEN")
        #expect(try ask("PUT", "/users/u_1/cart", [:], role: "admin").code == "FORBIDDEN")
    }

    @Test("A method that a path does not have is refused in the envelope")
    func wrongMethods() throws {
        for (method, path) in Self.routes {
            let answer = try ask(method == "GET" ? "DELETE" : "GET", path)
            #expect(answer.status == 405 && answer.code == "METHOD_NOT_ALLOWED", "\(path)")
            #expect(answer.raw["Allow"]?.contains(method) == true)
            #expect(try ask("DELETE", "/t/jeco/api" + path, [], []).status == 404)
        }
    }

    @Test("A store that does not answer is 500, and nothing is made")
    func storeFailure() throws {
        world.facts.failure = .unavailable
        for answer in [try create(), try ask("PUT", "/users/u_1/cart", ["branchId": 1, "items": []], role: "service")] {
            #expect(answer.status == 500 && answer.code == "INTERNAL_ERROR" && answer.raw["Retry-After"] == "1")
        }
        world.paymentRows.failure = .unavailable
        #expect(try ask("GET", "/transaction/list").code == "INTERNAL_ERROR")
        world.facts.failure = nil
        #expect(try create { $0["methodId"] = 2 }.code == "INTERNAL_ERROR")
        #expect(try ask("GET", "/transaction/981").code == "NOT_FOUND")
    }

    // MARK: Transactions

    @Test("A transaction is a payment's session with a number, and its row is exact")
    func row() throws {
        let made = try create { $0["expiresInSec"] = 60 }
        #expect(made.status == 200)
        #expect(try Self.holds(made, "transaction-answer"))
        #expect(made.text.contains(#""id":981,"company_id":3,"branch_id":12,"user_id":"u_1","txn_type":"payment","#))
        #expect(made.text.contains(#""amount":345.25,"adjust_amount":0,"status":"pending""#))
        let state = try Answer(
            world.ask("GET", "/v1/sessions/payment/981", ["Authorization: Bearer \(token())"])
        ).json["state"]
        #expect(state?["payee"]?["promptpay"]?.string == "0812345678" && state?["amount"]?.string == "345.25")
        #expect(state?["expiresInSeconds"]?.integer == 60 && state?["platform"]?["branchId"]?.integer == 12)
        #expect(try ask("GET", "/transaction/981").body == made.body)
        let details = try ask("GET", "/transaction/details?transactionId=981")
        #expect(try Self.holds(details, "details-answer"))
        #expect(details.body["transaction"] == made.body && details.body["displayStatus"]?.string == "PENDING")
        #expect(try create().body["id"]?.integer == 982)
    }

    @Test("A number that the platform has given to another payment is passed over, and not for ever")
    func takenNumbers() throws {
        for number in 981...984 {
            let facts: JSONValue = ["payer": "u_9", "amount": "1.00"]
            let bearer = "Authorization: Bearer " + (try token("service"))
            let made = try world.ask("PUT", "/v1/sessions/payment/\(number)", [bearer], body: facts.bytes)
            #expect(made.status == 201)
        }
        #expect(try create().code == "INTERNAL_ERROR")
        #expect(try create().body["id"]?.integer == 985)
    }

    @Test("A wallet that does not cover it is asked before anything is made, and has the last word after")
    func balance() throws {
        let short = try create { $0["methodId"] = 2 }
        #expect(short.status == 200 && short.code == "BALANCE_NOT_ENOUGH")
        #expect(try Self.holds(short, "refusal"))
        // The simulated ledger has no more than a deposit puts into it.
        let deposit = try create { $0["txnType"] = "deposit" }.body["id"] ?? .null
        world.payments.script.verification = try genuine()
        #expect(try show(deposit).code == "OK")
        world.paymentRows.balances["u_1"] = Money(hundredths: 34_525, .baht)
        let paid = try create { $0["methodId"] = 2 }
        #expect(paid.code == "OK" && paid.body["status"]?.string == "accepted", "\(paid.text)")
        #expect(paid.body["expired_at"]?.isNull == true)
        world.payments.script.balance = .short
        #expect(try create { $0["methodId"] = 2 }.code == "BALANCE_NOT_ENOUGH")
        #expect(
            try create {
                $0["methodId"] = 2; $0["txnType"] = "deposit"
            }.code == "INVALID_METHOD")
    }

    @Test("Lists have the history's page, with what was given with each")
    func list() throws {
        let at = world.time.wallClock
        func summary(_ id: String, _ status: String) throws -> PaymentSummary {
            PaymentSummary(
                id: id,
                row: PaymentRow(
                    payer: "u_1", purpose: "payment", method: "qr", amount: try #require(Money(hundredths: 50, .baht)),
                    status: status, reason: nil, refunded: .zero(.baht), escrow: nil, order: nil, way: nil, charge: nil,
                    transRef: nil, transferredAt: nil, expiresAt: at, createdAt: at, updatedAt: at))
        }
        _ = try create()
        world.paymentRows.history["u_1"] = [try summary("981", "expired"), try summary("p_1", "accepted")]
        let answer = try ask("GET", "/transaction/list")
        #expect(try Self.holds(answer, "list-answer"))
        #expect(answer.body["transactions"]?.array?.map { $0["branch_id"] } == [.integer(12), .null])
        let rejected = try ask("GET", "/transaction/list?status=rejected&page=1&size=1")
        #expect(rejected.body["pagination"] == ["page": 1, "size": 1, "total": 1])
        #expect(rejected.text.contains(#""amount":0.50,"#))
    }

    // MARK: Slips

    private func genuine(satang: Int64 = 34_525, receiver: String = "xxx-xxx-5678") throws -> VerifierAnswer {
        .genuine(
            SlipReport(
                bank: BankCode("014"), transRef: "015275120000AKR00001", amount: try #require(Satang(satang)),
                transferredAt: world.time.wallClock, sender: SlipParty(),
                receiver: SlipParty(proxy: receiver)))
    }

    @Test("What becomes of a slip is the answer's code, with 200")
    func outcomes() throws {
        _ = try create()
        for (answer, code) in [
            (try genuine(satang: 34_524), "AMOUNT_MISMATCH"),
            (try genuine(receiver: "xxx-xxx-9999"), "RECEIVER_MISMATCH"),
            (.bad(.notASlip), "SLIP_INVALID"), (.bad(.expired), "REJECTED"), (try genuine(), "OK"),
        ] as [(VerifierAnswer, String)] {
            world.payments.script.verification = answer
            let told = try show()
            #expect(told.status == 200 && told.code == code, "\(told.text)")
            #expect(try Self.holds(told, "slip-answer"))
        }
        #expect(try show().code == "DUPLICATE_SLIP")
        let other = try create().body["id"] ?? .null
        world.payments.script.holder = .taken
        #expect(try show(other).code == "DUPLICATE_SLIP")
        world.payments.script.holder = .free
        world.payments.script.claim = .taken(by: "payment/1/s_1")
        #expect(try show(other).code == "DUPLICATE_SLIP")
        #expect(try show(4711).code == "TRANSACTION_NOT_FOUND")
    }

    @Test("A slip that nobody can be asked about yet is pending, the same one shown again, too")
    func waiting() throws {
        _ = try create()
        world.payments.script.verification = .pending(after: nil)
        for _ in 0..<2 {
            let told = try show()
            #expect(told.code == "PENDING" && told.body["displayStatus"]?.string == "CHECKING")
        }
        #expect(world.payments.calls.count { if case .verify = $0 { true } else { false } } == 1)
    }

    @Test("After its time the answer says that the slip is still looked at")
    func timeout() throws {
        _ = try create()
        world.payments.script.verification = nil
        let client = try RawClient(port: world.listener.port)
        let body = #"{"txnId":981,"payload":"0041"}"#
        client.send(
            Array(
                ("POST \(Self.base)/payment/slipok HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                    + "Authorization: Bearer \(try token())\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)").utf8)
        )
        #expect(world.until([]) { world.payments.calls.contains { if case .verify = $0 { true } else { false } } })
        world.settle()
        client.poll()
        #expect(client.received.isEmpty)
        world.advance(world.configuration.outcomeTimeout)
        for _ in 0..<4_000 where !client.isOver {
            client.poll()
            world.enter { world.loop.turn(waitingAtMost: .milliseconds(1)) }
        }
        #expect(try Answer(TestAnswer(client.received)).code == "PENDING")
    }

    @Test("SlipOK shows the secret, in a field or in the body; who shows a wrong one learns nothing")
    func secret() throws {
        _ = try create()
        let secret = GatewayWorld.slipSecret.reveal()
        let notice: JSONValue = ["txnId": 981, "data": ["qrcodeData": "0041"]]
        let path = Self.base + "/payment/slipok"
        for fields in [[], ["x-authorization: wrong"], ["x-authorization: \(secret)", "x-authorization: \(secret)"]] {
            let answer = try ask("POST", path, notice.bytes, fields)
            #expect(answer.status == 401 && answer.code == "INVALID_SIGNATURE")
        }
        // Not even whether the body can be read.
        #expect(try ask("POST", path, Array("{".utf8), ["x-authorization: wrong"]).code == "INVALID_SIGNATURE")
        #expect(!world.payments.calls.contains(.read(.payload("0041"))))
        world.payments.script.verification = try genuine(satang: 1)
        #expect(try ask("POST", path, notice.bytes, ["x-authorization: \(secret)"]).code == "AMOUNT_MISMATCH")
        let inside: JSONValue = ["txnId": "981", "payload": "0041", "token": .string(secret)]
        world.payments.script.verification = try genuine()
        #expect(try ask("POST", path, inside.bytes, []).code == "OK")
    }

    @Test("A page uploads the picture; what is none, or for another's transaction, is not held")
    func pictures() throws {
        _ = try create()
        func upload(_ picture: [UInt8], _ txn: String = "981", subject: String = "u_1") throws -> Answer {
            let form = SlipServiceWorld.form([("txnId", Array(txn.utf8)), ("file", picture)])
            let token = try world.token(subject: subject, tenant: "baanfoodie")
            return try ask(
                "POST", Self.base + "/payment/slipok", form,
                ["Authorization: Bearer " + token, "Content-Type: multipart/form-data; boundary=B"])
        }
        world.payments.script.verification = try genuine()
        #expect(try upload([1, 2, 3]).code == "BAD_REQUEST")
        #expect(try upload(SlipServiceWorld.png, subject: "u_2").code == "TRANSACTION_NOT_FOUND")
        #expect(try upload(SlipServiceWorld.png, "4711").code == "TRANSACTION_NOT_FOUND")
        #expect(world.payments.calls.isEmpty)
        #expect(try upload(SlipServiceWorld.png).code == "OK")
    }

    // MARK: Codes

    @Test("Each code of the document's §11 comes with its status")
    func statuses() {
        let others: [FoodieCode: Int] = [
            .badRequest: 400, .unauthorized: 401, .invalidSignature: 401, .forbidden: 403, .notFound: 404,
            .methodNotAllowed: 405, .tooManyRequests: 429, .internalError: 500, .unavailable: 503,
        ]
        for code in FoodieCode.allCases {
            #expect(code.status.code == others[code] ?? 200)
            #expect(!code.message.isEmpty)
        }
        for refusal in CheckoutRefusal.allCases { #expect(FoodieRefusal(refusal).code.rawValue == refusal.rawValue) }
        for rejection in SlipRejection.allCases { #expect(FoodieCode(rawValue: rejection.rawValue) != nil) }
    }
}
