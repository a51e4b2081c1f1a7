internal import Glibc
internal import JSON
internal import Primitives
internal import Reactor

/// One run of a scenario by this process: prepares, lets the connections come, warms up, fires all groups' arrivals merged in the
/// order of time, breaks what the scenario says, waits until everything has come, and holds it against the journal.
final class LoadRun {
    /// After the last connection was begun, until all are there.
    static let connectTimeout = Duration.seconds(30)

    private let scenario: Scenario
    private let context: RunContext
    private let control: (any ServerControl)?
    private let barrier: any RunBarrier
    private weak var observer: (any RunObserver)?
    private var behaviours: [(group: ScenarioGroup, behaviour: any Behaviour)] = []
    private let sampler: RunSampler
    private var results: RunResults

    /// `control`: of a server of our own; `barrier`: where this process waits for the run's others.
    init(
        _ scenario: Scenario, _ context: RunContext, control: (any ServerControl)? = nil,
        barrier: (any RunBarrier)? = nil, observer: (any RunObserver)? = nil
    ) throws(LoadFailure) {
        if let fault = scenario.faults.first(where: \.action.needsServer), control == nil, context.part.isFirst {
            throw LoadFailure(
                .usage, "\"\(fault.action.rawValue)\" is done to a server of our own: let it be started with --serve")
        }
        self.scenario = scenario
        self.context = context
        self.control = control
        self.barrier = barrier ?? NoBarrier(context.driver)
        self.observer = observer
        sampler = RunSampler(context, control: control)
        results = RunResults(
            scenario: scenario.json, startedAt: SystemTime().wallClock.rfc3339, seconds: scenario.seconds,
            target: "http://\(context.target.http.authority)", command: [], machine: Machine.current.json.object ?? [:])
        for group in scenario.groups {
            behaviours.append((group, try BehaviourCatalog.make(group, context)))
        }
    }

    /// Everything but the verdict, which is for all parts of a run together.
    func run() throws(LoadFailure) -> RunResults {
        defer { for (_, behaviour) in behaviours { behaviour.leave() } }
        control?.happened = { [weak self] in self?.note($0) }
        defer { control?.happened = { _ in } }
        observer?.run(entered: .preparing, seconds: nil)
        for (_, behaviour) in behaviours { try behaviour.prepare() }
        try connect()
        try measure()
        try drain()
        observer?.run(entered: .reconciling, seconds: nil)
        sampler.stop()
        for (_, behaviour) in behaviours { try behaviour.reconcile() }
        results.server.pid = control?.pid ?? context.target.pid
        results.totals = context.recorder.totals
        results.errors = context.recorder.errors
        results.stages = context.recorder.latencies
        results.oracle = RunResults.Audit(context.oracle)
        return results
    }

    private func note(_ what: String) {
        let event = RunResults.Event(at: sampler.elapsed, what: what)
        results.events.append(event)
        observer?.run(noted: event)
    }

    private var isWhole: Bool { context.part.count == 1 }

    private func complete(_ second: RunSecond) {
        results.series.append(second.interval, endedAt: second.at, gauges: second.gauges, isPart: !isWhole)
        observer?.run(completed: second, soFar: context.recorder, context.oracle)
    }

    // MARK: Connecting

    private func connect() throws(LoadFailure) {
        let start = try barrier.pass(into: .connecting)
        context.measuredFrom = start
        let before = sampler.server
        sampler.start(at: start) { [unowned self] in complete($0) }
        var agenda = Agenda()
        var longest = 0.0
        for (group, behaviour) in behaviours where group.connections > 0 {
            let length = group.connect.length(for: group.connections)
            let times = ArrivalTimes(group.connect, length: length, random: context.driver.random)
            longest = max(longest, group.connect.time(of: Double(group.connections) - 0.5, of: length) ?? 0)
            agenda.add(times, from: start, count: group.connections) { behaviour.connect($0, intended: $1) }
        }
        guard agenda.next != nil else { return }
        observer?.run(entered: .connecting, seconds: longest)
        context.driver.follow(&agenda, until: nil)
        let areThere = context.driver.settle(atMost: Self.connectTimeout, until: isSettled)
        let took = context.driver.now.since(start).inSeconds
        if !areThere { note("not all are connected") }
        // What is of the whole run is not a part's to say.
        guard context.part.isFirst else { return }
        results.figures["seconds to connect"] = took
        if isWhole { note("connecting ended") }
        guard let before, let after = sampler.server else { return }
        let others = context.part.count
        let grown = Double(after.residentKiB - before.residentKiB) * 1024
        results.figures["server bytes a connection"] = grown / Double(max(1, context.recorder.openConnections * others))
    }

    private func isSettled() -> Bool { behaviours.allSatisfy(\.behaviour.isSettled) }

