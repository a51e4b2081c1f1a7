/// Writes server-sent events (WHATWG HTML §9.2).
package enum EventEncoder {
    /// One event. `data` must hold no line break (JSON text as we write it has none); `id` and `name` are ours.
    package static func event(data: [UInt8], id: String?, name: String? = nil) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(data.count + 48)
        if let name { out += Array("event: \(name)\n".utf8) }
        if let id { out += Array("id: \(id)\n".utf8) }
        out += Array("data: ".utf8)
        out += data
        out += [0x0A, 0x0A]
        return out
    }

    /// A line that clients skip: it keeps the connection alive.
    package static func comment(_ text: String) -> [UInt8] { Array(": \(text)\n\n".utf8) }
}
