/// An amount of money as a message states it, in Thai or English.
///
/// Not amounts: phone and account numbers, years, dates, times of day, percentages, counts and ages. Reading is
/// deterministic and linear; what can be read in more than one way says so in `certainty`.
package struct ThaiAmount: Equatable, Sendable {
    package enum Bound: Equatable, Sendable { case atMost, atLeast }
    package enum Certainty: Equatable, Sendable {
        case clear
        /// Two readings are possible ("45.000", "ร้อยห้า").
        case ambiguous
        /// Only an order of magnitude is said (หลายหมื่น, หลักแสน).
        case vague
    }
    package enum Currency: Equatable, Sendable { case unstated, baht, foreign }

    /// Satang; equal unless a range was stated.
    package var low: Int64
    package var high: Int64
    /// About, around, กว่าๆ: the figure is not exact.
    package var isApproximate = false
    /// Only a limit is known: ไม่ถึง, at least.
    package var bound: Bound?
    /// The message says that this is not the amount (ไม่ใช่ 45,000).
    package var isDenied = false
    package var certainty = Certainty.clear
    package var currency = Currency.unstated
    /// A number under a thousand without currency, scale or separators: money only where a month's income or expense was just
    /// named.
    package var isSmall = false
    /// The old value of a change (จาก 30,000 เป็น 40,000).
    package var isOrigin = false
    /// Folded scalars of the amount with its currency and what qualifies it from behind (กว่าๆ).
    package var range: Range<Int>
    /// The same in UTF-8 bytes of the original text.
    package var sourceRange: Range<Int>

    package var isRange: Bool { low != high }

    /// The amount, or a range's middle to the whole baht.
    package var satang: Int64 { isRange ? (low + (high - low) / 2) / 100 * 100 : low }

    /// All amounts of a text, first to last; at most `ReadingLimits.maxAmounts` and one more, by which a caller sees that there
    /// are too many.
    package static func scan(_ text: ThaiText) -> [ThaiAmount] { AmountScanner(text: text).scan() }
}
