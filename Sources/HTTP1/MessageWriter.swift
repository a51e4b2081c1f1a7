/// Writes the parts of a message that requests and responses share. Everything that reaches it comes out of types that
/// cannot hold a line end (`HTTPHeaders`, `HTTPTarget`, `HTTPMethod`, `HTTPStatus`), so it checks nothing again.
struct MessageWriter {
    private(set) var bytes: [UInt8] = []

    /// `reserving`: bytes of the body; room for a usual head is added.
    init(reserving bodyBytes: Int) { bytes.reserveCapacity(256 + bodyBytes) }

    mutating func text(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func lineEnd() {
        bytes.append(Octet.carriageReturn)
        bytes.append(Octet.lineFeed)
    }

    mutating func field(_ name: String, _ value: String) {
        text(name)
        bytes.append(Octet.colon)
        bytes.append(Octet.space)
        text(value)
        lineEnd()
    }

    /// All fields but those that the encoder itself answers for.
    mutating func fields(_ headers: HTTPHeaders, without excluded: [String]) {
        for line in headers.lines where !headers.isNamed(line, oneOf: excluded) {
            bytes.append(contentsOf: headers.nameBytes(line))
            bytes.append(Octet.colon)
            bytes.append(Octet.space)
            bytes.append(contentsOf: headers.valueBytes(line))
            lineEnd()
        }
    }

    mutating func content(_ content: [UInt8]) { bytes.append(contentsOf: content) }

    /// One chunk (RFC 9112 §7.1). `content` is not empty: an empty chunk would end the body.
    static func chunk(_ content: [UInt8]) -> [UInt8] {
        var writer = MessageWriter(reserving: content.count)
        writer.text(String(content.count, radix: 16))
        writer.lineEnd()
        writer.content(content)
        writer.lineEnd()
        return writer.bytes
    }

    /// The last chunk and an empty trailer section.
    static let lastChunk = Array("0\r\n\r\n".utf8)
}
