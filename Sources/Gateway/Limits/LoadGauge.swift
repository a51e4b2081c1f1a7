internal import Primitives

/// Whether a loop, or its journal, has more work than it can do in time. Pure: measurements are handed in.
///
/// The lag is smoothed, so that one long turn is no overload, and each verdict has two thresholds, so that it does not
/// flicker: it comes at the upper and goes at the lower one.
struct LoadGauge: Sendable {
    private let limits: OverloadLimits
    private(set) var lag = Duration.zero
    /// The loop comes to what is ready too late: no new work of any kind.
    private(set) var isLagging = false
    /// The journal has too much to write: no new commands.
    private(set) var isBacklogged = false

    init(_ limits: OverloadLimits) { self.limits = limits }

    mutating func measure(lag sample: Duration, backlog: Int) {
        // However long one turn was, a few punctual ones outweigh it.
        lag += (min(sample, limits.maxLagSample) - lag) / limits.lagSmoothing
        isLagging = isLagging ? lag > limits.minLag : lag > limits.maxLag
        isBacklogged = isBacklogged ? backlog > limits.minBacklog : backlog > limits.maxBacklog
    }
}
