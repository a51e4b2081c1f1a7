/// SHA-1 (FIPS 180-4 §6.1). Only for `Sec-WebSocket-Accept`, where RFC 6455 demands it: it protects nothing.
package enum SHA1 {
    /// Bytes that a message grows by, at most, before it is digested; one that has so much capacity left is not copied.
    package static let paddingBytes = 72

    /// The 20 bytes of a message's digest.
    package static func digest(_ message: consuming [UInt8]) -> [UInt8] {
        var state = State()
        let padded = pad(message)
        let bytes = padded.span.bytes
        for start in stride(from: 0, to: bytes.byteCount, by: 64) {
            state.mix(bytes.extracting(droppingFirst: start).extracting(first: 64))
        }
        return state.digest
    }

    /// The message, a one bit, zeros and its length in bits: whole blocks of 64 bytes (FIPS 180-4 §5.1.1).
    private static func pad(_ message: consuming [UInt8]) -> [UInt8] {
        let bits = UInt64(message.count) &* 8
        var out = message
        out.reserveCapacity(out.count + paddingBytes)
        out.append(0x80)
        out.append(contentsOf: repeatElement(0, count: (120 - out.count % 64) % 64))
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

        /// FIPS 180-4 §6.1.3. A loop for each of the four functions, so that no round asks which is its own.
        mutating func mix(_ block: RawSpan) {
            var schedule = [80 of UInt32](repeating: 0)
            for round in 0..<16 {
                schedule[round] = UInt32(
                    bigEndian: block.unsafeLoadUnaligned(fromByteOffset: 4 * round, as: UInt32.self))
            }
            for round in 16..<80 {
                schedule[round] = rotated(
                    schedule[round - 3] ^ schedule[round - 8] ^ schedule[round - 14] ^ schedule[round - 16], by: 1)
            }
            var next = self
            for round in 0..<20 {
                next.turn((next.b & next.c) | (~next.b & next.d), 0x5A82_7999 &+ schedule[round])
            }
            for round in 20..<40 { next.turn(next.b ^ next.c ^ next.d, 0x6ED9_EBA1 &+ schedule[round]) }
            for round in 40..<60 {
                next.turn(
                    (next.b & next.c) | (next.b & next.d) | (next.c & next.d), 0x8F1B_BCDC &+ schedule[round])
            }
            for round in 60..<80 { next.turn(next.b ^ next.c ^ next.d, 0xCA62_C1D6 &+ schedule[round]) }
            a &+= next.a
            b &+= next.b
            c &+= next.c
            d &+= next.d
            e &+= next.e
        }

        /// One round: `choice` of b, c and d, and the sum of the round's constant and its word.
        @inline(__always)
        private mutating func turn(_ choice: UInt32, _ addend: UInt32) {
            let first = rotated(a, by: 5) &+ choice &+ e &+ addend
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
