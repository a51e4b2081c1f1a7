import Domain
import JSON
import Primitives
import Testing

@Suite("Commands to an order: who may, and when")
struct OrderCommandTests {
    private typealias World = OrderWorld

    @Test("Every step of every lifecycle by everybody is what the lifecycle says", arguments: Lifecycle.allBuiltIn)
    func steps(_ lifecycle: Lifecycle) throws {
        for from in lifecycle.states {
            for to in lifecycle.states {
                for caller in World.everybody {
                    var world = World(World.facts(lifecycle, payment: nil))
                    world.order.put(in: from.name, rider: "r_1")
                    let before = world.order
                    let parties = before.parties(of: caller)
                    let refusal = world.refusal("status.advance", ["to": .string(to.name)], by: caller)
                    if lifecycle.allows(from: from.name, to: to.name, by: parties) {
                        #expect(refusal == nil && world.order.status == to.name)
                        continue
                    }
                    let mayEver = lifecycle.transitions.contains {
                        $0.to == to.name && !$0.by.isDisjoint(with: parties)
                    }
                    let exists = lifecycle.transitions.contains { $0.from == from.name && $0.to == to.name }
                    if !mayEver || exists {
                        #expect(refusal == .forbidden, "\(from.name) \(to.name) \(caller.subject)")
                    } else {
                        #expect(refusal == .rejected("\(from.name) does not lead to \(to.name)"))
                    }
                    #expect(world.order == before && world.log.isEmpty)
                }
            }
        }
    }

