import HTTP1
import JSON
import Primitives
import Testing

@testable import Standins

@Suite("Payment gateways")
struct PaymentGatewayTests {
    private static let now = Timestamp(seconds: 1_795_230_000)

    // MARK: Signatures, with the values that independent libraries computed

    private static let claims = #"""
        {"merchantID":"JT04","invoiceNo":"INV20261121001","accountNo":"411111XXXXXX1111","amount":"3450.00","currencyCode":"THB","tranRef":"2868821","referenceNo":"2785703","approvalCode":"531484","eci":"05","transactionDateTime":"20261121100000","agentCode":"KBANK","channelCode":"VI","userDefined1":"order-1001","respCode":"0000","respDesc":"Success"}
        """#
    private static let omiseBody = #"""
        {"object":"event","id":"evnt_test_64ab12cd34ef56gh789","livemode":false,"location":"/events/evnt_test_64ab12cd34ef56gh789","webhook_deliveries":[],"data":{"object":"charge","id":"chrg_test_64ab12aa11bb22cc333","amount":345000,"currency":"thb","status":"successful","paid":true,"metadata":{"order_id":"1001"}},"key":"charge.complete","created_at":"2026-11-21T03:00:00Z"}
        """#
    private static let payMongoBody = #"""
        {"data":{"id":"evt_8Yb2mQvT1nRk5sWc","type":"event","attributes":{"type":"payment.paid","livemode":false,"data":{"id":"pay_Zk3Lq9XwB7tN2dHf","type":"payment","attributes":{"amount":79900,"currency":"PHP","description":"Order 1001","external_reference_number":null,"fee":1998,"net_amount":77902,"livemode":false,"metadata":{"order_id":"1001"},"paid_at":1795230000,"payment_intent_id":"pi_F3vC8sD1aQ9mE6yU","source":{"id":"src_T5rG2hJ8kP4wV7bX","type":"gcash"},"status":"paid"}},"previous_data":{},"created_at":1795230001,"updated_at":1795230001}}}
        """#

    @Test("2C2P's notification, byte for byte; it is taken apart again, and believed with its own key only")
    func twoC2P() throws {
        let claims = try #require(try JSONParser.parse(Self.claims).object)
        let secret = Secret("demo-2c2p-merchant-secret-key-0001")
        let text = PaymentSignature.twoC2P(claims, secret: secret)
        #expect(
            text
                == """
                eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJtZXJjaGFudElEIjoiSlQwNCIsImludm9pY2VObyI6IklOVjIwMjYxMTIxMDA\
                xIiwiYWNjb3VudE5vIjoiNDExMTExWFhYWFhYMTExMSIsImFtb3VudCI6IjM0NTAuMDAiLCJjdXJyZW5jeUNvZGUiOiJUSEIiLCJ\
                0cmFuUmVmIjoiMjg2ODgyMSIsInJlZmVyZW5jZU5vIjoiMjc4NTcwMyIsImFwcHJvdmFsQ29kZSI6IjUzMTQ4NCIsImVjaSI6IjA\
                1IiwidHJhbnNhY3Rpb25EYXRlVGltZSI6IjIwMjYxMTIxMTAwMDAwIiwiYWdlbnRDb2RlIjoiS0JBTksiLCJjaGFubmVsQ29kZSI\
                6IlZJIiwidXNlckRlZmluZWQxIjoib3JkZXItMTAwMSIsInJlc3BDb2RlIjoiMDAwMCIsInJlc3BEZXNjIjoiU3VjY2VzcyJ9.T5\
                Z3jGrvhLJIpU4rdmQiwfQaOW_3MwJAU90y5IUNyBE
                """)
        let token = try #require(TwoC2PToken(text))
        #expect(token.claims == claims && token.isSigned(with: secret))
        #expect(!token.isSigned(with: Secret("demo-2c2p-merchant-secret-key-0002")))
    }

    @Test(
        "What is no JWT with HS256 is none",
        arguments: [
            "", "a.b", "..", "e30.e30.", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJSUzI1NiJ9.e30.AAAA",
            "eyJhbGciOiJIUzI1NiJ9.W10.AAAA", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA.AAAA", "eyJhbGciOiJIUzI1NiJ9.e30.A",
        ])
    func noToken(text: String) {
        #expect(TwoC2PToken(text) == nil)
    }

    @Test("Omise's signature has the decoded secret for its key")
    func omise() {
        let secret = Secret("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
        #expect(
            PaymentSignature.omise(Array(Self.omiseBody.utf8), at: 1_795_230_003, secret: secret)
                == "d08f42fd3e0d5794a4891c12c80d09defff411568f12c93f6c92a4f669500389")
    }

    @Test("PayMongo's signature stands in the field of its mode; the other is empty")
    func payMongo() {
        let proof = "f1673798a7ead736b058d5de85b1924a1f83a01b78f2c8e30c96b70ded3ccf1f"
        func field(_ isLive: Bool) -> String {
            PaymentSignature.payMongo(
                Array(Self.payMongoBody.utf8), at: 1_795_230_002, isLive: isLive,
                secret: Secret("whsk_test_51f0c9a7e2b84d6d"))
        }
        #expect(field(false) == "t=1795230002,te=\(proof),li=")
        #expect(field(true) == "t=1795230002,te=,li=\(proof)")
    }

    // MARK: Orders and payments

    private static func order(_ json: String) throws -> PaymentOrder {
        try PaymentOrder(try JSONParser.parse(json), currency: .baht)
    }

    @Test("An order says what it says, and nothing else")
    func order() throws {
        let order = try Self.order(
            #"{"tenant":"jeco","payment":"981","amount":"345.5","status":"failed","asked":"paid","mode":"live","retries":3}"#
        )
        #expect(order.tenant == "jeco" && order.payment == "981" && order.amount?.decimal == "345.50")
        #expect(order.status == .failed && order.asked == .paid && order.isLive && order.retries == 3)
        #expect(try Self.order(#"{"tenant":"t","payment":"1","amount":345}"#).amount?.decimal == "345.00")
    }

    @Test(
        "An order that cannot be carried out is refused",
        arguments: [
            "[]", "{}", #"{"tenant":"t"}"#, #"{"payment":"1"}"#, #"{"tenant":"a/b","payment":"1"}"#,
            #"{"tenant":"t","payment":"../1"}"#, #"{"tenant":"t","payment":"1","amount":"1.234"}"#,
            #"{"tenant":"t","payment":"1","amount":-1}"#, #"{"tenant":"t","payment":"1","currency":"USD"}"#,
            #"{"tenant":"t","payment":"1","status":"done"}"#, #"{"tenant":"t","payment":"1","retries":13}"#,
            #"{"tenant":"t","payment":"1","mode":"prod"}"#, #"{"tenant":"t","payment":"1","fax":1}"#,
        ])
    func badOrder(json: String) {
        #expect(throws: BehaviourError.self) { try Self.order(json) }
    }

    @Test("The same payment of the same tenant is the same charge; another tenant's is another")
    func reuse() throws {
        var book = PaymentBook()
        var count = 0
        func apply(_ json: String) throws -> GatewayPayment {
            try book.apply(try Self.order(json), usual: nil, method: "card", at: Self.now) {
                count += 1
                return "c\(count)"
            }
        }
        let first = try apply(#"{"tenant":"jeco","payment":"981","amount":"345.00","status":"pending"}"#)
        let second = try apply(#"{"tenant":"jeco","payment":"981","status":"paid","asked":"failed"}"#)
        let other = try apply(#"{"tenant":"trusttrade","payment":"981","amount":"1.00"}"#)
        #expect(first.id == "c1" && second.id == "c1" && other.id == "c2")
        #expect(second.amount.decimal == "345.00" && second.status == .paid && second.current == .failed)
        #expect(first.settledAt == nil && second.settledAt == Self.now)
        #expect(throws: BehaviourError.self) { try apply(#"{"tenant":"jeco","payment":"982"}"#) }
        #expect(throws: BehaviourError.self) { try apply(#"{"tenant":"jeco","payment":"1","charge":"c9"}"#) }
    }

    @Test("No more is refunded than was paid")
    func refunds() throws {
        var book = PaymentBook()
        var count = 0
        func apply(_ json: String) throws -> GatewayPayment {
            try book.apply(try Self.order(json), usual: nil, method: "card", at: Self.now) {
                count += 1
                return "c\(count)"
            }
        }
        _ = try apply(#"{"tenant":"t","payment":"1","amount":"100.00"}"#)
        let part = try apply(#"{"tenant":"t","payment":"1","amount":"40.00","status":"refunded"}"#)
        #expect(part.amount.decimal == "100.00" && part.refunded == 4_000)
        #expect(throws: BehaviourError.self) {
            try apply(#"{"tenant":"t","payment":"1","amount":"60.01","status":"refunded"}"#)
        }
        #expect(try apply(#"{"tenant":"t","payment":"1","status":"refunded"}"#).refunded == 10_000)
        #expect(throws: BehaviourError.self) { try apply(#"{"tenant":"t","payment":"1","status":"refunded"}"#) }
    }

    // MARK: PromptPay

    @Test(
        "A PromptPay code's receiver and amount, in any order of its fields",
        arguments: [
            ("00020101021129370016A0000006770101110113006681234567853037645802TH6304823E", "MSISDN", "0812345678", nil),
            (
                "00020101021229370016A0000006770101110113006681234567853037645406199.005802TH6304E8F1", "MSISDN",
                "0812345678", "199.00"
            ),
            (
                "00020101021229370016A00000067701011102131234567890121530376454071250.505802TH6304BC06", "NATID",
                "1234567890121", "1250.50"
            ),
            (
                "00020101021229390016A000000677010111031501400081234567853037645 40575.255802TH63046912"
                    .filter { $0 != " " }, "EWALLETID", "014000812345678", "75.25"
            ),
            (
                "00020101021230650016A00000067701011201150994000165501000211INV202600010307CUST042530376454073649.225802TH63049592",
                "BILLERID", "099400016550100", "3649.22"
            ),
            (
                "00020101021229370016A0000006770101110113006681234567853037645802TH5406199.0063048AF6", "MSISDN",
                "0812345678", "199.00"
            ),
        ] as [(String, String, String, String?)])
    func promptPay(text: String, kind: String, digits: String, amount: String?) throws {
        let code = try #require(PromptPayCode(text))
        #expect(code.receiver.kind.rawValue == kind && code.receiver.digits == digits)
        #expect(code.amount?.decimal == amount)
        // Any other digit of the amount or the receiver breaks the sum.
        #expect(PromptPayCode(text.replacing("00020101", with: "00020102", maxReplacements: 1)) == nil)
        for count in 0..<text.utf8.count { #expect(PromptPayCode(String(text.prefix(count))) == nil) }
    }

    @Test("PromptPay ids are told apart by their lengths, and shown by their last four digits")
    func proxies() {
        for text in ["0812345678", "081-234-5678", "+66 81 234 5678", "0066812345678"] {
            #expect(SlipProxy(text) == SlipProxy(.phone, "0812345678"))
        }
        #expect(SlipProxy("0812345678")?.masked == "xxx-xxx-5678")
        #expect(SlipProxy("1234567890121")?.masked == "x-xxxx-xxxx0-12-1")
        #expect(SlipProxy("014000812345678")?.masked == "xxxxxxxxxxx5678")
        for text in ["", "081234567", "12345678901234", "1234567890123456"] { #expect(SlipProxy(text) == nil) }
    }

    // MARK: Forms

    private static func fields(_ body: String) throws -> JSONObject? {
        let type: HTTPHeaders = ["Content-Type": "application/x-www-form-urlencoded"]
        return StandinFields.object(
            of: HTTPRequest(
                method: .post, target: try HTTPTarget("/x"), headers: type, body: Array(body.utf8)))
    }

    @Test("A form's names with brackets are members of members")
    func form() throws {
        let expected: JSONObject = [
            "amount": "345000", "metadata": ["order_id": "1001", "note": "ก ข&"], "source": ["type": "promptpay"],
        ]
        let body =
            "amount=345000&metadata[order_id]=1001&metadata%5Bnote%5D=%E0%B8%81+%E0%B8%82%26&source[type]=promptpay"
        #expect(try Self.fields(body) == expected)
        #expect(try Self.fields("a[b=1") == nil)
        #expect(try Self.fields("a=%zz") == nil)
        #expect(try Self.fields("a" + String(repeating: "[b]", count: StandinFields.maxDepth) + "=1") == nil)
        #expect(
            try Self.fields(Array(repeating: "a=1", count: StandinFields.maxFields + 1).joined(separator: "&")) == nil)
    }
}
