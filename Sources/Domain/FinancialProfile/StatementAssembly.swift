/// Turns what a reader collected into findings: fills in what was asked for, adds up, and finds contradictions.
struct StatementAssembly {
    private let reader: StatementReader
    private let asked: AdvisorIntent?
    private var claims: [StatementClaim]
    private var loose: [StatementReader.LooseAmount]

    /// Scalars beside the known words of an answer such as "45,000 ครับ"; with more the amount may be about anything.
    private static let maxAnswerResidue = 24

    init(reader: StatementReader, asked: AdvisorIntent?) {
        self.reader = reader
        self.asked = asked
        claims = reader.claims.map { claim in
            var claim = claim
            if reader.shared.contains(claim.sentence) { claim.isPerhapsOther = true }
            return claim
        }
        loose = reader.loose
    }

    func findings() -> [FinancialFinding] {
        var assembly = self
        var findings = assembly.takeDenials()
        findings += assembly.takeLoose()
        for kind in FinancialKind.allCases {
            if let finding = assembly.finding(kind) { findings.append(finding) }
        }
        findings += reader.goals.map { .goal($0.text, satang: $0.satang) }
        if findings.isEmpty { findings = assembly.remarks() }
        return findings
    }

    // MARK: Amounts without a kind

    /// "ไม่ใช่ 45,000 แต่ 54,000": the amount left over replaces the denied one.
    private mutating func takeDenials() -> [FinancialFinding] {
        guard let denial = reader.denied.last else { return [] }
        if let kind = denial.kind {
            if claims.contains(where: { $0.kind == kind }) { return [] }
            if loose.count == 1 {
                claims.append(claim(kind, loose.removeFirst()))
                return []
            }
            return [.denied(kind, satang: denial.amount.satang)]
        }
        guard claims.isEmpty else { return [] }
        guard loose.count == 1 else { return [.denied(nil, satang: denial.amount.satang)] }
        let other = loose.removeFirst()
        switch claim(.income, other).figure(isAsked: true) {
        case .success(let figure): return [.corrected(from: denial.amount.satang, to: figure)]
        case .failure(let cause): return [.unsure(about: nil, reason: cause.reason, satang: other.amount.satang)]
        }
    }

    private func claim(_ kind: FinancialKind, _ loose: StatementReader.LooseAmount) -> StatementClaim {
        StatementClaim(
            kind: kind, role: .main, amount: loose.amount, period: loose.period, sentence: loose.sentence,
            isAlternative: loose.isAlternative)
    }

    /// Bare amounts answer what was asked; without a question their kind is asked.
    private mutating func takeLoose() -> [FinancialFinding] {
        guard let first = loose.first else { return [] }
        if let kind = asked?.kind {
            if claims.contains(where: { $0.kind == kind }) { return [] }
            if loose.count > 1 { return [.unsure(about: kind, reason: .ambiguous, satang: nil)] }
            if !isBareAnswer || first.amount.isSmall && !claims.isEmpty {
                return first.amount.isSmall ? [] : [.unsure(about: kind, reason: .kind, satang: first.amount.satang)]
            }
            claims.append(claim(kind, first))
            return []
        }
        guard claims.isEmpty, reader.goals.isEmpty else { return [] }
        if asked == .collectGoals, isBareAnswer, reader.questions.isEmpty {
            return [.goal(answerText, satang: first.amount.isRange ? nil : first.amount.satang)]
        }
        let large = loose.filter { !$0.amount.isSmall }
        guard let amount = large.first else { return [] }
        return [.unsure(about: nil, reason: .kind, satang: large.count == 1 ? amount.amount.satang : nil)]
    }

    private var isBareAnswer: Bool {
        var residue = reader.text.count
        for token in reader.tokens { residue -= token.range.count }
        residue -= reader.text.scalars.count { $0 == " " || $0 == "\n" || $0 == "," || $0 == "." }
        return residue <= Self.maxAnswerResidue
    }

    /// The first sentence, without the particle that ends it.
    private var answerText: String {
        let end = reader.tokens.first { $0.word == .end && $0.range.lowerBound > 0 }?.range.lowerBound
        return StatementGoal.words(of: reader.text, 0..<(end ?? reader.text.count))
    }

    // MARK: One kind

    private struct Sums {
        var figures: [FinancialFigure] = []
        var failures: [UnsureReason] = []
        var amount: Int64?
    }

    private func finding(_ kind: FinancialKind) -> FinancialFinding? {
        let all = claims.filter { $0.kind == kind }
        guard !all.isEmpty else { return nil }
        let main = read(superseding(all.filter { $0.role == .main }))
        let parts = read(all.filter { $0.role != .main })
        func unsure(_ reason: UnsureReason, _ satang: Int64?) -> FinancialFinding {
            .unsure(about: kind, reason: reason, satang: satang)
        }
        if main.figures.isEmpty, main.failures.isEmpty { return finding(ofParts: parts, kind) }
        if let reason = contradiction(main) { return unsure(reason, main.figures.isEmpty ? main.amount : nil) }
        guard let figure = main.figures.last else { return unsure(main.failures.last ?? .ambiguous, main.amount) }
        if kind == .income {
            if reader.isIrregular, !figure.isApproximate { return unsure(.irregular, figure.satang) }
            if figure.satang == 0 {
                return parts.figures.isEmpty ? .stated(kind, figure) : finding(ofParts: parts, kind)
            }
            if let failure = parts.failures.first { return unsure(failure == .notCurrent ? .partial : failure, nil) }
            return .stated(kind, sum([figure] + parts.figures))
        }
        if reader.excludes { return unsure(.partial, figure.satang) }
        if sum(parts.figures).satang > (figure.range?.upperBound ?? figure.satang) { return unsure(.conflict, nil) }
        return .stated(kind, figure)
    }

