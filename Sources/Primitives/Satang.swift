/// An amount of Thai money in satang, hundredths of a baht: 0 to `maxSatang`. Written in JSON as decimal baht in a string
/// (`"500.00"`), so that no reader makes a binary fraction of it.
package struct Satang: Hashable, Comparable, Sendable {
    package let count: Int64

    package static let maxSatang = Hundredths.max
    package static let zero = Satang(unchecked: 0)

    private init(unchecked count: Int64) { self.count = count }

    /// nil when it is negative or over `maxSatang`.
    package init?(_ count: Int64) {
        guard (0...Self.maxSatang).contains(count) else { return nil }
        self.count = count
    }

    /// Reads baht as digits with at most two decimals: `500`, `500.5`, `500.00`. Nothing else: no sign, no separators.
    package init?(decimal text: String) {
        guard let count = Hundredths.read(text) else { return nil }
        self.init(count)
    }

    /// `500.00`: always two decimals.
    package var decimal: String { Hundredths.decimal(count) }

    /// As a number of JSON without needless decimals: `3450`, `3450.25`.
    package var number: String { count % 100 == 0 ? "\(count / 100)" : decimal }

    /// The sum, held at `maxSatang`.
    package func adding(_ other: Satang) -> Satang {
        Satang(unchecked: min(count + other.count, Self.maxSatang))  // two times the limit is below 2^63
    }

    package static func < (left: Satang, right: Satang) -> Bool { left.count < right.count }
}
