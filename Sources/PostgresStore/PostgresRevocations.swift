package import Ports
package import Primitives

/// Revoked tokens in PostgreSQL, until they would have expired anyway.
///
/// `@unchecked Sendable` because it is confined to its pool's loop, which the pool checks.
package final class PostgresRevocations: RevocationStore, @unchecked Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Idempotent: the later of two times holds. A failure may have revoked it all the same; say it again.
    package func revoke(
        _ revocation: Revocation, recording activity: ActivityRow?, _ completion: @escaping (StoreFailure?) -> Void
    ) {
        var parameters = PostgresParameters()
        parameters.add(revocation.tenant)
        parameters.add(revocation.token)
        parameters.add(revocation.until)
        parameters.add(revocation.cause.rawValue)
        var batch = PostgresBatch(Self.insert, parameters)
        if let activity, let recorded = ActivityRows(revocation.tenant, activity).parameters {
            batch.add(ActivityRows.insert, recorded)
        }
        pool.run(batch) { outcome in
            switch outcome {
            case .success: completion(nil)
            case .failure(let failure): completion(failure.forRead)
            }
        }
    }

    /// Across tenants; also forgets those that are over.
    package func revocations(
        at now: Timestamp, _ completion: @escaping (Result<[(token: String, until: Timestamp)], StoreFailure>) -> Void
    ) {
        var parameters = PostgresParameters()
        parameters.add(now)
        var batch = PostgresBatch(Self.forget, parameters)
        batch.add(Self.list, parameters)
        pool.run(batch) { outcome in
            switch outcome {
            case .failure(let failure): completion(.failure(failure.forRead))
            case .success(let results):
                do throws(PostgresDecodingFailure) { completion(.success(try Self.decode(results.last))) } catch {
                    completion(.failure(.corrupt))
                }
            }
        }
    }

    package func revocations(
        after mark: RevocationMark, limit: Int,
        _ completion: @escaping (Result<RevocationPage, StoreFailure>) -> Void
    ) {
        var parameters = PostgresParameters()
        parameters.add(mark.writtenAt)
        parameters.add(mark.token)
        parameters.add(Int32(clamping: limit))
        var batch = PostgresBatch(Self.clock, PostgresParameters())
        batch.add(Self.recent, parameters)
        pool.run(batch) { outcome in
            switch outcome {
            case .failure(let failure): completion(.failure(failure.forRead))
            case .success(let results):
                do throws(PostgresDecodingFailure) { completion(.success(try Self.page(results))) } catch {
                    completion(.failure(.corrupt))
                }
            }
        }
    }

    private static let insert = PostgresStatement(
        "revoke_token",
        """
        INSERT INTO revoked_token (tenant, token, until, cause) VALUES ($1::text, $2::text, $3::timestamptz, $4::text)
        ON CONFLICT (tenant, token) DO UPDATE SET until = greatest(revoked_token.until, EXCLUDED.until)
        """)

    private static let forget = PostgresStatement(
        "forget_revocations", "DELETE FROM revoked_token WHERE until <= $1::timestamptz")

    private static let list = PostgresStatement(
        "list_revocations",
        "SELECT token, until FROM revoked_token WHERE until > $1::timestamptz ORDER BY until")

    private static let clock = PostgresStatement("revocation_clock", "SELECT clock_timestamp()")

    private static let recent = PostgresStatement(
        "recent_revocations",
        """
        SELECT tenant, token, until, cause, written_at FROM revoked_token
        WHERE (written_at, token) > ($1::timestamptz, $2::text) ORDER BY written_at, token LIMIT $3::int4
        """)

    private static func page(_ results: [PostgresResult]) throws(PostgresDecodingFailure) -> RevocationPage {
        guard results.count == 2, results[0].rowCount == 1 else { throw PostgresDecodingFailure() }
        let rows = results[1]
        var items: [Revocation] = []
        var last: RevocationMark?
        for row in 0..<rows.rowCount {
            guard let cause = Revocation.Cause(rawValue: try rows.text(row, 3)) else { throw PostgresDecodingFailure() }
            let token = try rows.text(row, 1)
            items.append(
                Revocation(
                    tenant: try rows.text(row, 0), token: token, until: try rows.timestamp(row, 2), cause: cause))
            last = RevocationMark(writtenAt: try rows.timestamp(row, 4), token: token)
        }
        return RevocationPage(items: items, last: last, asOf: try results[0].timestamp(0, 0))
    }

    private static func decode(
        _ result: PostgresResult?
    ) throws(PostgresDecodingFailure) -> [(token: String, until: Timestamp)] {
        guard let result else { throw PostgresDecodingFailure() }
        var revocations: [(token: String, until: Timestamp)] = []
        for row in 0..<result.rowCount {
            revocations.append((token: try result.text(row, 0), until: try result.timestamp(row, 1)))
        }
        return revocations
    }
}
