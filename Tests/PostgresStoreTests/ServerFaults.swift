import Glibc
import Primitives
import TestSupport

@testable import PostgresStore

/// What happens to a server: done from outside, on a server of the test's own.
struct ServerFaults {
    let conninfo: Secret

    private func connection() throws -> BlockingConnection {
        try BlockingConnection(PostgresConfiguration(conninfo: conninfo), statementTimeout: .seconds(30))
    }

    /// The process that serves the journal's writer connection.
    func writerBackend() throws -> Int32 {
        Int32(try connection().query("SELECT backend FROM writer ORDER BY id DESC LIMIT 1").int64(0, 0))
    }

    func send(_ signal: Int32, to pid: Int32) { kill(pid, signal) }

    /// From now on a commit is carried out and then waits for a standby that does not exist, before it is answered.
    func holdCommits() throws { try setStandby("nobody") }
    func releaseCommits() throws { try setStandby("") }

    private func setStandby(_ name: String) throws {
        let connection = try connection()
        try connection.execute("ALTER SYSTEM SET synchronous_standby_names = '\(name)'")
        try connection.execute("SELECT pg_reload_conf()")
    }

    /// Waits until `backend` waits for what is named (see `pg_stat_activity.wait_event`).
    func waitUntil(_ backend: Int32, waitsFor event: String) throws {
        let connection = try connection()
        for _ in 0..<1000 {
            let found = try connection.query(
                "SELECT pid FROM pg_stat_activity WHERE pid = \(backend) AND wait_event = '\(event)'")
            if found.rowCount > 0 { return }
            try connection.execute("SELECT pg_sleep(0.005)")
        }
        throw StoreFixture.NeverHappened(what: "backend waits for \(event)")
    }

    /// A transaction that holds every lease row, so that a flush waits inside begin_flush().
    func lockLeases() throws -> BlockingConnection {
        let connection = try connection()
        try connection.execute("BEGIN")
        _ = try connection.query("SELECT 1 FROM slot_lease ORDER BY slot FOR UPDATE")
        return connection
    }
}
