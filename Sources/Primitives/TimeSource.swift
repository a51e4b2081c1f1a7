/// Where time comes from. Passed in through `init`, never looked up, so that a test or a simulation owns it.
package protocol TimeSource: Sendable {
    /// Monotonic; for deadlines, intervals and measurements.
    var now: Instant { get }
    /// Wall clock; for people and for token expiry.
    var wallClock: Timestamp { get }
}
