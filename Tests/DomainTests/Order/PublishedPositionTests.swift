import Domain
import JSON
import Primitives
import Testing

@Suite("What watchers are shown")
struct PublishedPositionTests {
    private static func track(_ fixes: Fix...) -> Track {
        var track = Track.empty
        _ = track.add(fixes, now: Ride.start)
        return track
    }

    @Test("Degrees of six decimals, whole degrees and metres, a decimal of speed; what is not known is left out")
    func data() throws {
        let point = try #require(GeoPoint(latitude: 13.75631256, longitude: -0.0000014))
        let full = Fix(point: point, at: Ride.start, accuracy: 7.6, speed: 6.14, heading: 359.7)
        let position = try #require(PublishedPosition(Self.track(full), now: Ride.start))
        #expect(
            position.data == [
                "lat": 13.756313, "lng": -0.000001, "heading": 0, "speed": .double(6.1), "accuracy": 8,
            ])
        #expect(position.asOf == Ride.start)
        let bare = try #require(PublishedPosition(Self.track(Fix(point: point, at: Ride.start)), now: Ride.start))
        #expect(bare.data == ["lat": 13.756313, "lng": -0.000001])
        #expect(bare.data.text.hasPrefix(#"{"lat":13.756313,"lng":"#))
    }

    @Test("A heading that was not reported is derived")
    func heading() throws {
        let track = Self.track(Ride.fix(-1, east: 0), Ride.fix(0, east: -10))
        #expect(try #require(PublishedPosition(track, now: Ride.start)).data["heading"] == 270)
    }

    @Test("Stale 30 s after the point was measured")
    func stale() throws {
        let track = Self.track(Ride.fix(0, east: 0))
        let fresh = try #require(PublishedPosition(track, now: Ride.time(29.999)))
        #expect(!fresh.isStale && fresh.data["stale"] == .none)
        let stale = try #require(PublishedPosition(track, now: Ride.time(30)))
        #expect(stale.isStale && stale.data["stale"] == true)
        #expect(PublishedPosition(.empty, now: Ride.start) == nil)
    }

    @Test("The line, oldest first")
    func line() {
        let track = Self.track(Ride.fix(-1, east: 0), Ride.fix(0, east: -10))
        #expect(track.lineData.array?.count == 2)
        #expect(track.lineData[0] == [13.7649, 100.5383])
        #expect(Track.empty.lineData == [])
    }

    @Test(
        "Near is 300 m, arrived is 50 m, and a fix less accurate than the fence does not cross it",
        arguments: [
            (301, 5, .far), (299, 5, .near), (51, 5, .near), (49, 5, .arrived), (49, 50, .arrived), (49, 51, .near),
            (0, 200, .near), (0, 301, .far), (49, nil, .arrived), (299, nil, .near),
        ] as [(Double, Double?, Geofence.Stage)])
    func fences(_ metres: Double, _ accuracy: Double?, _ stage: Geofence.Stage) {
        let fix = Ride.fix(0, east: metres, accuracy: accuracy)
        #expect(Geofence.stage(of: fix, to: Ride.point(east: 0, north: 0)) == stage)
    }

    @Test("Stages have an order")
    func order() { #expect(Geofence.Stage.far < .near && .near < Geofence.Stage.arrived) }

    @Test(
        "Reports come quickly when somebody looks, more so near the end, and rarely when nobody does",
        arguments: [
            (0, nil, 60), (0, 10, 60), (-1, nil, 60), (1, nil, 2), (1, 300, 2), (1, 299.9, 1), (10_000, 0, 1),
            (1, .nan, 2),
        ] as [(Int, Double?, Int)])
    func pace(_ watchers: Int, _ distance: Double?, _ seconds: Int) {
        #expect(ReportPace.seconds(watchers: watchers, distance: distance) == seconds)
    }
}
