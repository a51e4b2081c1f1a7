/// What the advisor does next, and therefore what a bare amount in the next message answers.
package enum AdvisorIntent: String, Equatable, Sendable, CaseIterable {
    case collectIncome = "collect_income"
    case collectExpense = "collect_expense"
    case collectGoals = "collect_goals"
    /// Something about the income, or the expenses, is unsure.
    case clarifyIncome = "clarify_income"
    case clarifyExpense = "clarify_expense"
    /// An amount was said without a word for what it is.
    case clarify
    /// Everything is known: guidance, and products where they are relevant.
    case recommend

    /// The kind of amount that it asks for.
    package var kind: FinancialKind? {
        switch self {
        case .collectIncome, .clarifyIncome: .income
        case .collectExpense, .clarifyExpense: .expenses
        case .collectGoals, .clarify, .recommend: nil
        }
    }
}
