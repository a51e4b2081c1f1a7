import HTTPClient
import JSON
import PaymentGateways
import Primitives

/// What each gateway's target knows: how a body is signed for it, how one is received, and what reads its answers.
///
/// Without a flag the payload is an event that is signed well, so that the reader behind the signature is reached; what is
/// taken keeps the bounds, and nothing is taken of it once one byte is changed. Flag 1: a whole delivery as a stranger
/// makes it, its header fields in the first lines; all are refused. Flag 2: an answer; the other flags choose its status.
private struct GatewayProperty: Sendable {
    let name: GatewayName
    /// The body and header fields of a genuine delivery of `event`.
    let sign: @Sendable (_ event: [UInt8]) -> (body: [UInt8], fields: [String])
    /// With as many header fields as `sign` makes.
    let receive: @Sendable (_ body: [UInt8], _ fields: [String]) throws(WebhookRefusal) -> GatewayNotice
    /// The reports and pages that an answer with this content is read as.
    let answers:
        @Sendable (_ status: Int, _ content: [UInt8]) throws -> (reports: [ChargeReport], pages: [CheckoutPage])

    private static let statuses = [200, 201, 400, 401, 404, 429, 500, 302]

    func check(_ input: FuzzInput) throws {
        if input.has(2) { return try checkAnswer(input) }
        if input.has(1) { return try checkStranger(input) }
        let (body, fields) = sign(input.payload)
        let notice: GatewayNotice
        do throws(WebhookRefusal) { notice = try receive(body, fields) } catch {
            if case .malformed(let property) = error {
                try expect(property.utf8.count < 16, property)
            }
            return try expect(error != .badSignature && error != .missingSignature, "\(error) of what is signed")
        }
        try check(notice)
        var changed = body
        let index = input.payload.reduce(Int(input.flags)) { ($0 &* 31 &+ Int($1)) & 0xFFFF } % body.count
        changed[index] ^= 1
        let again = Result { () throws(WebhookRefusal) in try receive(changed, fields) }
        if case .success = again { throw Violated("taken with another byte at \(index)") }
    }

    private func checkStranger(_ input: FuzzInput) throws {
        let count = sign([]).fields.count
        var parts = input.payload.split(separator: 0x0A, maxSplits: count, omittingEmptySubsequences: false)
        let body = Array(parts.popLast() ?? [])
        let fields = parts.map { String(decoding: $0, as: UTF8.self) }
        guard fields.count == count else { return }
        let result = Result { () throws(WebhookRefusal) in try receive(body, fields) }
        if case .success(let notice) = result { throw Violated("taken without a key: \(notice)") }
    }

    private func checkAnswer(_ input: FuzzInput) throws {
        let status = Self.statuses[Int(input.flags >> 2) % Self.statuses.count]
        let (reports, pages) = try answers(status, input.payload)
        try expect(reports.isEmpty && pages.isEmpty || status < 300, "an answer with \(status)")
        for report in reports { try check(report) }
        for page in pages {
            try expect(page.url.hasPrefix("https://") && page.url.utf8.count <= GatewayLimits().maxURLBytes, page.url)
            try checkText(page.url, atMost: GatewayLimits().maxURLBytes, isWord: true)
            try checkText(page.id, atMost: GatewayLimits().maxTokenBytes, isWord: true)
        }
    }

    // MARK: What comes out

    private func check(_ notice: GatewayNotice) throws {
        let limits = GatewayLimits()
        try checkText(notice.event, atMost: limits.maxIdentifierBytes, isWord: true)
        switch notice.subject {
        case .charge(let report), .refund(let report): try check(report)
        case .other(let type): try checkText(type, atMost: limits.maxCodeBytes, isWord: true)
        }
    }

    private func check(_ report: ChargeReport) throws {
        let limits = GatewayLimits()
        try expect(report.gateway == name, "\(report.gateway)")
        try expect(report.state != .paid || report.amount != nil, "paid without an amount")
        try checkText(report.charge, atMost: limits.maxIdentifierBytes, isWord: true)
        if let payment = report.payment { try checkText(payment, atMost: limits.maxIdentifierBytes, isWord: true) }
        if let code = report.code { try checkText(code, atMost: limits.maxCodeBytes, isWord: false) }
        if let method = report.method { try checkText(method, atMost: limits.maxMethodBytes, isWord: false) }
        if let amount = report.amount, let refunded = report.refunded, report.state == .paid {
            try expect(refunded.hundredths < amount.hundredths, "paid, and \(refunded.decimal) given back")
            try expect(refunded.currency == amount.currency, "given back in \(refunded.currency)")
        }
    }

    private func checkText(_ text: String, atMost count: Int, isWord: Bool) throws {
        try expect((1...count).contains(text.utf8.count), "\(text.utf8.count) bytes")
        try expect(text.utf8.allSatisfy { ((isWord ? 0x21 : 0x20)...0x7E).contains($0) }, text)
    }
}

