/// Goes through the tokens of a message once and collects what is claimed.
struct StatementReader {
    typealias Word = FinancialVocabulary.Word

    let text: ThaiText
    let tokens: [StatementToken]
    let asked: AdvisorIntent?

    private(set) var claims: [StatementClaim] = []
    /// Amounts that no word names, with their sentences.
    private(set) var loose: [LooseAmount] = []
    /// Amounts denied (ไม่ใช่ 45,000), with their kind if it is named.
    private(set) var denied: [(kind: FinancialKind?, amount: ThaiAmount)] = []
    private(set) var goals: [(text: String, satang: Int64?)] = []
    /// Kinds of which only an order of magnitude was said, and of which it was said that they change.
    private(set) var magnitudes: [FinancialKind?] = []
    private(set) var isIrregular = false
    private(set) var excludes = false
    private(set) var saysNone = false
    private(set) var mentionsSelf = false
    private(set) var mentionsGoalObject = false
    /// Sentences that ask about what they say; true: whether it is so.
    private(set) var questions: [Int: Bool] = [:]
    private(set) var shared: Set<Int> = []

    /// An amount that waits for a kind.
    struct LooseAmount {
        var amount: ThaiAmount
        var sentence: Int
        var period: FinancialVocabulary.Period?
        var isAlternative: Bool
    }

    private enum Mood { case actual, hypothetical, past, future }
    private enum Speaker { case me, other, unknown }

    private var sentence = 0
    private var mood = Mood.actual
    private var moodIsUsed = false
    private var speaker = Speaker.me
    /// The word that names the next amount, where it stands, and whether an amount has taken it.
    private var named: (word: Word, index: Int, isUsed: Bool)?
    private var periods: [Int: FinancialVocabulary.Period] = [:]
    /// Words that belong to the amount before them.
    private var spent: Set<Int> = []
    private var supersedes = false
    private var adds = false
    private var isAlternative = false
    /// Tokens before this one belong to a goal.
    private var goalEnd = 0
    private var amountFirst: Set<Int> = []

    init(text: ThaiText, tokens: [StatementToken], asked: AdvisorIntent?) {
        self.text = text
        self.tokens = tokens
        self.asked = asked
    }

    mutating func read() {
        assignPeriods()
        findAmountFirstSentences()
        for index in tokens.indices {
            switch tokens[index].content {
            case .amount(let amount): if index >= goalEnd { receive(amount, index) }
            case .word(let word): receive(word, index)
            }
        }
    }

    // MARK: Words

    private mutating func receive(_ word: Word, _ index: Int) {
        if index < goalEnd {
            if case .goalObject = word { mentionsGoalObject = true }
            if case .me = word { mentionsSelf = true }
            return
        }
        switch word {
        case .income, .expense, .item, .neutral: name(word, index)
        case .total: nameTotal(index)
        case .goalObject: mentionsGoalObject = true
        case .wish: if mood == .actual { readGoal(index) }
        case .noIncome: receiveNoIncome(index)
        case .irregular:
            guard speaker == .me, mood == .actual else { break }
            isIrregular = true
            named = (.income(), index, false)
        case .hypothetical: setMood(.hypothetical)
        case .past: receivePast(index)
        case .future: setMood(.future)
        case .now: leaveMood(unlessUnused: mood == .hypothetical)
        case .but: leaveMood(unlessUnused: true)
        case .me: receiveSelf(index)
        case .other: receivePerson(index, isCertain: true)
        case .perhapsOther: receivePerson(index, isCertain: false)
        case .shared: shared.insert(sentence)
        case .give, .period, .forward, .negation, .nothing: break
        case .question:
            questions[sentence] = questions[sentence] ?? false
            if text[tokens[index].range.lowerBound] == "?" { endSentence() }
        case .confirmation: questions[sentence] = true
        case .or: isAlternative = true
        case .plus: adds = true
        case .excluding: excludes = true
        case .magnitude: receiveMagnitude()
        case .none: saysNone = true
        case .end:
            // "รายได้:⏎45,000": a label goes on to the next line, a sentence does not.
            let isLine = text[tokens[index].range.lowerBound] == "\n"
            endSentence(keepingName: isLine && named?.index == index - 1)
        }
    }

