internal import Primitives

/// How long to wait before the next attempt: a random time up to a limit that doubles with each failure ("full
/// jitter"), so that many clients of a restarted server do not return in step.
struct Backoff: Sendable {
    private let first: Duration
    private let last: Duration
    private(set) var failures = 0

    /// - Parameters:
    ///   - first: the limit after the first failure.
    ///   - last: the limit never exceeds this.
    init(first: Duration, last: Duration) {
        self.first = first
        self.last = last
    }

    /// The next wait; `random` is any 64 random bits.
    mutating func next(random: UInt64) -> Duration {
        let doublings = min(failures, 20)
        failures += 1
        let limit = min(first * (1 << doublings), last)
        return .nanoseconds(Int64(clamping: random % UInt64(max(1, limit.wholeNanoseconds))))
    }

    /// It worked: begin anew.
    mutating func reset() { failures = 0 }
}
