package import JSON
package import Primitives

/// When somebody on the way arrives: an estimate and the range it stands in.
///
/// The way by road is between 1.2 and 1.6 times the straight one, 1.4 in the middle. The speed is the track's, blended with a
/// prior of 6 m/s (a motorcycle in a town, lights included) that weighs as much as two minutes of driving; it stays between
/// 2.5 and 14 m/s. `low` is the short way a quarter faster, `high` the long way a quarter slower, both within those bounds.
/// Since the fix was made the way has gone on, for at most a minute: `seconds` and `low` count that, `high` does not.
package struct Arrival: Sendable, Equatable {
    /// Metres in a straight line from the fix.
    package let distance: Int
    /// From the `now` of the estimate; 0 or more.
    package let seconds: Int
    /// At most `seconds`.
    package let low: Int
    /// At least `seconds`.
    package let high: Int
    /// In whole seconds of the clock from which it was asked.
    package let arrivesAt: Timestamp

    /// An older fix says nothing of when somebody arrives.
    package static let maxFixAge = Duration.seconds(1_800)
    /// m/s; what is slower on average stands in a jam that ends.
    package static let minSpeed = 2.5
    /// m/s; what is faster on average is a motorway that ends.
    package static let maxSpeed = 14.0

    private static let roadFactors = (short: 1.2, usual: 1.4, long: 1.6)
    private static let priorSpeed = 6.0
    private static let priorSeconds = 120.0
    private static let spread = 0.25
    /// Seconds for which a silent rider is taken to ride on.
    private static let ridesOn = 60.0

    /// Seconds: an arrival that is moved by so much is told.
    private static let toldShift = 60.0
    /// The same, of the seconds that are left.
    private static let toldShare = 0.2
    /// Seconds; moved by less, it is the noise of places, however near.
    private static let shiftNoise = 10.0

    /// nil when there is no destination, or when the fix is older than `maxFixAge`.
    package static func estimate(
        from fix: Fix, track: Track, to destination: GeoPoint?, now: Timestamp
    ) -> Arrival? {
        guard let destination, fix.at.advanced(by: maxFixAge) >= now else { return nil }
        let metres = fix.point.distance(to: destination)
        let known = track.speed == nil ? 0 : track.movingSeconds / (track.movingSeconds + priorSeconds)
        let speed = bounded(known * (track.speed ?? 0) + (1 - known) * priorSpeed)
        let age = max(0, (Double(now.microseconds) - Double(fix.at.microseconds)) / 1e6)
        let done = min(age, ridesOn)
        let seconds = max(0, metres * roadFactors.usual / speed - done)
        let low = max(0, metres * roadFactors.short / bounded(speed * (1 + spread)) - done)
        let high = metres * roadFactors.long / bounded(speed * (1 - spread))
        // At most half the Earth's circumference at the lowest speed: 150 days.
        let whole = Int(seconds.rounded(.up))
        return Arrival(
            distance: Int(metres.rounded()), seconds: whole, low: Int(low.rounded(.down)), high: Int(high.rounded(.up)),
            arrivesAt: Timestamp(seconds: now.seconds).advanced(by: .seconds(whole)))
    }

    private static func bounded(_ speed: Double) -> Double { min(maxSpeed, max(minSpeed, speed)) }

    /// True when the arrival has moved by a minute or a fifth of what is left since `previous` was told: by at least 10 s, or
    /// the last metres would be told with every point.
    package func isWorthTelling(after previous: Arrival) -> Bool {
        let shift = abs(Double(arrivesAt.microseconds) - Double(previous.arrivesAt.microseconds)) / 1e6
        return shift >= min(Self.toldShift, max(Self.shiftNoise, Self.toldShare * Double(seconds)))
    }

    /// `{"distance","seconds","low","high","arrivesAt"}`: the value `eta` and the `data` of `eta.changed`.
    package var data: JSONValue {
        [
            "distance": .integer(Int64(distance)), "seconds": .integer(Int64(seconds)), "low": .integer(Int64(low)),
            "high": .integer(Int64(high)), "arrivesAt": .string(arrivesAt.rfc3339),
        ]
    }
}

extension Arrival: JSONReadable {
    /// Reads back `data`.
    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            distance: try fields.count("distance"), seconds: try fields.count("seconds"), low: try fields.count("low"),
            high: try fields.count("high"), arrivesAt: try fields.time("arrivesAt"))
    }
}