    private mutating func name(_ word: Word, _ index: Int) {
        if spent.contains(index) { return }
        if case .neutral(isGoal: true) = word { mentionsGoalObject = true }
        // "กู้ได้ 100,000", "เก็บเงินได้": the verb before says what it is.
        if word.isWeak, index > 0, gap(index - 1, index) == 0, let before = tokens[index - 1].word, before.namesKind,
            before.kind != .income || before.isWeak == false
        {
            return
        }
        // "จ่ายค่าเช่า": the thing says more than the verb; "เงินเดือนใช้…" names anew.
        named = (word, index, false)
    }

    private mutating func nameTotal(_ index: Int) {
        switch named?.word {
        case .item, .expense: named = (.expense(), index, false)
        case .income(let monthly, _, _): named = (.income(monthly: monthly), index, false)
        default: break
        }
    }

    private mutating func receiveNoIncome(_ index: Int) {
        if index > 0, tokens[index - 1].word == .negation, gap(index - 1, index) <= 1 { return }
        moodIsUsed = true
        guard mood == .actual, speaker != .other else { return }
        var claim = StatementClaim(kind: .income, role: .main, amount: nil, sentence: sentence)
        claim.isPerhapsOther = speaker == .unknown
        finish(&claim)
        claims.append(claim)
    }

    private mutating func receiveMagnitude() {
        guard mood == .actual, speaker == .me else { return }
        magnitudes.append(named.flatMap { $0.isUsed ? nil : $0.word.kind })
    }

    private mutating func receiveSelf(_ index: Int) {
        if index > 0, gap(index - 1, index) == 0 {
            switch tokens[index - 1].word {
            case .other, .perhapsOther: return
            default: break
            }
        }
        mentionsSelf = true
        speaker = .me
    }

    /// Somebody else is named: before an income word they own it, behind one too; behind an expense they are what it is for.
    private mutating func receivePerson(_ index: Int, isCertain: Bool) {
        if index > 0, tokens[index - 1].word == .give, gap(index - 1, index) == 0 {
            named = (.item, index, false)
            return
        }
        if index + 1 < tokens.count, tokens[index + 1].word == .give, gap(index, index + 1) == 0 {
            named = (.income(isWeak: true), index, false)
            speaker = .unknown
            return
        }
        if let named, !named.isUsed {
            switch named.word {
            case .expense, .item, .neutral: return
            default: break
            }
            if case .income = named.word, spaceBetween(tokens[named.index].range.upperBound, index) <= 4 {
                speaker = isCertain ? .other : .unknown
                return
            }
        }
        guard let next = tokens[(index + 1)...].firstIndex(where: { $0.word?.isAboutMoney ?? false }),
            !tokens[index..<next].contains(where: { $0.word == .end || $0.word == .me })
        else { return }
        let distance = spaceBetween(tokens[index].range.upperBound, next)
        if !isCertain, distance > 1 { return }
        let before = text.sourceText(max(0, tokens[index].range.lowerBound - 5)..<tokens[index].range.lowerBound)
        let isBeside = before.hasSuffix("กับ") || before.hasSuffix("with ")
        speaker = isCertain && distance <= 6 && !isBeside ? .other : .unknown
    }

    // MARK: Moods

    private mutating func setMood(_ next: Mood) {
        mood = next
        moodIsUsed = false
    }

    private mutating func leaveMood(unlessUnused: Bool) {
        if moodIsUsed || !unlessUnused { setMood(.actual) }
        supersedes = true
    }

    /// "ใช้ไป 20,000 เดือนที่แล้ว": with no amount after it in its sentence, the past belongs to what was said.
    private mutating func receivePast(_ index: Int) {
        let rest = tokens[(index + 1)...].prefix { $0.word != .end }
        if rest.contains(where: { $0.amount != nil || $0.word == .noIncome }) { return setMood(.past) }
        if let last = claims.indices.last, claims[last].sentence == sentence { claims[last].tense = .other }
        setMood(.past)
    }

