import Domain
import JSON
import Ports
import Primitives
import Reactor
import TestSupport
import Testing
import WireProtocol

@testable import Sessions

/// Feeds as live sessions: the schedule, the source's faults, restarts, many subscribers.
@Suite("The session of a feed")
struct FeedSessionTests {
    private static let address = SessionAddress(tenant: "pawnshop", kind: .feed, id: "gold")
    private static let news = SessionAddress(tenant: "pawnshop", kind: .feed, id: "news")
    private static let staff = Caller(tenant: "pawnshop", subject: "s_1", role: .staff)
    private static let customer = Caller(tenant: "pawnshop", subject: "u_1", role: .customer)

    private func price(_ baht: Int64, _ world: World) -> GoldAnswer {
        func satang(_ baht: Int64) -> Satang { Satang(baht * 100) ?? .zero }
        return .price(
            GoldPrice(
                id: "\(baht)", round: 1, announcedAt: world.time.wallClock,
                bar: GoldPrice.Pair(buy: satang(baht - 200), sell: satang(baht)),
                ornament: GoldPrice.Pair(buy: satang(baht - 1_600), sell: satang(baht + 800))))
    }

    /// Thursday 2026-11-19, at that time in Bangkok: the virtual clock begins on the evening before.
    private func world(at clock: String = "07:30:00", price baht: Int64? = 66_400) throws -> World {
        let world = try World()
        let start = try #require(Timestamp(rfc3339: "2026-11-19T\(clock)+07:00"))
        world.time.advance(by: .microseconds(start.microseconds - world.time.wallClock.microseconds))
        if let baht { world.enter { world.gold.answer = price(baht, world) } }
        return world
    }

    private func make(_ world: World, _ address: SessionAddress = address, _ facts: FeedFacts = .gold) {
        world.enter { world.registry.create(address, .feed(facts)) { _ in } }
        world.run()
    }

    private func names(_ world: World, _ address: SessionAddress = address) -> [String] {
        (world.store.records[address]?.log ?? []).map(\.name)
    }

    private func feed(_ world: World) throws -> Feed {
        let box = Box<Feed>()
        world.enter { world.registry.readFeed(Self.address, Self.staff, { _ in }, { $0 }) { box.value = $0 } }
        world.run()
        return try #require(box.value)
    }

    // MARK: The schedule

    @Test("It is asked when it is made, each hour from 8 to 18, not at night and not on Sunday")
    func schedule() throws {
        let world = try world()
        make(world)
        #expect(world.gold.fetches == 1)
        world.advance(by: .seconds(30 * 60 + 1))
        #expect(world.gold.fetches == 2, "08:00")
        world.advance(by: .seconds(10 * 3_600))
        #expect(world.gold.fetches == 12, "18:00")
        world.advance(by: .seconds(13 * 3_600 + 3_500))
        #expect(world.gold.fetches == 12, "the night")
        world.advance(by: .seconds(100))
        #expect(world.gold.fetches == 13, "Friday 08:00")
        // To Saturday 18:00:01, and over Sunday to Monday.
        world.advance(by: .seconds(34 * 3_600))
        #expect(world.gold.fetches == 13 + 10 + 11)
        world.advance(by: .seconds(37 * 3_600 + 3_590))
        #expect(world.gold.fetches == 34)
        world.advance(by: .seconds(20))
        #expect(world.gold.fetches == 35, "Monday 08:00")
        // One price, so one event; what was looked at is measured.
        #expect(names(world) == ["feed.published"])
        #expect(try feed(world).check?.number == 35)
    }

    @Test("It stays awake without subscribers, and so it wakes by itself; a feed without a schedule is let go")
    func stays() throws {
        var configuration = SessionRegistry.Configuration()
        configuration.idleTimeout = .seconds(10)
        configuration.sweepInterval = .seconds(1)
        let world = try World(configuration: configuration)
        world.enter {
            world.gold.answer = price(66_400, world)
            world.registry.start()
        }
        make(world)
        make(world, Self.news, FeedFacts())
        #expect(world.registry.liveCount == 2)
        world.advance(by: .seconds(60))
        #expect(world.registry.liveCount == 1)
    }

