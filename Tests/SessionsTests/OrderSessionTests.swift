import Domain
import JSON
import Ports
import Primitives
import TestSupport
import Testing
import WireProtocol

@testable import Sessions

/// Orders as live sessions: who sees what of them, positions and their checkpoints, the payment that is followed, crashes.
@Suite("The session of an order")
struct OrderSessionTests {
    private static let address = SessionAddress(tenant: "jeco", kind: .order, id: "441")
    private static let payment = SessionAddress(tenant: "jeco", kind: .payment, id: "981")
    private static let customer = person("u_1", .customer)
    private static let rider = person("r_1", .rider)
    private static let staff = person("s_1", .staff)
    private static let service = person("b_1", .service)

    private static func person(_ subject: String, _ role: Role) -> Caller {
        Caller(tenant: "jeco", subject: subject, role: role)
    }

    private static func facts(payment: String? = nil) throws -> OrderFacts {
        OrderFacts(
            customer: "u_1", lifecycle: .baanfoodie,
            destination: OrderPlace(point: try #require(GeoPoint(latitude: 13.76, longitude: 100.53))), payment: payment
        )
    }

    private func make(_ world: World, payment: String? = nil) throws {
        let facts = try Self.facts(payment: payment)
        world.enter { world.registry.create(Self.address, .order(facts)) { _ in } }
        world.run()
    }

    private func makePayment(_ world: World) {
        let facts = PaymentFacts(payer: "u_1", amount: Money(decimal: "60.00", .baht) ?? .zero(.baht))
        world.enter { world.registry.create(Self.payment, .payment(facts)) { _ in } }
        world.run()
    }

    @discardableResult
    private func give(_ name: String, _ data: JSONValue, by caller: Caller = staff, _ world: World) -> Answer {
        world.command(name, data, by: caller, to: Self.address)
    }

    private func points(_ latitude: Double, _ world: World) -> JSONValue {
        [
            "points": [
                [
                    "lat": .double(latitude), "lng": 100.53, "accuracy": 5,
                    "at": .string(world.time.wallClock.rfc3339),
                ]
            ]
        ]
    }

    private func signal(_ latitude: Double, by caller: Caller = rider, _ world: World) -> Fault? {
        let box = Box<Fault>()
        let data = points(latitude, world)
        world.enter {
            world.registry.signal(Self.address, "position.report", data, from: caller, sender: nil) { box.value = $0 }
        }
        world.run()
        return box.value
    }

    private func state(_ world: World) -> Order? {
        let box = Box<Order>()
        world.enter { world.registry.readOrder(Self.address, Self.staff, { _ in }, { $0 }) { box.value = $0 } }
        world.run()
        return box.value
    }

    private var names: (World) -> [String] { { ($0.store.records[Self.address]?.log ?? []).map(\.name) } }

    /// Made, assigned, with a rider.
    private func riding() throws -> World {
        let world = try World()
        try make(world)
        give("rider.assign", ["rider": "r_1"], world)
        return world
    }

    // MARK: Audiences

    @Test("Each audience gets frames of its own, made once; the offsets are the same")
    func audiences() throws {
        let world = try riding()
        let followers = [Self.customer, Self.customer, Self.rider, Self.staff].map {
            world.follow(as: $0, Self.address)
        }
        give("status.advance", ["to": "PREPARE", "note": "n"], world)
        for follower in followers {
            #expect(follower.offsets == [2] && follower.refusals.isEmpty)
            let data = try #require(follower.frames("event").first?["data"])
            #expect((data["subject"]?.string == "s_1") == (follower.caller == Self.staff))
            #expect(data["note"]?.string == "n")
        }
        #expect(followers[0].frames("snapshot")[0]["state"]?["rider"]?["id"] == nil)
        #expect(followers[3].frames("snapshot")[0]["state"]?["rider"]?["id"]?.string == "r_1")
        // A replay shows no more than what was told live.
        let epoch = try #require(followers[0].frames("subscribed")[0]["epoch"]?.string)
        let late = world.follow(from: StreamPosition(epoch: epoch, offset: 0), as: Self.customer, Self.address)
        #expect(late.offsets == [1, 2])
        #expect(late.frames("event").allSatisfy { $0["data"]?["subject"] == nil && $0["data"]?["rider"]?["id"] == nil })
    }

    @Test("Who loses the right to read leaves at that event; the others stay")
    func rights() throws {
        let world = try riding()
        world.enter { world.registry.start() }
        let rider = world.follow(as: Self.rider, Self.address)
        let customer = world.follow(as: Self.customer, Self.address)
        give("rider.assign", ["rider": "r_2"], world)
        #expect(rider.ends == [.rights] && customer.ends.isEmpty)
        give("status.advance", ["to": "PREPARE"], world)
        #expect(rider.offsets == [2] && customer.offsets == [2, 3])
        // The session does not wait for who has left.
        world.unfollow(customer, Self.address)
        world.advance(by: .seconds(400))
        #expect(world.enter { world.registry.liveCount } == 0)
        let again = world.follow(as: Self.rider, Self.address)
        #expect(again.refusals.map(\.code) == [.forbidden])
    }

    // MARK: Positions

    @Test("A position is seen at once, by whom it concerns, before and after the arrival")
    func positions() throws {
        let world = try riding()
        let (customer, staff) = (
            world.follow(as: Self.customer, Self.address), world.follow(as: Self.staff, Self.address)
        )
        #expect(signal(13.75, world) == nil)
        for follower in [customer, staff] {
            #expect(follower.frames("value").map { $0["name"]?.string } == ["position", "eta"])
            #expect(follower.frames("value")[0]["data"]?["lat"]?.double == 13.75)
        }
        world.advance(by: .seconds(120))
        #expect(signal(13.76, world) == nil)
        #expect(
            customer.events.last == "rider.arrived"
                && customer.frames("value").count { $0["data"]?["lat"]?.double == 13.76 } == 0)
        #expect(staff.frames("value").contains { $0["data"]?["lat"]?.double == 13.76 })
        let late = world.follow(as: Self.customer, Self.address)
        #expect(late.frames("value").isEmpty)
        #expect(world.follow(as: Self.staff, Self.address).frames("value").map { $0["name"]?.string } == ["position"])
    }

