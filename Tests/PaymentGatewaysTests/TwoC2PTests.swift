import Authentication
import HTTPClient
import JSON
import Primitives
import TestSupport
import Testing

@testable import PaymentGateways

@Suite("2C2P")
struct TwoC2PTests {
    private let body = Array(Samples.twoC2PBody.utf8)

    /// The sample's claims with some text of it replaced.
    private func claims(_ old: String = "", _ new: String = "") -> [UInt8] {
        Array(Samples.twoC2PClaims.replacing(old, with: new).utf8)
    }

    /// A signed notification with these claims.
    private func notice(_ claims: [UInt8]) throws -> GatewayNotice {
        let gateway = try Samples.twoC2P()
        return try gateway.notice(body: gateway.signedBody(claims: claims), contentType: "application/json")
    }

    private func report(_ old: String, _ new: String) throws -> ChargeReport {
        #expect(Samples.twoC2PClaims.contains(old))
        return try #require(try notice(claims(old, new)).report)
    }

    @Test("The documented notification, byte for byte")
    func sample() throws {
        let gateway = try Samples.twoC2P()
        let notice = try gateway.notice(body: body, contentType: "application/json; charset=utf-8")
        let expected = ChargeReport(
            gateway: .twoC2P, charge: "2868821", payment: "INV20261121001", state: .paid,
            amount: try Samples.baht(345_000), code: "0000", paidAt: Timestamp(rfc3339: "2026-11-21T10:00:00+07:00"),
            method: "VI")
        #expect(notice.subject == .charge(expected))
        #expect(expected.paidAt?.seconds == 1_795_230_000)
        // The other implementation signs the same bytes in the same way.
        #expect(gateway.signedBody(claims: claims()) == body)
    }

    @Test("The same event again has the same id; another code, transaction or invoice another one")
    func events() throws {
        let event = try notice(claims()).event
        #expect(event.utf8.count == 43)
        #expect(try notice(claims(#""userDefined1":"order-1001","#, "")).event == event)
        let others = try [
            notice(claims(#""respCode":"0000""#, #""respCode":"4110""#)).event,
            notice(claims("2868821", "2868822")).event, notice(claims("INV20261121001", "INV20261121002")).event,
        ]
        #expect(Set(others + [event]).count == 4)
    }

    @Test("As a form, where it is one")
    func form() throws {
        let gateway = try Samples.twoC2P()
        let token = Samples.twoC2PBody.dropFirst(12).dropLast(2)
        let expected = try gateway.notice(body: body, contentType: nil)
        for form in ["payload=\(token)", "a=b&payload=\(token)&c"] {
            for type in ["application/x-www-form-urlencoded", nil] {
                #expect(try gateway.notice(body: Array(form.utf8), contentType: type) == expected)
            }
        }
        // JSON comes first, whatever the type says.
        #expect(try gateway.notice(body: body, contentType: "application/x-www-form-urlencoded") == expected)
        func refused(_ text: String, _ type: String?) -> WebhookRefusal? {
            refusal { () throws(WebhookRefusal) in try gateway.notice(body: Array(text.utf8), contentType: type) }
        }
        #expect(refused("payload=\(token)", "application/json") == .malformed("body"))
        #expect(refused("payload=\(token)&payload=\(token)", nil) == .malformed("payload"))
        #expect(refused("paymentResponse=\(token)", nil) == .missingSignature)
        #expect(refused("", nil) == .missingSignature)
    }

    @Test("No changed byte passes, and no bit of the signature")
    func everyByte() throws {
        let gateway = try Samples.twoC2P()
        for index in body.indices {
            for change in [1, 0x20, 0x80] as [UInt8] {
                var changed = body
                changed[index] ^= change
                #expect(
                    refusal { () throws(WebhookRefusal) in try gateway.notice(body: changed, contentType: nil) } != nil,
                    "byte \(index) with \(change)")
            }
            var shorter = body
            shorter.remove(at: index)
            #expect(
                refusal { () throws(WebhookRefusal) in try gateway.notice(body: shorter, contentType: nil) } != nil)
        }
    }

