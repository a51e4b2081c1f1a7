internal import HTTPClient
package import Primitives

/// How long a provider asks to be left alone.
package enum RetryAfter {
    /// Longer waits are cut to this: a provider's typing error must not take it out of service for a day.
    package static let longest = Duration.seconds(120)

    /// From `retry-after-ms`, else `retry-after` in seconds or as a date (RFC 9110 §10.2.3, the preferred form only).
    /// Nil when neither asks for a wait.
    package static func delay(
        milliseconds: String?, retryAfter: String?, wallClock: Timestamp
    ) -> Duration? {
        if let delay = milliseconds.flatMap(Double.init).flatMap({ bounded(seconds: $0 / 1000) }) { return delay }
        guard let retryAfter else { return nil }
        if let seconds = Double(retryAfter) { return bounded(seconds: seconds) }
        guard let date = date(retryAfter) else { return nil }
        let wait = date.microseconds.subtractingReportingOverflow(wallClock.microseconds)
        return wait.overflow ? nil : bounded(seconds: Double(wait.partialValue) / 1e6)
    }

    static func delay(_ head: HTTPResponseHead, wallClock: Timestamp) -> Duration? {
        delay(milliseconds: head["retry-after-ms"], retryAfter: head["retry-after"], wallClock: wallClock)
    }

    /// A protobuf duration in JSON: `31s`, `31.5s`.
    static func delay(protobuf text: String) -> Duration? {
        guard text.last == "s" else { return nil }
        return Double(text.dropLast()).flatMap(bounded(seconds:))
    }

    private static func bounded(seconds: Double) -> Duration? {
        guard seconds > 0 else { return nil }
        return seconds >= 120 ? longest : .nanoseconds(Int64(seconds * 1e9))
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func date(_ text: String) -> Timestamp? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", parts[1].count == 2, parts[3].count == 4, parts[4].count == 8,
            let month = months.firstIndex(of: String(parts[2]))
        else { return nil }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return Timestamp(rfc3339: "\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
    }
}
