internal import Glibc
package import PostgresStore
package import Primitives
internal import Synchronization

/// A real PostgreSQL for tests: one server a test process, started when first asked for, gone when the process ends;
/// and any number of databases in it, so that tests do not meet.
package final class PrivatePostgres: Sendable {
    package let cluster: PrivateCluster
    private let configuration: PrivateClusterConfiguration
    private let databases = Atomic<Int>(0)

    /// The process's server. A test that kills or stops it takes a `dedicated` one.
    package static func shared() throws(ClusterFailure) -> PrivatePostgres { try sharedOutcome.get() }

    private static let sharedOutcome: Result<PrivatePostgres, ClusterFailure> = {
        do throws(ClusterFailure) {
            return .success(try dedicated("shared"))
        } catch {
            return .failure(error)
        }
    }()

    /// All that this process started, for its end.
    private static let started = Mutex<[PrivateClusterConfiguration]>([])

    /// What must happen once, before the first server.
    private static let isPrepared: Bool = {
        removeWhatKilledRunsLeft()
        atexit { PrivatePostgres.removeStarted() }
        return true
    }()

    private static func removeStarted() {
        for configuration in started.withLock({ $0 }) { remove(configuration) }
    }

    /// A server for one test or suite alone. It goes with the process, or earlier with `remove()`.
    package static func dedicated(_ name: String) throws(ClusterFailure) -> PrivatePostgres {
        precondition(isPrepared)
        var configuration = PrivateClusterConfiguration(directory: "/tmp/\(prefix)\(getpid())-\(name)")
        configuration.isDurable = false
        started.withLock { $0.append(configuration) }
        return PrivatePostgres(try PrivateCluster.start(configuration), configuration)
    }

    private init(_ cluster: PrivateCluster, _ configuration: PrivateClusterConfiguration) {
        self.cluster = cluster
        self.configuration = configuration
    }

    /// Stops the server and removes all that it had.
    package func remove() { Self.remove(configuration) }

    /// A conninfo of a new database with the schema of this release.
    package func database() throws -> Secret {
        let conninfo = try emptyDatabase()
        try Migrator(PostgresConfiguration(conninfo: conninfo)).migrate()
        return conninfo
    }

    /// A conninfo of a new database with nothing in it.
    package func emptyDatabase() throws(ClusterFailure) -> Secret {
        let name = "test_\(databases.add(1, ordering: .relaxed).newValue)"
        try cluster.createDatabase(name)
        return cluster.conninfo(database: name)
    }

    // MARK: Leftovers

    private static let prefix = "sala-tests-"

    private static func remove(_ configuration: PrivateClusterConfiguration) {
        do throws(ClusterFailure) {
            try PrivateCluster.reset(configuration)
        } catch {
            // Nobody is left to tell; the next run tries again.
            return
        }
        rmdir(configuration.directory)
    }

    /// A killed test process could not remove its servers.
    private static func removeWhatKilledRunsLeft() {
        guard let directory = opendir("/tmp") else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasPrefix(prefix), let pid = Int32(name.dropFirst(prefix.count).prefix { $0 != "-" }) else {
                continue
            }
            if kill(pid, 0) != 0, errno == ESRCH { remove(PrivateClusterConfiguration(directory: "/tmp/" + name)) }
        }
    }
}
