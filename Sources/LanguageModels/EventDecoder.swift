/// One server-sent event.
struct StreamEvent: Equatable {
    let name: String
    let data: [UInt8]
}

/// Bytes → server-sent events (WHATWG HTML §9.2.6). Lines end in LF, CR or CRLF; an event ends with a blank line; comments
/// and unknown fields are skipped. Incremental: the bytes may be cut anywhere.
struct EventDecoder: Sendable {
    /// An event or a line passed its bound.
    struct TooLarge: Error {}

    private let maxEventBytes: Int
    private var line: [UInt8] = []
    private var name = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var endedWithCarriageReturn = false
    private var isFirstLine = true

    init(maxEventBytes: Int) { self.maxEventBytes = maxEventBytes }

    mutating func receive(_ bytes: [UInt8], _ report: (StreamEvent) -> Void) throws(TooLarge) {
        for byte in bytes {
            let followsCarriageReturn = endedWithCarriageReturn
            endedWithCarriageReturn = byte == 0x0D
            switch byte {
            case 0x0A where followsCarriageReturn: break
            case 0x0A, 0x0D: endLine(report)
            default:
                guard line.count + data.count < maxEventBytes else { throw TooLarge() }
                line.append(byte)
            }
        }
    }

    private mutating func endLine(_ report: (StreamEvent) -> Void) {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        isFirstLine = false
        if line.isEmpty {
            if hasData { report(StreamEvent(name: name, data: data)) }
            (name, data, hasData) = ("", [], false)
            return
        }
        let colon = line.firstIndex(of: 0x3A) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == 0x20 { value = value.dropFirst() }
        if line[..<colon].elementsEqual("data".utf8) {
            if hasData { data.append(0x0A) }
            data += value
            hasData = true
        } else if line[..<colon].elementsEqual("event".utf8) {
            name = String(decoding: value, as: UTF8.self)
        }
    }
}
