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
    static let defaultPage = 20

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
        func number(_ name: String, _ absent: Int, _ range: ClosedRange<Int>) -> Int {
            guard let text = query[name] else { return absent }
            if let number = Int(text), range.contains(number) { return number }
            let message = "\(name) must be \(range.lowerBound) to \(range.upperBound)"
            violations.append(FieldViolation(field: name, message: message, code: .range))
            return absent
        }
        // Behind the last page there is nothing, however far.
        let page = number("page", 1, 1...PaymentQuery.maxHistory)
        let limit = number("limit", defaultPage, 1...PaymentQuery.maxHistory)
        let status = query["status"]
        if let status, PaymentStatus(rawValue: status) == nil {
            let choices = PaymentStatus.allCases.map(\.rawValue).joined(separator: ", ")
            violations.append(
                FieldViolation(field: "status", message: "status must be one of \(choices)", code: .value))
        }
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
                page: page,
                size: limit)
        ) { result in
            switch result {
            case .failure:
                request.refuse(Fault(.overloaded, "the store is unavailable", retryAfter: .seconds(1)))
            case .success(let found):
                request.envelope.succeed(
                    .array(found.items.map(TradeView.row)),
                    pagination: pagination(page: page, limit: limit, total: found.total))
            }
        }
    }

    static func pagination(page: Int, limit: Int, total: Int) -> JSONObject {
        let pages = (total + limit - 1) / limit
        return [
            "page": .integer(Int64(page)), "limit": .integer(Int64(limit)), "total": .integer(Int64(total)),
            "totalPages": .integer(Int64(pages)), "hasNext": .bool(page < pages), "hasPrev": .bool(page > 1),
        ]
    }
}
