internal import JSON

/// Amounts of baht in JSON, without a binary fraction in between.
enum Satang {
    /// Satang of a number of baht, written with digits and at most one dot; zeros may follow the second decimal. Nil for
    /// anything else: negative, with an exponent, with a part of a satang, beyond `max`.
    static func amount(_ value: JSONValue?, max: Int64) -> Int64? {
        switch value {
        case .integer(let baht):
            let (satang, overflow) = baht.multipliedReportingOverflow(by: 100)
            return baht >= 0 && !overflow && satang <= max ? satang : nil
        case .string(let text): return amount(text, max: max)
        case nil, .null, .bool, .double, .array, .object: return nil
        }
    }

    private static func amount(_ text: String, max: Int64) -> Int64? {
        let parts = text.utf8.split(separator: 0x2E, maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty else { return nil }
        let decimals = parts.count == 2 ? Array(parts[1]) : []
        guard parts.count == 1 || !decimals.isEmpty, decimals.dropFirst(2).allSatisfy({ $0 == 0x30 }) else {
            return nil
        }
        var digits = Array(whole) + decimals.prefix(2)
        digits += Array(repeating: 0x30, count: 2 - min(2, decimals.count))
        var satang: Int64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            let (product, overflow) = satang.multipliedReportingOverflow(by: 10)
            let (sum, overflowed) = product.addingReportingOverflow(Int64(digit - 0x30))
            guard !overflow, !overflowed else { return nil }
            satang = sum
        }
        return satang <= max ? satang : nil
    }

    /// Baht as JSON writes a number: `3450`, `3450.25`.
    static func baht(_ satang: Int64) -> String {
        let (baht, rest) = satang.quotientAndRemainder(dividingBy: 100)
        return rest == 0 ? "\(baht)" : "\(baht).\(rest < 10 ? "0" : "")\(rest)"
    }
}
