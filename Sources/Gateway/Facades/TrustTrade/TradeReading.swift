internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Sessions
internal import WireProtocol

/// `GET /payments/{id}`, `GET /transactions/{id}`: for who pays, for whom the money is held, and for the platform's own.
/// `GET /transactions`: what the asker pays; the platform's own name a consumer.
enum TradeReading {
    static func one(
        _ request: TradeRequest, _ view: @escaping @Sendable (Payment) -> JSONValue
    ) throws(TradeRefusal) {
        read(try request.address(), request) { request.envelope.succeed(view($0)) }
    }

    /// Reads a payment that the bearer may see, on the request's loop.
    static func read(
        _ address: SessionAddress, _ request: TradeRequest, _ use: @escaping @Sendable (Payment) -> Void
    ) {
        let refused: @Sendable (Fault) -> Void = request.routed.onLoop { request.refuse($0) }
        let found: @Sendable (Payment) -> Void = request.routed.onLoop(use)
        let caller = request.caller
        request.routed.services.withRegistry(of: address) {
            $0.readPayment(address, caller, refused, { $0 }, found)
        }
    }

    static func list(_ request: TradeRequest) throws(TradeRefusal) {
        let query = request.routed.request.query
        var violations: [FieldViolation] = []
        let asked = TradePage(request, history: PaymentQuery.maxHistory, &violations)
        let status = TradePage.status(request, PaymentStatus.self, &violations)?.rawValue
        let consumer = query["consumerId"]
        if request.servesTenant, consumer == nil {
            violations.append(
                FieldViolation(field: "consumerId", message: "consumerId is required", code: .required))
        }
        guard violations.isEmpty else { throw TradeRefusal(violations) }
        if let consumer, consumer != request.principal.subject, !request.servesTenant {
            throw TradeRefusal(Fault(.forbidden, "these are somebody else's transactions"))
        }
        request.routed.gateway.own.payments.payments(
            PaymentQuery(
                tenant: request.principal.tenant, payer: consumer ?? request.principal.subject, status: status,
                page: asked.page, size: asked.limit)
        ) { result in
            switch result {
            case .failure:
                request.refuse(Fault(.overloaded, "the store is unavailable", retryAfter: .seconds(1)))
            case .success(let found):
                request.envelope.succeed(
                    .array(found.items.map(TradeView.row)),
                    pagination: asked.pagination(total: found.total))
            }
        }
    }
}
