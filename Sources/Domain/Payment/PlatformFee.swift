package import Primitives

/// What a platform keeps of a payment that it passes on, in basis points (hundredths of a percent) of the amount.
package struct PlatformFee: Sendable, Equatable {
    package static let maxBasisPoints: Int64 = 10_000
    package static let none = PlatformFee(unchecked: 0)

    package let basisPoints: Int64

    /// nil unless it is 0 to `maxBasisPoints`.
    package init?(basisPoints: Int64) {
        guard (0...Self.maxBasisPoints).contains(basisPoints) else { return nil }
        self.init(unchecked: basisPoints)
    }

    private init(unchecked basisPoints: Int64) { self.basisPoints = basisPoints }

    /// The fee, to the hundredth, half of one upwards, and what is left for whom the payment is for. Their sum is the amount.
    package func split(_ amount: Money) -> (fee: Money, rest: Money) {
        let parts = amount.hundredths.quotientAndRemainder(dividingBy: Self.maxBasisPoints)
        // At most the amount: no step of it overflows.
        let ofRemainder = (parts.remainder * basisPoints + Self.maxBasisPoints / 2) / Self.maxBasisPoints
        let count = parts.quotient * basisPoints + ofRemainder
        let fee = Money(hundredths: min(count, amount.hundredths), amount.currency) ?? .zero(amount.currency)
        return (fee, amount.subtracting(fee) ?? .zero(amount.currency))
    }
}
