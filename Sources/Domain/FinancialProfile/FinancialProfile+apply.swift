extension FinancialProfile {
    /// Takes in what one message of the person says. Call it once for each message, also when nothing was found: questions of
    /// earlier messages then count as asked. True if anything has changed.
    package mutating func apply(_ findings: [FinancialFinding]) -> Bool {
        let before = self
        let asked = intent
        for index in unsure.indices { unsure[index].isFresh = false }
        for finding in findings { apply(finding, asked: asked) }
        // A nameless amount is asked about once; who talks on about something else has left it behind.
        unsure.removeAll { $0.about == nil && !$0.isFresh }
        return self != before
    }

    /// Takes in the provider's tool call. It fills what is open, replaces what it said before, and never overrides the person's
    /// own words: a different amount opens a question. True if anything has changed.
    package mutating func apply(_ report: FinancialReport) -> Bool {
        let before = self
        if let satang = report.income { apply(satang, as: .income) }
        if let satang = report.expenses { apply(satang, as: .expenses) }
        for goal in report.goals { add(goal: goal) }
        return self != before
    }

    // MARK: The person's words

    private mutating func apply(_ finding: FinancialFinding, asked: AdvisorIntent) {
        switch finding {
        case .stated(let kind, let figure):
            state(kind, figure, isConfirmed: asked.kind == kind && question(about: kind) != nil)
            resolveNameless(figure)
        case .unsure(let kind, let reason, let satang): doubt(kind, reason, satang)
        case .denied(let kind, let satang): deny(kind, satang)
        case .corrected(let old, let figure): correct(old, figure, asked)
        case .identified(let kind): identify(kind)
        case .goal(let text, _): add(goal: text)
        }
    }

    private mutating func state(_ kind: FinancialKind, _ figure: FinancialFigure, isConfirmed: Bool) {
        self[kind] = Entry(figure: figure, origin: .deterministic, isConfirmed: isConfirmed)
        unsure.removeAll { $0.about == kind }
    }

    /// A nameless amount is explained once the same amount was given a kind.
    private mutating func resolveNameless(_ figure: FinancialFigure) {
        unsure.removeAll { $0.about == nil && ($0.satang == nil || $0.satang == figure.satang) }
    }

    private mutating func doubt(_ kind: FinancialKind?, _ reason: UnsureReason, _ satang: Int64?) {
        if let kind, let known = self[kind] {
            guard reason.doubtsKnownFigure else { return }
            if let satang {
                // A limit that the known figure keeps is no contradiction.
                if reason == .upperBound, known.figure.satang <= satang { return }
                if reason == .lowerBound, known.figure.satang >= satang { return }
            }
        }
        if kind == nil, let satang, income?.figure.satang == satang || expenses?.figure.satang == satang { return }
        ask(OpenQuestion(about: kind, reason: reason, satang: satang))
    }

    private mutating func deny(_ kind: FinancialKind?, _ satang: Int64) {
        let denied = kind.map { [$0] } ?? FinancialKind.allCases
        for kind in denied where self[kind]?.figure.satang == satang {
            self[kind] = nil
            ask(OpenQuestion(about: kind, reason: .denied))
        }
        unsure.removeAll { $0.about == nil && $0.satang == satang }
    }

    private mutating func correct(_ old: Int64, _ figure: FinancialFigure, _ asked: AdvisorIntent) {
        let matching = FinancialKind.allCases.filter { kind in
            self[kind]?.figure.satang == old
                || unsure.contains { $0.about == kind && ($0.satang == old || $0.providerSatang == old) }
        }
        if matching.count == 1 {
            state(matching[0], figure, isConfirmed: true)
        } else if matching.isEmpty, let kind = asked.kind {
            state(kind, figure, isConfirmed: question(about: kind) != nil)
        } else {
            ask(OpenQuestion(about: nil, reason: .kind, satang: figure.satang))
        }
    }

    private mutating func identify(_ kind: FinancialKind) {
        guard let question = question(about: nil), question.reason == .kind, let satang = question.satang,
            (ReadingLimits.minMonthlySatang..<ReadingLimits.maxImpliedMonthlySatang).contains(satang)
        else { return }
        state(kind, FinancialFigure(satang: satang), isConfirmed: false)
        unsure.removeAll { $0.about == nil }
    }

    // MARK: The provider's words

    private mutating func apply(_ satang: Int64, as kind: FinancialKind) {
        let open = question(about: kind)
        if let known = self[kind], known.origin == .deterministic {
            if known.figure.agrees(with: satang) {
                if let open, open.reason == .disagreement || !open.isFresh { unsure.removeAll { $0.about == kind } }
            } else if !known.isConfirmed, open == nil || open?.reason == .disagreement {
                ask(
                    OpenQuestion(
                        about: kind, reason: .disagreement, satang: known.figure.satang, providerSatang: satang))
            }
            return
        }
        // What the newest message left unsure is asked of the person, not guessed by the provider.
        if let open, open.isFresh { return }
        self[kind] = Entry(figure: FinancialFigure(satang: satang), origin: .provider)
        unsure.removeAll { $0.about == kind || ($0.about == nil && $0.satang == satang) }
    }

    // MARK: Bounded lists

    private mutating func ask(_ question: OpenQuestion) {
        unsure.removeAll { $0.about == question.about }
        unsure.append(question)
        if unsure.count > ReadingLimits.maxQuestions { unsure.removeFirst() }
    }

    /// A goal that says the same as a known one, or part of it, is not added; one that says more replaces it.
    private mutating func add(goal text: String) {
        let bounded = ThaiText(text)
        let goal = StatementGoal.words(of: bounded, 0..<bounded.count)
        let folded = ThaiText(goal).scalars
        guard !folded.isEmpty else { return }
        for (index, known) in goals.enumerated() {
            let other = ThaiText(known).scalars
            if Self.contains(other, folded) { return }
            if Self.contains(folded, other) {
                goals[index] = goal
                return
            }
        }
        if goals.count < ReadingLimits.maxGoals { goals.append(goal) }
    }

    private static func contains(_ text: [Unicode.Scalar], _ part: [Unicode.Scalar]) -> Bool {
        guard !part.isEmpty, part.count <= text.count else { return false }
        return (0...(text.count - part.count)).contains { text[$0..<($0 + part.count)].elementsEqual(part) }
    }
}
