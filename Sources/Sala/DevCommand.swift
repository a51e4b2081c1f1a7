internal import Authentication
internal import Domain
internal import Gateway
internal import Glibc
internal import JSON
internal import LineAccounts
internal import PaymentGateways
internal import PostgresStore
internal import Primitives
internal import Reactor
internal import Standins
internal import Telemetry

/// `sala dev`: everything on one machine.
struct DevCommand {
    static let options = [
        Options.Option(name: "port", takesValue: true), Options.Option(name: "data", takesValue: true),
        Options.Option(name: "reset", takesValue: false), Options.Option(name: "tls", takesValue: false),
        Options.Option(name: "standins", takesValue: true),
    ]
    /// The stand-ins listen so many ports above the server.
    static let standinOffset = 10

    private let port: Int
    private let data: String
    private let resets: Bool
    private let speaksTLS: Bool
    /// Stand-ins that run already; nil: our own.
    private let others: String?

    init(_ options: Options) throws(CommandFailure) {
        port = try options.number("port", default: 8080, in: 1...(65_535 - Self.standinOffset))
        data = options["data"] ?? ".sala"
        resets = options.has("reset")
        speaksTLS = options.has("tls")
        others = try options.address("standins")
    }

    func run() throws(CommandFailure) {
        try makeData()
        let lock = try DataLock(data)
        defer { lock.release() }
        FileSystem.remove(documentPath)
        let random = SystemRandom()
        let tenants = try DevKeys.loadOrMake(in: data, random: random)
        var configuration = try configuration(tenants, random)
        let certificates = DevCertificates(data: data, now: SystemTime().wallClock, random: random)
        if speaksTLS { configuration.tls = try certificates.loadOrMake() }
        let cluster = try startCluster()
        defer { cluster.stop() }
        configuration.databaseURL = cluster.conninfo
        do {
            try Migrator(PostgresConfiguration(conninfo: cluster.conninfo)).migrate { Console.print("  \($0)") }
        } catch {
            throw CommandFailure(.unavailable, "sala: \(error)")
        }
        let standins =
            others == nil
            ? try RunningStandins(
                port: port + Self.standinOffset, server: "\(speaksTLS ? "https" : "http")://127.0.0.1:\(port)",
                authority: speaksTLS ? certificates.authorityPath : nil, data: data, random: random) : nil
        let secrets = try DevKeys.secrets(in: data, random: random)
        let log = Log(
            minLevel: configuration.logLevel, sink: DescriptorLogSink(descriptor: STDERR_FILENO), time: SystemTime())
        let demo = try DemoToken(tenants)
        let gateways = DevGateways(secrets: secrets, standins: standinsURL)
        for tenant in tenants.all where configuration.merchants[tenant.name] == nil {
            configuration.merchants[tenant.name] = MerchantAccounts(gateways)
        }
        for tenant in tenants.all where configuration.pushAccounts[tenant.name] == nil {
            configuration.pushAccounts[tenant.name] = PushAccounts.standin(secrets, standins: standinsURL)
        }
        let server = try Server(
            configuration, log: log,
            demo: Demo(
                token: { demo.make($0) }, standins: standinsURL,
                tenants: DevSlipTenants.all(
                    standins: standinsURL, secrets: secrets["line"] ?? [:],
                    now: SystemTime().wallClock)))
        server.start()
        let document = try DevDocument(
            tenants: tenants, port: port, standins: standinsURL, data: data,
            authority: speaksTLS ? FileSystem.absolute(certificates.authorityPath) : nil, random: random)
        try document.write(to: documentPath)
        document.announce()
        Signals.waitForEnd(hungUp: { server.reloadCertificate() }, meanwhile: { watch(cluster, log) })
        Console.print("\nStopping.")
        server.drain()
        standins?.stop()
    }

    private var documentPath: String { data + "/dev.json" }
    private var standinsURL: String { others ?? "http://127.0.0.1:\(port + Self.standinOffset)" }

    private func makeData() throws(CommandFailure) {
        do {
            try FileSystem.makeDirectory(data, mode: 0o755)
        } catch {
            throw CommandFailure(.unavailable, "sala: \(error.message)")
        }
    }

