/// The way so far: corners in the order of their times, thinned when there are too many (D. Douglas and T. Peucker,
/// "Algorithms for the reduction of the number of points", 1973).
///
/// Thinning a line again and again would let it drift from the way, 8 m each time. So each corner knows how far what was left
/// out before it may be off, and a new stretch counts that in: `deviation` is a bound for every point ever taken.
package struct TrackLine: Sendable, Equatable {
    private(set) var points: [TrackPoint] = []

    package static let maxPoints = 64
    /// How many a thinning leaves at most, so that not every point thins.
    static let thinnedPoints = 56
    /// The newest, which are always kept as they came.
    static let rawPoints = 8
    /// Metres; doubled until the line fits.
    static let tolerance = 8.0
    /// Metres. A line that does not fit with it loses its beginning.
    static let maxTolerance = 4096.0

    init() {}

    /// nil unless `points` are in order and not too many.
    init?(_ points: [TrackPoint]) {
        guard points.count <= Self.maxPoints, points.first?.leftOut ?? 0 == 0,
            zip(points, points.dropFirst()).allSatisfy({ $0.milliseconds < $1.milliseconds })
        else { return nil }
        self.points = points
    }

    /// Metres: no point that was taken is farther from the line, as long as its stretch of the line is kept.
    var deviation: Double { points.reduce(0) { max($0, $1.error) } }

    /// Where a point of this time stands or would stand.
    func index(of milliseconds: Int64) -> Int {
        var (low, high) = (0, points.count)
        while low < high {
            let middle = (low + high) / 2
            if points[middle].milliseconds < milliseconds { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Takes the point in at `index(of:)` its time, which no other has.
    mutating func insert(_ point: TrackPoint, at index: Int) {
        if points.count == points.capacity {
            // Doubling by itself would end at twice of what is ever used.
            points.reserveCapacity(min(Self.maxPoints + 1, max(8, 2 * points.count)))
        }
        var point = point
        point.leftOut = 0
        if index > 0, index < points.count, points[index].leftOut > 0 {
            // What was left out was near the straight way, which now goes round by this point.
            let plane = GeoPlane(around: point.point)
            let detour = GeoPlane.distance(
                from: plane.place(of: point.point), toSegment: plane.place(of: points[index - 1].point),
                plane.place(of: points[index].point))
            point.leftOut = TrackPoint.leftOut(points[index].error + detour)
            points[index].leftOut = point.leftOut
        }
        points.insert(point, at: index)
        if points.count > Self.maxPoints { thin() }
    }

    mutating func removeLast() { points.removeLast() }

    /// Forgets corners that are older.
    mutating func forget(before milliseconds: Int64) {
        guard let first = points.first, first.milliseconds < milliseconds else { return }
        removeFirst(index(of: milliseconds))
    }

    private mutating func removeFirst(_ count: Int) {
        points.removeFirst(count)
        if !points.isEmpty { points[0].leftOut = 0 }
    }

    // MARK: Thinning

    private mutating func thin() {
        guard let newest = points.last else { return }
        let plane = GeoPlane(around: newest.point)
        let places = points.map { plane.place(of: $0.point) }
        let raw = points.count - Self.rawPoints
        var tolerance = Self.tolerance
        while points.count > Self.thinnedPoints, tolerance <= Self.maxTolerance {
            let errors = keptErrors(places, through: raw, tolerance)
            let kept = errors.count { $0 != nil } + Self.rawPoints - 1
            if kept <= Self.thinnedPoints {
                var index = 0
                var thinned: [TrackPoint] = []
                thinned.reserveCapacity(Self.maxPoints + 1)
                for var point in points {
                    defer { index += 1 }
                    if index <= raw {
                        guard let error = errors[index] else { continue }
                        point.leftOut = error
                    }
                    thinned.append(point)
                }
                points = thinned
            }
            tolerance *= 2
        }
        if points.count > Self.thinnedPoints { removeFirst(points.count - Self.thinnedPoints) }
    }

    /// For each of the first corners what is left out before it, nil when the corner itself is left out.
    private func keptErrors(_ places: [GeoPlane.Place], through last: Int, _ tolerance: Double) -> [UInt16?] {
        var errors: [UInt16?] = Array(repeating: nil, count: last + 1)
        errors[0] = 0
        var stretches = [(first: 0, last: last)]
        while let stretch = stretches.popLast() {
            guard stretch.last - stretch.first > 1 else {
                errors[stretch.last] = points[stretch.last].leftOut
                continue
            }
            var farthest = (index: stretch.first + 1, metres: -1.0)
            var worst = 0.0
            var before = 0.0
            for index in stretch.first + 1...stretch.last {
                let metres =
                    index == stretch.last
                    ? 0
                    : GeoPlane.distance(
                        from: places[index], toSegment: places[stretch.first], places[stretch.last])
                if index < stretch.last, metres > farthest.metres { farthest = (index, metres) }
                // The distance to a segment is convex: between two corners it is at most what it is at one of them.
                worst = max(worst, max(before, metres) + points[index].error)
                before = metres
            }
            if worst <= tolerance {
                errors[stretch.last] = TrackPoint.leftOut(worst)
            } else {
                stretches.append((stretch.first, farthest.index))
                stretches.append((farthest.index, stretch.last))
            }
        }
        return errors
    }
}
