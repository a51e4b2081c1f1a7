package import JSON
package import Primitives

/// What `position.report` brings: points that a rider's phone has measured, from one to those of a gap without network.
///
/// Read strictly: one malformed point refuses the report, and the fault names its place. Whether a point can be believed and is
/// of use (accuracy, age, jumps) is judged by `Track.add`, which drops and counts.
package struct PositionReport: Sendable, Equatable {
    /// In the order of the report.
    package let fixes: [Fix]
    /// By what the ages of its points are judged.
    package let receivedAt: Timestamp

    /// Four minutes at one a second; a phone that was away longer sends several reports, or thins by itself.
    package static let maxPoints = 256
    /// Metres. What phones say of a place taken from a radio mast is below.
    package static let maxAccuracy = 10_000
    /// m/s. Faster than anything that delivers.
    package static let maxSpeed = 100

    /// Reads `{"points":[{"lat","lng","accuracy"?,"speed"?,"heading"?,"at"}]}`: degrees, metres, m/s, degrees 0…360, RFC 3339.
    /// Unknown members are left out; null is the same as missing.
    package init(data: JSONValue, now: Timestamp) throws(FaultReason) {
        guard let items = data["points"]?.array else { throw .invalid("points is a list of positions") }
        guard (1...Self.maxPoints).contains(items.count) else {
            throw .invalid("points has 1 to \(Self.maxPoints) positions")
        }
        var fixes: [Fix] = []
        fixes.reserveCapacity(items.count)
        for (index, item) in items.enumerated() { fixes.append(try Self.fix(item, at: index)) }
        self.fixes = fixes
        receivedAt = now
    }

    private static func fix(_ item: JSONValue, at index: Int) throws(FaultReason) -> Fix {
        guard item.object != nil else { throw .invalid("points/\(index) is an object") }
        let latitude = try number(item, "lat", -90...90, index)
        let longitude = try number(item, "lng", -180...180, index)
        guard let latitude, let longitude, let point = GeoPoint(latitude: latitude, longitude: longitude) else {
            throw .invalid("points/\(index)/\(latitude == nil ? "lat" : "lng") is missing")
        }
        let accuracy = try number(item, "accuracy", 0...Double(maxAccuracy), index)
        let speed = try number(item, "speed", 0...Double(maxSpeed), index)
        let heading = try number(item, "heading", 0...360, index)
        guard let text = item["at"]?.string, let at = Timestamp(rfc3339: text) else {
            throw .invalid("points/\(index)/at is a time of RFC 3339")
        }
        return Fix(point: point, at: at, accuracy: accuracy, speed: speed, heading: heading)
    }

    private static func number(
        _ item: JSONValue, _ name: String, _ range: ClosedRange<Double>, _ index: Int
    ) throws(FaultReason) -> Double? {
        guard let value = item[name], !value.isNull else { return nil }
        guard let number = value.double, range.contains(number) else {
            throw .invalid(
                "points/\(index)/\(name) is a number from \(Int(range.lowerBound)) to \(Int(range.upperBound))")
        }
        return number
    }
}
