package import Primitives

/// How this process reaches PostgreSQL, and every bound on what it asks of it.
package struct PostgresConfiguration: Sendable {
    /// A libpq connection string or URI. A host *name* is resolved by libpq inside the call, which blocks the loop:
    /// give a Unix socket directory, a numeric address, or `hostaddr` beside the name. `options` in it is replaced.
    package var conninfo: Secret
    /// What `pg_stat_activity` calls us.
    package var applicationName = "sala"
    /// From the start of a connection attempt to the server's readiness; then the attempt is given up.
    package var connectTimeout: Duration = .seconds(5)
    /// The client's own limit on one round trip. A stopped backend trips no timeout of the server's, so at this one the
    /// connection is closed and what was in flight is ambiguous.
    package var requestTimeout: Duration = .seconds(5)
    /// The server cancels a statement that runs longer. Below `requestTimeout`, so that the clean way comes first.
    package var statementTimeout: Duration = .seconds(4)
    /// The server gives up a lock that takes longer to get.
    package var lockTimeout: Duration = .seconds(2)
    /// The server ends a transaction that stands idle this long, and with it the locks of a client that is gone.
    package var idleInTransactionTimeout: Duration = .seconds(5)
    /// How often the server looks whether the client of a running statement is still there.
    package var clientCheckInterval: Duration = .seconds(2)
    /// Reconnecting waits a random time up to a limit, which starts here and doubles with each failure …
    package var minBackoff: Duration = .milliseconds(50)
    /// … up to here. There is no last attempt.
    package var maxBackoff: Duration = .seconds(5)
    /// Read connections a loop.
    package var poolConnections = 2
    /// Requests that wait for a read connection; beyond them `.overloaded`.
    package var maxWaitingRequests = 1024
    /// How long a request waits for a read connection; then `.unavailable`.
    package var maxWait: Duration = .seconds(5)

    package init(conninfo: Secret) { self.conninfo = conninfo }

    /// The session settings of a connection, in the form of libpq's `options`.
    func options(isolation: Isolation) -> String {
        func milliseconds(_ duration: Duration) -> Int64 { duration.wholeMillisecondsRoundedUp }
        return [
            "statement_timeout=\(milliseconds(statementTimeout))",
            "lock_timeout=\(milliseconds(lockTimeout))",
            "idle_in_transaction_session_timeout=\(milliseconds(idleInTransactionTimeout))",
            "client_connection_check_interval=\(milliseconds(clientCheckInterval))",
            "synchronous_commit=on",
            "default_transaction_isolation=\(isolation.rawValue)",
            // Our statements take arrays or keys: one plan serves all values, and planning each time costs more than it
            // finds.
            "plan_cache_mode=force_generic_plan",
            "jit=off",
        ].map { "-c \($0)" }.joined(separator: " ")
    }

    /// Which snapshot a transaction's statements see.
    enum Isolation: String {
        /// Each statement its own: the fence must see what was committed while it waited for its locks.
        case readCommitted = "read\\ committed"
        /// All the same: a load reads a session's rows at one moment.
        case repeatableRead = "repeatable\\ read"
    }
}
