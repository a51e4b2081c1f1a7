import HTTPClient
import JSON
import Primitives

@testable import PaymentGateways

/// What the providers' documents and an independent implementation (Python's `hmac`, PyJWT) make of one payment each.
enum Samples {
    // MARK: 2C2P

    static let twoC2PClaims =
        #"{"merchantID":"JT04","invoiceNo":"INV20261121001","accountNo":"411111XXXXXX1111","amount":"3450.00","currencyCode":"THB","tranRef":"2868821","referenceNo":"2785703","approvalCode":"531484","eci":"05","transactionDateTime":"20261121100000","agentCode":"KBANK","channelCode":"VI","userDefined1":"order-1001","respCode":"0000","respDesc":"Success"}"#
    static let twoC2PBody =
        #"{"payload":"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJtZXJjaGFudElEIjoiSlQwNCIsImludm9pY2VObyI6IklOVjIwMjYxMTIxMDAxIiwiYWNjb3VudE5vIjoiNDExMTExWFhYWFhYMTExMSIsImFtb3VudCI6IjM0NTAuMDAiLCJjdXJyZW5jeUNvZGUiOiJUSEIiLCJ0cmFuUmVmIjoiMjg2ODgyMSIsInJlZmVyZW5jZU5vIjoiMjc4NTcwMyIsImFwcHJvdmFsQ29kZSI6IjUzMTQ4NCIsImVjaSI6IjA1IiwidHJhbnNhY3Rpb25EYXRlVGltZSI6IjIwMjYxMTIxMTAwMDAwIiwiYWdlbnRDb2RlIjoiS0JBTksiLCJjaGFubmVsQ29kZSI6IlZJIiwidXNlckRlZmluZWQxIjoib3JkZXItMTAwMSIsInJlc3BDb2RlIjoiMDAwMCIsInJlc3BEZXNjIjoiU3VjY2VzcyJ9.T5Z3jGrvhLJIpU4rdmQiwfQaOW_3MwJAU90y5IUNyBE"}"#
    static let twoC2PSecret = "demo-2c2p-merchant-secret-key-0001"

    static func twoC2P(merchant: String = "JT04", secret: String = twoC2PSecret) throws -> TwoC2P {
        try made(TwoC2P(.init(merchantID: merchant, secret: Secret(secret))))
    }

    // MARK: Omise

    static let omiseBody =
        #"{"object":"event","id":"evnt_test_64ab12cd34ef56gh789","livemode":false,"location":"/events/evnt_test_64ab12cd34ef56gh789","webhook_deliveries":[],"data":{"object":"charge","id":"chrg_test_64ab12aa11bb22cc333","amount":345000,"currency":"thb","status":"successful","paid":true,"metadata":{"order_id":"1001"}},"key":"charge.complete","created_at":"2026-11-21T03:00:00Z"}"#
    static let omiseSecret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    static let omiseSignature = "d08f42fd3e0d5794a4891c12c80d09defff411568f12c93f6c92a4f669500389"
    static let omiseTime = "1795230003"

    static func omise(secret: String = omiseSecret, key: String = "skey_test_1") throws -> Omise {
        try made(Omise(.init(webhookSecret: Secret(secret), secretKey: Secret(key))))
    }

    // MARK: PayMongo

    static let payMongoBody =
        #"{"data":{"id":"evt_8Yb2mQvT1nRk5sWc","type":"event","attributes":{"type":"payment.paid","livemode":false,"data":{"id":"pay_Zk3Lq9XwB7tN2dHf","type":"payment","attributes":{"amount":79900,"currency":"PHP","description":"Order 1001","external_reference_number":null,"fee":1998,"net_amount":77902,"livemode":false,"metadata":{"order_id":"1001"},"paid_at":1795230000,"payment_intent_id":"pi_F3vC8sD1aQ9mE6yU","source":{"id":"src_T5rG2hJ8kP4wV7bX","type":"gcash"},"status":"paid"}},"previous_data":{},"created_at":1795230001,"updated_at":1795230001}}}"#
    static let payMongoSecret = "whsk_test_51f0c9a7e2b84d6d"
    static let payMongoCode = "f1673798a7ead736b058d5de85b1924a1f83a01b78f2c8e30c96b70ded3ccf1f"
    static let payMongoField = "t=1795230002,te=\(payMongoCode),li="

    static func payMongo(secret: String = payMongoSecret, isLive: Bool = false) throws -> PayMongo {
        try made(PayMongo(.init(webhookSecret: Secret(secret), secretKey: Secret("sk_1"), isLive: isLive)))
    }

    // MARK: Both

    /// A second after the newest of the signatures.
    static let now = Timestamp(seconds: 1_795_230_004)

    static func response(_ status: Int, _ body: String) -> HTTPResponse {
        HTTPResponse(head: HTTPResponseHead(status: status), body: Array(body.utf8))
    }

    static func baht(_ satang: Int64) throws -> Money { try made(Money(hundredths: satang, .baht)) }
    static func pesos(_ centavos: Int64) throws -> Money { try made(Money(hundredths: centavos, .philippinePeso)) }

    struct NotMade: Error {}

    static func made<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw NotMade() }
        return value
    }
}

/// Why it is refused; nil when it is taken.
func refusal(_ read: () throws(WebhookRefusal) -> GatewayNotice) -> WebhookRefusal? {
    do throws(WebhookRefusal) {
        _ = try read()
        return nil
    } catch { return error }
}

/// Why it failed; nil when it did not.
func failure<Value>(_ read: () throws(GatewayFailure) -> Value) -> GatewayFailure? {
    do throws(GatewayFailure) {
        _ = try read()
        return nil
    } catch { return error }
}

extension GatewayNotice {
    var report: ChargeReport? {
        switch subject {
        case .charge(let report), .refund(let report): report
        case .other: nil
        }
    }
}
