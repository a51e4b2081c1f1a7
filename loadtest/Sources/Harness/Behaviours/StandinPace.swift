internal import HTTP1
internal import JSON
internal import Primitives

/// How fast the language models' stand-ins answer during a run; their usual behaviour comes back at its end.
struct StandinPace {
    static let models = ["openai", "anthropic", "gemini"]
    static let timeout = Duration.seconds(10)

    /// Pieces of a reply, pieces a second, and milliseconds before the first.
    let tokens: Int
    let tokensPerSecond: Int
    let firstTokenMilliseconds: Int

    /// From the question to the last piece.
    var length: Duration {
        .milliseconds(firstTokenMilliseconds) + .seconds(Double(tokens) / Double(tokensPerSecond))
    }

    func set(_ run: RunContext) throws(LoadFailure) {
        try Self.control(
            run, .post,
            [
                "tokens": .integer(Int64(tokens)), "tokensPerSecond": .integer(Int64(tokensPerSecond)),
                "firstTokenMs": .integer(Int64(firstTokenMilliseconds)),
            ])
    }

    static func reset(_ run: RunContext) throws(LoadFailure) { try control(run, .delete, nil) }

    /// All of them: the server tries the next one when one fails.
    private static func control(_ run: RunContext, _ method: HTTPMethod, _ body: JSONValue?) throws(LoadFailure) {
        guard let standins = run.target.standins else { return }
        let pool = HTTPPool(to: standins, driver: run.driver, connections: 1)
        defer { pool.close() }
        for model in models {
            let answer = try pool.answer(
                to: try HTTPCall(method, "/_control/\(model)", body: body), within: Self.timeout)
            guard answer.isSuccess else {
                throw LoadFailure(.unavailable, "the stand-in \(model) answered \(answer.status): \(answer.excerpt)")
            }
        }
    }
}
