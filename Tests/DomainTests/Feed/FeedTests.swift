import Domain
import JSON
import Primitives
import TestSupport
import Testing

@Suite("A feed")
struct FeedTests {
    private static let now = Timestamp(rfc3339: "2026-10-01T17:30:00+07:00") ?? Timestamp(seconds: 0)
    private static let staff = Caller(tenant: "t", subject: "s_1", role: .staff)
    private static let service = Caller(tenant: "t", subject: "backend", role: .service)
    private static let customer = Caller(tenant: "t", subject: "u_1", role: .customer)

    /// A machine, and what a session does with its decisions.
    private struct Desk {
        var feed: Feed
        var now = FeedTests.now
        var effects: [FeedEffect] = []
        var live = FeedLive(isFetching: false)

        init(_ facts: FeedFacts = FeedFacts(), id: String = "news") {
            feed = Feed(id: id, facts: facts, createdAt: FeedTests.now)
        }

        private var context: DecisionContext { DecisionContext(now: now, identifier: { $0 }) }

        mutating func take(_ decision: Decision<Feed>) -> [String] {
            for event in decision.events {
                // As it comes back from the log.
                guard let read = FeedEvent(name: event.name, data: event.data) else {
                    Issue.record("\(event.name) cannot be read")
                    continue
                }
                feed.apply(read, offset: feed.lastOffset + 1, at: now)
            }
            for check in decision.measurements { feed.apply(check) }
            effects = decision.effects
            return decision.events.map(\.name)
        }

        @discardableResult
        mutating func command(
            _ name: String, _ data: JSONValue = [:], by caller: Caller = FeedTests.staff
        ) throws -> [String] {
            take(try feed.decide(SessionCommand(caller: caller, name: name, data: data), live: live, context))
        }

        @discardableResult
        mutating func fetched(_ price: GoldPrice, attempt: Int = 1) -> [String] {
            outcome(.fetched(attempt: attempt, .price(price)))
        }

        @discardableResult
        mutating func outcome(_ outcome: FeedOutcome) -> [String] {
            guard let decision = feed.decide(outcome, live: live, context) else { return [] }
            return take(decision)
        }

        func refusal(_ name: String, _ data: JSONValue = [:], by caller: Caller = FeedTests.staff) -> FaultReason? {
            do throws(FaultReason) {
                _ = try feed.decide(SessionCommand(caller: caller, name: name, data: data), live: live, context)
                return nil
            } catch { return error }
        }
    }

    private static let gold = FeedFacts.gold

    // MARK: Publishing

    @Test("What is published is the value; those before it are kept, as many as the facts say")
    func publish() throws {
        var desk = Desk(FeedFacts(historyLength: 3))
        for number in 1...5 { try desk.command("feed.publish", ["value": ["n": .integer(Int64(number))]]) }
        #expect(desk.feed.latest?.value["n"] == 5)
        #expect(desk.feed.history.map { $0.value["n"] } == [3, 4, 5])
        #expect(desk.feed.history.map(\.offset) == [3, 4, 5])
    }

    @Test("A history has a greatest size, and always the latest value")
    func bytes() throws {
        var desk = Desk(FeedFacts(historyLength: 1_000))
        let text = String(repeating: "x", count: 8_000)
        for _ in 0..<40 { try desk.command("feed.publish", ["value": ["text": .string(text)]]) }
        #expect(desk.feed.history.count == Feed.maxHistoryBytes / JSONValue.object(["text": .string(text)]).bytes.count)
        #expect(desk.feed.historyBytes <= Feed.maxHistoryBytes)
        #expect(Feed(checkpoint: desk.feed.encode(), format: 1) == desk.feed)
    }

