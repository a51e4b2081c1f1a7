package import JSON

/// What a provider's tool call says about a person's money, bounded and checked.
package struct FinancialReport: Equatable, Sendable {
    /// Satang a month; nil when the provider does not know it or wrote something that is no plausible amount.
    package var income: Int64?
    package var expenses: Int64?
    package var goals: [String]

    package init(income: Int64? = nil, expenses: Int64? = nil, goals: [String] = []) {
        self.income = income
        self.expenses = expenses
        self.goals = goals
    }

    /// Reads the arguments of `AdvisorTool.recordProfile`. Tolerant: unknown and missing members, numbers written as text
    /// ("45,000"), and one goal instead of a list are taken; anything else in a member counts as null. Nil only when
    /// `arguments` is no object.
    package init?(arguments: JSONValue) {
        guard let object = arguments.object else { return nil }
        income = Self.satang(object[AdvisorTool.incomeName], mayBeZero: true)
        expenses = Self.satang(object[AdvisorTool.expensesName], mayBeZero: false)
        goals = Self.goals(object[AdvisorTool.goalsName])
    }

    /// The same of the arguments' text, as providers stream it; nil also when it is longer than `maxBytes` or no JSON.
    package init?(text: String) {
        guard text.utf8.count <= Self.maxBytes else { return nil }
        do {
            self.init(arguments: try JSONParser.parse(text))
        } catch {
            return nil
        }
    }

    /// Bytes of arguments that are read; more is refused as a whole.
    package static let maxBytes = 16_384

    private static func satang(_ value: JSONValue?, mayBeZero: Bool) -> Int64? {
        let satang: Int64
        switch value {
        case .integer(let baht)?:
            guard baht >= 0, baht <= ReadingLimits.maxMonthlySatang / 100 else { return nil }
            satang = baht * 100
        case .double(let baht)?:
            guard baht >= 0, baht <= Double(ReadingLimits.maxMonthlySatang / 100) else { return nil }
            satang = Int64((baht * 100).rounded())
        case .string(let text)?:
            guard text.utf8.count <= 200 else { return nil }
            let amounts = ThaiAmount.scan(ThaiText(text))
            guard amounts.count == 1, let amount = amounts.first, amount.certainty == .clear, !amount.isRange,
                amount.bound == nil, !amount.isDenied, amount.currency != .foreign,
                amount.satang <= ReadingLimits.maxMonthlySatang
            else { return nil }
            satang = amount.satang
        case .null?, .bool?, .array?, .object?, nil: return nil
        }
        if satang == 0 { return mayBeZero ? 0 : nil }
        return satang >= ReadingLimits.minMonthlySatang ? satang : nil
    }

    private static func goals(_ value: JSONValue?) -> [String] {
        let texts: [String]
        switch value {
        case .array(let items)?: texts = items.prefix(ReadingLimits.maxGoals).compactMap(\.string)
        case .string(let text)?: texts = [text]
        case .null?, .bool?, .integer?, .double?, .object?, nil: texts = []
        }
        return texts.compactMap { text in
            let bounded = ThaiText(String(text.unicodeScalars.prefix(ReadingLimits.maxGoalScalars)))
            let goal = StatementGoal.words(of: bounded, 0..<bounded.count)
            return goal.isEmpty || ["null", "none", "-", "ไม่มี", "n/a"].contains(bounded.folded) ? nil : goal
        }
    }
}
