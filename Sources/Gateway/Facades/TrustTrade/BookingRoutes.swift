internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Sessions
internal import WireProtocol

/// What may become of a booking. Its lifecycle says who may, and when.
enum BookingChange: Sendable {
    case accept, reject, complete, cancel
}

/// Where a booking stands, in the document's words.
enum BookingStatus: String, Sendable, CaseIterable {
    case pending, accepted, rejected, completed, cancelled
    case inProgress = "in_progress"
}

/// `GET /bookings`, `GET /bookings/{id}`, `PUT /bookings/{id}/accept|reject|complete|cancel`. A booking is an order's session; it is
/// for who booked, for who was booked, and for the platform's own.
enum BookingRoutes {
    /// For who cancels without a word: the session wants one.
    static let noReason = "no reason given"

    // MARK: Reading

    /// The asker's own; the platform's staff and service name whose.
    static func list(_ request: TradeRequest) throws(TradeRefusal) {
        var violations: [FieldViolation] = []
        let asked = TradePage(request, history: OrderQuery.maxHistory, &violations)
        let status = TradePage.status(request, BookingStatus.self, &violations)?.rawValue
        let query = request.routed.request.query
        let (consumer, provider) = (query["consumerId"], query["providerId"])
        if request.servesTenant, (consumer == nil) == (provider == nil) {
            let message = "consumerId or providerId is required, and not both"
            violations.append(FieldViolation(field: "consumerId", message: message, code: .required))
        }
        guard violations.isEmpty else { throw TradeRefusal(violations) }
        let own = request.principal.subject
        guard request.servesTenant || [consumer, provider].allSatisfy({ $0 == nil || $0 == own }) else {
            throw TradeRefusal(Fault(.forbidden, "these are somebody else's bookings"))
        }
        let isProvider = consumer == nil && (provider != nil || request.principal.role == .provider)
        let subject: OrderQuery.Subject = isProvider ? .provider(provider ?? own) : .customer(consumer ?? own)
        find(OrderQuery(subject, status: status, page: asked.page, size: asked.limit), request) { found in
            request.envelope.succeed(
                .array(found.items.map { .object($0.booking) }), pagination: asked.pagination(total: found.total))
        }
    }

    static func one(_ request: TradeRequest) throws(TradeRefusal) {
        read(try request.booking(), request)
    }

    /// Answers with the booking as it is now.
    private static func read(_ address: SessionAddress, _ request: TradeRequest) {
        find(OrderQuery(.ids([address.id]), size: 1), request) { found in
            guard let row = found.items.first else { return request.refuse(Fault(.noSuchSession)) }
            guard row.isShown(to: request.caller) || row.provider == request.principal.subject else {
                return request.refuse(Fault(.forbidden))
            }
            request.envelope.succeed(.object(row.booking))
        }
    }

    private static func find(
        _ query: OrderQuery, _ request: TradeRequest, _ use: @escaping @Sendable (OrderPage) -> Void
    ) {
        request.routed.gateway.own.orders.orders(query, tenant: request.principal.tenant) { result in
            switch result {
            case .failure: request.refuse(Fault(.overloaded, "the store is unavailable", retryAfter: .seconds(1)))
            case .success(let page): use(page)
            }
        }
    }

    // MARK: Changing

    /// The body is not needed; it may have a `note` or a `reason`.
    static func apply(_ change: BookingChange, _ request: TradeRequest) throws(TradeRefusal) {
        let address = try request.booking()
        var words: String?
        if !request.routed.request.body.isEmpty {
            var fields = try request.fields()
            let note = fields.text(ifPresent: "note", maxBytes: TradeCommands.maxReasonBytes)
            words = fields.text(ifPresent: "reason", maxBytes: TradeCommands.maxReasonBytes) ?? note
            guard fields.violations.isEmpty else { throw TradeRefusal(fields.violations) }
        }
        switch change {
        case .accept: advance(to: .accepted, words, address, request)
        case .reject: advance(to: .rejected, words, address, request)
        case .complete: advance(to: .completed, words, address, request)
        case .cancel: submit("order.cancel", ["reason": .string(words ?? noReason)], address, request)
        }
    }

    private static func advance(
        to status: BookingStatus, _ note: String?, _ address: SessionAddress, _ request: TradeRequest
    ) {
        var data: JSONObject = ["to": .string(status.rawValue)]
        data["note"] = note.map(JSONValue.string)
        submit("status.advance", .object(data), address, request)
    }

    /// Its row is written before the command is answered.
    private static func submit(
        _ name: String, _ data: JSONValue, _ address: SessionAddress, _ request: TradeRequest
    ) {
        TradeCommands.submit(name, data, to: address, request) { _ in read(address, request) }
    }
}

extension TradeRequest {
    /// The booking of the path's `{id}`.
    fileprivate func booking() throws(TradeRefusal) -> SessionAddress {
        let id = parameters["id"] ?? ""
        guard SessionAddress.isValid(id: id) else { throw TradeRefusal(Fault(.noSuchSession)) }
        return SessionAddress(tenant: principal.tenant, kind: .order, id: id)
    }
}
