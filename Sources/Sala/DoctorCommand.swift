internal import Gateway
internal import HTTPClient
internal import PostgresStore
internal import Primitives
internal import Reactor
internal import TLS

/// `sala doctor`: checks everything and says what is wrong with each.
struct DoctorCommand {
    init(_ options: Options) {}

    func run() throws(CommandFailure) {
        var failed: ExitCode?
        let configuration: Configuration?
        do {
            configuration = try Configuration.fromEnvironment()
            Console.print("ok    configuration")
        } catch {
            configuration = nil
            failed = .configuration
            for line in error.lines { Console.print("wrong \(line)") }
        }
        if let configuration, let problem = checkCertificate(configuration) { failed = failed ?? problem }
        if let url = Configuration.environment("SALA_DATABASE_URL") {
            do {
                try Migrator(PostgresConfiguration(conninfo: Secret(url))).check()
                Console.print("ok    database: it answers, and has this release's schema")
                if let problem = checkLedger(PostgresConfiguration(conninfo: Secret(url))) {
                    failed = failed ?? problem
                }
            } catch {
                failed = failed ?? (error == .unavailable ? .unavailable : .configuration)
                Console.print("wrong database: \(error)")
            }
        }
        if let configuration { checkMap(configuration) }
        if let configuration, let problem = try checkProviders(configuration) { failed = failed ?? problem }
        if let failed { throw CommandFailure(failed, "sala: not everything is well") }
    }

    /// Its files can be used, or the configuration would not be: now for its time and its names.
    private func checkCertificate(_ configuration: Configuration) -> ExitCode? {
        guard let files = configuration.tls else {
            Console.print("-     certificate: none; the port speaks plain HTTP")
            return nil
        }
        let certificate: ServerCertificate
        do {
            certificate = try files.load()
        } catch {
            Console.print("wrong certificate: \(error.message)")
            return .configuration
        }
        for host in configuration.tenants.hosts.keys.sorted() where !certificate.isValid(forHost: host) {
            Console.print("warn  certificate: it does not name the tenants' host \(host)")
        }
        switch CertificateAge(certificate, now: SystemTime().wallClock) {
        case .fresh:
            Console.print("ok    certificate: valid until \(certificate.notAfter.rfc3339)")
            return nil
        case .ending:
            Console.print("warn  certificate: it ends soon, \(certificate.notAfter.rfc3339)")
            return nil
        case .expired:
            Console.print("wrong certificate: it ended \(certificate.notAfter.rfc3339)")
            return .configuration
        case .notYetValid:
            Console.print("wrong certificate: it begins \(certificate.notBefore.rfc3339)")
            return .configuration
        }
    }

    /// Adds every line up. What is wrong is named by tenant and kind of account: an account's own name is a person's.
    private func checkLedger(_ database: PostgresConfiguration) -> ExitCode? {
        let audit: LedgerAudit
        do {
            audit = try PostgresLedgerAudit(database).run()
        } catch {
            Console.print("wrong ledger: it could not be added up")
            return .unavailable
        }
        if audit.faults.isEmpty {
            Console.print("ok    ledger: \(audit.postings) postings, sums are zero")
            return nil
        }
        for fault in audit.faults { Console.print("wrong ledger: \(fault)") }
        return .configuration
    }

    /// Pages do without: that is a warning, not a failure.
    private func checkMap(_ configuration: Configuration) {
        let folder = configuration.leafletFolder
        if let missing = configuration.map.missing {
            Console.print("warn  maps: \(folder)/\(missing) cannot be read; install Debian's libjs-leaflet")
        } else {
            Console.print("ok    maps: Leaflet in \(folder); tiles: \(configuration.mapTiles?.origin ?? "none")")
        }
    }

    /// Every configured provider is asked.
    private func checkProviders(_ configuration: Configuration) throws(CommandFailure) -> ExitCode? {
        let group: EventLoopGroup
        let client: HTTPClient
        do {
            group = try EventLoopGroup(count: 1)
            client = try HTTPClient(loop: group.loops[0])
        } catch {
            throw CommandFailure(.unavailable, "sala: no HTTP client: \(error)")
        }
        defer {
            group.loops[0].wait { client.close() }
            group.stopAndJoin()
        }
        var failed: ExitCode?
        for (name, provider) in [
            ("openai", configuration.openai), ("anthropic", configuration.anthropic), ("gemini", configuration.gemini),
        ] {
            guard let provider else {
                Console.print("-     provider \(name): not configured")
                continue
            }
            switch ProviderCheck(name: name, provider: provider).run(on: client) {
            case .fine: Console.print("ok    provider \(name): it accepts the key; model \(provider.model)")
            case .wrong(let what):
                failed = .unavailable
                Console.print("wrong provider \(name): \(what)")
            }
        }
        return failed
    }
}
