/// An amount of one month as it was stated.
package struct FinancialFigure: Equatable, Sendable {
    /// Satang a month. Of a range the middle, to the whole baht.
    package var satang: Int64
    package var isApproximate: Bool
    /// The ends of a stated range, satang a month; nil when one amount was stated.
    package var range: ClosedRange<Int64>?

    package init(satang: Int64, isApproximate: Bool = false, range: ClosedRange<Int64>? = nil) {
        self.satang = satang
        self.isApproximate = isApproximate
        self.range = range
    }

    /// Whether another reading says the same: equal, inside the range, or within a twentieth of an approximate figure.
    package func agrees(with other: Int64) -> Bool {
        if let range, range.contains(other) { return true }
        let difference = (satang - other).magnitude
        return difference == 0 || (isApproximate && difference <= satang.magnitude / 20)
    }
}
