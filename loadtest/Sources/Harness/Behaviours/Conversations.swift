internal import HTTP1
internal import JSON
internal import Primitives

/// A group's conversations and the clients that read them, as `chat` and `stream` have both: they are made over HTTP, and
/// held against their journals at the end. Confined to the driver's loop.
final class Conversations {
    /// Connections for requests over HTTP.
    static let connections = 16
    /// To make all conversations.
    static let preparation = Duration.seconds(60)
    /// Whether everything is settled is looked up so often: with thousands of clients it costs.
    static let settledInterval = Duration.milliseconds(20)

    let group: ScenarioGroup
    let run: RunContext
    let oracle: SessionOracle
    let pool: HTTPPool
    /// By the connection's number.
    private(set) var clients: [ContractClient] = []
    private var looked: (at: Instant, isSettled: Bool)?

    /// What all clients read, where it is one conversation.
    private let only: String?

    /// `only`: the id of the one conversation that there is, whatever the group says.
    init(_ group: ScenarioGroup, _ run: RunContext, only: String? = nil) {
        self.group = group
        self.only = only
        self.run = run
        oracle = SessionOracle(keyPrefix: "\(run.name).\(group.name).")
        pool = HTTPPool(
            to: run.target.http, driver: run.driver, connections: Self.connections, recorder: run.recorder)
    }

    /// Those that somebody reads.
    var count: Int { only == nil ? max(1, min(group.sessions, group.connections)) : 1 }

    /// As the API addresses it.
    func session(_ index: Int) -> String { "conversation/\(only ?? "\(run.name).\(group.name).\(index)")" }

    /// Makes them as a platform's backend does.
    func make(advisor: Bool) throws(LoadFailure) {
        let facts: JSONValue = ["owner": .string(run.target.facts.subject), "advisor": .bool(advisor)]
        var calls: [HTTPCall] = []
        for index in 0..<count {
            let path = "/v1/sessions/\(session(index))"
            calls.append(try HTTPCall(.put, path, body: facts, token: run.target.facts.service))
        }
        for (index, answer) in try pool.answers(to: calls, within: Self.preparation).enumerated()
        where !answer.isSuccess {
            throw LoadFailure(
                .unavailable, "PUT of \(session(index)) was answered with \(answer.status): \(answer.excerpt)")
        }
    }

    /// A client that reads the conversation of its number.
    func join(_ role: ClientRole, intended: Instant) {
        let client = ContractClient(role, number: clients.count)
        client.follow(session(client.number % count))
        clients.append(client)
        client.connect(intended: intended)
    }

    /// `share` of the clients, chosen by chance.
    func some(_ share: Double) -> [ContractClient] {
        var all = clients
        let wanted = Int((Double(all.count) * share).rounded())
        for place in 0..<min(wanted, all.count) {
            all.swapAt(place, place + Int(run.driver.random.uint64() % UInt64(all.count - place)))
        }
        return Array(all.prefix(wanted))
    }

    func cut(share: Double) {
        for client in some(share) { client.cut() }
    }

    func stall(share: Double, for duration: Duration) {
        for client in some(share) { client.stall(for: duration) }
    }

    /// Everybody is there and has everything, and nothing is unanswered. Who may not come back is not waited for.
    var isSettled: Bool {
        let now = run.driver.now
        if let looked, now < looked.at.advanced(by: Self.settledInterval) { return looked.isSettled }
        let isSettled =
            pool.outstanding == 0
            && clients.allSatisfy { $0.state == .ended || ($0.isReady && $0.unanswered == 0) }
            && oracle.isCaughtUp
        looked = (now, isSettled)
        return isSettled
    }

    func reconcile() throws(LoadFailure) {
        for client in clients { client.reportUnanswered() }
        try oracle.reconcile(run)
    }

    /// For those who have nothing to do but to be there: who is not, at the end, is stuck.
    func reportAbsent() {
        for client in clients {
            run.oracle.checked()
            if client.isReady { continue }
            run.oracle.report(
                Oracle.Finding(
                    kind: .stuck, session: session(client.number % count),
                    detail: "connection \(client.number) of \(group.name) is not there at the end"))
        }
    }

    func leave() {
        for client in clients { client.leave() }
        clients = []
        pool.close()
    }
}
