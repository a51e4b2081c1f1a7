import Domain
import JSON
import Primitives
import TestSupport
import Testing

@Suite("Orders of every lifecycle, whatever is asked of them")
struct OrderSimulationTests {
    private typealias World = OrderWorld

    private static let steps = 100_000
    private static let stepsAnOrder = 60

    /// One random thing that somebody does, or that happens.
    private static func act(_ world: inout World, _ random: inout SeededRandom) {
        let states = world.order.lifecycle.states.map(\.name)
        let caller = World.everybody.randomElement(using: &random) ?? World.staff
        let data: JSONValue
        let name: String
        switch Int.random(in: 0..<12, using: &random) {
        case 0...3:
            name = "status.advance"
            data = [
                "to": .string(
                    Int.random(in: 0..<20, using: &random) == 0 ? "NONE" : states.randomElement(using: &random) ?? "")
            ]
        case 4: (name, data) = ("order.cancel", Bool.random(using: &random) ? ["reason": "r"] : [:])
        case 5:
            (name, data) = ("rider.assign", ["rider": .string(["r_1", "r_2"].randomElement(using: &random) ?? "r_1")])
        case 6:
            (name, data) = (
                "payment.attach", ["payment": .string(["981", "982"].randomElement(using: &random) ?? "981")]
            )
        case 7...9:
            world.now = world.now.advanced(by: .seconds(Int64.random(in: 0..<90, using: &random)))
            let metres = Double.random(in: 0..<3_000, using: &random)
            (name, data) = ("position.report", World.report(metresLeft: metres, at: world.now))
        case 10: return world.end(.resumed)
        default:
            let status = PaymentStatus.allCases.randomElement(using: &random) ?? .pending
            return world.end(.paymentSeen(payment: Bool.random(using: &random) ? "981" : "982", status))
        }
        let before = world.order
        let reader = before.mayRead(caller)
        if let refusal = world.refusal(name, data, by: caller) {
            #expect(world.order == before, "a refusal changed something")
            if !reader { #expect(refusal == .forbidden) }
        } else {
            #expect(reader, "\(caller.subject) may not even read it")
        }
    }

    /// Each step is one that the lifecycle allows to whom it names; the end is the end.
    private static func check(_ world: World) {
        let lifecycle = world.order.lifecycle
        var status = lifecycle.initial
        for event in world.log {
            guard case .statusChanged(let step) = event else { continue }
            #expect(step.from == status && lifecycle.state(status)?.isTerminal == false)
            let isStep = lifecycle.allows(from: step.from, to: step.to, by: [step.by])
            let isCancelled = lifecycle.mayCancel(in: step.from, by: [step.by]) == step.to
            let isMoved =
                step.by == .payment
                && PaymentStatus.allCases.contains { lifecycle.move(on: $0, in: step.from) == step.to }
            #expect(isStep || isCancelled || isMoved, "\(step)")
            status = step.to
        }
        #expect(world.order.status == status)
        let times = world.order.history.map(\.at)
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 }, "the history runs backwards")
        #expect(world.log.count { $0 == .riderArrived } <= world.log.count { $0.name == "rider.assigned" })
        if world.order.isTerminal { #expect(world.order.track.isEmpty && !world.order.followsPayment) }
    }

    @Test("100,000 steps: none that is forbidden, a history that only grows, and the log gives the same state")
    func steps() throws {
        var random = SeededRandom(seed: 6)
        var done = 0
        while done < Self.steps {
            let lifecycle = Lifecycle.allBuiltIn[done / Self.stepsAnOrder % Lifecycle.allBuiltIn.count]
            var world = World(World.facts(lifecycle, payment: Bool.random(using: &random) ? "981" : nil))
            for _ in 0..<Self.stepsAnOrder {
                let history = world.order.history
                Self.act(&world, &random)
                #expect(
                    world.order.history.starts(with: history, by: { $0 == $1 }) || history.count == Order.maxHistory)
            }
            Self.check(world)
            // The log gives all but where the rider is; with what was measured, and from a checkpoint, all of it.
            #expect(world.replayed(measurements: false).listedState == world.order.listedState)
            #expect(world.replayed(measurements: true) == world.order)
            #expect(Order(checkpoint: world.order.encode(), format: Order.checkpointFormat) == world.order)
            done += Self.stepsAnOrder
        }
    }
}
