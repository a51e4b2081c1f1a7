/// What can be told from the order of a message's tokens before they are understood.
enum StatementLayout {
    /// Scalars between an amount and a period word behind it (" บาท ").
    private static let maxPeriodGap = 6
    /// Scalars between a period word and the amount that it leads (เดือนละประมาณ …).
    private static let maxLeadGap = 16

    /// Which period each amount (by token) is of: the one behind it (ต่อเดือน), or the one before it (เดือนละ).
    static func periods(_ text: ThaiText, _ tokens: [StatementToken]) -> [Int: FinancialVocabulary.Period] {
        var periods: [Int: FinancialVocabulary.Period] = [:]
        for (index, token) in tokens.enumerated() {
            guard case .period(let period, let leads)? = token.word else { continue }
            let isBehind =
                index > 0 && tokens[index - 1].amount != nil
                && token.range.lowerBound - tokens[index - 1].range.upperBound <= maxPeriodGap
            let next = tokens[(index + 1)...].prefix { $0.word != .end }.firstIndex { $0.amount != nil }
            let isNear = next.map { tokens[$0].range.lowerBound - token.range.upperBound <= maxLeadGap } ?? false
            if leads, let next, isNear {
                if periods[next] == nil { periods[next] = period }
            } else if isBehind {
                if periods[index - 1] == nil || !leads { periods[index - 1] = period }
            } else if let next, periods[next] == nil {
                periods[next] = period
            }
        }
        return periods
    }

    /// Sentences (counted as the reader counts them) that name each amount behind it: "8,000 ค่าเช่า 6,000 ค่ากิน".
    static func amountFirstSentences(_ text: ThaiText, _ tokens: [StatementToken]) -> Set<Int> {
        var found: Set<Int> = []
        var sentence = 0
        /// True for an amount, false for a word that names one.
        var shape: [Bool] = []
        func note() {
            let alternates = shape.enumerated().allSatisfy { $0.element == ($0.offset % 2 == 0) }
            if shape.count >= 4, shape.count % 2 == 0, alternates { found.insert(sentence) }
        }
        for token in tokens {
            if token.amount != nil { shape.append(true) }
            if token.word?.namesKind == true { shape.append(false) }
            if token.word == .end || (token.word == .question && text[token.range.lowerBound] == "?") {
                note()
                sentence += 1
                shape = []
            }
        }
        note()
        return found
    }
}