    private func configuration(
        _ tenants: Tenants, _ random: any RandomSource
    ) throws(CommandFailure) -> Configuration {
        var configuration = Configuration(tenants: tenants)
        configuration.host = Configuration.environment("SALA_HOST") ?? "127.0.0.1"
        configuration.port = UInt16(port)
        configuration.isDevelopment = true
        configuration.enforcesRates = false
        // The stand-ins speak HTTP/1.1: a connection for each open reply.
        configuration.maxProviderConnections = StandinServer.maxConnections
        configuration.drainTimeout = .seconds(5)
        configuration.sealingKeys = try DevKeys.sealingKeys(in: data, random: random)
        configuration.logLevel = .warning
        let base = standinsURL
        let key = Secret("stand-in")
        configuration.openai = .init(key: key, model: "gpt-4o-mini", baseURL: base + "/openai/v1")
        configuration.anthropic = .init(key: key, model: "claude-haiku-4-5", baseURL: base + "/anthropic")
        configuration.gemini = .init(key: key, model: "gemini-2.5-flash", baseURL: base + "/gemini/v1beta")
        configuration.slipServices.endpoints.lineAPI = base + "/line"
        configuration.slipServices.endpoints.lineContent = base + "/line"
        configuration.slipServices.endpoints.easyslip1 = base + "/easyslip/api/v1"
        configuration.slipServices.endpoints.easyslip2 = base + "/easyslip/v2"
        configuration.slipServices.endpoints.slipok = base + "/slipok/api/line/apikey"
        configuration.goldPriceURL = base + "/gold/api/GoldPrices/Latest?readjson=false"
        var problems: [String] = []
        configuration.readCommon(&problems)
        guard problems.isEmpty else {
            throw CommandFailure(.configuration, problems.map { "sala: \($0)" }.joined(separator: "\n"))
        }
        configuration.slipServices.useStandins()
        return configuration
    }

    private func startCluster() throws(CommandFailure) -> PrivateCluster {
        let settings = PrivateClusterConfiguration(directory: data)
        do {
            if resets {
                Console.print("  removing the store of \(data)")
                try PrivateCluster.reset(settings)
            }
            return try PrivateCluster.start(settings) { Console.print("  \($0)") }
        } catch {
            throw CommandFailure(.unavailable, "sala: \(error)")
        }
    }

    /// A PostgreSQL that died is started again, as a service manager would.
    private func watch(_ cluster: PrivateCluster, _ log: Log) {
        guard cluster.postmasterPID == nil else { return }
        log.warning("PostgreSQL is gone; starting it again")
        do {
            try cluster.ensureRunning()
            log.notice("PostgreSQL runs again")
        } catch {
            log.error("PostgreSQL does not start")
        }
    }
}

/// Tokens for the demo pages, one a visit.
private struct DemoToken: Sendable {
    private let tenants: Tenants

    init(_ tenants: Tenants) throws(CommandFailure) {
        self.tenants = tenants
        for visitor in DemoVisitor.allCases { _ = try Self.sign(tenants, visitor) }
    }

    func make(_ visitor: DemoVisitor) -> String {
        // That signing works was tried at the start.
        do { return try Self.sign(tenants, visitor) } catch { return "" }
    }

    private static func sign(_ tenants: Tenants, _ visitor: DemoVisitor) throws(CommandFailure) -> String {
        let (tenant, subject, role): (String, String, Role) =
            switch visitor {
            case .customer: ("jeco", "u_1", .customer)
            case .slipStaff: (DevSlipTenants.tenant, "s_1", .staff)
            case .shop: ("baanfoodie", "s_1", .staff)
            case .rider: ("baanfoodie", "r_1", .rider)
            case .goldBuyer: ("pawnshop", "u_1", .customer)
            case .goldStaff: ("pawnshop", "s_1", .staff)
            }
        return try tenants.sign(
            tenant: tenant, subject: subject, role: role, grants: [], ttl: .seconds(3600),
            now: SystemTime().wallClock
        ).reveal()
    }
}

/// Keeps two servers from using one data directory. The kernel lets go of it when the process ends, however it ends.
private struct DataLock {
    private let descriptor: Int32

    init(_ data: String) throws(CommandFailure) {
        let path = data + "/lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(.unavailable, "sala: \(path): \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw CommandFailure(
                .unavailable, "sala: another 'sala dev' uses \(data); --data chooses another directory")
        }
    }

    func release() { close(descriptor) }
}
