/// What a look over the whole ledger found. Names tenants, currencies and kinds of accounts, and counts; never an account, whose
/// name is a person's or a payment's.
package struct LedgerAudit: Sendable, Equatable {
    package struct Fault: Sendable, Equatable, CustomStringConvertible {
        package enum Kind: String, Sendable {
            /// The lines of a tenant's currency do not add up to zero.
            case sum
            /// Postings that do not have exactly two lines, one the other's negative.
            case posting
            /// Lines without a posting.
            case stray
            /// Wallets whose balance is not the sum of their lines.
            case balance
            /// Wallets below zero.
            case negative
        }

        package let kind: Kind
        package let tenant: String
        /// Empty where it cannot be known.
        package let currency: String
        /// Of what `kind` says; one for a sum.
        package let count: Int64

        package init(kind: Kind, tenant: String, currency: String, count: Int64) {
            self.kind = kind
            self.tenant = tenant
            self.currency = currency
            self.count = count
        }

        package var description: String {
            switch kind {
            case .sum: "tenant \(tenant), \(currency): the lines do not add up to zero"
            case .posting:
                "tenant \(tenant), \(currency): \(count) postings are not two lines, one the other's negative"
            case .stray: "tenant \(tenant): \(count) lines have no posting"
            case .balance: "tenant \(tenant), \(currency): \(count) wallets do not hold the sum of their lines"
            case .negative: "tenant \(tenant), \(currency): \(count) wallets are below zero"
            }
        }
    }

    package let postings: Int64
    /// Sorted by tenant; empty: all is well.
    package let faults: [Fault]

    package init(postings: Int64, faults: [Fault]) {
        self.postings = postings
        self.faults = faults
    }
}

/// Adds the whole ledger up. Blocks; for `sala doctor`.
package struct PostgresLedgerAudit {
    private let configuration: PostgresConfiguration
    /// It reads every line.
    private let timeout: Duration

    package init(_ configuration: PostgresConfiguration, timeout: Duration = .seconds(600)) {
        self.configuration = configuration
        self.timeout = timeout
    }

    /// What is posted meanwhile does not disturb it: all is read in one statement, so as of one moment.
    package func run() throws(PostgresFailure) -> LedgerAudit {
        let connection = try BlockingConnection(configuration, statementTimeout: timeout)
        let result = try connection.query(Self.audit)
        do throws(PostgresDecodingFailure) {
            var postings: Int64 = 0
            var faults: [LedgerAudit.Fault] = []
            for row in 0..<result.rowCount {
                let count = try result.int64(row, 3)
                if result.isNull(row, 0) {
                    postings = count
                    continue
                }
                guard let kind = LedgerAudit.Fault.Kind(rawValue: try result.text(row, 0)) else {
                    throw PostgresDecodingFailure()
                }
                faults.append(
                    LedgerAudit.Fault(
                        kind: kind, tenant: try result.text(row, 1), currency: try result.text(row, 2), count: count))
            }
            return LedgerAudit(postings: postings, faults: faults)
        } catch { throw .rejected(PostgresError(sqlState: "XX001")) }
    }

    /// First the number of postings, then a row a fault. Sums are numeric: nothing overflows.
    private static let audit = """
        WITH line AS (
            SELECT line.tenant, line.posting, line.account, line.amount, posting.currency
            FROM ledger_line line
            LEFT JOIN ledger_posting posting ON posting.tenant = line.tenant AND posting.id = line.posting
        ), torn AS (
            SELECT posting.tenant, posting.currency
            FROM ledger_posting posting
            LEFT JOIN (SELECT tenant, posting, count(*) AS lines, sum(amount) AS total, min(amount) AS least
                       FROM ledger_line GROUP BY 1, 2) sums
                 ON sums.tenant = posting.tenant AND sums.posting = posting.id
            WHERE sums.lines IS DISTINCT FROM 2 OR sums.total <> 0 OR sums.least >= 0
        ), wallet AS (
            SELECT tenant, currency, coalesce(kept.balance, 0) AS balance, coalesce(sums.total, 0) AS total
            FROM ledger_balance kept
            FULL JOIN (SELECT tenant, account, currency, sum(amount) AS total FROM line
                       WHERE account LIKE 'wallet:%' AND currency IS NOT NULL GROUP BY 1, 2, 3) sums
                 USING (tenant, account, currency)
        ), fault AS (
            SELECT 'sum' AS kind, tenant, currency, 1 AS count FROM line
            WHERE currency IS NOT NULL GROUP BY 2, 3 HAVING sum(amount) <> 0
            UNION ALL SELECT 'posting', tenant, currency, count(*) FROM torn GROUP BY 2, 3
            UNION ALL SELECT 'stray', tenant, '', count(*) FROM line WHERE currency IS NULL GROUP BY 2
            UNION ALL SELECT 'balance', tenant, currency, count(*) FROM wallet WHERE balance <> total GROUP BY 2, 3
            UNION ALL SELECT 'negative', tenant, currency, count(*) FROM wallet WHERE balance < 0 GROUP BY 2, 3
        )
        SELECT kind, tenant, currency, count FROM (
            SELECT NULL AS kind, NULL AS tenant, NULL AS currency, count(*) AS count FROM ledger_posting
            UNION ALL SELECT * FROM fault
        ) found ORDER BY tenant NULLS FIRST, currency, kind
        """
}
