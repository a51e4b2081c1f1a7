package import Authentication
package import Ports
internal import Reactor

/// Where tenants are set up, in PostgreSQL, with the secrets sealed (ADR 0020).
///
/// A write is one transaction, and the same write again changes nothing. Its failures: `.conflict` is a refusal that will be
/// the same again (the tenant is not there, a table is full, a secret is too long); `.unknown` may have been written; for
/// anything else nothing was.
///
/// `@unchecked Sendable` because it is confined to its pool's loop, which the pool checks.
package final class PostgresTenantSettings: TenantSettingsStore, @unchecked Sendable {
    /// All of them are in memory; one more is refused. `0002_slips.sql` has the same number.
    package static let maxTenants = 4096
    /// Of each other table; the same.
    package static let maxRows = 32_768

    private let pool: PostgresPool
    private let sealer: Sealer
    private let observe: @Sendable (TenantSettingsObservation) -> Void

    /// `observe` is told on the loop what happened, for logs.
    package init(
        pool: PostgresPool, sealer: Sealer, observe: @escaping @Sendable (TenantSettingsObservation) -> Void = { _ in }
    ) {
        self.pool = pool
        self.sealer = sealer
        self.observe = observe
    }

    /// Reads every table at one moment, and seals under the newest key what is not. For the start of a process: it opens up
    /// to some 100,000 secrets in one turn of the loop, some microseconds each.
    ///
    /// One row that cannot be read or opened is `.corrupt` for all, as are more rows than twice the bounds (writes at the
    /// same moment may pass them by a few): `observe` learns which table and tenant. When sealing anew fails, so does this: a
    /// success means that older keys are not needed any more.
    package func load(
        _ completion:
            @escaping @Sendable (Result<(tenants: [TenantSettings], shared: [SlipVerifierCredential]), StoreFailure>)
            -> Void
    ) {
        var batch = PostgresBatch()
        for table in SettingsTable.allCases {
            var parameters = PostgresParameters()
            parameters.add(Int64(2 * Self.bound(of: table) + 1))
            batch.add(TenantSettingsStatements.load(table), parameters)
        }
        pool.run(batch) { [self] outcome in
            switch outcome {
            case .failure(let failure): completion(.failure(failure.forRead))
            case .success(let results):
                var reader = TenantSettingsReader(sealer)
                do throws(TenantSettingsFailure) {
                    let settings = try reader.settings(results)
                    reseal(reader.stale) { failure in completion(failure.map { .failure($0) } ?? .success(settings)) }
                } catch {
                    observe(.foundCorruption(error))
                    completion(.failure(.corrupt))
                }
            }
        }
    }

    static func bound(of table: SettingsTable) -> Int { table == .tenants ? maxTenants : maxRows }

    /// Replaces each old value by its new one, where it still stands.
    private func reseal(
        _ stale: [SealedColumn: [StaleSecret]], _ completion: @escaping @Sendable (StoreFailure?) -> Void
    ) {
        if stale.isEmpty { return completion(nil) }
        var batch = PostgresBatch()
        for column in SealedColumn.allCases {
            guard let secrets = stale[column] else { continue }
            var parameters = PostgresParameters()
            parameters.add(secrets.map { Optional($0.old) })
            parameters.add(secrets.map { Optional($0.new) })
            batch.add(TenantSettingsStatements.reseal(column), parameters)
        }
        let count = stale.values.reduce(0) { $0 + $1.count }
        pool.run(batch) { [observe] outcome in
            switch outcome {
            case .failure(let failure): completion(failure.forSettings)
            case .success:
                observe(.resealed(count))
                completion(nil)
            }
        }
    }

    package func write(_ change: TenantSettingsChange, _ completion: @escaping @Sendable (StoreFailure?) -> Void) {
        let batch: PostgresBatch
        do throws(SealFailure) { batch = try TenantSettingsWriter(sealer).batch(change) } catch {
            return pool.loop.afterwards { completion(.conflict) }
        }
        pool.run(batch) { outcome in
            switch outcome {
            case .success: completion(nil)
            case .failure(let failure): completion(failure.forSettings)
            }
        }
    }
}

/// What happened to the settings, for logs. Holds nothing that is set up.
package enum TenantSettingsObservation: Sendable, Equatable {
    /// So many secrets were sealed anew under the newest key.
    case resealed(Int)
    /// A row is not what it should be: nothing was loaded.
    case foundCorruption(TenantSettingsFailure)
}

/// A row that cannot be read: which table's and whose, and nothing of what it holds.
package struct TenantSettingsFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Reason: Equatable, Sendable {
        /// Another form than this release's.
        case unreadable
        case seal(SealFailure)
        case tooManyRows
    }
    package let table: SettingsTable
    /// nil: for every tenant, or the whole table.
    package let tenant: String?
    package let reason: Reason

    package var description: String {
        let whose = tenant.map { " of tenant \($0)" } ?? ""
        let what =
            switch reason {
            case .unreadable: "a row is not what this release writes"
            case .seal(.unknownKey): "a secret is sealed under a key that is not configured"
            case .seal: "a secret does not open: it was changed or moved, or its key is another one now"
            case .tooManyRows: "there are more rows than can be held"
            }
        return "\(table.rawValue)\(whose): \(what)"
    }
}

extension PostgresFailure {
    /// What a change of the settings that failed so means.
    fileprivate var forSettings: StoreFailure {
        switch self {
        case .overloaded: .overloaded
        case .unavailable: .unavailable
        case .lost: .unknown
        case .rejected(let error):
            switch error.sqlClass {
            // Integrity, data, limits of the program, and our own limit of rows.
            case "22", "23", "54", "SA": .conflict
            default: .unavailable
            }
        }
    }
}