    private mutating func endSentence(keepingName: Bool = false) {
        sentence += 1
        setMood(.actual)
        if !keepingName { named = nil }
        if speaker == .other { speaker = .unknown }
        if !claims.contains(where: { $0.isPerhapsOther }), !otherSpoke { speaker = .me }
        isAlternative = false
        adds = false
    }

    /// An amount of somebody else was said: who the next one belongs to is not certain until the speaker says so.
    private var otherSpoke = false

    // MARK: Amounts

    private mutating func receive(_ amount: ThaiAmount, _ index: Int) {
        if amount.isOrigin, nextAmount(after: index) != nil { return }
        let word = naming(amount, index)
        moodIsUsed = true
        defer { if word != nil { named?.isUsed = !amount.isDenied } }
        guard let word else {
            receiveLoose(amount, index)
            return
        }
        guard let kind = word.kind, mood != .hypothetical else { return }
        if speaker == .other {
            otherSpoke = true
            speaker = .unknown
            return
        }
        if amount.isDenied { return denied.append((kind, amount)) }
        var claim = StatementClaim(kind: kind, role: role(word), amount: amount, sentence: sentence)
        claim.period = periods[index] ?? impliedPeriod(word)
        claim.isWeak = word.isWeak
        claim.tense = mood == .actual ? .present : .other
        claim.isPerhapsOther = speaker == .unknown
        finish(&claim)
        claims.append(claim)
    }

    private mutating func receiveLoose(_ amount: ThaiAmount, _ index: Int) {
        if case .neutral? = named?.word { return }
        guard mood == .actual, speaker == .me else { return }
        if amount.isDenied { return denied.append((nil, amount)) }
        loose.append(
            LooseAmount(amount: amount, sentence: sentence, period: periods[index], isAlternative: isAlternative))
        isAlternative = false
    }

    private mutating func finish(_ claim: inout StatementClaim) {
        claim.supersedes = supersedes
        claim.adds = adds
        claim.isAlternative = isAlternative
        (supersedes, adds, isAlternative) = (false, false, false)
    }

    private func role(_ word: Word) -> StatementClaim.Role {
        switch word {
        case .income(_, isExtra: true, _): .extra
        case .item: .item
        default: .main
        }
    }

    private func impliedPeriod(_ word: Word) -> FinancialVocabulary.Period? {
        if case .income(monthly: true, _, _) = word { return .month }
        return nil
    }

    /// The word that says what the amount is.
    private mutating func naming(_ amount: ThaiAmount, _ index: Int) -> Word? {
        if let following = wordBehind(index), !amount.isSmall || tokens[following].word?.kind != nil {
            let current = named.flatMap { $0.isUsed ? nil : $0.word }
            let isForward = tokens[following - 1].word == .forward
            if current == nil || current?.isWeak == true || amountFirst.contains(sentence)
                || (isForward && current?.kind == .expenses)
            {
                spent.insert(following)
                return tokens[following].word
            }
        }
        guard let named else { return nil }
        let distance = spaceBetween(tokens[named.index].range.upperBound, index)
        if amount.isSmall, distance > 16 { return nil }
        if named.word.isWeak, distance > 24, periods[index] == nil { return nil }
        let continues = isAlternative || adds || supersedes && named.word.kind != nil
        return !named.isUsed || continues ? named.word : nil
    }

    /// The kind word right behind an amount, if no other amount stands behind that word.
    private func wordBehind(_ index: Int) -> Int? {
        var next = index + 1
        while next < tokens.count, isSpace(tokens[next - 1].range.upperBound..<tokens[next].range.lowerBound) {
            switch tokens[next].word {
            case .period, .forward: next += 1
            case let word? where word.namesKind:
                if amountFirst.contains(sentence) { return next }
                let follower = tokens[(next + 1)...].first {
                    $0.amount != nil || $0.word == .end || $0.word?.namesKind == true
                }
                let isFree = follower?.amount == nil
                return isFree || tokens[next - 1].word == .forward ? next : nil
            default: return nil
            }
        }
        return nil
    }

