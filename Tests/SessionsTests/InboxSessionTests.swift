import Domain
import JSON
import Ports
import Primitives
import TestSupport
import Testing
import WireProtocol

@testable import Sessions

@Suite("Inbox sessions")
struct InboxSessionTests {
    private static let address = SessionAddress(tenant: "jeco", kind: .inbox, id: "u_1")
    private static let owner = Caller(tenant: "jeco", subject: "u_1", role: .customer)
    private static let service = Caller(tenant: "jeco", subject: "backend", role: .service)
    private let world: World

    init() throws {
        world = try World()
        world.enter { world.registry.start() }
        world.run()
    }

    private func register(_ device: String = "phone", token: String = "t1") {
        let answer = world.command(
            "device.register", ["device": .string(device), "token": .string(token), "platform": "android"],
            by: Self.owner, to: Self.address)
        #expect(answer.ok != nil)
    }

    @discardableResult
    private func create(_ type: String = "order", key: String? = nil) -> String {
        let answer = world.command(
            "notification.create", ["type": .string(type), "title": "ข่าว", "body": "เนื้อหา"], key: key,
            by: Self.service, to: Self.address)
        return answer.data("id") ?? ""
    }

    private func acknowledge(_ offset: Int64, by caller: Caller = owner) {
        world.enter { world.registry.acknowledge(Self.address, offset, from: caller) }
        world.run()
    }

    private var log: [LogRecord] { world.store.records[Self.address]?.log ?? [] }
    private func count(_ name: String) -> Int { log.count { $0.name == name } }

    @Test("a person's own inbox is there when they ask for it; nobody else's is")
    func subscribing() {
        let stranger = world.follow(as: Caller(tenant: "jeco", subject: "u_2", role: .customer), Self.address)
        #expect(stranger.refusals.map(\.code) == [.noSuchSession])
        let mine = world.follow(as: Self.owner, Self.address)
        #expect(mine.types == ["subscribed", "snapshot"])
        #expect(mine.frames("snapshot")[0]["state"]?["unread"]?.integer == 0)
        #expect(world.store.records[Self.address] != nil)
        let late = world.follow(as: Caller(tenant: "jeco", subject: "u_2", role: .customer), Self.address)
        #expect(late.refusals.map(\.code) == [.forbidden])
    }

    @Test("the unread counter is live on every device, and nobody is shown a token")
    func live() throws {
        let phone = world.follow(as: Self.owner, Self.address)
        let tablet = world.follow(as: Self.owner, Self.address)
        register(token: "secret-token")
        let id = create()
        world.command("notification.read", ["id": .string(id)], by: Self.owner, to: Self.address)
        for device in [phone, tablet] {
            let counts = device.frames("event").compactMap { $0["data"]?["unread"]?.integer }
            #expect(counts == [1, 0])
            #expect(device.frames.allSatisfy { !$0.text.contains("secret-token") })
        }
    }

    @Test("whom no device has acknowledged for in five seconds is pushed to, once, and never again")
    func push() throws {
        register()
        let id = create()
        world.advance(by: .milliseconds(4_900))
        #expect(world.push.messages.isEmpty)
        world.advance(by: .milliseconds(200))
        #expect(world.push.messages.map(\.token) == ["t1"] && world.push.messages[0].collapse == id)
        #expect(world.push.messages[0].data["notification"]?.string == id)
        world.advance(by: .seconds(120))
        #expect(world.push.messages.count == 1 && count("push.handedOver") == 1)
        world.crash()
        world.enter {
            world.registry.start()
            world.registry.recoverUnfinished { _ in }
        }
        world.advance(by: .seconds(120))
        #expect(world.push.messages.isEmpty)
    }

    @Test("an acknowledgement in time leaves nobody to push to, also behind a crash")
    func acknowledged() throws {
        register()
        create()
        let offset = try #require(log.last?.offset)
        world.advance(by: .seconds(3))
        acknowledge(offset, by: World.staff)
        #expect(count("push.skipped") == 0)
        acknowledge(offset)
        #expect(count("push.skipped") == 1)
        world.crash()
        world.enter {
            world.registry.start()
            world.registry.recoverUnfinished { _ in }
        }
        world.advance(by: .seconds(60))
        #expect(world.push.messages.isEmpty)
    }