    // MARK: Measuring

    private func measure() throws(LoadFailure) {
        let warmUp = try barrier.pass(into: .measuring)
        let start = warmUp.advanced(by: .seconds(scenario.warmupSeconds))
        let end = start.advanced(by: .seconds(scenario.seconds))
        // The connections that came are measured, what is done to warm up is not.
        context.measuredFrom = start
        var failure: LoadFailure?
        var agenda = agenda(from: warmUp, measured: start, until: end)
        for fault in scenario.faults where context.part.isFirst || !fault.action.needsServer {
            // One that a shorter run has no time for is left out.
            guard fault.at <= scenario.seconds else { continue }
            let first = start.advanced(by: .seconds(fault.at))
            agenda.add(at: first, every: fault.every.map { .seconds($0) }, until: end) { [unowned self] in
                do throws(LoadFailure) { try carryOut(fault) } catch { failure = error }
            }
        }
        if scenario.warmupSeconds > 0 {
            observer?.run(entered: .warmingUp, seconds: scenario.warmupSeconds)
            context.driver.follow(&agenda, until: start)
        }
        observer?.run(entered: .measuring, seconds: scenario.seconds)
        if context.part.isFirst { note("measuring begins") }
        let before = (
            totals: context.recorder.totals, processor: GeneratorVerdict.ownProcessorSeconds, at: context.driver.now
        )
        context.driver.follow(&agenda, until: end)
        let took = max(0.001, context.driver.now.since(before.at).inSeconds)
        let cpu = (GeneratorVerdict.ownProcessorSeconds - before.processor) / took
        let verdict = GeneratorVerdict(lateness: context.driver.lateness, cpu: cpu)
        results.generator.cpu = cpu
        results.generator.lateness = context.driver.lateness
        results.generator.isBottleneck = verdict.isBottleneck
        results.generator.why = verdict.why
        for name in ["sent", "acknowledged", "delivered"] {
            guard let total = context.recorder.totals[name] else { continue }
            results.figures["\(name)/s"] = Double(total - (before.totals[name] ?? 0)) / took
        }
        if context.part.isFirst { note("measuring ends") }
        if let failure = failure ?? control?.failure { throw failure }
    }

    /// All groups' arrivals: at their first rate until `start`, then as they say.
    private func agenda(from warmUp: Instant, measured start: Instant, until end: Instant) -> Agenda {
        var agenda = Agenda()
        for (group, behaviour) in behaviours {
            guard let arrivals = group.arrivals else { continue }
            let random = context.driver.random
            // Actions are numbered through.
            var index = 0
            func act(_: Int, _ intended: Instant) {
                behaviour.act(index, intended: intended)
                index += 1
            }
            let first = ArrivalTimes(arrivals.beginning, length: scenario.warmupSeconds, random: random)
            agenda.add(first, from: warmUp, until: start, act)
            let times = ArrivalTimes(arrivals, length: scenario.seconds, random: random)
            agenda.add(times, from: start, until: end, act)
        }
        return agenda
    }

    private func carryOut(_ fault: ScenarioFault) throws(LoadFailure) {
        // What is done to the server says so itself.
        if !fault.action.needsServer, context.part.isFirst { note(fault.text) }
        let concerned = behaviours.filter { fault.group == nil || $0.group.name == fault.group }.map(\.behaviour)
        switch fault.action {
        case .kill: try control?.kill()
        case .replace: try control?.replace()
        case .freeze: control?.freeze(for: .seconds(fault.seconds))
        case .cut: for behaviour in concerned { behaviour.cut(share: fault.share) }
        case .stall: for behaviour in concerned { behaviour.stall(share: fault.share, for: .seconds(fault.seconds)) }
        }
    }

    // MARK: The end

    private func drain() throws(LoadFailure) {
        observer?.run(entered: .draining, seconds: scenario.drainSeconds)
        let limit = Duration.seconds(scenario.drainSeconds)
        let began = context.driver.now
        context.driver.settle(atMost: limit) { [unowned self] in isSettled() && control?.isUp ?? true }
        // What the other processes sent may still be on its way to this one's clients.
        _ = try barrier.pass(into: .draining)
        if !isWhole { context.driver.settle(atMost: limit, until: isSettled) }
        if let failure = control?.failure { throw failure }
        results.figures["seconds to drain"] = isWhole ? context.driver.now.since(began).inSeconds : nil
        for (group, behaviour) in behaviours where !behaviour.isSettled {
            note("\(group.name) is not settled")
            context.oracle.report(
                Oracle.Finding(
                    kind: .stuck, session: "group \(group.name)",
                    detail:
                        "not everything was answered and delivered \(Words.number(scenario.drainSeconds)) s after the end"
                ))
        }
    }
}
