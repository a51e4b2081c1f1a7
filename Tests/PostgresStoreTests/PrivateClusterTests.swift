import Glibc
import Primitives
import Synchronization
import TestSupport
import Testing

@testable import PostgresStore

@Suite("Private cluster", .serialized, .timeLimit(.minutes(3)))
final class PrivateClusterTests {
    private static let count = Atomic<Int>(0)
    private let root: String
    private var configurations: [PrivateClusterConfiguration] = []

    init() throws {
        // In the form of TestSupport's directories, so that a killed run's are found and removed by the next one.
        root = "/tmp/sala-tests-\(getpid())-cluster-\(Self.count.add(1, ordering: .relaxed).newValue)"
        try FileSystem.makeDirectories(root, mode: 0o755)
    }

    deinit {
        do {
            for configuration in configurations { try PrivateCluster.reset(configuration) }
            chmod(root + "/closed", 0o700)
            try FileSystem.removeTree(root)
        } catch { Issue.record(error) }
    }

    private func configuration(_ path: String) -> PrivateClusterConfiguration {
        var configuration = PrivateClusterConfiguration(directory: root + "/" + path)
        configuration.isDurable = false
        configurations.append(configuration)
        return configuration
    }

    private func connect(_ cluster: PrivateCluster) throws -> BlockingConnection {
        try BlockingConnection(PostgresConfiguration(conninfo: cluster.conninfo), statementTimeout: .seconds(5))
    }

    @Test("is made once, adopted while it runs, and keeps its data over a stop")
    func life() throws {
        let configuration = configuration("data")
        var lines: [String] = []
        let first = try PrivateCluster.start(configuration) { lines.append($0) }
        let pid = try #require(first.postmasterPID)
        #expect(!first.wasAdopted)
        #expect(lines.count == 2)
        try connect(first).execute("CREATE TABLE kept (n int)")

        let second = try PrivateCluster.start(configuration) { lines.append($0) }
        #expect(second.wasAdopted)
        #expect(second.postmasterPID == pid)
        #expect(second.conninfo == first.conninfo)

        second.stop()
        #expect(second.postmasterPID == nil)
        #expect(kill(pid, 0) != 0)
        #expect(throws: PostgresFailure.unavailable) { try self.connect(second) }

        let third = try PrivateCluster.start(configuration)
        #expect(!third.wasAdopted)
        try connect(third).execute("INSERT INTO kept VALUES (1)")
    }

    @Test("runs in a session of its own, not as root, and listens on no network")
    func isolation() throws {
        let cluster = try PrivateCluster.start(configuration("data"))
        let pid = try #require(cluster.postmasterPID)
        #expect(getsid(pid) == pid)
        #expect(getpgid(pid) == pid)
        var status = stat()
        #expect(stat("/proc/\(pid)", &status) == 0)
        #expect(status.st_uid != 0)
        #expect(try connect(cluster).query("SELECT current_setting('listen_addresses')").text(0, 0) == "")
        let encoding = try connect(cluster).query(
            "SELECT pg_encoding_to_char(encoding)::text, datcollate::text FROM pg_database WHERE datname = 'sala'")
        #expect(try encoding.text(0, 0) == "UTF8")
        #expect(try encoding.text(0, 1) == "C.UTF-8")
        let base = root + "/data/postgres"
        #expect(stat(base, &status) == 0)
        #expect(status.st_mode & 0o077 == 0)
    }

    @Test("a killed server is started again, and recovers what was committed")
    func killed() throws {
        let cluster = try PrivateCluster.start(configuration("data"))
        try connect(cluster).execute("CREATE TABLE kept (n int)")
        let pid = try #require(cluster.postmasterPID)
        kill(pid, SIGKILL)
        try cluster.ensureRunning()
        #expect(cluster.postmasterPID != pid)
        try connect(cluster).execute("INSERT INTO kept VALUES (1)")
    }

    @Test("a pid file that names another process is not believed")
    func stalePidFile() throws {
        let configuration = configuration("data")
        let cluster = try PrivateCluster.start(configuration)
        cluster.stop()
        // This process is alive, and no server.
        let file = root + "/data/postgres/cluster/postmaster.pid"
        try FileSystem.write(file, "\(getpid())\n")
        #expect(cluster.postmasterPID == nil)
        #expect(try !PrivateCluster.start(configuration).wasAdopted)
    }

    @Test("an initdb that was interrupted is begun again")
    func interrupted() throws {
        let configuration = configuration("data")
        try PrivateCluster.start(configuration).stop()
        let base = root + "/data/postgres"
        try FileSystem.rename(base + "/cluster", to: base + "/cluster.new")
        let cluster = try PrivateCluster.start(configuration)
        #expect(try connect(cluster).query("SELECT 1::int8").int64(0, 0) == 1)
    }

    @Test("reset stops it and removes its data")
    func reset() throws {
        let configuration = configuration("data")
        let cluster = try PrivateCluster.start(configuration)
        let pid = try #require(cluster.postmasterPID)
        try PrivateCluster.reset(configuration)
        #expect(kill(pid, 0) != 0)
        #expect(FileSystem.names(in: root + "/data").isEmpty)
        try PrivateCluster.reset(configuration)
    }

    @Test("a path too long for a socket's address has its socket elsewhere")
    func longPath() throws {
        let long = (0..<6).map { "a-rather-long-name-of-a-folder-\($0)" }.joined(separator: "/")
        let cluster = try PrivateCluster.start(configuration(long))
        #expect(cluster.conninfo.reveal().hasPrefix("host='/tmp/sala-"))
        #expect(try connect(cluster).query("SELECT 1::int8").int64(0, 0) == 1)
    }

    @Test(
        "below a folder that its user cannot enter, it lies elsewhere, and goes with the data directory",
        .enabled(if: SystemUser.isRoot))
    func unreachableFolder() throws {
        let configuration = configuration("closed/data")
        try FileSystem.makeDirectories(configuration.directory, mode: 0o755)
        chmod(root + "/closed", 0o700)
        let cluster = try PrivateCluster.start(configuration)
        try connect(cluster).execute("CREATE TABLE kept (n int)")
        let note = try #require(FileSystem.read(configuration.directory + "/postgres.location"))
        #expect(note.hasPrefix("/var/lib/sala-dev/"))
        cluster.stop()
        try connect(PrivateCluster.start(configuration)).execute("SELECT * FROM kept")

        // Somebody removes the data directory while the server runs.
        try FileSystem.removeTree(configuration.directory)
        let fresh = try PrivateCluster.start(configuration)
        #expect(!fresh.wasAdopted)
        #expect(throws: PostgresFailure.self) { try self.connect(fresh).execute("SELECT * FROM kept") }
        try PrivateCluster.reset(configuration)
        #expect(!FileSystem.exists(String(note.dropLast())))
    }

    @Test("a folder that becomes unreachable is named, not replaced", .enabled(if: SystemUser.isRoot))
    func becameUnreachable() throws {
        let configuration = configuration("closed/data")
        let cluster = try PrivateCluster.start(configuration)
        cluster.stop()
        chmod(root + "/closed", 0o700)
        #expect(throws: ClusterFailure.unreachable(path: configuration.directory + "/postgres")) {
            try PrivateCluster.start(configuration)
        }
    }
}
