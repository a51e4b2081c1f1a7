internal import Glibc
internal import PostgresStore
internal import Primitives
internal import Reactor
internal import Telemetry

/// `sala serve`: production.
struct ServeCommand {
    init(_ options: Options) {}

    func run() throws(CommandFailure) {
        let configuration = try Configuration.checked()
        do {
            try Migrator(PostgresConfiguration(conninfo: configuration.databaseURL)).check()
        } catch {
            let code: ExitCode = error == .unavailable ? .unavailable : .configuration
            throw CommandFailure(code, "sala: \(error)")
        }
        let log = Log(
            minLevel: configuration.logLevel, sink: DescriptorLogSink(descriptor: STDERR_FILENO), time: SystemTime())
        let server = try Server(configuration, log: log)
        server.start()
        log.notice(
            "serving",
            [
                "server.port": .integer(Int(server.port)), "tls": .flag(configuration.tls != nil),
                "sala.build": .text(Build.version),
            ])
        Signals.waitForEnd(hungUp: { server.reloadCertificate() })
        server.drain()
    }
}

extension Configuration {
    /// The environment's configuration, or every problem with it at once.
    static func checked() throws(CommandFailure) -> Configuration {
        do {
            return try fromEnvironment()
        } catch {
            throw CommandFailure(.configuration, error.lines.map { "sala: \($0)" }.joined(separator: "\n"))
        }
    }
}
