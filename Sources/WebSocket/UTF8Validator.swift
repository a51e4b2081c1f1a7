/// Checks a stream of bytes against UTF-8 (RFC 3629), however it is cut, and refuses it at the first byte that cannot
/// stand where it does.
package struct UTF8Validator: Sendable {
    /// Continuation bytes that the scalar under way still needs: 0…3.
    private var needed: UInt8 = 0
    /// What the next of them must be. Narrower than 80…BF only after E0, ED, F0 and F4: no overlong forms, no surrogates,
    /// nothing above U+10FFFF.
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xBF

    package init() {}

    /// True where a text may end: between two scalars.
    package var isComplete: Bool { needed == 0 }

    /// False when the bytes so far cannot begin a valid text. After that, do not ask again.
    package mutating func consume(_ bytes: RawSpan) -> Bool {
        let count = bytes.byteCount
        var index = 0
        while index < count {
            if needed == 0 {
                index = Self.endOfWholeScalars(bytes, from: index)
                guard index < count else { return true }
            }
            // Near the end, in a scalar that is cut, or at a mistake: byte by byte.
            guard consume(bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)) else { return false }
            index += 1
        }
        return true
    }

    package mutating func consume(_ bytes: UnsafeRawBufferPointer) -> Bool { consume(bytes.bytes) }

    private mutating func consume(_ byte: UInt8) -> Bool {
        if needed > 0 {
            guard byte >= lower, byte <= upper else { return false }
            needed -= 1
            lower = 0x80
            upper = 0xBF
            return true
        }
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: needed = 1
        case 0xE0: (needed, lower) = (2, 0xA0)
        case 0xED: (needed, upper) = (2, 0x9F)
        case 0xE1...0xEF: needed = 2
        case 0xF0: (needed, lower) = (3, 0x90)
        case 0xF1...0xF3: needed = 3
        case 0xF4: (needed, upper) = (3, 0x8F)
        default: return false
        }
        return true
    }

    /// The first index that is not passed by looking at many ASCII bytes at once, or at whole scalars in a word.
    private static func endOfWholeScalars(_ bytes: RawSpan, from start: Int) -> Int {
        let count = bytes.byteCount
        var index = start
        while true {
            index = endOfASCII(bytes, from: index)
            // Two scalars of three bytes at a time: Thai and most other scripts of Asia.
            while index <= count - 8 {
                let word = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
                guard isThreeByteScalar(UInt32(truncatingIfNeeded: word)),
                    isThreeByteScalar(UInt32(truncatingIfNeeded: word >> 24))
                else { break }
                index += 6
            }
            guard index <= count - 4 else { return index }
            // The first byte of the text is the lowest of the word.
            let word = UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt32.self))
            if word & 0x80 == 0 {
                index += 1
            } else if isThreeByteScalar(word) {
                index += 3
            } else if isTwoByteScalar(word) {
                index += 2
            } else if isFourByteScalar(word) {
                index += 4
            } else {
                return index
            }
        }
    }

    /// The first index that is not passed by looking at 32 or 8 ASCII bytes at once.
    @inline(__always)
    private static func endOfASCII(_ bytes: RawSpan, from start: Int) -> Int {
        let count = bytes.byteCount
        var index = start
        while index <= count - 32 {
            let block = bytes.unsafeLoadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self)
            let pair = block.lowHalf | block.highHalf
            guard (pair.x | pair.y) & 0x8080_8080_8080_8080 == 0 else { break }
            index += 32
        }
        while index <= count - 8,
            bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
        { index += 8 }
        return index
    }

    /// 110xxxxx 10xxxxxx, from U+0080.
    private static func isTwoByteScalar(_ word: UInt32) -> Bool { word & 0xC0E0 == 0x80C0 && word & 0x1E != 0 }

    /// 1110xxxx 10xxxxxx 10xxxxxx, from U+0800, without the surrogates.
    private static func isThreeByteScalar(_ word: UInt32) -> Bool {
        let lead = word & 0x200F
        return word & 0xC0_C0F0 == 0x80_80E0 && lead != 0 && lead != 0x200D
    }

    /// 11110xxx 10xxxxxx 10xxxxxx 10xxxxxx, from U+10000 to U+10FFFF.
    private static func isFourByteScalar(_ word: UInt32) -> Bool {
        let lead = word & 0x3007
        return word & 0xC0C0_C0F8 == 0x8080_80F0 && lead != 0 && (lead & 4 == 0 || lead & 0x3003 == 0)
    }
}