    @Test("After a restart it plans anew, and makes up for a time that has passed")
    func restart() throws {
        let world = try world()
        make(world)
        // What was measured is in a checkpoint within seconds.
        world.advance(by: .seconds(10))
        world.crash()
        world.enter { world.registry.recoverUnfinished { _ in } }
        world.run()
        #expect(world.gold.fetches == 0, "asked half an hour ago")
        world.advance(by: .seconds(30 * 60))
        #expect(world.gold.fetches == 1, "08:00")
        world.advance(by: .seconds(10))
        world.crash()
        world.time.advance(by: .seconds(3_600))
        world.enter {
            world.gold.answer = price(66_450, world)
            world.registry.recoverUnfinished { _ in }
        }
        world.run()
        #expect(world.gold.fetches == 1, "09:00 has passed")
        #expect(names(world) == ["feed.published", "feed.published"])
        #expect(world.store.records[Self.address]?.goldPrices.map(\.offset) == [1, 2])
    }

    @Test("Killed while the source is being asked, it asks again; nothing is told twice")
    func killed() throws {
        let world = try world(price: nil)
        world.enter { world.gold.answer = nil }
        make(world)
        #expect(world.gold.fetches == 1)
        world.crash()
        world.enter {
            world.gold.answer = price(66_400, world)
            world.registry.recoverUnfinished { _ in }
        }
        world.run()
        #expect(world.gold.fetches == 1 && names(world) == ["feed.published"])
        world.crash()
        world.enter { world.registry.recoverUnfinished { _ in } }
        world.run()
        #expect(names(world) == ["feed.published"], "seen again, and known")
    }

    // MARK: Faults of the source, and of the store

    @Test("A source that fails is asked after 2, 10, 60 and 300 seconds, and then at its next time")
    func retry() throws {
        let world = try world(price: nil)
        make(world)
        var fetches = [world.gold.fetches]
        for delay in FeedPolicy.fetchDelays {
            world.advance(by: .seconds(delay) - .milliseconds(1))
            fetches.append(world.gold.fetches)
            world.advance(by: .milliseconds(1))
            fetches.append(world.gold.fetches)
        }
        #expect(fetches == [1, 1, 2, 2, 3, 3, 4, 4, 5])
        world.advance(by: .seconds(1_300))
        #expect(world.gold.fetches == 5 && names(world).isEmpty)
        world.enter { world.gold.answer = price(66_400, world) }
        world.advance(by: .seconds(200))
        #expect(world.gold.fetches == 6 && names(world) == ["feed.published"], "08:00")
    }

