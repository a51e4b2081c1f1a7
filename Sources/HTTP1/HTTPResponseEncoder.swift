/// Writes the response to one request: whole, or as a head and a stream of chunks.
///
/// The encoder alone decides framing: `Content-Length`, `Transfer-Encoding`, `Date` and `Connection` in the given
/// headers are not copied. `Connection: close` there is heeded, `Upgrade` there is also named in `Connection`, and 101
/// keeps its own `Connection`. Splitting a response is impossible: `HTTPHeaders` turns control characters of a value
/// into spaces when the value is added.
package struct HTTPResponseEncoder: Sendable {
    private enum Stream: Sendable {
        /// No head of a stream was written. Next: one of the others.
        case none
        /// Chunks frame the content. Next: `none`.
        case chunked
        /// To an HTTP/1.0 client: content goes out bare, closing ends it. Next: `none`.
        case untilClose
        /// HEAD, 1xx, 204 and 304: content is dropped. Next: `none`.
        case bodiless
    }

    private static let ownFields = ["content-length", "transfer-encoding", "date", "connection", "keep-alive"]

    private let isHead: Bool
    private let version: HTTPVersion
    private let date: String
    private var stream = Stream.none

    /// Whether the connection must be closed behind this response, which also says so. It may become true by what is
    /// encoded, never false.
    package private(set) var closesConnection: Bool

    /// For the response to `request`. `date`: `HTTPDate.format` of now. `closing`: close behind it even if the client
    /// would go on.
    package init(answering request: HTTPRequest, date: String, closing: Bool = false) {
        self.init(
            method: request.method, version: request.version, closing: closing || !request.keepsAlive, date: date)
    }

    /// For the last response on a connection whose peer broke the protocol.
    package init(refusingAt date: String) { self.init(method: .get, version: .http11, closing: true, date: date) }

    private init(method: HTTPMethod, version: HTTPVersion, closing: Bool, date: String) {
        isHead = method == .head
        self.version = version
        self.date = HTTPHeaders.harmless(date)
        closesConnection = closing
    }

    /// `HTTP/1.1 100 Continue`: the client may send the body now (RFC 9110 §15.2.1).
    package static let continueResponse = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// The whole response with `Content-Length`. HEAD gets the length without the body (RFC 9110 §9.3.2); 1xx, 204 and
    /// 304 get neither; 205 gets length 0.
    package mutating func whole(_ response: HTTPResponse) -> [UInt8] {
        let body = response.status.code == 205 ? [] : response.body
        var writer = head(response.status, response.headers, reserving: body.count)
        if !response.status.isBodiless { writer.field("Content-Length", String(body.count)) }
        writer.lineEnd()
        if !isHead, !response.status.isBodiless { writer.content(body) }
        return writer.bytes
    }

    /// The head of a response whose content follows by `chunk` and `end`.
    package mutating func head(_ status: HTTPStatus, _ headers: HTTPHeaders) -> [UInt8] {
        if status.isBodiless {
            stream = .bodiless
        } else if version == .http10 {
            stream = isHead ? .bodiless : .untilClose
            closesConnection = true
        } else {
            stream = isHead ? .bodiless : .chunked
        }
        var writer = head(status, headers, reserving: 0)
        if version == .http11, !status.isBodiless { writer.field("Transfer-Encoding", "chunked") }
        writer.lineEnd()
        return writer.bytes
    }

    /// The next part of the content, as it goes to the wire; nothing for an empty part.
    package func chunk(_ content: [UInt8]) -> [UInt8] {
        switch stream {
        case .none: preconditionFailure("a stream starts with its head")
        case .chunked: content.isEmpty ? [] : MessageWriter.chunk(content)
        case .untilClose: content
        case .bodiless: []
        }
    }

    /// What ends the content on the wire. Without it the client knows that the content was cut off, except an HTTP/1.0
    /// client, which cannot know.
    package mutating func end() -> [UInt8] {
        defer { stream = .none }
        switch stream {
        case .none: preconditionFailure("a stream starts with its head")
        case .chunked: return MessageWriter.lastChunk
        case .untilClose, .bodiless: return []
        }
    }

    /// Status line and fields, without the empty line.
    private mutating func head(_ status: HTTPStatus, _ headers: HTTPHeaders, reserving: Int) -> MessageWriter {
        if headers.hasToken("close", in: "connection") { closesConnection = true }
        var writer = MessageWriter(reserving: reserving)
        writer.text("HTTP/1.1 \(status.code) \(status.reason)")
        writer.lineEnd()
        writer.field("Date", date)
        guard status != .switchingProtocols else {
            writer.fields(headers, without: ["content-length", "transfer-encoding", "date"])
            return writer
        }
        writer.fields(headers, without: Self.ownFields)
        var options: [String] = []
        // Who sends Upgrade names it here too, so that no intermediary passes it on (RFC 9110 §7.8).
        if headers.contains("upgrade") { options.append("Upgrade") }
        if closesConnection {
            options.append("close")
        } else if version == .http10 {
            options.append("keep-alive")
        }
        if !options.isEmpty { writer.field("Connection", options.joined(separator: ", ")) }
        return writer
    }
}