    private func nextAmount(after index: Int) -> Int? {
        tokens[(index + 1)...].firstIndex { $0.amount != nil || $0.word == .end }.flatMap {
            tokens[$0].amount == nil ? nil : $0
        }
    }

    // MARK: Goals

    /// A wish and what it is for, up to the next statement.
    private mutating func readGoal(_ start: Int) {
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
        guard isGoal else { return }
        goalEnd = end
        let limit = end < tokens.count ? tokens[end].range.lowerBound : text.count
        let scope = first.lowerBound..<limit
        goals.append((StatementReader.goalText(text, scope), amounts.first.flatMap { $0.isRange ? nil : $0.satang }))
    }

    /// The words of a goal, trimmed and bounded.
    static func goalText(_ text: ThaiText, _ range: Range<Int>) -> String {
        var scalars = Array(text.sourceText(range).unicodeScalars.prefix(ReadingLimits.maxGoalScalars))
        func isTrimmed(_ scalar: Unicode.Scalar) -> Bool {
            scalar.properties.isWhitespace || ".,;!?".unicodeScalars.contains(scalar)
        }
        while let last = scalars.last, isTrimmed(last) { scalars.removeLast() }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars.drop(while: isTrimmed))
        return String(view)
    }

    // MARK: Before the walk

    /// Gives each period word to its amount: the one before it (ต่อเดือน), or the one after it (เดือนละ).
    private mutating func assignPeriods() {
        for (index, token) in tokens.enumerated() {
            guard case .period(let period, let leads)? = token.word else { continue }
            let previous = index > 0 && tokens[index - 1].amount != nil && gap(index - 1, index) <= 6 ? index - 1 : nil
            let next = tokens[(index + 1)...].prefix { $0.word != .end }.firstIndex { $0.amount != nil }
            let nextIsNear = next.map { spaceBetween(token.range.upperBound, $0) <= 16 } ?? false
            if leads, let next, nextIsNear {
                if periods[next] == nil { periods[next] = period }
            } else if let previous {
                if periods[previous] == nil || !leads { periods[previous] = period }
            } else if let next, periods[next] == nil {
                periods[next] = period
            }
        }
    }

    /// Sentences that name each amount behind it: "8,000 ค่าเช่า 6,000 ค่ากิน".
    private mutating func findAmountFirstSentences() {
        var number = 0
        var shape: [Bool] = []
        func note(_ shape: [Bool], _ number: Int, _ found: inout Set<Int>) {
            let alternates = shape.enumerated().allSatisfy { $0.element == ($0.offset % 2 == 0) }
            if shape.count >= 4, shape.count % 2 == 0, alternates { found.insert(number) }
        }
        for token in tokens {
            if token.amount != nil { shape.append(true) }
            if token.word?.namesKind == true { shape.append(false) }
            if token.word == .end || (token.word == .question && text[token.range.lowerBound] == "?") {
                note(shape, number, &amountFirst)
                number += 1
                shape = []
            }
        }
        note(shape, number, &amountFirst)
    }

    // MARK: Distances

    /// Scalars between two tokens.
    private func gap(_ first: Int, _ second: Int) -> Int {
        tokens[second].range.lowerBound - tokens[first].range.upperBound
    }

    private func spaceBetween(_ end: Int, _ index: Int) -> Int { tokens[index].range.lowerBound - end }

    private func isSpace(_ range: Range<Int>) -> Bool { range.allSatisfy { text[$0] == " " } }
}

extension FinancialVocabulary.Word {
    /// A word that a person before it may own.
    fileprivate var isAboutMoney: Bool {
        switch self {
        case .income, .expense, .item, .noIncome: true
        default: false
        }
    }
}
