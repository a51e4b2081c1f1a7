import JSON
import Testing

@testable import Domain

@Suite("Financial profile")
struct FinancialProfileTests {
    private func stated(_ kind: FinancialKind, _ baht: Int64, approximate: Bool = false) -> FinancialFinding {
        .stated(kind, FinancialFigure(satang: baht * 100, isApproximate: approximate))
    }

    private func profile(income: Int64? = nil, expenses: Int64? = nil, goals: [String] = []) -> FinancialProfile {
        var profile = FinancialProfile()
        var findings: [FinancialFinding] = goals.map { .goal($0, satang: nil) }
        if let income { findings.append(stated(.income, income)) }
        if let expenses { findings.append(stated(.expenses, expenses)) }
        _ = profile.apply(findings)
        return profile
    }

    private func expectChanged(
        _ profile: inout FinancialProfile, _ findings: [FinancialFinding],
        at location: SourceLocation = #_sourceLocation
    ) {
        let isChanged = profile.apply(findings)
        #expect(isChanged, sourceLocation: location)
    }

    private func expectChanged(
        _ profile: inout FinancialProfile, report: FinancialReport, at location: SourceLocation = #_sourceLocation
    ) {
        let isChanged = profile.apply(report)
        #expect(isChanged, sourceLocation: location)
    }

    private func expectUnchanged(
        _ profile: inout FinancialProfile, _ findings: [FinancialFinding],
        at location: SourceLocation = #_sourceLocation
    ) {
        let isChanged = profile.apply(findings)
        #expect(!isChanged, sourceLocation: location)
    }

    private func expectUnchanged(
        _ profile: inout FinancialProfile, report: FinancialReport, at location: SourceLocation = #_sourceLocation
    ) {
        let isChanged = profile.apply(report)
        #expect(!isChanged, sourceLocation: location)
    }

    @Test("Completeness counts income, expenses and goals as a third each")
    func completeness() {
        #expect(profile().completeness == 0)
        #expect(profile(income: 45_000).completeness == 33)
        #expect(profile(income: 45_000, goals: ["a"]).completeness == 66)
        #expect(profile(income: 0, expenses: 20_000, goals: ["a"]).completeness == 100)
    }

    @Test("The advisor collects income, expenses and goals in this order, then recommends")
    func intents() {
        #expect(profile().intent == .collectIncome)
        #expect(profile(income: 45_000).intent == .collectExpense)
        #expect(profile(income: 45_000, expenses: 30_000).intent == .collectGoals)
        #expect(profile(income: 45_000, expenses: 30_000, goals: ["a"]).intent == .recommend)
        #expect(profile(expenses: 30_000, goals: ["a"]).intent == .collectIncome)
    }

    @Test(
        "The savings rate is rounded to a tenth of a percent",
        arguments: [
            (45_000, 30_000, 333), (30_000, 20_000, 333), (30_000, 10_000, 667), (10_000, 12_500, -250),
            (45_000, 45_000, 0),
            (3, 4, -333), (8, 7, 125), (1600, 1599, 1), (1600, 1601, -1),
        ] as [(Int64, Int64, Int64)])
    func savingsRate(_ income: Int64, _ expenses: Int64, _ tenths: Int64) {
        #expect(profile(income: income, expenses: expenses).savingsRateTenths == tenths)
    }

    @Test("There is no savings rate without income or without expenses")
    func noSavingsRate() {
        #expect(profile(income: 0, expenses: 100).savingsRate == nil)
        #expect(profile(income: 100).savingsRate == nil)
        #expect(profile(income: 3, expenses: 2).savingsRate == 33.3)
    }

    @Test("A later statement replaces an earlier one, and the same again changes nothing")
    func replaces() {
        var profile = profile(income: 45_000)
        expectUnchanged(&profile, [stated(.income, 45_000)])
        expectChanged(&profile, [stated(.income, 54_000)])
        #expect(profile.income?.figure.satang == 5_400_000)
        expectUnchanged(&profile, [])
    }

    @Test("What is unsure is asked before anything is collected, and resolved by a statement")
    func clarifies() {
        var profile = profile()
        expectChanged(&profile, [.unsure(about: .income, reason: .period, satang: 50_000)])
        #expect(profile.intent == .clarifyIncome)
        #expect(profile.completeness == 0)
        expectChanged(&profile, [stated(.income, 15_000)])
        #expect(profile.unsure.isEmpty)
        #expect(profile.income?.isConfirmed == true)
        #expect(profile.intent == .collectExpense)
    }

    @Test("A nameless amount takes the kind that is named next")
    func identifies() {
        var profile = profile()
        _ = profile.apply([.unsure(about: nil, reason: .kind, satang: 4_500_000)])
        #expect(profile.intent == .clarify)
        expectChanged(&profile, [.identified(.income)])
        #expect(profile.income?.figure.satang == 4_500_000)
        #expect(profile.unsure.isEmpty)
    }

