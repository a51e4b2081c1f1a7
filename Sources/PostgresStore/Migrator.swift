internal import Primitives

/// Why the schema could not be brought to this release's form, or is not in it.
package enum MigrationFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// No connection.
    case unavailable
    /// A migration that was applied is not the one this release has under that number.
    case changed(name: String)
    /// The database is ahead: a newer release migrated it.
    case newerDatabase(database: Int, binary: Int)
    /// The server refused the migration; it was rolled back.
    case refused(name: String, sqlState: String)
    /// Migrations of this release that were not applied yet.
    case pending(count: Int)
    /// The record of migrations cannot be read.
    case unreadable

    package var description: String {
        switch self {
        case .unavailable: "the database does not answer"
        case .changed(let name): "migration \(name) was applied in another form than this release has"
        case .newerDatabase(let database, let binary):
            "the database is at version \(database), this release knows version \(binary): run a newer release"
        case .refused(let name, let sqlState): "the database refused migration \(name) (SQLSTATE \(sqlState))"
        case .pending(let count): "\(count) migrations are not applied yet: run `sala migrate`"
        case .unreadable: "the table schema_migration does not have the form it should have"
        }
    }
}

/// Applies migrations: once, in order, each in a transaction of its own, under a lock that lets one process at a time.
///
/// Blocks; for the start of the process.
package struct Migrator {
    private let configuration: PostgresConfiguration
    private let migrations: [Migration]
    /// How long one migration, or the wait for another process's, may take.
    private let timeout: Duration

    package init(
        _ configuration: PostgresConfiguration, migrations: [Migration] = Migration.all,
        timeout: Duration = .seconds(600)
    ) {
        self.configuration = configuration
        self.migrations = migrations
        self.timeout = timeout
    }

    /// Applies what is missing and returns how many that were. `progress` gets one line each.
    @discardableResult
    package func migrate(progress: (String) -> Void = { _ in }) throws(MigrationFailure) -> Int {
        let connection = try connect()
        try run("schema_migration") { () throws(PostgresFailure) in
            // Ends with the connection, at the latest.
            _ = try connection.query("SELECT pg_advisory_lock(\(Self.lockKey))")
            try connection.execute(Self.createRecord)
        }
        let applied = try verify(connection)
        for migration in migrations.dropFirst(applied) {
            try apply(migration, connection)
            progress("applied migration \(migration.name)")
        }
        return migrations.count - applied
    }

    /// Returns when the schema is this release's; throws what is wrong otherwise.
    package func check() throws(MigrationFailure) {
        let connection = try connect()
        var exists = false
        try run("schema_migration") { () throws(PostgresFailure) in
            let found = try connection.query("SELECT to_regclass('schema_migration') IS NOT NULL")
            do { exists = try found.bool(0, 0) } catch { exists = false }
        }
        let applied = exists ? try verify(connection) : 0
        if applied < migrations.count { throw .pending(count: migrations.count - applied) }
    }

    /// Any number that nobody else uses as an advisory lock in this database.
    private static let lockKey: Int64 = 0x5341_4C41_0001

    private static let createRecord = """
        CREATE TABLE IF NOT EXISTS schema_migration (
            version     integer     PRIMARY KEY,
            name        text        NOT NULL,
            checksum    bytea       NOT NULL,
            applied_at  timestamptz NOT NULL DEFAULT now()
        )
        """

    private func connect() throws(MigrationFailure) -> BlockingConnection {
        do { return try BlockingConnection(configuration, statementTimeout: timeout) } catch { throw .unavailable }
    }

    /// Compares what was applied with what this release has; returns how many of ours were applied.
    private func verify(_ connection: BlockingConnection) throws(MigrationFailure) -> Int {
        var parameters = PostgresParameters()
        parameters.add(migrations.map { Int32(clamping: $0.version) })
        parameters.add(migrations.map { Optional($0.sql) })
        let result: PostgresResult
        do {
            result = try connection.query(Self.compare, parameters)
        } catch { throw Self.failure(error, "schema_migration") }
        do {
            for row in 0..<result.rowCount {
                let version = Int(try result.int64(row, 0))
                if version > migrations.count {
                    throw MigrationFailure.newerDatabase(database: version, binary: migrations.count)
                }
                if version != row + 1 { throw MigrationFailure.unreadable }
                if try !result.bool(row, 2) { throw MigrationFailure.changed(name: try result.text(row, 1)) }
            }
        } catch let failure as MigrationFailure { throw failure } catch { throw .unreadable }
        return result.rowCount
    }

    /// The newest first when it is newer than ours, so that the error names the database's version.
    private static let compare = """
        SELECT applied.version, applied.name, coalesce(applied.checksum = sha256(ours.sql), false)
        FROM schema_migration applied
        LEFT JOIN unnest($1::int4[], $2::bytea[]) AS ours (version, sql) ON ours.version = applied.version
        ORDER BY (applied.version > cardinality($1::int4[])) DESC,
                 CASE WHEN applied.version > cardinality($1::int4[]) THEN -applied.version ELSE applied.version END
        """

    private func apply(_ migration: Migration, _ connection: BlockingConnection) throws(MigrationFailure) {
        var record = PostgresParameters()
        record.add(Int32(clamping: migration.version))
        record.add(migration.name)
        record.add(migration.sql)
        try run(migration.name) { () throws(PostgresFailure) in
            try connection.execute("BEGIN")
            do throws(PostgresFailure) {
                try connection.execute(String(decoding: migration.sql, as: UTF8.self))
                _ = try connection.query(
                    """
                    INSERT INTO schema_migration (version, name, checksum)
                    VALUES ($1::int4, $2::text, sha256($3::bytea))
                    """,
                    record)
                try connection.execute("COMMIT")
            } catch {
                try connection.execute("ROLLBACK")
                throw error
            }
        }
    }

    private func run(
        _ name: String, _ body: () throws(PostgresFailure) -> Void
    ) throws(MigrationFailure) {
        do { try body() } catch { throw Self.failure(error, name) }
    }

    private static func failure(_ failure: PostgresFailure, _ name: String) -> MigrationFailure {
        switch failure {
        case .rejected(let error): .refused(name: name, sqlState: error.sqlState)
        case .lost, .unavailable, .overloaded: .unavailable
        }
    }
}
