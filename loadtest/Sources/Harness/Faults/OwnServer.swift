internal import Glibc
internal import Primitives
internal import Reactor

/// A `sala dev` of our own in a temporary folder, with its stand-ins in a process beside it: they remember while servers come and
/// go. Confined to the driver's loop, where a timer looks after it; a `Janitor` takes everything down whatever becomes of us.
final class OwnServer: ServerControl {
    struct Configuration {
        /// The `sala` to start.
        var program: String
        /// Its port; the stand-ins get the one ten above it. nil: two that are free.
        var port: UInt16?
        var speaksTLS = false
        /// Where its temporary folder is made.
        var parent = TemporaryFolder.usualParent
        /// Until it is ready. The first start makes a PostgreSQL cluster.
        var startTimeout = Duration.seconds(120)
        /// From SIGTERM to the end of its process; it is killed then, and the run has failed.
        var drainTimeout = Duration.seconds(60)

        /// The `sala` that lies beside the program that runs.
        static var neighbour: String {
            var path = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = max(0, readlink("/proc/self/exe", &path, path.count - 1))
            let own = String(decoding: path[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
            return own.prefix(through: own.lastIndex(of: "/") ?? own.startIndex) + "sala"
        }
    }

    private enum State {
        /// Next: `up`, `ending`, `failed`.
        case starting(since: Instant)
        /// Next: `ending`, `failed`.
        case up
        /// It was asked or made to end; another starts then. Next: `starting`, `failed`.
        case ending(since: Instant, isKilled: Bool)
        case failed(LoadFailure)
        case stopped
    }

    /// How often its process and its `dev.json` are looked at.
    private static let lookInterval = Duration.milliseconds(20)

    private let configuration: Configuration
    private let driver: Driver
    private let folder: String
    private let port: UInt16
    private let janitor: Janitor
    private let standins: Program
    private var server: Program
    private var state: State
    /// When it went away, to say how long that was.
    private var downSince: Instant
    private var timer: ScheduledTimer?
    var happened: (String) -> Void = { _ in }

    /// Starts it, and returns when it is ready.
    init(_ configuration: Configuration, _ driver: Driver) throws(LoadFailure) {
        self.configuration = configuration
        self.driver = driver
        if let port = configuration.port { self.port = port } else { port = try Ports.freePair(driver.random) }
        folder = try TemporaryFolder.make(in: configuration.parent)
        do throws(LoadFailure) {
            janitor = try Janitor(for: folder)
        } catch {
            TemporaryFolder.removeEmpty(folder)
            throw error
        }
        let scheme = configuration.speaksTLS ? "https" : "http"
        standins = try Self.start(
            "standins", configuration,
            ["--port", String(port + Ports.standinOffset), "--server", "\(scheme)://127.0.0.1:\(port)"], in: folder)
        let standinsLog = folder + "/standins.log"
        let isListening = driver.settle(atMost: configuration.startTimeout) {
            String(decoding: TextFile.read(standinsLog) ?? [], as: UTF8.self).contains("listen on")
        }
        guard isListening else {
            throw LoadFailure(.unavailable, "the stand-ins did not start\(Self.complaints(in: standinsLog))")
        }
        server = try Self.startServer(configuration, port, in: folder)
        state = .starting(since: driver.now)
        downSince = driver.now
        look()
        try driver.wait(for: "the server's start", atMost: configuration.startTimeout) { isUp || failure != nil }
        if let failure { throw failure }
    }

    deinit { timer?.cancel() }

    /// What it wrote about itself: addresses and tokens.
    var devJSON: String { folder + "/data/dev.json" }
    var pid: Int { Int(server.pid) }

    var isUp: Bool {
        if case .up = state { true } else { false }
    }

    var failure: LoadFailure? {
        if case .failed(let failure) = state { failure } else { nil }
    }

    // MARK: Faults

    func kill() throws(LoadFailure) {
        try checkThatItLives()
        server.send(SIGKILL)
        end(isKilled: true, "the server was killed")
    }

    func replace() throws(LoadFailure) {
        try checkThatItLives()
        // One that is ending already ends once.
        if case .ending = state { return }
        server.send(SIGTERM)
        end(isKilled: false, "the server was asked to drain")
    }

    func freeze(for duration: Duration) {
        switch state {
        case .failed, .stopped: return
        case .starting, .up, .ending: break
        }
        let frozen = server
        frozen.send(SIGSTOP)
        happened("the server was frozen for \(Self.seconds(duration))")
        _ = driver.loop.schedule(after: duration) { [self] in
            // Another may have taken its place, and its number may be anybody's.
            if frozen.pid == server.pid { frozen.send(SIGCONT) }
        }
    }

    /// Takes everything down and removes the folder; waits for it. Throws when the server had to be killed.
    func stop() throws(LoadFailure) {
        timer?.cancel()
        state = .stopped
        try janitor.finish(meanwhile: { _ = (server.exitStatus, standins.exitStatus) })
    }

    private func checkThatItLives() throws(LoadFailure) {
        switch state {
        case .failed(let failure): throw failure
        case .stopped: throw LoadFailure(.unavailable, "the server was stopped")
        case .starting, .up, .ending: break
        }
    }

    private func end(isKilled: Bool, _ what: String) {
        if isUp { downSince = driver.now }
        state = .ending(since: driver.now, isKilled: isKilled)
        happened(what)
    }

    // MARK: Looking after it

    private func look() {
        step()
        if case .failed = state { return }
        timer = driver.loop.schedule(after: Self.lookInterval) { [weak self] in self?.look() }
    }

    private func step() {
        let status = server.exitStatus
        switch state {
        case .starting(let since):
            if let status { return fail("the server ended at its start with \(status)") }
            if isReady {
                state = .up
                happened("the server is up after \(Self.seconds(driver.now.since(downSince)))")
            } else if driver.now > since.advanced(by: configuration.startTimeout) {
                fail("the server was not ready within \(configuration.startTimeout.components.seconds) s")
            }
        case .up:
            if let status { fail("the server ended with \(status), and nobody asked it to") }
        case .ending(let since, let isKilled):
            if let status {
                if !isKilled, status != 0 { return fail("a drain ended with \(status)") }
                startAgain()
            } else if driver.now > since.advanced(by: configuration.drainTimeout) {
                fail("the server did not end within \(configuration.drainTimeout.components.seconds) s")
            }
        case .failed, .stopped: break
        }
    }

    /// `dev.json` is removed at every start and written once the server listens. What is only half there is no JSON yet.
    private var isReady: Bool {
        guard access(devJSON, F_OK) == 0 else { return false }
        do throws(LoadFailure) {
            _ = try DevFacts(path: devJSON)
            return true
        } catch {
            return false
        }
    }

    private func startAgain() {
        do throws(LoadFailure) {
            server = try Self.startServer(configuration, port, in: folder)
            state = .starting(since: driver.now)
        } catch {
            state = .failed(error)
        }
    }

    private func fail(_ what: String) {
        state = .failed(LoadFailure(.unavailable, what + Self.complaints(in: folder + "/server.log")))
        happened(what)
    }

    // MARK: Starting

    private static func startServer(
        _ configuration: Configuration, _ port: UInt16, in folder: String
    ) throws(LoadFailure) -> Program {
        // The one before it may have been killed, and then its dev.json is still there.
        unlink(folder + "/data/dev.json")
        var arguments = ["--port", String(port), "--standins", "http://127.0.0.1:\(port + Ports.standinOffset)"]
        if configuration.speaksTLS { arguments.append("--tls") }
        return try start("server", configuration, arguments, in: folder)
    }

    private static func start(
        _ name: String, _ configuration: Configuration, _ arguments: [String], in folder: String
    ) throws(LoadFailure) -> Program {
        let command = name == "server" ? "dev" : name
        let program = try Program.start(
            configuration.program, [command, "--data", folder + "/data"] + arguments, log: "\(folder)/\(name).log")
        guard TextFile.write(Array("\(program.pid)\n".utf8), to: "\(folder)/\(name).pid") else {
            // Nobody would find it again.
            program.send(SIGKILL)
            throw LoadFailure(.unavailable, "cannot write \(folder)/\(name).pid")
        }
        return program
    }

    /// The last of what a program said about itself, without the tokens that it printed at its start.
    private static func complaints(in log: String) -> String {
        let lines = String(decoding: TextFile.read(log) ?? [], as: UTF8.self).split(separator: "\n")
        let own = lines.filter { $0.hasPrefix("{") || $0.hasPrefix("sala:") }.suffix(10)
        return own.isEmpty ? "" : ":\n" + own.joined(separator: "\n")
    }

    private static func seconds(_ duration: Duration) -> String {
        "\((duration.inSeconds * 10).rounded() / 10) s"
    }
}
