/// Where chance comes from: cryptographically strong in production, seeded in tests.
package protocol RandomSource: Sendable {
    /// `count` fresh random bytes.
    func bytes(_ count: Int) -> [UInt8]
}

extension RandomSource {
    package func uint64() -> UInt64 { bytes(8).reduce(0) { $0 << 8 | UInt64($1) } }

    /// A new identifier such as `m_5k3…`: the prefix, then 128 random bits in lower-case Crockford base 32 (26 digits).
    package func identifier(_ prefix: String) -> String {
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
        var out = Array(prefix.utf8)
        out.append(0x5F)
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for byte in bytes(16) {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 5 {
                count -= 5
                out.append(alphabet[Int(bits >> count & 31)])
            }
            bits &= (1 << count) - 1
        }
        out.append(alphabet[Int(bits << (5 - count) & 31)])
        return String(decoding: out, as: UTF8.self)
    }
}
