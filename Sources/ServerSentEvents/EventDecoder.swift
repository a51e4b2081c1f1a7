/// Turns the bytes of an event stream into events (WHATWG HTML §9.2.6), incrementally: lines may end in LF, CR or CRLF, and
/// the bytes may be cut anywhere, also within a character or between CR and LF.
///
/// Lines that are no field of the format are ignored by the standard. They are reported here all the same, because some
/// providers put a bare JSON error between the events.
package struct EventDecoder: Sendable {
    package enum Item: Equatable, Sendable {
        case event(ServerSentEvent)
        /// A line that is neither blank nor a comment nor one of the fields `data`, `event`, `id`, `retry`, as it came.
        case stray([UInt8])
    }

    /// What a stream ended in the middle of.
    package struct Remainder: Equatable, Sendable {
        /// The bytes of a last line without an end.
        package let line: [UInt8]
        /// The data of an event without a blank line behind it; nil when there was none.
        package let data: [UInt8]?

        package init(line: [UInt8], data: [UInt8]?) {
            self.line = line
            self.data = data
        }
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private let limits: EventStreamLimits
    private var line: [UInt8] = []
    private var endedInCarriageReturn = false
    private var isFirstLine = true
    private var type = ""
    /// Nil until the event has a `data` line.
    private var data: [UInt8]?
    private var idBuffer = ""
    private var hasEnded = false

    /// The last `id` that a blank line confirmed: what `Last-Event-ID` is when the stream is asked for again.
    package private(set) var lastEventID = ""
    /// How long to wait before the stream is asked for again, when it said so.
    package private(set) var reconnectionTime: Duration?

    package init(limits: EventStreamLimits = EventStreamLimits()) { self.limits = limits }

    /// Bytes that the stream makes this decoder hold.
    package var bufferedBytes: Int { line.count + (data?.count ?? 0) }

    package mutating func receive(
        _ bytes: [UInt8], _ report: (Item) -> Void
    ) throws(EventStreamViolation) {
        try receive(bytes.span.bytes, report)
    }

    /// Takes the next bytes and reports what became whole. Throws at a bound, after what came before was reported; nothing
    /// is decoded after that.
    package mutating func receive(_ bytes: RawSpan, _ report: (Item) -> Void) throws(EventStreamViolation) {
        var start = 0
        while start < bytes.byteCount, !hasEnded {
            let end = Self.lineEnd(bytes, from: start)
            if end > start { try append(bytes.extracting(start..<end)) }
            guard end < bytes.byteCount else { return }
            let byte = bytes.unsafeLoad(fromByteOffset: end, as: UInt8.self)
            // The line feed of a CRLF ends no second line. The line itself ended at the CR, without waiting for it.
            let isSecondHalf = byte == 0x0A && endedInCarriageReturn
            endedInCarriageReturn = byte == 0x0D
            if !isSecondHalf { try endLine(report) }
            start = end + 1
        }
    }

    /// The stream is over. An event without a blank line behind it is not dispatched (WHATWG HTML §9.2.6); what there was
    /// of it is returned.
    package mutating func end() -> Remainder {
        defer { stop() }
        return Remainder(line: line, data: data)
    }

    private mutating func stop() {
        hasEnded = true
        line = []
        data = nil
    }

    // MARK: Lines

    private static func lineEnd(_ bytes: RawSpan, from start: Int) -> Int {
        var index = start
        while index < bytes.byteCount {
            let byte = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            if byte == 0x0A || byte == 0x0D { return index }
            index += 1
        }
        return index
    }

    private mutating func append(_ piece: RawSpan) throws(EventStreamViolation) {
        endedInCarriageReturn = false
        guard piece.byteCount <= limits.maxLineBytes - line.count else {
            stop()
            throw .lineTooLong
        }
        piece.withUnsafeBytes { line.append(contentsOf: $0) }
    }

    private mutating func endLine(_ report: (Item) -> Void) throws(EventStreamViolation) {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: Self.byteOrderMark) { line.removeFirst(Self.byteOrderMark.count) }
        }
        guard !line.isEmpty else { return dispatch(report) }
        let colon = line.firstIndex(of: 0x3A) ?? line.endIndex
        guard colon > 0 else { return }
        var value = line[colon...].dropFirst()
        if value.first == 0x20 { value = value.dropFirst() }
        try takeField(line[..<colon], value, report)
    }

    private mutating func takeField(
        _ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>, _ report: (Item) -> Void
    ) throws(EventStreamViolation) {
        if name.elementsEqual("data".utf8) {
            let held = data.map { $0.count + 1 } ?? 0
            guard value.count <= limits.maxEventBytes - held else {
                stop()
                throw .eventTooLarge
            }
            if data == nil { data = [] } else { data?.append(0x0A) }
            data?.append(contentsOf: value)
        } else if name.elementsEqual("event".utf8) {
            type = String(decoding: value, as: UTF8.self)
        } else if name.elementsEqual("id".utf8) {
            if !value.contains(0) { idBuffer = String(decoding: value, as: UTF8.self) }
        } else if name.elementsEqual("retry".utf8) {
            if let milliseconds = Self.number(value) { reconnectionTime = .milliseconds(milliseconds) }
        } else {
            report(.stray(line))
        }
    }

    /// A blank line: the event is whole, or there was none.
    private mutating func dispatch(_ report: (Item) -> Void) {
        lastEventID = idBuffer
        if let data {
            report(.event(.init(type: type.isEmpty ? "message" : type, data: data, lastEventID: lastEventID)))
        }
        type = ""
        data = nil
    }

    /// ASCII digits only; nil beyond ten years.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        let most: Int64 = 10 * 365 * 86_400 * 1_000
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            value = value * 10 + Int64(digit - 0x30)
            guard value <= most else { return nil }
        }
        return value
    }
}
