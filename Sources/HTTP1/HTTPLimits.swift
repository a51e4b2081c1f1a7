/// The bounds of one HTTP/1.1 decoder. Lines are counted without their CR LF.
package struct HTTPLimits: Sendable, Equatable {
    /// Empty lines skipped before a request line (RFC 9112 §2.2 asks for one). Beyond: 400.
    package var maxLeadingEmptyLines = 64
    /// Bytes of a method; the longest registered one has 17. Beyond: 501 (RFC 9112 §3).
    package var maxMethodBytes = 32
    /// Bytes of a request line or status line. RFC 9112 §3 asks for at least 8000. Beyond: 414.
    package var maxRequestLineBytes = 8 * 1024
    /// Bytes of all header lines of one message, each with its CR LF. Beyond: 431, before they are read.
    package var maxHeaderBlockBytes = 16 * 1024
    /// Header lines of one message. Beyond: 431.
    package var maxFields = 100
    /// Bytes of a body after de-chunking. A declared length beyond it is 413 before a byte of it is read, a chunk that
    /// would pass it is 413 before its content is read.
    package var maxBodyBytes = 1024 * 1024
    /// Requests that may bring more than that. Which one it is is known when its head is whole, before its body is read.
    package var bodyAllowances: [BodyAllowance] = []
    /// Bytes of all chunk extensions of one body; they are read over, never used. Beyond: 400.
    package var maxChunkExtensionBytes = 4 * 1024
    /// Bytes of all trailer lines of one body, each with its CR LF; they are checked and dropped. Beyond: 431.
    package var maxTrailerBytes = 4 * 1024
    /// Trailer lines of one body. Beyond: 431.
    package var maxTrailerFields = 16
    /// Interim responses (1xx) that a client reads over before the final one. Beyond: a violation.
    package var maxInterimResponses = 8

    package init() {}
}

extension HTTPLimits {
    /// These limits, as they are for one request.
    func of(_ line: RequestLine) -> HTTPLimits {
        guard let allowance = bodyAllowances.first(where: { $0.isFor(line) }) else { return self }
        var limits = self
        limits.maxBodyBytes = allowance.maxBytes
        return limits
    }
}
