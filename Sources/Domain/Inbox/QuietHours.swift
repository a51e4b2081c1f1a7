package import JSON
package import Primitives

/// The hours of each day in which nobody is to be woken. They may go over midnight.
package struct QuietHours: Sendable, Equatable {
    /// Minutes since midnight, where the person is; never the same as `to`.
    package let from: Int
    package let to: Int
    /// How far the person's clock is ahead of UTC: it does not change with the seasons, as in Thailand and the Philippines.
    package let offsetMinutes: Int

    static let minutesOfDay = 1_440

    /// nil when they begin as they end.
    package init?(from: Int, to: Int, offsetMinutes: Int) {
        guard from != to, (0..<Self.minutesOfDay).contains(from), (0..<Self.minutesOfDay).contains(to) else {
            return nil
        }
        self.from = from
        self.to = to
        self.offsetMinutes = offsetMinutes
    }

    /// The first moment from `time` on that is not in them.
    package func release(of time: Timestamp) -> Timestamp {
        let minute = Int64(60_000_000)
        let day = Int64(Self.minutesOfDay) * minute
        let local = time.microseconds + Int64(offsetMinutes) * minute
        let ofDay = ((local % day) + day) % day
        let (start, end) = (Int64(from) * minute, Int64(to) * minute)
        let isQuiet = start < end ? (start..<end).contains(ofDay) : ofDay >= start || ofDay < end
        guard isQuiet else { return time }
        let wait = end > ofDay ? end - ofDay : end + day - ofDay
        return Timestamp(microseconds: time.microseconds + wait)
    }

    // MARK: JSON

    /// `{"from":"22:00","to":"07:00","timezone":"+07:00"}`
    init(command json: JSONValue) throws(FaultReason) {
        guard let from = json["from"]?.string.flatMap(Self.minutes), let to = json["to"]?.string.flatMap(Self.minutes)
        else { throw .invalid("quietHours has from and to, each as HH:MM") }
        guard let zone = json["timezone"]?.string, let offset = Self.offset(zone) else {
            throw .invalid("quietHours.timezone is a fixed offset: +07:00, -05:30 or Z")
        }
        guard let hours = QuietHours(from: from, to: to, offsetMinutes: offset) else {
            throw .invalid("quietHours end at another time than they begin")
        }
        self = hours
    }

    private static func minutes(_ text: String) -> Int? {
        let digits = Array(text.utf8)
        guard digits.count == 5, digits[2] == 0x3A else { return nil }
        func number(_ first: Int) -> Int? {
            let (tens, ones) = (Int(digits[first]) - 0x30, Int(digits[first + 1]) - 0x30)
            return (0...9).contains(tens) && (0...9).contains(ones) ? tens * 10 + ones : nil
        }
        guard let hours = number(0), let minutes = number(3), hours < 24, minutes < 60 else { return nil }
        return hours * 60 + minutes
    }

    private static func offset(_ text: String) -> Int? {
        if text == "Z" { return 0 }
        guard let sign = text.first, sign == "+" || sign == "-", let minutes = minutes(String(text.dropFirst())),
            minutes <= 14 * 60
        else { return nil }
        return sign == "-" ? -minutes : minutes
    }

    private static func clock(_ minutes: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return two(minutes / 60) + ":" + two(minutes % 60)
    }
}

extension QuietHours: JSONWritable, JSONReadable {
    package var object: JSONObject {
        let zone = (offsetMinutes < 0 ? "-" : "+") + Self.clock(abs(offsetMinutes))
        return ["from": .string(Self.clock(from)), "to": .string(Self.clock(to)), "timezone": .string(zone)]
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        do throws(FaultReason) { try self.init(command: fields.json) } catch {
            throw JSONFieldFailure(field: "quietHours")
        }
    }
}
