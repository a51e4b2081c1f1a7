/// Turns the body of a `multipart/form-data` request into its parts (RFC 7578, RFC 2046 §5.1), incrementally: the bytes may
/// be cut anywhere. Holds a header line at most; content is handed on as it comes.
///
/// A boundary counts wherever it begins a line, whatever follows it (RFC 2046 §5.1.1), and what follows must then be as the
/// standard says: there is no second way to read a body that is accepted.
package struct MultipartDecoder: Sendable {
    package enum Item: Equatable, Sendable {
        /// A part begins.
        case part(MultipartPartHead)
        /// The next bytes of its content, at least one. How many come at a time means nothing.
        case content([UInt8])
        /// The part's content is whole.
        case partEnd
    }

    private typealias Character = HeaderParameters.Character

    private enum State: Sendable {
        /// Before the first boundary. Next: `delimiter`.
        case preamble
        /// Directly behind a boundary. Next: `hyphen`, `padding`, `paddingEnd`.
        case delimiter
        /// Behind a boundary and one hyphen. Next: `padding`.
        case hyphen
        /// In the spaces behind a boundary. Next: `paddingEnd`.
        case padding(isLast: Bool)
        /// Behind their CR. Next: `header`, `epilogue`.
        case paddingEnd(isLast: Bool)
        /// In a part's header. Next: `content`.
        case header
        /// In a part's content, so many bytes of it seen. Next: `delimiter`.
        case content(count: Int)
        /// Behind the last boundary's line. Terminal.
        case epilogue
        /// After a violation or the end. Terminal.
        case over
    }

    private let limits: MultipartLimits
    /// CR LF, two hyphens, the boundary. CR stands in it once, at its beginning: a match that breaks off can only begin
    /// again at the byte that broke it.
    private let delimiter: [UInt8]
    /// Bytes of `delimiter` that the last bytes were. The first line of the body, and of a content, needs no line end
    /// before it: the match begins behind the CR LF, which were then no content.
    private var matched = 2
    private var isLineEndOwn = false
    private var state = State.preamble
    private var header: PartHeadDecoder
    private var partCount = 0
    private var byteCount = 0

    package init(boundary: MultipartBoundary, limits: MultipartLimits = MultipartLimits()) {
        self.limits = limits
        header = PartHeadDecoder(limits: limits)
        delimiter = Array("\r\n--".utf8) + boundary.bytes
    }

    /// Bytes that the body makes this decoder hold.
    package var bufferedBytes: Int { header.bufferedBytes }

    package mutating func receive(_ bytes: [UInt8], _ report: (Item) -> Void) throws(MultipartViolation) {
        try receive(bytes.span.bytes, report)
    }

    /// Takes the body's next bytes and reports what they hold. Throws at the first byte that is wrong, after what came
    /// before it was reported; nothing is decoded after that.
    package mutating func receive(_ bytes: RawSpan, _ report: (Item) -> Void) throws(MultipartViolation) {
        do throws(MultipartViolation) {
            let allowed = min(bytes.byteCount, limits.maxBodyBytes - byteCount)
            byteCount += allowed
            try decode(bytes.extracting(0..<allowed), report)
            if case .over = state { return }
            guard allowed == bytes.byteCount else { throw .bodyTooLarge }
        } catch {
            state = .over
            throw error
        }
    }

    /// The body is over. Throws `truncated` when its last boundary was not there.
    package mutating func end() throws(MultipartViolation) {
        defer { state = .over }
        switch state {
        case .epilogue, .padding(isLast: true), .over: return
        case .preamble, .delimiter, .hyphen, .padding, .paddingEnd, .header, .content: throw .truncated
        }
    }

    private mutating func decode(_ bytes: RawSpan, _ report: (Item) -> Void) throws(MultipartViolation) {
        var index = 0
        while index < bytes.byteCount {
            let byte = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            switch state {
            case .preamble:
                try seek(bytes, &index, in: nil, report)
                continue
            case .content(let count):
                try seek(bytes, &index, in: count, report)
                continue
            case .epilogue, .over:
                return
            case .delimiter:
                state = byte == Character.hyphen ? .hyphen : try padding(byte, isLast: false)
            case .hyphen:
                guard byte == Character.hyphen else { throw .malformedDelimiter }
                state = .padding(isLast: true)
            case .padding(let isLast):
                state = try padding(byte, isLast: isLast)
            case .paddingEnd(let isLast):
                guard byte == Character.lineFeed else { throw .malformedDelimiter }
                state = isLast ? .epilogue : try beginPart()
            case .header:
                if let head = try header.receive(byte) {
                    report(.part(head))
                    state = .content(count: 0)
                    matched = 2
                    isLineEndOwn = false
                }
            }
            index += 1
        }
    }

    private func padding(_ byte: UInt8, isLast: Bool) throws(MultipartViolation) -> State {
        if byte == Character.carriageReturn { return .paddingEnd(isLast: isLast) }
        guard Character.isSpace(byte) else { throw .malformedDelimiter }
        return .padding(isLast: isLast)
    }

    private mutating func beginPart() throws(MultipartViolation) -> State {
        guard partCount < limits.maxParts else { throw .tooManyParts }
        partCount += 1
        header = PartHeadDecoder(limits: limits)
        return .header
    }

    // MARK: The delimiter

    /// Reads up to the end of the next delimiter, or of `bytes`. `count`: bytes of the part's content so far; nil in the
    /// preamble, which is read over.
    private mutating func seek(
        _ bytes: RawSpan, _ index: inout Int, in count: Int?, _ report: (Item) -> Void
    ) throws(MultipartViolation) {
        var content: [UInt8] = []
        while index < bytes.byteCount {
            if matched == 0 {
                let run = Self.run(bytes, from: index)
                if count != nil { bytes.extracting(index..<run).withUnsafeBytes { content.append(contentsOf: $0) } }
                index = run
                guard index < bytes.byteCount else { break }
            }
            let byte = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            if byte == delimiter[matched] {
                if matched == 0 { isLineEndOwn = true }
                matched += 1
                index += 1
                guard matched < delimiter.count else {
                    try hand(over: content, after: count, report)
                    if count != nil { report(.partEnd) }
                    state = .delimiter
                    return
                }
            } else {
                // Not the delimiter: what matched was content. The byte is looked at again, as it may begin another.
                if count != nil { content.append(contentsOf: delimiter[(isLineEndOwn ? 0 : 2)..<matched]) }
                matched = 0
            }
        }
        try hand(over: content, after: count, report)
    }

    private mutating func hand(
        over content: [UInt8], after count: Int?, _ report: (Item) -> Void
    ) throws(MultipartViolation) {
        guard let count else { return }
        let room = limits.maxPartBytes - count
        if room > 0, !content.isEmpty { report(.content(content.count > room ? Array(content[..<room]) : content)) }
        guard content.count <= room else { throw .partTooLarge }
        state = .content(count: count + content.count)
    }

    /// Where the first CR at or behind `start` stands; the end when there is none.
    private static func run(_ bytes: RawSpan, from start: Int) -> Int {
        var index = start
        while index < bytes.byteCount,
            bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self) != Character.carriageReturn
        {
            index += 1
        }
        return index
    }
}
