import Domain
import JSON
import Primitives
import TestSupport
import Testing

@Suite("The line of a track")
struct TrackLineTests {
    private static func track(_ fixes: [Fix], batch: Int = 16) -> Track {
        var track = Track.empty
        for start in stride(from: 0, to: fixes.count, by: batch) {
            let part = Array(fixes[start..<min(start + batch, fixes.count)])
            _ = track.add(part, now: part[part.count - 1].at)
        }
        return track
    }

    @Test("Up to 64 points it is the way as it was reported")
    func raw() {
        var random = SeededRandom(seed: 1)
        let ride = Ride.random(&random, points: 64)
        let track = Self.track(ride)
        #expect(track.points == ride.map(\.point))
        #expect(track.deviation == 0)
    }

    @Test("A straight ride of an hour fits with the first tolerance")
    func straight() {
        let ride = (0..<3_600).map { Ride.fix(Double($0), east: Double($0) * 8) }
        let track = Self.track(ride)
        #expect(track.points.count <= TrackLine.maxPoints)
        #expect(track.deviation <= 8)
        #expect(track.points.first == ride.first?.point)
        #expect(track.points.suffix(8) == ride.suffix(8).map(\.point))
    }

    @Test("Every point of a random ride stays within the deviation that the line states", arguments: 0..<24)
    func property(_ number: UInt64) {
        let seed = 7_000 + number
        var random = SeededRandom(seed: seed)
        let ride = Ride.random(&random, points: random.integer(65...1_500), gap: number.isMultiple(of: 2) ? 1 : 4)
        var track = Track.empty
        var index = 0
        while index < ride.count {
            let end = min(ride.count, index + random.integer(1...40))
            let part = Array(ride[index..<end])
            let change = track.add(part, now: part[part.count - 1].at)
            #expect(change.accepted == part.count, "seed \(seed)")
            #expect(track.points.count <= TrackLine.maxPoints, "seed \(seed)")
            #expect(track.current == part.last, "seed \(seed)")
            index = end
        }
        let line = track.points
        #expect(line.last == ride.last?.point && line.first == ride.first?.point, "seed \(seed)")
        #expect(line.suffix(8) == ride.suffix(8).map(\.point), "seed \(seed): the newest are raw")
        // A hundredth for the planes that both sides reckon in.
        let allowed = track.deviation * 1.01 + 0.01
        let farthest = ride.map { distance(from: $0.point, to: line) }.max() ?? 0
        #expect(farthest <= allowed, "seed \(seed): \(farthest) m, said \(track.deviation)")
        #expect(track.deviation <= 256, "seed \(seed): \(track.deviation) m for \(ride.count) points")
        let bytes = track.json.bytes.count
        #expect(bytes <= 1_536, "seed \(seed): \(bytes) bytes")
        #expect(Track(json: track.json) == track, "seed \(seed)")
    }

    @Test("Batches of one ride in any order give one line", arguments: 0..<20)
    func anyOrder(_ number: UInt64) {
        let seed = 8_000 + number
        var random = SeededRandom(seed: seed)
        let ride = Ride.random(&random, points: random.integer(2...64))
        let inOrder = Self.track(ride)
        var batches: [[Fix]] = []
        var index = 0
        while index < ride.count {
            let end = min(ride.count, index + random.integer(1...10))
            batches.append(ride[index..<end].shuffled(using: &random))
            index = end
        }
        batches.shuffle(using: &random)
        var track = Track.empty
        let accepted = batches.map { track.add($0, now: Ride.time(100)).accepted }.reduce(0, +)
        #expect(accepted == ride.count && track.dropped.total == 0, "seed \(seed)")
        #expect(track.current == inOrder.current && track.points == inOrder.points, "seed \(seed)")
        #expect(track.heading == inOrder.heading, "seed \(seed)")
        // All of it once more, as after a lost answer.
        let again = track.add(ride, now: Ride.time(100))
        #expect(again.accepted == 0 && again.dropped.duplicate == ride.count && !again.isMoved, "seed \(seed)")
    }

