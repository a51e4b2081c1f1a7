internal import Primitives

/// What is counted and measured while a run goes on: totals, and the current interval's share of them. Confined to the
/// driver's loop.
final class Recorder {
    /// Of one interval (a second): what came in it.
    struct Interval {
        var counts: [String: Int] = [:]
        var latencies: [String: Histogram] = [:]
    }

    /// Things that happened: `sent`, `acknowledged`, `delivered`, and what a behaviour adds, by name.
    private(set) var totals: [String: Int] = [:]
    /// Faults by code (`2429`), closings (`closed 4503`), connections that failed (`connect: refused`).
    private(set) var errors: [String: Int] = [:]
    private(set) var latencies: [String: Histogram] = [:]
    /// Sockets that are open now.
    private(set) var openConnections = 0
    private var interval = Interval()

    func count(_ name: String, _ amount: Int = 1) {
        totals[name, default: 0] += amount
        interval.counts[name, default: 0] += amount
    }

    func error(_ name: String) {
        errors[name, default: 0] += 1
        count("errors")
    }

    /// `stage`: what was waited for, as `connect`, `message.ok`, `message.event`, `reply.first`.
    func record(_ stage: String, _ latency: Duration) {
        latencies[stage, default: Histogram()].record(latency)
        interval.latencies[stage, default: Histogram()].record(latency)
    }

    /// Forgets what was measured, not what was counted: what comes counts.
    func forgetLatencies() { latencies = [:] }

    func connectionOpened() { openConnections += 1 }
    func connectionClosed() { openConnections -= 1 }

    /// What came since the last call.
    func takeInterval() -> Interval {
        defer { interval = Interval() }
        return interval
    }
}
