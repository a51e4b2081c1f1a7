/// What is known about one person's money: income, expenses and goals, and what has to be asked.
///
/// Two readers fill it. The deterministic one (`FinancialReader`) reads the person's own words and wins; the provider's
/// tool call fills what it left open. Where they disagree the figure stays and a question is opened.
package struct FinancialProfile: Equatable, Sendable {
    package enum Origin: String, Equatable, Sendable { case deterministic, provider }

    /// A figure with where it came from.
    package struct Entry: Equatable, Sendable {
        package var figure: FinancialFigure
        package var origin: Origin
        /// The person stated it when asked to clarify: the provider does not put it in doubt again.
        package var isConfirmed: Bool

        package init(figure: FinancialFigure, origin: Origin, isConfirmed: Bool = false) {
            self.figure = figure
            self.origin = origin
            self.isConfirmed = isConfirmed
        }
    }

    package var income: Entry?
    package var expenses: Entry?
    /// In the order they came, at most `ReadingLimits.maxGoals`, each at most `ReadingLimits.maxGoalScalars`.
    package var goals: [String] = []
    /// At most one question of each kind, and at most `ReadingLimits.maxQuestions`.
    package var unsure: [OpenQuestion] = []

    package init() {}

    package subscript(kind: FinancialKind) -> Entry? {
        get { kind == .income ? income : expenses }
        set { if kind == .income { income = newValue } else { expenses = newValue } }
    }

    /// 0, 33, 66 or 100: income, expenses and goals are a third each.
    package var completeness: Int {
        let known = (income == nil ? 0 : 1) + (expenses == nil ? 0 : 1) + (goals.isEmpty ? 0 : 1)
        return [0, 33, 66, 100][known]
    }

    /// (income − expenses) / income in tenths of a percent, rounded half away from zero; nil when either is unknown or the
    /// income is zero.
    package var savingsRateTenths: Int64? {
        guard let income = income?.figure.satang, let expenses = expenses?.figure.satang, income > 0 else { return nil }
        let scaled = (Int128(income) - Int128(expenses)) * 2000
        let rounded = (scaled + (scaled < 0 ? -1 : 1) * Int128(income)) / (2 * Int128(income))
        return Int64(clamping: rounded)
    }

    /// The same in percent.
    package var savingsRate: Double? { savingsRateTenths.map { Double($0) / 10 } }

    /// What the advisor does next: first what is unsure, then what is missing.
    package var intent: AdvisorIntent {
        if let question = question(about: nil), question.reason == .kind { return .clarify }
        if question(about: .income) != nil { return .clarifyIncome }
        if income == nil { return .collectIncome }
        if question(about: .expenses) != nil { return .clarifyExpense }
        if expenses == nil { return .collectExpense }
        return goals.isEmpty ? .collectGoals : .recommend
    }

    package func question(about kind: FinancialKind?) -> OpenQuestion? { unsure.first { $0.about == kind } }
}