    @Test(
        "Only HS256 with our secret",
        arguments: [
            #"{"alg":"none","typ":"JWT"}"#, #"{"alg":"RS256","typ":"JWT"}"#, #"{"alg":"HS512","typ":"JWT"}"#,
            #"{"alg":"hs256","typ":"JWT"}"#, #"{"typ":"JWT"}"#, #"{"alg":["HS256"]}"#, #"{"alg":"HS256","crit":["b"]}"#,
            #"{"alg":"HS256","typ":"JWE"}"#, #"{"alg":"HS256","typ":1}"#,
        ])
    func algorithms(_ header: String) throws {
        let gateway = try Samples.twoC2P()
        let signed = Base64.encodeURLSafe(header.utf8) + "." + Base64.encodeURLSafe(claims())
        let key = HMACSHA256(key: Array(Samples.twoC2PSecret.utf8))
        for signature in ["", Base64.encodeURLSafe(key.code(for: Array(signed.utf8)))] {
            let body = Array(#"{"payload":"\#(signed).\#(signature)"}"#.utf8)
            #expect(
                refusal { () throws(WebhookRefusal) in try gateway.notice(body: body, contentType: nil) }
                    == .badSignature)
        }
    }

    @Test("Other proofs, other merchants, other bodies")
    func refusals() throws {
        func refused(_ text: String, _ gateway: TwoC2P) -> WebhookRefusal? {
            refusal { () throws(WebhookRefusal) in
                try gateway.notice(body: Array(text.utf8), contentType: "application/json")
            }
        }
        let gateway = try Samples.twoC2P()
        #expect(refused(Samples.twoC2PBody, try Samples.twoC2P(secret: "another")) == .badSignature)
        #expect(refused(Samples.twoC2PBody, try Samples.twoC2P(merchant: "JT05")) == .wrongMerchant)
        let token = Samples.twoC2PBody.dropFirst(12).dropLast(2)
        let parts = token.split(separator: ".")
        let unsigned = Base64.encodeURLSafe(#"{"alg":"none"}"#.utf8)
        #expect(refused(#"{"payload":"\#(unsigned).\#(parts[1])."}"#, gateway) == .badSignature)
        #expect(refused(#"{"payload":"\#(parts[0]).\#(parts[1])."}"#, gateway) == .badSignature)
        for text in ["\(parts[0]).\(parts[1])", "\(token).", "\(token)=", "a.b.c", "", ".."] {
            #expect(refused(#"{"payload":"\#(text)"}"#, gateway) == .malformed("payload"), "\(text)")
        }
        #expect(refused("{}", gateway) == .missingSignature)
        #expect(refused(#"{"payload":null}"#, gateway) == .missingSignature)
        #expect(refused(#"{"payload":1}"#, gateway) == .malformed("payload"))
        // The claims as they are, which nobody signed.
        #expect(refused(Samples.twoC2PClaims, gateway) == .missingSignature)
        for text in ["", "[]", "{", #"{"payload":"a","payload":"b"}"#, "\u{FEFF}{}"] {
            #expect(refused(text, gateway) == .malformed("body"), "\(text)")
        }
        let long = #"{"payload":"\#(token)"}"# + String(repeating: " ", count: GatewayLimits().maxBodyBytes)
        #expect(refused(long, gateway) == .malformed("body"))
        #expect(TwoC2P(.init(merchantID: "JT04", secret: Secret(""))) == nil)
        #expect(TwoC2P(.init(merchantID: "", secret: Secret("s"))) == nil)
    }

    @Test("Signed claims that say too little, and our own requests sent back to us")
    func poorClaims() throws {
        func refused(_ claims: [UInt8]) throws -> WebhookRefusal? {
            let gateway = try Samples.twoC2P()
            return refusal { () throws(WebhookRefusal) in
                try gateway.notice(body: gateway.signedBody(claims: claims), contentType: nil)
            }
        }
        #expect(try refused(claims(#""merchantID":"JT04","#, "")) == .wrongMerchant)
        #expect(try refused(claims(#""merchantID":"JT04""#, #""merchantID":["JT04"]"#)) == .wrongMerchant)
        #expect(try refused(claims(#""respCode":"0000","#, "")) == .malformed("respCode"))
        #expect(try refused(claims(#""respCode":"0000""#, #""respCode":0"#)) == .malformed("respCode"))
        #expect(try refused(claims("INV20261121001", "")) == .malformed("invoiceNo"))
        #expect(try refused(claims("INV20261121001", "INV 1")) == .malformed("invoiceNo"))
        #expect(try refused(claims("INV20261121001", "สลิป")) == .malformed("invoiceNo"))
        #expect(try refused(claims("INV20261121001", String(repeating: "1", count: 51))) == .malformed("invoiceNo"))
        #expect(try refused(claims("INV20261121001", String(repeating: "1", count: 50))) == nil)
        #expect(try refused(Array("[]".utf8)) == .malformed("claims"))
        #expect(try refused(Array("{".utf8)) == .malformed("claims"))
        #expect(try refused(Array(#"{"merchantID":"JT04","merchantID":"JT04"}"#.utf8)) == .malformed("claims"))
        let gateway = try Samples.twoC2P()
        let order = try #require(TwoC2P.Invoice(payment: "INV1", amount: try Samples.baht(100), description: "d"))
        for request in [gateway.checkout(order), gateway.inquiry(payment: "INV1")] {
            #expect(
                refusal { () throws(WebhookRefusal) in try gateway.notice(body: request.body, contentType: nil) }
                    == .malformed("respCode"))
        }
    }