/// What is read; nil when it is not.
private func read<Value>(_ body: () throws(GatewayFailure) -> Value) -> Value? {
    do throws(GatewayFailure) { return try body() } catch { return nil }
}

private func response(_ status: Int, _ body: [UInt8]) -> HTTPResponse {
    HTTPResponse(head: HTTPResponseHead(status: status), body: body)
}

extension FuzzTarget {
    private static let seconds: Int64 = 1_795_230_003
    private static let now = Timestamp(seconds: seconds)

    private static func target(
        _ name: String, _ property: GatewayProperty?, words: [String], events: [String], answers: [String]
    ) -> FuzzTarget {
        FuzzTarget(name, words: words) { input in
            guard let property else { throw Violated("no gateway") }
            try property.check(input)
        } seeds: {
            events.map { FuzzInput.bytes($0.utf8) } + events.map { FuzzInput.bytes(flags: 1, "a\nb\n\($0)".utf8) }
                + answers.flatMap { answer in
                    (0..<8).map { FuzzInput.bytes(flags: UInt8(2 | $0 << 2), answer.utf8) }
                }
        }
    }

    /// Claims, which the target signs; the answers, too.
    static let twoC2PWebhook: FuzzTarget = {
        let gateway = TwoC2P(.init(merchantID: "M", secret: Secret("a merchant's secret")))
        let property = gateway.map { gateway in
            GatewayProperty(name: .twoC2P) {
                (gateway.signedBody(claims: $0), [])
            } receive: { body, _ throws(WebhookRefusal) in
                try gateway.notice(body: body, contentType: nil)
            } answers: { status, claims in
                func report(_ body: [UInt8]) -> ChargeReport? {
                    read { () throws(GatewayFailure) in try gateway.report(response(status, body), payment: "I1") }
                }
                func page(_ body: [UInt8]) -> CheckoutPage? {
                    read { () throws(GatewayFailure) in try gateway.page(response(status, body)) }
                }
                try expect(report(claims) == nil && page(claims) == nil, "an answer that nobody signed")
                let signed = gateway.signedBody(claims: claims)
                return ([report(signed)].compactMap(\.self), [page(signed)].compactMap(\.self))
            }
        }
        let claims = #""merchantID":"M","invoiceNo":"I1","currencyCode":"THB","channelCode":"VI","#
        return target(
            "2c2p-webhook", property,
            words: [
                "\"merchantID\":\"M\"", "\"invoiceNo\":\"I1\"", "\"amount\":3450.00000", "\"amount\":\"3450.00\"",
                "\"currencyCode\":\"THB\"", "\"tranRef\":\"", "\"referenceNo\":\"", "\"respCode\":\"0000\"", "4120",
                "\"transactionDateTime\":\"20261121100000\"", "\"channelCode\":\"", "\"paymentToken\":\"t\"",
                "\"webPaymentUrl\":\"https://", "\"payload\":\"", "payload=",
            ],
            events: [
                "{\(claims)\"amount\":\"3450.00\",\"tranRef\":\"28\",\"transactionDateTime\":\"20261121100000\",\"respCode\":\"0000\"}",
                "{\(claims)\"amount\":3450.00000,\"referenceNo\":\"27\",\"respCode\":\"4120\"}",
                "{\(claims)\"amount\":1.001,\"respCode\":\"4051\"}", #"{"merchantID":"X"}"#,
                #"{"payload":"eyJhbGciOiJub25lIn0.e30."}"#, "payload=a.b.c&x=1",
            ],
            answers: [
                "{\(claims)\"amount\":\"3450.00\",\"respCode\":\"0000\"}",
                #"{"webPaymentUrl":"https://p.example/#/t","paymentToken":"t+/=","respCode":"0000"}"#,
                #"{"respCode":"9042","respDesc":"x"}"#, #"{"respCode":"2002"}"#, "<html>",
            ])
    }()

