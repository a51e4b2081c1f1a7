package import Primitives

/// One reported position: where, when, and what the phone said of it. 24 bytes: what is not known is a value that no
/// measurement has.
package struct Fix: Sendable, Equatable {
    package let point: GeoPoint
    /// In milliseconds since 1970, which is what is written of a time.
    let milliseconds: Int64
    private let decimetres: UInt16
    private let centimetresPerSecond: UInt16
    private let centidegrees: UInt16

    private static let unknown = UInt16.max

    /// - `at`: kept in whole milliseconds, rounded down.
    /// - `accuracy`: metres, of a radius that holds the true place in two of three cases (W3C Geolocation §5.4 says 95 %,
    ///   phones differ); kept in decimetres up to 6 553.4 m.
    /// - `speed`: m/s, kept in cm/s up to 655.34. `heading`: degrees clockwise from north, kept in hundredths, 360 is 0.
    ///
    /// What is negative or not finite is not known.
    package init(
        point: GeoPoint, at: Timestamp, accuracy: Double? = nil, speed: Double? = nil, heading: Double? = nil
    ) {
        self.point = point
        let (whole, rest) = at.microseconds.quotientAndRemainder(dividingBy: 1_000)
        milliseconds = rest < 0 ? whole - 1 : whole
        decimetres = Self.packed(accuracy, 10)
        centimetresPerSecond = Self.packed(speed, 100)
        let turned = heading.map { $0.truncatingRemainder(dividingBy: 360) }
        let hundredths = Self.packed(turned, 100)
        centidegrees = hundredths == 36_000 ? 0 : hundredths
    }

    package var at: Timestamp {
        let (microseconds, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000)
        return Timestamp(microseconds: overflow ? (milliseconds < 0 ? .min : .max) : microseconds)
    }
    /// Metres.
    package var accuracy: Double? { decimetres == Self.unknown ? nil : Double(decimetres) / 10 }
    /// m/s.
    package var speed: Double? { centimetresPerSecond == Self.unknown ? nil : Double(centimetresPerSecond) / 100 }
    /// Degrees clockwise from north, 0..<360.
    package var heading: Double? { centidegrees == Self.unknown ? nil : Double(centidegrees) / 100 }

    private static func packed(_ value: Double?, _ stepsInUnit: Double) -> UInt16 {
        guard let value, value.isFinite, value >= 0 else { return unknown }
        return UInt16(min((value * stepsInUnit).rounded(), Double(unknown - 1)))
    }
}

extension Fix {
    /// How it is stored: latitude and longitude in 1e-7 degrees, milliseconds, then decimetres, cm/s and hundredths of a
    /// degree, 65 535 for what is not known.
    var numbers: [Int64] {
        [
            Int64(point.latitudeE7), Int64(point.longitudeE7), milliseconds, Int64(decimetres),
            Int64(centimetresPerSecond), Int64(centidegrees),
        ]
    }

    /// nil when `numbers` did not write it.
    init?(numbers: [Int64]) {
        guard numbers.count == 6, let point = GeoPoint(latitudeE7: numbers[0], longitudeE7: numbers[1]),
            TrackPoint.storable.contains(numbers[2]), let decimetres = UInt16(exactly: numbers[3]),
            let centimetresPerSecond = UInt16(exactly: numbers[4]), let centidegrees = UInt16(exactly: numbers[5]),
            centidegrees < 36_000 || centidegrees == Self.unknown
        else { return nil }
        self.point = point
        milliseconds = numbers[2]
        self.decimetres = decimetres
        self.centimetresPerSecond = centimetresPerSecond
        self.centidegrees = centidegrees
    }
}
