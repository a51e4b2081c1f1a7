internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Primitives

/// Reading transactions.
enum TransactionRoutes {
    static func methods(_ request: FoodieRequest) throws(FoodieRefusal) {
        _ = try request.principal()
        request.respond { $0.value(.array(TransactionMethod.all.map(\.json))) }
    }

    static func get(_ request: FoodieRequest) throws(FoodieRefusal) {
        let principal = try request.principal()
        guard let address = request.payment(request.parameters["txnId"] ?? "") else { throw FoodieRefusal(.notFound) }
        request.read(address, as: principal.caller, orElse: .notFound, { TransactionRow($0) }) { row in
            request.respond { row.write(into: &$0) }
        }
    }

    /// The code says when the time to pay was over; the transaction is told all the same.
    static func details(_ request: FoodieRequest) throws(FoodieRefusal) {
        let principal = try request.principal()
        let query = request.http.query
        guard let id = query["txnId"] ?? query["transactionId"] else { throw .invalid("txnId is missing") }
        guard let address = request.payment(id) else { throw FoodieRefusal(.notFound) }
        request.read(address, as: principal.caller, orElse: .notFound, { TransactionRow($0) }) { row in
            request.tell(row, to: principal.caller, as: row.paymentStatus == .expired ? .expired : .ok)
        }
    }

    static func list(_ request: FoodieRequest) throws(FoodieRefusal) {
        let principal = try request.principal()
        let query = request.http.query
        guard let page = Int(query["page"] ?? "1"), page >= 1 else { throw .invalid("page is 1 or more") }
        let sizes = 1...PaymentQuery.maxHistory
        guard let size = Int(query["size"] ?? "10"), sizes.contains(size) else {
            throw .invalid("size is 1 to \(PaymentQuery.maxHistory)")
        }
        var status: TransactionRow.Status?
        if let word = query["status"], !word.isEmpty {
            guard let known = TransactionRow.Status(rawValue: word) else {
                throw .invalid(
                    "status is one of \(TransactionRow.Status.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            status = known
        }
        // A history is short. Its statuses are more than the document's words, so it is filtered here.
        let history = PaymentQuery(
            tenant: request.tenant, payer: principal.subject, page: 1, size: PaymentQuery.maxHistory)
        let wanted = status
        request.own.payments.payments(history) { result in
            request.with(result) { found throws(FoodieRefusal) in
                let rows = found.items.compactMap { TransactionRow($0, .init()) }
                let keys = TransactionPage(of: rows, status: wanted, page: page, size: size).rows
                    .map { PlatformFact.Key(.transaction, $0.id) }
                request.own.facts.facts(keys, tenant: request.tenant) { result in
                    request.with(result) { facts throws(FoodieRefusal) in
                        let rows = found.items.compactMap { TransactionRow($0, .init(of: $0.id, in: facts)) }
                        respond(request, TransactionPage(of: rows, status: wanted, page: page, size: size))
                    }
                }
            }
        }
    }

    private static func respond(_ request: FoodieRequest, _ page: TransactionPage) {
        request.respond { writer in
            writer.beginObject()
            writer.name("transactions")
            writer.beginArray()
            for row in page.rows { row.write(into: &writer) }
            writer.endArray()
            writer.member(
                "pagination",
                [
                    "page": .integer(Int64(page.page)), "size": .integer(Int64(page.size)),
                    "total": .integer(Int64(page.total)),
                ])
            writer.endObject()
        }
    }
}

extension JSONWriter {
    /// `{"transaction":…,"order":…,"displayStatus":…,"slipMeta":…}`
    mutating func details(of row: TransactionRow, _ order: OrderRow?) {
        beginObject()
        name("transaction")
        row.write(into: &self)
        member("order", order.map { .object($0.foodie) } ?? .null)
        member("displayStatus", .string(row.displayStatus.rawValue))
        member("slipMeta", row.slipMeta)
        endObject()
    }
}

extension TransactionRow {
    /// Of the slip that paid; null without one.
    var slipMeta: JSONValue {
        guard let transRef else { return .null }
        return [
            "transRef": .string(transRef), "transDate": JSONValue(transDate),
            "transTimestamp": JSONValue(transferredAt?.rfc3339),
        ]
    }

    /// nil when the row holds words of another release.
    init?(_ summary: PaymentSummary, _ platform: Platform) {
        let row = summary.row
        guard let status = PaymentStatus(rawValue: row.status) else { return nil }
        self.init(
            id: summary.id, payer: row.payer, purpose: row.purpose, method: PaymentMethod(rawValue: row.method),
            amount: row.amount, refunded: row.refunded, paymentStatus: status, isChecking: false,
            expiresAt: row.expiresAt, createdAt: row.createdAt, updatedAt: row.updatedAt, transRef: row.transRef,
            transferredAt: row.transferredAt, platform: platform)
    }
}

extension TransactionRow.Platform {
    /// Empty for a payment that was made in another way.
    init(of id: String, in facts: [PlatformFact.Key: [UInt8]]) {
        var json: JSONValue?
        if let text = facts[PlatformFact.Key(.transaction, id)] {
            do { json = try JSONParser.parse(text) } catch { json = nil }
        }
        self.init(json: json)
    }
}
