import JSON
import ServerSentEvents
import TestSupport

extension FuzzTarget {
    /// Flag 1: limits so tight that small inputs reach them.
    static let eventStream = FuzzTarget(
        "event-stream", words: ["data: ", "event: ", "id: ", "retry: 1000", "\r\n", "\n\n", "\u{FEFF}", ":\n"]
    ) { input in
        let limits = input.has(1) ? EventStreamLimits.tight : EventStreamLimits()
        let outcome = try input.outcome { try EventsRead($0, limits) }
        try outcome.checkRoundTrip()
    } seeds: {
        let streams = try Vectors.documents("sse").filter { $0.name == "streams" }.flatMap { $0.value.array ?? [] }
        return try streams.flatMap { vector in
            let bytes = try streamBytes(vector["input"] ?? .null)
            return bytes.count > 2_048
                ? [] : [FuzzInput.bytes(bytes), FuzzInput.bytes(flags: 1, sizes: [2, 3, 0, 1], bytes)]
        }
    }

    /// A string's UTF-8, `{"hex": digits}`, `{"repeat": bytes, "count": n}`, or a list of these.
    private static func streamBytes(_ value: JSONValue) throws -> [UInt8] {
        if let text = value.string { return Array(text.utf8) }
        if let parts = value.array { return try parts.flatMap(streamBytes) }
        if let digits = value["hex"] { return try hexadecimal(digits) }
        guard let part = value["repeat"], let count = value["count"]?.integer else {
            throw Vectors.Malformed(description: "not bytes: \(value.text)")
        }
        return Array(repeatElement(try streamBytes(part), count: Int(count)).joined())
    }
}

extension EventStreamLimits {
    fileprivate static let tight: EventStreamLimits = {
        var limits = EventStreamLimits()
        limits.maxLineBytes = 40
        limits.maxEventBytes = 60
        return limits
    }()
}

/// All that comes of an event stream.
private struct EventsRead: Equatable {
    private var items: [EventDecoder.Item] = []
    private var violation: EventStreamViolation?
    private var lastEventID = ""
    private var reconnectionTime: Duration?
    private var remainder: EventDecoder.Remainder?

    init(_ segments: [ArraySlice<UInt8>], _ limits: EventStreamLimits) throws {
        var decoder = EventDecoder(limits: limits)
        var found: [EventDecoder.Item] = []
        for segment in segments {
            let before = found.count
            do throws(EventStreamViolation) {
                try decoder.receive(Array(segment)) { found.append($0) }
            } catch {
                try expect(violation == nil, "a second violation")
                violation = error
                continue
            }
            try expect(violation == nil || found.count == before, "something behind a violation")
            try expect(
                decoder.bufferedBytes <= limits.maxLineBytes + limits.maxEventBytes, "holds \(decoder.bufferedBytes)")
        }
        items = found
        lastEventID = decoder.lastEventID
        reconnectionTime = decoder.reconnectionTime
        remainder = decoder.end()
        for item in items {
            switch item {
            case .stray(let line): try expect(line.count <= limits.maxLineBytes, "a line of \(line.count)")
            case .event(let event):
                try expect(event.data.count <= limits.maxEventBytes, "an event of \(event.data.count)")
                try expect(!event.data.contains(0x0D) && !event.type.isEmpty, "\(event)")
            }
        }
    }

    /// Events that are written again are read as the same.
    func checkRoundTrip() throws {
        let events = items.compactMap { if case .event(let event) = $0 { event } else { nil } }
        var stream: [UInt8] = []
        for event in events { stream += EventEncoder.event(data: event.data, id: event.lastEventID, name: event.type) }
        let again = try EventsRead([stream[...]], EventStreamLimits())
        // Our own names and ids have no NUL, and lose one that they are given.
        let expected = events.map { event in
            let type = String(decoding: event.type.utf8.filter { $0 != 0 }, as: UTF8.self)
            return EventDecoder.Item.event(
                ServerSentEvent(type: type.isEmpty ? "message" : type, data: event.data, lastEventID: event.lastEventID)
            )
        }
        try expect(again.items == expected && again.violation == nil, "\(expected) is read back as \(again)")
    }
}
