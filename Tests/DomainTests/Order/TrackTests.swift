import Domain
import JSON
import Primitives
import Testing

@Suite("A track takes points in")
struct TrackTests {
    /// Points of a straight ride to the east at 10 m/s, one a second.
    private static func ride(_ seconds: ClosedRange<Int>) -> [Fix] {
        seconds.map { Ride.fix(Double($0), east: Double($0) * 10) }
    }

    private static let now = Ride.time(100)

    @Test("The newest point is the current one, an older one joins the line")
    func order() {
        var track = Track.empty
        let first = track.add([Ride.fix(10, east: 100), Ride.fix(0, east: 0)], now: Self.now)
        #expect(first.accepted == 2 && first.isMoved && first.dropped.total == 0)
        #expect(track.current == Ride.fix(10, east: 100))
        let older = track.add([Ride.fix(5, east: 50)], now: Self.now)
        #expect(older.accepted == 1 && !older.isMoved)
        #expect(track.current == Ride.fix(10, east: 100))
        #expect(track.points == [0, 50, 100].map { Ride.point(east: $0, north: 0) })
        let oldest = track.add([Ride.fix(-5, east: -50)], now: Self.now)
        #expect(oldest.accepted == 1)
        #expect(track.points == [-50, 0, 50, 100].map { Ride.point(east: $0, north: 0) })
    }

    @Test("Each reason to drop a point is counted, in the answer and in all")
    func drops() {
        var track = Track.empty
        let change = track.add(
            [
                Ride.fix(0, east: 0), Ride.fix(0, east: 1), Ride.fix(1, east: 10, accuracy: 200.1),
                Ride.fix(2, east: 20, accuracy: 200), Ride.fix(3, east: 5_000), Ride.fix(100 - 86_400.001, east: 0),
                Ride.fix(160.001, east: 0), Ride.fix(160, east: 100),
            ], now: Self.now)
        #expect(change.accepted == 3)
        var drops = TrackDrops()
        drops.inaccurate = 1
        drops.jump = 1
        drops.stale = 1
        drops.future = 1
        drops.duplicate = 1
        #expect(change.dropped == drops)
        #expect(track.dropped == drops)
        _ = track.add([Ride.fix(0, east: 0)], now: Self.now)
        #expect(track.dropped.duplicate == 2 && track.dropped.total == 6)
        #expect(track.current == Ride.fix(160, east: 100))
    }

    @Test("The bounds of age are inside")
    func ages() {
        var track = Track.empty
        let change = track.add([Ride.fix(100 - 86_400, east: 0), Ride.fix(160, east: 0)], now: Self.now)
        #expect(change.accepted == 2)
    }

    @Test("A speed at the bound is kept and read back, whatever its last digit")
    func roundedSpeeds() throws {
        let here = try #require(GeoPoint(latitude: 13.75, longitude: 100.5))
        let now = Timestamp(seconds: 1_795_230_000)
        for hundredths in 1_600...2_400 {
            var track = Track.empty
            let fixes = [(-1_800, nil), (-1_799, Double(hundredths) / 100), (-60, 60.0)].map { seconds, speed in
                Fix(point: here, at: now.advanced(by: .seconds(seconds)), speed: speed)
            }
            _ = track.add(fixes, now: now)
            #expect(Track(json: try JSONParser.parse(track.json.bytes)) == track, "\(hundredths)")
        }
    }

    @Test("A report is judged by when it came")
    func report() throws {
        let data = ["points": [["lat": 13.7, "lng": 100.5, "at": .string(Ride.time(0).rfc3339)]]] as JSONValue
        let report = try PositionReport(data: data, now: Ride.time(86_401))
        var track = Track.empty
        let change = track.add(report)
        #expect(change.dropped.stale == 1 && track.isEmpty)
    }

    @Test("200 km/h is possible, more is a jump, and the accuracies of both are given")
    func speeds() {
        func accepts(_ metres: Double, _ seconds: Double, accuracy: Double?) -> Bool {
            var track = Track.empty
            _ = track.add([Ride.fix(0, east: 0, accuracy: accuracy)], now: Self.now)
            return track.add([Ride.fix(seconds, east: metres, accuracy: accuracy)], now: Self.now).accepted == 1
        }
        #expect(accepts(555, 10, accuracy: 0))
        #expect(!accepts(557, 10, accuracy: 0))
        #expect(accepts(595, 10, accuracy: 20))
        #expect(!accepts(597, 10, accuracy: 20))
        // What says nothing is taken for 25 m.
        #expect(accepts(605, 10, accuracy: nil))
        #expect(!accepts(607, 10, accuracy: nil))
    }

    @Test("An older point has to agree with both of its neighbours")
    func olderJump() {
        for east in [2_000.0, -2_000] {
            var track = Track.empty
            _ = track.add([Ride.fix(0, east: 0), Ride.fix(20, east: 0), Ride.fix(60, east: 0)], now: Self.now)
            #expect(track.add([Ride.fix(15, east: east)], now: Self.now).dropped.jump == 1)
            #expect(track.add([Ride.fix(25, east: east)], now: Self.now).dropped.jump == 1)
            #expect(track.add([Ride.fix(10, east: east / 10)], now: Self.now).accepted == 1)
            #expect(track.points.count == 4)
        }
    }

    @Test("A lone wrong point is dropped, those after it are taken")
    func loneWrong() {
        var track = Track.empty
        _ = track.add(Self.ride(0...10), now: Self.now)
        let wrong = track.add([Ride.fix(11, east: 50_000)], now: Self.now)
        #expect(wrong.dropped.jump == 1 && !wrong.isMoved)
        let right = track.add(Self.ride(12...20), now: Self.now)
        #expect(right.accepted == 9 && right.dropped.total == 0)
        #expect(track.points.count == 20)
    }

