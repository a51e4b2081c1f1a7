internal import JSON
internal import Primitives

/// Connections that say hello, subscribe and stay: what a crowd costs that does nothing. Checked: each gets its snapshot and is
/// there at the end, and nobody was told of events that no journal has.
final class IdleBehaviour: Behaviour {
    private let conversations: Conversations
    private var role: ClientRole?
    private var begun = 0

    init(_ group: ScenarioGroup, _ run: RunContext) throws(LoadFailure) {
        try group.settingsFields.refuseOthers()
        conversations = Conversations(group, run)
    }

    func prepare() throws(LoadFailure) {
        let run = conversations.run
        try conversations.make(advisor: false)
        role = try ClientRole(run, token: run.target.facts.customer, sessions: conversations.oracle, delegate: nil)
    }

    func connect(_ index: Int, intended: Instant) {
        begun += 1
        if let role { conversations.join(role, intended: intended) }
    }

    /// Nobody does anything, also when the scenario has arrivals.
    func act(_ index: Int, intended: Instant) {}

    func cut(share: Double) { conversations.cut(share: share) }
    func stall(share: Double, for duration: Duration) { conversations.stall(share: share, for: duration) }

    var isSettled: Bool { conversations.isSettled }

    func reconcile() throws(LoadFailure) {
        try conversations.reconcile()
        conversations.reportAbsent()
    }

    func leave() { conversations.leave() }
}
