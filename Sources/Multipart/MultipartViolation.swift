/// What a sender of a form can do wrong. The raw value is a stable name for logs, metrics and vectors.
package enum MultipartViolation: String, Error, Equatable, Sendable, CaseIterable {
    // Content-Type (RFC 7578 §4, RFC 2046 §5.1.1).
    case notAForm, malformedContentType, boundaryMissing, boundaryInvalid
    // The body's frame (RFC 2046 §5.1).
    case malformedDelimiter, truncated
    // A part's header (RFC 7578 §4.2, RFC 2045 §6).
    case malformedField, bareLineFeed, bareCarriageReturn, controlCharacter, fieldNotUTF8, fieldRepeated
    case dispositionMissing, malformedDisposition, parameterRepeated, nameMissing, nameRepeated
    case transferEncodingUnsupported
    // Bounds (`MultipartLimits`).
    case tooManyParts, tooManyFields, headerTooLarge, partTooLarge, bodyTooLarge

    /// The HTTP status that it earns.
    package var status: Int {
        switch self {
        case .notAForm: 415
        case .partTooLarge, .bodyTooLarge, .tooManyParts: 413
        case .malformedContentType, .boundaryMissing, .boundaryInvalid, .malformedDelimiter, .truncated,
            .malformedField, .bareLineFeed, .bareCarriageReturn, .controlCharacter, .fieldNotUTF8, .fieldRepeated,
            .dispositionMissing, .malformedDisposition, .parameterRepeated, .nameMissing, .nameRepeated,
            .transferEncodingUnsupported, .tooManyFields, .headerTooLarge:
            400
        }
    }

    /// One constant sentence for the sender: it never repeats anything that was received.
    package var detail: String {
        switch self {
        case .notAForm: "The content type is not multipart/form-data."
        case .malformedContentType: "Content-Type is not a type with parameters."
        case .boundaryMissing: "Content-Type has no boundary."
        case .boundaryInvalid: "The boundary is empty, longer than 70 characters, or has one that none may have."
        case .malformedDelimiter: "Behind a boundary stands neither the end of its line nor two hyphens."
        case .truncated: "The body ends before its last boundary."
        case .malformedField: "A part's header line is not a name, a colon and a value."
        case .bareLineFeed: "A part's header line ends in LF without CR."
        case .bareCarriageReturn: "In a part's header a CR is not followed by LF."
        case .controlCharacter: "A part's header holds a control character."
        case .fieldNotUTF8: "A part's header is not UTF-8."
        case .fieldRepeated: "A part's header has a line twice that may stand once."
        case .dispositionMissing: "A part has no Content-Disposition."
        case .malformedDisposition: "Content-Disposition is not form-data with parameters."
        case .parameterRepeated: "A parameter stands more than once."
        case .nameMissing: "A part has no name."
        case .nameRepeated: "A field stands more than once."
        case .transferEncodingUnsupported: "A part's content is encoded; only its bytes as they are can be taken."
        case .tooManyParts: "There are too many parts."
        case .tooManyFields: "A part's header has too many lines."
        case .headerTooLarge: "A part's header is too large."
        case .partTooLarge: "A part is too large."
        case .bodyTooLarge: "The body is too large."
        }
    }
}
