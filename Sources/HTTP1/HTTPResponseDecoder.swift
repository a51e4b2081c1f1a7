/// Turns the bytes of one connection into responses (RFC 9112, client side): whole ones by `next`, or parts as they
/// come by `nextPart`; a connection uses one of the two. As strict, and as indifferent to segments, as
/// `HTTPRequestDecoder`.
///
/// A client has to say what each response answers, because a response to HEAD has no body. Interim responses (1xx but
/// 101) are read over.
package struct HTTPResponseDecoder: Sendable {
    /// A piece of a response.
    package enum Part: Equatable, Sendable {
        case head(HTTPStatus, HTTPHeaders)
        /// Content without its chunk frames; never empty.
        case content([UInt8])
        case end
    }

    private enum State: Sendable {
        /// A status line follows. Next: `fields`, `violated`.
        case statusLine(LineScanner)
        /// Header lines follow. Next: `body`, `statusLine` behind an interim response, `violated`.
        case fields(StatusLine)
        /// The body follows; an empty one too passes through here. Next: `statusLine`, `violated`.
        case body
        /// Terminal.
        case violated(HTTPViolation)
    }

    private let limits: HTTPLimits
    private var buffer = InputBuffer()
    private var state = State.statusLine(LineScanner())
    private var fields: FieldSectionDecoder
    private var bodyDecoder: BodyDecoder
    private var interimResponses = 0
    private var isEnded = false
    /// What `next` has of the current response.
    private var partial: HTTPResponse?

    /// Whether another response may follow the one whose head was returned last.
    package private(set) var keepsAlive = true

    /// `limits.maxBodyBytes` also bounds a response read by parts: raise it for an endless stream.
    package init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
        fields = .header(limits)
        bodyDecoder = BodyDecoder(.none, limits)
    }

    /// Bytes of memory that the peer makes this decoder hold.
    package var bufferedBytes: Int { buffer.count + fields.consumedBytes + (partial?.body.count ?? 0) }

    /// Bytes copied, moved and examined since the beginning; for tests of linearity.
    package var work: Int { buffer.work }

    /// Takes a copy of bytes that were read. Dropped after a violation.
    package mutating func append(_ bytes: RawSpan) {
        if case .violated = state { return }
        buffer.append(bytes)
    }

    /// The peer has ended the connection: completes a body without a length, cuts off any other response.
    package mutating func receiveEnd() { isEnded = true }

    /// The next response, whole; `method` is that of the request it answers. Nil when more bytes are needed.
    package mutating func next(to method: HTTPMethod) throws(HTTPViolation) -> HTTPResponse? {
        while let part = try nextPart(to: method) {
            switch part {
            case .head(let status, let headers): partial = HTTPResponse(status: status, headers: headers)
            case .content(let bytes): partial?.body.append(contentsOf: bytes)
            case .end:
                defer { partial = nil }
                return partial
            }
        }
        return nil
    }

    /// The next part; `method` is that of the request that the current response answers. Nil when more bytes are
    /// needed.
    package mutating func nextPart(to method: HTTPMethod) throws(HTTPViolation) -> Part? {
        do throws(HTTPViolation) {
            return try advance(method)
        } catch {
            self = HTTPResponseDecoder(limits: limits)
            state = .violated(error)
            throw error
        }
    }

    /// The bytes behind a 101 response. Call it when that response was returned; the decoder is done then.
    package mutating func takeRemainder() -> [UInt8] { buffer.takeAll() }

    private mutating func advance(_ method: HTTPMethod) throws(HTTPViolation) -> Part? {
        while true {
            switch state {
            case .statusLine(var scanner):
                let end = try scanner.lineLength(
                    in: &buffer, limit: limits.maxRequestLineBytes, tooLong: .malformedStatusLine)
                guard let end else {
                    state = .statusLine(scanner)
                    guard !isEnded || (buffer.isEmpty && interimResponses == 0) else { throw .truncatedResponse }
                    return nil
                }
                let line = try StatusLine(buffer[0..<end])
                buffer.drop(end + 2)
                state = .fields(line)
            case .fields(let line):
                guard try fields.decode(from: &buffer) else {
                    guard !isEnded else { throw .truncatedResponse }
                    return nil
                }
                if let head = try receiveHead(line, to: method) { return head }
            case .body:
                return try advanceBody()
            case .violated(let violation):
                throw violation
            }
        }
    }

    /// Nil for an interim response, which is dropped.
    private mutating func receiveHead(_ line: StatusLine, to method: HTTPMethod) throws(HTTPViolation) -> Part? {
        let headers = fields.headers
        fields = .header(limits)
        guard !line.status.isInterim else {
            guard interimResponses < limits.maxInterimResponses else { throw .tooManyInterimResponses }
            interimResponses += 1
            state = .statusLine(LineScanner())
            return nil
        }
        let framing = try BodyFraming.ofResponse(line, to: method, headers, limits)
        interimResponses = 0
        keepsAlive =
            framing != .untilClose && !headers.hasToken("close", in: "connection")
            && (line.version == .http11 || headers.hasToken("keep-alive", in: "connection"))
        bodyDecoder = BodyDecoder(framing, limits)
        state = .body
        return .head(line.status, headers)
    }

    private mutating func advanceBody() throws(HTTPViolation) -> Part? {
        var content: [UInt8] = []
        let isComplete = try bodyDecoder.decode(from: &buffer, into: &content)
        // Content first; the end is found again, without work, by the next call.
        if !content.isEmpty { return .content(content) }
        if !isComplete {
            guard isEnded else { return nil }
            guard bodyDecoder.endsWithConnection else { throw .truncatedResponse }
        }
        state = .statusLine(LineScanner())
        return .end
    }
}
