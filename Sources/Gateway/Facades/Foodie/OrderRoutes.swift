internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Primitives

/// Reading orders (the platform's document, §3.8).
enum OrderRoutes {
    /// The bearer's own, newest first; without a size, all of the history.
    static func list(_ request: FoodieRequest) throws(FoodieRefusal) {
        let principal = try request.principal()
        let query = request.http.query
        guard let page = Int(query["page"] ?? "1"), page >= 1 else { throw .invalid("page is 1 or more") }
        var size: Int?
        if let text = query["size"] {
            guard let number = Int(text), (1...OrderQuery.maxHistory).contains(number) else {
                throw .invalid("size is 1 to \(OrderQuery.maxHistory)")
            }
            size = number
        }
        let asked = OrderQuery(.customer(principal.subject), page: page, size: size ?? OrderQuery.maxHistory)
        let given = size
        request.own.orders.orders(asked, tenant: request.tenant) { result in
            request.with(result) { found throws(FoodieRefusal) in
                let pagination: JSONValue = [
                    "page": .integer(Int64(page)), "size": .integer(Int64(given ?? found.total)),
                    "total": .integer(Int64(found.total)),
                ]
                request.respond {
                    $0.value([
                        "orders": .array(found.items.map { .object($0.foodie) }), "pagination": pagination,
                    ])
                }
            }
        }
    }

    static func details(_ request: FoodieRequest) throws(FoodieRefusal) {
        let principal = try request.principal()
        guard let id = request.http.query["orderId"] else { throw .invalid("orderId is missing") }
        request.order(.ids([id]), as: principal.caller) { result in
            request.with(result) { order throws(FoodieRefusal) in
                guard let order else { throw FoodieRefusal(.notFound) }
                request.transaction(order.payment, as: principal.caller) { row in
                    request.respond { $0.order(order, row) }
                }
            }
        }
    }

    /// The newest order that follows the transaction; null for a transaction without one.
    static func ofTransaction(_ request: FoodieRequest) throws(FoodieRefusal) {
        let principal = try request.principal()
        guard let id = request.http.query["txnId"] else { throw .invalid("txnId is missing") }
        request.transaction(id, as: principal.caller) { row in
            guard let row else { return request.refuse(FoodieRefusal(.transactionNotFound)) }
            request.order(.payment(row.id), as: principal.caller) { result in
                request.with(result) { order throws(FoodieRefusal) in
                    request.respond { writer in
                        if let order { writer.order(order, row) } else { writer.null() }
                    }
                }
            }
        }
    }
}

extension JSONWriter {
    /// An order's row, with the transaction that pays it and its slip.
    fileprivate mutating func order(_ order: OrderRow, _ row: TransactionRow?) {
        beginObject()
        for entry in order.foodie.members { member(entry.name, entry.value) }
        name("txn")
        if let row { row.write(into: &self) } else { null() }
        member("txnDisplayStatus", JSONValue(row?.displayStatus.rawValue))
        member("slipMeta", row?.slipMeta ?? .null)
        endObject()
    }
}

extension OrderRow {
    /// A row of the document's `tbl_order` (§2.12).
    var foodie: JSONObject {
        [
            "id": TransactionRow.number(id), "status": .string(status), "displayStatus": .string(displayStatus),
            "branch_id": branch.map(TransactionRow.number) ?? .null,
            "txn_id": payment.map(TransactionRow.number) ?? .null, "order_details": .object(foodieDetails),
            "created_at": .string(createdAt.rfc3339), "updated_at": .string(updatedAt.rfc3339),
        ]
    }

    /// What the platform gave with the order, and both places, where it did not give them by the document's names.
    private var foodieDetails: JSONObject {
        let state = snapshot
        var details = state["details"]?.object ?? [:]
        if details["customerLocation"] == nil { details["customerLocation"] = state["destination"] ?? .null }
        if details["branchLocation"] == nil { details["branchLocation"] = state["branch"] ?? .null }
        return details
    }
}
