package import Primitives

/// Days and times of day as Thailand's clocks show them: UTC+07:00, without daylight saving.
package enum BangkokClock {
    package static let offsetSeconds: Int64 = 7 * 3_600
    static let daySeconds: Int64 = 86_400

    /// The number of the day, counted from 1970-01-01.
    package static func day(of time: Timestamp) -> Int64 { dayAndSecond(of: time).day }

    /// The day, and the second of it (0…86 399).
    static func dayAndSecond(of time: Timestamp) -> (day: Int64, second: Int64) {
        let local = time.seconds + offsetSeconds  // seconds of microseconds: far from overflow
        let (day, second) = local.quotientAndRemainder(dividingBy: daySeconds)
        return second < 0 ? (day - 1, second + daySeconds) : (day, second)
    }

    /// When the day begins, and how many seconds of it have passed.
    package static func time(day: Int64, second: Int64 = 0) -> Timestamp {
        let (start, overflow) = day.multipliedReportingOverflow(by: daySeconds)
        let (local, overflow2) = start.addingReportingOverflow(second - offsetSeconds)
        if overflow || overflow2 { return Timestamp(microseconds: day < 0 ? .min : .max) }
        return Timestamp(seconds: local)
    }

    /// `2026-10-01`.
    package static func date(of time: Timestamp) -> String {
        // The first ten characters of RFC 3339 in this very zone.
        String(time.rfc3339.prefix(10))
    }

    /// The day that begins then; reads exactly `YYYY-MM-DD`, nil otherwise.
    package static func start(ofDate text: String) -> Timestamp? {
        guard text.utf8.count == 10 else { return nil }
        return Timestamp(rfc3339: text + "T00:00:00+07:00")
    }
}
