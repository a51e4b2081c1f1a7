/// A header field that is a comma-separated list, over any number of field lines (RFC 9110 §5.6.1).
struct HeaderList {
    private let lines: [String]

    init(_ lines: [String]) { self.lines = lines }

    /// The items without white space around them; empty ones are dropped.
    var items: [Substring] {
        var items: [Substring] = []
        for line in lines { Self.walk(line) { items.append(Substring($0)); return true } }
        return items
    }

    var isEmpty: Bool {
        for line in lines where !Self.walk(line, { _ in false }) { return false }
        return true
    }

    /// Whether one item is `name`, a lower-case ASCII word, in any case.
    func contains(_ name: String) -> Bool {
        let name = name.utf8
        for line in lines {
            let isMissing = Self.walk(line) { item in
                item.count != name.count || !zip(item, name).allSatisfy { Self.lowercased($0) == $1 }
            }
            if !isMissing { return true }
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

    /// Shows the items of one line to `visit` until it says false; whether it never did.
    @discardableResult
    private static func walk(_ line: String, _ visit: (Substring.UTF8View) -> Bool) -> Bool {
        var rest = Substring(line).utf8
        while let first = rest.first {
            if first == UInt8(ascii: ",") || isSpace(first) {
                rest = rest.dropFirst()
                continue
            }
            let end = rest.firstIndex(of: UInt8(ascii: ",")) ?? rest.endIndex
            var item = rest[..<end]
            while let last = item.last, isSpace(last) { item = item.dropLast() }
            guard visit(item) else { return false }
            rest = rest[end...]
        }
        return true
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
