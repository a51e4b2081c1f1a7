internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import PaymentGateways
internal import Primitives
internal import Reactor
internal import Sessions
internal import Transport
internal import WireProtocol

/// `POST /webhooks/{tenant}/{gateway}`: what a payment gateway says became of a charge, or SlipOK of a slip.
///
/// The proof over the raw bytes comes first. The answer is 200 once the event stands in the payment's log, and the gateway is asked
/// after that: what it sends is a hint. What concerns no payment of ours is 200, too, as gateways stop calling who refuses them;
/// `outcome` says what became of it. 503 is always safe to answer: they call again, and an event that came before changes nothing.
enum PaymentWebhookEndpoint {
    static func receive(_ request: RoutedRequest, _ parameters: PathParameters) {
        receive(request, tenant: parameters["tenant"] ?? "", provider: parameters["gateway"] ?? "")
    }

    /// The same, below whatever path a platform's document has for it.
    static func receive(_ request: RoutedRequest, tenant: String, provider: String) {
        guard let merchant = request.services.merchants[tenant] else { return refuseUnknown(request) }
        let body = request.request.body
        let headers = request.request.headers
        let now = request.exchange.loop.time.wallClock
        do throws(WebhookRefusal) {
            let notice: GatewayNotice
            switch provider {
            case GatewayName.twoC2P.rawValue:
                guard let gateway = merchant.twoC2P else { return refuseUnknown(request) }
                notice = try gateway.notice(body: body, contentType: headers.all("Content-Type").first)
            case GatewayName.omise.rawValue:
                guard let gateway = merchant.omise else { return refuseUnknown(request) }
                notice = try gateway.notice(
                    body: body, signatures: headers.all(Omise.signatureField),
                    timestamps: headers.all(Omise.timestampField), at: now)
            case GatewayName.paymongo.rawValue:
                guard let gateway = merchant.payMongo else { return refuseUnknown(request) }
                notice = try gateway.notice(body: body, signatures: headers.all(PayMongo.signatureField), at: now)
            case "slipok":
                guard let secret = merchant.slipWebhookSecret else { return refuseUnknown(request) }
                return receiveSlip(request, tenant, try SlipNotice(request.request, secret: secret))
            default: return refuseUnknown(request)
            }
            take(notice, request, tenant)
        } catch {
            refuse(request, error)
        }
    }

    private static func refuseUnknown(_ request: RoutedRequest) {
        request.refuse(Fault(.noSuchSession, "no such gateway is set up"))
    }

    /// Who sends what is not signed asks as often as its address may; whoever signs is not counted.
    static func refuse(_ request: RoutedRequest, _ refusal: WebhookRefusal) {
        let fault: Fault
        switch refusal {
        case .malformed(let part): return request.refuse(Fault(.malformed, "the body is no webhook: \(part)"))
        case .missingSignature: fault = Fault(.unauthenticated, "INVALID_SIGNATURE: there is none")
        case .badSignature: fault = Fault(.unauthenticated, "INVALID_SIGNATURE")
        case .stale: fault = Fault(.unauthenticated, "INVALID_SIGNATURE: it was made too long ago, or too far ahead")
        case .wrongMode: fault = Fault(.forbidden, "of another mode than this server's")
        case .wrongMerchant: fault = Fault(.forbidden, "for another merchant")
        }
        request.gateway.observer.refused(.signature)
        if let wait = request.gateway.waitAfterBadSignature(from: request.exchange.peerAddress) {
            return request.refuse(Fault(.rateLimited, "too many unsigned requests from this address", retryAfter: wait))
        }
        request.refuse(fault)
    }

    // MARK: Gateways

