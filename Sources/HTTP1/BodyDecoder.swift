/// Takes one body out of the buffer, whatever frames it. Keeps what it has read of a chunk's frame, never content.
struct BodyDecoder: Sendable {
    private enum State: Sendable, Equatable {
        /// So many bytes follow, at least one. Next: `complete`.
        case length(remaining: Int)
        /// Everything belongs to the body. Terminal: the connection's end completes it.
        case untilClose
        /// A chunk's size line follows (RFC 9112 §7.1). Next: `chunk`, `trailers`.
        case chunkSize
        /// So many bytes of a chunk follow, at least one. Next: `chunkEnd`.
        case chunk(remaining: Int)
        /// The CR LF behind a chunk's content. Next: `chunkSize`.
        case chunkEnd
        /// The trailer section behind the last chunk. Next: `complete`.
        case trailers
        /// Terminal.
        case complete
    }

    /// Digits of a chunk size; 16 say any size up to 2^64 − 1.
    private static let maxSizeDigits = 16

    private let limits: HTTPLimits
    private var state: State
    private var scanner = LineScanner()
    private var trailers: FieldSectionDecoder
    private var remainingExtensionBytes: Int
    /// Bytes of content seen so far.
    private(set) var received = 0

    init(_ framing: BodyFraming, _ limits: HTTPLimits) {
        self.limits = limits
        trailers = .trailer(limits)
        remainingExtensionBytes = limits.maxChunkExtensionBytes
        state =
            switch framing {
            case .none: .complete
            case .length(let length): .length(remaining: length)
            case .chunked: .chunkSize
            case .untilClose: .untilClose
            }
    }

    var isComplete: Bool { state == .complete }
    var endsWithConnection: Bool { state == .untilClose }

    /// Moves content that is there to the end of `content`. True once the body is complete; bytes behind it stay in the
    /// buffer. False when more bytes are needed.
    mutating func decode(
        from buffer: inout InputBuffer, into content: inout [UInt8]
    ) throws(HTTPViolation) -> Bool {
        while true {
            switch state {
            case .complete:
                return true
            case .untilClose:
                guard buffer.count <= limits.maxBodyBytes - received else { throw .bodyTooLarge }
                _ = move(buffer.count, from: &buffer, to: &content)
                return false
            case .length(let remaining):
                guard !buffer.isEmpty else { return false }
                let rest = remaining - move(remaining, from: &buffer, to: &content)
                state = rest == 0 ? .complete : .length(remaining: rest)
            case .chunk(let remaining):
                guard !buffer.isEmpty else { return false }
                let rest = remaining - move(remaining, from: &buffer, to: &content)
                state = rest == 0 ? .chunkEnd : .chunk(remaining: rest)
            case .chunkSize:
                guard let size = try chunkSize(from: &buffer) else { return false }
                state = size == 0 ? .trailers : .chunk(remaining: size)
            case .chunkEnd:
                guard try chunkEnd(from: &buffer) else { return false }
                state = .chunkSize
            case .trailers:
                guard try trailers.decode(from: &buffer) else { return false }
                try checkTrailers()
                state = .complete
            }
        }
    }

    /// Moves at most `wanted` bytes and says how many.
    private mutating func move(_ wanted: Int, from buffer: inout InputBuffer, to content: inout [UInt8]) -> Int {
        let length = min(wanted, buffer.count)
        buffer.move(length, to: &content)
        received += length
        return length
    }

    /// The size of the next chunk; nil when more bytes are needed. An extension is read over within its budget.
    private mutating func chunkSize(from buffer: inout InputBuffer) throws(HTTPViolation) -> Int? {
        let limit = Self.maxSizeDigits + remainingExtensionBytes
        guard let length = try scanner.lineLength(in: &buffer, limit: limit, tooLong: .chunkLineTooLong) else {
            return nil
        }
        scanner = LineScanner()
        var digits = 0
        var size: UInt64 = 0
        while digits < length, let digit = Octet.hexadecimalValue(buffer[digits]) {
            guard digits < Self.maxSizeDigits else { throw .chunkSizeInvalid }
            size = size << 4 | UInt64(digit)
            digits += 1
        }
        // No white space before the extension: RFC 9112 §7.1.1 tolerates it as bad, and readers differ over it.
        guard digits > 0, digits == length || buffer[digits] == Octet.semicolon else { throw .chunkSizeInvalid }
        guard length - digits <= remainingExtensionBytes else { throw .chunkLineTooLong }
        remainingExtensionBytes -= length - digits
        guard let size = Int(exactly: size), size <= limits.maxBodyBytes - received else { throw .bodyTooLarge }
        buffer.drop(length + 2)
        return size
    }

    private func chunkEnd(from buffer: inout InputBuffer) throws(HTTPViolation) -> Bool {
        guard !buffer.isEmpty else { return false }
        guard buffer[0] == Octet.carriageReturn else { throw .chunkNotTerminated }
        guard buffer.count > 1 else { return false }
        guard buffer[1] == Octet.lineFeed else { throw .chunkNotTerminated }
        buffer.drop(2)
        return true
    }

    /// Trailers are dropped, never merged into the headers (RFC 9110 §6.5.1). Those that would matter if another reader
    /// merged them are refused.
    private func checkTrailers() throws(HTTPViolation) {
        guard !Self.forbiddenTrailers.contains(where: trailers.headers.contains) else { throw .forbiddenTrailer }
    }

    private static let forbiddenTrailers = [
        "transfer-encoding", "transfer_encoding", "content-length", "content_length", "host", "trailer", "te",
        "connection", "upgrade", "expect", "authorization", "proxy-authorization", "cookie", "set-cookie",
        "content-encoding", "content-type", "content-range", "forwarded", "x-forwarded-for",
    ]
}
