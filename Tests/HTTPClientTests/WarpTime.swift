import Primitives
import Reactor
import Synchronization

/// The machine's clock plus what a test has skipped: libcurl sees real time, our own timers see it jump.
final class WarpTime: TimeSource {
    private let skipped = Atomic<Int64>(0)
    private let system = SystemTime()

    var now: Instant { system.now.advanced(by: .nanoseconds(skipped.load(ordering: .relaxed))) }
    var wallClock: Timestamp { system.wallClock }

    func skip(_ duration: Duration) { skipped.add(duration.wholeNanoseconds, ordering: .relaxed) }
}