    @Test("A wrong current point loses to three in a row that agree, whether they come at once or one by one")
    func wrongCurrent() {
        for isBatch in [true, false] {
            var track = Track.empty
            _ = track.add([Ride.fix(0, east: 80_000)], now: Self.now)
            let right = Self.ride(1...4)
            let changes = isBatch ? [track.add(right, now: Self.now)] : right.map { track.add([$0], now: Self.now) }
            #expect(changes.map(\.accepted).reduce(0, +) == 2)
            #expect(changes.map(\.dropped.jump).reduce(0, +) == 2)
            #expect(track.current == right.last)
            #expect(track.points == right.map(\.point), "the wrong one has left the line")
            if !isBatch { #expect(changes.map(\.isMoved) == [false, false, true, true]) }
        }
    }

    @Test("The points before a jump that agree with the new place stay")
    func newPlace() {
        var track = Track.empty
        _ = track.add(Self.ride(0...10), now: Self.now)
        // 1 100 m on, 11 s later: too fast from second 10 to 20 only.
        let new = (0...2).map { Ride.fix(21 + Double($0), east: 1_000 + Double($0) * 10) }
        let change = track.add(new, now: Self.now)
        #expect(change.accepted == 1 && track.current == new.last)
        #expect(track.points.suffix(3) == new.map(\.point))
        let kept = track.points.dropLast(3)
        #expect(!kept.isEmpty && kept.count < 11, "\(kept.count)")
        #expect(kept.elementsEqual(Self.ride(0...10).map(\.point).prefix(kept.count)))
    }

    @Test("Points that contradict each other as well do not win")
    func scattered() {
        var track = Track.empty
        _ = track.add(Self.ride(0...5), now: Self.now)
        for second in 6...30 {
            let far = second.isMultiple(of: 2) ? 40_000.0 : -40_000
            #expect(track.add([Ride.fix(Double(second), east: far)], now: Self.now).dropped.jump == 1)
        }
        #expect(track.current == Self.ride(5...5).last)
        // Two that agree, then one that agrees with the current one: not in a row.
        _ = track.add([Ride.fix(31, east: 9_000), Ride.fix(32, east: 9_000), Ride.fix(33, east: 60)], now: Self.now)
        #expect(track.add([Ride.fix(34, east: 9_000)], now: Self.now).dropped.jump == 1)
        #expect(track.current == Ride.fix(33, east: 60))
    }

    @Test("The line forgets what is older than a day before its newest point")
    func forgets() {
        var track = Track.empty
        _ = track.add(Self.ride(0...10), now: Self.now)
        _ = track.add([Ride.fix(86_405, east: 0)], now: Ride.time(86_405))
        #expect(track.points.count == 7)
    }

    @Test("The heading is what was reported, else the way from 5 m or more away")
    func headings() throws {
        var track = Track.empty
        #expect(track.heading == nil)
        _ = track.add([Ride.fix(0, east: 0)], now: Self.now)
        #expect(track.heading == nil)
        _ = track.add([Ride.fix(1, east: 4)], now: Self.now)
        #expect(track.heading == nil, "4 m are noise")
        _ = track.add([Ride.fix(2, east: 20)], now: Self.now)
        #expect(abs(try #require(track.heading) - 90) < 0.1)
        _ = track.add([Ride.fix(3, east: 20, north: -1)], now: Self.now)
        #expect(abs(try #require(track.heading) - 90) < 5, "who stands looks where they went")
        _ = track.add([Ride.fix(4, east: 20, heading: 271.25)], now: Self.now)
        #expect(track.heading == 271.25)
        _ = track.add([Ride.fix(5, east: 20, north: 40, heading: 360)], now: Self.now)
        #expect(track.heading == 0)
    }

    @Test("The speed follows in half a minute, and standing does not end it at once")
    func smoothing() throws {
        var track = Track.empty
        _ = track.add([Ride.fix(0, east: 0, speed: 0)], now: Self.now)
        #expect(track.speed == nil)
        _ = track.add([Ride.fix(1, east: 10, speed: 10)], now: Self.now)
        #expect(track.speed == 10)
        _ = track.add([Ride.fix(31, east: 500, speed: 20)], now: Self.now)
        #expect(abs(try #require(track.speed) - 15) < 1e-9)
        _ = track.add([Ride.fix(91, east: 500, speed: 0)], now: Self.now)
        #expect(try #require(track.speed) > 13, "a minute at a light")
        _ = track.add([Ride.fix(91 + 3_000, east: 500, speed: 0)], now: Ride.time(3_091))
        #expect(try #require(track.speed) < 0.1, "an hour is no light")
    }

    @Test("Without a reported speed it is derived from the places")
    func derivedSpeed() throws {
        var track = Track.empty
        _ = track.add(Self.ride(0...60), now: Self.now)
        #expect(abs(try #require(track.speed) - 10) < 0.05)
    }

    @Test("Fixes keep what phones say, in 24 bytes")
    func fixes() {
        #expect(MemoryLayout<Fix>.stride == 24)
        let fix = Ride.fix(0.123_9, east: 0, accuracy: 12.34, speed: 5.678, heading: 359.999)
        #expect(fix.at.microseconds == Ride.start.microseconds + 123_000)
        #expect(fix.accuracy == 12.3 && fix.speed == 5.68 && fix.heading == 0)
        let silent = Fix(point: fix.point, at: fix.at)
        #expect(silent.accuracy == nil && silent.speed == nil && silent.heading == nil)
        let odd = Fix(point: fix.point, at: fix.at, accuracy: .nan, speed: -1, heading: .infinity)
        #expect(odd == silent)
        #expect(Fix(point: fix.point, at: fix.at, accuracy: 1e308).accuracy == 6_553.4)
    }
}
