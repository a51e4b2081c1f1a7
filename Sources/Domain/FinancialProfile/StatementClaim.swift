/// One amount of a message with everything the words around it say.
struct StatementClaim {
    enum Role { case main, extra, item }
    enum Tense { case present, other }

    var kind: FinancialKind
    var role: Role
    /// Nil for "no income", which is zero of any period.
    var amount: ThaiAmount?
    var period: FinancialVocabulary.Period?
    /// The kind was named by a word with other meanings too (ใช้, ได้): a period or the advisor's question must confirm it.
    var isWeak = false
    var tense = Tense.present
    /// Whose it is is not certain.
    var isPerhapsOther = false
    var sentence: Int
    /// แต่, now or the like stood between the claim before and this one.
    var supersedes = false
    /// A plus stood between the claim before and this one.
    var adds = false
    /// หรือ stood between the claim before and this one.
    var isAlternative = false

    /// The figure of a month, or why there is none.
    func figure(isAsked: Bool) -> Result<FinancialFigure, Unreadable> {
        guard let amount else { return .success(FinancialFigure(satang: 0)) }
        func unsure(_ reason: UnsureReason) -> Result<FinancialFigure, Unreadable> {
            .failure(Unreadable(reason: reason))
        }
        if tense != .present { return unsure(.notCurrent) }
        if isPerhapsOther { return unsure(.whose) }
        if amount.currency == .foreign { return unsure(.currency) }
        switch amount.certainty {
        case .clear: break
        case .ambiguous: return unsure(.ambiguous)
        case .vague: return unsure(.vague)
        }
        let divisor: Int64
        switch period {
        case .other: return unsure(.period)
        case .year: divisor = 12
        case .month: divisor = 1
        case nil:
            if isWeak, !isAsked { return unsure(.period) }
            if amount.high >= ReadingLimits.maxImpliedMonthlySatang { return unsure(.period) }
            divisor = 1
        }
        switch amount.bound {
        case .atMost: return unsure(.upperBound)
        case .atLeast: return unsure(.lowerBound)
        case nil: break
        }
        if amount.isRange,
            amount.high > amount.low.multipliedReportingOverflow(by: ReadingLimits.maxRangeRatio).partialValue
        {
            return unsure(.wideRange)
        }
        let satang = Self.divide(amount.satang, divisor)
        guard isPlausible(satang) else { return unsure(.implausible) }
        let range = amount.isRange ? Self.divide(amount.low, divisor)...Self.divide(amount.high, divisor) : nil
        return .success(
            FinancialFigure(satang: satang, isApproximate: amount.isApproximate || amount.isRange, range: range))
    }

    private func isPlausible(_ satang: Int64) -> Bool {
        if satang > ReadingLimits.maxMonthlySatang { return false }
        if role == .item || role == .extra { return satang > 0 }
        return satang >= ReadingLimits.minMonthlySatang || (satang == 0 && kind == .income)
    }

    /// Rounded to the nearest satang.
    private static func divide(_ satang: Int64, _ divisor: Int64) -> Int64 { (satang + divisor / 2) / divisor }

    struct Unreadable: Error { let reason: UnsureReason }
}
