/// Recognises values that are written as `JSONWriter` writes them, without making anything of them.
///
/// What it accepts, `JSONParser` accepts too, and the writer makes the same bytes of the parsed value: so the text may be sent
/// on as it stands. It does not accept all that is such: a caller for whom it has no answer asks the parser, which alone
/// says what is wrong with a text.
package enum CanonicalJSON {
    /// Objects and arrays within each other; the parser takes deeper ones.
    package static let maxDepth = 8
    /// Members of one object, whose names are compared one by one; the parser takes more.
    package static let maxMembers = 8
    /// Digits of a number, all of which fit 64 bits; the parser takes more.
    package static let maxDigits = 18

    /// The index behind the value that begins at `start`; nil when there is none, or not in the writer's form.
    package static func end(ofValueIn text: RawSpan, at start: Int) -> Int? {
        var cursor = start
        return skip(text, &cursor, depth: 0) ? cursor : nil
    }

    /// The bytes between the quotation marks of the string that begins at `cursor`, when it is ASCII and has no escapes: the
    /// text that it stands for. Moves behind it; nil, and `cursor` is anywhere, when there is no such string.
    package static func plainString(in text: RawSpan, _ cursor: inout Int) -> Range<Int>? {
        guard byte(text, cursor) == 0x22 else { return nil }
        let start = cursor + 1
        cursor = endOfPlainASCII(text, from: start)
        guard byte(text, cursor) == 0x22 else { return nil }
        cursor += 1
        return start..<(cursor - 1)
    }

    package static func skipSpace(in text: RawSpan, _ cursor: inout Int) {
        while let next = byte(text, cursor), next <= 0x20, next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09
        {
            cursor += 1
        }
    }

    /// Moves behind `expected` when it stands at `cursor`.
    package static func skip(_ expected: UInt8, in text: RawSpan, _ cursor: inout Int) -> Bool {
        guard byte(text, cursor) == expected else { return false }
        cursor += 1
        return true
    }

    // MARK: Values

    private static func skip(_ text: RawSpan, _ cursor: inout Int, depth: Int) -> Bool {
        switch byte(text, cursor) {
        case 0x22: skipString(text, &cursor)
        case 0x7B: skipObject(text, &cursor, depth: depth + 1)
        case 0x5B: skipArray(text, &cursor, depth: depth + 1)
        case 0x74: skipWord("true", text, &cursor)
        case 0x66: skipWord("false", text, &cursor)
        case 0x6E: skipWord("null", text, &cursor)
        default: skipNumber(text, &cursor)
        }
    }

    private static func skipObject(_ text: RawSpan, _ cursor: inout Int, depth: Int) -> Bool {
        guard depth <= maxDepth else { return false }
        cursor += 1
        if skip(0x7D, in: text, &cursor) { return true }
        var names = InlineArray<8, Range<Int>>(repeating: 0..<0)
        for count in 0..<maxMembers {
            guard let name = plainString(in: text, &cursor), skip(0x3A, in: text, &cursor) else { return false }
            for index in 0..<count where areEqual(text, names[index], name) { return false }
            names[count] = name
            guard skip(text, &cursor, depth: depth) else { return false }
            if skip(0x7D, in: text, &cursor) { return true }
            guard skip(0x2C, in: text, &cursor) else { return false }
        }
        return false
    }

    private static func skipArray(_ text: RawSpan, _ cursor: inout Int, depth: Int) -> Bool {
        guard depth <= maxDepth else { return false }
        cursor += 1
        if skip(0x5D, in: text, &cursor) { return true }
        while skip(text, &cursor, depth: depth) {
            if skip(0x5D, in: text, &cursor) { return true }
            guard skip(0x2C, in: text, &cursor) else { return false }
        }
        return false
    }

    /// Whole numbers only: a double may be written shorter than it was sent.
    private static func skipNumber(_ text: RawSpan, _ cursor: inout Int) -> Bool {
        let isNegative = skip(0x2D, in: text, &cursor)
        let start = cursor
        while let digit = byte(text, cursor), digit >= 0x30, digit <= 0x39 { cursor += 1 }
        let digits = cursor - start
        guard digits > 0, digits <= maxDigits else { return false }
        // No leading zeros, and zero has no sign.
        if byte(text, start) == 0x30, digits > 1 || isNegative { return false }
        // A fraction or an exponent.
        switch byte(text, cursor) {
        case 0x2E, 0x45, 0x65: return false
        default: return true
        }
    }

    private static func skipWord(_ word: StaticString, _ text: RawSpan, _ cursor: inout Int) -> Bool {
        word.withUTF8Buffer { expected in
            for index in expected.indices where byte(text, cursor + index) != expected[index] { return false }
            cursor += expected.count
            return true
        }
    }

    /// UTF-8, with those escapes that the writer uses; it writes none for what needs none, and has no short form for the
    /// other control characters.
    private static func skipString(_ text: RawSpan, _ cursor: inout Int) -> Bool {
        cursor += 1
        while true {
            cursor = endOfPlainASCII(text, from: cursor)
            switch byte(text, cursor) {
            case 0x22:
                cursor += 1
                return true
            case 0x5C:
                switch byte(text, cursor + 1) {
                case 0x22, 0x5C, 0x6E, 0x72, 0x74: cursor += 2
                default: return false
                }
            case .some(0x80...):
                guard let length = JSONParser.scalarLength(text, at: cursor) else { return false }
                cursor += length
            default: return false
            }
        }
    }

    // MARK: Bytes

    /// The index of the first byte, from `start` on, that is not ASCII or does not stand for itself in a string.
    private static func endOfPlainASCII(_ text: RawSpan, from start: Int) -> Int {
        var cursor = start
        // Eight at a time. Above a byte that is found, others may be found wrongly; the first one is right.
        while text.byteCount - cursor >= 8 {
            let word = UInt64(littleEndian: text.unsafeLoadUnaligned(fromByteOffset: cursor, as: UInt64.self))
            let quotes = word ^ 0x2222_2222_2222_2222
            let backslashes = word ^ 0x5C5C_5C5C_5C5C_5C5C
            let ones: UInt64 = 0x0101_0101_0101_0101
            let below = (word &- 0x2020_2020_2020_2020) & ~word
            let zeros = (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes
            let found = (below | word | zeros) & 0x8080_8080_8080_8080
            guard found == 0 else { return cursor + found.trailingZeroBitCount / 8 }
            cursor += 8
        }
        while let next = byte(text, cursor), next >= 0x20, next < 0x80, next != 0x22, next != 0x5C { cursor += 1 }
        return cursor
    }

    private static func areEqual(_ text: RawSpan, _ one: Range<Int>, _ other: Range<Int>) -> Bool {
        guard one.count == other.count else { return false }
        for (a, b) in zip(one, other) where byte(text, a) != byte(text, b) { return false }
        return true
    }

    @inline(__always)
    private static func byte(_ text: RawSpan, _ index: Int) -> UInt8? {
        index < text.byteCount ? text.unsafeLoad(fromByteOffset: index, as: UInt8.self) : nil
    }
}
