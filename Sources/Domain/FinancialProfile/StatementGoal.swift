/// A wish of a message: what the speaker saves or plans for.
struct StatementGoal {
    let text: String
    /// The amount of the goal, if exactly one was said.
    let satang: Int64?
    /// The first token that is no longer part of it.
    let end: Int

    /// Reads the wish that begins with the token at `start`, up to the next statement, question or sentence. Nil when it is not
    /// about money or something that money is saved for.
    static func read(_ text: ThaiText, _ tokens: [StatementToken], at start: Int) -> StatementGoal? {
        var end = start + 1
        var hasContent = false
        var isGoal = false
        var amounts: [ThaiAmount] = []
        tokens: while end < tokens.count {
            let startsAnew = text[tokens[end].range.lowerBound - 1].map { $0 == " " || $0 == "," } ?? false
            switch tokens[end].content {
            case .amount(let amount):
                if amount.isSmall { break }
                amounts.append(amount)
                isGoal = true
            case .word(let word):
                switch word {
                case .end, .but, .question, .confirmation: break tokens
                case .income(_, _, false), .expense(false), .noIncome:
                    if startsAnew, hasContent { break tokens }
                    isGoal = true
                case .me, .now, .other: if startsAnew, hasContent { break tokens }
                case .goalObject, .neutral(isGoal: true): isGoal = true
                default: break
                }
            }
            hasContent = true
            end += 1
        }
        let first = tokens[start].range
        if ["เก็บ", "ออม", "sav"].contains(where: { text.sourceText(first).contains($0) }) { isGoal = true }
        guard isGoal else { return nil }
        let limit = end < tokens.count ? tokens[end].range.lowerBound : text.count
        let satang = amounts.count == 1 && !amounts[0].isRange ? amounts[0].satang : nil
        return StatementGoal(text: words(of: text, first.lowerBound..<limit), satang: satang, end: end)
    }

    /// The original words of a range, without space and punctuation around them, at most `ReadingLimits.maxGoalScalars`.
    static func words(of text: ThaiText, _ range: Range<Int>) -> String {
        var scalars = Array(text.sourceText(range).unicodeScalars.prefix(ReadingLimits.maxGoalScalars))
        while let last = scalars.last, isTrimmed(last) { scalars.removeLast() }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars.drop(while: isTrimmed))
        return String(view)
    }

    private static func isTrimmed(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || ".,;!?".unicodeScalars.contains(scalar)
    }
}
