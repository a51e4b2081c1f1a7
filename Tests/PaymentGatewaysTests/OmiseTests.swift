import HTTPClient
import JSON
import Primitives
import TestSupport
import Testing

@testable import PaymentGateways

@Suite("Omise")
struct OmiseTests {
    private let body = Array(Samples.omiseBody.utf8)

    private func refused(
        _ body: [UInt8]? = nil, _ signatures: [String] = [Samples.omiseSignature],
        _ timestamps: [String] = [Samples.omiseTime], at now: Timestamp = Samples.now, by gateway: Omise? = nil
    ) throws -> WebhookRefusal? {
        let gateway = try gateway ?? Samples.omise()
        return refusal { () throws(WebhookRefusal) in
            try gateway.notice(body: body ?? self.body, signatures: signatures, timestamps: timestamps, at: now)
        }
    }

    /// The sample with some text of it replaced, signed.
    private func notice(_ old: String, _ new: String, key: String = "skey_test_1") throws -> GatewayNotice {
        #expect(Samples.omiseBody.contains(old))
        let gateway = try Samples.omise(key: key)
        let body = Array(Samples.omiseBody.replacing(old, with: new).utf8)
        return try gateway.notice(
            body: body, signatures: [gateway.signatureValue(for: body, seconds: 1_795_230_003)],
            timestamps: [Samples.omiseTime], at: Samples.now)
    }

    private func report(_ old: String, _ new: String) throws -> ChargeReport {
        try #require(try notice(old, new).report)
    }

    @Test("The documented event, byte for byte")
    func sample() throws {
        let gateway = try Samples.omise()
        #expect(body.count == 369)
        let notice = try gateway.notice(
            body: body, signatures: [Samples.omiseSignature], timestamps: [Samples.omiseTime], at: Samples.now)
        let report = ChargeReport(
            gateway: .omise, charge: "chrg_test_64ab12aa11bb22cc333", payment: "1001", state: .paid,
            amount: try Samples.baht(345_000))
        #expect(notice == GatewayNotice(event: "evnt_test_64ab12cd34ef56gh789", subject: .charge(report)))
        #expect(gateway.signatureValue(for: body, seconds: 1_795_230_003) == Samples.omiseSignature)
    }

