import Authentication
import Domain
import HTTP1
import JSON
import PaymentGateways
import Ports
import Primitives
import Reactor
import Sessions
import TestSupport
import Testing
import Transport
import WebSocket
import WireProtocol

@testable import Gateway

/// The gateway over real sockets, on a loop that the test drives by hand, with a simulated store and a scripted model.
final class GatewayWorld: @unchecked Sendable {
    static let secret = Secret("a secret of the tests, at least 32 bytes")
    /// What SlipOK shows to tenant baanfoodie.
    static let slipSecret = Secret("slipok's secret")
    let time = VirtualTime()
    let loop: EventLoop
    let store = SimulatedStore()
    let journal: SimulatedJournal
    let model = ScriptedModel()
    let registry: SessionRegistry
    let line: ScriptedLineServices
    let payments: ScriptedPaymentServices
    let paymentRows: SimulatedPayments
    let orderRows: SimulatedOrders
    let gold: ScriptedGoldSource
    let goldPrices: SimulatedGoldPrices
    let facts: SimulatedFacts
    let checkouts: ScriptedCheckouts
    let revocations: SimulatedRevocations
    let activities: SimulatedActivities
    let tenants = TenantBook()
    let settings: SimulatedTenantSettings
    let claims: SimulatedClaims
    let administration: ScriptedAdministration
    let files: ScriptedFiles
    let directory: SimulatedDirectory
    /// What the scan routes call.
    let scans: ScriptedLineServices
    /// For which tenants those were made.
    let scanned = Kept<String>()
    let services: GatewayServices
    let configuration: GatewayConfiguration
    let gateway: Gateway
    let listener: Listener
    let counts = Counts()
    /// For an outlet of the test's own.
    private(set) lazy var gatewayLoop = gateway.loops[0]
    /// The last one is what the readiness check says.
    let readiness = Kept<ReadinessReport>()
    /// The last one is how many entries the journal says that it has not written.
    let backlog = Kept<Int>()

    final class Counts: @unchecked Sendable {
        var opened = 0
        var closed = 0
        var faults: [FaultCode] = []
        var refusals: [RefusalReason] = []
        /// Whether the loop was lagging, at each change of its load.
        var loads: [Bool] = []
    }

