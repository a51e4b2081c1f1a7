package import Ports

/// What platforms' back ends have told, in PostgreSQL.
///
/// `@unchecked Sendable` because it is confined to its pool's loop, which the pool checks.
package final class PostgresPlatformFacts: PlatformFactStore, @unchecked Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Idempotent, so that a failure of which nothing is known may be tried again.
    package func put(
        _ fact: PlatformFact, tenant: String, _ completion: @escaping @Sendable (StoreFailure?) -> Void
    ) {
        pool.run(PostgresBatch(Self.put, Self.parameters(fact, tenant))) { outcome in
            switch outcome {
            case .success: completion(nil)
            case .failure(let failure): completion(failure.forRead)
            }
        }
    }

    package func put(
        _ fact: PlatformFact, most: Int, tenant: String,
        _ completion: @escaping @Sendable (Result<PlatformFact.BoundedPut, StoreFailure>) -> Void
    ) {
        var kind = PostgresParameters()
        kind.add(tenant)
        kind.add(fact.key.kind.rawValue)
        var parameters = Self.parameters(fact, tenant)
        parameters.add(Int64(most))
        // Whoever waited for the lock counts anew: the pool's transactions would count what was there before they waited.
        var batch = PostgresBatch(Self.readCommitted)
        batch.add(Self.lockKind, kind)
        batch.add(Self.boundedPut, parameters)
        pool.run(batch) { outcome in
            completion(
                outcome.map { Array($0.suffix(1)) }.decoded { result throws(PostgresDecodingFailure) in
                    guard result.rowCount == 1, let put = PlatformFact.BoundedPut(rawValue: try result.text(0, 0))
                    else {
                        throw PostgresDecodingFailure()
                    }
                    return put
                })
        }
    }

    package func ids(
        of kind: PlatformFact.Kind, most: Int, tenant: String,
        _ completion: @escaping @Sendable (Result<[String], StoreFailure>) -> Void
    ) {
        var parameters = PostgresParameters()
        parameters.add(tenant)
        parameters.add(kind.rawValue)
        parameters.add(Int64(most))
        pool.run(PostgresBatch(Self.ids, parameters)) { outcome in
            completion(
                outcome.decoded { result throws(PostgresDecodingFailure) in
                    var ids: [String] = []
                    for row in 0..<result.rowCount { ids.append(try result.text(row, 0)) }
                    return ids
                })
        }
    }

    private static func parameters(_ fact: PlatformFact, _ tenant: String) -> PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(tenant)
        parameters.add(fact.key.kind.rawValue)
        parameters.add(fact.key.id)
        parameters.add(String(decoding: fact.text, as: UTF8.self))
        return parameters
    }

    package func facts(
        _ keys: [PlatformFact.Key], tenant: String,
        _ completion: @escaping @Sendable (Result<[PlatformFact.Key: [UInt8]], StoreFailure>) -> Void
    ) {
        let asked = keys.prefix(PlatformFact.maxKeys)
        var parameters = PostgresParameters()
        parameters.add(tenant)
        parameters.add(asked.map { Optional($0.kind.rawValue) })
        parameters.add(asked.map { Optional($0.id) })
        pool.run(PostgresBatch(Self.facts, parameters)) { outcome in
            completion(
                outcome.decoded { result throws(PostgresDecodingFailure) in
                    var facts: [PlatformFact.Key: [UInt8]] = [:]
                    for row in 0..<result.rowCount {
                        guard let kind = PlatformFact.Kind(rawValue: try result.text(row, 0)) else {
                            throw PostgresDecodingFailure()
                        }
                        facts[PlatformFact.Key(kind, try result.text(row, 1))] = Array(try result.text(row, 2).utf8)
                    }
                    return facts
                })
        }
    }

    package func numberTransaction(
        keeping text: [UInt8], key: String?, tenant: String,
        _ completion: @escaping @Sendable (Result<Int64, StoreFailure>) -> Void
    ) {
        var parameters = PostgresParameters()
        parameters.add(tenant)
        parameters.add(PlatformFact.Kind.transaction.rawValue)
        parameters.add(String(decoding: text, as: UTF8.self))
        if let key { parameters.add(key) }
        pool.run(PostgresBatch(key == nil ? Self.number : Self.keyedNumber, parameters)) { outcome in
            completion(
                outcome.decoded { result throws(PostgresDecodingFailure) in
                    guard result.rowCount == 1 else { throw PostgresDecodingFailure() }
                    return try result.int64(0, 0)
                })
        }
    }

    // MARK: Statements

    private static let put = PostgresStatement(
        "put_platform_fact",
        """
        INSERT INTO platform_fact (tenant, kind, id, data) VALUES ($1::text, $2::text, $3::text, $4::text)
        ON CONFLICT (tenant, kind, id) DO UPDATE SET data = EXCLUDED.data, updated_at = now()
        """)

    /// For this transaction, before its first query: each of its statements sees what was committed when it began.
    private static let readCommitted = PostgresStatement(
        "read_committed", "SET TRANSACTION ISOLATION LEVEL READ COMMITTED")

    /// Until the transaction ends.
    private static let lockKind = PostgresStatement(
        "lock_platform_facts",
        "SELECT pg_advisory_xact_lock(hashtextextended('platform_fact ' || $1::text || ' ' || $2::text, 0))")

    private static let boundedPut = PostgresStatement(
        "put_bounded_platform_fact",
        """
        WITH known AS (
            SELECT count(*) AS number, coalesce(bool_or(id = $3::text), false) AS is_there
            FROM platform_fact WHERE tenant = $1::text AND kind = $2::text
        ), written AS (
            INSERT INTO platform_fact (tenant, kind, id, data)
            SELECT $1::text, $2::text, $3::text, $4::text FROM known WHERE is_there OR number < $5::int8
            ON CONFLICT (tenant, kind, id) DO UPDATE SET data = EXCLUDED.data, updated_at = now()
            RETURNING id
        )
        SELECT CASE WHEN is_there THEN 'replaced' WHEN EXISTS (SELECT FROM written) THEN 'created' ELSE 'full' END
        FROM known
        """)

    private static let ids = PostgresStatement(
        "platform_fact_ids",
        """
        SELECT id FROM platform_fact WHERE tenant = $1::text AND kind = $2::text
        ORDER BY id COLLATE "C" LIMIT $3::int8
        """)

    private static let facts = PostgresStatement(
        "platform_facts",
        """
        SELECT kind, id, data FROM unnest($2::text[], $3::text[]) AS asked (kind, id)
        JOIN platform_fact fact USING (kind, id) WHERE fact.tenant = $1::text
        """)

    private static let number = PostgresStatement(
        "number_transaction",
        """
        INSERT INTO platform_fact (tenant, kind, id, data)
        SELECT $1::text, $2::text, number::text, $3::text FROM nextval('transaction_number') AS number
        RETURNING id::int8
        """)

    /// The first number that the key got stays, and what was kept with it.
    private static let keyedNumber = PostgresStatement(
        "keyed_transaction_number",
        """
        WITH keyed AS (
            INSERT INTO platform_fact (tenant, kind, id, data)
            SELECT $1::text, '\(PlatformFact.Kind.transactionKey.rawValue)', $4::text, number::text
            FROM nextval('transaction_number') AS number
            ON CONFLICT (tenant, kind, id) DO UPDATE SET updated_at = now()
            RETURNING data
        )
        INSERT INTO platform_fact (tenant, kind, id, data)
        SELECT $1::text, $2::text, keyed.data, $3::text FROM keyed
        ON CONFLICT (tenant, kind, id) DO UPDATE SET updated_at = now()
        RETURNING id::int8
        """)
}
