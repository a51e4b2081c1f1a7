package import Primitives

/// What separates the parts of one form: 1 to 70 of the characters of RFC 2046 §5.1.1.
package struct MultipartBoundary: Equatable, Sendable {
    package static let maxBytes = 70

    let bytes: [UInt8]

    /// Nil when `text` cannot be a boundary.
    package init?(_ text: String) { self.init(Array(text.utf8)) }

    private init?(_ bytes: [UInt8]) {
        guard (1...Self.maxBytes).contains(bytes.count), bytes.allSatisfy(Self.isCharacter),
            bytes.last != HeaderParameters.Character.space
        else { return nil }
        self.bytes = bytes
    }

    /// The boundary that the value of a request's Content-Type names. Its other parameters mean nothing here.
    package init(contentType: String) throws(MultipartViolation) {
        let value: HeaderParameters
        do throws(HeaderParameters.Problem) { value = try HeaderParameters(Array(contentType.utf8)[...]) } catch {
            switch error {
            case .malformed: throw .malformedContentType
            case .parameterRepeated: throw .parameterRepeated
            }
        }
        guard value.word == "multipart/form-data" else { throw .notAForm }
        guard let bytes = value["boundary"] else { throw .boundaryMissing }
        guard let boundary = MultipartBoundary(bytes) else { throw .boundaryInvalid }
        self = boundary
    }

    /// A boundary for a form of our own. 128 random bits: no content that was made before it holds it.
    package init(from random: any RandomSource) {
        let digits = Array("0123456789abcdef".utf8)
        bytes = Array("sala-".utf8) + random.bytes(16).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The value of Content-Type for a form with this boundary; quoted, as some of the characters need it.
    package var contentType: String { "multipart/form-data; boundary=\"\(text)\"" }

    /// `bchars`.
    private static func isCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20, 0x27...0x29, 0x2B...0x2F, 0x30...0x3A, 0x3D, 0x3F, 0x41...0x5A, 0x5F, 0x61...0x7A: true
        default: false
        }
    }
}
