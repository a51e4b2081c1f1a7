internal import CPostgres
internal import Glibc
package import Primitives

/// A PostgreSQL server of our own: made at the first start, kept after. It listens on a Unix socket only, in a
/// directory that only its user can enter, so it trusts whoever gets there.
///
/// The server runs in a session of its own: Ctrl-C does not reach it, and it outlives a `kill -9` of ours; the next
/// start adopts it. Everything here blocks; for the start and the end of the process, or a thread that watches over it.
package struct PrivateCluster: Sendable {
    /// Leads to the database `sala`, as its owner.
    package let conninfo: Secret
    /// What the server has to say.
    package let logPath: String
    /// True when a server was found running.
    package let wasAdopted: Bool
    private let location: ClusterLocation
    private let configuration: PrivateClusterConfiguration

    /// Makes what is missing, starts the server unless it runs, and returns when it answers.
    ///
    /// - Parameter progress: gets a line for each step that takes time.
    package static func start(
        _ configuration: PrivateClusterConfiguration, progress: (String) -> Void = { _ in }
    ) throws(ClusterFailure) -> PrivateCluster {
        let (directory, location) = try locate(configuration)
        if location.isOrphaned(from: directory) { try discard(location, directory, configuration) }
        try location.prepare(for: directory)
        let isRunning = Postmaster.running(location) != nil
        if !isRunning, !location.isInitialized {
            progress("creating a private PostgreSQL in \(location.base)")
            try initialize(location, configuration)
        }
        let cluster = PrivateCluster(location, configuration, wasAdopted: isRunning)
        progress(isRunning ? "adopting the PostgreSQL that is running" : "starting PostgreSQL")
        try cluster.run()
        try cluster.createDatabase("sala")
        return cluster
    }

    /// Stops the server, if it runs, and removes its data.
    package static func reset(_ configuration: PrivateClusterConfiguration) throws(ClusterFailure) {
        guard FileSystem.exists(configuration.directory) else { return }
        let directory = try FileSystem.resolve(configuration.directory)
        // Where the data may lie now, and where it may have been put when the folders above were other ones.
        let user = try SystemUser.forPostgres()
        let inside = ClusterLocation.inside(directory, user, configuration.runtimeDirectory)
        for location in [inside, ClusterLocation.outside(directory, user, configuration.runtimeDirectory)] {
            try discard(location, directory, configuration)
        }
    }

    /// The server's process id; nil when it does not run.
    package var postmasterPID: Int32? { Postmaster.running(location)?.pid }

    /// Starts the server again if it is gone, and returns when it answers: for a thread that watches over it.
    package func ensureRunning() throws(ClusterFailure) { try run() }

    /// Stops the server and returns once it is gone.
    package func stop() { Postmaster.running(location)?.stop(timeout: configuration.stopTimeout) }

    /// A conninfo for another database of the cluster.
    package func conninfo(database: String) -> Secret { Self.conninfo(location, database) }

    // MARK: Steps

    private init(_ location: ClusterLocation, _ configuration: PrivateClusterConfiguration, wasAdopted: Bool) {
        self.location = location
        self.configuration = configuration
        self.wasAdopted = wasAdopted
        conninfo = Self.conninfo(location, "sala")
        logPath = location.log
    }

    private static func conninfo(_ location: ClusterLocation, _ database: String) -> Secret {
        func quoted(_ value: String) -> String {
            "'" + value.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "'"
        }
        return Secret("host=\(quoted(location.socketDirectory)) port=5432 user=sala dbname=\(quoted(database))")
    }

    private static func locate(
        _ configuration: PrivateClusterConfiguration
    ) throws(ClusterFailure) -> (directory: String, location: ClusterLocation) {
        try FileSystem.makeDirectories(configuration.directory, mode: 0o755)
        let directory = try FileSystem.resolve(configuration.directory)
        let location = try ClusterLocation.choose(
            directory: directory, runtimeDirectory: configuration.runtimeDirectory)
        return (directory, location)
    }

    private static func discard(
        _ location: ClusterLocation, _ directory: String, _ configuration: PrivateClusterConfiguration
    ) throws(ClusterFailure) {
        Postmaster.running(location)?.stop(timeout: configuration.stopTimeout)
        try location.remove(from: directory)
    }

    private static func initialize(
        _ location: ClusterLocation, _ configuration: PrivateClusterConfiguration
    ) throws(ClusterFailure) {
        let binaries = try PostgresBinaries.find(version: nil, searchPath: configuration.searchPath)
        // What an interrupted run left is not a cluster.
        try FileSystem.removeTree(location.unfinished)
        let log = try FileSystem.openLog(location.log, maxBytes: configuration.maxLogBytes)
        defer { close(log) }
        let arguments = [
            "--pgdata=\(location.unfinished)", "--username=sala", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
            "--no-instructions",
        ]
        let child = try ChildProcess.start(
            binaries.initdb, arguments + (configuration.isDurable ? [] : ["--no-sync"]), as: location.user, output: log)
        var status: Int32?
        _ = Blocking.wait(atMost: configuration.startTimeout) {
            status = child.exitStatus
            return status != nil
        }
        guard status == 0 else { throw .initialization(log: location.log) }
        try FileSystem.rename(location.unfinished, to: location.cluster)
    }

    /// Starts the server unless it runs. One that ends at once is tried again until the time is up: after a `kill -9`
    /// of the server its other processes take a moment to leave the shared memory.
    private func run() throws(ClusterFailure) {
        var child: ChildProcess?
        var failure: ClusterFailure?
        let isReady = Blocking.wait(atMost: configuration.startTimeout) {
            if answers() { return true }
            if let started = child, started.exitStatus != nil { child = nil }
            if child == nil, Postmaster.running(location) == nil {
                do throws(ClusterFailure) { child = try launch() } catch {
                    failure = error
                    return true
                }
            }
            return false
        }
        if let failure { throw failure }
        guard isReady else { throw .start(log: location.log) }
    }

    private func launch() throws(ClusterFailure) -> ChildProcess {
        let binaries = try PostgresBinaries.find(version: location.version, searchPath: configuration.searchPath)
        // These name a process that is not this cluster's server, or one that is gone. PostgreSQL would not always see
        // that: the number may be another's by now, or that of a zombie which nobody takes note of.
        for file in [location.cluster + "/postmaster.pid", location.socketDirectory + "/.s.PGSQL.5432.lock"] {
            FileSystem.removeFile(file)
        }
        let log = try FileSystem.openLog(location.log, maxBytes: configuration.maxLogBytes)
        defer { close(log) }
        return try ChildProcess.start(
            binaries.postgres, ["-D", location.cluster] + settings().flatMap { ["-c", $0] }, as: location.user,
            output: log)
    }

    /// On the command line rather than in a file, so that a later release's settings hold for an older cluster.
    private func settings() -> [String] {
        let durability = configuration.isDurable ? "on" : "off"
        return [
            "listen_addresses=", "unix_socket_directories=\(location.socketDirectory)",
            "unix_socket_permissions=0700", "port=5432", "max_connections=\(configuration.maxConnections)",
            "shared_buffers=128MB", "max_wal_size=1GB", "fsync=\(durability)", "full_page_writes=\(durability)",
            "cluster_name=sala", "timezone=UTC", "log_timezone=UTC", "logging_collector=off",
            // The log is to be readable by anyone who may read logs: no statements, parameters or values.
            "log_min_error_statement=panic", "log_error_verbosity=terse", "log_parameter_max_length=0",
            "log_parameter_max_length_on_error=0",
        ]
    }

    private func answers() -> Bool {
        Postmaster.running(location) != nil
            && PQping(Self.conninfo(location, "postgres").reveal()) == PQPING_OK
    }

    /// Makes a database of that name unless it is there.
    package func createDatabase(_ name: String, template: String? = nil) throws(ClusterFailure) {
        precondition(
            ([name] + (template.map { [$0] } ?? [])).allSatisfy {
                $0.utf8.allSatisfy { $0 == 0x5F || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }
            },
            "a database's name is a plain word")
        do throws(PostgresFailure) {
            let postgres = PostgresConfiguration(conninfo: Self.conninfo(location, "postgres"))
            let connection = try BlockingConnection(postgres, statementTimeout: .seconds(60))
            var parameters = PostgresParameters()
            parameters.add(name)
            let found = try connection.query("SELECT FROM pg_database WHERE datname = $1::text", parameters)
            if found.rowCount > 0 { return }
            try connection.execute("CREATE DATABASE \(name)" + (template.map { " TEMPLATE \($0)" } ?? ""))
        } catch {
            if case .rejected(let refusal) = error { throw .refused(sqlState: refusal.sqlState) }
            throw .start(log: location.log)
        }
    }
}
