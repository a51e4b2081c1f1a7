internal import Domain
internal import HTTP1
internal import JSON
internal import Primitives
internal import Sessions
internal import Transport
internal import WireProtocol

/// Refunds, and the release of what is held. Who may, and when, is the payment's own to say.
enum TradeCommands {
    /// Of a reason: what a payment's notes can have, were each character one byte.
    static let maxReasonBytes = Payment.maxNoteCharacters

    /// `POST /payments/refund`
    static func refundPayment(_ request: TradeRequest) throws(TradeRefusal) {
        var fields = try request.fields()
        let id = fields.id("paymentId")
        try refund(id.flatMap(request.address), fields, TradeView.payment, request)
    }

    /// `PUT /transactions/{id}/refund`, `POST /escrow/{id}/refund`
    static func refund(_ request: TradeRequest) throws(TradeRefusal) {
        try refund(try request.address(), try request.fields(), TradeView.transaction, request)
    }

    private static func refund(
        _ address: SessionAddress?, _ given: OrderFields, _ view: @escaping @Sendable (Payment) -> JSONValue,
        _ request: TradeRequest
    ) throws(TradeRefusal) {
        var fields = given
        let reason = fields.text("reason", maxBytes: maxReasonBytes)
        let max = Money(hundredths: TradeOpening.maxHundredths, .philippinePeso) ?? .zero(.philippinePeso)
        let amount = fields.amount(ifPresent: "amount", max)
        guard let address, let reason, fields.violations.isEmpty else { throw TradeRefusal(fields.violations) }
        var data: JSONObject = ["note": .string(reason)]
        data["amount"] = amount.map { .string($0.decimal) }
        submit("payment.refund", .object(data), to: address, request) { answer, payment in
            var shown = view(payment).object ?? [:]
            // A gateway's refund ends when the gateway says so; reading the payment tells.
            let isUnderWay = payment.isRefundedElsewhere
            shown["refund"] = [
                "number": answer["refund"] ?? .null, "amount": answer["amount"] ?? .null,
                "status": isUnderWay ? "processing" : "completed",
            ]
            request.envelope.succeed(.object(shown), status: isUnderWay ? .accepted : .ok)
        }
    }

    /// `PUT /transactions/{id}/release`, `POST /escrow/{id}/release`; a body is not needed.
    static func release(_ request: TradeRequest) throws(TradeRefusal) {
        submit("escrow.release", [:], to: try request.address(), request) { _, payment in
            request.envelope.succeed(TradeView.transaction(payment))
        }
    }

    private static func submit(
        _ name: String, _ data: JSONValue, to address: SessionAddress, _ request: TradeRequest,
        _ done: @escaping @Sendable (_ answer: JSONValue, _ payment: Payment) -> Void
    ) {
        submit(name, data, to: address, request) { answer in
            TradeReading.read(address, request) { done(answer, $0) }
        }
    }

    /// Gives a session a command in the bearer's name; `done` runs on the request's loop with the answer.
    /// - Parameter refused: what becomes of the session's refusal; nil: it is told as it is.
    static func submit(
        _ name: String, _ data: JSONValue, to address: SessionAddress, _ request: TradeRequest,
        refused: (@Sendable (Fault) -> Void)? = nil, _ done: @escaping @Sendable (_ answer: JSONValue) -> Void
    ) {
        if let fault = request.routed.gateway.refusalOfCommand(to: address) { return request.refuse(fault) }
        let keys = request.routed.request.headers.all("Idempotency-Key")
        guard keys.count <= 1, keys.allSatisfy(ClientFrame.isValid) else {
            return request.refuse(
                Fault(
                    .invalidCommand,
                    "Idempotency-Key stands once and has 1 to \(ClientFrame.maxKeyBytes) visible ASCII characters"))
        }
        let decided: @Sendable (Result<CommandAnswer, Fault>) -> Void = request.routed.onLoop { result in
            switch result {
            case .failure(let fault): if let refused { refused(fault) } else { request.refuse(fault) }
            case .success(let answer):
                let json: JSONValue
                do throws(JSONError) { json = try JSONParser.parse(answer.body) } catch {
                    return request.refuse(Fault(.internal))
                }
                done(json)
            }
        }
        let ticket = CommandTicket(
            command: SessionCommand(caller: request.caller, name: name, data: data), key: keys.first, answer: decided)
        request.routed.services.withRegistry(of: address) { $0.submit(address, ticket) }
    }
}

extension Payment {
    /// Whether somebody else than this server gives its money back, or has to be asked first.
    fileprivate var isRefundedElsewhere: Bool {
        if facts.purpose == .deposit { return true }
        if case .charge(let charge)? = acceptance { return charge.gateway.givesBack }
        return false
    }
}
