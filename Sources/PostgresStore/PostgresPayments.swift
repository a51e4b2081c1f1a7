internal import Domain
package import Ports
package import Primitives

/// What the journal projects of payments, and wallets' balances.
///
/// `@unchecked Sendable` because it is confined to its pool's loop, which the pool checks.
package final class PostgresPayments: PaymentStore, @unchecked Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func balance(
        tenant: String, subject: String, _ currency: Currency,
        _ completion: @escaping @Sendable (Result<Money, StoreFailure>) -> Void
    ) {
        var parameters = PostgresParameters()
        parameters.add(tenant)
        parameters.add(LedgerAccount.wallet(subject: subject).text)
        parameters.add(currency.code)
        pool.run(PostgresBatch(Self.balance, parameters)) { outcome in
            completion(
                outcome.decoded { result throws(PostgresDecodingFailure) in
                    try Self.money(try result.int64(0, 0), currency)
                })
        }
    }

    /// A history is short, so all of it comes, and is paged here.
    package func payments(
        _ query: PaymentQuery, _ completion: @escaping @Sendable (Result<PaymentPage, StoreFailure>) -> Void
    ) {
        var parameters = PostgresParameters()
        parameters.add(query.tenant)
        parameters.add(query.payer)
        parameters.add(query.status)
        parameters.add(Int32(PaymentQuery.maxHistory))
        pool.run(PostgresBatch(Self.history, parameters)) { outcome in
            completion(
                outcome.decoded { result throws(PostgresDecodingFailure) in
                    let all = try Self.summaries(result)
                    let size = min(max(query.size, 1), PaymentQuery.maxHistory)
                    // A page behind the last one is empty, however far behind.
                    let skipped = (min(max(query.page, 1), PaymentQuery.maxHistory + 1) - 1) * size
                    return PaymentPage(items: Array(all.dropFirst(skipped).prefix(size)), total: all.count)
                })
        }
    }

    package func payments(
        tenant: String, order: String,
        _ completion: @escaping @Sendable (Result<[PaymentSummary], StoreFailure>) -> Void
    ) {
        var parameters = PostgresParameters()
        parameters.add(tenant)
        parameters.add(order)
        parameters.add(Int32(PaymentQuery.maxHistory))
        pool.run(PostgresBatch(Self.ofOrder, parameters)) { outcome in
            completion(
                outcome.decoded { result throws(PostgresDecodingFailure) in try Self.summaries(result) })
        }
    }

    // MARK: Statements

    private static let balance = PostgresStatement(
        "wallet_balance",
        """
        SELECT coalesce((SELECT balance FROM ledger_balance
                         WHERE tenant = $1::text AND account = $2::text AND currency = $3::text), 0)
        """)

    /// Exact: two decimals are all that the columns have.
    private static let columns = """
        id, user_id, txn_type, txn_method, (amount * 100)::int8, currency, status, reason, (refunded * 100)::int8,
        escrow_status, order_id, way, charge, trans_ref, trans_timestamp, expired_at, created_at, updated_at
        """

    /// The status is looked at in what is listed at all.
    private static let history = PostgresStatement(
        "list_payments",
        """
        SELECT \(columns)
        FROM (SELECT * FROM tbl_transaction
              WHERE transaction_digest(company_id, user_id) = transaction_digest($1::text, $2::text)
                AND company_id = $1::text AND user_id = $2::text
              ORDER BY created_at DESC, session DESC LIMIT $4::int4) history
        WHERE $3::text IS NULL OR status = $3::text
        ORDER BY created_at DESC, session DESC
        """)

    private static let ofOrder = PostgresStatement(
        "payments_of_order",
        """
        SELECT \(columns) FROM tbl_transaction
        WHERE transaction_digest(company_id, order_id) = transaction_digest($1::text, $2::text)
          AND company_id = $1::text AND order_id = $2::text
        ORDER BY created_at DESC, session DESC LIMIT $3::int4
        """)

    // MARK: Decoding

    private static func summaries(_ result: PostgresResult) throws(PostgresDecodingFailure) -> [PaymentSummary] {
        var summaries: [PaymentSummary] = []
        for row in 0..<result.rowCount {
            summaries.append(PaymentSummary(id: try result.text(row, 0), row: try payment(result, row)))
        }
        return summaries
    }

    private static func payment(_ result: PostgresResult, _ row: Int) throws(PostgresDecodingFailure) -> PaymentRow {
        guard let currency = Currency(rawValue: try result.text(row, 5)) else { throw PostgresDecodingFailure() }
        return PaymentRow(
            payer: try result.text(row, 1), purpose: try result.text(row, 2), method: try result.text(row, 3),
            amount: try money(try result.int64(row, 4), currency), status: try result.text(row, 6),
            reason: result.optionalText(row, 7), refunded: try money(try result.int64(row, 8), currency),
            escrow: result.optionalText(row, 9), order: result.optionalText(row, 10), way: result.optionalText(row, 11),
            charge: result.optionalText(row, 12), transRef: result.optionalText(row, 13),
            transferredAt: try result.optionalTimestamp(row, 14), expiresAt: try result.optionalTimestamp(row, 15),
            createdAt: try result.timestamp(row, 16), updatedAt: try result.timestamp(row, 17))
    }

    private static func money(_ hundredths: Int64, _ currency: Currency) throws(PostgresDecodingFailure) -> Money {
        guard let money = Money(hundredths: hundredths, currency) else { throw PostgresDecodingFailure() }
        return money
    }
}
