/// Turns the bytes of one connection into requests (RFC 9112, server side), one whole request a call, pipelined or not.
///
/// Append what was read, then call `next()` until it returns nil. Time is linear in the bytes, however they are cut
/// into segments, and what is thrown does not depend on the cuts. The first violation is final: the decoder throws it
/// again on every later call and drops whatever is appended.
package struct HTTPRequestDecoder: Sendable {
    /// How far the current request has come; the caller runs a deadline for each.
    package enum Phase: Equatable, Sendable {
        /// Nothing of a request is there. Next: `head`.
        case idle
        /// A part of a head is there. Next: `body`, or `idle` when the request has no body.
        case head
        /// The head is whole, and so many bytes of the body (without chunk frames) have come. Next: `idle`.
        case body(received: Int)
    }

    private enum State: Sendable {
        /// Empty lines or a method follow; so many bytes of the method are good. Next: `target`, `violated`.
        case method(emptyLines: Int, length: Int)
        /// The rest of the request line follows. Next: `fields`, `violated`.
        case target(methodLength: Int, LineScanner)
        /// Header lines follow. Next: `body`, `violated`.
        case fields(RequestLine)
        /// The body follows; an empty one too passes through here. Next: `method`, `violated`.
        case body(RequestHead)
        /// Terminal.
        case violated(HTTPViolation)
    }

    private let limits: HTTPLimits
    private var buffer = InputBuffer()
    private var state = State.method(emptyLines: 0, length: 0)
    // Beside the state, not in it, so that growing them never copies them.
    private var fields: FieldSectionDecoder
    private var bodyDecoder: BodyDecoder
    private var body: [UInt8] = []

    /// Whether the current request's head is whole, its client waits for 100 (Continue) before it sends the body, and
    /// `clearAwaitedContinue()` was not called yet. False again once the first byte of the body came.
    package private(set) var awaitsContinue = false

    package init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
        fields = .header(limits)
        bodyDecoder = BodyDecoder(.none, limits)
    }

    /// Bytes of memory that the peer makes this decoder hold: unread ones and those of the unfinished request. Bounded
    /// by the limits plus what was appended since `next()` last returned nil.
    package var bufferedBytes: Int { buffer.count + fields.consumedBytes + body.count }

    /// Bytes copied, moved and examined since the beginning; for tests of linearity.
    package var work: Int { buffer.work }

    package var phase: Phase {
        switch state {
        case .method: buffer.isEmpty ? .idle : .head
        case .target, .fields: .head
        case .body: .body(received: body.count)
        case .violated: .idle
        }
    }

    /// Takes a copy of bytes that were read. Dropped after a violation.
    package mutating func append(_ bytes: RawSpan) {
        if case .violated = state { return }
        buffer.append(bytes)
    }

    /// The next request with its whole body; nil when more bytes are needed.
    package mutating func next() throws(HTTPViolation) -> HTTPRequest? {
        do throws(HTTPViolation) {
            return try advance()
        } catch {
            self = HTTPRequestDecoder(violated: error, limits)
            throw error
        }
    }

    /// To be called when 100 (Continue) was sent, or will not be.
    package mutating func clearAwaitedContinue() { awaitsContinue = false }

    /// The bytes behind the request that `next()` returned last, which asked for another protocol and gets it. Call it
    /// instead of `next()`: after it the decoder holds nothing and is done. Empty after a violation.
    package mutating func takeRemainder() -> [UInt8] { buffer.takeAll() }

    private init(violated violation: HTTPViolation, _ limits: HTTPLimits) {
        self.init(limits: limits)
        state = .violated(violation)
    }

    private mutating func advance() throws(HTTPViolation) -> HTTPRequest? {
        while true {
            switch state {
            case .method(let emptyLines, let length):
                guard try advanceMethod(emptyLines, length) else { return nil }
            case .target(let methodLength, var scanner):
                let end = try scanner.lineLength(
                    in: &buffer, limit: limits.maxRequestLineBytes, tooLong: .requestLineTooLong, allowsTab: false)
                guard let end else {
                    state = .target(methodLength: methodLength, scanner)
                    return nil
                }
                let line = try RequestLine(buffer[0..<end], methodLength: methodLength)
                buffer.countWork(end)
                buffer.drop(end + 2)
                state = .fields(line)
            case .fields(let line):
                guard try fields.decode(from: &buffer) else { return nil }
                let limits = limits.of(line)
                let head = try RequestHead(line, fields.headers, limits)
                bodyDecoder = BodyDecoder(head.framing, limits)
                awaitsContinue = head.expectsContinue
                state = .body(head)
            case .body(let head):
                if !buffer.isEmpty { awaitsContinue = false }
                guard try bodyDecoder.decode(from: &buffer, into: &body) else { return nil }
                let request = head.request(body: body)
                body = []
                fields = .header(limits)
                state = .method(emptyLines: 0, length: 0)
                return request
            case .violated(let violation):
                throw violation
            }
        }
    }

    /// Reads over empty lines and then the method, byte by byte: a peer that does not speak HTTP at all is found out at
    /// its first byte, not at its first line end. False when more bytes are needed.
    private mutating func advanceMethod(_ emptyLines: Int, _ length: Int) throws(HTTPViolation) -> Bool {
        var emptyLines = emptyLines
        var length = length
        defer { if case .method = state { state = .method(emptyLines: emptyLines, length: length) } }
        while length < buffer.count {
            let byte = buffer[length]
            buffer.countWork(1)
            if byte == Octet.space, length > 0 {
                state = .target(methodLength: length, LineScanner(from: length))
                return true
            }
            if byte == Octet.carriageReturn, length == 0 {
                guard buffer.count > 1 else { return false }
                guard buffer[1] == Octet.lineFeed else { throw .bareCarriageReturn }
                guard emptyLines < limits.maxLeadingEmptyLines else { throw .tooManyEmptyLines }
                emptyLines += 1
                buffer.drop(2)
                continue
            }
            guard byte != Octet.lineFeed else { throw .bareLineFeed }
            guard Octet.isToken(byte) else { throw .malformedRequestLine }
            guard length < limits.maxMethodBytes else { throw .methodTooLong }
            length += 1
        }
        return false
    }
}
