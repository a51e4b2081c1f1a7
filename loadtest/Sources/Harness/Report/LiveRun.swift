internal import Primitives

/// Shows a run while it goes on. Of several processes it sees the first, and takes the others to be like it: their shares are the
/// same.
final class LiveRun: RunObserver {
    private let screen: LiveScreen
    private let driver: Driver
    private let processes: Int
    private var snapshot = LiveSnapshot()
    private var entered: Instant

    init(_ scenario: Scenario, _ target: Target, _ screen: LiveScreen, _ driver: Driver, processes: Int) {
        self.screen = screen
        self.driver = driver
        self.processes = processes
        entered = driver.now
        snapshot.name = scenario.name
        snapshot.target = target.http.authority
        snapshot.wantedConnections = scenario.connections
    }

    func run(entered phase: RunPhase, seconds: Double?) {
        entered = driver.now
        snapshot.length = seconds
        snapshot.phase =
            switch phase {
            case .preparing: .preparing
            case .connecting: .connecting
            case .warmingUp: .warming
            case .measuring: .measuring
            case .draining: .draining
            case .reconciling: .checking
            }
        show()
    }

    func run(completed second: RunSecond, soFar recorder: Recorder, _ oracle: Oracle) {
        snapshot.take(second.interval, seconds: second.length, soFar: recorder)
        snapshot.connections *= processes
        snapshot.rates = snapshot.rates.map { ($0.name, $0.value * Double(processes)) }
        snapshot.broken = oracle.counts.values.reduce(0, +)
        snapshot.serverCPU = second.gauges["serverCPU"]
        snapshot.serverMemory = second.gauges["serverMemory"]
        snapshot.generatorCPU = second.gauges["generatorCPU"].map { $0 * Double(processes) }
        snapshot.lateness = second.gauges["lateness"]
        show()
    }

    func run(noted event: RunResults.Event) { snapshot.event = event }

    /// What is printed next stands where this was.
    func clear() { screen.clear() }

    private func show() {
        snapshot.elapsed = driver.now.since(entered).inSeconds
        screen.show(snapshot, now: Double(driver.now.nanoseconds) / 1e9)
    }
}
