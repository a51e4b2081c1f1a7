import Domain
import Primitives
import TestSupport
import Testing

@Suite("A schedule as cron writes it, on Bangkok's clock")
struct CronScheduleTests {
    private func time(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text + "+07:00")) }
    private func schedule(_ text: String) throws -> CronSchedule { try #require(CronSchedule(text)) }

    @Test(
        "The gold price: each full hour from 8 to 18, Monday to Saturday",
        arguments: [
            // 2026-11-20 is a Friday.
            ("2026-11-20T07:59:59", "2026-11-20T08:00:00"), ("2026-11-20T08:00:00", "2026-11-20T09:00:00"),
            ("2026-11-20T08:00:01", "2026-11-20T09:00:00"), ("2026-11-20T17:59:59", "2026-11-20T18:00:00"),
            ("2026-11-20T18:00:00", "2026-11-21T08:00:00"), ("2026-11-20T23:59:59", "2026-11-21T08:00:00"),
            ("2026-11-20T00:00:00", "2026-11-20T08:00:00"),
            // Saturday's last, over Sunday, to Monday's first.
            ("2026-11-21T18:00:00", "2026-11-23T08:00:00"), ("2026-11-22T12:00:00", "2026-11-23T08:00:00"),
            ("2026-12-31T18:30:00", "2027-01-01T08:00:00"), ("2028-02-28T18:30:00", "2028-02-29T08:00:00"),
        ])
    func gold(from: String, next: String) throws {
        let schedule = try schedule("0 8-18 * * 1-6")
        #expect(schedule.next(after: try time(from)) == (try time(next)))
        // Between the two there is none.
        let last = try #require(schedule.last(upTo: try time(next)))
        #expect(last == (try time(next)))
        let before = try time(next).advanced(by: .seconds(-1))
        #expect(try #require(schedule.last(upTo: before)) <= (try time(from)))
    }

    @Test("Bangkok's days are not Greenwich's: Monday 8:00 there is Monday 1:00 here, and Sunday 17:00 UTC is Monday")
    func zone() throws {
        let schedule = try schedule("30 0 * * 1")
        let sunday = try #require(Timestamp(rfc3339: "2026-11-22T16:59:00Z"))
        #expect(schedule.next(after: sunday) == Timestamp(rfc3339: "2026-11-22T17:30:00Z"))
    }

    @Test(
        "Fields",
        arguments: [
            ("*/15 * * * *", "2026-11-20T08:01:00", "2026-11-20T08:15:00"),
            ("5,35 9-17/4 * * *", "2026-11-20T09:36:00", "2026-11-20T13:05:00"),
            ("0 8/5 * * *", "2026-11-20T13:00:00", "2026-11-20T18:00:00"),
            ("0 0 29 2 *", "2026-11-20T00:00:00", "2028-02-29T00:00:00"),
            ("0 0 29 2 *", "2096-03-01T00:00:00", "2104-02-29T00:00:00"),
            ("59 23 31 12 *", "2026-12-31T23:59:00", "2027-12-31T23:59:00"),
            ("0 12 * * 7", "2026-11-20T00:00:00", "2026-11-22T12:00:00"),
            ("0 12 * * 0", "2026-11-20T00:00:00", "2026-11-22T12:00:00"),
            // Either day is enough, where both are restricted.
            ("0 12 13 * 5", "2026-11-13T12:00:00", "2026-11-20T12:00:00"),
            ("0 12 21 * 5", "2026-11-20T12:00:00", "2026-11-21T12:00:00"),
        ])
    func fields(_ text: String, from: String, next: String) throws {
        #expect(try schedule(text).next(after: try time(from)) == (try time(next)))
    }

    @Test("A day that never comes")
    func never() throws {
        let schedule = try schedule("0 0 31 2,4 *")
        #expect(schedule.next(after: try time("2026-11-20T00:00:00")) == nil)
        #expect(schedule.last(upTo: try time("2026-11-20T00:00:00")) == nil)
    }

    @Test(
        "What is no schedule",
        arguments: [
            "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *",
            "* * * * 8",
            "5-1 * * * *", "*/0 * * * *", "*/60 * * * *", "1, * * * *", "-1 * * * *", "1- * * * *", "a * * * *",
            "1/2/3 * * * *", "+1 * * * *", "١ * * * *", "@hourly", "0 8-18 * * MON",
        ])
    func refused(_ text: String) { #expect(CronSchedule(text) == nil) }

    @Test("The next time is the first one that is due, whatever the schedule: found by looking at each minute")
    func exhaustive() throws {
        var random = SeededRandom(seed: UInt64.random(in: 0...(.max)))
        for text in ["0 8-18 * * 1-6", "*/7 */5 * * *", "13 4 1,15 * 2", "0 0 * 3 *"] {
            let schedule = try schedule(text)
            for _ in 0..<20 {
                let start = Timestamp(seconds: 1_795_000_000 + Int64(random.integer(0...3_000_000)))
                let next = try #require(schedule.next(after: start))
                // From the next on backwards, minute by minute, nothing is due until the start.
                var minute = Timestamp(seconds: next.seconds - 60)
                var looked = 0
                while minute > start, looked < 3_000 {
                    #expect(try #require(schedule.last(upTo: minute)) <= start, "\(text) after \(start.rfc3339)")
                    minute = Timestamp(seconds: minute.seconds - 60)
                    looked += 60
                }
                #expect(next > start && next.seconds % 60 == 0)
            }
        }
    }
}
