/// Percent-decoding (RFC 3986 §2.1), strict and once: what decodes to another escape stays as it is.
enum PercentDecoding {
    /// The bytes that `text` stands for. Throws `malformedPercentEscape` at a `%` without two hexadecimal digits.
    static func decode(_ text: ArraySlice<UInt8>, plusIsSpace: Bool = false) throws(HTTPViolation) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            if byte == Octet.percent {
                guard text.endIndex - index > 2, let high = Octet.hexadecimalValue(text[index + 1]),
                    let low = Octet.hexadecimalValue(text[index + 2])
                else { throw .malformedPercentEscape }
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(plusIsSpace && byte == Octet.plus ? Octet.space : byte)
                index += 1
            }
        }
        return decoded
    }

    /// The same as UTF-8 text. Throws `targetNotUTF8` when it is not.
    static func string(_ text: ArraySlice<UInt8>, plusIsSpace: Bool = false) throws(HTTPViolation) -> String {
        guard text.contains(where: { $0 == Octet.percent || (plusIsSpace && $0 == Octet.plus) }) else {
            // Only ASCII came through the character check.
            return String(decoding: text, as: UTF8.self)
        }
        guard let string = String(validating: try decode(text, plusIsSpace: plusIsSpace), as: UTF8.self) else {
            throw .targetNotUTF8
        }
        return string
    }
}
