import Domain
import JSON
import Primitives
import TestSupport
import Testing

@Suite("When a rider arrives")
struct ArrivalTests {
    /// Rode to the east at `speed` for `seconds`; the last fix is at 0 m and second 0.
    private static func track(speed: Double, seconds: Int) -> Track {
        var track = Track.empty
        let fixes = (0...seconds).map { second in
            let before = Double(second - seconds)
            return Ride.fix(before, east: before * speed, speed: speed)
        }
        _ = track.add(fixes, now: Ride.start)
        return track
    }

    private static func estimate(
        _ metres: Double, speed: Double, ridden: Int, age: Double = 0
    ) throws -> Arrival {
        let track = track(speed: speed, seconds: ridden)
        let destination = Ride.point(east: metres, north: 0)
        let fix = try #require(track.current)
        return try #require(Arrival.estimate(from: fix, track: track, to: destination, now: Ride.time(age)))
    }

    @Test("Nothing is known yet: 6 m/s, the way 1.4 times as far as it looks")
    func prior() throws {
        let arrival = try Self.estimate(1_800, speed: 0, ridden: 0)
        #expect(abs(arrival.distance - 1_800) <= 2)
        #expect(abs(arrival.seconds - 420) <= 2)
        #expect(abs(arrival.low - 288) <= 2, "1.2 times the way at 7.5 m/s")
        #expect(abs(arrival.high - 640) <= 2, "1.6 times the way at 4.5 m/s")
        #expect(arrival.arrivesAt == Ride.start.advanced(by: .seconds(arrival.seconds)))
    }

    @Test("What was ridden counts the more the longer it was seen")
    func blended() throws {
        let seconds = try [0, 60, 120, 600].map { try Self.estimate(3_000, speed: 12, ridden: $0).seconds }
        #expect(seconds == seconds.sorted(by: >) && Set(seconds).count == 4, "\(seconds)")
        // Two minutes weigh as much as the prior: 9 m/s.
        #expect(abs(seconds[2] - 467) <= 2)
    }

    @Test("Who crawls or races is not believed to go on so", arguments: [0.6, 50])
    func bounds(_ speed: Double) throws {
        let arrival = try Self.estimate(2_000, speed: speed, ridden: 600)
        #expect(arrival.seconds >= 2_000 * 14 / 10 / 14 - 1)
        #expect(arrival.high <= 2_000 * 16 / 10 * 10 / 25 + 5)
    }

    @Test("The range holds the estimate, from nothing to the other side of the Earth")
    func ranges() throws {
        var random = SeededRandom(seed: 5)
        for _ in 0..<500 {
            let track = Self.track(speed: Double(random.integer(0...20)), seconds: random.integer(0...40))
            let fix = try #require(track.current)
            let destination = try #require(
                GeoPoint(
                    latitude: Double(random.integer(-90...90)), longitude: Double(random.integer(-180...180))))
            for place in [destination, fix.point] {
                let now = Ride.time(Double(random.integer(-60...1_800)))
                let arrival = try #require(Arrival.estimate(from: fix, track: track, to: place, now: now))
                #expect(0 <= arrival.low && arrival.low <= arrival.seconds && arrival.seconds <= arrival.high)
                #expect(arrival.arrivesAt == now.advanced(by: .seconds(arrival.seconds)))
            }
        }
    }

    @Test("Who is silent is taken to ride on for a minute; the latest arrival does not come nearer")
    func silence() throws {
        let fresh = try Self.estimate(1_800, speed: 0, ridden: 0)
        let halfMinute = try Self.estimate(1_800, speed: 0, ridden: 0, age: 30)
        #expect(halfMinute.seconds == fresh.seconds - 30 && halfMinute.low == fresh.low - 30)
        #expect(halfMinute.high == fresh.high && halfMinute.arrivesAt == fresh.arrivesAt)
        let tenMinutes = try Self.estimate(1_800, speed: 0, ridden: 0, age: 600)
        #expect(tenMinutes.seconds == fresh.seconds - 60)
    }

    @Test("No destination, or a fix of more than half an hour ago: no arrival")
    func none() throws {
        let track = Self.track(speed: 5, seconds: 10)
        let fix = try #require(track.current)
        let place = Ride.point(east: 500, north: 0)
        #expect(Arrival.estimate(from: fix, track: track, to: nil, now: Ride.start) == nil)
        #expect(Arrival.estimate(from: fix, track: track, to: place, now: Ride.time(1_800)) != nil)
        #expect(Arrival.estimate(from: fix, track: track, to: place, now: Ride.time(1_800.001)) == nil)
    }

    @Test("Worth telling: moved by a minute, or a fifth of what is left, but not by the noise of the last metres")
    func worthTelling() throws {
        // 7 s of the way are 30 m at 6 m/s.
        func arrival(_ seconds: Double, at now: Double = 0) throws -> Arrival {
            let fix = Ride.fix(now, east: 0)
            var track = Track.empty
            _ = track.add([fix], now: fix.at)
            let place = Ride.point(east: seconds * 30 / 7, north: 0)
            return try #require(Arrival.estimate(from: fix, track: track, to: place, now: fix.at))
        }
        #expect(try !arrival(1_000).isWorthTelling(after: arrival(1_000)))
        #expect(try !arrival(990, at: 10).isWorthTelling(after: arrival(1_000)), "as told")
        #expect(try !arrival(1_050).isWorthTelling(after: arrival(1_000)))
        #expect(try arrival(1_063).isWorthTelling(after: arrival(1_000)), "a minute later")
        #expect(try arrival(937).isWorthTelling(after: arrival(1_000)), "a minute earlier")
        #expect(try arrival(100).isWorthTelling(after: arrival(122)), "a fifth")
        #expect(try !arrival(100).isWorthTelling(after: arrival(115)), "less than a fifth")
        #expect(try !arrival(5).isWorthTelling(after: arrival(12)), "noise")
        #expect(try arrival(5).isWorthTelling(after: arrival(20)))
    }

    @Test("The value eta")
    func data() throws {
        let arrival = try Self.estimate(1_800, speed: 0, ridden: 0)
        #expect(
            arrival.data == [
                "distance": .integer(Int64(arrival.distance)), "seconds": .integer(Int64(arrival.seconds)),
                "low": .integer(Int64(arrival.low)), "high": .integer(Int64(arrival.high)),
                "arrivesAt": .string(arrival.arrivesAt.rfc3339),
            ])
    }
}
