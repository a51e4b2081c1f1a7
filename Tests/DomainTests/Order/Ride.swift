import Domain
import Primitives
import TestSupport

/// Ways through Bangkok for the tests of tracks: from a beginning, in metres and seconds.
struct Ride {
    static let start = Timestamp(seconds: 1_795_000_000)
    /// The Victory Monument.
    static let latitude = 13.7649
    static let longitude = 100.5383
    private static let metresInDegree = 111_195.0

    /// A place so many metres from the Victory Monument.
    static func point(east: Double, north: Double) -> GeoPoint {
        let narrowing = 0.971_279  // cos(13.7649°)
        guard
            let point = GeoPoint(
                latitude: latitude + north / metresInDegree, longitude: longitude + east / metresInDegree / narrowing)
        else { preconditionFailure("\(east) m east and \(north) m north of Bangkok is no place") }
        return point
    }

    static func time(_ seconds: Double) -> Timestamp {
        Timestamp(microseconds: start.microseconds + Int64(seconds * 1e6))
    }

    static func fix(
        _ seconds: Double, east: Double, north: Double = 0, accuracy: Double? = 5, speed: Double? = nil,
        heading: Double? = nil
    ) -> Fix {
        Fix(
            point: point(east: east, north: north), at: time(seconds), accuracy: accuracy, speed: speed,
            heading: heading)
    }

    /// A random ride: straight on, turns, standing, with the noise of a phone. `gap` is the seconds between two points.
    static func random(_ random: inout SeededRandom, points count: Int, gap: Double = 1, noise: Double = 2) -> [Fix] {
        var (east, north, angle, speed) = (0.0, 0.0, 0.0, 8.0)
        func chance(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &random) }
        return (0..<count).map { index in
            if random.isOne(in: 20) { angle += chance(-1.6...1.6) }
            if random.isOne(in: 30) { speed = random.isOne(in: 3) ? 0 : chance(1...16) }
            // A turn by a small angle, without trigonometry of its own: the direction is a point on a diamond.
            let turn = angle - (angle / 4).rounded(.down) * 4
            let along = turn < 2 ? 1 - turn : turn - 3
            let across = turn < 1 ? turn : turn < 3 ? 2 - turn : turn - 4
            let length = (along * along + across * across).squareRoot()
            east += along / length * speed * gap
            north += across / length * speed * gap
            return fix(Double(index) * gap, east: east + chance(-noise...noise), north: north + chance(-noise...noise))
        }
    }
}

/// Metres from a place to a line of places, in a plane that this code reckons for itself.
func distance(from point: GeoPoint, to line: [GeoPoint]) -> Double {
    let narrowing = 0.971_279
    func place(_ other: GeoPoint) -> (Double, Double) {
        ((other.longitude - point.longitude) * 111_195 * narrowing, (other.latitude - point.latitude) * 111_195)
    }
    guard line.count > 1 else { return line.first.map(point.distance) ?? .infinity }
    return zip(line, line.dropFirst()).map { start, end in
        let ((x, y), (toX, toY)) = (place(start), place(end))
        let (alongX, alongY) = (toX - x, toY - y)
        let square = alongX * alongX + alongY * alongY
        let share = square == 0 ? 0 : min(1, max(0, -(x * alongX + y * alongY) / square))
        let (nearX, nearY) = (x + share * alongX, y + share * alongY)
        return (nearX * nearX + nearY * nearY).squareRoot()
    }.min() ?? .infinity
}
