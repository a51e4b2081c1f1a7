/// A request target in origin form (RFC 9112 §3.2.1): a path and perhaps a query.
///
/// The other forms are refused. Absolute form is for proxies, which this server is not; it would name a second
/// authority beside `Host`, and two readers could route by different ones. Authority form belongs to CONNECT, asterisk
/// form to server-wide OPTIONS; neither is implemented.
package struct HTTPTarget: Sendable, Equatable {
    /// As it was sent.
    package let raw: String
    package let path: HTTPPath
    package let query: HTTPQuery

    /// Throws what `HTTPPath` and `HTTPQuery` throw.
    package init(_ raw: String) throws(HTTPViolation) { try self.init(Array(raw.utf8)[...]) }

    init(_ bytes: ArraySlice<UInt8>) throws(HTTPViolation) {
        let question = bytes.firstIndex(of: Octet.question)
        path = try HTTPPath(bytes[..<(question ?? bytes.endIndex)])
        query = try question.map { index throws(HTTPViolation) in try HTTPQuery(bytes[(index + 1)...]) } ?? HTTPQuery()
        raw = String(decoding: bytes, as: UTF8.self)
    }
}
