/// A moment of a run, for whoever looks on.
struct LiveSnapshot {
    enum Phase: String {
        case preparing, connecting, warming = "warming up", measuring, draining, checking
    }

    /// Milliseconds; nil: it did not happen lately.
    struct Stage {
        let name: String
        /// Of the last interval.
        var p50: Double?
        var p99: Double?
        /// Since the beginning.
        var p99SoFar: Double?
        var count: UInt64 = 0
    }

    var name = ""
    var target = ""
    var phase = Phase.preparing
    /// Seconds of this phase that are over, and how long it lasts (at most). nil: nobody knows.
    var elapsed = 0.0
    var length: Double?
    var connections = 0
    /// How many there will be.
    var wantedConnections = 0
    /// A second, in the last interval; in the order in which they are shown.
    var rates: [(name: String, value: Double)] = []
    var stages: [Stage] = []
    var errors: [String: Int] = [:]
    /// What the oracle has found so far.
    var broken = 0
    /// Cores and MiB; nil: the server's process is not known.
    var serverCPU: Double?
    var serverMemory: Double?
    var generatorCPU: Double?
    /// p99, in milliseconds.
    var lateness: Double?
    /// What was done to the server or the network last.
    var event: RunResults.Event?
}

extension LiveSnapshot {
    /// Fills rates and stages from the last interval and from what was measured so far.
    mutating func take(_ interval: Recorder.Interval, seconds: Double, soFar recorder: Recorder) {
        rates = RunSeries.rates.filter { recorder.totals[$0] != nil }
            .map { ($0, Double(interval.counts[$0] ?? 0) / max(seconds, 0.001)) }
        stages = RunResults.inOrder(recorder.latencies.keys, RunResults.stageOrder).map { name in
            let (now, whole) = (interval.latencies[name], recorder.latencies[name])
            return Stage(
                name: name, p50: now?.percentile(0.5), p99: now?.percentile(0.99), p99SoFar: whole?.percentile(0.99),
                count: whole?.count ?? 0)
        }
        errors = recorder.errors
        connections = recorder.openConnections
    }
}
