/// A header or trailer section (RFC 9112 §§5, 7.1.2): field lines up to an empty line. Keeps the lines it has read and
/// consumes each as soon as it is whole.
struct FieldSectionDecoder: Sendable {
    /// Of a section; there is room for so many at once, however much of the body stands behind it already.
    private static let usualBytes = 1024

    private let maxBytes: Int
    private let maxFields: Int
    private let tooLarge: HTTPViolation
    private let tooMany: HTTPViolation
    private var scanner = LineScanner()
    private(set) var headers = HTTPHeaders()
    /// Bytes of the lines consumed so far, each with its CR LF.
    private(set) var consumedBytes = 0

    static func header(_ limits: HTTPLimits) -> FieldSectionDecoder {
        FieldSectionDecoder(
            maxBytes: limits.maxHeaderBlockBytes, maxFields: limits.maxFields, tooLarge: .headersTooLarge,
            tooMany: .tooManyFields)
    }

    static func trailer(_ limits: HTTPLimits) -> FieldSectionDecoder {
        FieldSectionDecoder(
            maxBytes: limits.maxTrailerBytes, maxFields: limits.maxTrailerFields, tooLarge: .trailersTooLarge,
            tooMany: .trailersTooLarge)
    }

    private init(maxBytes: Int, maxFields: Int, tooLarge: HTTPViolation, tooMany: HTTPViolation) {
        self.maxBytes = maxBytes
        self.maxFields = maxFields
        self.tooLarge = tooLarge
        self.tooMany = tooMany
    }

    /// True once the empty line was consumed; `headers` is whole then. False when more bytes are needed.
    mutating func decode(from buffer: inout InputBuffer) throws(HTTPViolation) -> Bool {
        while true {
            let limit = max(0, maxBytes - consumedBytes - 2)
            guard let length = try scanner.lineLength(in: &buffer, limit: limit, tooLong: tooLarge) else {
                return false
            }
            scanner = LineScanner()
            if length == 0 {
                buffer.drop(2)
                return true
            }
            let bytes = buffer[0..<length]
            let line = try FieldLine(bytes)
            guard headers.count < maxFields else { throw tooMany }
            if headers.isEmpty { headers.reserve(min(buffer.count, maxBytes, Self.usualBytes)) }
            headers.append(line, of: bytes)
            buffer.countWork(length)
            buffer.drop(length + 2)
            consumedBytes += length + 2
        }
    }
}
