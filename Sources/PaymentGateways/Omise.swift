internal import JSON
package import Primitives

/// Omise, now Opn Payments: signed webhooks, and calls with a secret key. Amounts are whole satang. Pure; `HTTPClient`
/// carries the calls.
package struct Omise: Sendable {
    /// In lower case.
    package static let signatureField = "omise-signature"
    package static let timestampField = "omise-signature-timestamp"

    package struct Configuration: Sendable {
        /// As the dashboard shows it: base64, of which the key is what it decodes to.
        package var webhookSecret: Secret
        /// `skey_…`: of the test mode when it begins with `skey_test_`.
        package var secretKey: Secret
        /// Without a slash at the end.
        package var baseURL: String
        package var limits = GatewayLimits()

        package init(webhookSecret: Secret, secretKey: Secret, baseURL: String = "https://api.omise.co") {
            self.webhookSecret = webhookSecret
            self.secretKey = secretKey
            self.baseURL = baseURL
        }
    }

    let configuration: Configuration
    private let signature: TimedSignature
    var reading: GatewayReading { GatewayReading(limits: configuration.limits) }

    /// Nil when the webhook's secret is empty or not base64, or the key is empty: what is not signed is never taken.
    package init?(_ configuration: Configuration) {
        guard let key = Base64.decode(configuration.webhookSecret.reveal().utf8), !key.isEmpty,
            !configuration.secretKey.isEmpty
        else { return nil }
        self.configuration = configuration
        signature = TimedSignature(key: key, limits: configuration.limits)
    }

    /// Nil for a key of another kind, as stand-ins have.
    private var isLive: Bool? {
        let key = configuration.secretKey.reveal()
        return key.hasPrefix("skey_test_") ? false : key.hasPrefix("skey_") ? true : nil
    }

    // MARK: Webhook

    /// What an event says. `signatures` and `timestamps` are the values of all of the request's fields of these names,
    /// `body` its bytes as received.
    package func notice(
        body: [UInt8], signatures: [String], timestamps: [String], at now: Timestamp
    ) throws(WebhookRefusal) -> GatewayNotice {
        guard signatures.reduce(0, { $0 + $1.utf8.count }) <= configuration.limits.maxSignatureBytes else {
            throw .malformed("signature")
        }
        // Several while the secret is changed.
        let codes = signatures.flatMap { $0.split(separator: ",") }.map { $0.trimmed }.filter { !$0.isEmpty }
        guard !codes.isEmpty, let timestamp = timestamps.first else { throw .missingSignature }
        guard timestamps.count == 1 else { throw .malformed("timestamp") }
        try signature.verify(body, seconds: timestamp, codes: codes, at: now)
        return try notice(body)
    }

    private func notice(_ body: [UInt8]) throws(WebhookRefusal) -> GatewayNotice {
        guard let json = reading.json(body), json["object"]?.string == "event" else { throw .malformed("body") }
        if let isLive {
            guard let mode = json["livemode"]?.bool else { throw .malformed("livemode") }
            guard mode == isLive else { throw .wrongMode }
        }
        guard let event = reading.identifier(json["id"]) else { throw .malformed("id") }
        guard let key = reading.word(json["key"], maxBytes: configuration.limits.maxCodeBytes) else {
            throw .malformed("key")
        }
        let subject: GatewayNotice.Subject
        if key.hasPrefix("charge.") {
            guard let report = json["data"].flatMap(report) else { throw .malformed("data") }
            subject = .charge(report)
        } else if key.hasPrefix("refund.") {
            guard let report = json["data"].flatMap(refundNotice) else { throw .malformed("data") }
            subject = .refund(report)
        } else {
            subject = .other(type: key)
        }
        return GatewayNotice(event: event, subject: subject)
    }

    // MARK: Objects

    /// Nil when it is no charge.
    func report(_ charge: JSONValue) -> ChargeReport? {
        guard charge["object"]?.string == "charge", let id = reading.identifier(charge["id"]) else { return nil }
        let currency = reading.currency(charge["currency"])
        let amount = reading.hundredths(charge["amount"], currency)
        // Older versions of the account's API have the other name.
        let back = charge["refunded_amount"] ?? charge["refunded"]
        let refunded = reading.hundredths(back, currency)
        let isRefundKnown = refunded != nil || back.map(\.isNull) ?? true
        return ChargeReport(
            gateway: .omise, charge: id, payment: reading.payment(metadata: charge["metadata"]),
            state: reading.state(
                state(charge), amount: amount, refunded: refunded, isRefundKnown: isRefundKnown),
            amount: amount, refunded: refunded.flatMap { $0.isZero ? nil : $0 },
            code: reading.code(charge["failure_code"]), paidAt: reading.rfc3339(charge["paid_at"]),
            method: reading.method(charge["source"]?["type"]) ?? (charge["card"]?.object == nil ? nil : "card"))
    }

    private func state(_ charge: JSONValue) -> ChargeReport.State {
        switch charge["status"]?.string {
        // A charge can only be both, or one of them is wrong.
        case "successful": charge["paid"]?.bool == false ? .unknown : .paid
        case "pending": .pending
        case "failed": .failed
        case "expired": .expired
        case "reversed": .reversed
        default: .unknown
        }
    }

    /// What a refund says of its charge: no more than that something was given back. Nil when it is no refund.
    private func refundNotice(_ refund: JSONValue) -> ChargeReport? {
        guard let report = self.refund(refund) else { return nil }
        return ChargeReport(
            gateway: .omise, charge: report.charge, payment: reading.payment(metadata: refund["metadata"]),
            state: .unknown, amount: nil, refunded: report.amount)
    }

    func refund(_ refund: JSONValue) -> RefundReport? {
        guard refund["object"]?.string == "refund", let id = reading.identifier(refund["id"]),
            // An account may have them expanded.
            let charge = reading.identifier(refund["charge"]) ?? reading.identifier(refund["charge"]?["id"])
        else { return nil }
        let state: RefundReport.State =
            switch refund["status"]?.string {
            // Older versions of the API have none: what is made is done.
            case "closed", nil: .succeeded
            case "pending": .pending
            case "failed", "rejected": .failed
            default: .unknown
            }
        return RefundReport(
            gateway: .omise, refund: id, charge: charge, state: state,
            amount: reading.hundredths(refund["amount"], reading.currency(refund["currency"])))
    }

    // MARK: For stand-ins and tests

    /// The value of `Omise-Signature` for `body` at `seconds`.
    package func signatureValue(for body: [UInt8], seconds: Int64) -> String { signature.code(body, seconds: seconds) }
}

extension Substring {
    /// Without spaces and tabs around it: optional white space of a field's list (RFC 9110 §5.6.1).
    var trimmed: String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        return String(String(drop(while: isSpace).reversed().drop(while: isSpace)).reversed())
    }
}