    @Test("what is due while no process runs is pushed by the next one")
    func restart() throws {
        register()
        create()
        world.crash()
        world.time.advance(to: world.time.now.advanced(by: .seconds(60)))
        world.enter {
            world.registry.start()
            world.registry.recoverUnfinished { _ in }
        }
        world.run()
        world.advance(by: .milliseconds(10))
        #expect(world.push.messages.count == 1 && count("push.handedOver") == 1)
        #expect(world.store.records[Self.address]?.isUnfinished == false)
    }

    @Test("quiet hours hold a push until they end, over a restart")
    func quiet() throws {
        register()
        let now = world.time.wallClock
        let minutes = now.seconds / 60 % 1_440
        func clock(_ minutes: Int64) -> JSONValue {
            let ofDay = (minutes + 1_440) % 1_440
            let (hours, rest) = (ofDay / 60, ofDay % 60)
            return .string((hours < 10 ? "0" : "") + "\(hours):" + (rest < 10 ? "0" : "") + "\(rest)")
        }
        let hours: JSONValue = ["from": clock(minutes - 60), "to": clock(minutes + 120), "timezone": "Z"]
        #expect(world.command("inbox.configure", ["quietHours": hours], by: Self.owner, to: Self.address).ok != nil)
        create("order")
        create("payment")
        world.advance(by: .seconds(30))
        #expect(world.push.messages.count == 1, "money does not wait")
        world.crash()
        world.enter {
            world.registry.start()
            world.registry.recoverUnfinished { _ in }
        }
        world.advance(by: .seconds(118 * 60))
        #expect(world.push.messages.isEmpty)
        world.advance(by: .seconds(3 * 60))
        #expect(world.push.messages.count == 1 && count("push.handedOver") == 2)
    }

    @Test("what may succeed later is tried again, and then given up")
    func retries() throws {
        world.push.script = { _ in .unavailable(retryAfter: nil) }
        register()
        create()
        world.advance(by: .seconds(30))
        #expect(world.push.messages.count == 3, "after 0, 2 and 8 seconds")
        world.push.script = { _ in .accepted }
        world.advance(by: .seconds(60))
        #expect(world.push.messages.count == 4 && count("push.handedOver") == 1)
        world.push.script = { _ in .unavailable(retryAfter: .seconds(100)) }
        create()
        world.advance(by: .seconds(3_600))
        #expect(world.push.messages.count == 9 && count("push.failed") == 1)
    }

    @Test("each device is told once, and one that is unknown goes")
    func devices() throws {
        register("phone", token: "t1")
        register("tablet", token: "t2")
        var asked = 0
        world.push.script = { token in
            if token == "t1" { return .unregistered }
            asked += 1
            return asked == 1 ? .unavailable(retryAfter: nil) : .accepted
        }
        create()
        world.advance(by: .seconds(20))
        #expect(world.push.messages.map(\.token).sorted() == ["t1", "t2", "t2"])
        #expect(count("device.removed") == 1 && count("push.handedOver") == 1)
    }

    @Test("what an order's customer is told comes by a letter, once")
    func rules() throws {
        let order = SessionAddress(tenant: "jeco", kind: .order, id: "o-1")
        let facts = OrderFacts(customer: "u_1", lifecycle: Lifecycle.baanfoodie)
        world.enter { world.registry.create(order, .order(facts)) { _ in } }
        world.run()
        let answer = world.command("order.cancel", ["reason": "สั่งผิด"], by: World.staff, to: order)
        #expect(answer.ok != nil)
        world.advance(by: .seconds(2))
        #expect(count("notification.created") == 1)
        let data = try JSONParser.parse(try #require(log.first).data)
        #expect(data["notification"]?["data"]?["session"]?.string == "order/o-1")
        #expect(world.store.letters.isEmpty)
    }

    static let seeds: [UInt64] = Array(1...200) + [.random(in: 0...UInt64.max)]

    @Test(arguments: seeds)
    func everyPushEndsOnce(seed: UInt64) throws {
        var simulation = try InboxSimulation(seed: seed)
        try simulation.run()
    }
}

/// Random notifications, acknowledgements, failures and crashes. In the end every push that began has one end in the log; of none that
/// was skipped was anybody told; and a device was told of a notification once, but for what a crash fell into.
private struct InboxSimulation {
    private static let address = SessionAddress(tenant: "jeco", kind: .inbox, id: "u_1")
    private static let owner = Caller(tenant: "jeco", subject: "u_1", role: .customer)
    private static let service = Caller(tenant: "jeco", subject: "backend", role: .service)
    private let seed: UInt64
    private let world: World
    private var random: SeededRandom
    /// What the service has taken, by notification.
    private var told: [String: Int] = [:]
    private var crashes = 0
    private var keys = 0

