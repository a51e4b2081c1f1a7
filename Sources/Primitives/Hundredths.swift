/// Amounts of money are written with two decimals and counted in hundredths; here is how one becomes the other, without a binary
/// fraction on the way.
enum Hundredths {
    /// The greatest amount: 10 trillion whole units, more than any transfer and far from overflow.
    static let max: Int64 = 1_000_000_000_000_000

    /// Reads digits with at most two decimals: `500`, `500.5`, `500.00`. Nothing else: no sign, no separators, at most 14 digits
    /// before the point. nil, too, above `max`.
    static func read(_ text: String) -> Int64? {
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
        return count <= max ? count : nil
    }

    /// `500.00`: always two decimals. `count` is not negative.
    static func decimal(_ count: Int64) -> String {
        let rest = count % 100
        return "\(count / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
