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
        tenant: String, token: String, until: Timestamp, _ completion: @escaping (StoreFailure?) -> Void
    ) {
        var parameters = PostgresParameters()
        parameters.add(tenant)
        parameters.add(token)
        parameters.add(until)
        pool.run(PostgresBatch(Self.insert, parameters)) { outcome in
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

    private static let insert = PostgresStatement(
        "revoke_token",
        """
        INSERT INTO revoked_token (tenant, token, until) VALUES ($1::text, $2::text, $3::timestamptz)
        ON CONFLICT (tenant, token) DO UPDATE SET until = greatest(revoked_token.until, EXCLUDED.until)
        """)

    private static let forget = PostgresStatement(
        "forget_revocations", "DELETE FROM revoked_token WHERE until <= $1::timestamptz")

    private static let list = PostgresStatement(
        "list_revocations",
        "SELECT token, until FROM revoked_token WHERE until > $1::timestamptz ORDER BY until")

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
