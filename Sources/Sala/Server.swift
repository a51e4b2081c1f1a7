internal import Authentication
internal import Domain
internal import Gateway
internal import GoldPrices
internal import HTTP1
internal import HTTPClient
internal import LanguageModels
internal import LineAccounts
internal import PaymentGateways
internal import Payments
internal import Ports
internal import PostgresStore
internal import Primitives
internal import PublicFiles
internal import PushMessaging
internal import Reactor
internal import Sessions
internal import Synchronization
internal import TLS
internal import Telemetry
internal import Transport
internal import WebSocket
internal import WireProtocol

/// What `sala dev` adds to a server.
struct Demo: Sendable {
    /// A token for a visitor of a demo page.
    let token: @Sendable (DemoVisitor) -> String
    /// Where the stand-ins are: `http://127.0.0.1:8090`.
    let standins: String
    /// Tenants of the slip service that are there from the start.
    let tenants: [TenantSettings]
}

extension Demo {
    /// A page asks on the loop that it came to, and there is a client for each.
    fileprivate func services(clients: [HTTPClient]) -> DemoServices {
        DemoServices(token: token) { act, completion in
            guard let client = EventLoop.current.map({ clients[$0.index] }) else { return completion(nil) }
            client.collect(request(act)) { result in
                switch result {
                case .success(let answer): completion((answer.head.status, answer.body))
                case .failure: completion(nil)
                }
            }
        }
    }

    private func request(_ act: DemoAct) -> HTTPClientRequest {
        switch act {
        case .people:
            HTTPClientRequest(url: "\(standins)/_control/backend/users?tenant=\(DevSlipTenants.tenant)")
        case .send(let order): post(order, to: "line/webhook")
        case .transfer(let order): post(order, to: "bank/transfer")
        case .announce(let order): post(order, to: "gold")
        }
    }

    private func post(_ order: [UInt8], to control: String) -> HTTPClientRequest {
        HTTPClientRequest(
            method: .post, url: "\(standins)/_control/\(control)", headers: [("Content-Type", "application/json")],
            body: order)
    }
}

/// The composition root: a whole server, from the store to the listener. The only place where adapters and sessions meet.
final class Server: Sendable {
    /// What belongs to one loop.
    private struct Part: Sendable {
        let pool: PostgresPool
        let journal: PostgresJournal
        let client: HTTPClient
        let chain: ModelChain
        let slips: SlipService.Part
        let services: LoopServices
    }

    private let configuration: Configuration
    private let log: Log
    private let group: EventLoopGroup
    private let parts: [Part]
    private let gateway: Gateway
    private let listener: Listener
    private let redirect: Listener?
    private let tls: ReplaceableTLSContext?
    private let availability: Availability
    private let slips: SlipService

    var port: UInt16 { listener.port }

    /// Builds everything and begins to connect; nothing is accepted before `start`.
    init(_ configuration: Configuration, log: Log, demo: Demo? = nil) throws(CommandFailure) {
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
        let slips = try SlipService(configuration, random: random, log: log)
        self.slips = slips
        let pictures = HeldPictures(time: SystemTime(), random: random)
        let availability = Availability(loops: group.loops.count)
        self.availability = availability
        let registries = SessionRegistries()
        var parts: [Part] = []
        for loop in group.loops {
            let loops = group.loops
            let made = loop.wait { () -> Result<Part, CommandFailure> in
                Self.part(
                    loop, loops, configuration, postgres, ownership, metrics, availability, slips, pictures,
                    registries, random)
            }
            parts.append(try made.get())
        }
        self.parts = parts
        registries.connect(parts.map(\.services.registry))
        let chains = parts.map(\.chain)
        let identity = Identity(
            verifier: configuration.tenants.verifier, signers: configuration.tenants.signers,
            origins: configuration.origins, time: SystemTime(), random: random)
        let map = configuration.map
        if map.missing != nil { log.warning("pages have no maps: 'sala doctor' says what is missing") }
        gateway = Gateway(
            services: GatewayServices(
                loops: parts.map(\.services), identity: identity, random: random, tenants: slips.book,
                pictures: pictures,
                merchants: configuration.merchants,
                readiness: { availability.report(chains) }, metricsText: { metrics.registry.prometheusText() },
                demo: demo?.services(clients: parts.map(\.client)), map: map, process: { .current }),
            configuration: configuration.gateway, observer: metrics.gateway)
        tls = try Self.tls(configuration, log)
        let gateway = gateway
        let loops = group.loops
        listener = try Self.listen(
            on: configuration.port, configuration, configuration.transport, loops, tls, metrics
        ) { gateway.receive($0) }
        let leading = HTTPSRedirect(port: configuration.port)
        redirect = try configuration.redirectPort.map { port throws(CommandFailure) in
            try Self.listen(on: port, configuration, configuration.redirect, loops, nil, metrics) {
                leading.receive($0)
            }
        }
        try loadRevocations(into: identity)
        try slips.load(parts[0].slips, on: parts[0].services.loop, demo: demo?.tenants ?? [])
    }

