import Domain
import JSON
import Primitives
import TestSupport

extension FuzzTarget {
    /// What a rider's phone reports, as it comes over the wire. Flag 1: a stored track instead, to which a ride is added.
    /// Flag 2: the report comes in parts, as the segment sizes say, the last first.
    static let positionReport = FuzzTarget(
        "position-report",
        words: [
            "{\"points\":[{", "},{", "\"lat\":", "\"lng\":", "\"accuracy\":", "\"speed\":", "\"heading\":", "\"at\":\"",
            "2026-11-21T09:5", "+07:00\"", "null", "13.7", "100.5", "{\"now\":[", "\"line\":\"", "\"rivals\":[[",
            "\"dropped\":[0,0,0,0,0]", "\"moving\":", "65535",
        ]
    ) { input in
        let json: JSONValue
        do throws(JSONError) { json = try JSONParser.parse(input.payload) } catch { return }
        if input.has(1) { return try checkStored(json) }
        let report: PositionReport
        do throws(FaultReason) { report = try PositionReport(data: json, now: receivedAt) } catch {
            guard case .invalid(let what) = error else { throw Violated("\(error)") }
            return try expect(what.hasPrefix("points"), what)
        }
        try expect((1...PositionReport.maxPoints).contains(report.fixes.count), "\(report.fixes.count) points")
        try expect(report.fixes.count == json["points"]?.array?.count, "points were lost")
        for fix in report.fixes { try check(fix) }
        var track = Track.empty
        for part in input.has(2) ? parts(report.fixes, input.segments.map(\.count)) : [report.fixes] {
            try add(part, to: &track)
        }
        try expect(track.json.bytes.count <= maxStoredBytes, "\(track.json.bytes.count) bytes")
        // Nothing is current and faster than anything that drives, however it was reported.
        try expect((0...Track.maxSpeed).contains(track.speed ?? 0), "\(track.speed ?? 0) m/s")
        // As long as nothing is thinned, each point of the line is known the second time.
        if report.fixes.count <= TrackLine.maxPoints {
            let known = track.points.count
            let again = track.add(report.fixes, now: receivedAt)
            try expect(again.dropped.duplicate >= known, "\(again), \(known) points were known")
        }
    } seeds: {
        // In order; a wrong one at first, and one in between; out of order, with one twice, too old, too early.
        let straight = report((0..<3).map { Place(north: $0, east: 0, second: $0) })
        let jumping = report((0..<6).map { Place(north: $0 == 0 ? 8_000 : $0, east: $0 == 4 ? 5_000 : 0, second: $0) })
        let shuffled = report([5, 3, 4, 4, 1, -90_000, 120, 6].map { Place(north: 0, east: $0, second: $0) })
        var long = Track.empty
        _ = long.add(ride(70, gap: 2, from: -300), now: receivedAt)
        _ = long.add([ride(1, gap: 1, from: 1)[0], wrong], now: receivedAt)
        let odd = [
            #"{"points":[]}"#, #"{"points":[{"lat":1e308,"lng":0,"at":"2026-11-21T10:00:00Z"}]}"#,
            #"{"points":[{"lat":-90,"lng":-180,"accuracy":null,"at":"2026-11-21T02:59:30.5Z"}]}"#,
        ]
        return [straight, jumping, shuffled].flatMap { text in
            [FuzzInput.bytes(text.utf8), FuzzInput.bytes(flags: 2, sizes: [2, 1], text.utf8)]
        }
            + odd.map { FuzzInput.bytes($0.utf8) }
            + [long.json, Track.empty.json].map { FuzzInput.bytes(flags: 1, $0.bytes) }
    }

    /// 2026-11-21T10:00:00+07:00.
    private static let receivedAt = Timestamp(seconds: 1_795_230_000)
    /// Of a track that was made of reports.
    private static let maxStoredBytes = 1_536
    /// Newer than any of a ride, and far away.
    private static var wrong: Fix { Fix(point: place(-33, 18), at: receivedAt.advanced(by: .seconds(20))) }