    init(
        _ configure: (inout GatewayConfiguration) -> Void = { _ in },
        sessions: SessionRegistry.Configuration = .init(), origins: OriginPolicy = OriginPolicy(allowing: []),
        demo: DemoServices? = nil, merchants: [String: MerchantAccounts] = [:], map: MapAssets = MapAssets(),
        transport configureTransport: (inout ServerConfiguration) -> Void = { _ in }
    ) throws {
        let time = time
        let loop = try EventLoop(index: 0, time: time, readBufferBytes: 64 * 1024)
        self.loop = loop
        let journal = SimulatedJournal(store: store, loop: loop)
        self.journal = journal
        let random = SeededSource(seed: 7)
        let backlog = backlog
        let readiness = readiness
        let model = model
        let line = ScriptedLineServices(loop: loop)
        self.line = line
        let payments = ScriptedPaymentServices(loop: loop)
        self.payments = payments
        paymentRows = SimulatedPayments(loop: loop)
        orderRows = SimulatedOrders(loop: loop, store: store)
        let directory = SimulatedDirectory(loop: loop, store: store)
        self.directory = directory
        facts = SimulatedFacts(loop: loop)
        let checkouts = ScriptedCheckouts(loop: loop)
        self.checkouts = checkouts
        let activities = SimulatedActivities(loop: loop, store: store)
        self.activities = activities
        let revocations = SimulatedRevocations(loop: loop, store: store)
        self.revocations = revocations
        settings = SimulatedTenantSettings(loop: loop)
        claims = SimulatedClaims(loop: loop)
        administration = ScriptedAdministration(loop: loop)
        files = ScriptedFiles(loop: loop)
        let scans = ScriptedLineServices(loop: loop)
        let scanned = scanned
        self.scans = scans
        let gold = ScriptedGoldSource(loop: loop)
        self.gold = gold
        goldPrices = SimulatedGoldPrices(loop: loop, store: store)
        let registries = SessionRegistries()
        let registry = SessionRegistry(
            environment: SessionEnvironment(
                loop: loop, loops: [loop], journal: journal, random: random,
                framing: .webSocket, observer: SessionObserver(), couriers: registries.couriers,
                activityTenants: ["pawnshop"]),
            configuration: sessions, digest: SimulatedStore.digest,
            conversations: {
                ConversationEffects(
                    address: $0, loop: loop, languageModel: model,
                    persona: GatewayConfiguration().persona(of: $0.tenant))
            },
            lineAccounts: { LineAccountEffects(address: $0, loop: loop, services: line) },
            payments: { PaymentEffects(address: $0, loop: loop, services: payments) },
            orders: { OrderEffects(address: $0, loop: loop, registries: registries) },
            feeds: { FeedEffects(address: $0, loop: loop, source: gold) },
            inboxes: { _ in InboxEffects(loop: loop, service: nil) })
        registries.connect([registry])
        self.registry = registry
        let keys = try ["jeco", "trusttrade", "company_a", "company_b", "baanfoodie", "pawnshop"].map { tenant in
            TenantKeys(
                tenant: tenant, issuer: "test", audience: "sala", roles: Set(Role.allCases),
                keys: ["k": try .hs256(Self.secret)])
        }
        // Of the last one the server has only what verifies.
        let signers = try ["jeco", "company_a"].map { tenant in
            let signer = JWTSigner(key: try .hs256(Self.secret), keyID: "k")
            return (tenant, TenantSigner(tenant: tenant, issuer: "test", audience: "sala", signer: signer))
        }
        let identity = Identity(
            verifier: JWTVerifier(keys), signers: Dictionary(uniqueKeysWithValues: signers), origins: origins,
            time: time, random: random)
        services = GatewayServices(
            loops: [
                LoopServices(
                    loop: loop, registry: registry, directory: directory, revocations: revocations,
                    backlog: { backlog.all.last ?? 0 }, settings: settings, claims: claims,
                    slipServices: { tenant in
                        scanned.all.append(tenant)
                        return scans
                    }, administration: administration, files: files, payments: paymentRows, orders: orderRows,
                    goldPrices: goldPrices, facts: facts, checkouts: checkouts, activities: activities)
            ],
            identity: identity, random: random, tenants: tenants, pictures: HeldPictures(time: time, random: random),
            merchants: merchants.isEmpty
                ? ["baanfoodie": MerchantAccounts(slipWebhookSecret: Self.slipSecret)] : merchants,
            readiness: { readiness.all.last ?? ReadinessReport(isReady: true, checks: []) },
            metricsText: { [] }, demo: demo, map: map,
            process: { ProcessFigures(memoryBytes: 128 << 20, machineMemoryBytes: 512 << 20, cpuSeconds: 1.5) })
        var configuration = GatewayConfiguration()
        configure(&configuration)
        self.configuration = configuration
        let counts = counts
        let gateway = Gateway(
            services: services, configuration: configuration,
            observer: GatewayObserver(
                socketOpened: { counts.opened += 1 }, socketClosed: { counts.closed += 1 },
                faulted: { counts.faults.append($0) }, refused: { counts.refusals.append($0) },
                loadChanged: { isLagging, _ in counts.loads.append(isLagging) }))
        self.gateway = gateway
        var transport = ServerConfiguration()
        transport.webSocket.maxMessageBytes = configuration.maxFrameBytes
        transport.http.bodyAllowances = Gateway.bodyAllowances
        configureTransport(&transport)
        listener = try Listener(
            host: "127.0.0.1", port: 0, loops: [loop], configuration: transport
        ) { gateway.receive($0) }
        loop.enter {
            listener.start()
            registry.start()
        }
    }

    func token(
        subject: String = "u_1", role: String = "customer", expiresIn: Int64 = 3_600, identifier: String = "t-1",
        grants: [String] = [], tenant: String = "jeco", more: JSONObject = [:]
    ) throws -> String {
        let now = time.wallClock.seconds
        let key = try SigningKey.hs256(Self.secret)
        var claims: JSONObject = [
            "iss": "test", "aud": "sala", "tenant": .string(tenant), "sub": .string(subject), "role": .string(role),
            "iat": .integer(min(now, now + expiresIn) - 60), "exp": .integer(now + expiresIn),
            "jti": .string(identifier),
            "grants": .array(grants.map(JSONValue.string)),
        ]
        for claim in more.members { claims[claim.name] = claim.value }
        return try JWTSigner(key: key, keyID: "k").sign(claims).reveal()
    }

    func enter<Result>(_ body: () -> Result) -> Result { loop.enter(body) }

    @discardableResult
    func until(_ clients: [TestSocket], _ condition: () -> Bool) -> Bool {
        for _ in 0..<4_000 {
            for client in clients { client.poll() }
            if condition() { return true }
            enter { loop.turn(waitingAtMost: .milliseconds(1)) }
        }
        return condition()
    }

    func settle(_ clients: TestSocket...) {
        for _ in 0..<20 {
            for client in clients { client.poll() }
            enter { loop.turn(waitingAtMost: .milliseconds(1)) }
        }
        for client in clients { client.poll() }
    }

    func advance(_ duration: Duration, _ clients: TestSocket...) {
        time.advance(by: duration)
        for _ in 0..<5 { enter { loop.turn(waitingAtMost: .zero) } }
        for _ in 0..<5 {
            for client in clients { client.poll() }
            enter { loop.turn(waitingAtMost: .milliseconds(1)) }
        }
    }

