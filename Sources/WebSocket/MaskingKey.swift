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

    /// Masks or unmasks in place. `phase` bytes of the same payload came before.
    func apply(to payload: UnsafeMutableRawBufferPointer, phase: Int) {
        var bytes = payload.mutableBytes
        apply(to: &bytes, phase: phase)
    }

    /// Masks or unmasks in place from `start` on. `phase` bytes of the same payload came before, so that a payload may come
    /// in pieces.
    func apply(to payload: inout MutableRawSpan, from start: Int = 0, phase: Int) {
        let key = turned(by: phase)
        let count = payload.byteCount
        var index = start
        let block = SIMD8<UInt32>(repeating: key)
        while index <= count - 32 {
            let masked = payload.unsafeLoadUnaligned(fromByteOffset: index, as: SIMD8<UInt32>.self)
            payload.storeBytes(of: masked ^ block, toByteOffset: index, as: SIMD8<UInt32>.self)
            index += 32
        }
        while index <= count - 4 {
            let masked = payload.unsafeLoadUnaligned(fromByteOffset: index, as: UInt32.self)
            payload.storeBytes(of: masked ^ key, toByteOffset: index, as: UInt32.self)
            index += 4
        }
        var rest = UInt32(littleEndian: key)
        while index < count {
            let masked = payload.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            payload.storeBytes(of: masked ^ UInt8(truncatingIfNeeded: rest), toByteOffset: index, as: UInt8.self)
            rest >>= 8
            index += 1
        }
    }

    /// The key word for a piece that begins `phase` bytes into the payload.
    private func turned(by phase: Int) -> UInt32 {
        let bits = UInt32(truncatingIfNeeded: phase & 3) * 8
        guard bits > 0 else { return word }
        let value = wireOrder
        return (value >> bits | value << (32 - bits)).littleEndian
    }
}
