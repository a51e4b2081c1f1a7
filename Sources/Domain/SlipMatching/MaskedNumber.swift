/// An account number as a slip shows it: digits where they are visible, any shape of mask between.
///
/// Seen: `xxx-x-x1234-x`, `xxxx-xx123-4`, `XXXXX1234X`, `1234xxxx5678`, `x-xxxx-xxxx1-23-4`, `•••-•-•1234-•`, plain numbers.
package struct MaskedNumber: Sendable, Equatable {
    /// From left to right; nil where a digit is hidden.
    package let digits: [UInt8?]

    /// More than any account, card or national number has.
    package static let maxDigits = 32
    /// Fewer visible digits say nothing: a third of ten users would share two.
    package static let minVisibleDigits = 3

    /// nil when there are other characters than digits, masks and separators, or none of the first two.
    package init?(_ text: String) {
        var digits: [UInt8?] = []
        for scalar in ThaiText(text).scalars {
            switch scalar {
            case "0"..."9": digits.append(UInt8(scalar.value - 48))
            case "x", "*", "\u{2022}", "\u{00D7}", "\u{25CF}", "#": digits.append(nil)
            case "-", " ", ".": continue
            default: return nil
            }
            guard digits.count <= Self.maxDigits else { return nil }
        }
        guard !digits.isEmpty else { return nil }
        self.digits = digits
    }

    package var visible: Int { digits.count { $0 != nil } }

    package enum Comparison: Sendable, Equatable {
        /// Every digit is visible, and they are the same.
        case exact
        /// Nothing speaks against it, and so many digits speak for it.
        case partial(visible: Int)
        case mismatch
        /// Too little is visible.
        case unknown
    }

    /// Compares with a whole number. Numbers of one length are compared digit by digit; of two lengths, from either end, and
    /// then four digits have to be visible: there are two chances for them to fit.
    package func compare(with number: String) -> Comparison {
        guard let whole = MaskedNumber(number), whole.visible == whole.digits.count else { return .unknown }
        let number = whole.digits
        guard visible >= Self.minVisibleDigits else {
            // One digit that differs is enough against it, where the place is sure.
            return digits.count == number.count && !Self.fits(digits, number) ? .mismatch : .unknown
        }
        if digits.count == number.count {
            guard Self.fits(digits, number) else { return .mismatch }
            return visible == number.count ? .exact : .partial(visible: visible)
        }
        let isShorter = digits.count < number.count
        let count = min(digits.count, number.count)
        // What stands over must be hidden: a visible digit has no place in a number that ends before it.
        let left = isShorter || digits.dropFirst(count).allSatisfy { $0 == nil }
        let right = isShorter || digits.dropLast(count).allSatisfy { $0 == nil }
        let fitsLeft = left && Self.fits(digits.prefix(count), number.prefix(count))
        let fitsRight = right && Self.fits(digits.suffix(count), number.suffix(count))
        guard fitsLeft || fitsRight else { return .mismatch }
        return visible > Self.minVisibleDigits ? .partial(visible: visible) : .unknown
    }

    private static func fits(_ mask: some Sequence<UInt8?>, _ number: some Sequence<UInt8?>) -> Bool {
        zip(mask, number).allSatisfy { $0 == nil || $0 == $1 }
    }
}
