package import Primitives

/// When something is due, as `cron` writes it: minute, hour, day of the month, month, day of the week (0 and 7 are Sunday), on
/// Bangkok's clock. Each field is `*` or a list of numbers and ranges, each with `/step` if one likes. As in cron, with both days
/// restricted one of them is enough.
package struct CronSchedule: Sendable, Equatable, CustomStringConvertible {
    package let description: String
    /// A bit for each number.
    private let minutes: UInt64
    private let hours: UInt64
    private let days: UInt64
    private let months: UInt64
    private let weekdays: UInt64
    private let restrictsDays: Bool
    private let restrictsWeekdays: Bool

    package static let maxBytes = 128
    /// A 29 February comes within eight years.
    package static let maxSearchDays: Int64 = 8 * 366

    /// nil when it is not in that form.
    package init?(_ text: String) {
        let fields = text.utf8.count <= Self.maxBytes ? text.split(separator: " ").map(String.init) : []
        guard fields.count == 5, let minutes = Self.bits(fields[0], 0...59), let hours = Self.bits(fields[1], 0...23),
            let days = Self.bits(fields[2], 1...31), let months = Self.bits(fields[3], 1...12),
            let weekdays = Self.bits(fields[4], 0...7)
        else { return nil }
        description = fields.joined(separator: " ")
        self.minutes = minutes
        self.hours = hours
        self.days = days
        self.months = months
        self.weekdays = weekdays | (weekdays >> 7 & 1)
        restrictsDays = !fields[2].hasPrefix("*")
        restrictsWeekdays = !fields[4].hasPrefix("*")
    }

    private static func bits(_ field: String, _ range: ClosedRange<Int>) -> UInt64? {
        var bits: UInt64 = 0
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
            guard (1...2).contains(pieces.count), let step = pieces.count == 2 ? number(pieces[1]) : 1,
                step >= 1, step <= range.upperBound
            else { return nil }
            let bounds: ClosedRange<Int>
            if pieces[0] == "*" {
                bounds = range
            } else {
                let ends = pieces[0].split(separator: "-", omittingEmptySubsequences: false)
                guard (1...2).contains(ends.count), let first = number(ends[0]), range.contains(first) else {
                    return nil
                }
                // `8/2` begins at 8 and goes on to the end.
                let last = ends.count == 2 ? number(ends[1]) : pieces.count == 2 ? range.upperBound : first
                guard let last, last >= first, range.contains(last) else { return nil }
                bounds = first...last
            }
            for value in stride(from: bounds.lowerBound, through: bounds.upperBound, by: step) {
                bits |= 1 << UInt64(value)
            }
        }
        return bits
    }

    private static func number(_ text: Substring) -> Int? {
        guard (1...2).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }

    // MARK: Times

    /// The first time that is due after `time`, not `time` itself; nil when there is none (30 February).
    package func next(after time: Timestamp) -> Timestamp? {
        let (day, second) = BangkokClock.dayAndSecond(of: time)
        // A minute that has begun is over.
        if isDue(day), let minute = firstMinute(from: second / 60 + 1) { return Self.time(day, minute) }
        for later in (day + 1)...(day + Self.maxSearchDays) where isDue(later) {
            if let minute = firstMinute(from: 0) { return Self.time(later, minute) }
        }
        return nil
    }

    /// The last time that was due at or before `time`; nil when there was none.
    package func last(upTo time: Timestamp) -> Timestamp? {
        let (day, second) = BangkokClock.dayAndSecond(of: time)
        if isDue(day), let minute = lastMinute(upTo: second / 60) { return Self.time(day, minute) }
        for back in 1...Self.maxSearchDays where isDue(day - back) {
            if let minute = lastMinute(upTo: 1_439) { return Self.time(day - back, minute) }
        }
        return nil
    }

    private static func time(_ day: Int64, _ minute: Int64) -> Timestamp {
        BangkokClock.time(day: day, second: minute * 60)
    }

    private func isDue(_ day: Int64) -> Bool {
        let date = Timestamp.civil(fromDays: day)
        guard months >> UInt64(date.month) & 1 == 1 else { return false }
        let isDay = days >> UInt64(date.day) & 1 == 1
        // 1970-01-01 was a Thursday.
        let weekday = ((day + 4) % 7 + 7) % 7
        let isWeekday = weekdays >> UInt64(weekday) & 1 == 1
        return restrictsDays && restrictsWeekdays ? isDay || isWeekday : isDay && isWeekday
    }

    private func isDue(minute: Int64) -> Bool {
        hours >> UInt64(minute / 60) & 1 == 1 && minutes >> UInt64(minute % 60) & 1 == 1
    }

    private func firstMinute(from minute: Int64) -> Int64? {
        (minute..<max(minute, 1_440)).first { isDue(minute: $0) }
    }

    private func lastMinute(upTo minute: Int64) -> Int64? {
        stride(from: minute, through: 0, by: -1).first { isDue(minute: $0) }
    }
}