    /// Only items: several are added up, one is a part of something larger.
    private func finding(ofParts parts: Sums, _ kind: FinancialKind) -> FinancialFinding? {
        if let failure = parts.failures.first {
            return .unsure(about: kind, reason: failure, satang: parts.figures.isEmpty ? parts.amount : nil)
        }
        let total = sum(parts.figures)
        guard parts.figures.count > 1, total.satang >= ReadingLimits.minMonthlySatang, !reader.excludes else {
            return .unsure(about: kind, reason: .partial, satang: total.satang)
        }
        guard total.satang <= ReadingLimits.maxMonthlySatang else {
            return .unsure(about: kind, reason: .implausible, satang: total.satang)
        }
        return .stated(kind, total)
    }

    /// Later claims replace earlier ones after แต่ or now, and an amount replaces "no income" before it.
    private func superseding(_ claims: [StatementClaim]) -> [StatementClaim] {
        var kept: [StatementClaim] = []
        for claim in claims {
            let isPresent = claim.tense == .present && !claim.isPerhapsOther
            let replaces =
                claim.supersedes && isPresent || (claim.amount != nil && kept.last.map { $0.amount == nil } ?? false)
            if replaces { kept.removeAll() }
            kept.append(claim)
        }
        let certain = kept.filter { $0.tense == .present && !$0.isPerhapsOther }
        return certain.isEmpty ? kept : certain
    }

    private func read(_ claims: [StatementClaim]) -> Sums {
        var sums = Sums()
        for (index, claim) in claims.enumerated() {
            sums.amount = claim.amount?.satang
            if claim.isAlternative, index > 0 || claims.count == 1 { sums.failures.append(.ambiguous) }
            if isOnlyAsked(claim) {
                sums.failures.append(.question)
                continue
            }
            switch claim.figure(isAsked: asked?.kind == claim.kind) {
            case .failure(let cause): sums.failures.append(cause.reason)
            case .success(let figure):
                if claim.adds, claim.role == .main, let last = sums.figures.popLast() {
                    sums.figures.append(sum([last, figure]))
                } else if !sums.figures.contains(figure) || claim.role != .main {
                    sums.figures.append(figure)
                }
            }
        }
        return sums
    }

    /// See `FinancialReader`: a question states an amount only of someone who says that it is theirs.
    private func isOnlyAsked(_ claim: StatementClaim) -> Bool {
        guard let asksWhetherSo = reader.questions[claim.sentence] else { return false }
        return asksWhetherSo || !(reader.mentionsSelf || asked?.kind == claim.kind)
    }

    private func contradiction(_ sums: Sums) -> UnsureReason? {
        if sums.failures.contains(.ambiguous) { return .ambiguous }
        if sums.figures.count > 1 { return .conflict }
        guard !sums.figures.isEmpty else { return nil }
        return sums.failures.contains { $0 != .period } ? .conflict : nil
    }

    private func sum(_ figures: [FinancialFigure]) -> FinancialFigure {
        // At most `maxAmounts` plausible figures: no overflow.
        var total = FinancialFigure(satang: 0)
        for figure in figures {
            total.satang += figure.satang
            total.isApproximate = total.isApproximate || figure.isApproximate
        }
        if figures.contains(where: { $0.range != nil }) {
            let low = figures.reduce(0) { $0 + ($1.range?.lowerBound ?? $1.satang) }
            let high = figures.reduce(0) { $0 + ($1.range?.upperBound ?? $1.satang) }
            total.range = low...high
        }
        return total
    }

    // MARK: Without amounts

    /// What is left to say about a message in which no amount was found.
    private func remarks() -> [FinancialFinding] {
        if let magnitude = reader.magnitudes.first, let kind = magnitude ?? asked?.kind {
            return [.unsure(about: kind, reason: .vague, satang: nil)]
        }
        if reader.isIrregular { return [.unsure(about: .income, reason: .irregular, satang: nil)] }
        guard reader.questions.isEmpty else { return [] }
        if asked == .collectGoals, reader.mentionsGoalObject, loose.isEmpty {
            return [.goal(answerText, satang: goalAmount)]
        }
        guard !reader.tokens.contains(where: { $0.amount != nil }), isBareAnswer else { return [] }
        if reader.saysNone, let kind = asked?.kind { return [.unsure(about: kind, reason: .vague, satang: nil)] }
        guard asked == .clarify else { return [] }
        var kinds: Set<FinancialKind> = []
        for token in reader.tokens {
            if let kind = token.word?.kind, token.word?.isWeak == false { kinds.insert(kind) }
            if token.word == .negation || token.word == .or { return [] }
        }
        return kinds.count == 1 ? kinds.map { .identified($0) } : []
    }

    private var goalAmount: Int64? {
        let amounts = reader.tokens.compactMap(\.amount).filter { !$0.isSmall }
        return amounts.count == 1 && amounts.allSatisfy { !$0.isRange } ? amounts.first?.satang : nil
    }
}
