import Testing

@testable import Domain

@Suite("Financial statements")
struct FinancialReaderTests {
    @Test("Labelled utterances are read as labelled", arguments: try Utterance.load())
    func vectors(_ utterance: Utterance) {
        #expect(FinancialReader.findings(in: utterance.text, asked: utterance.asked) == utterance.findings)
    }

    @Test("The table has at least ninety utterances with different names")
    func tableSize() throws {
        let names = try Utterance.load().map(\.name)
        #expect(names.count >= 90)
        #expect(Set(names).count == names.count)
    }
}

@Suite("Financial statements: bounds and robustness")
struct FinancialReaderBoundsTests {
    @Test("A message beyond the limit is asked about as a whole")
    func tooLong() {
        let text = "รายได้ 45,000 " + String(repeating: "ก", count: ReadingLimits.maxScalars)
        #expect(FinancialReader.findings(in: text) == [.unsure(about: nil, reason: .tooLong, satang: nil)])
        let list = String(repeating: "ค่าเช่า 8,000 ", count: ReadingLimits.maxAmounts + 1)
        #expect(FinancialReader.findings(in: list) == [.unsure(about: nil, reason: .tooLong, satang: nil)])
    }

    @Test("A message at the limit is read")
    func atLimit() {
        let text = "รายได้ 45,000 "
        let padding = String(repeating: "x", count: ReadingLimits.maxScalars - text.unicodeScalars.count)
        #expect(FinancialReader.findings(in: text + padding) == [.stated(.income, FinancialFigure(satang: 4_500_000))])
    }

    @Test("An empty message says nothing", arguments: ["", " ", "\n\n", "👍", "\u{0E48}\u{0E32}\u{0E4D}"])
    func empty(_ text: String) { #expect(FinancialReader.findings(in: text, asked: .collectIncome) == []) }

    @Test(
        "Any mixture of known words and numbers is read without a trap, and the same twice",
        arguments: [UInt64(7), 8, 9])
    func mixtures(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let pieces =
            try Utterance.load().flatMap { $0.text.split(separator: " ").map(String.init) }
            + [
                "-", "+", ",", ".", "/", "ๆ", "หมื่น", "แสน", "ล้าน", "ครึ่ง", "ห้า", "999999999999", "0", "k", "ถึง", "to",
                "\n", "\u{0E33}", "เ",
            ]
        for _ in 0..<700 {
            var text = ""
            for _ in 0..<Int.random(in: 1...14, using: &random) {
                text += pieces[Int.random(in: 0..<pieces.count, using: &random)]
                if Bool.random(using: &random) { text += " " }
            }
            let asked = AdvisorIntent.allCases.randomElement(using: &random)
            let findings = FinancialReader.findings(in: text, asked: asked)
            #expect(findings == FinancialReader.findings(in: text, asked: asked), "seed \(seed)")
            for case .stated(_, let figure) in findings {
                #expect((0...ReadingLimits.maxMonthlySatang).contains(figure.satang), "seed \(seed): \(text)")
            }
            var profile = FinancialProfile()
            _ = profile.apply(findings)
            #expect(FinancialProfile(json: profile.json) == profile, "seed \(seed): \(text)")
        }
    }

    @Test("Condition, wish or another person before an income never makes it the speaker's")
    func neverStated() {
        for lead in ["ถ้า", "สมมติว่า", "แฟน", "สามี", "เพื่อน", "อยากมี", "ต้องมี", "if my ", "my wife's ", "เคยได้"] {
            for amount in ["45,000", "สี่หมื่นห้า", "45k"] {
                for noun in ["เงินเดือน", "รายได้", "salary "] {
                    for asked in [nil, AdvisorIntent.collectIncome, .collectExpense] {
                        let findings = FinancialReader.findings(in: lead + noun + amount, asked: asked)
                        let isStated = findings.contains { if case .stated = $0 { true } else { false } }
                        #expect(!isStated, "\(lead + noun + amount): \(findings)")
                    }
                }
            }
        }
    }
}
