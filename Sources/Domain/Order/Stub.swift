package import JSON
package import Primitives
package struct Arrival: Sendable, Equatable {
    package let distance: Int; package let seconds: Int; package let low: Int; package let high: Int; package let arrivesAt: Timestamp
    package static func estimate(from track: Track, to destination: GeoPoint, now: Timestamp) -> Arrival? {
        guard let fix = track.current else { return nil }
        let d = fix.point.distance(to: destination); let s = Int(d / 6)
        return Arrival(distance: Int(d), seconds: s, low: s * 8 / 10, high: s * 13 / 10, arrivesAt: now.advanced(by: .seconds(Int64(s))))
    }
    package func isWorthTelling(after other: Arrival) -> Bool { abs(seconds - other.seconds) >= 60 }
    package var json: JSONValue { ["distance": .integer(Int64(distance)), "seconds": .integer(Int64(seconds)), "low": .integer(Int64(low)), "high": .integer(Int64(high)), "arrivesAt": .string(arrivesAt.rfc3339)] }
    package init?(json: JSONValue) { guard let f = try? JSONFields(json), let d = try? f.count("distance"), let s = try? f.count("seconds"), let l = try? f.count("low"), let h = try? f.count("high"), let a = try? f.time("arrivesAt") else { return nil }; self.init(distance: d, seconds: s, low: l, high: h, arrivesAt: a) }
    init(distance: Int, seconds: Int, low: Int, high: Int, arrivesAt: Timestamp) { self.distance = distance; self.seconds = seconds; self.low = low; self.high = high; self.arrivesAt = arrivesAt }
}
package enum Geofence { package enum Stage { case far, near, arrived }
    package static func stage(of fix: Fix, _ d: GeoPoint) -> Stage { let m = fix.point.distance(to: d); return m <= 50 ? .arrived : m <= 300 ? .near : .far } }
package struct PublishedPosition: Sendable, Equatable { let fix: Fix; let heading: Double?
    package init(_ fix: Fix, heading: Double?) { self.fix = fix; self.heading = heading }
    package var data: JSONObject { var o: JSONObject = ["lat": .double(fix.point.latitude), "lng": .double(fix.point.longitude)]; o["heading"] = heading.map(JSONValue.double); o["speed"] = fix.speed.map(JSONValue.double); o["accuracy"] = fix.accuracy.map(JSONValue.double); return o } }
package enum ReportPace { package static func seconds(watchers: Int, distance: Double?) -> Int { watchers == 0 ? 60 : (distance ?? 1e9) < 300 ? 1 : 2 } }
