/// How many replies are open on one loop: together they have a bound to what is written of them while they grow. Confined to the loop.
package final class OpenReplies: @unchecked Sendable {
    /// Checkpoints of open replies that one loop writes in a second. They go the same way as what people wait for.
    package static let maxCheckpointsPerSecond = 1_000

    package private(set) var count = 0

    package init() {}

    func began() { count += 1 }
    func ended() { count -= 1 }

    /// Between two checkpoints of one reply, if all that are open grow all the time.
    func interval(atLeast interval: Duration) -> Duration {
        max(interval, .seconds(1) * count / Self.maxCheckpointsPerSecond)
    }
}
