package import Ports
internal import Primitives

/// What the journal projects of orders.
///
/// `@unchecked Sendable` because it is confined to its pool's loop, which the pool checks.
package final class PostgresOrders: OrderDirectory, @unchecked Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func orders(
        _ query: OrderQuery, tenant: String,
        _ completion: @escaping @Sendable (Result<OrderPage, StoreFailure>) -> Void
    ) {
        let size = min(max(query.size, 1), OrderQuery.maxHistory)
        // A page behind the last one is empty, however far behind.
        let skipped = (min(max(query.page, 1), OrderQuery.maxHistory + 1) - 1) * size
        var parameters = PostgresParameters()
        parameters.add(tenant)
        parameters.add(query.status)
        parameters.add(Int32(OrderQuery.maxHistory))
        parameters.add(Int32(size))
        parameters.add(Int32(skipped))
        let statement: PostgresStatement
        switch query.subject {
        case .customer(let subject):
            parameters.add(subject)
            statement = Self.ofCustomer
        case .provider(let subject):
            parameters.add(subject)
            statement = Self.ofProvider
        case .payment(let payment):
            parameters.add(payment)
            statement = Self.ofPayment
        case .ids(let ids):
            parameters.add(ids.prefix(OrderQuery.maxHistory).map(Optional.some))
            statement = Self.ofIDs
        }
        pool.run(PostgresBatch(statement, parameters)) { outcome in
            completion(outcome.decoded { result throws(PostgresDecodingFailure) in try Self.page(result) })
        }
    }

    // MARK: Statements

    private static let ofCustomer = statement("orders_of_customer", where: owned("customer"))
    private static let ofProvider = statement("orders_of_provider", where: owned("provider"))
    private static let ofPayment = statement("orders_of_payment", where: owned("txn_id"))
    private static let ofIDs = statement(
        "orders_by_id",
        where: """
            transaction_digest(tenant, id) = ANY (ARRAY(SELECT transaction_digest($1::text, asked)
                                                        FROM unnest($6::text[]) AS asked))
            AND tenant = $1::text AND id = ANY ($6::text[])
            """)

    private static func owned(_ column: String) -> String {
        """
        transaction_digest(tenant, \(column)) = transaction_digest($1::text, $6::text)
        AND tenant = $1::text AND \(column) = $6::text
        """
    }

    /// The history is found and counted without its details, which may be long; those come for the page alone. Every row
    /// says how many there are, and of an empty page one without an order does. The status is looked at in what is listed at all.
    private static func statement(_ name: String, where condition: String) -> PostgresStatement {
        PostgresStatement(
            name,
            """
            WITH history AS (
                SELECT session, status, created_at FROM tbl_order
                WHERE \(condition)
                ORDER BY created_at DESC, session DESC LIMIT $3::int4
            ), listed AS (
                SELECT session FROM history WHERE $2::text IS NULL OR status = $2::text
            ), page AS (
                SELECT id, customer, provider, rider, lifecycle, status, display_status, txn_id, branch_id, order_details,
                       created_at, updated_at, "offset", session
                FROM tbl_order WHERE session = ANY (ARRAY(SELECT session FROM listed))
                ORDER BY created_at DESC, session DESC LIMIT $4::int4 OFFSET $5::int4
            )
            SELECT counted.total, page.* FROM (SELECT count(*) AS total FROM listed) counted LEFT JOIN page ON true
            ORDER BY page.created_at DESC, page.session DESC
            """)
    }

    // MARK: Decoding

    private static func page(_ result: PostgresResult) throws(PostgresDecodingFailure) -> OrderPage {
        let total = Int(clamping: try result.int64(0, 0))
        var items: [OrderRow] = []
        for row in 0..<result.rowCount where !result.isNull(row, 1) { items.append(try order(result, row)) }
        return OrderPage(items: items, total: total)
    }

    private static func order(_ result: PostgresResult, _ row: Int) throws(PostgresDecodingFailure) -> OrderRow {
        OrderRow(
            id: try result.text(row, 1), customer: try result.text(row, 2), provider: result.optionalText(row, 3),
            rider: result.optionalText(row, 4), lifecycle: try result.text(row, 5), status: try result.text(row, 6),
            displayStatus: try result.text(row, 7), payment: result.optionalText(row, 8),
            branch: result.optionalText(row, 9), state: Array(try result.text(row, 10).utf8),
            createdAt: try result.timestamp(row, 11), updatedAt: try result.timestamp(row, 12),
            offset: try result.int64(row, 13))
    }
}