    @Test("The key is what the secret decodes to; during a change of secrets any of the signatures counts")
    func keys() throws {
        let undecoded = "65c613f318b69906c37ba385186dfd3b8a4f544a35c71252b052cf5548ae1648"
        #expect(try refused(nil, [undecoded]) == .badSignature)
        let zeros = String(repeating: "0", count: 64)
        #expect(try refused(nil, ["\(zeros), \(Samples.omiseSignature)"]) == nil)
        #expect(try refused(nil, ["\(Samples.omiseSignature),\(zeros)"]) == nil)
        #expect(try refused(nil, [zeros, Samples.omiseSignature]) == nil)
        #expect(try refused(nil, ["junk,\t\(Samples.omiseSignature) ,"]) == nil)
        #expect(try refused(nil, ["\(zeros), \(zeros)"]) == .badSignature)
        let many = Array(repeating: "a", count: 8)
        #expect(try refused(nil, [(many.dropLast() + [Samples.omiseSignature]).joined(separator: ",")]) == nil)
        #expect(
            try refused(nil, [(many + [Samples.omiseSignature]).joined(separator: ",")]) == .malformed("signature"))
        #expect(try refused(nil, [String(repeating: "a", count: 1_025)]) == .malformed("signature"))
        #expect(Omise(.init(webhookSecret: Secret(""), secretKey: Secret("k"))) == nil)
        #expect(Omise(.init(webhookSecret: Secret("not base64"), secretKey: Secret("k"))) == nil)
        #expect(Omise(.init(webhookSecret: Secret("AAEC"), secretKey: Secret(""))) == nil)
        let other = try Samples.omise(secret: "AAEC")
        #expect(try refused(by: other) == .badSignature)
    }

    @Test("What is not signed is refused, and so is what is signed in other words")
    func fields() throws {
        #expect(try refused(nil, []) == .missingSignature)
        #expect(try refused(nil, [""]) == .missingSignature && refused(nil, [" , "]) == .missingSignature)
        #expect(try refused(nil, [Samples.omiseSignature], []) == .missingSignature)
        let twice = [Samples.omiseTime, Samples.omiseTime]
        #expect(try refused(nil, [Samples.omiseSignature], twice) == .malformed("timestamp"))
        for time in ["", " 1795230003", "1795230003.0", "+1795230003", "1e9", "1795230003000", "๑", "-1"] {
            #expect(try refused(nil, [Samples.omiseSignature], [time]) == .malformed("timestamp"), "\(time)")
        }
        #expect(try refused(nil, [Samples.omiseSignature], ["01795230003"]) == .badSignature)
        #expect(try refused(nil, [Samples.omiseSignature.uppercased()]) == .badSignature)
        #expect(try refused(nil, [String(Samples.omiseSignature.dropLast())]) == .badSignature)
        #expect(try refused(nil, [Samples.omiseSignature + "00"]) == .badSignature)
        #expect(try refused(Array((Samples.omiseBody + " ").utf8)) == .badSignature)
        #expect(try refused(Array(repeating: 0x20, count: 256 * 1024 + 1)) == .malformed("body"))
        #expect(try refused([]) == .badSignature)
    }

    @Test("Five minutes either way, and not a second more", arguments: [-300, -1, 0, 1, 300] as [Int64])
    func time(_ seconds: Int64) throws {
        #expect(try refused(at: Timestamp(seconds: 1_795_230_003 + seconds)) == nil)
        let beyond = seconds < 0 ? seconds - 300 : seconds + 301
        #expect(try refused(at: Timestamp(seconds: 1_795_230_003 + beyond)) == .stale)
        // A fraction of a second is none.
        #expect(try refused(at: Timestamp(microseconds: (1_795_230_003 + 300) * 1_000_000 + 999_999)) == nil)
        // Who cannot sign is not told about clocks.
        let zeros = String(repeating: "0", count: 64)
        #expect(try refused(nil, [zeros], at: Timestamp(seconds: 0)) == .badSignature)
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
        for (text, isTime) in [(Samples.omiseSignature, false), (Samples.omiseTime, true)] {
            for index in text.utf8.indices {
                for change in [1, 0x20, 0x10] as [UInt8] {
                    var bytes = Array(text.utf8)
                    bytes[text.utf8.distance(from: text.startIndex, to: index)] ^= change
                    let changed = String(decoding: bytes, as: UTF8.self)
                    let refusal =
                        isTime ? try refused(nil, [Samples.omiseSignature], [changed]) : try refused(nil, [changed])
                    #expect(refusal != nil, "\(changed)")
                }
            }
        }
    }

    @Test("An event of the other mode than our key's")
    func mode() throws {
        #expect(throws: WebhookRefusal.wrongMode) {
            try notice(#""livemode":false"#, #""livemode":true"#)
        }
        #expect(throws: WebhookRefusal.wrongMode) {
            try notice(#""livemode":false"#, #""livemode":false"#, key: "skey_5x")
        }
        #expect(throws: WebhookRefusal.malformed("livemode")) { try notice(#""livemode":false,"#, "") }
        #expect(try notice(#""livemode":false"#, #""livemode":true"#, key: "skey_5x").report?.state == .paid)
        // A stand-in's key says nothing of a mode.
        #expect(try notice(#""livemode":false,"#, "", key: "k").report?.state == .paid)
    }

    @Test("Events of other objects are known to be of no interest; broken ones are refused")
    func events() throws {
        let key = #""key":"charge.complete""#
        #expect(try notice(key, #""key":"customer.create""#).subject == .other(type: "customer.create"))
        #expect(try notice(key, #""key":"charge.create""#).report?.charge == "chrg_test_64ab12aa11bb22cc333")
        let id = #""id":"evnt_test_64ab12cd34ef56gh789""#
        let broken: [(String, String, String)] = [
            (key, #""key":"charge create""#, "key"), (key, #""key":1"#, "key"),
            (key, #""key":"\#(String(repeating: "k", count: 65))""#, "key"),
            (key, #""key":"refund.create""#, "data"), (id, #""id":"""#, "id"), (id, #""id":null"#, "id"),
            (id, #""id":"\#(String(repeating: "e", count: 129))""#, "id"), (id, #""id":"a b""#, "id"),
            (#""object":"charge""#, #""object":"card""#, "data"), (#""chrg_test_64ab12aa11bb22cc333""#, "1", "data"),
            (#""data":{"#, #""data":[{}],"x":{"#, "data"), (#""object":"event""#, #""object":"charge""#, "body"),
            (#""created_at""#, #""id""#, "body"), ("}", "", "body"),
        ]
        for (old, new, name) in broken {
            #expect(throws: WebhookRefusal.malformed(name), "\(new)") { try notice(old, new) }
        }
    }

    @Test("What a charge says")
    func charges() throws {
        let status = #""status":"successful","paid":true"#
        let states: [(String, ChargeReport.State)] = [
            (#""status":"successful","paid":true"#, .paid), (#""status":"successful""#, .paid),
            (#""status":"successful","paid":false"#, .unknown), (#""status":"failed","paid":false"#, .failed),
            (#""status":"expired""#, .expired), (#""status":"reversed""#, .reversed),
            (#""status":"pending","paid":false"#, .pending), (#""status":"paid""#, .unknown),
            (#""paid":true"#, .unknown),
            (#""status":"successful","refunded_amount":345000"#, .refunded),
            (#""status":"successful","refunded":345000"#, .refunded),
            (#""status":"successful","refunded_amount":0"#, .paid),
            (#""status":"successful","refunded_amount":null"#, .paid),
            (#""status":"successful","refunded_amount":1"#, .paid),
            (#""status":"successful","refunded_amount":-1"#, .unknown),
            (#""status":"successful","refunded_amount":"1""#, .unknown),
            (#""status":"failed","refunded_amount":345000"#, .failed),
        ]
        for (text, state) in states { #expect(try report(status, text).state == state, "\(text)") }
        let part = try report(status, #""status":"successful","refunded_amount":1000"#)
        #expect(part.refunded == (try Samples.baht(1_000)) && part.state == .paid)
        #expect(try report(status, #""status":"successful","refunded_amount":0"#).refunded == nil)
        let failed = try report(
            status, #""status":"failed","failure_code":"insufficient_fund","failure_message":"x""#)
        #expect(failed.code == "insufficient_fund")
        #expect(try report(status, status + #","failure_code":"\#(String(repeating: "c", count: 65))""#).code == nil)
        #expect(try report(status, status + #","failure_code":"a\u0000b""#).code == nil)
        #expect(try report(status, status + #","paid_at":"2026-11-21T03:00:00Z""#).paidAt?.seconds == 1_795_230_000)
        #expect(try report(status, status + #","paid_at":"soon""#).paidAt == nil)
        #expect(try report(status, status + #","source":{"type":"promptpay"}"#).method == "promptpay")
        #expect(try report(status, status + #","card":{"brand":"Visa"},"source":null"#).method == "card")
        #expect(try report(status, status + #","card":null"#).method == nil)
    }

    @Test(
        "What is no amount of ours is never paid",
        arguments: [
            #""amount":"345000""#, #""amount":345000.0"#, #""amount":3450.00"#, #""amount":-1"#, #""amount":3e5"#,
            #""amount":null"#, #""amount":99999999999999999999"#, #""amount":1000000000000001"#, #""x":1"#,
        ])
    func noAmounts(_ text: String) throws {
        let report = try report(#""amount":345000"#, text)
        #expect(report.amount == nil && report.state == .unknown)
    }

    @Test("Currencies, and our id of the payment")
    func others() throws {
        #expect(try report(#""thb""#, #""jpy""#).state == .unknown)
        #expect(try report(#""thb""#, #""THB""#).amount == Samples.baht(345_000))
        #expect(try report(#""thb""#, #""php""#).amount == Samples.pesos(345_000))
        #expect(try report(#""thb""#, "1").state == .unknown)
        let metadata = #"{"order_id":"1001"}"#
        #expect(try report(metadata, #"{"order_id":"1001","payment_id":"p-7"}"#).payment == "p-7")
        #expect(try report(metadata, #"{"order_id":1001}"#).payment == "1001")
        #expect(try report(metadata, #"{"order_id":"1001","payment_id":""}"#).payment == "1001")
        for text in ["{}", "null", "[]", #"{"order_id":"สลิป"}"#, #"{"order_id":["1001"]}"#] {
            #expect(try report(metadata, text).payment == nil, "\(text)")
        }
        #expect(try report(metadata, #"{"order_id":"\#(String(repeating: "1", count: 129))"}"#).payment == nil)
    }

    @Test("A refund says of its charge that something was given back")
    func refundEvents() throws {
        let gateway = try Samples.omise()
        func notice(_ charge: String) throws -> GatewayNotice {
            let body = Array(
                #"{"object":"event","id":"evnt_1","livemode":false,"key":"refund.create","data":{"object":"refund","id":"rfnd_1","amount":1000,"currency":"thb","charge":\#(charge),"metadata":{"payment_id":"p-7"}}}"#
                    .utf8)
            return try gateway.notice(
                body: body, signatures: [gateway.signatureValue(for: body, seconds: 1_795_230_003)],
                timestamps: [Samples.omiseTime], at: Samples.now)
        }
        let expected = ChargeReport(
            gateway: .omise, charge: "chrg_1", payment: "p-7", state: .unknown, amount: nil,
            refunded: try Samples.baht(1_000))
        #expect(try notice(#""chrg_1""#) == GatewayNotice(event: "evnt_1", subject: .refund(expected)))
        #expect(try notice(#"{"object":"charge","id":"chrg_1"}"#).report == expected)
        #expect(throws: WebhookRefusal.malformed("data")) { try notice("null") }
    }

    // MARK: Calls

    @Test("A charge is asked for, and only its own answer counts")
    func charge() throws {
        let gateway = try Samples.omise()
        let request = gateway.charge("chrg_1/../x")
        #expect(request.method == .get && request.body.isEmpty && !request.needsFreshConnection)
        #expect(request.url == "https://api.omise.co/charges/chrg_1%2F%2E%2E%2Fx")
        #expect(request.headers.map(\.name) == ["Authorization"])
        #expect(request.headers.first?.value == "Basic c2tleV90ZXN0XzE6")
        let charge =
            #"{"object":"charge","id":"chrg_1","amount":345000,"refunded_amount":0,"currency":"THB","status":"successful","paid":true,"paid_at":"2026-11-21T03:00:00Z","metadata":{"payment_id":"p-7"},"source":{"object":"source","type":"promptpay"}}"#
        let report = try gateway.report(Samples.response(200, charge), charge: "chrg_1")
        #expect(
            report
                == ChargeReport(
                    gateway: .omise, charge: "chrg_1", payment: "p-7", state: .paid, amount: try Samples.baht(345_000),
                    paidAt: Timestamp(seconds: 1_795_230_000), method: "promptpay"))
        func failed(_ status: Int, _ body: String, _ charge: String = "chrg_1") -> GatewayFailure? {
            failure { () throws(GatewayFailure) in
                try gateway.report(Samples.response(status, body), charge: charge)
            }
        }
        #expect(failed(200, charge, "chrg_2") == .unclear)
        #expect(failed(404, #"{"object":"error","code":"not_found"}"#) == .notFound)
        #expect(failed(401, #"{"object":"error","code":"authentication_failure"}"#) == .unauthorized)
        #expect(failed(200, #"{"object":"error","code":"not_found"}"#) == .unclear)
        #expect(failed(200, Samples.omiseBody) == .unclear)
        #expect(failed(500, charge) == .outage && failed(302, charge) == .unclear && failed(429, "") == .rateLimited)
        #expect(failed(200, "") == .unclear && failed(200, "[]") == .unclear && failed(200, "<html>") == .unclear)
        #expect(failed(200, charge + String(repeating: " ", count: 256 * 1024)) == .unclear)
    }

    @Test("A refund, in exactly these bytes, and what is answered to it")
    func refund() throws {
        let gateway = try Samples.omise()
        let request = gateway.refund(charge: "chrg_1", amount: try Samples.baht(1_050), payment: "p-7&x")
        #expect(request.method == .post && request.needsFreshConnection)
        #expect(request.url == "https://api.omise.co/charges/chrg_1/refunds")
        #expect(request.headers.map(\.value) == ["Basic c2tleV90ZXN0XzE6", "application/x-www-form-urlencoded"])
        #expect(String(decoding: request.body, as: UTF8.self) == "amount=1050&metadata%5Bpayment_id%5D=p-7%26x")
        let plain = gateway.refund(charge: "chrg_1", amount: try Samples.baht(1), payment: nil)
        #expect(String(decoding: plain.body, as: UTF8.self) == "amount=1")
        let refund =
            #"{"object":"refund","id":"rfnd_1","amount":1050,"currency":"thb","charge":"chrg_1","status":"closed","voided":false}"#
        func answer(_ body: String) throws -> RefundReport {
            try gateway.refund(Samples.response(200, body), charge: "chrg_1")
        }
        let expected = RefundReport(
            gateway: .omise, refund: "rfnd_1", charge: "chrg_1", state: .succeeded, amount: try Samples.baht(1_050))
        #expect(try answer(refund) == expected)
        #expect(try answer(refund.replacing(#""status":"closed","#, with: "")) == expected)
        for (text, state) in [("pending", .pending), ("failed", .failed), ("?", .unknown)]
            as [(String, RefundReport.State)]
        {
            #expect(try answer(refund.replacing("closed", with: text)).state == state)
        }
        #expect(try answer(refund.replacing("1050", with: "10.50")).amount == nil)
        func failed(_ status: Int, _ body: String, _ charge: String = "chrg_1") -> GatewayFailure? {
            failure { () throws(GatewayFailure) in
                try gateway.refund(Samples.response(status, body), charge: charge)
            }
        }
        #expect(failed(200, refund, "chrg_2") == .unclear)
        #expect(failed(200, refund.replacing("rfnd_1", with: "")) == .unclear)
        #expect(
            failed(400, #"{"object":"error","code":"failed_refund","message":"x"}"#)
                == .refused(code: "failed_refund"))
        #expect(failed(422, #"{"code":"\#(String(repeating: "x", count: 65))"}"#) == .refused(code: nil))
        #expect(failed(500, "") == .outage)
    }

    @Test("What a transfer that failed means")
    func transport() {
        #expect(GatewayFailure(TransportFailure.timeout(.connect)) == .notSent)
        #expect(GatewayFailure(TransportFailure.timeout(.total)) == .unclear)
        #expect(GatewayFailure(TransportFailure.cutOff) == .unclear)
        #expect(GatewayFailure(TransportFailure.invalidRequest) == .refused(code: nil))
    }

    @Test("No secret is shown")
    func secrets() throws {
        let shown = [
            String(reflecting: try Samples.omise()), String(reflecting: try Samples.payMongo()),
            String(reflecting: try Samples.twoC2P()), "\(try Samples.omise().charge("c"))",
        ]
        for secret in [Samples.omiseSecret, "skey_test_1", Samples.payMongoSecret, Samples.twoC2PSecret, "sk_1"] {
            #expect(!shown.contains { $0.contains(secret) })
        }
    }
}
