import JSON
import Primitives
import Testing

@testable import LoadHarness

@Suite struct OrderTripTests {
    private static let start = Timestamp(seconds: 1_780_000_000)

    private static func instant(_ milliseconds: UInt64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    private static func time(_ point: JSONValue) throws -> Int64 {
        try #require(point["at"]?.string.flatMap { Timestamp(rfc3339: $0) }).microseconds / 1000
    }

    @Test func pointsHaveTimesOfTheirOwn() throws {
        let trip = OrderTrip(id: "o")
        let first = try Self.time(trip.point(at: Self.start, intended: Self.instant(1)))
        // The same millisecond, and a clock that was set back.
        let second = try Self.time(trip.point(at: Self.start, intended: Self.instant(2)))
        let third = try Self.time(trip.point(at: Timestamp(seconds: 0), intended: Self.instant(3)))
        #expect((second, third) == (first + 1, first + 2))
        #expect([first, second, third].map { trip.intended(of: $0) } == [1, 2, 3].map(Self.instant))
        #expect(trip.intended(of: third + 1) == nil)
        trip.ended()
        #expect(trip.endedAt == third)
    }

    @Test func noStepIsFasterThanARider() throws {
        let trip = OrderTrip(id: "o")
        var before: Double?
        for number in 0..<3000 {
            let at = Self.start.advanced(by: .milliseconds(100 * number))
            let point = trip.point(at: at, intended: Self.instant(1))
            let latitude = try #require(point["lat"]?.double)
            // 200 km/h are 5.5 m in 100 ms; a degree is 111 km.
            if let before { #expect(abs(latitude - before) * 111_195 < 5.5) }
            #expect(latitude < OrderPlaces.destination.lat - 0.02)
            before = latitude
        }
    }

    @Test func keepsTheInstantsOfTheNewestReports() throws {
        let trip = OrderTrip(id: "o")
        var newest: Int64 = 0
        for number in 0..<(OrderTrip.maxReports * 4) {
            newest = try Self.time(trip.point(at: Self.start, intended: Self.instant(UInt64(number))))
        }
        #expect(trip.intended(of: newest) == Self.instant(UInt64(OrderTrip.maxReports * 4 - 1)))
        #expect(trip.intended(of: newest - Int64(OrderTrip.maxReports)) == nil)
    }

    @Test func stepsGoRoundOneAfterTheOther() throws {
        let trip = OrderTrip(id: "o")
        #expect(trip.add(OrderTrip.Step(number: 1, intended: Self.instant(10))))
        let first = try #require(trip.next())
        #expect(!trip.add(OrderTrip.Step(number: 2, intended: Self.instant(20))), "one is under way")
        #expect(trip.nextStatus == "PREPARING")
        // A viewer was faster than the answer.
        #expect(trip.show(3, at: Self.instant(12)) == nil)
        #expect(trip.acknowledge(first, offset: 3) == [Self.instant(12)])
        #expect(trip.show(3, at: Self.instant(13)) == Self.instant(10))
        trip.finished()
        for (number, status) in ["RIDING", "WAITING", "PREPARING"].enumerated() {
            _ = trip.add(OrderTrip.Step(number: number + 3, intended: Self.instant(30)))
            let step = try #require(trip.next())
            #expect(trip.nextStatus == status)
            _ = trip.acknowledge(step, offset: Int64(number) + 4)
            trip.finished()
        }
        #expect(trip.acknowledged.map(\.offset) == [3, 4, 5, 6])
    }

    @Test func afterAnAnswerThatNeverCameNothingIsTried() throws {
        let trip = OrderTrip(id: "o")
        _ = trip.add(OrderTrip.Step(number: 1, intended: Self.instant(10)))
        _ = trip.next()
        _ = trip.add(OrderTrip.Step(number: 2, intended: Self.instant(20)))
        trip.finished()
        trip.lose()
        #expect(trip.isUnclear && trip.unclear == 1 && trip.next() == nil)
    }
}
