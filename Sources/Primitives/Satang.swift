/// An amount of Thai money in satang, hundredths of a baht: 0 to `maxSatang`. Written in JSON as decimal baht in a string
/// (`"500.00"`), so that no reader makes a binary fraction of it.
package struct Satang: Hashable, Comparable, Sendable {
    package let count: Int64

    /// 10 trillion baht: more than any transfer, far from overflow.
    package static let maxSatang: Int64 = 1_000_000_000_000_000
    package static let zero = Satang(unchecked: 0)

    private init(unchecked count: Int64) { self.count = count }

    /// nil when it is negative or over `maxSatang`.
    package init?(_ count: Int64) {
        guard (0...Self.maxSatang).contains(count) else { return nil }
        self.count = count
    }

    /// Reads baht as digits with at most two decimals: `500`, `500.5`, `500.00`. Nothing else: no sign, no separators.
    package init?(decimal text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let whole = parts.first, (1...14).contains(whole.count),
            parts.count == 1 || (1...2).contains(parts[1].count)
        else { return nil }
        var digits = Array(parts.joined())
        for _ in (parts.count == 2 ? parts[1].count : 0)..<2 { digits.append(UInt8(ascii: "0")) }
        var count: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            count = count * 10 + Int64(digit - UInt8(ascii: "0"))  // 16 digits: below 2^63
        }
        self.init(count)
    }

    /// `500.00`: always two decimals.
    package var decimal: String {
        let rest = count % 100
        return "\(count / 100).\(rest < 10 ? "0" : "")\(rest)"
    }

    /// As a number of JSON without needless decimals: `3450`, `3450.25`.
    package var number: String { count % 100 == 0 ? "\(count / 100)" : decimal }

    /// The sum, held at `maxSatang`.
    package func adding(_ other: Satang) -> Satang {
        Satang(unchecked: min(count + other.count, Self.maxSatang))  // two times the limit is below 2^63
    }

    package static func < (left: Satang, right: Satang) -> Bool { left.count < right.count }
}
