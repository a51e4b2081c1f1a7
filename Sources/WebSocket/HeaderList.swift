/// A header field that is a comma-separated list, over any number of field lines (RFC 9110 §5.6.1).
struct HeaderList {
    private let lines: [String]

    init(_ lines: [String]) { self.lines = lines }

    /// The items without white space around them; empty ones are dropped.
    var items: [Substring] {
        var items: [Substring] = []
        for line in lines {
            let bytes = line.utf8
            var start = 0
            while let item = Self.nextItem(bytes.span, from: start) {
                let first = bytes.index(bytes.startIndex, offsetBy: item.lowerBound)
                items.append(line[first..<bytes.index(first, offsetBy: item.count)])
                start = item.upperBound
            }
        }
        return items
    }

    var isEmpty: Bool { lines.allSatisfy { Self.nextItem($0.utf8.span, from: 0) == nil } }

    /// Whether one item is `name`, a lower-case ASCII word, in any case.
    func contains(_ name: String) -> Bool {
        let name = name.utf8.span
        for line in lines {
            let bytes = line.utf8.span
            var start = 0
            while let item = Self.nextItem(bytes, from: start) {
                if item.count == name.count, Self.equals(bytes, item, name) { return true }
                start = item.upperBound
            }
        }
        return false
    }

    /// Characters that a token may have (RFC 9110 §5.6.2).
    static func isToken(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isTokenByte)
    }

    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }

    /// Where the first item at or behind `start` stands in a line. An item ends at a comma, which is never part of one.
    private static func nextItem(_ bytes: borrowing Span<UInt8>, from start: Int) -> Range<Int>? {
        var first = start
        while first < bytes.count, bytes[first] == comma || isSpace(bytes[first]) { first += 1 }
        var end = first
        while end < bytes.count, bytes[end] != comma { end += 1 }
        while end > first, isSpace(bytes[end - 1]) { end -= 1 }
        return end > first ? first..<end : nil
    }

    /// Whether a part of a line is `name`, which is as long, in any case.
    private static func equals(
        _ bytes: borrowing Span<UInt8>, _ part: Range<Int>, _ name: borrowing Span<UInt8>
    ) -> Bool {
        for offset in name.indices where lowercased(bytes[part.lowerBound + offset]) != name[offset] { return false }
        return true
    }

    private static let comma = UInt8(ascii: ",")

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func lowercased(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
}
