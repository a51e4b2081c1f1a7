package import Domain
package import Ports
package import Primitives

/// References of slips in PostgreSQL: `claim_slip()` decides, in one transaction (ADR 0020).
///
/// `@unchecked Sendable` because it is confined to its pool's loop, which the pool checks.
package final class PostgresSlipClaims: SlipClaimStore, @unchecked Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Idempotent. `.unavailable` may have claimed it all the same; the same slip asks again.
    package func claim(
        tenant: String, _ reference: SlipReference, transferredAt: Timestamp?, account: String, transaction: String,
        _ completion: @escaping @Sendable (ClaimAnswer) -> Void
    ) {
        var parameters = PostgresParameters()
        parameters.add(tenant)
        parameters.add(reference.bank.text)
        parameters.add(reference.transRef)
        parameters.add(account)
        parameters.add(transaction)
        parameters.add(transferredAt?.storable)
        pool.run(PostgresBatch(Self.claim, parameters)) { outcome in
            switch outcome {
            case .failure: completion(.unavailable)
            case .success(let results):
                guard let result = results.first, result.rowCount == 1 else { return completion(.unavailable) }
                let holder = result.optionalText(0, 0)
                completion(holder.map { .taken(by: $0) } ?? .claimed)
            }
        }
    }

    /// The earliest claim when there are several banks.
    package func holder(
        tenant: String, bank: String?, transRef: String,
        _ completion: @escaping @Sendable (Result<String?, StoreFailure>) -> Void
    ) {
        var parameters = PostgresParameters()
        parameters.add(tenant)
        parameters.add(transRef)
        // A bank that has merged is asked for under its old code, too.
        parameters.add(bank.map { BankCode($0)?.text ?? $0 })
        pool.run(PostgresBatch(Self.holder, parameters)) { outcome in
            switch outcome {
            case .failure(let failure): completion(.failure(failure.forRead))
            case .success(let results):
                guard let result = results.first else { return completion(.failure(.corrupt)) }
                completion(.success(result.optionalText(0, 0)))
            }
        }
    }

    private static let claim = PostgresStatement(
        "claim_slip",
        "SELECT claim_slip($1::text, $2::text, $3::text, $4::text, $5::text, bangkok_date($6::timestamptz))")

    private static let holder = PostgresStatement(
        "slip_holder",
        """
        SELECT oa || '/' || transaction FROM slip_claim
        WHERE tenant_id = $1::text AND trans_ref = $2::text AND ($3::text IS NULL OR bank = $3::text)
          AND NOT slip_has_failed(tenant_id, oa, transaction)
        ORDER BY claimed_at LIMIT 1
        """)
}
