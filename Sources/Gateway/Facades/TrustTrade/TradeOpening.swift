internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import PaymentGateways
internal import Primitives
internal import WireProtocol

/// `POST /payments/create`, and `POST /transactions/escrow` (or `/escrow/create`): a payment, and PayMongo's page to pay it on.
enum TradeOpening {
    /// The document's `DECIMAL(10,2)`.
    static let maxHundredths: Int64 = 9_999_999_999
    static let maxDescriptionBytes = 255
    /// How long the page may take.
    static let expirySeconds: Int64 = 3_600

    /// PayMongo's ways to pay.
    enum Method: String, CaseIterable, Sendable {
        case gcash, card, paymaya, qrph
        case grabPay = "grab_pay"
    }

    /// What PayMongo takes.
    enum Tender: String, CaseIterable, Sendable {
        case peso = "PHP"
    }

    static func payment(_ request: TradeRequest) throws(TradeRefusal) {
        var fields = try request.fields()
        var provider: String?
        if let escrow = fields["escrow"] {
            if let object = escrow.object {
                var inner = OrderFields(object)
                provider = inner.text("provider", maxBytes: PaymentFacts.maxSubjectBytes)
                for violation in inner.violations {
                    fields.report("escrow." + violation.field, "escrow." + violation.message, violation.code)
                }
            } else {
                fields.report("escrow", "escrow must be an object with a provider", .format)
            }
        }
        try open(fields, provider: provider, TradeView.payment, request)
    }

    static func escrow(_ request: TradeRequest) throws(TradeRefusal) {
        var fields = try request.fields()
        let provider = fields.text("providerId", maxBytes: PaymentFacts.maxSubjectBytes)
        try open(fields, provider: provider, TradeView.transaction, request)
    }

    private static func open(
        _ given: OrderFields, provider: String?, _ view: @escaping @Sendable (Payment) -> JSONValue,
        _ request: TradeRequest
    ) throws(TradeRefusal) {
        var fields = given
        let amount = fields.amount(
            "amount", Money(hundredths: maxHundredths, .philippinePeso) ?? .zero(.philippinePeso))
        if fields["currency"] != nil { _ = fields.choice("currency", Tender.self) }
        let method = fields.choice("method", Method.self)
        let booking = fields.id(ifPresent: "bookingId")
        let description = fields.text(ifPresent: "description", maxBytes: maxDescriptionBytes)
        let consumer = fields.text(ifPresent: "consumerId", maxBytes: PaymentFacts.maxSubjectBytes)
        let fee = fee(&fields)
        let payer = consumer ?? request.principal.subject
        if let provider, provider == payer {
            fields.report("provider", "provider must be somebody else than who pays", .value)
        }
        if fee != nil, provider == nil {
            fields.report("feeBasisPoints", "feeBasisPoints needs a provider, who gets the rest", .value)
        }
        guard let amount, let method, fields.violations.isEmpty else { throw TradeRefusal(fields.violations) }
        if payer != request.principal.subject, !request.servesTenant {
            throw TradeRefusal(Fault(.forbidden, "consumerId is for the platform's staff and service"))
        }
        if fee != nil, request.principal.role != .service {
            throw TradeRefusal(Fault(.forbidden, "feeBasisPoints is for the platform's service"))
        }
        let configured = request.routed.services.merchants[request.principal.tenant]
            .flatMap { PlatformFee(basisPoints: $0.feeBasisPoints) }
        var platform: JSONObject = [TradeView.Fact.method: .string(method.rawValue)]
        platform[TradeView.Fact.description] = description.map(JSONValue.string)
        let address: SessionAddress
        do throws(Fault) { address = try PaymentOpening.address(request.routed, request.caller) } catch {
            throw TradeRefusal(error)
        }
        let facts = PaymentFacts(
            payer: payer, method: .card, amount: amount, expiresInSeconds: expirySeconds, gateway: .paymongo,
            order: booking, escrowPayee: provider,
            escrowFee: provider == nil ? .none : fee ?? configured ?? .none, platform: platform)
        let opening = PaymentOpening(
            address: address, facts: facts, description: description ?? "AI TrustTrade", methods: [method.rawValue])
        opening.begin(request.routed, request.caller, refused: { request.refuse($0) }) { opened in
            var data = view(opened.payment).object ?? [:]
            data["checkoutUrl"] = JSONValue(opened.page)
            request.envelope.succeed(.object(data), status: .created)
        }
    }

    private static func fee(_ fields: inout OrderFields) -> PlatformFee? {
        guard let value = fields["feeBasisPoints"] else { return nil }
        if let fee = value.integer.flatMap(PlatformFee.init(basisPoints:)) { return fee }
        fields.report("feeBasisPoints", "feeBasisPoints must be 0 to \(PlatformFee.maxBasisPoints)", .range)
        return nil
    }
}
