internal import Glibc

/// A place on the Earth (WGS 84), in ten-millionths of a degree: steps of 1.1 cm in eight bytes. 180° east and west are
/// two spellings of one meridian and are kept as they came.
package struct GeoPoint: Sendable, Hashable {
    /// In 1e-7 degrees, -900 000 000…900 000 000.
    package let latitudeE7: Int32
    /// In 1e-7 degrees, -1 800 000 000…1 800 000 000.
    package let longitudeE7: Int32

    /// The Earth's mean radius in metres (IUGG, R₁); a sphere of it is off by 0.5 % at most.
    package static let earthRadius = 6_371_008.8

    private static let stepsInDegree = 1e7

    /// Degrees; nil when they are not finite or out of -90…90 and -180…180.
    package init?(latitude: Double, longitude: Double) {
        // A comparison with NaN is false, so neither NaN nor an infinity gets through.
        guard (-90...90).contains(latitude), (-180...180).contains(longitude) else { return nil }
        latitudeE7 = Int32((latitude * Self.stepsInDegree).rounded())
        longitudeE7 = Int32((longitude * Self.stepsInDegree).rounded())
    }

    /// nil when out of range.
    package init?(latitudeE7: Int64, longitudeE7: Int64) {
        guard (-900_000_000...900_000_000).contains(latitudeE7), (-1_800_000_000...1_800_000_000).contains(longitudeE7)
        else { return nil }
        self.latitudeE7 = Int32(latitudeE7)
        self.longitudeE7 = Int32(longitudeE7)
    }

    /// Degrees north of the equator, -90…90.
    package var latitude: Double { Double(latitudeE7) / Self.stepsInDegree }
    /// Degrees east of Greenwich, -180…180.
    package var longitude: Double { Double(longitudeE7) / Self.stepsInDegree }

    /// Metres along the great circle (Haversine; R. W. Sinnott, "Virtues of the Haversine", 1984).
    package func distance(to other: GeoPoint) -> Double {
        let (from, to) = (Self.radians(latitude), Self.radians(other.latitude))
        let halfNorth = sin((to - from) / 2)
        let halfEast = sin(Self.radians(other.longitude - longitude) / 2)
        let haversine = halfNorth * halfNorth + cos(from) * cos(to) * halfEast * halfEast
        // Rounding may bring it above 1 for two ends of a diameter.
        return 2 * Self.earthRadius * asin(min(1, haversine).squareRoot())
    }

    /// The direction in which the great circle to `other` sets out: degrees clockwise from north, 0..<360. 0 when both are
    /// the same place.
    package func bearing(to other: GeoPoint) -> Double {
        let (from, to) = (Self.radians(latitude), Self.radians(other.latitude))
        let east = Self.radians(other.longitude - longitude)
        let degrees = atan2(sin(east) * cos(to), cos(from) * sin(to) - sin(from) * cos(to) * cos(east)) * 180 / .pi
        let turned = degrees < 0 ? degrees + 360 : degrees
        return turned >= 360 ? 0 : turned
    }

    static func radians(_ degrees: Double) -> Double { degrees * .pi / 180 }
}
