/// The deterministic reading of one message: which amounts are the speaker's own income and expenses of a month.
///
/// What is unsure is asked, never guessed. The rules, in words:
/// - An amount takes the kind of the word before it, or of the word right behind it ("8,000 ค่าเช่า", "8000 on rent").
///   A bare amount takes the kind that the advisor asked for; without a question its kind is asked.
/// - Monthly is understood where a monthly thing is named or was asked for. A year is divided by twelve; days, weeks,
///   hours and pieces are asked about, as are large sums without a period.
/// - Several expense items are added up; one alone is a part of an unknown total. A stated total wins over its items.
/// - Not the speaker's present facts: conditions, other people's money (never reported), past and future (asked), wishes
///   (goals), debts, savings, prices.
/// - A question ("เงินเดือน 45,000 พอไหม") states the amount if the speaker says that it is theirs (ผม, my) or was asked for it;
///   a question whether it is so ("… ใช่ไหม") never does.
/// - Of two amounts of one kind the later wins after แต่, ตอนนี้, but, now or a denial; otherwise both are asked about.
package enum FinancialReader {
    /// What `message` says; `asked` is what the advisor asked for last. Empty when it says nothing about money.
    package static func findings(in message: String, asked: AdvisorIntent? = nil) -> [FinancialFinding] {
        guard message.unicodeScalars.count <= ReadingLimits.maxScalars else {
            return [.unsure(about: nil, reason: .tooLong, satang: nil)]
        }
        let text = ThaiText(message)
        let amounts = ThaiAmount.scan(text)
        guard amounts.count <= ReadingLimits.maxAmounts else {
            return [.unsure(about: nil, reason: .tooLong, satang: nil)]
        }
        let tokens = StatementToken.tokens(text, amounts)
        var reader = StatementReader(text: text, tokens: tokens, asked: asked)
        reader.read()
        return StatementAssembly(reader: reader, asked: asked).findings()
    }
}
