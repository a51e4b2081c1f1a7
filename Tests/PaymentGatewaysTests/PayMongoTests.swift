import HTTPClient
import JSON
import Primitives
import TestSupport
import Testing

@testable import PaymentGateways

@Suite("PayMongo")
struct PayMongoTests {
    private let body = Array(Samples.payMongoBody.utf8)

    private func refused(
        _ body: [UInt8]? = nil, _ fields: [String] = [Samples.payMongoField], at now: Timestamp = Samples.now,
        by gateway: PayMongo? = nil
    ) throws -> WebhookRefusal? {
        let gateway = try gateway ?? Samples.payMongo()
        return refusal { () throws(WebhookRefusal) in
            try gateway.notice(body: body ?? self.body, signatures: fields, at: now)
        }
    }

    private func notice(_ text: String, isLive: Bool = false) throws -> GatewayNotice {
        let gateway = try Samples.payMongo(isLive: isLive)
        let body = Array(text.utf8)
        let field = gateway.signatureValue(for: body, seconds: 1_795_230_002)
        return try gateway.notice(body: body, signatures: [field], at: Samples.now)
    }

    /// The sample with some text of it replaced, signed.
    private func notice(_ old: String, _ new: String) throws -> GatewayNotice {
        #expect(Samples.payMongoBody.contains(old))
        return try notice(Samples.payMongoBody.replacing(old, with: new))
    }

    private func report(_ old: String, _ new: String) throws -> ChargeReport {
        try #require(try notice(old, new).report)
    }

    /// An event of the test mode.
    private func event(_ type: String, _ resource: String) -> String {
        #"{"data":{"id":"evt_1","type":"event","attributes":{"type":"\#(type)","livemode":false,"data":\#(resource)}}}"#
    }

    @Test("The documented event, byte for byte")
    func sample() throws {
        let gateway = try Samples.payMongo()
        #expect(body.count == 546)
        let notice = try gateway.notice(body: body, signatures: [Samples.payMongoField], at: Samples.now)
        let report = ChargeReport(
            gateway: .paymongo, charge: "pay_Zk3Lq9XwB7tN2dHf", payment: "1001", state: .paid,
            amount: try Samples.pesos(79_900), paidAt: Timestamp(seconds: 1_795_230_000), method: "gcash")
        #expect(notice == GatewayNotice(event: "evt_8Yb2mQvT1nRk5sWc", subject: .charge(report)))
        #expect(gateway.signatureValue(for: body, seconds: 1_795_230_002) == Samples.payMongoField)
    }

