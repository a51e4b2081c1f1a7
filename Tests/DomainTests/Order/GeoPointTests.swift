import Domain
import Testing

@Suite("Places on the Earth")
struct GeoPointTests {
    /// Metres and degrees computed apart from this code, from vectors in space instead of Haversine, with the same radius.
    static let known: [(name: String, from: (Double, Double), to: (Double, Double), metres: Double, bearing: Double)] =
        [
            ("Grand Palace to Victory Monument", (13.75, 100.4913), (13.7649, 100.5383), 5339.773, 71.9185),
            ("Wat Arun to Hua Lamphong", (13.7437, 100.4889), (13.7373, 100.5171), 3127.991, 103.1472),
            ("Siam Paragon to Suvarnabhumi", (13.7466, 100.5347), (13.69, 100.7501), 24104.304, 105.1098),
            ("Bangkok to Chiang Mai", (13.7563, 100.5018), (18.7883, 98.9853), 582459.663, 344.0718),
            ("across the antimeridian, eastwards", (-17.7134, 179.9), (-17.7134, -179.9), 21184.671, 90.0304),
            ("across the antimeridian, westwards", (51.9, -179.5), (52.1, 179.5), 71979.454, 288.3902),
            ("over the north pole", (89.9, 0), (89.9, 180), 22239.016, 0.0000),
            ("from pole to pole", (90, 0), (-90, 0), 20015114.442, 180.0000),
            ("a quarter of the equator", (0, 0), (0, 90), 10007557.221, 90.0000),
            ("two ends of a diameter, nearly", (13.75, 100.5), (-13.75, -79.5001), 20015103.641, 90.0000),
            ("one metre", (13.7563, 100.5018), (13.756309, 100.5018), 1.001, 0.0000),
        ]

    @Test("Distances and bearings that were computed elsewhere", arguments: known.indices)
    func knownDistances(_ index: Int) throws {
        let known = Self.known[index]
        let from = try #require(GeoPoint(latitude: known.from.0, longitude: known.from.1))
        let to = try #require(GeoPoint(latitude: known.to.0, longitude: known.to.1))
        #expect(abs(from.distance(to: to) - known.metres) < 0.05, "\(known.name): \(from.distance(to: to))")
        #expect(abs(to.distance(to: from) - known.metres) < 0.05, "\(known.name), back")
        let bearing = from.bearing(to: to)
        #expect((0..<360).contains(bearing))
        let off = abs(bearing - known.bearing)
        #expect(min(off, 360 - off) < 0.01, "\(known.name): \(bearing)")
    }

    @Test("A place has no distance from itself, and a direction that is a number")
    func same() throws {
        for (latitude, longitude) in [(0.0, 0.0), (90, 0), (-90, 180), (13.7563, 100.5018)] {
            let point = try #require(GeoPoint(latitude: latitude, longitude: longitude))
            #expect(point.distance(to: point) == 0)
            #expect((0..<360).contains(point.bearing(to: point)))
        }
    }

    @Test("The two spellings of the antimeridian and every longitude of a pole are one place")
    func spellings() throws {
        let east = try #require(GeoPoint(latitude: 10, longitude: 180))
        let west = try #require(GeoPoint(latitude: 10, longitude: -180))
        #expect(east.distance(to: west) < 0.001)
        let pole = try #require(GeoPoint(latitude: 90, longitude: 0))
        let samePole = try #require(GeoPoint(latitude: 90, longitude: 123.4))
        #expect(pole.distance(to: samePole) < 0.001)
    }

    @Test(
        "What is no place is refused",
        arguments: [
            (90.0000001, 0.0), (-90.1, 0), (0, 180.0000001), (0, -181), (.nan, 0), (0, .nan), (.infinity, 0),
            (0, -.infinity), (1e308, 1e308),
        ])
    func noPlace(_ latitude: Double, _ longitude: Double) {
        #expect(GeoPoint(latitude: latitude, longitude: longitude) == nil)
    }

    @Test("Integers out of range are refused, the edges are places")
    func integers() {
        #expect(GeoPoint(latitudeE7: 900_000_001, longitudeE7: 0) == nil)
        #expect(GeoPoint(latitudeE7: .min, longitudeE7: 0) == nil)
        #expect(GeoPoint(latitudeE7: 0, longitudeE7: .max) == nil)
        #expect(GeoPoint(latitudeE7: -900_000_000, longitudeE7: 1_800_000_000)?.longitude == 180)
    }

    @Test("Degrees are kept to the seventh decimal")
    func steps() throws {
        let point = try #require(GeoPoint(latitude: 13.75631234, longitude: -100.50180006))
        #expect(point.latitude == 13.7563123)
        #expect(point.longitude == -100.5018001)
        #expect(MemoryLayout<GeoPoint>.size == 8)
    }
}
