/// The first line of a response (RFC 9112 §4): version, status code, and a reason phrase that nobody reads.
struct StatusLine: Sendable {
    let version: HTTPVersion
    let status: HTTPStatus

    /// `line` has no CR LF and no control character but HTAB. The space before an empty reason may be missing: servers
    /// leave it out, and nothing depends on it.
    init(_ line: ArraySlice<UInt8>) throws(HTTPViolation) {
        let parts = line.split(separator: Octet.space, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2 else { throw .malformedStatusLine }
        version = try HTTPVersion.parse(parts[0])
        guard parts[1].count == 3, parts[1].allSatisfy(Octet.isDigit),
            let status = HTTPStatus(code: parts[1].reduce(0) { $0 * 10 + Int($1 - 0x30) })
        else { throw .malformedStatusLine }
        self.status = status
    }
}