    @Test("What is no state, a note that is too long, a command that is none")
    func invalid() throws {
        var world = World()
        for data in [[:], ["to": "LOST"], ["to": 1], ["to": "PREPARE", "note": ""]] as [JSONValue] {
            guard case .invalid? = world.refusal("status.advance", data) else { Issue.record("\(data)"); continue }
        }
        let long = String(repeating: "ก", count: Order.maxNoteCharacters)
        guard case .invalid? = world.refusal("status.advance", ["to": "PREPARE", "note": .string(long + "ก")]) else {
            Issue.record("too long a note")
            return
        }
        #expect(world.refusal("dance", [:]) == .unknownCommand)
        #expect(world.refusal("dance", [:], by: World.stranger) == .forbidden)
        #expect(world.log.isEmpty)
        try world.give("status.advance", ["to": "PREPARE", "note": .string(long)])
        #expect(
            world.log == [
                .statusChanged(OrderStep(from: "PENDING", to: "PREPARE", by: .staff, subject: "s_1", note: long))
            ])
    }

    @Test("A customer cancels while it is pending, with a reason; then not any more")
    func cancelling() throws {
        var world = World()
        guard case .invalid? = world.refusal("order.cancel", [:], by: World.customer) else {
            Issue.record("no reason")
            return
        }
        #expect(world.refusal("order.cancel", ["reason": "r"], by: World.stranger) == .forbidden)
        var copy = world
        try copy.give("order.cancel", ["reason": "สั่งผิด"], by: World.customer)
        #expect(copy.order.status == "REJECTED" && copy.order.isTerminal && copy.order.cancellation == "สั่งผิด")
        #expect(copy.log.map(\.name) == ["status.changed", "order.cancelled"])
        #expect(copy.effects == [.stopFollowing, .hide])
        guard case .rejected? = copy.refusal("order.cancel", ["reason": "r"], by: World.customer) else {
            Issue.record("cancelled twice")
            return
        }
        try world.give("status.advance", ["to": "PREPARE"])
        guard case .rejected? = world.refusal("order.cancel", ["reason": "r"], by: World.customer) else {
            Issue.record("cancelled too late")
            return
        }
    }

    @Test("Riders are assigned by staff and the provider, in each other's place, never to what has ended")
    func assigning() throws {
        var world = World()
        for caller in [World.customer, World.stranger] {
            #expect(world.refusal("rider.assign", ["rider": "r_1"], by: caller) == .forbidden)
        }
        for rider in [[:], ["id": ""], 1, ["id": "r", "name": ""], ["id": "r", "phone": "call me"]] as [JSONValue] {
            guard case .invalid? = world.refusal("rider.assign", ["rider": rider]) else {
                Issue.record("\(rider)"); continue
            }
        }
        #expect(!world.order.mayRead(World.rider))
        let phone: JSONValue = ["id": "r_1", "name": "ก", "phone": "+66 81-234-5678", "vehicle": "1กก 1"]
        try world.give("rider.assign", ["rider": phone], by: World.provider)
        #expect(world.order.rider == OrderRider(id: "r_1", name: "ก", phone: "08x-xxx-5678", vehicle: "1กก 1"))
        #expect(world.order.audience(of: World.rider) == .rider)
        // The same again is nothing new.
        try world.give("rider.assign", ["rider": phone])
        #expect(world.log.count == 1)
        try world.ride(metresLeft: 500)
        try world.give("rider.assign", ["rider": "r_2"])
        #expect(!world.order.mayRead(World.rider) && world.order.track.isEmpty)
        #expect(
            world.refusal("position.report", World.report(metresLeft: 1, at: world.now), by: World.rider) == .forbidden)
        try world.give("order.cancel", ["reason": "r"])
        guard case .rejected? = world.refusal("rider.assign", ["rider": "r_3"]) else {
            Issue.record("assigned to what has ended")
            return
        }
    }

    @Test("Who has a link may cancel for the customer, and takes no other step")
    func links() throws {
        let guest = World.person("g_1", .guest, writable: ["order/441"])
        let reader = World.person("g_2", .guest, readable: ["order/441"])
        var booking = World(World.facts(.trusttrade, payment: nil))
        booking.order.put(in: "accepted", rider: nil)
        #expect(booking.refusal("status.advance", ["to": "completed"], by: guest) == .forbidden)
        var order = World()
        #expect(order.refusal("order.cancel", ["reason": "r"], by: reader) == .forbidden)
        try order.give("order.cancel", ["reason": "r"], by: guest)
        #expect(order.order.history.last?.step.by == .customer)
    }

    @Test("The payment that is followed is said once, or anew when it has failed")
    func attaching() throws {
        var world = World(World.facts(payment: nil))
        #expect(world.refusal("payment.attach", ["payment": "1"], by: World.customer) == .forbidden)
        guard case .invalid? = world.refusal("payment.attach", ["payment": "a/b"]) else {
            Issue.record("no id")
            return
        }
        try world.give("payment.attach", ["payment": "1"])
        #expect(world.effects == [.follow(payment: "1")] && world.order.payment == "1")
        try world.give("payment.attach", ["payment": "1"])
        #expect(world.log.count == 1)
        guard case .rejected? = world.refusal("payment.attach", ["payment": "2"]) else {
            Issue.record("two payments")
            return
        }
        world.end(.paymentSeen(payment: "1", .expired))
        #expect(world.order.display.status == "EXPIRED" && world.order.status == "PENDING")
        try world.give("payment.attach", ["payment": "2"])
        #expect(
            world.order.payment == "2" && world.order.paymentStatus == nil && world.order.display.status == "PENDING")
        // What comes of the first one does not matter any more.
        world.end(.paymentSeen(payment: "1", .accepted))
        #expect(world.order.status == "PENDING")
        world.end(.paymentSeen(payment: "2", .accepted))
        #expect(world.order.status == "PREPARE")
    }

    @Test("A payment moves its order once, however often it is seen, and what has ended never")
    func payments() throws {
        var world = World()
        world.end(.resumed)
        #expect(world.effects == [.follow(payment: "981")] && world.order.isUnfinished)
        world.end(.paymentSeen(payment: "981", .pending))
        world.end(.paymentSeen(payment: "981", .pending))
        for _ in 0..<3 { world.end(.paymentSeen(payment: "981", .accepted)) }
        #expect(world.log.map(\.name) == ["payment.changed", "payment.changed", "status.changed"])
        #expect(
            world.log.last == .statusChanged(OrderStep(from: "PENDING", to: "PREPARE", by: .payment)))
        #expect(!world.order.isUnfinished && world.order.followsPayment)
        // Staff were faster than the payment.
        var early = World()
        try early.give("status.advance", ["to": "PREPARE"])
        early.end(.paymentSeen(payment: "981", .accepted))
        #expect(early.log.map(\.name) == ["status.changed", "payment.changed"] && early.order.status == "PREPARE")
        var gone = World()
        try gone.give("order.cancel", ["reason": "r"], by: World.customer)
        let count = gone.log.count
        gone.end(.paymentSeen(payment: "981", .accepted))
        #expect(gone.log.count == count && !gone.order.followsPayment)
    }

    @Test("Who reads it, and as whom")
    func audiences() {
        var order = World().order
        order.put(in: "PREPARE", rider: "r_1")
        let path = "order/441"
        #expect(order.audience(of: World.customer) == .customer)
        #expect(order.audience(of: World.person("g", .guest, readable: [path])) == .customer)
        #expect(order.audience(of: World.person("g", .guest, writable: [path])) == .customer)
        #expect(order.audience(of: World.person("g", .guest, readable: ["order/442", "payment/441"])) == nil)
        #expect(order.audience(of: World.rider) == .rider && order.audience(of: World.provider) == .provider)
        #expect(order.audience(of: World.person("r_2", .rider)) == nil && order.audience(of: World.stranger) == nil)
        for role in Role.allCases where role.servesTenant {
            #expect(order.audience(of: World.person("any", role)) == .staff)
        }
        #expect(order.refusal(ofSignal: "typing", from: World.customer) == .unknownCommand)
        #expect(order.refusal(ofSignal: "typing", from: World.stranger) == .forbidden)
    }
}

extension Order {
    /// As if it had come there, whatever its lifecycle says.
    mutating func put(in status: String, rider: String?) {
        if let rider { apply(.riderAssigned(OrderRider(id: rider)), offset: 0, at: createdAt) }
        guard status != self.status else { return }
        apply(.statusChanged(OrderStep(from: self.status, to: status, by: .staff)), offset: 0, at: createdAt)
    }
}
