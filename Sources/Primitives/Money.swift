/// What payments are made in. All of these have hundredths (ISO 4217).
package enum Currency: String, Hashable, Sendable, CaseIterable {
    case baht = "THB"
    case philippinePeso = "PHP"

    /// Reads the ISO code in any case: providers differ.
    package init?(code: String) { self.init(rawValue: code.uppercased()) }

    package var code: String { rawValue }
}

/// An amount of one currency, in hundredths of its unit (satang, centavos): 0 to `maxHundredths`. Written in JSON as a decimal in a
/// string (`"345.00"`), so that no reader makes a binary fraction of it.
package struct Money: Hashable, Sendable {
    package let hundredths: Int64
    package let currency: Currency

    package static let maxHundredths = Hundredths.max

    package static func zero(_ currency: Currency) -> Money { Money(unchecked: 0, currency) }

    private init(unchecked hundredths: Int64, _ currency: Currency) {
        self.hundredths = hundredths
        self.currency = currency
    }

    /// nil when it is negative or over `maxHundredths`.
    package init?(hundredths: Int64, _ currency: Currency) {
        guard (0...Self.maxHundredths).contains(hundredths) else { return nil }
        self.hundredths = hundredths
        self.currency = currency
    }

    /// Reads digits with at most two decimals: `345`, `345.5`, `345.00`. Nothing else: no sign, no separators.
    package init?(decimal text: String, _ currency: Currency) {
        guard let hundredths = Hundredths.read(text) else { return nil }
        self.hundredths = hundredths
        self.currency = currency
    }

    package init(_ satang: Satang) {
        hundredths = satang.count
        currency = .baht
    }

    /// nil when this is not baht.
    package var satang: Satang? { currency == .baht ? Satang(hundredths) : nil }

    /// `345.00`: always two decimals.
    package var decimal: String { Hundredths.decimal(hundredths) }

    package var isZero: Bool { hundredths == 0 }

    /// nil when the currencies differ, or the result is above `maxHundredths`.
    package func adding(_ other: Money) -> Money? {
        guard currency == other.currency else { return nil }
        return Money(hundredths: hundredths + other.hundredths, currency)  // two times the limit is below 2^63
    }

    /// nil when the currencies differ, or `other` is more.
    package func subtracting(_ other: Money) -> Money? {
        guard currency == other.currency else { return nil }
        return Money(hundredths: hundredths - other.hundredths, currency)
    }
}