    static let omiseWebhook: FuzzTarget = {
        let gateway = Omise(.init(webhookSecret: Secret("AAECAwQFBgc="), secretKey: Secret("skey_test_1")))
        let property = gateway.map { gateway in
            GatewayProperty(name: .omise) { body in
                (body, [gateway.signatureValue(for: body, seconds: seconds), "\(seconds)"])
            } receive: { body, fields throws(WebhookRefusal) in
                try gateway.notice(body: body, signatures: [fields[0]], timestamps: [fields[1]], at: now)
            } answers: { status, body in
                let response = response(status, body)
                _ = read { () throws(GatewayFailure) in try gateway.refund(response, charge: "chrg_1") }
                let report = read { () throws(GatewayFailure) in try gateway.report(response, charge: "chrg_1") }
                return ([report].compactMap(\.self), [])
            }
        }
        let charge =
            #"{"object":"charge","id":"chrg_1","amount":345000,"currency":"thb","status":"successful","paid":true,"paid_at":"2026-11-21T03:00:00Z","source":{"type":"promptpay"},"metadata":{"order_id":"1001"}}"#
        let refund =
            #"{"object":"refund","id":"rfnd_1","amount":1000,"currency":"thb","charge":"chrg_1","status":"closed"}"#
        func event(_ key: String, _ data: String) -> String {
            #"{"object":"event","id":"evnt_1","livemode":false,"data":\#(data),"key":"\#(key)"}"#
        }
        return target(
            "omise-webhook", property,
            words: [
                "\"object\":\"event\"", "\"object\":\"charge\"", "\"object\":\"refund\"", "\"id\":\"evnt_1\"",
                "\"livemode\":false", "\"data\":{", "\"id\":\"chrg_1\"", "\"amount\":345000", "\"currency\":\"thb\"",
                "\"status\":\"successful\"", "\"paid\":true", "\"refunded_amount\":", "\"refunded\":",
                "\"failure_code\":\"", "\"source\":{\"type\":\"", "\"metadata\":{\"order_id\":", "\"payment_id\":\"",
                "\"charge\":\"chrg_1\"", "\"key\":\"charge.complete\"", "\"key\":\"refund.create\"", "\"card\":{",
            ],
            events: [
                event("charge.complete", charge), event("refund.create", refund), event("customer.create", "{}"),
                event("charge.complete", charge.replacing(#""paid":true"#, with: #""refunded_amount":345000"#)),
            ], answers: [charge, refund, #"{"object":"error","code":"not_found"}"#, "[]"])
    }()

    static let payMongoWebhook: FuzzTarget = {
        let gateway = PayMongo(.init(webhookSecret: Secret("whsk_1"), secretKey: Secret("sk_1"), isLive: true))
        let property = gateway.map { gateway in
            GatewayProperty(name: .paymongo) { body in
                (body, [gateway.signatureValue(for: body, seconds: seconds)])
            } receive: { body, fields throws(WebhookRefusal) in
                try gateway.notice(body: body, signatures: fields, at: now)
            } answers: { status, body in
                let response = response(status, body)
                _ = read { () throws(GatewayFailure) in try gateway.refund(response, charge: "pay_1") }
                let reports = [
                    read { () throws(GatewayFailure) in try gateway.report(response, charge: "pay_1") },
                    read { () throws(GatewayFailure) in try gateway.report(response, session: "cs_1") },
                ]
                let page = read { () throws(GatewayFailure) in try gateway.page(response) }
                return (reports.compactMap(\.self), [page].compactMap(\.self))
            }
        }
        let payment =
            #"{"id":"pay_1","type":"payment","attributes":{"amount":79900,"currency":"PHP","status":"paid","paid_at":1795230000,"external_reference_number":"r-1","refunds":[{"attributes":{"amount":900,"status":"succeeded"}}],"source":{"type":"gcash"}}}"#
        let session =
            #"{"id":"cs_1","type":"checkout_session","attributes":{"checkout_url":"https://c.example/cs_1","reference_number":"r-1","metadata":{"payment_id":"p"},"payments":[\#(payment)]}}"#
        let refund =
            #"{"id":"ref_1","type":"refund","attributes":{"amount":900,"currency":"PHP","payment_id":"pay_1","status":"pending"}}"#
        func event(_ type: String, _ data: String) -> String {
            #"{"data":{"id":"evt_1","type":"event","attributes":{"type":"\#(type)","livemode":true,"data":\#(data)}}}"#
        }
        return target(
            "paymongo-webhook", property,
            words: [
                "\"data\":{", "\"type\":\"event\"", "\"attributes\":{", "\"type\":\"payment.paid\"",
                "\"type\":\"payment.refunded\"", "\"type\":\"checkout_session.payment.paid\"", "\"livemode\":true",
                "\"id\":\"evt_1\"", "\"id\":\"pay_1\"", "\"id\":\"cs_1\"", "\"type\":\"payment\"",
                "\"type\":\"checkout_session\"", "\"type\":\"refund\"", "\"amount\":79900", "\"currency\":\"PHP\"",
                "\"status\":\"paid\"", "\"refunds\":[{", "\"payments\":[{", "\"paid_at\":17",
                "\"payment_id\":\"pay_1\"",
                "\"reference_number\":\"", "\"checkout_url\":\"https://", "\"failed_code\":\"",
                "\"errors\":[{\"code\":\"",
                "t=1795230003,te=,li=",
            ],
            events: [
                event("payment.paid", payment), event("payment.refunded", payment), event("payment.refunded", refund),
                event("checkout_session.payment.paid", session), event("source.chargeable", "{}"),
            ],
            answers: [payment, session, refund].map { #"{"data":\#($0)}"# }
                + [#"{"errors":[{"code":"parameter_invalid"}]}"#, "{}"])
    }()
}
