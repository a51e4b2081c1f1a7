internal import Authentication
internal import JSON
package import Primitives

/// 2C2P's payment gateway, version 4: everything in both directions is a token signed with the merchant's secret, in the member
/// `payload` of an object. Pure; `HTTPClient` carries the calls.
package struct TwoC2P: Sendable {
    package struct Configuration: Sendable {
        package var merchantID: String
        package var secret: Secret
        /// Without a slash at the end.
        package var baseURL: String
        package var limits = GatewayLimits()

        package init(merchantID: String, secret: Secret, baseURL: String = "https://pgw.2c2p.com/payment/4.3") {
            self.merchantID = merchantID
            self.secret = secret
            self.baseURL = baseURL
        }
    }

    let configuration: Configuration
    let claims: SignedClaims
    var reading: GatewayReading { GatewayReading(limits: configuration.limits) }

    /// Nil without a merchant or without a secret: everybody could sign for that merchant.
    package init?(_ configuration: Configuration) {
        guard !configuration.merchantID.isEmpty, !configuration.secret.isEmpty else { return nil }
        self.configuration = configuration
        claims = SignedClaims(secret: configuration.secret, limits: configuration.limits)
    }

    // MARK: Webhook

    /// What a notification to `backendReturnUrl` says. `body` as received; JSON, or a form where `contentType` or the body
    /// is one. There is no time in the proof: what was received before must be known by its `event`.
    package func notice(body: [UInt8], contentType: String?) throws(WebhookRefusal) -> GatewayNotice {
        guard body.count <= configuration.limits.maxBodyBytes else { throw .malformed("body") }
        let claims = try claims.read(try payload(body, contentType))
        guard claims["merchantID"]?.string == configuration.merchantID else { throw .wrongMerchant }
        guard let code = reading.word(claims["respCode"], maxBytes: 4) else { throw .malformed("respCode") }
        guard let report = report(claims, code: code) else { throw .malformed("invoiceNo") }
        let event = Self.event(report, code: code)
        return GatewayNotice(event: event, subject: report.state == .refunded ? .refund(report) : .charge(report))
    }

    private func payload(_ body: [UInt8], _ contentType: String?) throws(WebhookRefusal) -> String {
        let start = body.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        let isForm = contentType?.lowercased().hasPrefix("application/x-www-form-urlencoded") ?? true
        if start != 0x7B, isForm { return try formPayload(body) }
        guard let json = reading.json(body), json.object != nil else { throw .malformed("body") }
        guard let payload = json["payload"], !payload.isNull else { throw .missingSignature }
        guard let token = payload.string else { throw .malformed("payload") }
        return token
    }

    /// The one field `payload`. No character of a token is ever escaped, so an escape makes it malformed.
    private func formPayload(_ body: [UInt8]) throws(WebhookRefusal) -> String {
        let name = Array("payload=".utf8)
        let values = body.split(separator: 0x26).filter { $0.starts(with: name) }.map { $0.dropFirst(name.count) }
        guard let value = values.first else { throw .missingSignature }
        guard values.count == 1 else { throw .malformed("payload") }
        return String(decoding: value, as: UTF8.self)
    }

    /// The parts have no line feed, so that no two make the same text.
    private static func event(_ report: ChargeReport, code: String) -> String {
        let parts = [report.payment ?? "", report.charge, code]
        return Base64.encodeURLSafe(SHA256.digest(Array(parts.joined(separator: "\n").utf8)))
    }

    // MARK: Claims

    /// Nil without an invoice.
    func report(_ claims: JSONValue, code: String) -> ChargeReport? {
        guard let invoice = reading.word(claims["invoiceNo"], maxBytes: Invoice.maxNumberBytes) else { return nil }
        let charge = reading.identifier(claims["tranRef"]) ?? reading.identifier(claims["referenceNo"]) ?? invoice
        let state = Self.state(code)
        return ChargeReport(
            gateway: .twoC2P, charge: charge, payment: invoice, state: state,
            amount: reading.decimal(claims["amount"], reading.currency(claims["currencyCode"])),
            code: reading.code(.string(code)), paidAt: state == .paid ? time(claims["transactionDateTime"]) : nil,
            method: reading.method(claims["channelCode"]))
    }

    /// What a `respCode` says of the payment. Those of requests that failed say nothing of it.
    static func state(_ code: String) -> ChargeReport.State {
        switch code {
        // Successful; and settled, which follows.
        case "0000", "4110": .paid
        case "0001", "2001": .pending
        case "0003", "5010": .cancelled
        case "5009": .expired
        case "4120": .refunded
        // The payer's bank took it back.
        case "4130": .reversed
        // The issuer's answer (ISO 8583) in the last two.
        case let code where code.utf8.count == 4 && Int(code).map({ (4_000...4_099).contains($0) }) == true: .failed
        default: .unknown
        }
    }

    /// `yyyyMMddHHmmss` of Bangkok's clock.
    private func time(_ value: JSONValue?) -> Timestamp? {
        guard let text = value?.string, text.utf8.count == 14, text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        let digits = Array(text)
        func part(_ range: Range<Int>) -> String { String(digits[range]) }
        return Timestamp(
            rfc3339:
                "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(8..<10)):\(part(10..<12)):\(part(12..<14))+07:00")
    }
}