    /// In ten-thousandths of a degree, and from half a minute before the report came.
    private struct Place {
        let north: Int
        let east: Int
        let second: Int
    }

    private static func report(_ places: [Place]) -> String {
        let points: [JSONValue] = places.map { place in
            let at = receivedAt.advanced(by: .seconds(place.second - 30)).rfc3339
            let latitude = 13.7649 + Double(place.north) * 1e-4
            let longitude = 100.5383 + Double(place.east) * 1e-4
            var object: JSONObject = ["lat": .double(latitude), "lng": .double(longitude), "at": .string(at)]
            object["accuracy"] = 8
            object["speed"] = 6.1
            object["heading"] = 90
            return .object(object)
        }
        return JSONValue.object(["points": .array(points)]).text
    }

    private static func place(_ latitude: Double, _ longitude: Double) -> GeoPoint {
        guard let place = GeoPoint(latitude: latitude, longitude: longitude) else {
            preconditionFailure("\(latitude), \(longitude) is no place")
        }
        return place
    }

    private static func ride(_ count: Int, gap: Int, from start: Int) -> [Fix] {
        (0..<count).map { index in
            Fix(
                point: place(13.76 + Double(index * index) * 1e-6, 100.53 + Double(index) * 1e-4),
                at: receivedAt.advanced(by: .seconds(start + index * gap)), accuracy: 6)
        }
    }

    private static func parts(_ fixes: [Fix], _ sizes: [Int]) -> [[Fix]] {
        var parts: [[Fix]] = []
        var rest = fixes[...]
        for size in sizes where !rest.isEmpty {
            parts.append(Array(rest.prefix(max(1, size))))
            rest = rest.dropFirst(max(1, size))
        }
        if !rest.isEmpty { parts.append(Array(rest)) }
        return parts.reversed()
    }

    private static func check(_ fix: Fix) throws {
        try expect((-90...90).contains(fix.point.latitude), "\(fix)")
        try expect((-180...180).contains(fix.point.longitude), "\(fix)")
        try expect((0...6_553.4).contains(fix.accuracy ?? 0), "\(fix)")
        try expect((0...Double(PositionReport.maxSpeed)).contains(fix.speed ?? 0), "\(fix)")
        try expect((0..<360).contains(fix.heading ?? 0), "\(fix)")
    }

    /// What holds whenever points are added.
    private static func add(_ fixes: [Fix], to track: inout Track) throws {
        let before = track
        let change = track.add(fixes, now: receivedAt)
        try expect(change.accepted + change.dropped.total == fixes.count, "\(change) of \(fixes.count)")
        try expect(track.points.count <= TrackLine.maxPoints, "\(track.points.count) points")
        try expect(track.points.last == track.current?.point, "the line does not end at the current fix")
        try expect(change.isMoved == (track.current != before.current), "\(change)")
        try expect(Track(json: track.json) == track, "not stored as it is: \(track.json.text)")
        guard let fix = track.current else { return }
        try expect((0..<360).contains(track.heading ?? 0), "\(track.heading ?? 0)°")
        if let arrival = Arrival.estimate(from: fix, track: track, to: place(13.75, 100.5), now: receivedAt) {
            let range = [0, arrival.low, arrival.seconds, arrival.high]
            try expect(range == range.sorted(), "\(arrival)")
        }
        let shown = try JSONParser.parse(PublishedPosition(track, now: receivedAt)?.data.bytes ?? [])
        try expect((-90...90).contains(shown["lat"]?.double ?? 91), shown.text)
        try expect((-180...180).contains(shown["lng"]?.double ?? 181), shown.text)
        try expect((0..<360).contains(shown["heading"]?.integer ?? 0), shown.text)
    }

    private static func checkStored(_ json: JSONValue) throws {
        guard var track = Track(json: json) else { return }
        try expect(Track(json: track.json) == track, "\(json.text) reads as another track the second time")
        try expect(track.points.count <= TrackLine.maxPoints, "\(track.points.count) points")
        try add(ride(80, gap: 1, from: -100), to: &track)
        try add([wrong], to: &track)
    }
}
