import Domain
import JSON
import Primitives
import Testing

@Suite("Where an order's rider is")
struct OrderPositionTests {
    private typealias World = OrderWorld

    @Test("Only the rider reports, and only while the order lives")
    func rights() throws {
        var world = try World.riding()
        let data = World.report(metresLeft: 900, at: world.now)
        for caller in [World.customer, World.provider, World.staff, World.service, World.stranger] {
            #expect(world.refusal("position.report", data, by: caller) == .forbidden)
        }
        guard case .invalid? = world.refusal("position.report", ["points": []], by: World.rider) else {
            Issue.record("no points")
            return
        }
        #expect(
            try world.give("position.report", data, by: World.rider) == [
                "accepted": 1, "dropped": 0, "everySeconds": 60,
            ])
        try world.give("status.advance", ["to": "COMPLETED"], by: World.rider)
        #expect(world.order.track.isEmpty && world.order.arrival == nil)
        guard case .rejected? = world.refusal("position.report", data, by: World.rider) else {
            Issue.record("followed after the end")
            return
        }
    }

    @Test("Near and arrived are told once; behind the arrival the customer sees nobody")
    func fences() throws {
        var world = try World.riding()
        try world.ride(metresLeft: 1_500)
        #expect(world.sight?.audiences == OrderAudience.allCases && world.sight?.position != nil)
        try world.ride(metresLeft: 290, after: 200)
        try world.ride(metresLeft: 250, after: 31)
        try world.ride(metresLeft: 20, after: 60)
        #expect(world.sight?.audiences.contains(.customer) == false && world.sight?.audiences.contains(.staff) == true)
        try world.ride(metresLeft: 900, after: 300)
        try world.ride(metresLeft: 10, after: 300)
        let names = world.log.map(\.name)
        #expect(names.count { $0 == "rider.near" } == 1 && names.count { $0 == "rider.arrived" } == 1)
        #expect(!world.order.showsRider && world.order.isTracked)
        for audience in OrderAudience.allCases {
            let tracking = world.order.state(for: audience)["tracking"]
            #expect((tracking?["position"] != nil) == (audience != .customer))
        }
    }

    @Test("The time of arrival is told when it has changed, every 30 s at most")
    func arrival() throws {
        var world = try World.riding()
        for step in 0..<60 { try world.ride(metresLeft: 1_900 - Double(step) * 25, after: 1) }
        let told = zip(world.log, world.times).compactMap { event, at in if case .etaChanged = event { at } else { nil }
        }
        #expect(told.count >= 1)
        for (one, other) in zip(told, told.dropFirst()) { #expect(other >= one.advanced(by: Order.minETAInterval)) }
        #expect(world.sight?.arrival != nil && world.sight?.distance.map { $0 < 500 } == true)
    }

    @Test("A state that hides the rider writes nothing of where they are for the customer to read")
    func hidden() throws {
        let label: JSONValue = ["th": "ก", "en": "A"]
        let lifecycle = try Lifecycle(json: [
            "name": "hiding", "initial": "a", "mainLine": ["a", "b"],
            "states": [
                ["name": "a", "label": label, "hidesRider": true], ["name": "b", "label": label],
                ["name": "c", "label": label, "terminal": true],
            ],
            "transitions": [
                ["from": "a", "to": "b", "by": ["staff"]], ["from": "b", "to": "c", "by": ["staff"]],
            ],
        ])
        var world = World(World.facts(lifecycle, payment: nil))
        try world.give("rider.assign", ["rider": "r_1"])
        try world.ride(metresLeft: 250)
        #expect(world.log.map(\.name) == ["rider.assigned"])
        #expect(world.sight?.audiences.contains(.customer) == false && world.sight?.position != nil)
        #expect(world.order.state(for: .customer)["tracking"]?["position"] == nil)
        try world.give("status.advance", ["to": "b"])
        #expect(world.sight?.audiences.contains(.customer) == true && world.sight?.position != nil)
        try world.ride(metresLeft: 240)
        #expect(world.log.map(\.name).contains("rider.near"))
    }

    @Test("Without a destination there is a position and no arrival")
    func nowhere() throws {
        var world = World(World.facts(payment: nil, destination: nil))
        try world.give("rider.assign", ["rider": "r_1"])
        try world.ride(metresLeft: 10)
        #expect(world.log.map(\.name) == ["rider.assigned"] && world.sight?.position != nil)
        #expect(world.sight?.arrival == nil && world.sight?.distance == nil)
    }

    @Test("A signal does what the command does; another is none")
    func signals() throws {
        let world = try World.riding()
        let context = DecisionContext(now: world.now, identifier: { $0 })
        let live = OrderLive(pace: 2)
        let data = World.report(metresLeft: 900, at: world.now)
        #expect(Order.takes(signal: "position.report") && !Order.takes(signal: "typing"))
        let decision = try world.order.decide(
            signal: "position.report", data, from: World.rider, live: live, context)
        #expect(decision?.measurements.count == 1)
        #expect(try world.order.decide(signal: "typing", [:], from: World.rider, live: live, context) == nil)
        #expect(throws: FaultReason.forbidden) {
            try world.order.decide(signal: "position.report", data, from: World.staff, live: live, context)
        }
    }
}
