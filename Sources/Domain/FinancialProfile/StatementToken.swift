/// A known word or an amount of a message; the text between tokens is not understood.
struct StatementToken {
    enum Content {
        case word(FinancialVocabulary.Word)
        case amount(ThaiAmount)
    }
    let content: Content
    /// Folded scalars.
    let range: Range<Int>

    var word: FinancialVocabulary.Word? { if case .word(let word) = content { word } else { nil } }
    var amount: ThaiAmount? { if case .amount(let amount) = content { amount } else { nil } }

    /// First to last, not overlapping. At one place the longer of word and amount wins; an amount is never cut by a word.
    static func tokens(_ text: ThaiText, _ amounts: [ThaiAmount]) -> [StatementToken] {
        var tokens: [StatementToken] = []
        var index = 0
        var next = 0
        while index < text.count {
            while next < amounts.count, amounts[next].range.lowerBound < index { next += 1 }
            let amount = next < amounts.count ? amounts[next] : nil
            let word = FinancialVocabulary.words.match(text, at: index)
            if let amount, amount.range.lowerBound == index, amount.range.upperBound >= word?.end ?? 0 {
                tokens.append(StatementToken(content: .amount(amount), range: amount.range))
                index = amount.range.upperBound
            } else if let word, word.end <= amount?.range.lowerBound ?? text.count || amount?.range.lowerBound == index
            {
                if word.meaning != .nothing {
                    tokens.append(StatementToken(content: .word(word.meaning), range: index..<word.end))
                }
                index = word.end
            } else {
                index += 1
            }
        }
        return tokens
    }
}

extension FinancialVocabulary.Word {
    /// The word says what an amount beside it is.
    var namesKind: Bool {
        switch self {
        case .income, .expense, .item, .neutral: true
        default: false
        }
    }

    var kind: FinancialKind? {
        switch self {
        case .income: .income
        case .expense, .item: .expenses
        default: nil
        }
    }

    var isWeak: Bool {
        switch self {
        case .income(_, _, let isWeak): isWeak
        case .expense(let isWeak): isWeak
        default: false
        }
    }
}
