internal import Glibc
package import Primitives

/// Where somebody is, and the way there: the current fix and a thinned line, at most 1.6 KiB. An empty one has no memory of
/// its own.
///
/// The same consistent points give the same line and current fix in whatever batches they come, until there are enough to thin
/// them; only the smoothed speed follows the order of arrival.
package struct Track: Sendable, Equatable {
    /// The newest point that was believed.
    package private(set) var current: Fix?
    /// Smoothed, in m/s: what is driven while it is driven. nil until somebody has moved.
    package private(set) var speed: Double?
    /// For how long movement was seen, at most `knownAfter`: how much `speed` is worth.
    package private(set) var movingSeconds: Double
    /// Of all points since the beginning.
    package private(set) var dropped: TrackDrops
    private(set) var line: TrackLine
    /// Newer points that contradict the current one, but not each other: fewer than `rivalsToWin`, in the order of time.
    private(set) var rivals: [Fix]

    package static let empty = Track()

    /// m/s; 200 km/h.
    package static let maxSpeed = 55.6
    /// Metres. A place from a radio mast says nothing on a map of streets.
    package static let maxAccuracy = 200
    /// Of a point, and of the line before its newest.
    package static let maxAge = Duration.seconds(86_400)
    /// How much a phone's clock may be ahead.
    package static let maxAhead = Duration.seconds(60)
    /// So many points in a row that agree with each other and not with the current one were right.
    static let rivalsToWin = 3
    /// Metres that have to be driven for a direction.
    static let headingDistance = 5.0
    /// Seconds after which a speed counts half.
    static let halfLife = 30.0
    /// The same for standing, at a light or a door: below `standingSpeed`.
    static let standingHalfLife = 300.0
    /// m/s.
    static let standingSpeed = 0.5
    /// Seconds of movement after which more is not counted.
    static let knownAfter = 600.0
    /// Seconds over which a speed is derived when the phone says none: shorter, and it is the noise of the places.
    private static let speedSpan: Int64 = 5_000

    package init() {
        movingSeconds = 0
        dropped = TrackDrops()
        line = TrackLine()
        rivals = []
    }

    init(
        current: Fix?, speed: Double?, movingSeconds: Double, dropped: TrackDrops, line: TrackLine, rivals: [Fix]
    ) {
        self.current = current
        self.speed = speed
        self.movingSeconds = movingSeconds
        self.dropped = dropped
        self.line = line
        self.rivals = rivals
    }

    package var isEmpty: Bool { current == nil }

    /// The line, oldest first; its last point is the current one. At most `TrackLine.maxPoints`.
    package var points: [GeoPoint] { line.points.map(\.point) }

    /// Metres: how far a point that was taken may lie from the line.
    package var deviation: Double { line.deviation }

    /// Degrees clockwise from north, 0..<360: as reported with the current fix, else the way from the last place that is 5 m
    /// or more away. nil while nobody has moved.
    package var heading: Double? {
        guard let current else { return nil }
        if let heading = current.heading { return heading }
        return line.points.last { $0.point.distance(to: current.point) >= Self.headingDistance }?
            .point.bearing(to: current.point)
    }

    // MARK: Points

    /// Takes points in, in any order and as often as they come. Each is accepted or counted by the first reason that keeps
    /// it out: stale, future, inaccurate, duplicate, jump.
    package mutating func add(_ report: PositionReport) -> TrackChange { add(report.fixes, now: report.receivedAt) }

    /// See `add(_:)`.
    package mutating func add(_ fixes: [Fix], now: Timestamp) -> TrackChange {
        var change = TrackChange()
        let before = current
        let oldest = now.advanced(by: .zero - Self.maxAge)
        let newest = now.advanced(by: Self.maxAhead)
        for fix in fixes.sorted(by: { $0.milliseconds < $1.milliseconds }) {
            if fix.at < oldest || !TrackPoint.storable.contains(fix.milliseconds) {
                change.dropped.stale += 1
            } else if fix.at > newest {
                change.dropped.future += 1
            } else if let accuracy = fix.accuracy, accuracy > Double(Self.maxAccuracy) {
                change.dropped.inaccurate += 1
            } else {
                take(fix, &change)
            }
        }
        dropped.add(change.dropped)
        change.isMoved = current != before
        return change
    }

    private mutating func take(_ fix: Fix, _ change: inout TrackChange) {
        let point = TrackPoint(fix)
        let index = line.index(of: point.milliseconds)
        let next = index < line.points.count ? line.points[index] : nil
        if next?.milliseconds == point.milliseconds {
            change.dropped.duplicate += 1
        } else if let next {
            let previous = index > 0 ? line.points[index - 1] : nil
            if point.contradicts(next) || previous.map(point.contradicts) == true {
                change.dropped.jump += 1
            } else {
                line.insert(point, at: index)
                forgetOld()
                change.accepted += 1
            }
        } else if let last = line.points.last, point.contradicts(last) {
            challenge(fix, &change)
        } else {
            rivals = []
            follow(fix)
            change.accepted += 1
        }
    }

    /// The newest point, which agrees with the one before.
    private mutating func follow(_ fix: Fix) {
        measureSpeed(fix)
        line.insert(TrackPoint(fix), at: line.points.count)
        current = fix
        forgetOld()
    }

    private mutating func forgetOld() {
        guard let current else { return }
        line.forget(before: current.milliseconds - Int64(Self.maxAge.components.seconds) * 1_000)
    }

    /// Either this point is wrong, or the current one is: after a start in a tunnel, or under a roof, the first fix may be a
    /// town away. The third point in a row that agrees with the two before decides. They were counted as jumps when they came,
    /// and join the line all the same.
    private mutating func challenge(_ fix: Fix, _ change: inout TrackChange) {
        let index = rivals.firstIndex { $0.milliseconds >= fix.milliseconds } ?? rivals.count
        if index < rivals.count, rivals[index].milliseconds == fix.milliseconds {
            change.dropped.duplicate += 1
            return
        }
        let point = TrackPoint(fix)
        if rivals.contains(where: { TrackPoint($0).contradicts(point) }) {
            rivals = [fix]
        } else {
            rivals.insert(fix, at: index)
        }
        guard rivals.count == Self.rivalsToWin else {
            change.dropped.jump += 1
            return
        }
        let winners = rivals
        rivals = []
        let first = TrackPoint(winners[0])
        while let last = line.points.last, last.contradicts(first) { line.removeLast() }
        for (index, winner) in winners.enumerated() {
            // No speed is measured between what was believed and what was right.
            if index == 0 { current = nil }
            follow(winner)
        }
        change.accepted += 1
    }

    // MARK: Speed

    private mutating func measureSpeed(_ fix: Fix) {
        guard let current else { return }
        let seconds = Double(fix.milliseconds - current.milliseconds) / 1_000
        guard seconds > 0 else { return }
        let sample = min(fix.speed ?? derivedSpeed(fix), Self.maxSpeed)
        let isStanding = sample < Self.standingSpeed
        if !isStanding { movingSeconds = min(Self.knownAfter, movingSeconds + min(seconds, Self.halfLife * 2)) }
        guard let speed else {
            if !isStanding { self.speed = sample }
            return
        }
        let weight = 1 - exp2(-seconds / (isStanding ? Self.standingHalfLife : Self.halfLife))
        // Rounding may lead a last digit beyond the bound.
        self.speed = min(Self.maxSpeed, max(0, speed + (sample - speed) * weight))
    }

    /// From the last place that is `speedSpan` or more before, or the first of the newest.
    private func derivedSpeed(_ fix: Fix) -> Double {
        let newest = line.points.suffix(TrackLine.rawPoints)
        let base = newest.last { fix.milliseconds - $0.milliseconds >= Self.speedSpan } ?? newest.first
        guard let base, base.milliseconds < fix.milliseconds else { return 0 }
        return base.point.distance(to: fix.point) / (Double(fix.milliseconds - base.milliseconds) / 1_000)
    }
}

extension TrackDrops {
    fileprivate mutating func add(_ other: TrackDrops) {
        inaccurate &+= other.inaccurate
        jump &+= other.jump
        stale &+= other.stale
        future &+= other.future
        duplicate &+= other.duplicate
    }
}
