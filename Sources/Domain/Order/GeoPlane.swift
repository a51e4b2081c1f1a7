internal import Glibc

/// The neighbourhood of a place as a plane, in metres east and north of it (equirectangular). Off by less than 0.1 % within
/// 50 km of the origin at the latitudes where people live; for telling which points of a line matter, never for distances
/// that are told.
struct GeoPlane {
    struct Place: Equatable {
        let east: Double
        let north: Double
    }

    private let origin: GeoPoint
    private let metresInNorthStep: Double
    private let metresInEastStep: Double

    init(around origin: GeoPoint) {
        self.origin = origin
        metresInNorthStep = GeoPoint.radians(1e-7) * GeoPoint.earthRadius
        metresInEastStep = metresInNorthStep * cos(GeoPoint.radians(origin.latitude))
    }

    func place(of point: GeoPoint) -> Place {
        var east = Int64(point.longitudeE7) - Int64(origin.longitudeE7)
        // The shorter way round.
        if east > 1_800_000_000 { east -= 3_600_000_000 }
        if east < -1_800_000_000 { east += 3_600_000_000 }
        let north = Int64(point.latitudeE7) - Int64(origin.latitudeE7)
        return Place(east: Double(east) * metresInEastStep, north: Double(north) * metresInNorthStep)
    }

    /// Metres from `place` to the nearest point of the segment.
    static func distance(from place: Place, toSegment start: Place, _ end: Place) -> Double {
        let (alongEast, alongNorth) = (end.east - start.east, end.north - start.north)
        let (east, north) = (place.east - start.east, place.north - start.north)
        let square = alongEast * alongEast + alongNorth * alongNorth
        let share = square > 0 ? min(1, max(0, (east * alongEast + north * alongNorth) / square)) : 0
        let (offEast, offNorth) = (east - share * alongEast, north - share * alongNorth)
        return (offEast * offEast + offNorth * offNorth).squareRoot()
    }
}
