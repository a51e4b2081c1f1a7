/// The first line of a request (RFC 9112 §3): method, target and version, each one space apart.
struct RequestLine: Sendable {
    let method: HTTPMethod
    let target: HTTPTarget
    let version: HTTPVersion

    /// `line` has no CR LF and no control character; its first `methodLength` bytes are a token, a space follows.
    init(_ line: ArraySlice<UInt8>, methodLength: Int) throws(HTTPViolation) {
        let methodEnd = line.startIndex + methodLength
        guard let targetEnd = line.lastIndex(of: Octet.space), targetEnd > methodEnd + 1 else {
            throw .malformedRequestLine
        }
        let targetBytes = line[(methodEnd + 1)..<targetEnd]
        guard !targetBytes.contains(Octet.space) else { throw .malformedRequestLine }
        version = try HTTPVersion.parse(line[(targetEnd + 1)...])
        method = HTTPMethod(validToken: String(decoding: line[..<methodEnd], as: UTF8.self))
        // CONNECT would turn the connection into a tunnel, TRACE would echo credentials (RFC 9110 §§9.3.6, 9.3.8).
        guard method != .other("CONNECT"), method != .other("TRACE") else { throw .methodNotImplemented }
        if method == .options, targetBytes.elementsEqual("*".utf8) { throw .serverWideOptions }
        target = try HTTPTarget(targetBytes)
    }
}
