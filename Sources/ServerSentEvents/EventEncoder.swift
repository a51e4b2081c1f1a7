internal import Primitives

/// Writes an event stream (WHATWG HTML §9.2.5). What is written has no way out of its field: line breaks in data make
/// further `data` lines, in other fields they and NUL are left out.
package enum EventEncoder {
    /// One event, with the blank line that dispatches it.
    ///
    /// - Parameters:
    ///   - data: UTF-8. CR, LF and CRLF in it all arrive as line feeds.
    ///   - id: what the client sends as `Last-Event-ID` when it comes back; nil keeps the one before.
    ///   - name: the event's type; nil: `message`.
    package static func event(data: [UInt8], id: String?, name: String? = nil) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(data.count + (id?.utf8.count ?? 0) + (name?.utf8.count ?? 0) + 32)
        if let name { append("event: ", name, to: &out) }
        if let id { append("id: ", id, to: &out) }
        appendData(data, to: &out)
        out.append(0x0A)
        return out
    }

    /// Lines that clients skip: they keep the connection alive, and show at once that it is.
    package static func comment(_ text: String) -> [UInt8] {
        var out: [UInt8] = []
        append(": ", text, to: &out)
        out.append(0x0A)
        return out
    }

    /// How long a client waits before it comes back after the connection was lost; at most a year.
    package static func retry(_ delay: Duration) -> [UInt8] {
        let milliseconds = min(max(.zero, delay), .seconds(365 * 86_400)).wholeMillisecondsRoundedUp
        return Array("retry: \(milliseconds)\n\n".utf8)
    }

    private static func append(_ field: StaticString, _ value: String, to out: inout [UInt8]) {
        field.withUTF8Buffer { out.append(contentsOf: $0) }
        for byte in value.utf8 where byte != 0x0A && byte != 0x0D && byte != 0 { out.append(byte) }
        out.append(0x0A)
    }

    private static func appendData(_ data: [UInt8], to out: inout [UInt8]) {
        var start = 0
        while true {
            let end = data[start...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? data.endIndex
            out.append(contentsOf: "data: ".utf8)
            out.append(contentsOf: data[start..<end])
            out.append(0x0A)
            guard end < data.endIndex else { return }
            let isPair = data[end] == 0x0D && end + 1 < data.endIndex && data[end + 1] == 0x0A
            start = end + (isPair ? 2 : 1)
        }
    }
}
