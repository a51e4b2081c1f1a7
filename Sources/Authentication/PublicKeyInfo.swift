/// Writes a SubjectPublicKeyInfo (RFC 5280 §4.1) in DER from the numbers of a JSON Web Key.
enum PublicKeyInfo {
    /// The algorithm identifier rsaEncryption with NULL parameters (RFC 3279 §2.3.1).
    private static let rsaAlgorithm: [UInt8] = [
        0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00,
    ]
    /// The algorithm identifier id-ecPublicKey with the curve prime256v1 (RFC 5480 §2.1.1).
    private static let p256Algorithm: [UInt8] = [
        0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D,
        0x03, 0x01, 0x07,
    ]

    /// `modulus` and `exponent` are unsigned and big-endian: `n` and `e` of RFC 7518 §6.3.1.
    static func rsa(modulus: [UInt8], exponent: [UInt8]) -> [UInt8] {
        let numbers = element(0x30, integer(modulus) + integer(exponent))
        return element(0x30, rsaAlgorithm + element(0x03, [0] + numbers))
    }

    /// `x` and `y` are 32 bytes each, big-endian: RFC 7518 §6.2.1. The point goes uncompressed.
    static func p256(x: [UInt8], y: [UInt8]) -> [UInt8] {
        element(0x30, p256Algorithm + element(0x03, [0, 0x04] + x + y))
    }

    private static func integer(_ magnitude: [UInt8]) -> [UInt8] {
        let digits = Array(magnitude.drop { $0 == 0 })
        // A set first bit would make it negative; an empty magnitude is the number zero.
        return element(0x02, (digits.first ?? 0x80) >= 0x80 ? [0] + digits : digits)
    }

    private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let count = content.count
        guard count >= 0x80 else { return [tag, UInt8(count)] + content }
        let digits = withUnsafeBytes(of: UInt64(count).bigEndian) { Array($0.drop { $0 == 0 }) }
        return [tag, 0x80 | UInt8(digits.count)] + digits + content
    }
}
