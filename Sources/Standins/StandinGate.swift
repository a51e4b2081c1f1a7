internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor
internal import Transport

/// What stands before every stand-in: records the calls, and lets them fail, wait or hang as `Behaviour` says. Its
/// controls are those that all stand-ins have. Confined to its loop.
final class StandinGate: @unchecked Sendable {
    /// Calls kept for `GET /_control/{name}/calls`; older ones are forgotten.
    private static let maxCalls = 500

    let standin: any Standin
    private let loop: EventLoop
    private let random: any RandomSource
    private var behaviour = Behaviour()
    private var received: [ReceivedCall] = []
    private var callCount: UInt64 = 0

    init(_ standin: any Standin, loop: EventLoop, random: any RandomSource) {
        self.standin = standin
        self.loop = loop
        self.random = random
    }

    func receive(_ exchange: HTTPExchange, path: Substring) {
        standin.admit(exchange)
        if received.count >= Self.maxCalls { received.removeFirst(Self.maxCalls / 2) }
        received.append(ReceivedCall(exchange))
        guard !behaviour.hangs else { return }
        callCount += 1
        let call = StandinCall(exchange: exchange, path: path, behaviour: behaviour, number: callCount)
        if behaviour.latency == .zero { return answer(call) }
        loop.schedule(after: behaviour.latency) { [self] in answer(call) }
    }

    private func answer(_ call: StandinCall) {
        guard let status = failure(call.behaviour) else { return standin.receive(call) }
        var response = standin.failure(status)
        if let seconds = call.behaviour.retryAfterSeconds { response.headers.set("Retry-After", String(seconds)) }
        call.exchange.respond(response)
    }

    private func failure(_ behaviour: Behaviour) -> Int? {
        if let status = behaviour.status { return status }
        guard behaviour.failRate > 0 else { return nil }
        let draw = Double(random.uint64() >> 11) / Double(1 << 53)
        return draw < behaviour.failRate ? behaviour.failureStatus : nil
    }

    // MARK: Controls

    /// `path`: behind `/_control/{name}`.
    func control(_ exchange: HTTPExchange, _ path: ArraySlice<String>) {
        switch (exchange.request.method, path.first) {
        case (.post, nil):
            do {
                try change(JSONParser.parse(exchange.request.body))
                exchange.respond(.json(.ok, settings))
            } catch let error as BehaviourError {
                exchange.respond(.json(.badRequest, ["error": .string(error.detail)]))
            } catch {
                exchange.respond(.json(.badRequest, ["error": "the body is not JSON"]))
            }
        case (.get, nil): exchange.respond(.json(.ok, settings))
        case (.delete, nil):
            behaviour = Behaviour()
            standin.reset()
            exchange.respond(HTTPResponse(status: .noContent))
        case (.get, "calls"): exchange.respond(.json(.ok, ["calls": .array(received.map(\.json))]))
        case (.delete, "calls"):
            received = []
            exchange.respond(HTTPResponse(status: .noContent))
        default:
            guard !standin.control(exchange, path) else { return }
            exchange.respond(.json(.notFound, ["error": "no such control"]))
        }
    }

    /// All or nothing: a bad member leaves everything as it was.
    private func change(_ json: JSONValue) throws(BehaviourError) {
        guard let object = json.object else { throw BehaviourError("the body is a JSON object") }
        var next = behaviour
        var others = JSONObject()
        for member in object.members where try !next.change(member) { others[member.name] = member.value }
        try standin.change(others)
        behaviour = next
    }

    private var settings: JSONValue {
        var members = behaviour.json
        for member in standin.settings.members { members[member.name] = member.value }
        return .object(members)
    }
}
