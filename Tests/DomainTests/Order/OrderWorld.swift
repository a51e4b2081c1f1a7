import Domain
import JSON
import Primitives

/// One order that commands and outcomes are given to, as a session does it without a store: events are applied as they are decided.
struct OrderWorld {
    static let start = Timestamp(rfc3339: "2026-11-21T03:00:00Z") ?? Timestamp(microseconds: 0)
    /// Siam, and two kilometres to the north of it.
    static let branch = OrderPlace(point: point(13.7456, 100.5341), id: "12", name: "สาขาสยาม")
    static let destination = OrderPlace(point: point(13.7636, 100.5341), address: "99/1")

    static let customer = person("u_1", .customer)
    static let rider = person("r_1", .rider)
    static let provider = person("p_1", .provider)
    static let staff = person("s_1", .staff)
    static let service = person("b_1", .service)
    static let stranger = person("x_1", .customer)
    static let everybody = [customer, rider, provider, staff, service, stranger]

    var order: Order
    var now = start
    private(set) var log: [OrderEvent] = []
    private(set) var times: [Timestamp] = []
    private(set) var effects: [OrderEffect] = []
    /// What was measured, and behind how many events.
    private var measured: [(report: PositionReport, events: Int)] = []

    static func person(_ subject: String, _ role: Role, readable: Set<String> = [], writable: Set<String> = [])
        -> Caller
    {
        Caller(tenant: "shop", subject: subject, role: role, readable: readable, writable: writable)
    }

    static func point(_ latitude: Double, _ longitude: Double) -> GeoPoint {
        guard let point = GeoPoint(latitude: latitude, longitude: longitude) else { preconditionFailure("no place") }
        return point
    }

    static func facts(
        _ lifecycle: Lifecycle = .baanfoodie, payment: String? = "981", destination: OrderPlace? = destination
    ) -> OrderFacts {
        OrderFacts(
            customer: "u_1", lifecycle: lifecycle, provider: "p_1", branch: branch, destination: destination,
            payment: payment, number: "ORD-1", details: ["items": 2])
    }

    init(_ facts: OrderFacts = facts()) {
        order = Order(id: "441", facts: facts, createdAt: Self.start)
    }

    private var context: DecisionContext { DecisionContext(now: now, identifier: { $0 + "_1" }) }

    /// Does what a command leads to, and returns its answer.
    @discardableResult
    mutating func give(_ name: String, _ data: JSONValue, by caller: Caller = staff) throws(FaultReason) -> JSONValue {
        let command = SessionCommand(caller: caller, name: name, data: data)
        let decision = try order.decide(command, live: OrderLive(pace: 60), context)
        take(decision)
        return decision.answer
    }

    mutating func refusal(_ name: String, _ data: JSONValue, by caller: Caller = staff) -> FaultReason? {
        do throws(FaultReason) {
            try give(name, data, by: caller)
            return nil
        } catch {
            return error
        }
    }

    mutating func end(_ outcome: OrderOutcome) {
        if let decision = order.decide(outcome, live: OrderLive(pace: 60), context) { take(decision) }
    }

    private mutating func take(_ decision: Decision<Order>) {
        for event in decision.events {
            log.append(event)
            times.append(now)
            order.apply(event, offset: Int64(log.count), at: now)
        }
        for measurement in decision.measurements {
            order.apply(measurement)
            measured.append((measurement, log.count))
        }
        effects += decision.preparations + decision.effects
    }

    /// The state that the log gives, alone or with what was measured.
    func replayed(measurements: Bool) -> Order {
        var copy = Order(id: order.id, facts: order.facts, createdAt: order.createdAt)
        for index in 0...log.count {
            if index > 0 { copy.apply(log[index - 1], offset: Int64(index), at: times[index - 1]) }
            guard measurements else { continue }
            for (report, events) in measured where events == index { copy.apply(report) }
        }
        return copy
    }

    // MARK: Positions

    /// The rider is so many metres south of the destination.
    static func report(metresLeft: Double, at: Timestamp, accuracy: Double = 5) -> JSONValue {
        let latitude = destination.point.latitude - metresLeft / 111_195
        return [
            "points": [
                [
                    "lat": .double(latitude), "lng": .double(destination.point.longitude),
                    "accuracy": .double(accuracy), "at": .string(at.rfc3339),
                ]
            ]
        ]
    }

    mutating func ride(metresLeft: Double, after seconds: Int64 = 10) throws(FaultReason) {
        now = now.advanced(by: .seconds(seconds))
        try give("position.report", Self.report(metresLeft: metresLeft, at: now), by: Self.rider)
    }

    /// Assigned, accepted and on its way.
    static func riding() throws(FaultReason) -> OrderWorld {
        var world = OrderWorld()
        world.end(.paymentSeen(payment: "981", .accepted))
        try world.give("rider.assign", ["rider": "r_1"])
        try world.give("status.advance", ["to": "DELIVERY"], by: rider)
        return world
    }

    var sight: OrderSight? {
        for case .show(let sight) in effects.reversed() { return sight }
        return nil
    }
}
