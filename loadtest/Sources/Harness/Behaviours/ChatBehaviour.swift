internal import HTTP1
internal import JSON
internal import Primitives

/// People who write, read back, stop replies and reload their page, whatever became of what they did before. Measured: `message.ok`
/// and `message.event` from the instant at which a message was meant to be sent, `request` for reading, `resume` for
/// reloads. Checked: every message and every offset (`SessionOracle`), every page that is read, and that every reply ends.
final class ChatBehaviour: Behaviour, ContractClientDelegate {
    /// What somebody does next, and how often in proportion.
    private enum Action: String, CaseIterable {
        case write, read, stop, reload
    }

    /// The newest offset at which a session's reply began or ended, and the one that is open.
    private struct Reply {
        var offset: Int64 = 0
        var open: String?
    }

    /// Events of a page that is read back.
    private static let pageEvents: Int64 = 20

    private let conversations: Conversations
    private let run: RunContext
    private let messageBytes: Int
    private let hasAdvisor: Bool
    private let weights: [(action: Action, weight: Int)]
    private let totalWeight: Int
    private var role: ClientRole?
    /// When each message was meant to be sent, by its number. Other commands have numbers, too.
    private var intended: [Instant] = []
    private var replies: [Reply]

    init(_ group: ScenarioGroup, _ run: RunContext) throws(LoadFailure) {
        self.run = run
        conversations = Conversations(group, run)
        var settings = group.settingsFields
        messageBytes = try settings.integer("messageBytes", in: 16...16_000, default: 80)
        hasAdvisor = try settings.boolean("advisor", default: false)
        weights = try Self.weights(try settings.fields("mix"))
        totalWeight = weights.reduce(0) { $0 + $1.weight }
        try settings.refuseOthers()
        if totalWeight == 0 { throw settings.failure("mix", "has to have something that is done") }
        replies = Array(repeating: Reply(), count: conversations.count)
    }

    private static func weights(
        _ mix: ScenarioFields?
    ) throws(LoadFailure) -> [(action: Action, weight: Int)] {
        guard var mix else { return [(.write, 8), (.read, 1), (.reload, 1)] }
        var weights: [(action: Action, weight: Int)] = []
        for action in Action.allCases {
            weights.append((action, try mix.integer(action.rawValue, in: 0...1000, default: 0)))
        }
        try mix.refuseOthers()
        return weights
    }

    func prepare() throws(LoadFailure) {
        try conversations.make(advisor: hasAdvisor)
        role = try ClientRole(
            run, token: run.target.facts.customer, sessions: conversations.oracle, delegate: self)
    }

    func connect(_ index: Int, intended: Instant) {
        if let role { conversations.join(role, intended: intended) }
    }

    // MARK: What people do

    func act(_ index: Int, intended: Instant) {
        guard !conversations.clients.isEmpty else { return }
        let client = conversations.clients[chance(conversations.clients.count)]
        switch nextAction() {
        case .write: write(client, intended)
        case .read: read(client, intended)
        case .stop: stop(client, intended)
        case .reload: client.reload()
        }
    }

    private func chance(_ count: Int) -> Int { Int(run.driver.random.uint64() % UInt64(max(1, count))) }

    private func nextAction() -> Action {
        var place = chance(totalWeight)
        for (action, weight) in weights {
            if place < weight { return action }
            place -= weight
        }
        return .write
    }

    private func write(_ client: ContractClient, _ intended: Instant) {
        let number = self.intended.count
        self.intended.append(intended)
        client.command(
            session(of: client), "message.send", number: number,
            ["text": .string(MessageMark.text(number, bytes: messageBytes))], intended: intended)
    }

    private func session(of client: ContractClient) -> String { conversations.session(place(of: client)) }

    private func place(of client: ContractClient) -> Int { client.number % conversations.count }

    /// Ends the reply that streams; where none does, there is nothing to do.
    private func stop(_ client: ContractClient, _ intended: Instant) {
        guard let reply = replies[place(of: client)].open else { return run.recorder.count("nothing to stop") }
        let number = self.intended.count
        self.intended.append(intended)
        client.command(
            session(of: client), "reply.cancel", number: number, ["reply": .string(reply)], intended: intended)
    }

    /// Reads the newest that the client knows back from the log.
    private func read(_ client: ContractClient, _ intended: Instant) {
        guard let known = client.followers.first?.trail?.known else { return run.recorder.count("nothing to read") }
        let after = max(0, known - Self.pageEvents)
        let path = "/v1/sessions/\(session(of: client))/log?after=\(after)&limit=\(Self.pageEvents)"
        let call: HTTPCall
        do { call = try HTTPCall(.get, path, token: run.target.facts.customer) } catch { return }
        run.recorder.count("read")
        conversations.pool.send(call) { [unowned self, unowned client] result in
            guard case .success(let answer) = result, answer.isSuccess else { return }
            run.record("request", from: intended, to: run.driver.now)
            check(answer.json, after: after, known: known, client)
        }
    }

    /// The page is the log's, without gaps, and has what was shown on the socket.
    private func check(_ page: JSONValue, after: Int64, known: Int64, _ client: ContractClient) {
        guard let follower = client.followers.first else { return }
        let record = follower.record
        run.oracle.checked()
        // Another history is reported when it is subscribed to.
        guard page["epoch"]?.string == follower.epoch else { return }
        var last = after
        for event in page["events"]?.array ?? [] {
            guard let offset = event["offset"]?.integer, let name = event["name"]?.string else { continue }
            if offset != last + 1 {
                record.offend(.lost, at: offset, "a page of the log has \(offset) behind \(last)")
            }
            last = max(last, offset)
            let sighting = SessionRecord.Sighting(
                name: conversations.oracle.index(ofName: name), mark: MessageMark.of(event["data"]))
            record.sight(sighting, at: offset, by: client.number)
        }
        if last < known {
            record.offend(
                .regressed, at: last,
                "a page of the log ends at \(last), when client \(client.number) had been shown \(known)")
        }
    }

    // MARK: What they see

    func client(_ client: ContractClient, isAnswered answer: CommandAnswer, at instant: Instant) {
        if case .ok = answer.outcome { run.record("message.ok", from: answer.intended, to: instant) }
    }

    func client(_ client: ContractClient, saw event: SeenEvent, of subscription: Int, at instant: Instant) {
        if let number = event.mark {
            if intended.indices.contains(number) { run.record("message.event", from: intended[number], to: instant) }
        } else if hasAdvisor {
            follow(event, in: place(of: client))
        }
    }

    private func follow(_ event: SeenEvent, in place: Int) {
        guard event.offset > replies[place].offset else { return }
        if event.isNamed("reply.started") {
            replies[place] = Reply(offset: event.offset, open: event.frame["data"]?["reply"]?.string)
            run.recorder.count("replies")
        } else if ReplyEnding(event) != nil {
            replies[place] = Reply(offset: event.offset, open: nil)
        }
    }

    // MARK: Faults and the end

    func cut(share: Double) { conversations.cut(share: share) }
    func stall(share: Double, for duration: Duration) { conversations.stall(share: share, for: duration) }

    var isSettled: Bool { conversations.isSettled && replies.allSatisfy { $0.open == nil } }

    func reconcile() throws(LoadFailure) {
        for (place, reply) in replies.enumerated() {
            guard let open = reply.open else { continue }
            conversations.oracle.record(of: conversations.session(place)).offend(
                .stuck, at: reply.offset, "reply \(open), which began at offset \(reply.offset), has no end")
        }
        try conversations.reconcile()
    }

    func leave() { conversations.leave() }
}
