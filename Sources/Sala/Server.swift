internal import Authentication
internal import Domain
internal import Gateway
internal import HTTPClient
internal import LanguageModels
internal import Ports
internal import PostgresStore
internal import Primitives
internal import Reactor
internal import Sessions
internal import Synchronization
internal import Telemetry
internal import Transport
internal import WebSocket
internal import WireProtocol

/// The composition root: a whole server, from the store to the listener. The only place where adapters and sessions meet.
final class Server: Sendable {
    /// What belongs to one loop.
    private struct Part: Sendable {
        let pool: PostgresPool
        let journal: PostgresJournal
        let client: HTTPClient
        let chain: ModelChain
        let services: LoopServices
    }

    private let configuration: Configuration
    private let log: Log
    private let group: EventLoopGroup
    private let parts: [Part]
    private let gateway: Gateway
    private let listener: Listener
    private let availability: Availability

    var port: UInt16 { listener.port }

    /// Builds everything and begins to connect; nothing is accepted before `start`.
    init(_ configuration: Configuration, log: Log, demoToken: (@Sendable () -> String)? = nil) throws(CommandFailure) {
        self.configuration = configuration
        self.log = log
        let random = SystemRandom()
        let postgres = PostgresConfiguration(conninfo: configuration.databaseURL)
        let ownership: Ownership
        do {
            ownership = try Ownership.claim(postgres, node: configuration.node, incarnation: random.identifier("i"))
        } catch {
            throw CommandFailure(.unavailable, "sala: the database does not let this process take over: \(error)")
        }
        do {
            group = try EventLoopGroup(count: configuration.loops)
        } catch {
            throw CommandFailure(.unavailable, "sala: no event loop: \(error)")
        }
        let metrics = Metrics(log: log)
        let availability = Availability(loops: group.loops.count)
        self.availability = availability
        var parts: [Part] = []
        for loop in group.loops {
            let loops = group.loops
            let made = loop.wait { () -> Result<Part, CommandFailure> in
                Self.part(loop, loops, configuration, postgres, ownership, metrics, availability, random)
            }
            parts.append(try made.get())
        }
        self.parts = parts
        let chains = parts.map(\.chain)
        let identity = Identity(
            verifier: configuration.tenants.verifier, origins: configuration.origins, time: SystemTime(), random: random
        )
        gateway = Gateway(
            services: GatewayServices(
                loops: parts.map(\.services), identity: identity, random: random,
                readiness: { availability.report(chains) }, metricsText: { metrics.registry.prometheusText() },
                demoToken: demoToken),
            configuration: configuration.gateway, observer: metrics.gateway)
        do {
            let gateway = gateway
            listener = try Listener(
                host: configuration.host, port: configuration.port, loops: group.loops,
                configuration: configuration.transport, observer: metrics.transport, receive: { gateway.receive($0) })
        } catch {
            let hint = error.isAddressInUse ? " (is another server running? --port chooses another)" : ""
            throw CommandFailure(
                .unavailable, "sala: cannot listen on \(configuration.host):\(configuration.port): \(error)\(hint)")
        }
        try loadRevocations(into: identity)
    }

    private static func part(
        _ loop: EventLoop, _ loops: [EventLoop], _ configuration: Configuration, _ postgres: PostgresConfiguration,
        _ ownership: Ownership, _ metrics: Metrics, _ availability: Availability, _ random: SystemRandom
    ) -> Result<Part, CommandFailure> {
        let pool = PostgresPool(loop: loop, configuration: postgres, random: random)
        var journalConfiguration = JournalConfiguration()
        let observe = metrics.journal
        journalConfiguration.observe = { observation in
            if observation == .connected { availability.set(loop.index, true) }
            if observation == .disconnected {
                availability.set(loop.index, false)
                // Our own stop is no event.
                if availability.isStopping { return }
            }
            observe(observation)
        }
        let journal = PostgresJournal(
            loop: loop, postgres: postgres, configuration: journalConfiguration, ownership: ownership, pool: pool,
            random: random)
        let client: HTTPClient
        do {
            client = try HTTPClient(loop: loop)
        } catch {
            return .failure(CommandFailure(.unavailable, "sala: libcurl cannot be used: \(error)"))
        }
        pool.start()
        journal.start()
        let chain = Advisors.chain(configuration, client: client)
        let environment = SessionEnvironment(
            loop: loop, loops: loops, journal: journal, random: random,
            framing: FrameEncoding { WebSocketEncoder.text($0) }, observer: metrics.sessions)
        var registryConfiguration = SessionRegistry.Configuration()
        registryConfiguration.idleTimeout = configuration.idleTimeout
        let replies = metrics.replies
        let registry = SessionRegistry(
            environment: environment, configuration: registryConfiguration, digest: { SHA256.digest($0) }
        ) { address in
            ConversationEffects(address: address, loop: loop, languageModel: chain, observe: replies)
        }
        registry.start()
        return .success(
            Part(
                pool: pool, journal: journal, client: client, chain: chain,
                services: LoopServices(
                    loop: loop, registry: registry, directory: PostgresDirectory(pool: pool),
                    revocations: PostgresRevocations(pool: pool), backlog: { journal.depth.entries })))
    }

