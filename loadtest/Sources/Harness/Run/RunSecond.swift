internal import Primitives

/// What came in one second of a run.
struct RunSecond {
    /// Its end, in seconds since the first connection was meant to be opened; and its exact length.
    let at: Double
    let length: Double
    let interval: Recorder.Interval
    /// By the names of `RunSeries.gauges`; what is missing was not measured.
    let gauges: [String: Double]
}

/// Where a run is.
enum RunPhase: String {
    case preparing, connecting
    case warmingUp = "warming up"
    case measuring, draining, reconciling
}

/// Is told what a run does, on the driver's loop.
protocol RunObserver: AnyObject {
    /// `seconds`: how long it will take at most, where that is known.
    func run(entered phase: RunPhase, seconds: Double?)
    func run(completed second: RunSecond, soFar recorder: Recorder, _ oracle: Oracle)
    func run(noted event: RunResults.Event)
}
