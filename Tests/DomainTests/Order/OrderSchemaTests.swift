import Domain
import JSON
import Primitives
import TestSupport
import Testing

/// What an order writes down and shows is what `Protocol/schemas` says, to the last member, and reads back as it was written.
@Suite("An order against Protocol/schemas")
struct OrderSchemaTests {
    private typealias World = OrderWorld

    private func violations(_ value: JSONValue, _ name: String) throws -> [String] {
        try JSONSchema.violations(of: try JSONParser.parse(value.bytes), "\(name).schema.json", isClosed: true)
    }

    private static func schema(_ event: OrderEvent) -> String {
        event.name == "status.changed" ? "order-step" : "event.\(event.name)"
    }

    /// Every kind of event, and of its kinds those that differ in form.
    private static func events() throws -> [OrderEvent] {
        var world = try World.riding()
        try world.ride(metresLeft: 200)
        try world.ride(metresLeft: 10, after: 60)
        var cancelled = World()
        try cancelled.give("order.cancel", ["reason": "r"], by: World.customer)
        let rider = OrderRider(id: "r_1", name: "ก", phone: "08x-xxx-5678", vehicle: "1กก 1")
        return world.log + cancelled.log + [
            .riderAssigned(rider), .paymentChanged(payment: "981", status: nil, display: "PENDING"),
            .statusChanged(OrderStep(from: "PENDING", to: "PREPARE", by: .staff, subject: "s", note: "n")),
        ]
    }

    @Test("The data of every event, for every audience, and read back")
    func events() throws {
        let events = try Self.events()
        #expect(Set(events.map(\.name)).count == 7, "a kind of event is missing here")
        for event in events {
            #expect(try violations(event.data, Self.schema(event)) == [], "\(event.name)")
            #expect(OrderEvent(name: event.name, data: try JSONParser.parse(event.data.bytes)) == event)
            for audience in OrderAudience.allCases {
                guard let seen = Order.data(of: event, for: audience) else { continue }
                #expect(try violations(seen, Self.schema(event)) == [], "\(event.name) \(audience)")
                #expect(seen["subject"] == nil && (audience == .rider || seen["rider"]?["id"] == nil))
            }
        }
        #expect(OrderEvent(name: "dance", data: [:]) == nil)
        #expect(OrderEvent(name: "status.changed", data: ["from": "A", "to": "B", "by": "nobody"]) == nil)
        #expect(OrderEvent(name: "eta.changed", data: ["distance": -1]) == nil)
    }

    @Test("A snapshot in every state, for every audience, and a checkpoint read back")
    func snapshots() throws {
        var worlds = [World(), World(World.facts(payment: nil, destination: nil)), try World.riding()]
        for metres in [1_500.0, 200, 10] {
            var next = try #require(worlds.last)
            try next.ride(metresLeft: metres, after: 120)
            worlds.append(next)
        }
        var ended = try #require(worlds.last)
        try ended.give("status.advance", ["to": "COMPLETED", "note": "n"], by: World.rider)
        var cancelled = World()
        try cancelled.give("order.cancel", ["reason": "r"], by: World.customer)
        for world in worlds + [ended, cancelled] {
            for audience in OrderAudience.allCases {
                let state = try JSONParser.parse(world.order.snapshotState(for: audience))
                #expect(try violations(state, "order-state") == [], "\(world.order.status) \(audience)")
            }
            #expect(Order(checkpoint: world.order.encode(), format: Order.checkpointFormat) == world.order)
            #expect(Order(checkpoint: world.order.encode(), format: Order.checkpointFormat + 1) == nil)
        }
        #expect(Order(checkpoint: Array("{}".utf8), format: Order.checkpointFormat) == nil)
    }

    @Test("What an order is made with, and what is none")
    func facts() throws {
        for lifecycle in Lifecycle.allBuiltIn {
            var facts = World.facts(lifecycle)
            #expect(OrderFacts(json: facts.json) == facts)
            facts.provider = nil
            #expect(OrderFacts(json: facts.json) == facts)
        }
        let bare: JSONValue = ["customer": "u_1", "lifecycle": "baanfoodie", "branch": ["id": 12, "lat": 1, "lng": 2]]
        #expect(try violations(bare, "http.order-facts") == [])
        #expect(try OrderFacts(json: bare, lifecycle: .baanfoodie).branch?.id == "12")
        for wrong in [
            [:], ["customer": "", "lifecycle": "jeco"], ["customer": "u", "lifecycle": "jeco", "branch": ["lat": 1]],
            ["customer": "u", "lifecycle": "jeco", "destination": ["lat": 91, "lng": 0]],
            ["customer": "u", "lifecycle": "jeco", "number": ""],
            ["customer": "u", "lifecycle": "jeco", "payment": "a b"],
        ] as [JSONValue] {
            #expect(try violations(wrong, "http.order-facts").isEmpty == false, "\(wrong)")
            #expect(throws: FaultReason.self) { try OrderFacts(json: wrong, lifecycle: .jeco) }
        }
        #expect(throws: FaultReason.self) { try OrderFacts.lifecycleName(in: ["customer": "u"]) }
    }

    @Test("The data of every command")
    func commands() throws {
        let now = World.start
        let right: [(String, JSONValue)] = [
            ("status.advance", ["to": "PREPARE"]), ("status.advance", ["to": "PREPARE", "note": "n"]),
            ("rider.assign", ["rider": "r"]),
            ("rider.assign", ["rider": ["id": "r", "name": "n", "phone": "0812345678", "vehicle": "v"]]),
            ("order.cancel", ["reason": "r"]), ("position.report", World.report(metresLeft: 10, at: now)),
        ]
        for (name, data) in right {
            #expect(try violations(data, "command.\(name)") == [], "\(name)")
            var world = World()
            try world.give("rider.assign", ["rider": "r_1"])
            let caller = name == "position.report" ? World.rider : World.staff
            #expect(world.refusal(name, data, by: caller) == nil, "\(name)")
        }
        #expect(try violations(["payment": "1"], "command.payment.attach") == [])
        let wrong: [(String, JSONValue)] = [
            ("status.advance", [:]), ("status.advance", ["to": "PREPARE", "note": ""]), ("rider.assign", ["rider": ""]),
            ("rider.assign", ["rider": ["name": "n"]]), ("order.cancel", [:]), ("payment.attach", ["payment": "a/b"]),
            ("position.report", ["points": []]), ("position.report", ["points": [["lat": 1, "lng": 181, "at": "x"]]]),
        ]
        for (name, data) in wrong { #expect(try violations(data, "command.\(name)").isEmpty == false, "\(name)") }
    }

    @Test("A phone number is kept masked, and what is none is refused")
    func phones() throws {
        for (phone, masked) in [
            ("0812345678", "08x-xxx-5678"), ("+66812345678", "08x-xxx-5678"), ("02-123-4567", "02x-xxx-4567"),
            ("+63 917 123 4567", "63x-xxx-4567"),
        ] {
            var world = World()
            try world.give("rider.assign", ["rider": ["id": "r", "phone": .string(phone)]])
            #expect(world.order.rider?.phone == masked)
        }
        for phone in ["", "12345678", "0812345678901234", "08123456๗๘", "call", "08x-xxx-5678"] {
            var world = World()
            guard case .invalid? = world.refusal("rider.assign", ["rider": ["id": "r", "phone": .string(phone)]]) else {
                Issue.record("\(phone)")
                continue
            }
        }
    }
}