    @Test("Who may publish and read is in the facts")
    func rights() throws {
        let closed = Desk(FeedFacts(publishers: [.admin], readers: .roles([.rider])))
        #expect(closed.refusal("feed.publish", ["value": [:]]) == .forbidden)
        #expect(closed.refusal("feed.publish", ["value": [:]], by: Self.customer) == .forbidden)
        let admin = Caller(tenant: "t", subject: "a_1", role: .admin)
        #expect(closed.refusal("feed.publish", ["value": [:]], by: admin) == nil)
        #expect(closed.feed.audience(of: Self.customer) == nil)
        #expect(closed.feed.audience(of: Caller(tenant: "t", subject: "r", role: .rider)) == .reader)
        #expect(closed.feed.audience(of: Self.staff) == .keeper)

        let open = Desk()
        #expect(open.feed.audience(of: Self.customer) == .reader)
        // A link to something else is no right to this.
        #expect(open.feed.audience(of: Caller(tenant: "t", subject: "link", role: .guest)) == nil)
        let granted = Caller(tenant: "t", subject: "link", role: .guest, readable: ["feed/news"])
        #expect(open.feed.audience(of: granted) == .reader)
        #expect(open.refusal("feed.publish", ["value": [:]], by: Self.customer) == .forbidden)
        #expect(open.refusal("feed.read", by: Self.staff) == .unknownCommand)
    }

