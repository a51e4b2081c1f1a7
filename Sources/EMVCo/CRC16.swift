/// CRC-16/CCITT-FALSE: polynomial 0x1021, from 0xFFFF. A code is short, so it is computed bit by bit.
package enum CRC16 {
    package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
        var remainder = UInt16.max
        for byte in bytes {
            remainder ^= UInt16(byte) << 8
            for _ in 0..<8 { remainder = remainder << 1 ^ (remainder & 0x8000 != 0 ? 0x1021 : 0) }
        }
        return remainder
    }
}
