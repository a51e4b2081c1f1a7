internal import Primitives

/// What the clients of one group of a scenario do: the only place that knows their part of the contract. Confined to the
/// driver's loop.
///
/// The run calls `prepare` once, then `connect` for each of the group's connections and `act` for each arrival, both at their
/// intended instants, then waits for `isSettled`, and calls `reconcile` and `leave`.
protocol Behaviour: AnyObject {
    init(_ group: ScenarioGroup, _ run: RunContext) throws(LoadFailure)

    /// Makes what the group needs before anybody comes: sessions, tokens. Waits for the answers.
    func prepare() throws(LoadFailure)

    /// Opens connection `index` of the group. Latencies of `connect` count from `intended`.
    func connect(_ index: Int, intended: Instant)

    /// One thing happens, whatever became of the ones before. Its latencies count from `intended`.
    func act(_ index: Int, intended: Instant)

    /// Breaks `share` (0…1) of the group's connections as a lost network would, without a Close frame; the clients come back by
    /// themselves as the contract says (resuming from where they were).
    func cut(share: Double)

    /// `share` of the group's connections stop reading for so long.
    func stall(share: Double, for duration: Duration)

    /// Nothing that was sent is unanswered, and everybody has everything that was acknowledged.
    var isSettled: Bool { get }

    /// Holds what clients saw against the journal (and the stand-ins' books); what does not fit goes to `run.oracle`.
    func reconcile() throws(LoadFailure)

    /// Drops all connections; nothing is called after it.
    func leave()
}
