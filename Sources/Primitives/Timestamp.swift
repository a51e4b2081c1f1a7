/// A wall-clock time in microseconds since 1970-01-01T00:00:00Z. For people and for token expiry; never for measuring.
package struct Timestamp: Comparable, Hashable, Sendable {
    package let microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }
    /// Clamped to what microseconds can hold (292 000 years either way): a number of seconds may come from a token.
    package init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        microseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    /// Whole seconds since the epoch, rounded down.
    package var seconds: Int64 {
        let (whole, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return rest < 0 ? whole - 1 : whole
    }

    /// The time `duration` later (earlier when negative); clamped at both ends.
    package func advanced(by duration: Duration) -> Timestamp {
        let delta = duration.wholeNanoseconds / 1_000
        let (sum, overflow) = microseconds.addingReportingOverflow(delta)
        return Timestamp(microseconds: overflow ? (delta < 0 ? .min : .max) : sum)
    }

    /// RFC 3339 in Asia/Bangkok (UTC+07:00, no daylight saving), with milliseconds: `2026-11-21T10:00:00.250+07:00`.
    package var rfc3339: String { String(decoding: rfc3339Bytes, as: UTF8.self) }

    package var rfc3339Bytes: [UInt8] {
        let local = microseconds &+ 7 * 3_600_000_000
        var days = local / 86_400_000_000
        var rest = local % 86_400_000_000
        if rest < 0 { rest += 86_400_000_000; days -= 1 }
        let (year, month, day) = Self.civil(fromDays: days)
        let milliseconds = rest / 1_000
        var out: [UInt8] = []
        out.reserveCapacity(29)
        func digits(_ value: Int64, _ count: Int) {
            var divisor: Int64 = 1
            for _ in 1..<count { divisor *= 10 }
            var value = value
            for _ in 0..<count {
                out.append(UInt8(48 + (value / divisor) % 10))
                value %= divisor
                divisor = max(1, divisor / 10)
            }
        }
        digits(max(0, min(9999, year)), 4); out.append(0x2D)
        digits(Int64(month), 2); out.append(0x2D)
        digits(Int64(day), 2); out.append(0x54)
        digits(milliseconds / 3_600_000, 2); out.append(0x3A)
        digits(milliseconds / 60_000 % 60, 2); out.append(0x3A)
        digits(milliseconds / 1_000 % 60, 2); out.append(0x2E)
        digits(milliseconds % 1_000, 3)
        out.append(contentsOf: "+07:00".utf8)
        return out
    }

    /// Parses RFC 3339 with any offset and up to nine fractional digits; nil when it is not exactly that.
    package init?(rfc3339 text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20 else { return nil }
        func number(_ from: Int, _ count: Int) -> Int64? {
            guard from + count <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[from..<from + count] {
                guard byte >= 48, byte <= 57 else { return nil }
                value = value * 10 + Int64(byte - 48)
            }
            return value
        }
        guard let year = number(0, 4), bytes[4] == 0x2D, let month = number(5, 2), bytes[7] == 0x2D,
            let day = number(8, 2), bytes[10] | 0x20 == 0x74, let hour = number(11, 2), bytes[13] == 0x3A,
            let minute = number(14, 2), bytes[16] == 0x3A, let second = number(17, 2),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        var at = 19
        var micros: Int64 = 0
        if bytes[at] == 0x2E {
            at += 1
            var scale: Int64 = 100_000
            let start = at
            while at < bytes.count, bytes[at] >= 48, bytes[at] <= 57 {
                micros += Int64(bytes[at] - 48) * scale
                scale /= 10
                at += 1
            }
            guard at > start, at - start <= 9 else { return nil }
        }
        guard at < bytes.count else { return nil }
        var offsetMinutes: Int64 = 0
        if bytes[at] | 0x20 == 0x7A {
            guard at + 1 == bytes.count else { return nil }
        } else {
            guard bytes[at] == 0x2B || bytes[at] == 0x2D, at + 6 == bytes.count, bytes[at + 3] == 0x3A,
                let offsetHour = number(at + 1, 2), let offsetMinute = number(at + 4, 2), offsetHour < 24,
                offsetMinute < 60
            else { return nil }
            offsetMinutes = (offsetHour * 60 + offsetMinute) * (bytes[at] == 0x2D ? -1 : 1)
        }
        let days = Self.days(fromCivil: year, Int(month), Int(day))
        let (checkYear, checkMonth, checkDay) = Self.civil(fromDays: days)
        guard checkYear == year, checkMonth == Int(month), checkDay == Int(day) else { return nil }
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offsetMinutes * 60
        self.init(microseconds: seconds * 1_000_000 + micros)
    }

    // Proleptic Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    /// The date, in the proleptic Gregorian calendar, `days` after 1970-01-01.
    package static func civil(fromDays days: Int64) -> (year: Int64, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let day = Int(dayOfYear - (153 * monthIndex + 2) / 5 + 1)
        let month = Int(monthIndex < 10 ? monthIndex + 3 : monthIndex - 9)
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func days(fromCivil year: Int64, _ month: Int, _ day: Int) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let monthIndex = Int64(month > 2 ? month - 3 : month + 9)
        let dayOfYear = (153 * monthIndex + 2) / 5 + Int64(day) - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
