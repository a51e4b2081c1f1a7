package import JSON
package import Primitives

/// What watchers are shown of a track: where, which way, how fast, and whether that is old.
package struct PublishedPosition: Sendable, Equatable {
    package let fix: Fix
    /// Degrees clockwise from north, 0..<360; derived when the phone said none.
    package let heading: Double?
    /// True when nothing came for `staleAfter`.
    package let isStale: Bool

    package static let staleAfter = Duration.seconds(30)

    /// nil when the track is empty.
    package init?(_ track: Track, now: Timestamp) {
        guard let current = track.current else { return nil }
        fix = current
        heading = track.heading
        isStale = current.at.advanced(by: Self.staleAfter) <= now
    }

    /// The same when nothing came since.
    package var aged: PublishedPosition { PublishedPosition(fix: fix, heading: heading, isStale: true) }

    private init(fix: Fix, heading: Double?, isStale: Bool) {
        self.fix = fix
        self.heading = heading
        self.isStale = isStale
    }

    /// When the phone measured it: the value's `asOf`.
    package var asOf: Timestamp { fix.at }

    /// The value `position`: `{"lat","lng","heading"?,"speed"?,"accuracy"?,"stale"?}` in degrees of six decimals (11 cm), whole
    /// degrees, m/s of one decimal, whole metres; `stale` only when it is true.
    package var data: JSONValue {
        var object: JSONObject = ["lat": fix.point.latitudeJSON, "lng": fix.point.longitudeJSON]
        if let heading { object["heading"] = .integer(Int64(heading.rounded()) % 360) }
        if let speed = fix.speed { object["speed"] = .double((speed * 10).rounded() / 10) }
        if let accuracy = fix.accuracy { object["accuracy"] = .integer(Int64(accuracy.rounded())) }
        if isStale { object["stale"] = .bool(true) }
        return .object(object)
    }
}

extension GeoPoint {
    /// Degrees of six decimals.
    package var latitudeJSON: JSONValue { Self.decimals(latitudeE7) }
    package var longitudeJSON: JSONValue { Self.decimals(longitudeE7) }

    private static func decimals(_ steps: Int32) -> JSONValue {
        let millionths = (Double(steps) / 10).rounded()
        return .double(millionths / 1e6)
    }
}

extension Track {
    /// `[[lat,lng],…]` oldest first, in degrees of six decimals.
    package var lineData: JSONValue { .array(points.map { .array([$0.latitudeJSON, $0.longitudeJSON]) }) }
}
