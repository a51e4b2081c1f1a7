/// The fields of a text or of a template: each tag once, in any order, all of it well formed.
struct SlipQRFields {
    private var values: [(tag: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []

    /// `hasChecksum`: the last field is tag 91, and right.
    init(_ text: ArraySlice<UInt8>, hasChecksum: Bool) throws(SlipQRViolation) {
        var rest = text
        while !rest.isEmpty {
            guard let tag = Self.number(rest.prefix(2)), let count = Self.number(rest.dropFirst(2).prefix(2)) else {
                throw .malformed
            }
            let name = rest.prefix(2)
            rest = rest.dropFirst(4)
            if hasChecksum, tag == 91 {
                guard count == 4 else { throw .malformed }
                try Self.check(text[..<rest.startIndex], rest)
                return
            }
            guard count <= rest.count else { throw .malformed }
            guard !values.contains(where: { $0.tag == name }) else { throw .fieldRepeated }
            values.append((name, rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        guard !hasChecksum else { throw .checksumMissing }
    }

    subscript(tag: String) -> ArraySlice<UInt8>? { values.first { $0.tag.elementsEqual(tag.utf8) }?.value }

    /// Some banks' apps leave out the checksum's leading zeros, and some write it in lower case.
    private static func check(_ checked: ArraySlice<UInt8>, _ digits: ArraySlice<UInt8>) throws(SlipQRViolation) {
        guard (1...4).contains(digits.count), digits.first != 0x2B, digits.first != 0x2D,
            let said = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw .malformed }
        guard CRC16.checksum(checked) == said else { throw .checksumWrong }
    }

    /// Two digits.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.count == 2, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}

/// CRC-16/CCITT-FALSE: polynomial 0x1021, from 0xFFFF. A code is short, so it is computed bit by bit.
enum CRC16 {
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
        var remainder = UInt16.max
        for byte in bytes {
            remainder ^= UInt16(byte) << 8
            for _ in 0..<8 { remainder = remainder << 1 ^ (remainder & 0x8000 != 0 ? 0x1021 : 0) }
        }
        return remainder
    }
}
