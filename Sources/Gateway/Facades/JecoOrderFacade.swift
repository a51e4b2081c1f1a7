internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Primitives
internal import Transport
internal import WireProtocol

/// JECO's orders, for who ordered (`GET /api/v1/orders`, `GET /api/v1/orders/{orderId}`). The envelope is that of the chat routes, a
/// list's form that of the document's others.
enum JecoOrderFacade {
    static let defaultLimit = 20
    /// The document's, for a page of any list.
    static let maxLimit = 50

    static func list(_ request: RoutedRequest, _ parameters: PathParameters) {
        ChatFacade.withPrincipal(request, parameters) { principal in
            let query = request.request.query
            guard let limit = Int(query["limit"] ?? String(defaultLimit)), (1...maxLimit).contains(limit) else {
                return ChatFacade.refuse(request, Fault(.invalidCommand, "limit is 1 to \(maxLimit)"))
            }
            // A cursor is the number of the next page.
            guard let page = Int(query["cursor"] ?? query["page"] ?? "1"), (1...OrderQuery.maxHistory).contains(page)
            else {
                return ChatFacade.refuse(request, Fault(.badPosition, "cursor is not one of ours"))
            }
            find(OrderQuery(.customer(principal.subject), page: page, size: limit), request, principal) { found in
                // Both are small: a page's number and a size of the history.
                let hasMore = page * limit < found.total
                let pagination: JSONValue = [
                    "nextCursor": hasMore ? .string(String(page + 1)) : .null, "hasMore": .bool(hasMore),
                    "total": .integer(Int64(found.total)),
                ]
                answer(["items": .array(found.items.map { .object($0.jeco) }), "pagination": pagination], request)
            }
        }
    }

    static func one(_ request: RoutedRequest, _ parameters: PathParameters) {
        ChatFacade.withPrincipal(request, parameters) { principal in
            find(OrderQuery(.ids([parameters["orderId"] ?? ""]), size: 1), request, principal) { found in
                // Somebody else's is told as one that is not there.
                guard let row = found.items.first, row.customer == principal.subject else {
                    return ChatFacade.refuse(request, Fault(.noSuchSession))
                }
                answer(.object(row.jecoDetails), request)
            }
        }
    }

    private static func find(
        _ query: OrderQuery, _ request: RoutedRequest, _ principal: Principal,
        _ use: @escaping @Sendable (OrderPage) -> Void
    ) {
        request.gateway.own.orders.orders(query, tenant: principal.tenant) { result in
            switch result {
            case .failure:
                ChatFacade.refuse(
                    request, Fault(.overloaded, "the store is unavailable", retryAfter: .seconds(1)))
            case .success(let page): use(page)
            }
        }
    }

    private static func answer(_ data: JSONValue, _ request: RoutedRequest) {
        var response = ChatFacade.success(data)
        response.headers.set("Cache-Control", "no-store, no-transform")
        request.exchange.respond(response)
    }
}

extension OrderRow {
    /// What the platform gave with the order (`total`, `trackingNumber` …) stands beside what we know.
    fileprivate var jeco: JSONObject { jeco(snapshot) }

    private func jeco(_ state: JSONObject) -> JSONObject {
        var object = state["details"]?.object ?? [:]
        object["orderId"] = .string(id)
        object["orderNumber"] = state["number"] ?? .null
        object["status"] = .string(status)
        object["displayStatus"] = .string(displayStatus)
        object["label"] = state["display"]?["label"] ?? .null
        object["transactionId"] = JSONValue(payment)
        object["createdAt"] = .string(createdAt.rfc3339)
        object["updatedAt"] = .string(updatedAt.rfc3339)
        return object
    }

    /// With how it came there, and who brings it where.
    fileprivate var jecoDetails: JSONObject {
        let state = snapshot
        var object = jeco(state)
        object["history"] = state["history"] ?? []
        object["steps"] = state["steps"] ?? []
        object["rider"] = state["rider"] ?? .null
        object["destination"] = state["destination"] ?? .null
        return object
    }
}
