/// What an amount of a month is.
package enum FinancialKind: String, Equatable, Sendable, CaseIterable {
    case income, expenses
}
