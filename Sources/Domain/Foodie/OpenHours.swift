package import JSON
package import Primitives

/// When a branch is open, by the days of the week in Bangkok (UTC+07:00): `{"mon":[["09:00","20:00"]],"fri":[["18:00","02:00"]]}`.
/// A span that ends at or before its beginning ends on the next day. A day that is not named is closed.
package struct OpenHours: Sendable, Equatable {
    /// Minutes of the day, 0 to 1,440. The end is not in it.
    struct Span: Sendable, Equatable {
        let from: Int
        let to: Int

        var endsNextDay: Bool { to <= from }
    }

    /// Spans of one day.
    package static let maxSpans = 8
    static let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    /// Monday's first.
    private let spans: [[Span]]

    /// nil when it is not in that form.
    package init?(json: JSONValue) {
        guard let object = json.object else { return nil }
        var spans = Array(repeating: [Span](), count: Self.days.count)
        for member in object.members {
            guard let day = Self.days.firstIndex(of: member.name), let list = member.value.array,
                list.count <= Self.maxSpans
            else { return nil }
            for item in list {
                guard let span = Span(json: item) else { return nil }
                spans[day].append(span)
            }
        }
        self.spans = spans
    }

    package func isOpen(at time: Timestamp) -> Bool {
        // Floored, so that times before 1970 have a day, too.
        let seconds = time.advanced(by: .seconds(7 * 3_600)).seconds
        let day = seconds / 86_400 - (seconds % 86_400 < 0 ? 1 : 0)
        let minute = Int((seconds - day * 86_400) / 60)
        // 1970-01-01 was a Thursday.
        let today = Int(((day + 3) % 7 + 7) % 7)
        let isInToday = spans[today].contains { span in
            span.from <= minute && (span.endsNextDay || minute < span.to)
        }
        return isInToday || spans[(today + 6) % 7].contains { $0.endsNextDay && minute < $0.to }
    }
}

extension OpenHours.Span {
    fileprivate init?(json: JSONValue) {
        guard let pair = json.array, pair.count == 2, let from = pair[0].string.flatMap(Self.minute),
            let to = pair[1].string.flatMap(Self.minute), from < 1_440
        else { return nil }
        self.init(from: from, to: to)
    }

    /// `00:00` to `24:00`.
    private static func minute(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":") else { return nil }
        let digits = [bytes[0], bytes[1], bytes[3], bytes[4]].map { Int($0) - 0x30 }
        guard digits.allSatisfy({ (0...9).contains($0) }) else { return nil }
        let (hour, minute) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
        guard minute < 60, hour * 60 + minute <= 1_440 else { return nil }
        return hour * 60 + minute
    }
}
