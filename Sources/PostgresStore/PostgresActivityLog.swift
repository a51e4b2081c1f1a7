internal import JSON
package import Ports
package import Primitives

/// The tenants' activity logs in PostgreSQL.
///
/// `@unchecked Sendable` because it is confined to its pool's loop, which the pool checks.
package final class PostgresActivityLog: ActivityLog, @unchecked Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func activities(
        _ query: ActivityQuery, _ completion: @escaping @Sendable (Result<ActivityPage, StoreFailure>) -> Void
    ) {
        let size = min(max(query.size, 1), ActivityQuery.maxPageItems)
        // A page behind the last one is empty, however far behind.
        let skipped = (min(max(query.page, 1), ActivityQuery.maxHistory + 1) - 1) * size
        var parameters = PostgresParameters()
        parameters.add(query.tenant)
        parameters.add(query.subject)
        parameters.add(query.activity)
        parameters.add(query.entityType)
        parameters.add(query.from)
        parameters.add(query.until)
        parameters.add(query.text.map(LikePattern.containing))
        parameters.add(Int32(ActivityQuery.maxHistory))
        parameters.add(Int32(size))
        parameters.add(Int32(clamping: skipped))
        pool.run(PostgresBatch(Self.list, parameters)) { outcome in
            completion(
                outcome.decoded { result throws(PostgresDecodingFailure) in
                    var items: [StoredActivity] = []
                    for row in 0..<result.rowCount where !result.isNull(row, 1) {
                        items.append(try Self.activity(result, row, from: 1))
                    }
                    return ActivityPage(items: items, total: Int(clamping: try result.int64(0, 0)))
                })
        }
    }

    package func activity(
        _ id: Int64, tenant: String, _ completion: @escaping @Sendable (Result<StoredActivity?, StoreFailure>) -> Void
    ) {
        var parameters = PostgresParameters()
        parameters.add(tenant)
        parameters.add(id)
        pool.run(PostgresBatch(Self.one, parameters)) { outcome in
            completion(
                outcome.decoded { result throws(PostgresDecodingFailure) in
                    result.rowCount == 0 ? nil : try Self.activity(result, 0, from: 0)
                })
        }
    }

    package func statistics(
        tenant: String, since: Timestamp,
        _ completion: @escaping @Sendable (Result<ActivityStatistics, StoreFailure>) -> Void
    ) {
        var totals = PostgresParameters()
        totals.add(tenant)
        totals.add(since)
        var counts = PostgresParameters()
        counts.add(tenant)
        counts.add(Int32(ActivityStatistics.maxCounts))
        var batch = PostgresBatch(Self.totals, totals)
        batch.add(Self.countsByActivity, counts)
        batch.add(Self.countsBySubject, counts)
        pool.run(batch) { outcome in
            switch outcome {
            case .failure(let failure): completion(.failure(failure.forRead))
            case .success(let results):
                do throws(PostgresDecodingFailure) { completion(.success(try Self.statistics(results))) } catch {
                    completion(.failure(.corrupt))
                }
            }
        }
    }

    package func cleanUp(
        before: Timestamp, tenant: String, recording row: ActivityRow,
        _ completion: @escaping @Sendable (Result<Int64, StoreFailure>) -> Void
    ) {
        var parameters = PostgresParameters()
        parameters.add(tenant)
        parameters.add(before)
        var batch = PostgresBatch(Self.delete, parameters)
        if let recorded = ActivityRows(tenant, row).parameters { batch.add(ActivityRows.insert, recorded) }
        pool.run(batch) { outcome in
            completion(outcome.decoded { result throws(PostgresDecodingFailure) in try result.int64(0, 0) })
        }
    }

    // MARK: Statements

    private static let columns =
        "id, subject, activity, action, entity_type, entity_id, details, ip_address, user_agent, at"

    /// The newest lines that match are counted; every row says how many there are, and of an empty page one without a line does.
    private static let list = PostgresStatement(
        "list_activities",
        """
        WITH listed AS (
            SELECT id, at FROM activity_log
            WHERE tenant = $1::text AND ($2::text IS NULL OR subject = $2::text)
              AND ($3::text IS NULL OR activity = $3::text OR action = $3::text)
              AND ($4::text IS NULL OR entity_type = $4::text)
              AND ($5::timestamptz IS NULL OR at >= $5::timestamptz)
              AND ($6::timestamptz IS NULL OR at < $6::timestamptz)
              AND ($7::text IS NULL OR activity ILIKE $7::text OR entity_id ILIKE $7::text OR subject ILIKE $7::text)
            ORDER BY at DESC, id DESC LIMIT $8::int4
        ), page AS (
            SELECT \(columns) FROM activity_log
            WHERE id = ANY (ARRAY(SELECT id FROM listed ORDER BY at DESC, id DESC LIMIT $9::int4 OFFSET $10::int4))
        )
        SELECT counted.total, page.* FROM (SELECT count(*) AS total FROM listed) counted LEFT JOIN page ON true
        ORDER BY page.at DESC, page.id DESC
        """)

    private static let one = PostgresStatement(
        "activity_by_id", "SELECT \(columns) FROM activity_log WHERE tenant = $1::text AND id = $2::int8")

    private static let totals = PostgresStatement(
        "activity_totals",
        """
        SELECT count(*), count(*) FILTER (WHERE at >= $2::timestamptz), count(DISTINCT subject)
        FROM activity_log WHERE tenant = $1::text
        """)

    private static let countsByActivity = counts("activities_by_name", of: "activity")
    private static let countsBySubject = counts("activities_by_subject", of: "subject")

    private static func counts(_ name: String, of column: String) -> PostgresStatement {
        PostgresStatement(
            name,
            """
            SELECT \(column), count(*) FROM activity_log WHERE tenant = $1::text
            GROUP BY \(column) ORDER BY count(*) DESC, \(column) LIMIT $2::int4
            """)
    }

    private static let delete = PostgresStatement(
        "clean_up_activities",
        """
        WITH gone AS (DELETE FROM activity_log WHERE tenant = $1::text AND at < $2::timestamptz RETURNING 1)
        SELECT count(*) FROM gone
        """)

    // MARK: Decoding

    private static func activity(
        _ result: PostgresResult, _ row: Int, from column: Int
    ) throws(PostgresDecodingFailure) -> StoredActivity {
        let details: JSONObject
        do {
            details = try JSONParser.parse(Array(try result.text(row, column + 6).utf8)).object ?? [:]
        } catch { throw PostgresDecodingFailure() }
        return StoredActivity(
            id: try result.int64(row, column),
            row: ActivityRow(
                subject: try result.text(row, column + 1),
                activity: Activity(
                    try result.text(row, column + 2), action: try result.text(row, column + 3),
                    of: try result.text(row, column + 4)),
                entity: result.optionalText(row, column + 5), details: details,
                address: result.optionalText(row, column + 7), userAgent: result.optionalText(row, column + 8),
                at: try result.timestamp(row, column + 9)))
    }

    private static func statistics(
        _ results: [PostgresResult]
    ) throws(PostgresDecodingFailure) -> ActivityStatistics {
        guard results.count == 3, results[0].rowCount == 1 else { throw PostgresDecodingFailure() }
        return ActivityStatistics(
            total: try results[0].int64(0, 0), recent: try results[0].int64(0, 1),
            subjects: try results[0].int64(0, 2), byActivity: try counts(results[1]), bySubject: try counts(results[2]))
    }

    private static func counts(
        _ result: PostgresResult
    ) throws(PostgresDecodingFailure) -> [ActivityStatistics.Count] {
        var counts: [ActivityStatistics.Count] = []
        for row in 0..<result.rowCount {
            counts.append(ActivityStatistics.Count(name: try result.text(row, 0), count: try result.int64(row, 1)))
        }
        return counts
    }
}