    @Test(
        "What a code means",
        arguments: [
            ("0000", .paid), ("0001", .pending), ("0003", .cancelled), ("0999", .unknown), ("2000", .unknown),
            ("2001", .pending), ("2002", .unknown), ("2003", .unknown), ("4001", .failed), ("4005", .failed),
            ("4051", .failed), ("4054", .failed), ("4080", .failed), ("4081", .failed), ("4091", .failed),
            ("4110", .paid), ("4120", .refunded), ("4130", .reversed), ("5002", .unknown), ("5005", .unknown),
            ("5009", .expired), ("5010", .cancelled), ("5015", .unknown), ("5016", .unknown), ("5998", .unknown),
            ("9999", .unknown), ("000", .unknown), ("40", .unknown), ("40ab", .unknown), ("00", .unknown),
        ] as [(String, ChargeReport.State)])
    func codes(_ code: String, _ state: ChargeReport.State) throws {
        let notice = try notice(claims(#""respCode":"0000""#, #""respCode":"\#(code)""#))
        #expect(notice.report?.state == state && notice.report?.code == code)
        #expect((notice.report?.paidAt != nil) == (state == .paid))
        if state == .refunded { #expect(notice.subject == notice.report.map { .refund($0) }) }
    }

    @Test(
        "Amounts, to the satang",
        arguments: [
            (#""230.87""#, 23_087), ("230.87", 23_087), ("230.8", 23_080), ("230", 23_000), (#""230.87000""#, 23_087),
            ("230.87000", 23_087), (#""000000003450.00000""#, 345_000), ("0.01", 1),
            (#""9999999999.99""#, 999_999_999_999),
            ("1234567890123.45", 123_456_789_012_345),
        ] as [(String, Int64)])
    func amounts(_ text: String, _ satang: Int64) throws {
        let report = try report(#""amount":"3450.00""#, #""amount":\#(text)"#)
        #expect(report.amount?.hundredths == satang && report.amount?.currency == .baht && report.state == .paid)
    }

    @Test(
        "What is no amount is never paid",
        arguments: [
            #""3450.001""#, "3450.001", "3450.00001", #""3450.000000""#, #""3,450.00""#, "-3450", #""-3450.00""#,
            "3.45e3", "null", "true", #""""#, #""3450.""#, #"".5""#, #""+1""#, #"" 3450""#, "[3450]", #""๓""#,
            "99999999999999999999", #""99999999999999.99""#,
        ])
    func noAmounts(_ text: String) throws {
        let report = try report(#""amount":"3450.00""#, #""amount":\#(text)"#)
        #expect(report.amount == nil && report.state == .unknown)
    }

    @Test("Currencies that are not ours, and those in other letters")
    func currencies() throws {
        #expect(try report(#""THB""#, #""USD""#).amount == nil)
        #expect(try report(#""THB""#, #""USD""#).state == .unknown)
        #expect(try report(#""THB""#, "764").state == .unknown)
        #expect(try report(#""currencyCode":"THB","#, "").state == .unknown)
        #expect(try report(#""THB""#, #""PHP""#).amount == Samples.pesos(345_000))
        #expect(try report(#""THB""#, #""thb""#).state == .paid)
    }

    @Test("What else is told, or not")
    func details() throws {
        #expect(try report(#""tranRef":"2868821","#, "").charge == "2785703")
        #expect(try report(#""tranRef":"2868821","referenceNo":"2785703","#, "").charge == "INV20261121001")
        #expect(try report(#""2868821""#, #""\#(String(repeating: "1", count: 129))""#).charge == "2785703")
        #expect(try report("20261121100000", "20261121250000").paidAt == nil)
        #expect(try report("20261121100000", "2026112110000").paidAt == nil)
        #expect(try report("20261121100000", "2026112110000a").paidAt == nil)
        #expect(try report("20261121100000", "20260229100000").paidAt == nil)
        #expect(try report(#""VI""#, #""V\n""#).method == nil)
        #expect(try report(#""VI""#, #""\#(String(repeating: "V", count: 33))""#).method == nil)
    }

    // MARK: Calls

    /// The claims of a request, as they were signed.
    private func claims(of body: [UInt8]) throws -> String {
        let token = try #require(try JSONParser.parse(body)["payload"]?.string)
        let parts = token.split(separator: ".")
        #expect(parts.count == 3)
        return String(decoding: try #require(Base64.decodeURLSafe(parts[1].utf8)), as: UTF8.self)
    }

    @Test("A page to pay on is asked for in exactly these bytes")
    func checkout() throws {
        let gateway = try Samples.twoC2P()
        var order = try #require(
            TwoC2P.Invoice(payment: "INV1", amount: try Samples.baht(345_025), description: "ออเดอร์ \"1001\""))
        order.channels = ["CC", "PPQR"]
        order.frontendReturnURL = "https://shop.example/thanks"
        order.backendReturnURL = "https://sala.example/payments/2c2p"
        let request = gateway.checkout(order)
        #expect(request.method == .post && request.url == "https://pgw.2c2p.com/payment/4.3/paymentToken")
        #expect(request.headers.map(\.name) == ["Content-Type"] && request.headers.first?.value == "application/json")
        #expect(
            try claims(of: request.body)
                == #"{"merchantID":"JT04","invoiceNo":"INV1","description":"ออเดอร์ \"1001\"","amount":3450.25,"currencyCode":"THB","paymentChannel":["CC","PPQR"],"frontendReturnUrl":"https://shop.example/thanks","backendReturnUrl":"https://sala.example/payments/2c2p"}"#
        )
        let plain = try #require(TwoC2P.Invoice(payment: "INV1", amount: try Samples.baht(345_000), description: "d"))
        // Signed by Python's `hmac`.
        #expect(String(decoding: gateway.checkout(plain).body, as: UTF8.self) == Self.plainCheckout)
        #expect(request.maxBodyBytes == 256 * 1024 && request.timeouts.total == .seconds(20))
    }

    private static let plainCheckout =
        #"{"payload":"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJtZXJjaGFudElEIjoiSlQwNCIsImludm9pY2VObyI6IklOVjEiLCJkZXNjcmlwdGlvbiI6ImQiLCJhbW91bnQiOjM0NTAuMDAsImN1cnJlbmN5Q29kZSI6IlRIQiJ9.nKwIuovYoq8YOEkpNl1EM7XyXVRXzg0znH2JjuoVLvA"}"#

    @Test("Orders that 2C2P would not take are not made")
    func orders() throws {
        func order(_ payment: String, _ satang: Int64 = 1) throws -> TwoC2P.Invoice? {
            TwoC2P.Invoice(payment: payment, amount: try Samples.baht(satang), description: "d")
        }
        #expect(try order(String(repeating: "1", count: 50)) != nil)
        #expect(try order(String(repeating: "1", count: 51)) == nil)
        #expect(try order("") == nil && order("a b") == nil && order("ก") == nil && order("1", 0) == nil)
        let long = String(repeating: "ก", count: 100)
        let cut = TwoC2P.Invoice(payment: "1", amount: try Samples.baht(1), description: long)?.description
        #expect(cut == String(repeating: "ก", count: 83))
    }

    @Test("The page, where the answer is signed and good")
    func page() throws {
        let gateway = try Samples.twoC2P()
        func answer(_ claims: String) -> String {
            String(decoding: gateway.signedBody(claims: Array(claims.utf8)), as: UTF8.self)
        }
        func failed(_ status: Int, _ body: String) -> GatewayFailure? {
            failure { () throws(GatewayFailure) in try gateway.page(Samples.response(status, body)) }
        }
        let good =
            #"{"webPaymentUrl":"https://sandbox-pgw-ui.2c2p.com/payment/4.3/#/token/kSA%2bops%3d","paymentToken":"kSA+ops=","respCode":"0000","respDesc":"Success"}"#
        let page = try gateway.page(Samples.response(200, answer(good)))
        #expect(page.id == "kSA+ops=")
        #expect(page.url == "https://sandbox-pgw-ui.2c2p.com/payment/4.3/#/token/kSA%2bops%3d")
        // Nobody signed these.
        #expect(failed(200, good) == .unclear)
        #expect(failed(200, #"{"respCode":"9042","respDesc":"Hash"}"#) == .unauthorized)
        #expect(failed(200, #"{"respCode":"9015","respDesc":"Existing invoice"}"#) == .refused(code: "9015"))
        #expect(failed(200, answer(#"{"respCode":"9015"}"#)) == .refused(code: "9015"))
        #expect(failed(200, answer(#"{"respCode":"5005"}"#)) == .refused(code: "5005"))
        #expect(failed(200, answer(#"{"respCode":"0000"}"#)) == .unclear)
        #expect(failed(200, answer(good.replacing("https://", with: "http://"))) == .unclear)
        #expect(failed(200, answer(good.replacing("https://", with: "javascript:"))) == .unclear)
        #expect(failed(200, answer(good.replacing("{\"web", with: "{\"merchantID\":\"JT05\",\"web"))) == .unclear)
        let other = try Samples.twoC2P(secret: "another")
        let forged = String(decoding: other.signedBody(claims: Array(good.utf8)), as: UTF8.self)
        #expect(failed(200, forged) == .unclear)
        #expect(failed(503, answer(good)) == .outage)
        #expect(failed(500, "<html>") == .outage && failed(200, "<html>") == .unclear && failed(200, "") == .unclear)
        #expect(failed(401, "") == .unauthorized && failed(404, "") == .notFound && failed(429, "{}") == .rateLimited)
        #expect(failed(200, String(repeating: " ", count: 256 * 1024) + answer(good)) == .unclear)
        // A stand-in without TLS may send to its like.
        let local = try #require(
            TwoC2P(.init(merchantID: "JT04", secret: Secret(Samples.twoC2PSecret), baseURL: "http://127.0.0.1:1")))
        #expect(
            try local.page(Samples.response(200, answer(good.replacing("https://", with: "http://")))).id == page.id)
    }

    @Test("An inquiry, and only its own signed answer")
    func inquiry() throws {
        let gateway = try Samples.twoC2P()
        let request = gateway.inquiry(payment: "INV20261121001")
        #expect(request.method == .post && request.url == "https://pgw.2c2p.com/payment/4.3/paymentInquiry")
        #expect(
            try claims(of: request.body) == #"{"merchantID":"JT04","invoiceNo":"INV20261121001","locale":"en"}"#)
        func answer(_ claims: [UInt8]) -> String { String(decoding: gateway.signedBody(claims: claims), as: UTF8.self) }
        func failed(_ body: String, status: Int = 200, payment: String = "INV20261121001") -> GatewayFailure? {
            failure { () throws(GatewayFailure) in
                try gateway.report(Samples.response(status, body), payment: payment)
            }
        }
        let report = try gateway.report(Samples.response(200, Samples.twoC2PBody), payment: "INV20261121001")
        #expect(report == (try gateway.notice(body: body, contentType: nil).report))
        #expect(report.state == .paid)
        func answer(code: String) -> String { answer(claims(#""respCode":"0000""#, #""respCode":"\#(code)""#)) }
        #expect(
            try gateway.report(Samples.response(200, answer(code: "2001")), payment: "INV20261121001").state == .pending
        )
        #expect(
            try gateway.report(Samples.response(200, answer(code: "4120")), payment: "INV20261121001").state
                == .refunded)
        #expect(failed(Samples.twoC2PBody, payment: "INV20261121002") == .unclear)
        // Not signed, so no report, whatever it claims.
        #expect(failed(Samples.twoC2PClaims) == .unclear)
        #expect(failed(#"{"respCode":"0000","respDesc":"Success"}"#) == .unclear)
        #expect(failed(#"{"respCode":"9042","respDesc":"Hash mismatch"}"#) == .unauthorized)
        #expect(failed(#"{"respCode":"2002"}"#) == .notFound)
        #expect(failed(#"{"respCode":"4051"}"#) == .refused(code: "4051"))
        #expect(failed(answer(code: "2002")) == .notFound)
        #expect(failed(answer(code: "0999")) == .outage && failed(answer(code: "2003")) == .outage)
        #expect(failed(answer(code: "6103")) == .unauthorized && failed(answer(code: "9005")) == .refused(code: "9005"))
        #expect(failed(answer(claims("JT04", "JT05"))) == .unclear)
        #expect(failed(answer(claims(#""respCode":"0000","#, ""))) == .unclear)
        #expect(failed(answer(claims(#""invoiceNo":"INV20261121001","#, ""))) == .unclear)
        #expect(failed(Samples.twoC2PBody, status: 500) == .outage)
        for index in body.indices {
            var changed = body
            changed[index] ^= 1
            #expect(failed(String(decoding: changed, as: UTF8.self)) != nil, "byte \(index)")
        }
    }
}