    @Test("The signature is the one of the configured mode, wherever it stands")
    func fields() throws {
        let code = Samples.payMongoCode
        for field in [
            "t=1795230002,te=\(code)", "li=,te=\(code),t=1795230002", "te=\(code), t=1795230002 ,v9=x",
            "t=1795230002,te=\(code),li=\(String(repeating: "0", count: 64))",
        ] { #expect(try refused(nil, [field]) == nil, "\(field)") }
        #expect(try refused(nil, []) == .missingSignature)
        for field in [
            "t=1795230002,te=,li=\(code)", "t=1795230002,te=,li=", "t=1795230002", "t=1795230002,li=\(code)",
            "t=1795230002,TE=\(code)",
        ] { #expect(try refused(nil, [field]) == .missingSignature, "\(field)") }
        let live = try Samples.payMongo(isLive: true)
        // In production, what was signed for the test mode is nothing, even with the same secret.
        #expect(try refused(by: live) == .missingSignature)
        #expect(try refused(nil, ["t=1795230002,te=\(code),li=\(code)"], by: live) == .wrongMode)
        #expect(try refused(nil, ["t=1795230002,li=\(code)"], by: live) == .wrongMode)
        for field in [
            "t=1795230002,te=\(code),te=\(code)", "t=1,t=1795230002,te=\(code)", "t=1795230002,te", "\(code)", ",x,",
            String(repeating: "a", count: 1_025),
        ] { #expect(try refused(nil, [field]) == .malformed("signature"), "\(field)") }
        #expect(try refused(nil, [Samples.payMongoField, Samples.payMongoField]) == .malformed("signature"))
        for field in ["te=\(code)", "t=,te=\(code)", "t=now,te=\(code)", "t=-1,te=\(code)", "T=1795230002,te=\(code)"] {
            #expect(try refused(nil, [field]) == .malformed("timestamp"), "\(field)")
        }
        #expect(try refused(nil, ["t=1795230003,te=\(code)"]) == .badSignature)
        #expect(try refused(nil, ["t=1795230002,te=\(code.uppercased())"]) == .badSignature)
        #expect(try refused(nil, ["t=1795230002,te=\(code)="]) == .badSignature)
        #expect(try refused(Array((Samples.payMongoBody + " ").utf8)) == .badSignature)
        #expect(try refused(by: try Samples.payMongo(secret: "whsk_other")) == .badSignature)
        #expect(try refused(Array(repeating: 0x20, count: 256 * 1024 + 1)) == .malformed("body"))
        #expect(PayMongo(.init(webhookSecret: Secret(""), secretKey: Secret("k"), isLive: true)) == nil)
        #expect(PayMongo(.init(webhookSecret: Secret("s"), secretKey: Secret(""), isLive: true)) == nil)
    }

    @Test("Five minutes either way, and not a second more")
    func time() throws {
        for seconds in [-300, 0, 300] as [Int64] {
            #expect(try refused(at: Timestamp(seconds: 1_795_230_002 + seconds)) == nil)
        }
        for seconds in [-301, 301, 1_000_000, -1_795_230_002] as [Int64] {
            #expect(try refused(at: Timestamp(seconds: 1_795_230_002 + seconds)) == .stale)
        }
    }

    @Test("No changed byte of body, signature or time passes")
    func everyByte() throws {
        for index in body.indices {
            for change in [1, 0x20, 0x80] as [UInt8] {
                var changed = body
                changed[index] ^= change
                #expect(try refused(changed) == .badSignature, "byte \(index)")
            }
        }
        // Behind it only the empty signature of the other mode follows, which nobody looks at.
        let end = Samples.payMongoField.utf8.count - ",li=".utf8.count
        for index in 0..<end {
            for change in [1, 0x20, 0x10] as [UInt8] {
                var changed = Array(Samples.payMongoField.utf8)
                changed[index] ^= change
                let field = String(decoding: changed, as: UTF8.self)
                #expect(try refused(nil, [field]) != nil, "\(field)")
            }
        }
    }

    @Test("An event of the other mode, and those of no interest; broken ones are refused")
    func events() throws {
        let live = Samples.payMongoBody.replacing(#""livemode":false"#, with: #""livemode":true"#)
        #expect(throws: WebhookRefusal.wrongMode) { try notice(live) }
        #expect(try notice(live, isLive: true).report?.state == .paid)
        #expect(throws: WebhookRefusal.wrongMode) { try notice(Samples.payMongoBody, isLive: true) }
        for type in ["source.chargeable", "qr.paid", "payment_intent.succeeded", "dispute.created", "x"] {
            #expect(try notice(#""payment.paid""#, #""\#(type)""#).subject == .other(type: type))
        }
        let broken: [(String, String, String)] = [
            (#""payment.paid""#, #""payment paid""#, "type"), (#""payment.paid""#, "null", "type"),
            (#""payment.paid""#, #""\#(String(repeating: "x", count: 65))""#, "type"),
            (#""evt_8Yb2mQvT1nRk5sWc""#, #""""#, "id"), (#""evt_8Yb2mQvT1nRk5sWc""#, "7", "id"),
            (#""type":"event""#, #""type":"payment""#, "body"),
            (#""livemode":false"#, #""livemode":"false""#, "livemode"),
            (#""pay_Zk3Lq9XwB7tN2dHf""#, "null", "data"), (#""type":"payment""#, #""type":"refund""#, "data"),
            (#""payment.paid""#, #""checkout_session.payment.paid""#, "data"),
            (#""previous_data""#, #""id":1,"id""#, "body"), ("}", "", "body"),
        ]
        for (old, new, name) in broken {
            #expect(throws: WebhookRefusal.malformed(name), "\(new)") { try notice(old, new) }
        }
        #expect(throws: WebhookRefusal.malformed("body")) { try notice("[]") }
        // Another envelope, which somebody says to have seen.
        #expect(throws: WebhookRefusal.malformed("body")) {
            try notice(#"{"event_type":"send.webhook","data":{"type":"payment.paid","livemode":false,"data":{}}}"#)
        }
    }

    @Test("What a payment says")
    func payments() throws {
        let status = #""status":"paid""#
        func refunds(_ list: String) -> String { #""status":"paid","refunds":\#(list)"# }
        let states: [(String, ChargeReport.State)] = [
            (#""status":"pending""#, .pending), (#""status":"failed""#, .failed), (#""status":"refunded""#, .refunded),
            (#""status":"succeeded""#, .unknown), (#""status":1"#, .unknown), (#""x":"paid""#, .unknown),
            (refunds("[]"), .paid), (refunds("null"), .paid), (refunds("{}"), .unknown),
            (
                refunds(#"[{"id":"ref_1","type":"refund","attributes":{"amount":79900,"status":"succeeded"}}]"#),
                .refunded
            ),
            (refunds(#"[{"attributes":{"amount":79900,"status":"failed"}}]"#), .paid),
            // On its way: nobody is to give it once more.
            (refunds(#"[{"attributes":{"amount":79900,"status":"pending"}}]"#), .refunded),
            (refunds(#"[{"attributes":{"amount":"79900","status":"succeeded"}}]"#), .unknown),
            (refunds(#"[1]"#), .unknown),
            (refunds("[\(Array(repeating: #"{"status":"failed"}"#, count: 100).joined(separator: ","))]"), .paid),
            (refunds("[\(Array(repeating: #"{"status":"failed"}"#, count: 101).joined(separator: ","))]"), .unknown),
        ]
        for (text, state) in states { #expect(try report(status, text).state == state, "\(text)") }
        let part = try report(status, refunds(#"[{"amount":100},{"attributes":{"amount":250,"status":"succeeded"}}]"#))
        #expect(part.refunded == (try Samples.pesos(350)) && part.state == .paid)
        let failed = try notice(
            Samples.payMongoBody.replacing("payment.paid", with: "payment.failed").replacing(
                status, with: #""status":"failed","failed_code":"card_declined""#))
        #expect(failed.report?.state == .failed && failed.report?.code == "card_declined")
        #expect(try report("1795230000", "null").paidAt == nil)
        #expect(try report("1795230000", "-1").paidAt == nil && report("1795230000", "1.5").paidAt == nil)
        #expect(try report("1795230000", "99999999999999").paidAt == nil)
        #expect(try report(#""type":"gcash""#, #""type":7"#).method == nil)
    }

    @Test(
        "What is no amount of ours is never paid",
        arguments: [
            (#""amount":79900"#, #""amount":"79900""#), (#""amount":79900"#, #""amount":799.00"#),
            (#""amount":79900"#, #""amount":-79900"#), (#""amount":79900"#, #""amount":null"#),
            (#""PHP""#, #""USD""#), (#""PHP""#, "null"), (#""PHP""#, #""PHPX""#),
        ])
    func noAmounts(_ old: String, _ new: String) throws {
        let report = try report(old, new)
        #expect(report.amount == nil && report.state == .unknown)
    }

    @Test("Our id of the payment")
    func ids() throws {
        let metadata = #""metadata":{"order_id":"1001"}"#
        #expect(try report(metadata, #""metadata":{"order_id":"1001","payment_id":"p-7"}"#).payment == "p-7")
        #expect(try report(metadata, #""metadata":null"#).payment == nil)
        let both = #""external_reference_number":null,"fee":1998,"net_amount":77902,"livemode":false,"# + metadata
        #expect(try report(both, #""external_reference_number":"r-1""#).payment == "r-1")
    }

    @Test("A refunded payment, or the refund itself")
    func refundEvents() throws {
        let payment =
            #"{"id":"pay_1","type":"payment","attributes":{"amount":79900,"currency":"PHP","status":"paid","refunds":[{"id":"ref_1","type":"refund","attributes":{"amount":900,"status":"succeeded"}}]}}"#
        let expected = ChargeReport(
            gateway: .paymongo, charge: "pay_1", payment: nil, state: .paid, amount: try Samples.pesos(79_900),
            refunded: try Samples.pesos(900))
        #expect(try notice(event("payment.refunded", payment)).subject == .refund(expected))
        let refund =
            #"{"id":"ref_1","type":"refund","attributes":{"amount":900,"currency":"PHP","payment_id":"pay_1","status":"succeeded","metadata":{"payment_id":"p-7"}}}"#
        let report = ChargeReport(
            gateway: .paymongo, charge: "pay_1", payment: "p-7", state: .unknown, amount: nil,
            refunded: try Samples.pesos(900))
        #expect(try notice(event("payment.refunded", refund)).subject == .refund(report))
        #expect(
            try notice(event("payment.refunded", refund.replacing("succeeded", with: "failed"))).report?.refunded == nil
        )
        #expect(throws: WebhookRefusal.malformed("data")) { try notice(event("payment.refunded", "{}")) }
    }

    @Test("A checkout session is the payment that it led to")
    func sessions() throws {
        func session(_ payments: String, _ others: String = #""metadata":{"payment_id":"p-7"}"#) throws -> ChargeReport
        {
            let text =
                #"{"id":"cs_1","type":"checkout_session","attributes":{"reference_number":"r-1",\#(others),"payment_intent":{"id":"pi_1","attributes":{"amount":79900,"status":"succeeded"}},"payments":\#(payments)}}"#
            return try #require(try notice(event("checkout_session.payment.paid", text)).report)
        }
        let paid =
            #"{"id":"pay_1","attributes":{"amount":79900,"currency":"PHP","fee":1998,"net_amount":77902,"status":"paid","source":{"id":"src_1","type":"gcash"}}}"#
        let failed = paid.replacing(#""paid""#, with: #""failed""#).replacing("pay_1", with: "pay_0")
        let expected = ChargeReport(
            gateway: .paymongo, charge: "pay_1", payment: "p-7", state: .paid, amount: try Samples.pesos(79_900),
            method: "gcash")
        #expect(try session("[\(paid)]") == expected)
        #expect(try session("[\(failed),\(paid)]") == expected)
        #expect(try session("[\(paid)]", #""metadata":null"#).payment == "r-1")
        let none = ChargeReport(gateway: .paymongo, charge: "cs_1", payment: "p-7", state: .pending, amount: nil)
        #expect(try session("[]") == none && session("null") == none && session("[\(failed)]") == none)
        #expect(try session("[]", #""metadata":{},"status":"expired""#).state == .expired)
        #expect(try session("[\(paid.replacing("79900", with: "799.00"))]").state == .unknown)
        let many = Array(repeating: failed, count: 50).joined(separator: ",")
        #expect(try session("[\(many),\(paid)]").state == .pending)
    }

    // MARK: Calls

    private let key = "Basic c2tfMTo="

    private func failed(_ status: Int, _ body: String) throws -> GatewayFailure? {
        let gateway = try Samples.payMongo()
        return failure { () throws(GatewayFailure) in
            try gateway.report(Samples.response(status, body), charge: "pay_1")
        }
    }

    @Test("A payment is asked for, and only its own answer counts")
    func payment() throws {
        let gateway = try Samples.payMongo()
        let request = gateway.payment("pay_1")
        #expect(request.method == .get && request.url == "https://api.paymongo.com/v1/payments/pay_1")
        #expect(request.headers.map(\.value) == [key] && request.body.isEmpty)
        #expect(gateway.payment("../x").url == "https://api.paymongo.com/v1/payments/%2E%2E%2Fx")
        let payment =
            #"{"data":{"id":"pay_1","type":"payment","attributes":{"amount":79900,"currency":"PHP","status":"paid","paid_at":1795230000,"metadata":{"payment_id":"p-7"},"source":{"type":"gcash"}}}}"#
        #expect(
            try gateway.report(Samples.response(200, payment), charge: "pay_1")
                == ChargeReport(
                    gateway: .paymongo, charge: "pay_1", payment: "p-7", state: .paid,
                    amount: try Samples.pesos(79_900), paidAt: Timestamp(seconds: 1_795_230_000), method: "gcash"))
        #expect(try failed(200, payment.replacing("pay_1", with: "pay_2")) == .unclear)
        #expect(try failed(200, payment.replacing(#""type":"payment""#, with: #""type":"refund""#)) == .unclear)
        #expect(try failed(500, payment) == .outage && failed(301, payment) == .unclear)
        for text in ["", "[]", "{}", #"{"data":[]}"#, "<html>", payment + String(repeating: " ", count: 256 * 1024)] {
            #expect(try failed(200, text) == .unclear)
        }
        #expect(try failed(404, #"{"errors":[{"code":"resource_not_found"}]}"#) == .notFound)
        #expect(try failed(401, #"{"errors":[{"code":"api_key_invalid"}]}"#) == .unauthorized)
        #expect(
            try failed(400, #"{"errors":[{"code":"parameter_invalid","detail":"x"}]}"#)
                == .refused(code: "parameter_invalid"))
        #expect(try failed(400, #"{"errors":[]}"#) == .refused(code: nil) && failed(429, "") == .rateLimited)
    }

    @Test("A page to pay on is asked for in exactly these bytes")
    func checkout() throws {
        let gateway = try Samples.payMongo()
        var order = try #require(
            PayMongo.Checkout(
                payment: "p-7",
                items: [
                    .init(name: "Order \"1001\"", amount: try Samples.pesos(70_000)),
                    .init(name: "Delivery", amount: try Samples.pesos(4_950), quantity: 2),
                ], methods: ["gcash", "card"]))
        #expect(order.total == (try Samples.pesos(79_900)))
        order.description = "Order 1001"
        order.successURL = "https://shop.example/thanks"
        order.cancelURL = "https://shop.example/cart"
        order.metadata = [("order_id", "1001"), ("payment_id", "forged")]
        let request = gateway.checkout(order)
        #expect(request.method == .post && request.url == "https://api.paymongo.com/v1/checkout_sessions")
        #expect(request.headers.map(\.name) == ["Authorization", "Content-Type"])
        #expect(request.headers.map(\.value) == [key, "application/json"] && request.needsFreshConnection)
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == #"{"data":{"attributes":{"line_items":[{"name":"Order \"1001\"","amount":70000,"currency":"PHP","quantity":1},{"name":"Delivery","amount":4950,"currency":"PHP","quantity":2}],"payment_method_types":["gcash","card"],"reference_number":"p-7","metadata":{"payment_id":"p-7","order_id":"1001"},"description":"Order 1001","success_url":"https://shop.example/thanks","cancel_url":"https://shop.example/cart"}}}"#
        )
        let answer =
            #"{"data":{"id":"cs_1","type":"checkout_session","attributes":{"checkout_url":"https://checkout.paymongo.com/cs_1_client_x#abc","status":"active","reference_number":"p-7","payments":[]}}}"#
        let page = try gateway.page(Samples.response(200, answer))
        #expect(page == CheckoutPage(id: "cs_1", url: "https://checkout.paymongo.com/cs_1_client_x#abc"))
        for (old, new) in [
            ("https:", "http:"), ("https:", "javascript:"), ("cs_1_client_x", "a b"), (#""id":"cs_1""#, #""id":"""#),
            ("checkout_session", "payment"), ("x#abc", String(repeating: "x", count: 2_048)),
        ] {
            let broken = Samples.response(200, answer.replacing(old, with: new))
            #expect(failure { () throws(GatewayFailure) in try gateway.page(broken) } == .unclear, "\(new)")
        }
    }

    @Test("Orders that cannot be are not made")
    func orders() throws {
        func order(
            _ count: Int = 1, amount: Int64 = 100, quantity: Int64 = 1, payment: String = "p",
            methods: [String] = ["card"]
        ) throws -> PayMongo.Checkout? {
            let item = PayMongo.LineItem(name: "n", amount: try Samples.pesos(amount), quantity: quantity)
            return PayMongo.Checkout(payment: payment, items: Array(repeating: item, count: count), methods: methods)
        }
        #expect(try order(100)?.total == Samples.pesos(10_000) && order(101) == nil && order(0) == nil)
        #expect(try order(amount: 0) == nil && order(quantity: 0) == nil && order(quantity: -1) == nil)
        #expect(try order(quantity: 10_000) != nil && order(quantity: 10_001) == nil)
        #expect(try order(amount: Money.maxHundredths, quantity: 2) == nil)
        #expect(try order(amount: Money.maxHundredths, quantity: 10_000) == nil)
        #expect(try order(2, amount: Money.maxHundredths) == nil && order(amount: Money.maxHundredths) != nil)
        #expect(try order(payment: "") == nil && order(payment: "a b") == nil && order(methods: []) == nil)
        #expect(try order(payment: String(repeating: "p", count: 129)) == nil)
        let baht = PayMongo.LineItem(name: "n", amount: try Samples.baht(100))
        #expect(PayMongo.Checkout(payment: "p", items: [baht], methods: ["card"]) == nil)
    }

    @Test("What became of a checkout whose webhook did not come")
    func session() throws {
        let gateway = try Samples.payMongo()
        #expect(gateway.session("cs_1").url == "https://api.paymongo.com/v1/checkout_sessions/cs_1")
        let answer =
            #"{"data":{"id":"cs_1","type":"checkout_session","attributes":{"status":"active","reference_number":"p-7","payments":[]}}}"#
        func report(_ body: String, _ session: String = "cs_1") throws(GatewayFailure) -> ChargeReport {
            try gateway.report(Samples.response(200, body), session: session)
        }
        #expect(
            try report(answer)
                == ChargeReport(gateway: .paymongo, charge: "cs_1", payment: "p-7", state: .pending, amount: nil))
        #expect(try report(answer.replacing("active", with: "expired")).state == .expired)
        let paid =
            #"[{"id":"pay_1","type":"payment","attributes":{"amount":79900,"currency":"PHP","status":"paid"}}]"#
        let full = try report(answer.replacing("[]", with: paid))
        #expect(full.state == .paid && full.charge == "pay_1" && full.payment == "p-7")
        #expect(failure { () throws(GatewayFailure) in try report(answer, "cs_2") } == .unclear)
    }

    @Test("A refund, in exactly these bytes, and what is answered to it")
    func refund() throws {
        let gateway = try Samples.payMongo()
        let amount = try Samples.pesos(900)
        let request = gateway.refund(charge: "pay_1", amount: amount, reason: .requestedByCustomer, payment: "p-7")
        #expect(request.method == .post && request.url == "https://api.paymongo.com/v1/refunds")
        #expect(request.headers.map(\.value) == [key, "application/json"] && request.needsFreshConnection)
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == #"{"data":{"attributes":{"amount":900,"payment_id":"pay_1","reason":"requested_by_customer","metadata":{"payment_id":"p-7"}}}}"#
        )
        let answer =
            #"{"data":{"id":"ref_1","type":"refund","attributes":{"amount":900,"currency":"PHP","payment_id":"pay_1","status":"pending"}}}"#
        for (status, state) in [
            ("pending", .pending), ("processing", .pending), ("succeeded", .succeeded), ("failed", .failed),
            ("x", .unknown),
        ] as [(String, RefundReport.State)] {
            let response = Samples.response(200, answer.replacing("pending", with: status))
            #expect(
                try gateway.refund(response, charge: "pay_1")
                    == RefundReport(
                        gateway: .paymongo, refund: "ref_1", charge: "pay_1", state: state, amount: amount))
        }
        func failed(_ status: Int, _ body: String, _ charge: String = "pay_1") -> GatewayFailure? {
            failure { () throws(GatewayFailure) in
                try gateway.refund(Samples.response(status, body), charge: charge)
            }
        }
        #expect(failed(200, answer, "pay_2") == .unclear)
        #expect(failed(200, answer.replacing("ref_1", with: "")) == .unclear)
        #expect(
            failed(400, #"{"errors":[{"code":"refund_amount_exceeds"}]}"#) == .refused(code: "refund_amount_exceeds"))
    }
}
