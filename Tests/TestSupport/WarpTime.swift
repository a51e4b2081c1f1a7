package import Primitives
internal import Reactor
internal import Synchronization

/// The machine's clock plus what a test has skipped: libcurl sees real time, our own timers see it jump.
package final class WarpTime: TimeSource {
    private let skipped = Atomic<Int64>(0)
    private let system = SystemTime()

    package init() {}

    package var now: Instant { system.now.advanced(by: .nanoseconds(skipped.load(ordering: .relaxed))) }
    package var wallClock: Timestamp { system.wallClock }

    package func skip(_ duration: Duration) { skipped.add(duration.wholeNanoseconds, ordering: .relaxed) }
}