    private static func listen(
        on port: UInt16, _ configuration: Configuration, _ transport: ServerConfiguration, _ loops: [EventLoop],
        _ tls: ReplaceableTLSContext?, _ metrics: Metrics, receive: @escaping RequestReceiver
    ) throws(CommandFailure) -> Listener {
        do {
            return try Listener(
                host: configuration.host, port: port, loops: loops, configuration: transport, tls: tls,
                observer: metrics.transport, receive: receive)
        } catch {
            let hint = error.isAddressInUse ? " (is another server running? --port chooses another)" : ""
            throw CommandFailure(.unavailable, "sala: cannot listen on \(configuration.host):\(port): \(error)\(hint)")
        }
    }

    private static func tls(
        _ configuration: Configuration, _ log: Log
    ) throws(CommandFailure) -> ReplaceableTLSContext? {
        guard let files = configuration.tls else { return nil }
        do {
            let context = try files.context()
            report(context.certificate, log)
            return ReplaceableTLSContext(context)
        } catch {
            throw CommandFailure(.configuration, "sala: \(error.message)")
        }
    }

    /// Clients will say more than the log if a certificate is out of its time; the server serves all the same.
    private static func report(_ certificate: ServerCertificate, _ log: Log) {
        let end: LogAttributes = ["not_after": .text(certificate.notAfter.rfc3339)]
        switch CertificateAge(certificate, now: SystemTime().wallClock) {
        case .fresh: break
        case .ending: log.warning("certificate ends soon", end)
        case .expired: log.error("certificate has expired", end)
        case .notYetValid: log.error("certificate is not valid yet", end)
        }
    }

    /// Reads the certificate's files again: new connections get what is there now, open ones keep what they have. Files that
    /// cannot be used, or whose certificate is out of its time, change nothing.
    func reloadCertificate() {
        guard let tls, let files = configuration.tls else { return log.notice("nothing to reload") }
        do throws(TLSFiles.Problem) {
            let context = try files.context()
            let certificate = context.certificate
            switch CertificateAge(certificate, now: SystemTime().wallClock) {
            case .expired, .notYetValid: throw TLSFiles.Problem(message: "\(files.certificate): it is not valid now")
            case .fresh, .ending: break
            }
            tls.replace(with: context)
            log.notice("certificate reloaded", ["not_after": .text(certificate.notAfter.rfc3339)])
            Self.report(certificate, log)
        } catch {
            log.error("certificate not reloaded, the old one stays", ["error.message": .text(error.message)])
        }
    }