    private static func take(_ notice: GatewayNotice, _ request: RoutedRequest, _ tenant: String) {
        let report: ChargeReport
        switch notice.subject {
        case .charge(let charge), .refund(let charge): report = charge
        case .other: return answer(request, outcome: "ignored", code: nil)
        }
        guard let payment = report.payment,
            let address = SessionAddress(tenant: tenant, path: SessionKind.payment.rawValue + "/" + payment)
        else { return answer(request, outcome: "ignored", code: "TRANSACTION_NOT_FOUND") }
        var data: JSONObject = [
            "gateway": .string(report.gateway.rawValue), "event": .string(notice.event),
            "charge": .string(report.charge), "state": .string(report.state.rawValue),
        ]
        if let amount = report.amount {
            data["amount"] = .string(amount.decimal)
            data["currency"] = .string(amount.currency.code)
        }
        submit("notice.receive", .object(data), by: report.gateway.rawValue, to: address, request) { answer in
            self.answer(request, outcome: answer["outcome"]?.string ?? "taken", code: answer["reason"]?.string)
        }
    }

    /// Answers to what the session made of a command; a payment that is not there is ignored.
    private static func submit(
        _ name: String, _ data: JSONValue, by provider: String, to address: SessionAddress, _ request: RoutedRequest,
        _ taken: @escaping @Sendable (JSONValue) -> Void
    ) {
        let caller = Caller(tenant: address.tenant, subject: provider, role: .service)
        let decided: @Sendable (Result<CommandAnswer, Fault>) -> Void = request.onLoop { result in
            switch result {
            case .success(let body): taken(parsed(body.body))
            case .failure(let fault):
                switch fault.code {
                case .noSuchSession: answer(request, outcome: "ignored", code: "TRANSACTION_NOT_FOUND")
                case .rejected, .tooLate: answer(request, outcome: "ignored", code: fault.detail)
                default: request.refuse(fault)
                }
            }
        }
        let ticket = CommandTicket(
            command: SessionCommand(caller: caller, name: name, data: data), key: nil, answer: decided)
        request.services.withRegistry(of: address) { $0.submit(address, ticket) }
    }

    /// What a session answers is JSON.
    private static func parsed(_ body: [UInt8]) -> JSONValue {
        do { return try JSONParser.parse(body) } catch { return .null }
    }

    private static func answer(_ request: RoutedRequest, outcome: String, code: String?) {
        var object: JSONObject = ["outcome": .string(outcome)]
        object["code"] = code.map(JSONValue.string)
        request.respond(secret: .object(object))
    }

    // MARK: SlipOK

    private static func receiveSlip(_ request: RoutedRequest, _ tenant: String, _ notice: SlipNotice) {
        guard let address = SessionAddress(tenant: tenant, path: SessionKind.payment.rawValue + "/" + notice.payment)
        else { return answer(request, outcome: "ignored", code: "TRANSACTION_NOT_FOUND") }
        submit(
            "slip.submit", ["payload": .string(notice.payload)], by: "slipok", to: address, request
        ) { _ in answer(request, outcome: "asking", code: nil) }
    }
}

/// What SlipOK sends about a slip: which payment it is shown for, and the text of its QR code. What else it says is not believed: the
/// slip is verified like any other.
struct SlipNotice: Sendable {
    let payment: String
    let payload: String

    static let secretField = "x-authorization"

    /// The secret is compared before anything is read.
    init(_ request: HTTPRequest, secret: Secret) throws(WebhookRefusal) {
        let shown = request.headers.all(Self.secretField)
        guard shown.count <= 1 else { throw .malformed(Self.secretField) }
        guard let token = shown.first, !token.isEmpty else { throw .missingSignature }
        guard ConstantTime.areEqual(Array(token.utf8), Array(secret.reveal().utf8)) else { throw .badSignature }
        try self.init(request.body)
    }

    init(_ body: [UInt8]) throws(WebhookRefusal) {
        let json: JSONValue
        do throws(JSONError) { json = try JSONParser.parseExactly(body) } catch { throw .malformed("body") }
        let number = json["txnId"] ?? json["transactionId"]
        guard let payment = number?.string ?? number?.integer.map(String.init), SessionAddress.isValid(id: payment)
        else {
            throw .malformed("txnId")
        }
        guard let payload = (json["data"]?["qrcodeData"] ?? json["data"]?["payload"] ?? json["payload"])?.string,
            (1...PaymentSlip.maxPayloadBytes).contains(payload.utf8.count)
        else { throw .malformed("data.qrcodeData") }
        self.payment = payment
        self.payload = payload
    }
}
