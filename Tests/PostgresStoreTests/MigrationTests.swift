import Glibc
import Primitives
import Synchronization
import TestSupport
import Testing

@testable import PostgresStore

@Suite("Migrations", .serialized, .timeLimit(.minutes(5)))
struct MigrationTests {
    private let postgres: PostgresConfiguration

    init() throws {
        postgres = PostgresConfiguration(conninfo: try PrivatePostgres.shared().emptyDatabase())
    }

    private func migration(_ version: Int, _ sql: String) -> Migration {
        Migration(version: version, name: "000\(version)_test", sql: Array(sql.utf8))
    }

    private func query(_ sql: String) throws -> PostgresResult {
        try BlockingConnection(postgres, statementTimeout: .seconds(10)).query(sql)
    }

    @Test("this release's migrations apply to an empty database, once")
    func all() throws {
        var lines: [String] = []
        #expect(throws: MigrationFailure.pending(count: Migration.all.count)) { try Migrator(postgres).check() }
        #expect(try Migrator(postgres).migrate { lines.append($0) } == Migration.all.count)
        #expect(lines == Migration.all.map { "applied migration \($0.name)" })
        #expect(try Migrator(postgres).migrate { lines.append($0) } == 0)
        #expect(lines.count == Migration.all.count)
        try Migrator(postgres).check()
        #expect(try query("SELECT count(*) FROM slot_lease").int64(0, 0) == 512)
        #expect(Migration.all.map(\.version) == Array(1...Migration.all.count))
    }

    @Test("they run in order, each in a transaction of its own")
    func order() throws {
        let migrations = [
            migration(1, "CREATE TABLE a (n int); INSERT INTO a VALUES (1)"), migration(2, "INSERT INTO a VALUES (2)"),
            migration(3, "INSERT INTO a VALUES (3); SELECT 1/0"),
        ]
        #expect(throws: MigrationFailure.refused(name: "0003_test", sqlState: "22012")) {
            try Migrator(postgres, migrations: migrations).migrate()
        }
        #expect(try query("SELECT sum(n) FROM a").int64(0, 0) == 3)
        #expect(try query("SELECT count(*) FROM schema_migration").int64(0, 0) == 2)
        let mended = migrations.dropLast() + [migration(3, "INSERT INTO a VALUES (4)")]
        #expect(try Migrator(postgres, migrations: Array(mended)).migrate() == 1)
        #expect(try query("SELECT sum(n) FROM a").int64(0, 0) == 7)
    }

    @Test("a released migration that was changed is an error")
    func changed() throws {
        let first = migration(1, "CREATE TABLE a (n int)")
        try Migrator(postgres, migrations: [first]).migrate()
        let changed = migration(1, "CREATE TABLE a (n int);")
        #expect(throws: MigrationFailure.changed(name: "0001_test")) {
            try Migrator(postgres, migrations: [changed, migration(2, "CREATE TABLE b ()")]).migrate()
        }
        #expect(throws: MigrationFailure.changed(name: "0001_test")) {
            try Migrator(postgres, migrations: [changed]).check()
        }
    }

    @Test("a database of a newer release is an error that names both versions")
    func newer() throws {
        let migrations = (1...3).map { migration($0, "SELECT 1") }
        try Migrator(postgres, migrations: migrations).migrate()
        let failure = MigrationFailure.newerDatabase(database: 3, binary: 1)
        #expect(throws: failure) { try Migrator(postgres, migrations: [migrations[0]]).migrate() }
        #expect(failure.description.contains("version 3") && failure.description.contains("version 1"))
    }

    @Test("of two that start at once, one migrates and the other finds it done")
    func concurrent() throws {
        let migrations = [migration(1, "CREATE TABLE a (n int)"), migration(2, "SELECT pg_sleep(0.2)")]
        let counts = Mutex<[Int]>([])
        let postgres = postgres
        try onThreads(4) {
            let count = try Migrator(postgres, migrations: migrations).migrate()
            counts.withLock { $0.append(count) }
        }
        #expect(counts.withLock { $0.sorted() } == [0, 0, 0, 2])
    }

    @Test("no server is a failure of its own")
    func unavailable() {
        let nowhere = PostgresConfiguration(conninfo: Secret("host=/nonexistent dbname=x user=x"))
        #expect(throws: MigrationFailure.unavailable) { try Migrator(nowhere).migrate() }
    }

    /// Runs `body` on so many threads at once and waits for all.
    private func onThreads(_ count: Int, _ body: @escaping @Sendable () throws -> Void) throws {
        final class Work: Sendable {
            let body: @Sendable () throws -> Void
            let failures = Mutex<[any Error]>([])
            init(_ body: @escaping @Sendable () throws -> Void) { self.body = body }
        }
        let work = Work(body)
        var threads: [pthread_t] = []
        for _ in 0..<count {
            var thread = pthread_t()
            let status = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                    do { try work.body() } catch { work.failures.withLock { $0.append(error) } }
                    return nil
                }, Unmanaged.passRetained(work).toOpaque())
            try #require(status == 0)
            threads.append(thread)
        }
        for thread in threads { pthread_join(thread, nil) }
        if let failure = work.failures.withLock({ $0.first }) { throw failure }
    }
}
