/// A point on the monotonic clock: nanoseconds since an unnamed start. Never a wall-clock time (that is `Timestamp`).
package struct Instant: Comparable, Hashable, Sendable {
    package let nanoseconds: UInt64

    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The instant `duration` later (earlier when negative); clamped at both ends of the clock.
    package func advanced(by duration: Duration) -> Instant {
        let delta = duration.wholeNanoseconds
        if delta >= 0 {
            let (sum, overflow) = nanoseconds.addingReportingOverflow(UInt64(delta))
            return Instant(nanoseconds: overflow ? .max : sum)
        }
        let (difference, overflow) = nanoseconds.subtractingReportingOverflow(delta.magnitude)
        return Instant(nanoseconds: overflow ? 0 : difference)
    }

    /// How long after `earlier` this is; zero when it is not after it.
    package func since(_ earlier: Instant) -> Duration {
        nanoseconds <= earlier.nanoseconds
            ? .zero : .nanoseconds(Int64(clamping: nanoseconds - earlier.nanoseconds))
    }
}

extension Duration {
    /// This duration in nanoseconds, clamped to what `Int64` holds (292 years).
    package var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, overflowed) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflowed ? (seconds < 0 ? .min : .max) : sum
    }

    /// This duration in whole milliseconds, rounded up, so that a timer never fires early.
    package var wholeMillisecondsRoundedUp: Int64 {
        let (whole, rest) = wholeNanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return rest > 0 ? whole + 1 : whole
    }

    /// This duration in seconds, for histograms.
    package var inSeconds: Double { Double(wholeNanoseconds) / 1e9 }
}
