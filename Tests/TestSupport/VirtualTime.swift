package import Primitives
import Synchronization

/// A clock that stands still until a test moves it. Both its sides move together.
package final class VirtualTime: TimeSource {
    private let elapsed = Mutex<UInt64>(0)
    private let start: Instant
    private let startOfWallClock: Timestamp

    /// Starts at an arbitrary instant that is not zero, so that "before the start" can be written.
    package init(
        start: Instant = Instant(nanoseconds: 1_000_000_000_000),
        wallClock: Timestamp = Timestamp(seconds: 1_795_000_000)
    ) {
        self.start = start
        startOfWallClock = wallClock
    }

    package var now: Instant { Instant(nanoseconds: start.nanoseconds + elapsed.withLock { $0 }) }

    package var wallClock: Timestamp {
        Timestamp(microseconds: startOfWallClock.microseconds + Int64(elapsed.withLock { $0 } / 1_000))
    }

    package func advance(by duration: Duration) {
        precondition(duration >= .zero, "time does not run backwards")
        elapsed.withLock { $0 += UInt64(duration.wholeNanoseconds) }
    }

    /// Moves to `instant`; a clock that is there already stays.
    package func advance(to instant: Instant) { advance(by: instant.since(now)) }
}