    private static func part(
        _ loop: EventLoop, _ loops: [EventLoop], _ configuration: Configuration, _ postgres: PostgresConfiguration,
        _ ownership: Ownership, _ metrics: Metrics, _ availability: Availability,
        _ slips: SlipService, _ pictures: HeldPictures, _ registries: SessionRegistries, _ random: SystemRandom
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
            client = try HTTPClient(loop: loop, configuration: configuration.providerClient)
        } catch {
            return .failure(CommandFailure(.unavailable, "sala: libcurl cannot be used: \(error)"))
        }
        pool.start()
        journal.start()
        let chain = Advisors.chain(configuration, client: client)
        let environment = SessionEnvironment(
            loop: loop, loops: loops, journal: journal, random: random,
            framing: .webSocket, observer: metrics.sessions, couriers: registries.couriers,
            activityTenants: configuration.gateway.activityTenants)
        var registryConfiguration = SessionRegistry.Configuration()
        registryConfiguration.idleTimeout = configuration.idleTimeout
        let replies = metrics.replies
        let openReplies = OpenReplies()
        let steps = metrics.slipSteps
        let paymentSteps = metrics.paymentSteps
        let payments = PostgresPayments(pool: pool)
        let orders = PostgresOrders(pool: pool)
        let gold = configuration.goldPriceURL.map { GoldTraders(client: client, url: $0) }
        let feedChecks = metrics.feedChecks
        let merchants = configuration.merchants
        let slipPart = slips.part(pool: pool, client: client)
        let pushes = PushServices(client: client, accounts: configuration.pushAccounts)
        let observePush = metrics.pushed
        let registry = SessionRegistry(
            environment: environment, configuration: registryConfiguration, digest: { SHA256.digest($0) },
            conversations: {
                ConversationEffects(
                    address: $0, loop: loop, languageModel: chain,
                    persona: configuration.gateway.persona(of: $0.tenant),
                    openReplies: openReplies, observe: replies)
            },
            lineAccounts: {
                LineAccountEffects(
                    address: $0, loop: loop, services: slips.services(for: $0, slipPart), observe: steps)
            },
            payments: { address in
                PaymentEffects(
                    address: address, loop: loop,
                    services: PaymentAdapter(
                        address: address, client: client, slips: slips.verification(for: address, slipPart),
                        pictures: pictures, claims: slipPart.claims, store: payments,
                        merchant: merchants[address.tenant] ?? MerchantAccounts()),
                    tellOrders: { wakeOrders(of: address, orders, registries) }, observe: paymentSteps)
            },
            orders: { OrderEffects(address: $0, loop: loop, registries: registries) },
            feeds: { FeedEffects(address: $0, loop: loop, source: gold, observe: feedChecks) },
            inboxes: {
                InboxEffects(loop: loop, service: pushes.service(of: $0.tenant), observe: observePush)
            })
        registry.start()
        return .success(
            Part(
                pool: pool, journal: journal, client: client, chain: chain, slips: slipPart,
                services: LoopServices(
                    loop: loop, registry: registry, directory: PostgresDirectory(pool: pool),
                    revocations: PostgresRevocations(pool: pool), backlog: { journal.depth.entries },
                    settings: slipPart.settings, claims: slipPart.claims,
                    slipServices: { slips.services(of: $0, slipPart) }, administration: AdminSessions(client: client),
                    files: PublicFileFetch(client: client, admitsLoopback: configuration.isDevelopment),
                    payments: payments, orders: orders, goldPrices: PostgresGoldPrices(pool: pool),
                    facts: PostgresPlatformFacts(pool: pool),
                    checkouts: GatewayCheckouts(client: client, merchants: merchants),
                    activities: PostgresActivityLog(pool: pool))))
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
                // What is no identifier cannot be any token's.
                guard let token = TokenIdentifier(stored: entry.token) else { continue }
                try identity.revoke(token, expires: entry.until)
            }
        } catch {
            throw CommandFailure(.unavailable, "sala: the revoked tokens cannot be read")
        }
    }

    /// Accepts connections, and takes up again what the last process left unfinished.
    func start() {
        gateway.start()
        listener.start()
        redirect?.start()
        for part in parts {
            let registry = part.services.registry
            let log = log
            part.services.loop.submit { Self.recover(registry, log) }
        }
        makeGoldPrices()
    }

    /// The feeds that this server is to have, where they are not there yet.
    private func makeGoldPrices() {
        guard configuration.goldPriceURL != nil else { return }
        for tenant in configuration.goldPriceTenants where configuration.tenants.tenant(tenant) != nil {
            let address = SessionAddress(tenant: tenant, kind: .feed, id: FeedFacts.goldID)
            let registry = parts[Int(address.stableHash % UInt64(parts.count))].services.registry
            registry.loop.submit { Self.makeGoldPrice(address, registry) }
        }
    }

    private static func makeGoldPrice(
        _ address: SessionAddress, _ registry: SessionRegistry, pause: Duration = .milliseconds(500)
    ) {
        registry.create(address, .feed(.gold)) { result in
            switch result {
            case .success: break
            // It may have been made by hand, with readers of its own.
            case .failure(let fault) where fault.code == .rejected || fault.code == .draining: break
            case .failure:
                // The store may be away for long.
                registry.loop.schedule(after: pause) {
                    makeGoldPrice(address, registry, pause: min(pause * 2, .seconds(60)))
                }
            }
        }
    }

    private static func recover(_ registry: SessionRegistry, _ log: Log) {
        registry.recoverUnfinished { result in
            switch result {
            case .success(0): break
            case .success(let count): log.notice("unfinished sessions taken up again", ["sessions": .integer(count)])
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
        redirect?.stopAccepting()
        gateway.drain(spread: spread, deadline: timeout)
        let drained = parts.map { part in
            let registry = part.services.registry
            return part.services.loop.begin { done in
                registry.drain(interruptAfter: timeout / 2, deadline: timeout) { done(()) }
            }
        }
        for registry in drained { registry.take() }
        let end = SystemTime().now.advanced(by: spread + .seconds(2))
        for connections in listener.connectionGroups + (redirect?.connectionGroups ?? []) {
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
        slips.stop()
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
        // The demo pages of `sala dev` speak for whichever tenant's token they were given.
        let scheme = tls == nil ? "http" : "https"
        let own = isDevelopment ? ["\(scheme)://127.0.0.1:\(port)", "\(scheme)://localhost:\(port)"] : []
        return OriginPolicy(
            allowing: own.compactMap { Origin($0) },
            tenants: Dictionary(tenants.all.map { ($0.name, $0.origins) }, uniquingKeysWith: +))
    }

    /// Reads Leaflet's files.
    var map: MapAssets {
        MapAssets(tiles: mapTiles) { name throws(FileSystem.Failure) in
            try FileSystem.read(leafletFolder + "/" + name, maxBytes: MapAssets.maxFileBytes)
        }
    }

    var gateway: GatewayConfiguration {
        var gateway = GatewayConfiguration()
        gateway.enforcesRates = enforcesRates
        gateway.isDevelopment = isDevelopment
        gateway.build = Build.version
        gateway.tenantHosts = tenants.hosts
        gateway.singleDeviceTenants = Set(tenants.all.filter(\.isSingleDevice).map(\.name))
        // A browser would keep to it on localhost for a year, for every other server there too.
        if tls != nil, !isDevelopment { gateway.strictTransportSeconds = 31_536_000 }
        return gateway
    }

    var transport: ServerConfiguration {
        var transport = ServerConfiguration()
        transport.webSocket.maxMessageBytes = gateway.maxFrameBytes
        transport.http.bodyAllowances = Gateway.bodyAllowances
        transport.proxies = proxies
        transport.pingInterval = .seconds(gateway.heartbeatSeconds)
        transport.maxConnections = maxConnections
        transport.maxConnectionsPerAddress = enforcesRates ? maxConnectionsPerAddress : maxConnections
        return transport
    }

    /// One loop's client.
    var providerClient: HTTPClient.Configuration {
        var client = HTTPClient.Configuration()
        let others = client.maxConnections - client.maxConnectionsPerHost
        client.maxConnectionsPerHost = max(1, maxProviderConnections / loops)
        client.maxConnections = others + client.maxConnectionsPerHost
        return client
    }

    /// The port that only leads on: few connections, and none for long.
    var redirect: ServerConfiguration {
        var redirect = ServerConfiguration()
        redirect.http.maxBodyBytes = 16 * 1024
        redirect.keepAliveTimeout = .seconds(5)
        redirect.maxConnections = max(1, HTTPSRedirect.maxConnections / loops)
        return redirect
    }
}

/// The orders of a payment look at it again, though they had given it up and were let go.
private func wakeOrders(of payment: SessionAddress, _ orders: PostgresOrders, _ registries: SessionRegistries) {
    orders.orders(OrderQuery(.payment(payment.id)), tenant: payment.tenant) { result in
        // Who looks at such an order by its address wakes it, too.
        guard case .success(let page) = result else { return }
        for row in page.items {
            registries.wake(SessionAddress(tenant: payment.tenant, kind: .order, id: row.id))
        }
    }
}