    @Test("Long rides whose parts come late keep the deviation", arguments: 0..<12)
    func late(_ number: UInt64) {
        let seed = 9_000 + number
        var random = SeededRandom(seed: seed)
        let ride = Ride.random(&random, points: 600)
        var parts = stride(from: 0, to: ride.count, by: 20).map { Array(ride[$0..<min($0 + 20, ride.count)]) }
        for _ in 0..<10 { parts.swapAt(random.integer(0...parts.count - 1), random.integer(0...parts.count - 1)) }
        var track = Track.empty
        for part in parts { _ = track.add(part, now: Ride.time(600)) }
        #expect(track.dropped.total == 0, "seed \(seed)")
        let farthest = ride.map { distance(from: $0.point, to: track.points) }.max() ?? 0
        #expect(farthest <= track.deviation * 1.01 + 0.01, "seed \(seed): \(farthest), said \(track.deviation)")
        #expect(track.points.count <= TrackLine.maxPoints)
    }

    @Test("A late point that bends a thinned stretch counts its detour into the deviation")
    func detour() {
        let ride = (0..<1_000).map { Ride.fix(Double($0), east: Double($0) * 8, north: Double($0 % 2)) }
        var track = Self.track(ride)
        #expect(track.deviation > 0 && track.deviation <= 8)
        let change = track.add([Ride.fix(500.5, east: 4_004, north: 300)], now: Ride.time(1_000))
        #expect(change.accepted == 1)
        let farthest = ride.map { distance(from: $0.point, to: track.points) }.max() ?? 0
        #expect(farthest > 16, "the way round passes far from what was left out")
        #expect(farthest <= track.deviation * 1.01 + 0.01, "\(farthest), said \(track.deviation)")
    }

    @Test("Whatever is reported, the track is bounded and every point is counted once", arguments: 0..<16)
    func hostile(_ number: UInt64) {
        let seed = 10_000 + number
        var random = SeededRandom(seed: seed)
        var track = Track.empty
        var (reported, accepted) = (0, 0)
        for _ in 0..<60 {
            let now = Ride.time(Double(random.integer(0...200_000)))
            let fixes = (0..<random.integer(1...60)).map { _ in
                let spread = random.element(of: [10, 10_000, 5_000_000])
                return Ride.fix(
                    Double(random.integer(-100...210_000)), east: Double(random.integer(-spread...spread)),
                    north: Double(random.integer(-spread...spread)),
                    accuracy: random.isOne(in: 2) ? nil : Double(random.integer(0...250)),
                    speed: random.isOne(in: 2) ? nil : Double(random.integer(0...100)),
                    heading: random.isOne(in: 2) ? nil : Double(random.integer(0...360)))
            }
            reported += fixes.count
            let change = track.add(fixes, now: now)
            accepted += change.accepted
            #expect(change.accepted + change.dropped.total == fixes.count, "seed \(seed)")
            #expect(track.points.count <= TrackLine.maxPoints, "seed \(seed)")
            #expect(track.points.last == track.current?.point, "seed \(seed)")
            #expect(Track(json: track.json) == track, "seed \(seed)")
            #expect(track.json.bytes.count <= 1_536, "seed \(seed): \(track.json.bytes.count) bytes")
        }
        #expect(accepted > 0 && accepted + track.dropped.total == reported, "seed \(seed)")
    }

    /// The largest of what can be stored: far apart at 200 km/h, near a pole, on a zigzag that nothing thins.
    @Test("A zigzag at 200 km/h from end to end of a day is stored in 1.5 KiB")
    func largest() throws {
        var track = Track.empty
        var fixes: [Fix] = []
        for index in 0..<400 {
            let point = try #require(
                GeoPoint(
                    latitude: 10 + Double(index % 2) * 0.55 + Double(index) * 0.003,
                    longitude: 100 - Double(index) * 0.01))
            let at = Ride.time(Double(index) * 1_205 + Double(index % 7) * 0.137)
            fixes.append(Fix(point: point, at: at, accuracy: 200, speed: 55.37, heading: 359.99))
        }
        for fix in fixes {
            #expect(track.add([fix], now: fix.at).accepted == 1)
            #expect(track.json.bytes.count <= 1_536, "\(track.json.bytes.count) bytes")
        }
        let far = try #require(GeoPoint(latitude: -80, longitude: -170))
        for second in 1...2 {
            let at = fixes[fixes.count - 1].at.advanced(by: .seconds(second))
            _ = track.add([Fix(point: far, at: at, accuracy: 200, speed: 99.99, heading: 359.99)], now: at)
        }
        #expect(track.json["rivals"]?.array?.count == 2)
        #expect(track.json.bytes.count <= 1_536, "\(track.json.bytes.count) bytes")
        #expect(track.points.count > 40)
        #expect(Track(json: track.json) == track)
    }
}