    @Test("A nameless amount is asked about once")
    func forgetsNameless() {
        var profile = profile()
        _ = profile.apply([.unsure(about: nil, reason: .kind, satang: 4_500_000)])
        _ = profile.apply([])
        #expect(profile.unsure.isEmpty)
        expectUnchanged(&profile, [.identified(.income)])
        #expect(profile.income == nil)
    }

    @Test("A denial takes the figure back and asks; a correction changes the figure that it names")
    func corrects() {
        var profile = profile(income: 45_000, expenses: 20_000)
        var corrected = profile
        expectChanged(&corrected, [.corrected(from: 4_500_000, to: FinancialFigure(satang: 5_400_000))])
        #expect(corrected.income?.figure.satang == 5_400_000)
        #expect(corrected.expenses?.figure.satang == 2_000_000)
        expectChanged(&profile, [.denied(nil, satang: 2_000_000)])
        #expect(profile.expenses == nil)
        #expect(profile.intent == .clarifyExpense)
        expectChanged(&profile, [.denied(nil, satang: 1)])  // only ages the question
        expectUnchanged(&profile, [.denied(nil, satang: 1)])
    }

    @Test("A correction that fits no figure, or two, is asked about")
    func ambiguousCorrection() {
        var both = profile(income: 45_000, expenses: 45_000)
        _ = both.apply([.corrected(from: 4_500_000, to: FinancialFigure(satang: 5_400_000))])
        #expect(both.intent == .clarify)
        #expect(both.income?.figure.satang == 4_500_000)
        #expect(both.expenses?.figure.satang == 4_500_000)
    }

    @Test("A known figure is doubted only by what contradicts it")
    func doubts() {
        for reason in [UnsureReason.question, .notCurrent, .whose, .period, .partial, .kind, .currency] {
            var known = profile(income: 45_000)
            expectUnchanged(&known, [.unsure(about: .income, reason: reason, satang: 1_000_000)])
        }
        var known = profile(income: 45_000)
        expectUnchanged(&known, [.unsure(about: .income, reason: .upperBound, satang: 5_000_000)])
        expectChanged(&known, [.unsure(about: .income, reason: .upperBound, satang: 4_000_000)])
        #expect(known.intent == .clarifyIncome)
        #expect(known.income != nil)
    }

    // MARK: Two readers

    @Test("The provider fills what is open")
    func providerFills() {
        var profile = profile(income: 45_000)
        expectChanged(&profile, report: FinancialReport(income: 4_500_000, expenses: 3_000_000, goals: ["ซื้อบ้าน"]))
        #expect(profile.expenses?.origin == .provider)
        #expect(profile.income?.origin == .deterministic)
        #expect(profile.goals == ["ซื้อบ้าน"])
        #expect(profile.completeness == 100)
        expectUnchanged(&profile, report: FinancialReport(income: 4_500_000, expenses: 3_000_000, goals: ["ซื้อบ้าน"]))
        expectChanged(&profile, report: FinancialReport(expenses: 2_500_000))
        #expect(profile.expenses?.figure.satang == 2_500_000)
    }

