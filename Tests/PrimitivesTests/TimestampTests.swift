import Foundation
import Primitives
import TestSupport
import Testing

@Suite("Timestamps (RFC 3339)")
struct TimestampTests {
    @Test(arguments: [
        ("2026-11-21T10:00:00+07:00", Int64(1_795_230_000_000_000)), ("2026-11-21T03:00:00Z", 1_795_230_000_000_000),
        ("2026-11-21t03:00:00z", 1_795_230_000_000_000), ("2026-11-21T03:00:00.250Z", 1_795_230_000_250_000),
        ("2026-11-21T03:00:00.000001999Z", 1_795_230_000_000_001), ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.5Z", -500_000),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000_000), ("2000-02-29T00:00:00-00:30", 951_784_200_000_000),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
    ])
    func areRead(text: String, microseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-11-21", "2026-11-21T10:00:00", "2026-11-21 10:00:00Z ", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-11-21T24:00:00Z",
        "2026-11-21T00:60:00Z",
        "2026-11-21T00:00:61Z", "2026-11-21T00:00:00.Z", "2026-11-21T00:00:00.0000000000Z", "2026-11-21T00:00:00+0700",
        "2026-11-21T00:00:00+24:00", "2026-11-21T00:00:00+07:60", "2026-11-21T00:00:00+07:000", "2026-11-21T00:00:00Zx",
        "2026-11-21T00:00:00.", "+026-11-21T00:00:00Z", "2026-1１-21T00:00:00Z", "2026/11/21T00:00:00Z",
        "2026-11-21T00:00:00",
    ])
    func othersAreNot(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func areWrittenInBangkokWithMilliseconds() {
        #expect(Timestamp(microseconds: 1_795_230_000_250_999).rfc3339 == "2026-11-21T10:00:00.250+07:00")
        #expect(Timestamp(microseconds: -1).rfc3339 == "1970-01-01T06:59:59.999+07:00")
    }

    @Test(arguments: [UInt64(1), 2, .random(in: 0...UInt64.max)])
    func readBackWhatWasWrittenAndAgreeWithFoundation(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime]
        for _ in 0..<500 {
            // Years 1 to 9999.
            let milliseconds = Int64(random.next() % 315_537_000_000_000) - 62_135_596_800_000
            let timestamp = Timestamp(microseconds: milliseconds * 1_000)
            #expect(Timestamp(rfc3339: timestamp.rfc3339) == timestamp, "\(timestamp.rfc3339), seed \(seed)")
            guard milliseconds > -2_000_000_000_000 else { continue }
            let text = formatter.string(from: Date(timeIntervalSince1970: Double(timestamp.seconds)))
            #expect(Timestamp(rfc3339: text)?.seconds == timestamp.seconds, "\(text), seed \(seed)")
        }
    }

    @Test(arguments: [Int64.min, .min + 1, -62_135_596_800_000_001, 253_402_300_800_000_000, .max - 1, .max])
    func noTimestampTraps(microseconds: Int64) {
        let timestamp = Timestamp(microseconds: microseconds)
        #expect(timestamp.rfc3339.utf8.count == 29)
        _ = timestamp.seconds
        _ = timestamp.advanced(by: .seconds(Int64.max))
        _ = Timestamp(seconds: microseconds)
    }

    @Test func secondsRoundDown() {
        #expect(Timestamp(microseconds: -1).seconds == -1 && Timestamp(microseconds: -1_000_000).seconds == -1)
        #expect(Timestamp(microseconds: 999_999).seconds == 0)
    }
}

@Suite("Instants and durations")
struct InstantTests {
    @Test func movingIsClampedAtBothEnds() {
        let instant = Instant(nanoseconds: 10)
        #expect(instant.advanced(by: .nanoseconds(-11)).nanoseconds == 0)
        #expect(instant.advanced(by: .nanoseconds(5)).nanoseconds == 15)
        #expect(Instant(nanoseconds: .max).advanced(by: .nanoseconds(1)).nanoseconds == .max)
        #expect(instant.advanced(by: .seconds(Int64.min)).nanoseconds == 0)
        #expect(instant.advanced(by: .seconds(Int64.max)).nanoseconds == 10 + UInt64(Int64.max))
    }

    @Test func sinceIsNeverNegative() {
        #expect(Instant(nanoseconds: 5).since(Instant(nanoseconds: 7)) == .zero)
        #expect(Instant(nanoseconds: 7).since(Instant(nanoseconds: 5)) == .nanoseconds(2))
        #expect(Instant(nanoseconds: .max).since(Instant(nanoseconds: 0)) == .nanoseconds(Int64.max))
    }

    @Test func timersRoundUpSoThatNoneFiresEarly() {
        #expect(Duration.nanoseconds(1).wholeMillisecondsRoundedUp == 1)
        #expect(Duration.milliseconds(2).wholeMillisecondsRoundedUp == 2)
        #expect(Duration.microseconds(2_001).wholeMillisecondsRoundedUp == 3)
        #expect(Duration.zero.wholeMillisecondsRoundedUp == 0)
        #expect(Duration.nanoseconds(-1).wholeMillisecondsRoundedUp == 0)
        #expect(Duration.milliseconds(1_500).inSeconds == 1.5)
    }
}