    /// A client behind its handshake, without a hello.
    func connect(_ more: String = "") throws -> TestSocket {
        let client = try TestSocket(port: listener.port, more)
        #expect(until([client]) { client.head != nil || client.raw.isOver })
        return client
    }

    /// One request on a connection of its own; `fields` are whole lines.
    func ask(_ method: String, _ path: String, _ fields: [String] = [], body: String = "") throws -> TestAnswer {
        try ask(method, path, fields, body: Array(body.utf8))
    }

    func ask(_ method: String, _ path: String, _ fields: [String] = [], body: [UInt8]) throws -> TestAnswer {
        let client = try RawClient(port: listener.port)
        let lines = ["\(method) \(path) HTTP/1.1", "Host: h", "Connection: close"] + fields
        let length = body.isEmpty ? [] : ["Content-Length: \(body.count)"]
        client.send(Array(((lines + length).joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
        for _ in 0..<4_000 where !client.isOver {
            client.poll()
            enter { loop.turn(waitingAtMost: .milliseconds(1)) }
        }
        return try TestAnswer(client.received)
    }

    /// A client that has been welcomed.
    func greet(_ token: String? = nil, subscribe: String = "[]") throws -> TestSocket {
        let client = try connect()
        let token = try token ?? self.token()
        client.say(#"{"type":"hello","token":"\#(token)","subscribe":\#(subscribe)}"#)
        #expect(until([client]) { client.first("welcome") != nil })
        return client
    }
}

/// An answer as it came, up to the end of its connection.
struct TestAnswer {
    let status: Int
    /// Each field's values by its name in lower case.
    let headers: [String: [String]]
    let body: [UInt8]

    struct Malformed: Error {}

    init(_ bytes: [UInt8]) throws {
        guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: "\r\n\r\n".utf8) }) else {
            throw Malformed()
        }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        guard let first = lines.first?.split(separator: " "), first.count > 1, let status = Int(first[1]) else {
            throw Malformed()
        }
        self.status = status
        var headers: [String: [String]] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw Malformed() }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            headers[line[..<colon].lowercased(), default: []].append(String(value))
        }
        self.headers = headers
        body = Array(bytes[(end + 4)...])
    }

    /// The value of a field that stands once; nil when it does not stand there, or more than once.
    subscript(_ name: String) -> String? {
        let values = headers[name.lowercased()] ?? []
        return values.count == 1 ? values[0] : nil
    }

    func varies(on name: String) -> Bool {
        (self["Vary"] ?? "").split(separator: ",").contains { $0.drop { $0 == " " }.lowercased() == name.lowercased() }
    }
}

/// What callbacks on the loop under test were called with.
final class Kept<Value>: @unchecked Sendable {
    var all: [Value] = []
}

/// A WebSocket client that reads frames as values.
final class TestSocket {
    let raw: RawClient
    private(set) var head: String?
    private(set) var frames: [JSONValue] = []
    private(set) var closeCode: UInt16?
    private(set) var pings = 0

    init(port: UInt16, _ more: String) throws {
        raw = try RawClient(port: port)
        raw.send(
            "GET /v1/socket HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: \(ClientFrames.key)\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Protocol: sala.v1.json\r\n\(more)\r\n")
    }

    var isUpgraded: Bool { head?.hasPrefix("HTTP/1.1 101 ") == true }

    func poll() {
        raw.poll()
        if head == nil { head = raw.takeHead() }
        guard isUpgraded else { return }
        for frame in raw.takeFrames() {
            switch frame.opcode {
            case 1:
                do {
                    let value = try JSONParser.parse(frame.payload)
                    if let type = value["type"]?.string {
                        let violations = try JSONSchema.violations(of: value, "server.\(type).schema.json")
                        if !violations.isEmpty { Issue.record("\(violations)") }
                    }
                    frames.append(value)
                } catch { Issue.record(error) }
            case 8: closeCode = frame.closeCode ?? 1005
            case 9: pings += 1
            default: break
            }
        }
    }

    func say(_ text: String) { raw.send(ClientFrames.text(text)) }
    func frames(_ type: String) -> [JSONValue] { frames.filter { $0["type"]?.string == type } }
    func first(_ type: String) -> JSONValue? { frames(type).first }
    func answer(_ id: Int64) -> JSONValue? {
        frames.first { $0["id"]?.integer == id && ["ok", "fault", "subscribed"].contains($0["type"]?.string ?? "") }
    }
    func faultCode(_ id: Int64) -> Int64? { answer(id)?["code"]?.integer }
    var offsets: [Int64] { frames("event").compactMap { $0["offset"]?.integer } }
    var types: [String] { frames.compactMap { $0["type"]?.string } }
}
