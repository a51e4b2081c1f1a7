/// Base 64 of RFC 4648: the standard alphabet with padding (§4) and the URL-safe one without (§5).
package enum Base64 {
    private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlSafe = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        encode(Array(bytes), standard, padded: true)
    }
    package static func encodeURLSafe(_ bytes: some Collection<UInt8>) -> String {
        encode(Array(bytes), urlSafe, padded: false)
    }

    /// Takes an array, not any collection: generic code that is called from other modules is not specialised.
    private static func encode(_ bytes: [UInt8], _ alphabet: [UInt8], padded: Bool) -> String {
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 1
            if count == 3 {
                out.append(alphabet[Int(bits >> 18 & 63)])
                out.append(alphabet[Int(bits >> 12 & 63)])
                out.append(alphabet[Int(bits >> 6 & 63)])
                out.append(alphabet[Int(bits & 63)])
                bits = 0
                count = 0
            }
        }
        if count > 0 {
            bits <<= UInt32(8 * (3 - count))
            for index in 0...count { out.append(alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)]) }
            if padded { for _ in count..<3 { out.append(0x3D) } }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Strict: the right length and padding, no other characters, no bits left over. Nil otherwise.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        let text = Array(text)
        guard text.count % 4 == 0 else { return nil }
        let padding = text.last != 0x3D ? 0 : text[text.count - 2] == 0x3D ? 2 : 1
        return decodeDigits(text[..<(text.count - padding)], plus: 0x2B, slash: 0x2F)
    }

    /// Strict, without padding (RFC 7515 §2).
    package static func decodeURLSafe(_ text: some Collection<UInt8>) -> [UInt8]? {
        decodeDigits(Array(text)[...], plus: 0x2D, slash: 0x5F)
    }

    private static func decodeDigits(_ digits: ArraySlice<UInt8>, plus: UInt8, slash: UInt8) -> [UInt8]? {
        guard digits.count % 4 != 1 else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(digits.count * 3 / 4)
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for digit in digits {
            let value: UInt32
            switch digit {
            case 0x41...0x5A: value = UInt32(digit) - 0x41
            case 0x61...0x7A: value = UInt32(digit) - 0x61 + 26
            case 0x30...0x39: value = UInt32(digit) - 0x30 + 52
            case plus: value = 62
            case slash: value = 63
            default: return nil
            }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                out.append(UInt8(bits >> count & 0xFF))
                bits &= (1 << count) - 1
            }
        }
        return bits == 0 ? out : nil
    }
}
