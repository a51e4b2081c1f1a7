internal import JSON
internal import Primitives

/// One session with a writer and many watchers, in as many processes as there are. Checked: each watcher is shown each offset of
/// the journal once and in order, from its snapshot on, and the same as the others.
final class FanoutBehaviour: Behaviour, ContractClientDelegate {
    private let run: RunContext
    private let conversations: Conversations
    private let messageBytes: Int
    private var role: ClientRole?
    private var writer: ContractClient?
    /// When each of this process' messages was meant to be sent.
    private var intended: [Instant] = []

    init(_ group: ScenarioGroup, _ run: RunContext) throws(LoadFailure) {
        self.run = run
        var settings = group.settingsFields
        messageBytes = try settings.integer("messageBytes", in: 16...16_000, default: 80)
        try settings.refuseOthers()
        conversations = Conversations(group, run, only: "\(run.sharedName).\(group.name)")
    }

    func prepare() throws(LoadFailure) {
        if run.part.isFirst { try conversations.make(advisor: false) }
        let token = run.target.facts.customer
        role = try ClientRole(run, token: token, sessions: conversations.oracle, delegate: self)
        // It does not watch, and is none of the group's connections.
        let writer = ContractClient(
            try ClientRole(run, token: token, sessions: conversations.oracle, delegate: self), number: -1)
        self.writer = writer
        writer.connect(intended: run.driver.now)
        try run.driver.wait(for: "the writer's welcome", atMost: LoadRun.connectTimeout) {
            writer.isReady || writer.state == .ended
        }
    }

    func connect(_ index: Int, intended: Instant) {
        if let role { conversations.join(role, intended: intended) }
    }

    func act(_ index: Int, intended: Instant) {
        let number = self.intended.count * run.part.count + run.part.index
        self.intended.append(intended)
        writer?.command(
            conversations.session(0), "message.send", number: number,
            ["text": .string(MessageMark.text(number, bytes: messageBytes))], intended: intended)
    }

    func client(_ client: ContractClient, isAnswered answer: CommandAnswer, at instant: Instant) {
        if case .ok = answer.outcome { run.record("message.ok", from: answer.intended, to: instant) }
    }

    func client(_ client: ContractClient, saw event: SeenEvent, of subscription: Int, at instant: Instant) {
        // Of the other processes' messages it is not known here when they were meant to be sent.
        guard let number = event.mark, number % run.part.count == run.part.index else { return }
        let place = number / run.part.count
        if intended.indices.contains(place) { run.record("message.event", from: intended[place], to: instant) }
    }

    func cut(share: Double) { conversations.cut(share: share) }
    func stall(share: Double, for duration: Duration) { conversations.stall(share: share, for: duration) }

    var isSettled: Bool { writer?.unanswered ?? 0 == 0 && conversations.isSettled }

    func reconcile() throws(LoadFailure) {
        writer?.reportUnanswered()
        try conversations.reconcile()
        conversations.reportAbsent()
    }

    func leave() {
        writer?.leave()
        conversations.leave()
    }
}