    @Test("A value is an object of a bounded size")
    func value() {
        let desk = Desk()
        #expect(desk.refusal("feed.publish", ["value": "text"]) == .invalid("value is a JSON object"))
        #expect(desk.refusal("feed.publish") == .invalid("value is a JSON object"))
        // {"a":"…"} has nine bytes around the text, less one.
        let most = String(repeating: "x", count: Feed.maxValueBytes - 8)
        #expect(desk.refusal("feed.publish", ["value": ["a": .string(most)]]) == nil)
        #expect(
            desk.refusal("feed.publish", ["value": ["a": .string(most + "x")]])
                == .tooLarge("value has at most 8192 bytes"))
    }

    @Test(
        "Facts that are none",
        arguments: [
            #"{"title":""}"#, #"{"source":"silver"}"#, #"{"publish":[]}"#, #"{"publish":["customer"]}"#,
            #"{"publish":"staff"}"#, #"{"read":"all"}"#, #"{"read":[]}"#, #"{"read":["nobody"]}"#, #"{"history":0}"#,
            #"{"history":1001}"#, #"{"history":"10"}"#,
        ])
    func badFacts(_ text: String) throws {
        let json = try JSONParser.parse(text)
        #expect(throws: FaultReason.self) { try FeedFacts(json: json) }
    }

    @Test("Facts are read as they are written, and the gold price has an id of its own")
    func facts() throws {
        let facts = FeedFacts(
            title: "โปรโมชัน", publishers: [.admin], readers: .roles([.customer, .rider]), historyLength: 7)
        #expect(try FeedFacts(json: facts.json) == facts)
        #expect(try FeedFacts(json: [:]) == FeedFacts())
        #expect(try FeedFacts(json: Self.gold.json) == Self.gold)
        try Self.gold.check(id: "gold")
        try facts.check(id: "promotions")
        #expect(throws: FaultReason.self) { try Self.gold.check(id: "promotions") }
        #expect(throws: FaultReason.self) { try facts.check(id: "gold") }
    }

    // MARK: The gold price

    @Test("It is published when it changes; that it was looked at is no event")
    func changes() {
        var desk = Desk(Self.gold, id: "gold")
        #expect(desk.fetched(Gold.price(66_400)) == ["feed.published"])
        #expect(desk.feed.check?.number == 1 && desk.feed.check?.result == .published)
        #expect(desk.fetched(Gold.price(66_400, id: "2")) == [])
        #expect(desk.feed.check?.number == 2 && desk.feed.check?.result == .unchanged)
        #expect(desk.fetched(Gold.price(66_450, at: "2026-10-01T17:28:00+07:00")) == ["feed.published"])
        #expect(desk.feed.latestPrice?.change.previous == 5_000)
        #expect(desk.feed.history.count == 2)
        #expect(desk.fetched(Gold.price(66_500, at: "2026-10-01T17:20:00+07:00")) == [])
        #expect(desk.feed.check?.result == .stale)
    }

    @Test("Its change is since the last price, and since the last of an earlier day")
    func change() {
        var desk = Desk(Self.gold, id: "gold")
        // The source's own count, as long as there is nothing of ours.
        desk.fetched(
            Gold.price(
                66_400, at: "2026-09-30T16:00:00+07:00", change: GoldPrice.Change(previous: -5_000, day: 10_000)))
        #expect(desk.feed.latestPrice?.change == GoldPrice.Change(previous: -5_000, day: 10_000))
        desk.fetched(Gold.price(66_300, at: "2026-09-30T17:00:00+07:00"))
        #expect(desk.feed.latestPrice?.change == GoldPrice.Change(previous: -10_000, day: 0))
        desk.fetched(Gold.price(66_500, at: "2026-10-01T09:05:00+07:00"))
        #expect(desk.feed.latestPrice?.change == GoldPrice.Change(previous: 20_000, day: 20_000))
        desk.fetched(Gold.price(66_450, at: "2026-10-01T10:05:00+07:00"))
        #expect(desk.feed.latestPrice?.change == GoldPrice.Change(previous: -5_000, day: 15_000))
    }

    @Test("A jump is held until a person lets it through, once")
    func hold() throws {
        var desk = Desk(Self.gold, id: "gold")
        desk.fetched(Gold.price(66_400))
        #expect(desk.fetched(Gold.price(79_680)) == ["feed.held"])
        #expect(desk.feed.latestPrice?.bar.sell.decimal == "66400.00" && desk.feed.check?.result == .held)
        #expect(desk.fetched(Gold.price(79_680)) == [], "held already")
        let number = try #require(desk.feed.held?.offset)
        #expect(desk.refusal("feed.confirm", ["held": 1]) == .rejected("another value is held now"))
        #expect(desk.refusal("feed.confirm", by: Self.customer) == .forbidden)
        #expect(try desk.command("feed.confirm", ["held": .integer(number)]) == ["feed.confirmed", "feed.published"])
        #expect(desk.feed.latestPrice?.bar.sell.decimal == "79680.00" && desk.feed.held == nil)
        #expect(desk.feed.latestPrice?.change.previous == 1_328_000)
        #expect(desk.refusal("feed.confirm") == .rejected("no value is held"))
        #expect(desk.fetched(Gold.price(79_680)) == [], "it is the price")
    }

    @Test("What a person refuses stays refused; another jump is held anew")
    func reject() throws {
        var desk = Desk(Self.gold, id: "gold")
        desk.fetched(Gold.price(66_400))
        desk.fetched(Gold.price(79_680))
        #expect(try desk.command("feed.reject", by: Self.service) == ["feed.rejected"])
        #expect(desk.fetched(Gold.price(79_680)) == [] && desk.feed.check?.result == .rejected)
        #expect(desk.fetched(Gold.price(79_700)) == ["feed.held"])
        #expect(desk.fetched(Gold.price(79_750)) == ["feed.held"], "it takes the place of the other")
        #expect(desk.feed.held?.price.bar.sell.decimal == "79750.00")
    }

    @Test("When the source comes back to reason nobody has to decide any more")
    func superseded() throws {
        var desk = Desk(Self.gold, id: "gold")
        desk.fetched(Gold.price(66_400))
        desk.fetched(Gold.price(79_680))
        #expect(
            desk.fetched(Gold.price(66_450, at: "2026-10-01T17:29:00+07:00")) == ["feed.rejected", "feed.published"])
        #expect(desk.feed.held == nil)
        desk.fetched(Gold.price(79_680, at: "2026-10-01T17:29:30+07:00"))
        #expect(desk.fetched(Gold.price(66_450, at: "2026-10-01T17:29:00+07:00")) == ["feed.rejected"])
        #expect(desk.feed.held == nil && desk.feed.rejected == nil)
    }

    @Test("It is published by its source alone; other feeds have none to ask")
    func source() throws {
        let gold = Desk(Self.gold, id: "gold")
        #expect(gold.refusal("feed.publish", ["value": [:]]) == .rejected("this feed publishes what its source says"))
        #expect(gold.refusal("feed.sync", by: Self.customer) == .forbidden)
        #expect(Desk().refusal("feed.sync") == .rejected("this feed has no source"))
        #expect(
            Desk().feed.decide(.resumed, live: FeedLive(isFetching: false), DecisionContext(now: Self.now) { $0 })
                == nil)
    }

    // MARK: Asking

    @Test("Made, it asks at once; loaded, when a time has passed; and plans the next one")
    func resumed() throws {
        var desk = Desk(Self.gold, id: "gold")
        let next = try #require(Timestamp(rfc3339: "2026-10-01T18:00:00+07:00"))
        desk.outcome(.resumed)
        #expect(desk.effects == [.fetch(attempt: 1), .wake(at: next)])
        desk.fetched(Gold.price(66_400))
        desk.outcome(.resumed)
        #expect(desk.effects == [.wake(at: next)])
        // Down while 18:00 passed.
        desk.now = try #require(Timestamp(rfc3339: "2026-10-01T18:00:01+07:00"))
        desk.outcome(.resumed)
        let tomorrow = try #require(Timestamp(rfc3339: "2026-10-02T08:00:00+07:00"))
        #expect(desk.effects == [.fetch(attempt: 1), .wake(at: tomorrow)])
        desk.outcome(.scheduleDue)
        #expect(desk.effects == [.fetch(attempt: 1), .wake(at: tomorrow)])
    }

    @Test("A source that fails is asked again, ever later, and then at its next time only")
    func retries() {
        var desk = Desk(Self.gold, id: "gold")
        for (index, delay) in FeedPolicy.fetchDelays.enumerated() {
            #expect(desk.outcome(.fetched(attempt: index + 1, .failure(.unreachable))) == [])
            #expect(desk.effects.first == .show(desk.feed.check ?? FeedCheck(number: 0, at: Self.now, result: .held)))
            #expect(desk.effects.last == .retry(attempt: index + 2, at: Self.now.advanced(by: .seconds(delay))))
            desk.outcome(.retryDue(attempt: index + 2))
            #expect(desk.effects == [.fetch(attempt: index + 2)])
        }
        desk.outcome(.fetched(attempt: FeedPolicy.fetchDelays.count + 1, .failure(.refused)))
        #expect(desk.effects.count == 1 && desk.feed.check?.failure == .refused)
        // What will not be better is not asked again.
        desk.outcome(.fetched(attempt: 1, .failure(.unconfigured)))
        #expect(desk.effects.count == 1)
        // A price that cannot be is a failure, too.
        desk.fetched(Gold.price(66_400, barBuy: "70000"))
        #expect(desk.feed.check?.failure == .implausible && desk.feed.latest == nil)
        desk.fetched(Gold.price(66_400))
        #expect(desk.effects.first == .stopRetry)
    }

    @Test("Who asks while it is being asked joins")
    func sync() throws {
        var desk = Desk(Self.gold, id: "gold")
        let command = SessionCommand(caller: Self.staff, name: "feed.sync", data: [:])
        let context = DecisionContext(now: Self.now, identifier: { $0 })
        var decision = try desk.feed.decide(command, live: desk.live, context)
        #expect(decision.answer == ["check": 1, "joined": false] && decision.effects == [.fetch(attempt: 1)])
        desk.live.isFetching = true
        decision = try desk.feed.decide(command, live: desk.live, context)
        #expect(decision.answer == ["check": 1, "joined": true] && decision.effects.isEmpty)
    }

    // MARK: What is seen, and kept

    @Test("Readers are told that something is held; who it is decided by, and what, only keepers see")
    func audiences() throws {
        var desk = Desk(Self.gold, id: "gold")
        desk.fetched(Gold.price(66_400))
        desk.fetched(Gold.price(79_680))
        let reader = desk.feed.state(for: .reader)
        let keeper = desk.feed.state(for: .keeper)
        #expect(reader["held"]?["since"] != nil && reader["held"]?["value"] == nil)
        #expect(keeper["held"]?["value"]?["bar"]?["sell"] == "79680.00" && keeper["held"]?["reason"] == "jump")
        #expect(reader["latest"] == keeper["latest"])
        let events: [FeedEvent] = [
            .held(Gold.price(1), .jump, check: 4), .confirmed(held: 2, by: "s_1"),
            .rejected(held: 2, .refused(by: "s_1")),
            .published(value: [:], at: Self.now), .rejected(held: 2, .superseded),
        ]
        #expect(events.map { Feed.data(of: $0, for: .keeper) } == [nil, nil, nil, nil, nil])
        let seen = events.map { Feed.data(of: $0, for: .reader)?.text }
        #expect(
            seen == ["{}", #"{"held":2}"#, #"{"held":2,"why":"rejected"}"#, nil, #"{"held":2,"why":"superseded"}"#])
    }

    @Test("It is stored as it is, with what was held, refused and looked at")
    func checkpoint() throws {
        var desk = Desk(Self.gold, id: "gold")
        desk.fetched(Gold.price(66_400))
        desk.fetched(Gold.price(79_680))
        try desk.command("feed.reject")
        desk.fetched(Gold.price(79_700))
        #expect(Feed(checkpoint: desk.feed.encode(), format: 1) == desk.feed)
        #expect(Feed(checkpoint: desk.feed.encode(), format: 2) == nil)
        #expect(Feed(checkpoint: Array("{}".utf8), format: 1) == nil)
        #expect(FeedEvent(name: "feed.rejected", data: ["held": 1, "why": "?"]) == nil)
        #expect(FeedEvent(name: "feed.else", data: [:]) == nil)
    }

    @Test("Whatever the source says, and whoever decides: what is published is sane, and numbers of checks rise by one")
    func simulation() {
        let seed = UInt64.random(in: 0...(.max))
        var random = SeededRandom(seed: seed)
        var desk = Desk(Self.gold, id: "gold")
        var sell: Int64 = 66_400
        for _ in 0..<400 {
            let checks = desk.feed.check?.number ?? 0
            let before = desk.feed.latestPrice
            let held = desk.feed.held
            desk.now = desk.now.advanced(by: .seconds(random.integer(1...1_800)))
            switch random.integer(0...9) {
            case 0:
                let names = try? desk.command(random.integer(0...1) == 0 ? "feed.confirm" : "feed.reject")
                #expect((names == nil) == (held == nil), "seed \(seed)")
                if names?.last == "feed.published" { sell = (desk.feed.latestPrice?.bar.sell.count ?? 0) / 100 }
            case 1: desk.outcome(.fetched(attempt: random.integer(1...5), .failure(.unreachable)))
            case 2: desk.fetched(Gold.price(sell, at: desk.now.rfc3339, barBuy: "\(sell + 1)"))
            case 3: desk.fetched(Gold.price(sell * 2, at: desk.now.rfc3339))
            default:
                let next = sell + Int64(random.integer(-30...30)) * 50
                desk.fetched(Gold.price(next, at: desk.now.rfc3339))
                if desk.feed.check?.result == .published { sell = next }
            }
            let after = desk.feed.latestPrice
            #expect((desk.feed.check?.number ?? 0) - checks <= 1, "seed \(seed)")
            guard let after, after != before else { continue }
            #expect(after.bar.buy < after.bar.sell, "seed \(seed)")
            if let before, desk.effects.first == .stopRetry {
                let jump = abs(after.bar.sell.count - before.bar.sell.count)
                #expect(jump * 100 <= before.bar.sell.count * 5, "seed \(seed)")
            }
            #expect(Feed(checkpoint: desk.feed.encode(), format: 1) == desk.feed, "seed \(seed)")
        }
    }
}
