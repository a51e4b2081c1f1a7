/// How many points were not taken, by reason.
package struct TrackDrops: Sendable, Equatable {
    /// Worse than `Track.maxAccuracy`.
    package var inaccurate = 0
    /// Faster than `Track.maxSpeed` from a neighbour in time.
    package var jump = 0
    /// Older than `Track.maxAge`.
    package var stale = 0
    /// More than `Track.maxAhead` ahead of the clock.
    package var future = 0
    /// A time that the track has already.
    package var duplicate = 0

    package init() {}

    package var total: Int { inaccurate &+ jump &+ stale &+ future &+ duplicate }
}

/// What came of a report: each of its points is accepted or dropped.
package struct TrackChange: Sendable, Equatable {
    package var accepted = 0
    package var dropped = TrackDrops()
    /// The current fix is another than before.
    package var isMoved = false

    package init() {}
}
