/// A PostgreSQL server of our own, for development and tests.
package struct PrivateClusterConfiguration: Sendable {
    /// The data directory (`--data`); the cluster lies in `postgres` below it, or elsewhere (see `ClusterLocation`).
    package var directory: String
    /// False gives up what a crash of the *machine* would need (fsync): for tests.
    package var isDurable = true
    /// Connections that the server admits: what several loops, tools and a person need.
    package var maxConnections = 100
    /// Folders to look for the server's programs in, behind Debian's.
    package var searchPath = ["/usr/local/pgsql/bin", "/usr/local/bin", "/usr/bin"]
    /// Where a short folder for the socket is made when the data directory's path is too long for one.
    package var runtimeDirectory = "/tmp"
    /// For the server to be ready; recovery after a crash is part of it.
    package var startTimeout: Duration = .seconds(60)
    /// For a clean stop, before a harder one.
    package var stopTimeout: Duration = .seconds(20)
    /// The server's log begins anew at a start that finds it larger.
    package var maxLogBytes = 16 * 1024 * 1024

    package init(directory: String) { self.directory = directory }
}
