/// The fields of a text or of a template within one (EMV QR Code, Merchant-Presented Mode, §3): two digits of tag, two of length,
/// the value. Each tag once, in any order, all of it well formed. A length counts bytes, as what banks write is ASCII.
package struct EMVCoFields: Sendable {
    /// Bytes of a value: what two digits can say.
    package static let maxValueBytes = 99

    /// The last field: CRC-16 over everything before its four hexadecimal digits, in upper or lower case.
    package struct Checksum: Sendable {
        let tag: String
        /// Some banks' apps leave out its leading zeros.
        let mayLackZeros: Bool

        package init(tag: String, mayLackZeros: Bool) {
            self.tag = tag
            self.mayLackZeros = mayLackZeros
        }
    }

    private var values: [(tag: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []

    /// The whole text ends with its checksum; a template has none. The caller bounds `text`.
    package init(_ text: ArraySlice<UInt8>, checksum: Checksum? = nil) throws(EMVCoViolation) {
        var rest = text
        while !rest.isEmpty {
            let tag = rest.prefix(2)
            guard Self.number(tag) != nil, let count = Self.number(rest.dropFirst(2).prefix(2)) else {
                throw .malformed
            }
            rest = rest.dropFirst(4)
            if let checksum, tag.elementsEqual(checksum.tag.utf8) {
                guard count == 4 else { throw .malformed }
                try checksum.check(text[..<rest.startIndex], rest)
                return
            }
            guard count <= rest.count else { throw .malformed }
            guard !values.contains(where: { $0.tag == tag }) else { throw .fieldRepeated }
            values.append((tag, rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        guard checksum == nil else { throw .checksumMissing }
    }

    package subscript(tag: String) -> ArraySlice<UInt8>? { values.first { $0.tag.elementsEqual(tag.utf8) }?.value }

    /// Whether the field is there and has exactly this value.
    package func has(_ value: String, in tag: String) -> Bool { self[tag]?.elementsEqual(value.utf8) == true }

    /// Two digits.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.count == 2, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}

extension EMVCoFields.Checksum {
    fileprivate func check(_ checked: ArraySlice<UInt8>, _ digits: ArraySlice<UInt8>) throws(EMVCoViolation) {
        // The initialiser of integers would take a sign, too.
        guard (mayLackZeros ? 1...4 : 4...4).contains(digits.count), digits.first != 0x2B, digits.first != 0x2D,
            let said = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw .malformed }
        guard CRC16.checksum(checked) == said else { throw .checksumWrong }
    }
}
