/// A corner of a track's line: where, when, how sure, and how far the points that were left out between it and the corner
/// before may lie from the straight way between the two.
struct TrackPoint: Sendable, Equatable {
    let point: GeoPoint
    /// Since 1970.
    let milliseconds: Int64
    /// Metres, rounded up.
    let accuracy: UInt8
    /// Decimetres, rounded up; 0 exactly when nothing was left out. Saturates: see `TrackLine.maxTolerance`.
    var leftOut: UInt16

    /// Metres; what a phone that says nothing is taken to mean.
    static let assumedAccuracy: UInt8 = 25
    /// The times that can be stored: years 1970 to 9999.
    static let storable: ClosedRange<Int64> = 0...253_402_300_799_999

    /// The fix has passed `Track.maxAccuracy`.
    init(_ fix: Fix) {
        point = fix.point
        milliseconds = fix.milliseconds
        accuracy = fix.accuracy.map { UInt8(min(255, $0.rounded(.up))) } ?? Self.assumedAccuracy
        leftOut = 0
    }

    init(point: GeoPoint, milliseconds: Int64, accuracy: UInt8, leftOut: UInt16) {
        self.point = point
        self.milliseconds = milliseconds
        self.accuracy = accuracy
        self.leftOut = leftOut
    }

    /// Metres.
    var error: Double { Double(leftOut) / 10 }

    /// `metres` as `leftOut`, never 0: something was left out.
    static func leftOut(_ metres: Double) -> UInt16 { UInt16(min(65_535, max(1, (metres * 10).rounded(.up)))) }

    /// True when nobody can have been at both places at these times: more than `Track.maxSpeed` between the nearest ends of
    /// what both accuracies allow.
    func contradicts(_ other: TrackPoint) -> Bool {
        let metres = point.distance(to: other.point) - Double(accuracy) - Double(other.accuracy)
        let (difference, overflow) = milliseconds.subtractingReportingOverflow(other.milliseconds)
        guard metres > 0, !overflow else { return false }
        return metres > Double(difference.magnitude) / 1_000 * Track.maxSpeed
    }
}
