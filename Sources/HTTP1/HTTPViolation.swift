/// What a peer can do wrong in HTTP/1.1. The raw value is a stable name for logs, metrics and vectors. A violation ends
/// the connection: one last response with its `status`, then close; nothing behind the bad bytes is read.
package enum HTTPViolation: String, Error, Equatable, Sendable, CaseIterable {
    // The request line (RFC 9112 §3).
    case tooManyEmptyLines, malformedRequestLine, requestLineTooLong, methodTooLong, methodNotImplemented
    case malformedVersion, versionUnsupported
    // The target (RFC 9112 §3.2, RFC 3986).
    case targetNotOriginForm, serverWideOptions, invalidTargetCharacter, malformedPercentEscape, targetNotUTF8
    case unsafePath
    // Lines and fields (RFC 9112 §§2.2, 5).
    case bareLineFeed, bareCarriageReturn, controlCharacter
    case malformedField, spaceBeforeColon, obsoleteFolding, fieldValueNotUTF8, headersTooLarge, tooManyFields
    // Host and Expect (RFC 9112 §3.2, RFC 9110 §10.1.1).
    case hostMissing, hostRepeated, hostInvalid, expectationUnsupported
    // Body framing (RFC 9112 §§6, 7).
    case contentLengthInvalid, contentLengthRepeated, contentLengthWithTransferEncoding, obfuscatedFraming
    case transferEncodingInvalid, transferEncodingUnknown, transferEncodingInHTTP10, lengthRequired, bodyTooLarge
    case chunkSizeInvalid, chunkLineTooLong, chunkNotTerminated, trailersTooLarge, forbiddenTrailer
    // Only a server can do these; the status is what a gateway would say of it.
    case malformedStatusLine, tooManyInterimResponses, truncatedResponse

    /// What the peer is answered with.
    package var status: HTTPStatus {
        switch self {
        case .tooManyEmptyLines, .malformedRequestLine, .malformedVersion, .targetNotOriginForm,
            .invalidTargetCharacter, .malformedPercentEscape, .targetNotUTF8, .unsafePath, .bareLineFeed,
            .bareCarriageReturn, .controlCharacter, .malformedField, .spaceBeforeColon, .obsoleteFolding,
            .fieldValueNotUTF8, .hostMissing, .hostRepeated, .hostInvalid, .contentLengthInvalid,
            .contentLengthRepeated, .contentLengthWithTransferEncoding, .obfuscatedFraming,
            .transferEncodingInvalid, .transferEncodingInHTTP10, .chunkSizeInvalid, .chunkLineTooLong,
            .chunkNotTerminated, .forbiddenTrailer:
            .badRequest
        case .lengthRequired: .lengthRequired
        case .bodyTooLarge: .contentTooLarge
        case .requestLineTooLong: .targetTooLong
        case .expectationUnsupported: .expectationFailed
        case .headersTooLarge, .tooManyFields, .trailersTooLarge: .headersTooLarge
        case .methodTooLong, .methodNotImplemented, .serverWideOptions, .transferEncodingUnknown: .notImplemented
        case .versionUnsupported: .versionNotSupported
        case .malformedStatusLine, .tooManyInterimResponses, .truncatedResponse: .badGateway
        }
    }

    /// One constant sentence for the peer: it never repeats anything that was received.
    package var detail: String {
        switch self {
        case .tooManyEmptyLines: "Too many empty lines before the request line."
        case .malformedRequestLine: "The request line is not method, target and version, each behind one space."
        case .requestLineTooLong: "The request line is too long."
        case .methodTooLong: "No method of that length is implemented."
        case .methodNotImplemented: "CONNECT and TRACE are not implemented."
        case .malformedVersion: "The version is not written as HTTP/1.1."
        case .versionUnsupported: "Only HTTP/1.1 and HTTP/1.0 are spoken here."
        case .targetNotOriginForm: "The target must be a path that starts with a slash."
        case .serverWideOptions: "OPTIONS for the whole server is not implemented."
        case .invalidTargetCharacter: "The target holds a character that must be percent-encoded."
        case .malformedPercentEscape: "A percent sign in the target is not followed by two hexadecimal digits."
        case .targetNotUTF8: "The target does not decode to UTF-8."
        case .unsafePath: "The path holds a dot segment, an encoded separator or a control character."
        case .bareLineFeed: "A line ends in LF without CR."
        case .bareCarriageReturn: "A CR is not followed by LF."
        case .controlCharacter: "A line holds a control character."
        case .malformedField: "A header line is not a name, a colon and a value."
        case .spaceBeforeColon: "White space stands between a header name and its colon."
        case .obsoleteFolding: "A header line starts with white space."
        case .fieldValueNotUTF8: "A header value is not UTF-8."
        case .headersTooLarge: "The header section is too large."
        case .tooManyFields: "There are too many header lines."
        case .hostMissing: "Host is missing."
        case .hostRepeated: "Host stands more than once."
        case .hostInvalid: "Host is not a host name with an optional port."
        case .expectationUnsupported: "The only expectation known here is 100-continue."
        case .contentLengthInvalid: "Content-Length is not a decimal number."
        case .contentLengthRepeated: "Content-Length stands more than once."
        case .contentLengthWithTransferEncoding: "Content-Length and Transfer-Encoding exclude each other."
        case .obfuscatedFraming: "A header name only looks like one that frames the body."
        case .transferEncodingInvalid: "Transfer-Encoding does not end in chunked, once."
        case .transferEncodingUnknown: "The only transfer coding known here is chunked."
        case .transferEncodingInHTTP10: "HTTP/1.0 has no Transfer-Encoding."
        case .lengthRequired: "Content-Length is required."
        case .bodyTooLarge: "The body is too large."
        case .chunkSizeInvalid: "A chunk size is not a hexadecimal number."
        case .chunkLineTooLong: "A chunk's size line or extension is too long."
        case .chunkNotTerminated: "A chunk is not followed by CR LF."
        case .trailersTooLarge: "The trailer section is too large."
        case .forbiddenTrailer: "A trailer may not frame, route or authenticate the message."
        case .malformedStatusLine: "The status line is malformed."
        case .tooManyInterimResponses: "There are too many interim responses."
        case .truncatedResponse: "The connection ended within a response."
        }
    }
}