    /// Tokens revoked before the last stop stay revoked.
    private func loadRevocations(into identity: Identity) throws(CommandFailure) {
        let part = parts[0]
        let now = SystemTime().wallClock
        let result: Result<[(token: String, until: Timestamp)], StoreFailure> = part.services.loop.await { done in
            part.services.revocations.revocations(at: now) { done($0) }
        }
        do {
            for entry in try result.get() {
                try identity.revoke(TokenIdentifier(stored: entry.token), expires: entry.until)
            }
        } catch {
            throw CommandFailure(.unavailable, "sala: the revoked tokens cannot be read")
        }
    }

    /// Accepts connections, and ends the replies that the last process left open.
    func start() {
        gateway.start()
        listener.start()
        for part in parts {
            let registry = part.services.registry
            let log = log
            part.services.loop.submit { Self.recover(registry, log) }
        }
    }

    private static func recover(_ registry: SessionRegistry, _ log: Log) {
        registry.recoverOpenReplies { result in
            switch result {
            case .success(0): break
            case .success(let count): log.notice("open replies recovered", ["sessions": .integer(count)])
            case .failure:
                registry.loop.schedule(after: .milliseconds(500)) { recover(registry, log) }
            }
        }
    }

    /// Accepts no more, sends everyone away, lets commands and replies end, writes the checkpoints, closes.
    func drain() {
        log.notice("draining")
        let timeout = configuration.drainTimeout
        let spread = min(.seconds(3), timeout / 4)
        listener.stopAccepting()
        gateway.drain(spread: spread, deadline: timeout)
        let drained = parts.map { part in
            let registry = part.services.registry
            return part.services.loop.begin { done in
                registry.drain(interruptAfter: timeout / 2, deadline: timeout) { done(()) }
            }
        }
        for registry in drained { registry.take() }
        let end = SystemTime().now.advanced(by: spread + .seconds(2))
        for connections in listener.connectionGroups {
            connections.loop.await { done in connections.drain(until: end) { done(()) } }
        }
        availability.stop()
        for part in parts {
            part.services.loop.wait {
                part.journal.stop()
                part.pool.stop()
                part.client.close()
            }
        }
        group.stopAndJoin()
        log.notice("stopped")
    }
}

/// Whether the journals of all loops can write; read by the readiness endpoint on any loop.
final class Availability: Sendable {
    private let loops: [Flag]

    private let stopping = Flag()

    init(loops: Int) { self.loops = (0..<loops).map { _ in Flag() } }

    func stop() { stopping.value.store(1, ordering: .relaxed) }
    var isStopping: Bool { stopping.value.load(ordering: .relaxed) == 1 }

    func set(_ index: Int, _ isAvailable: Bool) { loops[index].value.store(isAvailable ? 1 : 0, ordering: .relaxed) }

    /// Called on a loop, whose own chain says if a provider can be asked. Without providers the server is ready all the
    /// same: chats between people, histories and lists do not need them.
    func report(_ chains: [ModelChain]) -> ReadinessReport {
        let isReady = loops.allSatisfy { $0.value.load(ordering: .relaxed) == 1 }
        let hasProvider = EventLoop.current.map { chains[$0.index].isAvailable } ?? false
        return ReadinessReport(
            isReady: isReady,
            checks: [("database", isReady ? "ok" : "unavailable"), ("providers", hasProvider ? "ok" : "unavailable")])
    }

    final class Flag: Sendable {
        let value = Atomic<Int>(0)
    }
}

extension Configuration {
    var origins: OriginPolicy {
        var origins = tenants.all.flatMap(\.origins)
        if isDevelopment {
            origins += ["http://127.0.0.1:\(port)", "http://localhost:\(port)"].compactMap { Origin($0) }
        }
        return OriginPolicy(allowing: origins)
    }

    var gateway: GatewayConfiguration {
        var gateway = GatewayConfiguration()
        gateway.enforcesRates = enforcesRates
        gateway.isDevelopment = isDevelopment
        gateway.build = Build.version
        gateway.tenantHosts = tenants.hosts
        return gateway
    }

    var transport: ServerConfiguration {
        var transport = ServerConfiguration()
        transport.webSocket.maxMessageBytes = gateway.maxFrameBytes
        transport.pingInterval = .seconds(gateway.heartbeatSeconds)
        transport.maxConnections = maxConnections
        transport.maxConnectionsPerAddress = enforcesRates ? maxConnectionsPerAddress : maxConnections
        return transport
    }
}
