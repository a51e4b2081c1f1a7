internal import JSON

/// A JSON value where it lies in what was read: members are looked for when they are asked for, and no tree is made, so that a
/// frame costs the generator next to nothing. Points into the bytes read, and is valid as long as they are. What is not
/// JSON has no members.
struct JSONSlice {
    let text: UnsafeRawBufferPointer

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    /// The member of an object.
    subscript(name: StaticString) -> JSONSlice? {
        var cursor = Self.spaceEnd(text, 0)
        guard byte(cursor) == 0x7B else { return nil }
        cursor = Self.spaceEnd(text, cursor + 1)
        while byte(cursor) == 0x22, let nameEnd = Self.stringEnd(text, cursor) {
            let found = cursor + 1..<nameEnd - 1
            cursor = Self.spaceEnd(text, nameEnd)
            guard byte(cursor) == 0x3A else { return nil }
            let start = Self.spaceEnd(text, cursor + 1)
            guard let end = Self.valueEnd(text, start) else { return nil }
            if Self.areEqual(text, found, name) {
                return JSONSlice(UnsafeRawBufferPointer(rebasing: text[start..<end]))
            }
            cursor = Self.spaceEnd(text, end)
            guard byte(cursor) == 0x2C else { return nil }
            cursor = Self.spaceEnd(text, cursor + 1)
        }
        return nil
    }

    var integer: Int64? {
        guard let first = text.first else { return nil }
        let isNegative = first == 0x2D
        let digits = isNegative ? text[1...] : text[...]
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowed) = tens.addingReportingOverflow(Int64(digit - 0x30))
            guard !overflow, !overflowed else { return nil }
            value = sum
        }
        return isNegative ? -value : value
    }

    var isTrue: Bool { text.count == 4 && text.first == 0x74 }

    /// What a string says.
    var string: String? {
        guard let content else { return nil }
        if !content.contains(0x5C) { return String(decoding: content, as: UTF8.self) }
        return value?.string
    }

    /// A string's bytes as they are written, escapes and all.
    var content: UnsafeRawBufferPointer? {
        guard text.count >= 2, text.first == 0x22 else { return nil }
        return UnsafeRawBufferPointer(rebasing: text[1..<text.count - 1])
    }

    /// Whether this is that string; a written one without escapes.
    func says(_ wanted: StaticString) -> Bool {
        guard let content else { return false }
        return Self.areEqual(content, 0..<content.count, wanted)
    }

    func says(_ wanted: String) -> Bool {
        guard let content, content.count == wanted.utf8.count else { return false }
        var wanted = wanted
        return wanted.withUTF8 { content.elementsEqual($0) }
    }

    /// The tree, for what is rare.
    var value: JSONValue? {
        do { return try JSONParser.parse(text.bytes) } catch { return nil }
    }

    // MARK: Bytes

    @inline(__always)
    private func byte(_ index: Int) -> UInt8? { index < text.count ? text[index] : nil }

    private static func spaceEnd(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var cursor = start
        while cursor < text.count, text[cursor] <= 0x20 { cursor += 1 }
        return cursor
    }

    /// The index behind the value that begins at `start`: its strings and brackets are looked at, not what is between them.
    private static func valueEnd(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int? {
        var cursor = start
        var depth = 0
        while cursor < text.count {
            switch text[cursor] {
            case 0x22:
                guard let end = stringEnd(text, cursor) else { return nil }
                cursor = end
                if depth == 0 { return cursor }
            case 0x7B, 0x5B:
                depth += 1
                cursor += 1
            case 0x7D, 0x5D:
                // The end of what a number or a word stands in.
                if depth == 0 { return cursor > start ? trimmed(text, start, cursor) : nil }
                depth -= 1
                cursor += 1
                if depth == 0 { return cursor }
            case 0x2C where depth == 0: return cursor > start ? trimmed(text, start, cursor) : nil
            default: cursor += 1
            }
        }
        return depth == 0 && cursor > start ? trimmed(text, start, cursor) : nil
    }

    private static func trimmed(_ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int {
        var end = end
        while end > start, text[end - 1] <= 0x20 { end -= 1 }
        return end
    }

    private static func stringEnd(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int? {
        var cursor = start + 1
        while cursor < text.count {
            switch text[cursor] {
            case 0x22: return cursor + 1
            case 0x5C: cursor += 2
            default: cursor += 1
            }
        }
        return nil
    }

    private static func areEqual(_ text: UnsafeRawBufferPointer, _ range: Range<Int>, _ wanted: StaticString) -> Bool {
        guard range.count == wanted.utf8CodeUnitCount else { return false }
        return wanted.withUTF8Buffer { text[range].elementsEqual($0) }
    }
}