    @Test("Where the two readers disagree the figure stays and the advisor asks")
    func disagreement() {
        var profile = profile(income: 45_000)
        expectChanged(&profile, report: FinancialReport(income: 5_400_000))
        #expect(profile.income?.figure.satang == 4_500_000)
        #expect(profile.intent == .clarifyIncome)
        #expect(
            profile.unsure == [
                OpenQuestion(about: .income, reason: .disagreement, satang: 4_500_000, providerSatang: 5_400_000)
            ])
        // The person confirms: the provider does not put it in doubt again.
        expectChanged(&profile, [stated(.income, 45_000)])
        #expect(profile.intent == .collectExpense)
        expectUnchanged(&profile, report: FinancialReport(income: 5_400_000))
        #expect(profile.unsure.isEmpty)
    }

    @Test("The provider agreeing later settles a disagreement")
    func settles() {
        var profile = profile(income: 45_000)
        _ = profile.apply(FinancialReport(income: 5_400_000))
        expectChanged(&profile, report: FinancialReport(income: 4_500_000))
        #expect(profile.unsure.isEmpty)
    }

    @Test("An approximate figure agrees within a twentieth, a range inside itself")
    func agreement() {
        let about = FinancialFigure(satang: 4_500_000, isApproximate: true)
        #expect(about.agrees(with: 4_700_000))
        #expect(!about.agrees(with: 4_800_000))
        #expect(!FinancialFigure(satang: 4_500_000).agrees(with: 4_500_001))
        #expect(FinancialFigure(satang: 3_500_000, range: 3_000_000...4_000_000).agrees(with: 4_000_000))
    }

    @Test("The provider does not guess what the newest message left unsure, but may fill it in after the next")
    func providerWaits() {
        var profile = profile()
        _ = profile.apply([.unsure(about: .income, reason: .period, satang: 50_000)])
        expectUnchanged(&profile, report: FinancialReport(income: 1_500_000))
        #expect(profile.income == nil)
        expectChanged(&profile, [])
        expectChanged(&profile, report: FinancialReport(income: 1_500_000))
        #expect(profile.income?.origin == .provider)
        #expect(profile.unsure.isEmpty)
    }

    @Test("The person's own words replace what the provider filled in")
    func personWins() {
        var profile = profile()
        _ = profile.apply(FinancialReport(income: 1_500_000))
        expectChanged(&profile, [stated(.income, 18_000)])
        #expect(profile.income?.origin == .deterministic)
        #expect(profile.unsure.isEmpty)
    }

    // MARK: Goals

    @Test("Goals that say the same are kept once, the longer words win, and their number and length are bounded")
    func goals() {
        var profile = profile(goals: ["อยากซื้อรถ 600,000"])
        _ = profile.apply(FinancialReport(goals: ["ซื้อรถ", "  ", "เกษียณ"]))
        #expect(profile.goals == ["อยากซื้อรถ 600,000", "เกษียณ"])
        _ = profile.apply([.goal("วางแผนเกษียณตอนอายุ 55", satang: nil)])
        #expect(profile.goals == ["อยากซื้อรถ 600,000", "วางแผนเกษียณตอนอายุ 55"])
        _ = profile.apply((0..<20).map { .goal("goal number \($0 + 10)", satang: nil) })
        #expect(profile.goals.count == ReadingLimits.maxGoals)
        var long = FinancialProfile()
        _ = long.apply([.goal(String(repeating: "ก", count: 5000), satang: nil)])
        #expect(long.goals.first?.unicodeScalars.count == ReadingLimits.maxGoalScalars)
    }

    // MARK: JSON

    @Test("The form for clients is that of the platform's document, with the open questions")
    func wireForm() {
        let json = profile(income: 45_000).json
        for (name, value) in [
            ("income", 45_000), ("expenses", .null), ("goals", .null), ("savingsRate", .null), ("completeness", 33),
            ("unsure", []),
        ] as [(String, JSONValue)] {
            #expect(json[name] == value, "\(name)")
        }
        let full = profile(income: 30_000, expenses: 20_000, goals: ["บ้าน"]).json
        #expect(full["savingsRate"] == .double(33.3))
        #expect(full["goals"] == ["บ้าน"])
        var odd = FinancialProfile()
        _ = odd.apply([.stated(.income, FinancialFigure(satang: 4_166_667))])
        #expect(odd.json["income"] == .double(41_666.67))
        #expect(odd.json.text.contains("\"income\":41666.67"))
    }

    @Test("A profile survives being written and read", arguments: [UInt64(11), 12, 13])
    func roundTrip(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        for _ in 0..<500 {
            var profile = FinancialProfile()
            for kind in FinancialKind.allCases where Bool.random(using: &random) {
                let satang = Int64.random(in: 0...ReadingLimits.maxMonthlySatang, using: &random)
                profile[kind] = .init(
                    figure: FinancialFigure(
                        satang: satang, isApproximate: Bool.random(using: &random),
                        range: Bool.random(using: &random) ? (satang / 3)...satang : nil),
                    origin: Bool.random(using: &random) ? .deterministic : .provider,
                    isConfirmed: Bool.random(using: &random))
            }
            profile.goals = (0..<Int.random(in: 0...3, using: &random)).map { "เป้า \"\($0)\"\n" }
            for about in [nil] + FinancialKind.allCases.map(Optional.some) where Bool.random(using: &random) {
                profile.unsure.append(
                    OpenQuestion(
                        about: about, reason: UnsureReason.allCases.randomElement(using: &random) ?? .kind,
                        satang: Bool.random(using: &random)
                            ? Int64.random(in: 0...ReadingLimits.maxSatang, using: &random) / 100 * 100 : nil,
                        providerSatang: Bool.random(using: &random) ? 12_345 : nil,
                        isFresh: Bool.random(using: &random)))
            }
            var writer = JSONWriter()
            profile.encode(into: &writer)
            let read = FinancialProfile(json: try JSONParser.parse(writer.bytes))
            #expect(read == profile, "seed \(seed)")
        }
    }

    @Test(
        "A broken checkpoint is refused whole",
        arguments: [
            "[]", "{\"income\":\"45\"}", "{\"income\":-1}", "{\"income\":1e300}", "{\"goals\":[1]}", "{\"goals\":{}}",
            "{\"unsure\":[{\"about\":\"income\"}]}", "{\"unsure\":[{\"about\":\"debts\",\"reason\":\"kind\"}]}",
            "{\"income\":1,\"incomeDetail\":{\"origin\":\"x\",\"approximate\":true}}",
            "{\"income\":1,\"incomeDetail\":{\"origin\":\"provider\",\"approximate\":true,\"low\":5,\"high\":1}}",
            "{\"unsure\":[{\"reason\":\"kind\",\"amount\":\"x\"}]}",
        ])
    func broken(_ text: String) throws { #expect(FinancialProfile(json: try JSONParser.parse(text)) == nil) }

    @Test("The platform's own document is read")
    func document() throws {
        let json = try JSONParser.parse(#"{"income":45000,"expenses":null,"goals":null,"completeness":33}"#)
        let profile = try #require(FinancialProfile(json: json))
        #expect(profile.income?.figure.satang == 4_500_000)
        #expect(profile.completeness == 33)
    }
}