    init(seed: UInt64) throws {
        self.seed = seed
        random = SeededRandom(seed: seed)
        var configuration = SessionRegistry.Configuration()
        configuration.idleTimeout = .seconds(20)
        configuration.sweepInterval = .seconds(3)
        world = try World(seed: seed, configuration: configuration)
        start()
        world.command(
            "device.register", ["device": "phone", "token": "t1", "platform": "ios"], by: Self.owner, to: Self.address)
    }

    private func start() {
        world.enter {
            world.registry.start()
            world.registry.recoverUnfinished { _ in }
        }
        world.run()
    }

    private mutating func collect() {
        for message in world.push.messages { told[message.collapse, default: 0] += 1 }
    }

    mutating func run() throws {
        for _ in 0..<60 {
            step()
            world.journal.isManual = random.isOne(in: 3)
        }
        world.enter { world.journal.resume() }
        world.push.script = { _ in .accepted }
        for _ in 0..<30 { world.advance(by: .seconds(30)) }
        collect()
        world.crash()
        crashes += 1
        start()
        world.advance(by: .seconds(60))
        collect()
        try check()
    }

    private mutating func step() {
        switch random.integer(1...100) {
        case 1...30:
            keys += 1
            world.command(
                "notification.create", ["type": "order", "title": "x"], key: "k\(keys)", by: Self.service,
                to: Self.address)
        case 31...38:
            let offset = Int64(world.store.records[Self.address]?.log.count ?? 0)
            world.enter { world.registry.acknowledge(Self.address, offset, from: Self.owner) }
            world.run()
        case 39...42: world.command("notification.readAll", by: Self.owner, to: Self.address)
        case 43...50: world.settle(random.integer(1...3))
        case 51...56: world.fail(random.element(of: [.unavailable, .overloaded, .unknown, .conflict]))
        case 57...62:
            collect()
            crashes += 1
            world.crash(committing: random.integer(0...3))
            start()
        case 63...68:
            let isDown = random.isOne(in: 2)
            world.push.script = { _ in isDown ? .unavailable(retryAfter: nil) : .accepted }
        default: world.advance(by: .milliseconds(random.integer(0...4_000)))
        }
    }

    private func check() throws {
        let log = world.store.records[Self.address]?.log ?? []
        var begun: Set<String> = []
        var ends: [String: [String]] = [:]
        for record in log {
            let data = try JSONParser.parse(record.data)
            switch record.name {
            case "notification.created":
                if data["pushAfter"]?.string != nil, let id = data["notification"]?["id"]?.string { begun.insert(id) }
            case "push.handedOver", "push.failed": ends[data["id"]?.string ?? "", default: []].append(record.name)
            case "push.skipped":
                for id in data["ids"]?.array ?? [] { ends[id.string ?? "", default: []].append(record.name) }
            default: break
            }
        }
        #expect(Set(ends.keys) == begun, "a push without an end, or an end without a push, seed \(seed)")
        #expect(ends.values.allSatisfy { $0.count == 1 }, "two ends, seed \(seed)")
        for (id, names) in ends where names == ["push.handedOver"] {
            #expect(told[id, default: 0] >= 1, "nobody was told of \(id), seed \(seed)")
        }
        #expect(world.store.records[Self.address]?.isUnfinished != true, "seed \(seed)")
    }
}
