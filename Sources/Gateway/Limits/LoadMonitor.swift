internal import Primitives
internal import Reactor
internal import Synchronization

/// Watches the load of one loop. It measures on that loop; the verdict may be read from any.
final class LoadMonitor: @unchecked Sendable {
    private let loop: EventLoop
    private let limits: OverloadLimits
    private let observer: GatewayObserver
    /// Entries that the loop's journal has not written. Asked on the loop.
    private let backlog: @Sendable () -> Int
    /// These two are touched on the loop only.
    private var gauge: LoadGauge
    private var probe: LagProbe?
    private let lagging = Atomic<Bool>(false)
    private let backlogged = Atomic<Bool>(false)

    init(loop: EventLoop, limits: OverloadLimits, backlog: @escaping @Sendable () -> Int, observer: GatewayObserver) {
        self.loop = loop
        self.limits = limits
        self.backlog = backlog
        self.observer = observer
        gauge = LoadGauge(limits)
    }

    /// Begins to measure. On the loop.
    func start() {
        loop.preconditionOnLoop()
        guard probe == nil else { return }
        let probe = LagProbe(loop: loop, interval: limits.sampleInterval) { [weak self] in self?.measure($0) }
        self.probe = probe
        probe.start()
    }

    private func measure(_ lag: Duration) {
        let before = (gauge.isLagging, gauge.isBacklogged)
        gauge.measure(lag: lag, backlog: backlog())
        observer.lagged(lag)
        guard before != (gauge.isLagging, gauge.isBacklogged) else { return }
        lagging.store(gauge.isLagging, ordering: .relaxed)
        backlogged.store(gauge.isBacklogged, ordering: .relaxed)
        observer.loadChanged(gauge.isLagging, gauge.isBacklogged)
    }

    /// New requests and sockets are refused.
    var refusesWork: Bool { lagging.load(ordering: .relaxed) }
    /// New commands are refused, on sockets that are open, too.
    var refusesCommands: Bool { refusesWork || backlogged.load(ordering: .relaxed) }
}
