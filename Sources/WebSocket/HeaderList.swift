/// A header field that is a comma-separated list, over any number of field lines (RFC 9110 §5.6.1).
struct HeaderList {
    /// The items without white space around them; empty ones are dropped.
    let items: [Substring]

    init(_ lines: [String]) {
        items = lines.flatMap { $0.split(separator: ",") }.map(Self.trimmed).filter { !$0.isEmpty }
    }

    /// Whether one item is `name`, a lower-case ASCII word, in any case.
    func contains(_ name: String) -> Bool {
        items.contains { $0.utf8.count == name.utf8.count && $0.lowercased() == name }
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

    private static func trimmed(_ item: Substring) -> Substring {
        func isSpace(_ character: Character) -> Bool { character == " " || character == "\t" }
        guard let first = item.firstIndex(where: { !isSpace($0) }), let last = item.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return item[first...last]
    }
}
