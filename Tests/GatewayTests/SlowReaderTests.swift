import Domain
import JSON
import Primitives
import Reactor
import Sessions
import TestSupport
import Testing
import Transport
import WireProtocol

@testable import Gateway

@Suite("Readers that are slow")
struct SlowReaderTests {
    private static let conversation = SessionAddress(tenant: "jeco", kind: .conversation, id: "c_1")

    /// Facts of a conversation without an advisor: one event a message.
    private func world(_ configure: (inout GatewayConfiguration) -> Void) throws -> GatewayWorld {
        let world = try GatewayWorld(configure)
        world.enter {
            world.registry.create(Self.conversation, .conversation(ConversationFacts(owner: "u_1", hasAdvisor: false)))
            { _ in }
        }
        world.settle()
        return world
    }

    private func send(_ world: GatewayWorld, _ text: String) {
        world.enter {
            world.registry.submit(
                Self.conversation,
                CommandTicket(
                    command: SessionCommand(
                        caller: Caller(tenant: "jeco", subject: "u_1", role: .customer), name: "message.send",
                        data: ["text": .string(text)]),
                    key: nil, answer: { _ in }))
        }
        for _ in 0..<4 { world.enter { world.loop.turn(waitingAtMost: .zero) } }
    }

    @Test func aReaderThatLagsIsNotBufferedForAndMissesNothing() throws {
        let world = try world {
            $0.lagBytes = 64 * 1024
            $0.catchUpBytes = 8 * 1024
        }
        let slow = try world.greet(subscribe: #"[{"id":1,"session":"conversation/c_1"}]"#)
        let fast = try world.greet(subscribe: #"[{"id":1,"session":"conversation/c_1"}]"#)
        #expect(world.until([slow, fast]) { slow.first("snapshot") != nil && fast.first("snapshot") != nil })
        slow.raw.reads = false
        let text = String(repeating: "x", count: 12_000)
        // More than the kernel holds for a reader that does not read.
        for index in 0..<1_200 {
            send(world, "\(index) \(text)")
            fast.poll()
        }
        #expect(world.until([fast]) { fast.offsets.count == 1_200 })
        #expect(world.listener.connectionGroups[0].count == 2)
        slow.raw.reads = true
        #expect(world.until([slow]) { position(slow) == 1_200 })
        #expect(slow.closeCode == nil)
        send(world, "live again")
        #expect(world.until([slow]) { position(slow) == 1_201 })
        #expect(slow.frames("subscribed").count > 1, "it left the session and came back")
    }

    /// An order on its way; a point that its rider reports.
    private func order(_ world: GatewayWorld, _ latitude: Double) throws -> (SessionAddress, JSONValue) {
        let address = SessionAddress(tenant: "jeco", kind: .order, id: "441")
        let destination = try #require(GeoPoint(latitude: 14, longitude: 100.5))
        let facts = OrderFacts(customer: "u_1", lifecycle: .baanfoodie, destination: OrderPlace(point: destination))
        world.enter {
            world.registry.create(address, .order(facts)) { _ in }
            let staff = Caller(tenant: "jeco", subject: "s_1", role: .staff)
            let assign = SessionCommand(caller: staff, name: "rider.assign", data: ["rider": "r_1"])
            world.registry.submit(address, CommandTicket(command: assign, key: nil) { _ in })
        }
        world.settle()
        let at = world.time.wallClock.rfc3339
        return (address, ["points": [["lat": .double(latitude), "lng": 100.5, "accuracy": 5, "at": .string(at)]]])
    }

    @Test func aHundredStalledWatchersOfAnOrderDelayNobodyAndGetTheNewestPosition() throws {
        let world = try GatewayWorld { $0.lagBytes = 100_000 }
        let rider = Caller(tenant: "jeco", subject: "r_1", role: .rider)
        let (address, _) = try order(world, 13.7)
        let stalled = (0..<100).map { _ in Outlet(world.loop) }
        let keeping = (0..<10).map { _ in Outlet(world.loop) }
        let waiting = stalled.map { $0.subscribe(world, address) }
        let following = keeping.map { $0.subscribe(world, address) }
        world.settle()
        for outlet in stalled { outlet.unsentBytes = 90_000 }
        let count = 50
        for step in 1...count {
            world.advance(.seconds(1))
            let (_, data) = try order(world, 13.7 + Double(step) / 1e4)
            world.enter {
                world.registry.signal(address, "position.report", data, from: rider, sender: nil) {
                    Issue.record("refused: \($0)")
                }
            }
            world.settle()
            for outlet in keeping { #expect(outlet.positions.count == step, "each is there at once") }
        }
        for (outlet, subscription) in zip(stalled, waiting) {
            #expect(outlet.positions.isEmpty && outlet.lagging.contains { $0 === subscription })
            outlet.unsentBytes = 0
            world.enter { subscription.outputDrained() }
        }
        for outlet in stalled {
            #expect(outlet.positions.map { $0["data"]?["lat"]?.double } == [13.705])
            #expect(outlet.positions[0]["skipped"]?.integer == Int64(count - 1))
        }
        #expect(keeping.allSatisfy { $0.positions.allSatisfy { $0["skipped"] == nil } })
        for subscription in waiting + following { world.enter { subscription.close() } }
    }

    @Test func nothingOvertakesAPositionThatIsHeld() throws {
        let world = try GatewayWorld { $0.lagBytes = 100_000 }
        let rider = Caller(tenant: "jeco", subject: "r_1", role: .rider)
        let (address, _) = try order(world, 13.7)
        let outlet = Outlet(world.loop)
        let subscription = outlet.subscribe(world, address)
        world.settle()
        // Behind, then half way back, then caught up.
        for (step, unsent) in [90_000, 40_000, 0].enumerated() {
            outlet.unsentBytes = unsent
            world.advance(.seconds(1))
            let (_, data) = try order(world, 13.7 + Double(step) / 1e4)
            world.enter { world.registry.signal(address, "position.report", data, from: rider, sender: nil) { _ in } }
            world.settle()
        }
        world.enter { subscription.outputDrained() }
        #expect(outlet.positions.map { $0["data"]?["lat"]?.double } == [13.7002])
        world.enter { subscription.close() }
    }

    /// Where the client stands when it follows every frame: events rise by one, a snapshot stands for what it replaces.
    private func position(_ client: TestSocket) -> Int64? {
        var position: Int64?
        for frame in client.frames {
            guard let offset = frame["offset"]?.integer else { continue }
            switch frame["type"]?.string {
            case "snapshot": position = offset
            case "event":
                if offset != (position ?? 0) + 1 { return nil }
                position = offset
            default: break
            }
        }
        return position
    }

    // MARK: Without a socket

    @Test func beyondItsBoundASubscriptionLeavesAndResumesWhereItStood() throws {
        let world = try world {
            $0.lagBytes = 1_000
            $0.catchUpBytes = 100
        }
        let outlet = Outlet(world.loop)
        let subscription = outlet.subscribe(world, Self.conversation)
        world.settle()
        send(world, "one")
        #expect(outlet.offsets == [1])
        outlet.unsentBytes = 1_001
        send(world, "two")
        #expect(outlet.offsets == [1, 2] && subscription.lagCount == 1)
        for index in 3...20 { send(world, "m\(index)") }
        #expect(outlet.offsets == [1, 2], "nothing is queued for a reader that lags")
        outlet.unsentBytes = 101
        world.enter { subscription.outputDrained() }
        world.settle()
        #expect(outlet.offsets.count == 2, "not caught up yet")
        outlet.unsentBytes = 100
        world.enter { subscription.outputDrained() }
        world.settle()
        #expect(outlet.offsets == Array(1...20) && outlet.isReplay(20))
        send(world, "live")
        #expect(outlet.offsets == Array(1...21) && !outlet.isReplay(21))
        #expect(outlet.subscribed.last == "resumed")
    }

    @Test func aSubscriptionThatEndsWhileItLagsStaysSilent() throws {
        let world = try world { $0.lagBytes = 1_000 }
        let outlet = Outlet(world.loop)
        let lagging = outlet.subscribe(world, Self.conversation)
        world.settle()
        outlet.unsentBytes = 2_000
        send(world, "one")
        world.enter { lagging.close() }
        outlet.unsentBytes = 0
        world.enter { lagging.outputDrained() }
        send(world, "two")
        #expect(outlet.offsets == [1])
    }

    @Test func aSessionThatEndsIsToldOnceAlsoToAReaderThatLags() throws {
        let world = try world { $0.lagBytes = 1_000 }
        let outlet = Outlet(world.loop)
        _ = outlet.subscribe(world, Self.conversation)
        world.settle()
        world.enter {
            world.registry.submit(
                Self.conversation,
                CommandTicket(
                    command: SessionCommand(
                        caller: Caller(tenant: "jeco", subject: "u_1", role: .customer), name: "conversation.delete",
                        data: [:]),
                    key: nil, answer: { _ in }))
        }
        world.settle()
        #expect(outlet.ends == [.deleted])
    }

    @Test func aReaderThatComesBackToASessionThatIsGoneIsTold() throws {
        let world = try world { $0.lagBytes = 1_000 }
        let outlet = Outlet(world.loop)
        let subscription = outlet.subscribe(world, Self.conversation)
        world.settle()
        outlet.unsentBytes = 2_000
        send(world, "one")
        world.enter {
            world.registry.submit(
                Self.conversation,
                CommandTicket(
                    command: SessionCommand(
                        caller: Caller(tenant: "jeco", subject: "u_1", role: .customer), name: "conversation.delete",
                        data: [:]),
                    key: nil, answer: { _ in }))
        }
        world.settle()
        #expect(outlet.ends.isEmpty)
        outlet.unsentBytes = 0
        world.enter { subscription.outputDrained() }
        world.settle()
        #expect(outlet.ends.count == 1)
    }

    @Test func comingBackInTheSameTurnAsLeavingIsNotUndoneByIt() throws {
        let world = try world {
            $0.lagBytes = 1_000
            $0.catchUpBytes = 100
        }
        let outlet = Outlet(world.loop)
        let subscription = outlet.subscribe(world, Self.conversation)
        world.settle()
        // The reader lags while the event is delivered, and has caught up before its leaving came to the session.
        outlet.unsentBytes = 2_000
        outlet.sent = { [unowned outlet] in
            guard outlet.unsentBytes > 0 else { return }
            world.loop.afterwards {
                outlet.unsentBytes = 0
                subscription.outputDrained()
            }
        }
        send(world, "one")
        world.settle()
        #expect(subscription.lagCount == 1)
        for index in 2...5 { send(world, "m\(index)") }
        #expect(outlet.offsets == Array(1...5))
    }

    @Test func whatWasOnItsWayWhenASubscriptionLeftDoesNotComeInsteadOfTheAnswer() throws {
        let world = try world {
            $0.lagBytes = 1_000
            $0.catchUpBytes = 100
        }
        let outlet = Outlet(world.loop)
        let subscription = outlet.subscribe(world, Self.conversation)
        world.settle()
        outlet.unsentBytes = 2_000
        send(world, "one")
        for index in 2...4 { send(world, "m\(index)") }
        outlet.unsentBytes = 0
        world.enter {
            subscription.outputDrained()
            // As it comes from a session of another loop that has not heard of the leaving.
            let json = ServerFrame.event(
                session: Self.conversation.path, offset: 4, name: "message.created", at: world.time.wallClock,
                data: Array("{}".utf8), isReplay: false)
            let late = Publication(
                .event(offset: 4, name: "message.created"), json: json, framing: .none)
            subscription.receive(PublicationBurst(late, after: 3))
        }
        world.settle()
        #expect(outlet.offsets == Array(1...4))
    }

    @Test func oneThatOpensWhileTheReaderIsBehindWaitsAndIsThenAnsweredAsItWasAsked() throws {
        let world = try world {
            $0.lagBytes = 1_000
            $0.catchUpBytes = 100
        }
        send(world, "one")
        let outlet = Outlet(world.loop)
        outlet.unsentBytes = 1_001
        let subscription = outlet.subscribe(world, Self.conversation)
        world.settle()
        #expect(outlet.frames.isEmpty && subscription.isLagging && outlet.lagging.count == 1)
        send(world, "two")
        #expect(outlet.frames.isEmpty)
        outlet.unsentBytes = 100
        world.enter { subscription.outputDrained() }
        world.settle()
        #expect(outlet.subscribed == ["snapshot"] && outlet.frames.first?["id"] == 1)
        send(world, "three")
        #expect(outlet.offsets == [3])
    }

    @Test func theFaultOfOneThatHadToWaitGoesToWhoAsked() throws {
        let world = try world { $0.lagBytes = 1_000 }
        let outlet = Outlet(world.loop)
        outlet.unsentBytes = 2_000
        let faults = Kept<FaultCode>()
        let subscription = outlet.subscribe(world, Self.conversation) { faults.all.append($0.code) }
        world.settle()
        #expect(subscription.isLagging)
        world.enter {
            world.registry.submit(
                Self.conversation,
                CommandTicket(
                    command: SessionCommand(
                        caller: Caller(tenant: "jeco", subject: "u_1", role: .customer), name: "conversation.delete",
                        data: [:]),
                    key: nil, answer: { _ in }))
        }
        world.settle()
        outlet.unsentBytes = 0
        world.enter { subscription.outputDrained() }
        world.settle()
        #expect(faults.all == [.noSuchSession] && outlet.ends.isEmpty)
    }

    @Test func manyReplaysThatBeginTogetherDoNotAddUp() throws {
        let world = try GatewayWorld {
            $0.lagBytes = 64 * 1024
            $0.catchUpBytes = 8 * 1024
        } transport: {
            $0.maxOutputBytes = 1024 * 1024
        }
        let caller = Caller(tenant: "jeco", subject: "u_1", role: .customer)
        let addresses = (0..<16).map { SessionAddress(tenant: "jeco", kind: .conversation, id: "r_\($0)") }
        let text = String(repeating: "x", count: 15_000)
        for address in addresses {
            world.enter {
                world.registry.create(address, .conversation(ConversationFacts(owner: "u_1", hasAdvisor: false))) { _ in
                }
            }
            world.settle()
            for _ in 0..<40 {
                world.enter {
                    world.registry.submit(
                        address,
                        CommandTicket(
                            command: SessionCommand(
                                caller: caller, name: "message.send", data: ["text": .string(text)]),
                            key: nil, answer: { _ in }))
                }
                for _ in 0..<3 { world.enter { world.loop.turn(waitingAtMost: .zero) } }
            }
        }
        // Each replay has 600 KB: two fit below the connection's bound, sixteen do not.
        let epochs = Kept<String>()
        for address in addresses {
            world.enter {
                world.registry.snapshot(address, caller) { result in
                    if case .success(let snapshot) = result { epochs.all.append(snapshot.position.epoch) }
                }
            }
            world.settle()
        }
        try #require(epochs.all.count == 16)
        let client = try world.greet()
        client.raw.reads = false
        for (index, address) in addresses.enumerated() {
            let from = #"{"epoch":"\#(epochs.all[index])","offset":0}"#
            client.say(#"{"type":"subscribe","id":\#(index + 1),"session":"\#(address.path)","from":\#(from)}"#)
        }
        world.settle(client)
        #expect(world.listener.connectionGroups[0].count == 1, "the connection is not reset")
        client.raw.reads = true
        #expect(world.until([client]) { client.frames("event").count >= 16 * 40 })
        for (index, address) in addresses.enumerated() {
            #expect(client.answer(Int64(index + 1))?["outcome"] == "resumed")
            let offsets = client.frames("event").filter { $0["session"]?.string == address.path }
                .compactMap { $0["offset"]?.integer }
            #expect(offsets == Array(1...40))
        }
    }

    @Test func aReaderThatTakesNothingForTooLongIsGivenUp() throws {
        let world = try world {
            $0.lagBytes = 64 * 1024
            $0.catchUpBytes = 8 * 1024
            $0.stallTimeout = .seconds(20)
        }
        let client = try world.greet(subscribe: #"[{"id":1,"session":"conversation/c_1"}]"#)
        #expect(world.until([client]) { client.first("snapshot") != nil })
        client.raw.reads = false
        let text = String(repeating: "x", count: 15_000)
        for index in 0..<800 { send(world, "\(index) \(text)") }
        #expect(world.listener.connectionGroups[0].count == 1)
        for _ in 0..<5 { world.advance(.seconds(10)) }
        #expect(world.listener.connectionGroups[0].count == 0)
    }

    @Test func inModeLatestOnlyTheNewestOfEachKindComesAndNotTooOften() throws {
        let world = try world { _ in }
        let client = try world.greet(
            subscribe: #"[{"id":1,"session":"conversation/c_1","mode":"latest","maxHz":2}]"#)
        #expect(world.until([client]) { client.first("snapshot") != nil })
        for index in 1...10 {
            send(world, "m\(index)")
            world.advance(.milliseconds(50), client)
        }
        world.settle(client)
        #expect(client.offsets.first == 1 && client.offsets.count <= 3)
        world.advance(.milliseconds(500), client)
        world.settle(client)
        #expect(client.offsets.last == 10)
        #expect(client.offsets == client.offsets.sorted())
    }

    @Test func inModeLatestWhatWasPublishedTogetherComesTogether() throws {
        let world = try world { _ in }
        let outlet = Outlet(world.loop)
        let subscription = outlet.subscribe(world, Self.conversation, mode: .latest)
        world.settle()
        func publish(_ names: [String]) {
            let values = names.map { name in
                Publication(
                    .value(name: name),
                    json: ServerFrame.value(
                        session: Self.conversation.path, name: name, asOf: world.time.wallClock, data: [:]),
                    framing: .none)
            }
            world.enter { subscription.receive(PublicationBurst(values[0], Array(values.dropFirst()), after: nil)) }
        }
        let before = (outlet.frames.count, outlet.sendCount)
        world.advance(.seconds(1))
        publish(["position", "eta"])
        #expect(outlet.frames.dropFirst(before.0).compactMap { $0["name"]?.string } == ["position", "eta"])
        #expect(outlet.sendCount == before.1 + 1)
        publish(["position"])
        publish(["eta"])
        #expect(outlet.sendCount == before.1 + 1)
        world.advance(.seconds(1))
        #expect(outlet.frames.count == before.0 + 4 && outlet.sendCount == before.1 + 2)
    }
}

/// An outlet that keeps what it is given; the test says how much of it is unsent.
private final class Outlet: SubscriptionOutlet, @unchecked Sendable {
    let loop: EventLoop
    var unsentBytes = 0
    var isOpen = true
    let sender: ObjectIdentifier? = nil
    func lane(of subscription: Subscription) -> DeliveryLane? { nil }
    var frames: [JSONValue] = []
    /// Bursts, and frames that came alone.
    var sendCount = 0
    var ends: [ServerFrame.UnsubscribeCause] = []

    /// Called with each frame that it is given.
    var sent: (() -> Void)?

    init(_ loop: EventLoop) { self.loop = loop }

    /// Those that told it that they wait.
    var lagging: [Subscription] = []

    func subscribe(
        _ world: GatewayWorld, _ address: SessionAddress, mode: DeliveryMode = .all,
        refused: @escaping @Sendable (Fault) -> Void = { _ in }
    ) -> Subscription {
        let caller = Caller(tenant: "jeco", subject: "u_1", role: .customer)
        let subscription = Subscription(
            address: address, caller: caller,
            request: SubscribeRequest(id: 1, session: address.path, from: nil, mode: mode), outlet: self,
            gateway: world.gatewayLoop)
        world.enter { subscription.open(refused) }
        return subscription
    }

    func send(_ publication: Publication) {
        sendCount += 1
        keep(publication)
    }

    private func keep(_ publication: Publication) {
        do { frames.append(try JSONParser.parse(Array(publication.json))) } catch { Issue.record(error) }
        sent?()
    }

    func send(_ burst: PublicationBurst) {
        sendCount += 1
        for publication in burst.publications { keep(publication) }
    }

    func subscriptionLags(_ subscription: Subscription) { lagging.append(subscription) }
    func subscriptionEnded(_ subscription: Subscription, _ path: String, _ cause: ServerFrame.UnsubscribeCause) {
        ends.append(cause)
    }

    private var events: [JSONValue] { frames.filter { $0["type"] == "event" } }
    var offsets: [Int64] { events.compactMap { $0["offset"]?.integer } }
    func isReplay(_ offset: Int64) -> Bool { events.first { $0["offset"]?.integer == offset }?["replay"] == true }
    var subscribed: [String] { frames.compactMap { $0["outcome"]?.string } }
    var positions: [JSONValue] { frames.filter { $0["name"] == "position" } }
}

@Suite("Conflation (mode latest)")
struct ConflationTests {
    private func event(_ name: String, _ offset: Int64) -> Publication {
        Publication(.event(offset: offset, name: name), json: [], framing: .none)
    }

    private func offsets(_ publications: [Publication]) -> [Int64] {
        publications.compactMap { if case .event(let offset, _) = $0.content { offset } else { nil } }
    }

    @Test func keepsTheNewestOfEachKindInTheOrderOfTheNewest() {
        var conflation = Conflation()
        for (name, offset) in [("a", 1), ("b", 2), ("a", 3), ("c", 4), ("b", 5)] {
            conflation.insert(event(name, Int64(offset)))
        }
        conflation.insert(Publication(.delta(reply: "r", at: 0, text: "x"), json: [], framing: .none))
        let now = Instant(nanoseconds: 1_000_000_000)
        #expect(offsets(conflation.take(at: now)) == [3, 4, 5])
        #expect(conflation.take(at: now).isEmpty)
    }

    @Test func theFirstIsNotDelayedAndTheNextWaitsForItsInterval() {
        var conflation = Conflation()
        let now = Instant(nanoseconds: 1_000_000_000)
        #expect(conflation.wait(at: now, interval: .milliseconds(500)) == .zero)
        _ = conflation.take(at: now)
        #expect(
            conflation.wait(at: now.advanced(by: .milliseconds(200)), interval: .milliseconds(500))
                == .milliseconds(300))
        #expect(conflation.wait(at: now.advanced(by: .milliseconds(500)), interval: .milliseconds(500)) == .zero)
    }
}
