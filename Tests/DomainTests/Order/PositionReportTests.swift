import Domain
import JSON
import Primitives
import Testing

@Suite("What a rider reports")
struct PositionReportTests {
    private static let at = #""at":"2026-11-21T10:00:00.250+07:00""#

    private static func read(_ text: String) throws -> PositionReport {
        try PositionReport(data: JSONParser.parse(text), now: Ride.start)
    }

    private static func points(_ count: Int) -> String {
        let point = #"{"lat":13.75,"lng":100.5,\#(at)}"#
        return #"{"points":[\#(Array(repeating: point, count: count).joined(separator: ","))]}"#
    }

    @Test("All members are read, integers and the edges too")
    func members() throws {
        let report = try Self.read(
            """
            {"points":[{"lat":13.7563,"lng":100.5018,"accuracy":8.5,"speed":6.1,"heading":90,\(Self.at)},
             {"lat":-90,"lng":180,"accuracy":10000,"speed":100,"heading":360,\(Self.at),"battery":{"level":0.5}},
             {"lat":0,"lng":0,"accuracy":null,"speed":null,"heading":null,\(Self.at)}],"more":1}
            """)
        let at = try #require(Timestamp(rfc3339: "2026-11-21T03:00:00.250Z"))
        let places = try [(13.7563, 100.5018), (-90, 180), (0, 0)].map {
            try #require(GeoPoint(latitude: $0.0, longitude: $0.1))
        }
        #expect(
            report.fixes == [
                Fix(point: places[0], at: at, accuracy: 8.5, speed: 6.1, heading: 90),
                Fix(point: places[1], at: at, accuracy: 10_000, speed: 100, heading: 0), Fix(point: places[2], at: at),
            ])
        #expect(report.receivedAt == Ride.start)
    }

    @Test("1 to 256 points")
    func counts() throws {
        #expect(try Self.read(Self.points(1)).fixes.count == 1)
        #expect(try Self.read(Self.points(256)).fixes.count == 256)
        for count in [0, 257, 2_000] {
            #expect(throws: FaultReason.invalid("points has 1 to 256 positions")) {
                try Self.read(Self.points(count))
            }
        }
    }

    @Test(
        "What is malformed is refused, and the place of it named",
        arguments: [
            (#""lat":91,"lng":0"#, "lat is a number from -90 to 90"),
            (#""lat":-90.0000001,"lng":0"#, "lat is a number from -90 to 90"),
            (#""lat":1e308,"lng":0"#, "lat is a number from -90 to 90"),
            (#""lat":9223372036854775807,"lng":0"#, "lat is a number from -90 to 90"),
            (#""lat":"NaN","lng":0"#, "lat is a number from -90 to 90"),
            (#""lat":true,"lng":0"#, "lat is a number from -90 to 90"),
            (#""lat":[13],"lng":0"#, "lat is a number from -90 to 90"),
            (#""lat":null,"lng":0"#, "lat is missing"), (#""lng":0"#, "lat is missing"),
            (#""lat":0"#, "lng is missing"), (#""lat":0,"lng":180.1"#, "lng is a number from -180 to 180"),
            (#""lat":0,"lng":"100""#, "lng is a number from -180 to 180"),
            (#""lat":0,"lng":0,"accuracy":-1"#, "accuracy is a number from 0 to 10000"),
            (#""lat":0,"lng":0,"accuracy":10000.1"#, "accuracy is a number from 0 to 10000"),
            (#""lat":0,"lng":0,"speed":100.1"#, "speed is a number from 0 to 100"),
            (#""lat":0,"lng":0,"speed":{}"#, "speed is a number from 0 to 100"),
            (#""lat":0,"lng":0,"heading":360.5"#, "heading is a number from 0 to 360"),
            (#""lat":0,"lng":0,"heading":-1e-9"#, "heading is a number from 0 to 360"),
        ])
    func malformed(_ members: String, _ what: String) {
        let text = #"{"points":[{"lat":1,"lng":2,\#(Self.at)},{\#(members),\#(Self.at)}]}"#
        #expect(throws: FaultReason.invalid("points/1/\(what)")) { try Self.read(text) }
    }

    @Test(
        "A time is one of RFC 3339",
        arguments: [
            #""at":1795000000"#, #""at":"yesterday""#, #""at":"2026-02-30T10:00:00Z""#, #""at":"2026-11-21 10:00""#,
            #""at":null"#, #""other":1"#,
        ])
    func times(_ member: String) {
        #expect(throws: FaultReason.invalid("points/0/at is a time of RFC 3339")) {
            try Self.read(#"{"points":[{"lat":1,"lng":2,\#(member)}]}"#)
        }
    }

    @Test("A report has another shape", arguments: ["[]", "null", "{}", #"{"points":{}}"#, #"{"points":null}"#, "7"])
    func shapes(_ text: String) {
        #expect(throws: FaultReason.invalid("points is a list of positions")) { try Self.read(text) }
    }

    @Test("A point has another shape", arguments: ["null", "[]", "[13,100]", #""13,100""#, "7"])
    func pointShapes(_ text: String) {
        #expect(throws: FaultReason.invalid("points/0 is an object")) { try Self.read(#"{"points":[\#(text)]}"#) }
    }

    @Test("Numbers that JSON does not have never get here", arguments: ["NaN", "Infinity", "1e999", "-", "0x1"])
    func noNumbers(_ text: String) {
        #expect(throws: JSONError.self) { try Self.read(#"{"points":[{"lat":\#(text),"lng":0,\#(Self.at)}]}"#) }
    }
}
