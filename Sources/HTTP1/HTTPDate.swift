package import Primitives

/// Dates as HTTP writes them (RFC 9110 §5.6.7).
package enum HTTPDate {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `IMF-fixdate`: `Sun, 06 Nov 1994 08:49:37 GMT`. Years are held within 0000 to 9999, all that the form can say.
    package static func format(_ timestamp: Timestamp) -> String {
        // 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
        let seconds = min(max(timestamp.seconds, -62_167_219_200), 253_402_300_799)
        let secondOfDay = ((seconds % 86_400) + 86_400) % 86_400
        let days = (seconds - secondOfDay) / 86_400
        let (year, month, day) = Timestamp.civil(fromDays: days)
        // 1970-01-01 was a Thursday.
        let weekday = weekdays[Int(((days % 7) + 7) % 7)]
        let time = [secondOfDay / 3_600, secondOfDay / 60 % 60, secondOfDay % 60]
            .map { digits(Int($0), 2) }.joined(separator: ":")
        return "\(weekday), \(digits(day, 2)) \(months[month - 1]) \(digits(Int(year), 4)) \(time) GMT"
    }

    private static func digits(_ value: Int, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}
