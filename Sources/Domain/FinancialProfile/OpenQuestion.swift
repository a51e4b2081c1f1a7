/// Something about a profile that the advisor has to ask.
package struct OpenQuestion: Equatable, Sendable {
    /// Nil when an amount was said without a word for what it is.
    package var about: FinancialKind?
    package var reason: UnsureReason
    /// Satang, as it was said (perhaps of a year or a day); nil when no single amount was said.
    package var satang: Int64?
    /// Satang: of a disagreement, what the provider read.
    package var providerSatang: Int64?
    /// It comes from the newest message: the provider may not fill it in before the person was asked.
    package var isFresh: Bool

    package init(
        about: FinancialKind?, reason: UnsureReason, satang: Int64? = nil, providerSatang: Int64? = nil,
        isFresh: Bool = true
    ) {
        self.about = about
        self.reason = reason
        self.satang = satang
        self.providerSatang = providerSatang
        self.isFresh = isFresh
    }
}
