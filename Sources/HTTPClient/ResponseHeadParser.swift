/// Collects the header lines that libcurl hands over one by one into a response head. Interim (1xx) heads start over;
/// lines after the final head (trailers, RFC 9112 §7.1.2) are dropped.
struct ResponseHeadParser {
    enum Action: Equatable {
        case more
        case head(HTTPResponseHead)
        case tooLarge, malformed
    }

    private let maxBytes: Int
    private var bytesSeen = 0
    private var status: Int?
    private var fields: [HTTPResponseHead.Field] = []
    private var isComplete = false

    /// `maxBytes`: of all heads and trailers of the answer together.
    init(maxBytes: Int) { self.maxBytes = maxBytes }

    /// One line with its line end.
    mutating func receive(line: UnsafeRawBufferPointer) -> Action {
        bytesSeen += line.count
        guard bytesSeen <= maxBytes else { return .tooLarge }
        guard !isComplete else { return .more }
        let text = Self.trimmed(line[...])
        if text.isEmpty { return endOfBlock() }
        if text.starts(with: "HTTP/".utf8) {
            fields.removeAll()
            status = Self.status(text)
            return status == nil ? .malformed : .more
        }
        guard status != nil, let colon = text.firstIndex(of: 0x3A) else { return .malformed }
        fields.append(
            HTTPResponseHead.Field(
                name: String(
                    decoding: text[..<colon].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self),
                value: String(decoding: Self.trimmed(text[(colon + 1)...]), as: UTF8.self)))
        return .more
    }

    private mutating func endOfBlock() -> Action {
        guard let status else { return .malformed }
        if status < 200 {
            self.status = nil
            return .more
        }
        isComplete = true
        return .head(HTTPResponseHead(status: status, fields: fields))
    }

    /// The three digits after the first space of `HTTP/1.1 200 OK` or `HTTP/2 200`.
    private static func status(_ line: Slice<UnsafeRawBufferPointer>) -> Int? {
        guard let space = line.firstIndex(of: 0x20) else { return nil }
        let digits = line[(space + 1)...].prefix { $0 != 0x20 }
        guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let status = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return status >= 100 ? status : nil
    }

    private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        var bytes = bytes.drop { $0 == 0x20 || $0 == 0x09 }
        while let last = bytes.last, last == 0x20 || last == 0x09 || last == 0x0D || last == 0x0A { bytes.removeLast() }
        return bytes
    }
}
