/// SHA-1 (FIPS 180-4 §6.1). Only for `Sec-WebSocket-Accept`, where RFC 6455 demands it: it protects nothing.
package enum SHA1 {
    /// The 20 bytes of a message's digest.
    package static func digest(_ message: [UInt8]) -> [UInt8] {
        var state = State()
        let padded = pad(message)
        let bytes = padded.span.bytes
        for start in stride(from: 0, to: bytes.byteCount, by: 64) {
            state.mix(bytes.extracting(droppingFirst: start).extracting(first: 64))
        }
        return state.digest
    }

    /// The message, a one bit, zeros and its length in bits: whole blocks of 64 bytes (FIPS 180-4 §5.1.1).
    private static func pad(_ message: [UInt8]) -> [UInt8] {
        var out = message
        out.reserveCapacity(message.count + 72)
        out.append(0x80)
        while out.count % 64 != 56 { out.append(0) }
        let bits = UInt64(message.count) &* 8
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            out.append(UInt8(truncatingIfNeeded: bits >> shift))
        }
        return out
    }

    /// The five words that blocks are mixed into.
    private struct State {
        var a: UInt32 = 0x6745_2301
        var b: UInt32 = 0xEFCD_AB89
        var c: UInt32 = 0x98BA_DCFE
        var d: UInt32 = 0x1032_5476
        var e: UInt32 = 0xC3D2_E1F0

        /// FIPS 180-4 §6.1.3: the schedule of 80 words lives in a ring of 16.
        mutating func mix(_ block: RawSpan) {
            var schedule = [16 of UInt32](repeating: 0)
            var next = self
            for round in 0..<80 {
                let slot = round & 15
                if round < 16 {
                    schedule[slot] = UInt32(
                        bigEndian: block.unsafeLoadUnaligned(fromByteOffset: 4 * round, as: UInt32.self))
                } else {
                    schedule[slot] = rotated(
                        schedule[(round - 3) & 15] ^ schedule[(round - 8) & 15] ^ schedule[(round - 14) & 15]
                            ^ schedule[slot], by: 1)
                }
                next.turn(round, schedule[slot])
            }
            a &+= next.a
            b &+= next.b
            c &+= next.c
            d &+= next.d
            e &+= next.e
        }

        private mutating func turn(_ round: Int, _ word: UInt32) {
            let (choice, constant): (UInt32, UInt32) =
                switch round {
                case ..<20: ((b & c) | (~b & d), 0x5A82_7999)
                case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                case ..<60: ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC)
                default: (b ^ c ^ d, 0xCA62_C1D6)
                }
            let first = rotated(a, by: 5) &+ choice &+ e &+ constant &+ word
            (e, d, c, b, a) = (d, c, rotated(b, by: 30), a, first)
        }

        private func rotated(_ word: UInt32, by bits: UInt32) -> UInt32 { word << bits | word >> (32 - bits) }

        var digest: [UInt8] {
            var out: [UInt8] = []
            out.reserveCapacity(20)
            for word in [a, b, c, d, e] {
                for shift: UInt32 in [24, 16, 8, 0] { out.append(UInt8(truncatingIfNeeded: word >> shift)) }
            }
            return out
        }
    }
}
