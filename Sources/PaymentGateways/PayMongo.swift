internal import JSON
package import Primitives

/// PayMongo of the Philippines (GCash, Maya, cards): signed webhooks, and calls with a secret key. Amounts are whole
/// centavos. Pure; `HTTPClient` carries the calls.
package struct PayMongo: Sendable {
    /// In lower case.
    package static let signatureField = "paymongo-signature"

    package struct Configuration: Sendable {
        /// `whsk_…`, whose characters are the key.
        package var webhookSecret: Secret
        /// `sk_…`.
        package var secretKey: Secret
        /// Which of a webhook's two signatures counts: never the sender's choice.
        package var isLive: Bool
        /// Without a slash at the end.
        package var baseURL: String
        package var limits = GatewayLimits()

        package init(
            webhookSecret: Secret, secretKey: Secret, isLive: Bool, baseURL: String = "https://api.paymongo.com/v1"
        ) {
            self.webhookSecret = webhookSecret
            self.secretKey = secretKey
            self.isLive = isLive
            self.baseURL = baseURL
        }
    }

    let configuration: Configuration
    private let signature: TimedSignature
    var reading: GatewayReading { GatewayReading(limits: configuration.limits) }

    /// Nil without a secret or a key: everybody could sign.
    package init?(_ configuration: Configuration) {
        guard !configuration.webhookSecret.isEmpty, !configuration.secretKey.isEmpty else { return nil }
        self.configuration = configuration
        signature = TimedSignature(
            key: Array(configuration.webhookSecret.reveal().utf8), limits: configuration.limits)
    }

    // MARK: Webhook

    /// What an event says. `signatures` are the values of all of the request's fields of that name, `body` its bytes as
    /// received.
    package func notice(
        body: [UInt8], signatures: [String], at now: Timestamp
    ) throws(WebhookRefusal) -> GatewayNotice {
        guard let field = signatures.first else { throw .missingSignature }
        guard signatures.count == 1, field.utf8.count <= configuration.limits.maxSignatureBytes else {
            throw .malformed("signature")
        }
        let parts = try Self.parts(field)
        guard let seconds = parts["t"] else { throw .malformed("timestamp") }
        guard let code = parts[configuration.isLive ? "li" : "te"], !code.isEmpty else { throw .missingSignature }
        try signature.verify(body, seconds: seconds, codes: [code], at: now)
        return try notice(body)
    }

    /// The parts of `t=…,te=…,li=…` by name, in any order; one that stands there twice says nothing.
    private static func parts(_ field: String) throws(WebhookRefusal) -> [String: String] {
        var parts: [String: String] = [:]
        for part in field.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, parts.updateValue(pair[1].trimmed, forKey: pair[0].trimmed) == nil else {
                throw .malformed("signature")
            }
        }
        return parts
    }

    private func notice(_ body: [UInt8]) throws(WebhookRefusal) -> GatewayNotice {
        guard let data = reading.json(body)?["data"], data["type"]?.string == "event",
            let attributes = data["attributes"]
        else { throw .malformed("body") }
        guard let mode = attributes["livemode"]?.bool else { throw .malformed("livemode") }
        guard mode == configuration.isLive else { throw .wrongMode }
        guard let event = reading.identifier(data["id"]) else { throw .malformed("id") }
        guard let type = reading.word(attributes["type"], maxBytes: configuration.limits.maxCodeBytes) else {
            throw .malformed("type")
        }
        return GatewayNotice(event: event, subject: try subject(type, attributes["data"]))
    }

    private func subject(_ type: String, _ resource: JSONValue?) throws(WebhookRefusal) -> GatewayNotice.Subject {
        let report: ChargeReport?
        switch type {
        case "payment.paid", "payment.failed": report = resource.flatMap(payment)
        case "checkout_session.payment.paid": report = resource.flatMap(session)
        case "payment.refunded": report = resource.flatMap { payment($0) ?? refundNotice($0) }
        // The old flow of `source.chargeable`, where we would have to take the money, is not used.
        default: return .other(type: type)
        }
        guard let report else { throw .malformed("data") }
        return type == "payment.refunded" ? .refund(report) : .charge(report)
    }

    // MARK: Resources

    /// Nil when it is no payment.
    func payment(_ resource: JSONValue) -> ChargeReport? {
        guard resource["type"]?.string == "payment" else { return nil }
        return payment(listed: resource)
    }

    /// As in the list of a session, where the type may be left out.
    private func payment(listed resource: JSONValue, of session: String? = nil) -> ChargeReport? {
        guard let id = reading.identifier(resource["id"]), let attributes = resource["attributes"],
            attributes.object != nil
        else { return nil }
        let currency = reading.currency(attributes["currency"])
        let amount = reading.hundredths(attributes["amount"], currency)
        let refunded = refunded(attributes["refunds"], currency)
        return ChargeReport(
            gateway: .paymongo, charge: id,
            payment: session ?? reading.payment(metadata: attributes["metadata"])
                ?? reading.identifier(attributes["external_reference_number"]),
            state: reading.state(
                Self.state(attributes["status"]?.string), amount: amount, refunded: refunded,
                isRefundKnown: refunded != nil),
            amount: amount, refunded: refunded.flatMap { $0.isZero ? nil : $0 },
            code: reading.code(attributes["failed_code"]), paidAt: reading.seconds(attributes["paid_at"]),
            method: reading.method(attributes["source"]?["type"]))
    }

    private static func state(_ status: String?) -> ChargeReport.State {
        switch status {
        case "paid": .paid
        case "pending": .pending
        case "failed": .failed
        case "refunded": .refunded
        default: .unknown
        }
    }

    /// The sum of what was given back or is on its way, so that nobody gives it twice: zero when there is no list of refunds, nil when one of it cannot be read.
    private func refunded(_ list: JSONValue?, _ currency: Currency?) -> Money? {
        guard let currency, var sum = Money(hundredths: 0, currency) else { return nil }
        guard let list, !list.isNull else { return sum }
        guard let refunds = list.array, refunds.count <= configuration.limits.maxRefunds else { return nil }
        for refund in refunds {
            let attributes = refund["attributes"] ?? refund
            switch attributes["status"]?.string {
            case "failed": continue
            default: break
            }
            guard let amount = reading.hundredths(attributes["amount"], currency), let more = sum.adding(amount)
            else { return nil }
            sum = more
        }
        return sum
    }

    /// The payment that a checkout session led to; while there is none, the session itself without an amount. Nil when it is no
    /// session.
    func session(_ resource: JSONValue) -> ChargeReport? {
        guard resource["type"]?.string == "checkout_session", let id = reading.identifier(resource["id"]),
            let attributes = resource["attributes"], attributes.object != nil
        else { return nil }
        let payment =
            reading.payment(metadata: attributes["metadata"]) ?? reading.identifier(attributes["reference_number"])
        let payments = (attributes["payments"]?.array ?? []).prefix(configuration.limits.maxPayments)
            .compactMap { self.payment(listed: $0, of: payment) }
        // Those that failed before do not count: the payer may try again.
        if let report = payments.first(where: { $0.state == .paid || $0.state == .refunded }) { return report }
        if let report = payments.first(where: { $0.state == .unknown }) { return report }
        return ChargeReport(
            gateway: .paymongo, charge: id, payment: payment,
            state: attributes["status"]?.string == "expired" ? .expired : .pending, amount: nil)
    }

    /// What a refund says of its payment: no more than that something was given back. Nil when it is no refund.
    private func refundNotice(_ resource: JSONValue) -> ChargeReport? {
        guard let report = refund(resource) else { return nil }
        return ChargeReport(
            gateway: .paymongo, charge: report.charge,
            payment: reading.payment(metadata: resource["attributes"]?["metadata"]), state: .unknown, amount: nil,
            refunded: report.state == .succeeded ? report.amount : nil)
    }

    func refund(_ resource: JSONValue) -> RefundReport? {
        guard resource["type"]?.string == "refund", let id = reading.identifier(resource["id"]),
            let attributes = resource["attributes"], let charge = reading.identifier(attributes["payment_id"])
        else { return nil }
        let state: RefundReport.State =
            switch attributes["status"]?.string {
            case "succeeded": .succeeded
            case "pending", "processing": .pending
            case "failed": .failed
            default: .unknown
            }
        return RefundReport(
            gateway: .paymongo, refund: id, charge: charge, state: state,
            amount: reading.hundredths(attributes["amount"], reading.currency(attributes["currency"])))
    }

    // MARK: For stand-ins and tests

    /// The value of `Paymongo-Signature` for `body` at `seconds`, as PayMongo sends it in the configured mode.
    package func signatureValue(for body: [UInt8], seconds: Int64) -> String {
        let code = signature.code(body, seconds: seconds)
        return configuration.isLive ? "t=\(seconds),te=,li=\(code)" : "t=\(seconds),te=\(code),li="
    }
}
