import Authentication
import CAllocationCounter
import Domain
import Gateway
import JSON
import Ports
import Primitives
import Reactor
import Sessions
import TestSupport
import Transport

/// Allocations of the server's thread for each frame that it receives and for each that it delivers, in steady state: the
/// real gateway over loopback connections, its loop turned by hand, counted inside its turns only.
///
/// Returns false when there are more than the bounds say.
func allocationBenchmark() throws -> Bool {
    print("\nallocations a frame, in steady state")
    var isWithin = true
    func report(_ name: String, _ count: Double, bound: Double, target: Double, _ what: String) {
        let verdict =
            count > bound
            ? "TOO MANY, bound \(bound)" : count > target ? "within \(bound), target \(target)" : "reached"
        print("\(name): \(count.rounded(toPlaces: 3)) a \(what) frame, \(verdict)")
        if count > bound { isWithin = false }
    }
    let echo = try AllocationRun().echo()
    report("echo, 16 in a burst", echo, bound: 0.1, target: 0.1, "received")
    let ping = try AllocationRun().socket(#"{"type":"ping","n":1}"#, readers: 0)
    report("ping, 16 in a burst", ping, bound: 0.1, target: 0.1, "received")
    let signal = #"{"type":"signal","session":"conversation/c_1","name":"typing","data":{"x":"0123456789"}}"#
    let one = try AllocationRun().socket(signal, readers: 1, burst: 1)
    report("signal to one reader", one, bound: 2.1, target: 1, "received")
    let few = try AllocationRun().socket(signal, readers: 32, burst: 1)
    let many = try AllocationRun().socket(signal, readers: 96, burst: 1)
    report("signal to each further reader", (many - few) / 64, bound: 0.01, target: 0, "delivered")
    return isWithin
}

/// A gateway with its clients, all on this thread.
private final class AllocationRun {
    private static let secret = Secret("a secret of the benchmarks, at least 32 bytes")
    /// Bursts before counting begins: buffers have their size then, what is made once is made.
    private static let warmUp = 64
    private static let bursts = 256
    private let loop: EventLoop
    private let time = SystemTime()
    private let listener: Listener
    private var clients: [RawClient] = []
    private let store = SimulatedStore()
    private let registry: SessionRegistry

    struct Failure: Error { let what: String }

    init() throws {
        let loop = try EventLoop(index: 0)
        self.loop = loop
        let random = SystemRandom()
        let model = ScriptedModel()
        let registries = SessionRegistries()
        registry = SessionRegistry(
            environment: SessionEnvironment(
                loop: loop, loops: [loop], journal: SimulatedJournal(store: store, loop: loop), random: random,
                framing: .webSocket, observer: SessionObserver()),
            digest: SimulatedStore.digest,
            conversations: { ConversationEffects(address: $0, loop: loop, languageModel: model) },
            lineAccounts: {
                LineAccountEffects(address: $0, loop: loop, services: ScriptedLineServices(loop: loop))
            },
            payments: { PaymentEffects(address: $0, loop: loop, services: ScriptedPaymentServices(loop: loop)) },
            orders: { OrderEffects(address: $0, loop: loop, registries: registries) },
            feeds: { FeedEffects(address: $0, loop: loop, source: ScriptedGoldSource(loop: loop)) },
            inboxes: { _ in InboxEffects(loop: loop, service: nil) })
        registries.connect([registry])
        let keys = TenantKeys(
            tenant: "jeco", issuer: "bench", audience: "sala", roles: Set(Role.allCases),
            keys: ["k": try .hs256(Self.secret)])
        let services = GatewayServices(
            loops: [
                LoopServices(
                    loop: loop, registry: registry, directory: SimulatedDirectory(loop: loop, store: store),
                    revocations: SimulatedRevocations(loop: loop, store: store), backlog: { 0 },
                    settings: SimulatedTenantSettings(loop: loop),
                    claims: SimulatedClaims(loop: loop), slipServices: { _ in ScriptedLineServices(loop: loop) },
                    administration: ScriptedAdministration(loop: loop), files: ScriptedFiles(loop: loop),
                    payments: SimulatedPayments(loop: loop), orders: SimulatedOrders(loop: loop, store: store),
                    goldPrices: SimulatedGoldPrices(loop: loop, store: store),
                    facts: SimulatedFacts(loop: loop), checkouts: ScriptedCheckouts(loop: loop),
                    activities: SimulatedActivities(loop: loop, store: store))
            ],
            identity: Identity(
                verifier: JWTVerifier([keys]), origins: OriginPolicy(allowing: []), time: time, random: random),
            random: random, tenants: TenantBook(), pictures: HeldPictures(time: time, random: random), merchants: [:],
            readiness: { ReadinessReport(isReady: true, checks: []) },
            metricsText: { [] },
            demo: nil)
        var configuration = GatewayConfiguration()
        configuration.isDevelopment = true
        configuration.enforcesRates = false
        let gateway = Gateway(services: services, configuration: configuration, observer: GatewayObserver())
        listener = try Listener(host: "127.0.0.1", port: 0, loops: [loop], configuration: ServerConfiguration()) {
            gateway.receive($0)
        }
        loop.enter {
            listener.start()
            registry.start()
        }
    }

    // MARK: What is counted

    /// A burst of sixteen messages, all of which come back.
    func echo() throws -> Double {
        let client = try connect("/v1/echo")
        return try count(ClientFrames.text(String(repeating: "x", count: 128)), from: client, burst: 16) { $0 * 132 }
    }

    /// Frames of one client. Without readers each is answered to it; else each goes to every reader.
    func socket(_ frame: String, readers: Int, burst: Int = 16) throws -> Double {
        let address = SessionAddress(tenant: "jeco", kind: .conversation, id: "c_1")
        loop.enter { registry.create(address, .conversation(ConversationFacts(owner: "u_1"))) { _ in } }
        try turn(until: "the conversation") {
            if case .present = self.store.load(address) { true } else { false }
        }
        let publisher = try connect("/v1/socket")
        try greet(publisher, subscribe: "[]", until: "welcome")
        for _ in 0..<readers {
            let reader = try connect("/v1/socket")
            try greet(reader, subscribe: #"[{"id":1,"session":"conversation/c_1"}]"#, until: "snapshot")
        }
        // The size of what comes is learnt from the first frame.
        let receiver = readers == 0 ? publisher : clients[1]
        drop()
        publisher.send(ClientFrames.text(frame))
        try turn(until: "the first frame") { ClientFrames.parse(receiver.received[...]) != nil }
        settle()
        let size = receiver.received.count
        return try count(ClientFrames.text(frame), from: publisher, burst: burst) { $0 * size * max(1, readers) }
    }

    private func count(
        _ frame: [UInt8], from client: RawClient, burst: Int, _ expected: (_ frames: Int) -> Int
    ) throws -> Double {
        let bytes = Array(repeatElement(frame, count: burst).joined())
        var allocations: UInt64 = 0
        for round in 0..<(Self.warmUp + Self.bursts) {
            drop()
            client.send(bytes)
            let found = try turn(until: "a burst") {
                self.clients.reduce(0) { $0 + $1.received.count } >= expected(burst)
            }
            if round >= Self.warmUp { allocations += found }
        }
        return Double(allocations) / Double(Self.bursts * burst)
    }

    // MARK: Clients

    private func connect(_ path: String) throws -> RawClient {
        let client = try RawClient(port: listener.port)
        clients.append(client)
        client.send(
            "GET \(path) HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: \(ClientFrames.key)\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Protocol: sala.v1.json\r\n\r\n")
        try turn(until: "the handshake") { client.text.hasSuffix("\r\n\r\n") }
        return client
    }

    private func greet(_ client: RawClient, subscribe: String, until type: String) throws {
        let now = time.wallClock.seconds
        let token = try JWTSigner(key: .hs256(Self.secret), keyID: "k").sign([
            "iss": "bench", "aud": "sala", "tenant": "jeco", "sub": "u_1", "role": "customer",
            "iat": .integer(now - 60), "exp": .integer(now + 3_600), "jti": "t-1",
        ]).reveal()
        client.send(ClientFrames.text(#"{"type":"hello","token":"\#(token)","subscribe":\#(subscribe)}"#))
        try turn(until: type) { client.text.contains(#""type":"\#(type)""#) }
    }

    /// Takes what has come.
    private func drop() {
        for client in clients { _ = client.take(client.received.count) }
    }

    // MARK: Turns

    /// Turns the loop, and reads the clients in between; returns the allocations inside the turns.
    @discardableResult
    private func turn(until what: String, _ condition: () -> Bool) throws -> UInt64 {
        var allocations: UInt64 = 0
        for _ in 0..<10_000 {
            for client in clients { client.poll() }
            if condition() { return allocations }
            allocations += turn()
        }
        throw Failure(what: "\(what) did not come")
    }

    private func turn() -> UInt64 {
        let before = sala_allocation_count()
        loop.enter { loop.turn(waitingAtMost: .milliseconds(1)) }
        return sala_allocation_count() - before
    }

    private func settle() {
        for _ in 0..<8 {
            _ = turn()
            for client in clients { client.poll() }
        }
    }
}
