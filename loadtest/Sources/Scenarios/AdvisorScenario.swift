internal import JSON
internal import Primitives

/// Many replies streaming at once, first straight from the stand-in, then through the server. What the server adds to the
/// first token is the difference of the two distributions' percentiles.
final class AdvisorScenario {
    /// Milliseconds that the server may add to the first token at the 99th percentile.
    private static let target = 5.0

    private let world: World
    private let plan: ReplyPlan

    init(_ world: World) {
        self.world = world
        plan = ReplyPlan(world.options)
    }

    func run() throws(LoadFailure) -> ScenarioResult {
        try world.pace(plan.behaviour)
        let direct = DirectReplies(world, plan)
        let server = ServerReplies(world, plan)
        try direct.run()
        try server.run()
        try world.resetPace()
        return result(direct, server)
    }

    private func result(_ direct: DirectReplies, _ server: ServerReplies) -> ScenarioResult {
        let options = world.options
        var result = ScenarioResult(
            name: "advisor",
            title: "\(options.replies) replies at once, \(options.tokens) tokens each at \(options.tokensPerSecond)/s, "
                + "first after \(options.firstTokenMilliseconds) ms, for \(options.seconds) s",
            parameters: [
                "replies": .integer(Int64(options.replies)), "tokens": .integer(Int64(options.tokens)),
                "tokensPerSecond": .integer(Int64(options.tokensPerSecond)),
                "firstTokenMs": .integer(Int64(options.firstTokenMilliseconds)),
                "seconds": .integer(Int64(options.seconds)),
            ])
        result.figures = [
            ("replies", Double(server.measurements.started)), ("completed", Double(server.completed)),
            ("at once, most", Double(server.measurements.mostAtOnce)),
            ("at once, most, direct", Double(direct.measurements.mostAtOnce)),
        ]
        for (name, share) in [("added p50 ms", 0.5), ("added p90 ms", 0.9), ("added p99 ms", 0.99)] {
            guard let through = server.measurements.firstText.percentile(share),
                let own = direct.measurements.firstText.percentile(share)
            else { continue }
            result.figures.append((name, through - own))
            // A missed target is reported, not a broken promise: it depends on the machine.
            if share == 0.99 { result.figures.append(("target met", through - own < Self.target ? 1 : 0)) }
        }
        result.latencies = [
            ("first token, stand-in", direct.measurements.firstText),
            ("first token, server", server.measurements.firstText), ("acknowledgement", server.acknowledgement),
            ("between tokens, stand-in", direct.measurements.gap), ("between deltas, server", server.measurements.gap),
        ]
        check(direct, server, &result)
        return result
    }

    private func check(_ direct: DirectReplies, _ server: ServerReplies, _ result: inout ScenarioResult) {
        for (what, count) in server.failures.sorted(by: { $0.key < $1.key }) { result.violate("\(count) × \(what)") }
        for why in Set(direct.failures) {
            result.violate("\(direct.failures.filter { $0 == why }.count) × stand-in: \(why)")
        }
        result.expectNone(server.misplacedDeltas, "deltas whose place does not fit")
        result.expectNone(server.brokenOffsets, "gaps or duplicates in offsets")
        result.expectNone(server.measurements.atOnce, "replies without an end")
        result.expectNone(server.measurements.overruns, "replies that took longer than a quarter over their length")
    }
}
