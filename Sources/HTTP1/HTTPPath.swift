/// The path of a target: its text and its percent-decoded segments. `/` has one empty segment, `/console/` has
/// `console` and an empty one.
///
/// A segment is UTF-8, holds no `/`, no `\`, no control character, and is neither `.` nor `..`: whoever joins segments
/// to a file path stays below the directory they started from. RFC 3986 §6.2.2.3 would have dot segments removed;
/// clients do that before they send, so a path that still has them is refused.
package struct HTTPPath: Sendable, Equatable {
    /// As it was sent, still percent-encoded.
    package let raw: String
    package let segments: [String]

    /// Throws `targetNotOriginForm`, `invalidTargetCharacter`, `malformedPercentEscape`, `targetNotUTF8` or
    /// `unsafePath`.
    package init(_ raw: String) throws(HTTPViolation) { try self.init(Array(raw.utf8)[...]) }

    init(_ bytes: ArraySlice<UInt8>) throws(HTTPViolation) {
        guard bytes.first == Octet.slash else { throw .targetNotOriginForm }
        var segments: [String] = []
        var start = bytes.startIndex + 1
        for index in start..<bytes.endIndex {
            let byte = bytes[index]
            if byte == Octet.slash {
                segments.append(try Self.segment(bytes[start..<index]))
                start = index + 1
            } else if !Octet.isPathCharacter(byte), byte != Octet.percent {
                throw .invalidTargetCharacter
            }
        }
        segments.append(try Self.segment(bytes[start...]))
        self.raw = String(decoding: bytes, as: UTF8.self)
        self.segments = segments
    }

    private static func segment(_ bytes: ArraySlice<UInt8>) throws(HTTPViolation) -> String {
        let segment = try PercentDecoding.string(bytes)
        let isUnsafe = segment.utf8.contains { byte in
            byte == Octet.slash || byte == Octet.backslash || Octet.isControl(byte)
        }
        guard !isUnsafe, segment != ".", segment != ".." else { throw .unsafePath }
        return segment
    }
}