    @Test("What is asked by hand meanwhile joins, and stands for what was planned")
    func overlap() throws {
        let world = try world(price: nil)
        world.enter { world.gold.answer = nil }
        make(world)
        let first = world.command("feed.sync", by: Self.staff, to: Self.address)
        let second = world.command("feed.sync", by: Self.staff, to: Self.address)
        #expect(world.gold.fetches == 1)
        #expect(try [first, second].map { try JSONParser.parse($0.ok?.body ?? [])["check"]?.integer } == [1, 1])
        // The clock strikes while it is being asked.
        world.advance(by: .seconds(1_801))
        #expect(world.gold.fetches == 1)
        world.enter { world.gold.answerNow(.failure(.unreachable)) }
        world.run()
        #expect(
            try feed(world).check
                == FeedCheck(number: 1, at: world.time.wallClock, result: .failed, failure: .unreachable))
        // By hand before the second attempt: that one is not made besides.
        world.enter { world.gold.answer = price(66_400, world) }
        world.command("feed.sync", by: Self.staff, to: Self.address)
        #expect(world.gold.fetches == 2)
        world.advance(by: .seconds(400))
        #expect(world.gold.fetches == 2 && names(world) == ["feed.published"])
    }

    @Test("A price that could not be written is written when the store is back, once")
    func storeFailure() throws {
        let world = try world()
        make(world)
        world.enter {
            world.journal.fault = { _ in .unavailable }
            world.gold.answer = price(66_450, world)
        }
        world.command("feed.sync", by: Self.staff, to: Self.address)
        #expect(names(world) == ["feed.published"])
        world.enter { world.journal.fault = nil }
        world.advance(by: .seconds(5))
        #expect(names(world) == ["feed.published", "feed.published"])
        #expect(try feed(world).check?.number == 2 && feed(world).latestPrice?.bar.sell.decimal == "66450.00")
    }

    @Test("A server without a source says so once, and waits")
    func unconfigured() throws {
        let world = try world(price: nil)
        world.enter { world.gold.answer = .failure(.unconfigured) }
        make(world)
        world.advance(by: .seconds(1_700))
        #expect(world.gold.fetches == 1)
        #expect(try feed(world).check?.failure == .unconfigured)
    }

    // MARK: Holding

    @Test("A jump waits for staff, over a restart, too; confirmed, it is pushed and stands in the history")
    func hold() throws {
        let world = try world()
        make(world)
        let reader = world.follow(as: Self.customer, Self.address)
        world.enter { world.gold.answer = price(79_680, world) }
        world.command("feed.sync", by: Self.staff, to: Self.address)
        #expect(names(world) == ["feed.published", "feed.held"])
        #expect(reader.events == ["feed.held"] && reader.frames("event").last?["data"] == [:])
        world.advance(by: .seconds(5))
        world.crash()
        #expect(world.command("feed.confirm", ["held": 1], by: Self.staff, to: Self.address).code == .rejected)
        let keeper = world.follow(as: Self.staff, Self.address)
        let customer = world.follow(as: Self.customer, Self.address)
        world.command("feed.confirm", ["held": 2], by: Self.staff, to: Self.address)
        #expect(names(world).suffix(2) == ["feed.confirmed", "feed.published"])
        #expect(keeper.frames("event").first?["data"] == ["held": 2, "by": "s_1"])
        #expect(customer.frames("event").first?["data"] == ["held": 2])
        #expect(customer.frames("event").last?["data"]?["value"]?["bar"]?["sell"] == "79680.00")
        #expect(
            world.store.records[Self.address]?.goldPrices.map(\.price.bar.sell.decimal) == ["66400.00", "79680.00"])
    }

    // MARK: Subscribers

    @Test("What came of asking is told as a value, and is no event")
    func checks() throws {
        let world = try world()
        make(world)
        let follower = world.follow(as: Self.customer, Self.address)
        world.command("feed.sync", by: Self.staff, to: Self.address)
        #expect(follower.events == [])
        #expect(follower.frames("value").map { $0["name"] } == ["check"])
        #expect(follower.frames("value").first?["data"]?["result"] == "unchanged")
    }

    @Test(
        "However many subscribers of both kinds there are, they get the same bytes: one encoding a value",
        arguments: [10, 10_000])
    func fanOut(_ count: Int) throws {
        let world = try world()
        make(world, Self.news, FeedFacts())
        let sink = SharedBytes()
        let crowd = (0..<count).map { Listener(caller: $0 % 50 == 0 ? Self.staff : Self.customer, sink) }
        world.enter {
            for member in crowd {
                world.registry.subscribe(
                    Self.news,
                    SubscribeRequest(id: nil, session: Self.news.path, from: nil, mode: .latest), member
                ) { _ in }
            }
        }
        world.run()
        sink.clear()
        world.command(
            "feed.publish", ["value": ["branch": "สยาม", "open": true]], by: Self.staff, to: Self.news)
        #expect(sink.deliveries == count)
        #expect(sink.publications.count == 1, "one publication, whose bytes are shared")
        #expect(String(decoding: sink.bytes, as: UTF8.self).contains("สยาม"))
    }
}

/// What a crowd was given: the publications as objects, each of which is one encoding.
private final class SharedBytes: @unchecked Sendable {
    var deliveries = 0
    var publications: Set<ObjectIdentifier> = []
    var bytes: [UInt8] = []
    /// So that no address is used again.
    private var kept: [Publication] = []

    func clear() {
        deliveries = 0
        publications = []
        kept = []
    }

    func take(_ publication: Publication) {
        deliveries += 1
        if publications.insert(ObjectIdentifier(publication)).inserted {
            kept.append(publication)
            bytes = Array(publication.json)
        }
    }
}

/// One of a crowd. Confined to the test's loop.
private final class Listener: Subscriber, @unchecked Sendable {
    let loopIndex = 0
    var place: Int32 = -1
    let caller: Caller
    private let sink: SharedBytes

    init(caller: Caller, _ sink: SharedBytes) {
        self.caller = caller
        self.sink = sink
    }

    var lane: DeliveryLane? { nil }
    func open(with publications: [Publication], in list: SubscriberList) {}
    func receive(_ burst: PublicationBurst) { for publication in burst.publications { sink.take(publication) } }
    func end(_ cause: ServerFrame.UnsubscribeCause) {}
}