    @Test("Nobody else reports; a signal to an order that is not live loads it")
    func reporting() throws {
        let world = try riding()
        #expect(signal(13.75, by: Self.staff, world)?.code == .forbidden)
        #expect(signal(13.75, by: Self.person("x", .customer), world)?.code == .forbidden)
        world.crash()
        #expect(signal(13.75, world) == nil)
        #expect(state(world)?.track.current != nil)
    }

    @Test("Positions come ten times a second at most, the newest last; after 30 s without one it is stale")
    func pacing() throws {
        let world = try riding()
        let customer = world.follow(as: Self.customer, Self.address)
        for step in 0..<20 {
            #expect(signal(13.75 + Double(step) / 1e6, world) == nil)
            world.advance(by: .milliseconds(10))
        }
        world.advance(by: .milliseconds(100))
        func seen() -> [Double] {
            customer.frames("value").filter { $0["name"]?.string == "position" }.compactMap {
                $0["data"]?["lat"]?.double
            }
        }
        #expect((2...4).contains(seen().count) && seen().last == 13.750019)
        let count = seen().count
        world.advance(by: .seconds(31))
        #expect(seen().count == count + 1)
        #expect(customer.frames("value").last { $0["name"]?.string == "position" }?["data"]?["stale"]?.bool == true)
    }

    @Test("The rider reports often while somebody looks")
    func pace() throws {
        let world = try riding()
        let rider = world.follow(as: Self.rider, Self.address)
        func told() -> [Int64] {
            rider.frames("value").filter { $0["name"]?.string == "pace" }.compactMap {
                $0["data"]?["everySeconds"]?.integer
            }
        }
        #expect(told() == [60])
        let customers = [world.follow(as: Self.customer, Self.address), world.follow(as: Self.customer, Self.address)]
        #expect(told() == [60, 2])
        world.unfollow(customers[0], Self.address)
        #expect(told() == [60, 2])
        world.unfollow(customers[1], Self.address)
        #expect(told() == [60, 2, 60])
    }

