package import Primitives

/// The four bytes that a client's payload is exclusive-ored with (RFC 6455 §5.3).
package struct MaskingKey: Sendable, Equatable {
    /// In the order of the wire, so that a word of payload in memory order is unmasked by one exclusive-or.
    private let word: UInt32

    /// A key from its four bytes, the first on the wire in the lowest byte. Must be fresh and unpredictable for each frame.
    package init(_ bytes: UInt32) { word = bytes.littleEndian }

    /// A fresh key.
    package init(from random: some RandomSource) {
        self.init(random.bytes(4).reduce(0) { $0 << 8 | UInt32($1) })
    }

    /// The key at `offset` of a header. Traps when the header is shorter, so the caller has looked.
    init(in header: RawSpan, at offset: Int) {
        word = header.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
    }

    /// The four bytes, the first on the wire in the lowest.
    package var wireOrder: UInt32 { UInt32(littleEndian: word) }

    /// Masks or unmasks in place. `phase` bytes of the same payload came before. Whether what comes out is all ASCII.
    @discardableResult
    func apply(to payload: UnsafeMutableRawBufferPointer, phase: Int) -> Bool {
        var bytes = payload.mutableBytes
        return apply(to: &bytes, phase: phase)
    }

    /// Masks or unmasks in place from `start` on. `phase` bytes of the same payload came before, so that a payload may come
    /// in pieces. Whether what comes out is all ASCII: known here for next to nothing, and most text needs no other check.
    @discardableResult
    func apply(to payload: inout MutableRawSpan, from start: Int = 0, phase: Int) -> Bool {
        let key = turned(by: phase)
        var seen = SIMD8<UInt32>(repeating: 0)
        var seenBehind: UInt32 = 0
        let count = payload.byteCount
        var index = start
        let block = SIMD8<UInt32>(repeating: key)
        while index <= count - 32 {
            let result = payload.unsafeLoadUnaligned(fromByteOffset: index, as: SIMD8<UInt32>.self) ^ block
            payload.storeBytes(of: result, toByteOffset: index, as: SIMD8<UInt32>.self)
            seen |= result
            index += 32
        }
        while index <= count - 4 {
            let result = payload.unsafeLoadUnaligned(fromByteOffset: index, as: UInt32.self) ^ key
            payload.storeBytes(of: result, toByteOffset: index, as: UInt32.self)
            seenBehind |= result
            index += 4
        }
        var rest = UInt32(littleEndian: key)
        while index < count {
            let masked = payload.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            let result = masked ^ UInt8(truncatingIfNeeded: rest)
            payload.storeBytes(of: result, toByteOffset: index, as: UInt8.self)
            seenBehind |= UInt32(result)
            rest >>= 8
            index += 1
        }
        let quarter = seen.lowHalf | seen.highHalf
        let pair = quarter.lowHalf | quarter.highHalf
        return (pair.x | pair.y | seenBehind) & 0x8080_8080 == 0
    }

    /// The key word for a piece that begins `phase` bytes into the payload.
    private func turned(by phase: Int) -> UInt32 {
        let bits = UInt32(truncatingIfNeeded: phase & 3) * 8
        guard bits > 0 else { return word }
        let value = wireOrder
        return (value >> bits | value << (32 - bits)).littleEndian
    }
}
