/// How the end of a body is found (RFC 9112 §6.3). One place decides it for requests and responses, because two readers
/// that decide differently are what request smuggling needs. Whatever is not plain is refused, never repaired.
enum BodyFraming: Equatable, Sendable {
    /// There is no body.
    case none
    /// So many bytes; never 0.
    case length(Int)
    case chunked
    /// All bytes until the connection ends; responses only.
    case untilClose

    /// The framing of a request. Throws a framing violation, `lengthRequired`, or `bodyTooLarge` for a declared length
    /// beyond the limit.
    static func ofRequest(
        _ line: RequestLine, _ headers: HTTPHeaders, _ limits: HTTPLimits
    ) throws(HTTPViolation) -> BodyFraming {
        // Readers exist that take `_` for `-` (CGI names headers so). Such a header is always an attack.
        guard !headers.contains("transfer_encoding"), !headers.contains("content_length") else {
            throw .obfuscatedFraming
        }
        if let framing = try declared(headers, line.version, limits) { return framing }
        // HTTP/1.1 without either field has no body. HTTP/1.0 clients could end one by half-closing (RFC 1945 §7.2.2).
        guard line.version == .http11 || !line.method.anticipatesContent else { throw .lengthRequired }
        return .none
    }

    /// The framing of a response to a request of `method`.
    static func ofResponse(
        _ line: StatusLine, to method: HTTPMethod, _ headers: HTTPHeaders, _ limits: HTTPLimits
    ) throws(HTTPViolation) -> BodyFraming {
        guard method != .head, !line.status.isBodiless else { return .none }
        return try declared(headers, line.version, limits) ?? .untilClose
    }

    /// What `Content-Length` and `Transfer-Encoding` say together; nil when both are missing.
    private static func declared(
        _ headers: HTTPHeaders, _ version: HTTPVersion, _ limits: HTTPLimits
    ) throws(HTTPViolation) -> BodyFraming? {
        let length = headers.firstBytes("content-length")
        if headers.contains("transfer-encoding") {
            guard length == nil else { throw .contentLengthWithTransferEncoding }
            guard version == .http11 else { throw .transferEncodingInHTTP10 }
            try checkOnlyChunked(headers.all("transfer-encoding"))
            return .chunked
        }
        guard let text = length else { return nil }
        // Equal ones too: RFC 9112 §6.3 lets a reader merge them, and readers that do not merge exist.
        guard headers.count(of: "content-length") == 1 else { throw .contentLengthRepeated }
        let bytes = try decimal(text)
        guard bytes <= limits.maxBodyBytes else { throw .bodyTooLarge }
        return bytes == 0 ? BodyFraming.none : .length(bytes)
    }

    /// `chunked` in one field, as the only coding. A known frame with another coding inside is 501, any other list is
    /// 400 (RFC 9112 §6.3, item 4).
    private static func checkOnlyChunked(_ encodings: [String]) throws(HTTPViolation) {
        guard encodings.count == 1 else { throw .transferEncodingInvalid }
        let codings = encodings[0].utf8.split(separator: Octet.comma, omittingEmptySubsequences: false).map { coding in
            String(decoding: Octet.trimmed(coding).map(Octet.lowercased), as: UTF8.self)
        }
        guard codings.last == "chunked", !codings.dropLast().contains("chunked"), !codings.contains("") else {
            throw .transferEncodingInvalid
        }
        guard codings.count == 1 else { throw .transferEncodingUnknown }
    }

    /// `1*DIGIT` that fits `Int`, in at most 19 digits.
    private static func decimal(_ text: ArraySlice<UInt8>) throws(HTTPViolation) -> Int {
        guard !text.isEmpty, text.count <= 19, text.allSatisfy(Octet.isDigit) else { throw .contentLengthInvalid }
        var value = 0
        for digit in text {
            let (tens, isTooLong) = value.multipliedReportingOverflow(by: 10)
            let (sum, isTooMuch) = tens.addingReportingOverflow(Int(digit - 0x30))
            guard !isTooLong, !isTooMuch else { throw .contentLengthInvalid }
            value = sum
        }
        return value
    }
}