    @Test("A command's position is durable before its ok; a signal's within three seconds")
    func durability() throws {
        let world = try riding()
        world.enter { world.journal.isManual = true }
        let answer = give("position.report", points(13.75, world), by: Self.rider, world)
        #expect(answer.isPending)
        world.settle()
        #expect(answer.ok != nil)
        world.enter { world.journal.isManual = false }
        world.crash()
        #expect(state(world)?.track.current?.point.latitude == 13.75)
        world.advance(by: .seconds(10))
        #expect(signal(13.751, world) == nil)
        world.advance(by: .seconds(3))
        world.crash()
        #expect(state(world)?.track.current?.point.latitude == 13.751)
        #expect(names(world) == ["rider.assigned", "eta.changed"])
    }

    @Test("What a rider reports before their assignment is written is kept with it, or was never said to be")
    func earlyReport() throws {
        for commits in [true, false] {
            let world = try World()
            try make(world)
            world.enter { world.journal.isManual = true }
            let assigned = give("rider.assign", ["rider": "r_1"], world)
            let reported = give("position.report", points(13.75, world), by: Self.rider, world)
            #expect(assigned.isPending && reported.isPending)
            if commits { world.settle(2) } else { world.fail(.unavailable) }
            #expect((reported.ok != nil) == commits && (assigned.ok != nil) == commits)
            #expect(world.enter { world.journal.waitingCount } == 0)
            world.enter { world.journal.isManual = false }
            #expect((state(world)?.track.current != nil) == commits)
            world.crash()
            #expect((state(world)?.track.current?.point.latitude == 13.75) == commits)
        }
    }

    @Test("A checkpoint that is due does not come behind what a command was told ok for, and knows less")
    func dueCheckpoint() throws {
        let world = try riding()
        #expect(signal(13.75, world) == nil)
        world.enter { world.journal.isManual = true }
        let advanced = give("status.advance", ["to": "PREPARE"], by: Self.staff, world)
        world.advance(by: .milliseconds(1))
        let reported = give("position.report", points(13.75001, world), by: Self.rider, world)
        world.settle(1)
        #expect(advanced.ok != nil && reported.isPending)
        // What the signal measured is due now.
        world.advance(by: .seconds(3))
        while world.enter({ world.journal.waitingCount }) > 0 { world.settle(1) }
        #expect(reported.ok != nil)
        world.enter { world.journal.isManual = false }
        world.crash()
        #expect(state(world)?.track.current?.point.latitude == 13.75001)
        #expect(names(world) == ["rider.assigned", "eta.changed", "status.changed"])
    }

    @Test("The track closes in the step that ends the order")
    func end() throws {
        let world = try riding()
        #expect(signal(13.75, world) == nil)
        let staff = world.follow(as: Self.staff, Self.address)
        give("order.cancel", ["reason": "r"], world)
        #expect(signal(13.751, world)?.code == .rejected)
        world.advance(by: .seconds(60))
        #expect(staff.frames("value").count == 2, "what it began with, and nothing behind the end")
        #expect(state(world)?.track.isEmpty == true)
        world.crash()
        #expect(state(world)?.track.isEmpty == true && state(world)?.status == "REJECTED")
    }

    @Test("With 10,000 watchers each update and the snapshot are made once")
    func once() throws {
        let world = try riding()
        let watchers = (0..<10_000).map { _ in Watcher(caller: Self.customer) }
        world.enter {
            for watcher in watchers {
                let request = SubscribeRequest(id: 1, session: Self.address.path, from: nil, mode: .all)
                world.registry.subscribe(Self.address, request, watcher) { Issue.record("refused: \($0)") }
            }
        }
        world.run()
        // The first comes to an order that nobody looks at; those behind share theirs.
        let snapshots = Set(watchers.flatMap(\.snapshots))
        #expect(watchers.allSatisfy { $0.snapshots.count == 1 } && snapshots.count <= 2)
        #expect(signal(13.75, world) == nil)
        give("status.advance", ["to": "PREPARE"], world)
        let first = try #require(watchers.first).later
        #expect(first.count == 4, "position, eta, eta.changed, status.changed")
        #expect(watchers.allSatisfy { $0.later == first })
    }

    // MARK: The payment

