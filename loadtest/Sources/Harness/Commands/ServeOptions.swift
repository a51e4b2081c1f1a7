internal import Glibc
internal import Reactor

/// `--serve`: a run against a server that is started for it and taken down after it.
enum ServeOptions {
    static let all: [CommandLineOptions.Option] = [
        .init("serve", nil, "start a 'sala dev' for the run, in a temporary folder, and take it down after it"),
        .init("sala", "PATH", "the program that --serve starts (default: the sala beside this one)"),
        .init("port", "N", "where --serve's server listens; its stand-ins ten above (default: free ones)"),
        .init("tls", nil, "--serve's server speaks TLS"),
    ]

    /// Of the target: not together with `--serve`.
    private static let others = ["target", "dev-json", "tokens", "keys", "standins", "pid"]

    /// Runs `body` with a server as the options say, nil without `--serve`. The server is taken down when `body` has returned, when
    /// it has failed, and when a signal ends the process.
    static func serving<Outcome>(
        _ options: CommandLineOptions, _ driver: Driver,
        _ body: (OwnServer?) throws(LoadFailure) -> Outcome
    ) throws(LoadFailure) -> Outcome {
        guard options.has("serve") else {
            if let name = ["sala", "port", "tls"].first(where: options.has) {
                throw LoadFailure(.usage, "--\(name) belongs to --serve")
            }
            return try body(nil)
        }
        if let name = others.first(where: options.has) {
            throw LoadFailure(.usage, "--serve and --\(name) do not go together")
        }
        var configuration = OwnServer.Configuration(program: options["sala"] ?? OwnServer.Configuration.neighbour)
        configuration.port = try options.integer("port", in: 1...(65_535 - Int(Ports.standinOffset))).map(UInt16.init)
        configuration.speaksTLS = options.has("tls")

        var own: OwnServer?
        // A second signal is not waited for: the janitor does its work without us.
        var isEnding = false
        let interruption = try Interruption(on: driver.loop) { signal in
            guard !isEnding else { exit(128 + signal) }
            isEnding = true
            end(own)
            exit(128 + signal)
        }
        defer { withExtendedLifetime(interruption) {} }
        let server = try OwnServer(configuration, driver)
        own = server
        let outcome: Result<Outcome, LoadFailure>
        do throws(LoadFailure) { outcome = .success(try body(server)) } catch { outcome = .failure(error) }
        let ending: Result<Void, LoadFailure>
        do throws(LoadFailure) { ending = .success(try server.stop()) } catch { ending = .failure(error) }
        // Why the run failed says more than how the server ended then.
        let made = try outcome.get()
        try ending.get()
        return made
    }

    private static func end(_ own: OwnServer?) {
        do throws(LoadFailure) { try own?.stop() } catch { Table.show("sala-loadtest: \(error.text)\n", on: 2) }
    }
}
