internal import Primitives

/// So many in so long, on average and at once: the rule of a token bucket.
struct RateLimit: Equatable, Sendable {
    /// The burst, and what `period` brings back.
    let burst: Int
    /// Nanoseconds that bring one token back.
    let interval: Int64

    /// `count` in `period`; without `burst`, as many at once.
    init(_ count: Int, per period: Duration, burst: Int? = nil) {
        let count = max(1, count)
        self.burst = max(1, burst ?? count)
        interval = max(1, period.wholeNanoseconds / Int64(count))
    }

    /// Nanoseconds that fill an empty bucket. A rule of ours never overflows; a silly one is a long wait.
    var capacity: Int64 {
        let (product, overflow) = interval.multipliedReportingOverflow(by: Int64(burst))
        return overflow ? .max : product
    }
}