    @Test("It follows its payment, whichever was first, and moves with it once")
    func follows() throws {
        let world = try World()
        try make(world, payment: "981")
        world.advance(by: .seconds(5))
        #expect(names(world).isEmpty)
        makePayment(world)
        world.advance(by: .seconds(60))
        #expect(state(world)?.paymentStatus == .pending)
        world.command("payment.cancel", by: Self.service, to: Self.payment)
        world.run()
        #expect(state(world)?.display.status == "CANCELLED" && state(world)?.status == "PENDING")
        #expect(names(world) == ["payment.changed", "payment.changed"])
        world.crash()
        #expect(state(world)?.paymentStatus == .cancelled)
    }

    @Test("An order that is let go lets its payment go")
    func letsGo() throws {
        let world = try World()
        world.enter { world.registry.start() }
        makePayment(world)
        try make(world, payment: "981")
        world.command("payment.cancel", by: Self.service, to: Self.payment)
        #expect(state(world)?.paymentStatus == .cancelled)
        world.advance(by: .seconds(2_000))
        #expect(world.enter { world.registry.liveCount } == 0)
        #expect(state(world)?.paymentStatus == .cancelled)
    }

    @Test("Money that comes when the order has given it up, and was let go, moves it all the same")
    func lateMoney() throws {
        let world = try World()
        world.enter { world.registry.start() }
        makePayment(world)
        try make(world, payment: "981")
        world.command("payment.cancel", by: Self.service, to: Self.payment)
        world.advance(by: .seconds(2_000))
        #expect(
            world.enter { world.registry.liveCount } == 0 && world.store.records[Self.address]?.isUnfinished == false)
        let notice: JSONValue = [
            "gateway": "omise", "event": "evnt_1", "charge": "chrg_1", "state": "paid", "amount": "60.00",
            "currency": "THB",
        ]
        let charge = GatewayCharge(
            gateway: .omise, charge: "chrg_1", payment: "981", state: .paid, amount: Money(decimal: "60.00", .baht))
        world.enter { world.payments.script.charge = .charge(charge) }
        #expect(world.command("notice.receive", notice, by: Self.service, to: Self.payment).ok != nil)
        world.advance(by: .seconds(30))
        #expect(state(world)?.paymentStatus == .review)
        let resolve: JSONValue = ["decision": "accept", "note": "seen"]
        #expect(world.command("payment.resolve", resolve, by: Self.staff, to: Self.payment).ok != nil)
        world.run()
        #expect(state(world)?.status == "PREPARE")
    }

    @Test("What was measured is kept, though the store was away when it should have been written")
    func outage() throws {
        let world = try riding()
        #expect(signal(13.75, world) == nil)
        world.enter { world.journal.fault = { _ in .unavailable } }
        world.advance(by: .seconds(4))
        world.enter { world.journal.fault = nil }
        world.advance(by: .seconds(4))
        world.crash()
        #expect(state(world)?.track.current?.point.latitude == 13.75)
    }

    @Test("What the payment became while nobody ran the order is seen at the start")
    func recovers() throws {
        let world = try World()
        makePayment(world)
        try make(world, payment: "981")
        #expect(state(world)?.paymentStatus == .pending)
        #expect(world.store.records[Self.address]?.isUnfinished == true)
        // The crash comes between the payment's commit and the order's.
        world.enter { world.journal.isManual = true }
        world.command("payment.cancel", by: Self.service, to: Self.payment)
        world.crash(committing: 1)
        #expect(names(world) == ["payment.changed"])
        world.enter { world.registry.recoverUnfinished { _ in } }
        world.run()
        #expect(names(world) == ["payment.changed", "payment.changed"])
        #expect(state(world)?.paymentStatus == .cancelled)
        #expect(world.store.records[Self.address]?.isUnfinished == false)
    }
}

/// Remembers which publications it got, not what they say.
private final class Watcher: Subscriber, @unchecked Sendable {
    let loopIndex = 0
    var place: Int32 = -1
    let caller: Caller
    private var held: [Publication] = []
    var snapshots: [ObjectIdentifier] = []
    var later: [ObjectIdentifier] { held.map(ObjectIdentifier.init) }

    init(caller: Caller) { self.caller = caller }

    var lane: DeliveryLane? { nil }

    func open(with publications: [Publication], in list: SubscriberList) {
        snapshots = publications.dropFirst().prefix(1).map(ObjectIdentifier.init)
    }

    func receive(_ burst: PublicationBurst) { held += burst.publications }
    func end(_ cause: ServerFrame.UnsubscribeCause) {}
}
