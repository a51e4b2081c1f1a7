internal import Primitives
internal import Reactor

/// Looks each second at what was counted, at the server's process and at this one. Confined to the driver's loop.
final class RunSampler {
    private let context: RunContext
    private let control: (any ServerControl)?
    private var start: Instant
    private var timer: ScheduledTimer?
    private var isRunning = false
    private var last: (at: Instant, server: ProcessSample?, own: Double)
    private var receive: (RunSecond) -> Void = { _ in }

    init(_ context: RunContext, control: (any ServerControl)?) {
        self.context = context
        self.control = control
        start = context.driver.now
        last = (start, nil, 0)
    }

    /// Seconds since the start.
    var elapsed: Double { context.driver.now.since(start).inSeconds }

    /// What the server has used up to now; nil: its process is not known, or is not there now.
    var server: ProcessSample? { (control?.pid ?? context.target.pid).flatMap { ProcessSample(pid: $0) } }

    func start(at start: Instant, _ receive: @escaping (RunSecond) -> Void) {
        self.start = start
        self.receive = receive
        isRunning = true
        _ = context.recorder.takeInterval()
        _ = context.driver.takeIntervalLateness()
        last = (start, server, GeneratorVerdict.ownProcessorSeconds)
        schedule(1)
    }

    func stop() {
        isRunning = false
        timer?.cancel()
    }

    private func schedule(_ second: Int) {
        let due = start.advanced(by: .seconds(second))
        timer = context.driver.loop.schedule(after: due.since(context.driver.now)) { [unowned self] in
            guard isRunning else { return }
            take()
            // A second that this process slept through is not made up for.
            schedule(max(second, Int(elapsed)) + 1)
        }
    }

    private func take() {
        let now = context.driver.now
        let took = max(0.001, now.since(last.at).inSeconds)
        let server = server
        let own = GeneratorVerdict.ownProcessorSeconds
        var gauges: [String: Double] = [
            "connections": Double(context.recorder.openConnections), "generatorCPU": max(0, own - last.own) / took,
        ]
        gauges["lateness"] = context.driver.takeIntervalLateness().percentile(0.99)
        gauges["serverMemory"] = server.map { Double($0.residentKiB) / 1024 }
        if let server, let before = last.server, server.processorSeconds >= before.processorSeconds {
            gauges["serverCPU"] = (server.processorSeconds - before.processorSeconds) / took
        }
        last = (now, server, own)
        receive(
            RunSecond(
                at: Double(now.since(start).inSeconds.rounded()), length: took,
                interval: context.recorder.takeInterval(),
                gauges: gauges))
    }
}
