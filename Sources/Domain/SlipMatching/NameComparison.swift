/// What comparing a name that a slip shows with one that we know comes to.
enum NameComparison: Int, Comparable, Sendable {
    case mismatch
    /// Nothing to compare: a name is missing, hidden, or in another script; or the first name alone.
    case unknown
    /// What is shown is the beginning of what is known: banks cut surnames to a letter.
    case abbreviated
    case equal

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    var agrees: Bool { self >= .abbreviated }

    /// `shown` may be cut, `known` is whole. The better of all readings counts: นางนวล may be นาง and นวล, or one name.
    static func compare(shown: BankName, known: BankName) -> NameComparison {
        guard shown.script == known.script else { return .unknown }
        if !shown.form.isEmpty || !known.form.isEmpty { return compareBodies(shown, known) }
        var best = NameComparison.mismatch
        for left in shown.readings {
            for right in known.readings { best = max(best, compare(left, right)) }
        }
        return best
    }

    private static func compare(_ shown: BankName.Reading, _ known: BankName.Reading) -> NameComparison {
        switch (shown.gender, known.gender) {
        case (.male, .female), (.female, .male): return .mismatch
        default: break
        }
        guard shown.first == known.first else { return .mismatch }
        if shown.rest == known.rest { return shown.rest.isEmpty ? .unknown : .equal }
        if shown.rest.isEmpty || known.rest.isEmpty { return .unknown }
        return known.rest.unicodeScalars.starts(with: shown.rest.unicodeScalars) ? .abbreviated : .mismatch
    }

    private static func compareBodies(_ shown: BankName, _ known: BankName) -> NameComparison {
        guard let left = shown.readings.first, let right = known.readings.first else { return .unknown }
        let (shownCore, knownCore) = (left.first + left.rest, right.first + right.rest)
        // A name without a form may be a body's or a person's: the same letters are not enough, others are against it.
        guard !shown.form.isEmpty, !known.form.isEmpty else { return shownCore == knownCore ? .unknown : .mismatch }
        guard !shown.form.isDisjoint(with: known.form) else { return .mismatch }
        if shownCore == knownCore { return .equal }
        // Cut in the core, or in the form behind it.
        let isCut =
            shown.length >= BankName.minCutScalars && shownCore.unicodeScalars.count >= BankName.minCompanyPrefix
            && (known.whole.unicodeScalars.starts(with: shown.whole.unicodeScalars)
                || !shown.isClosed && knownCore.unicodeScalars.starts(with: shownCore.unicodeScalars))
        return isCut ? .abbreviated : .mismatch
    }

    /// All names of a side of a slip with all names of somebody. Thai decides where there is Thai: English spellings vary. One
    /// letter of a Thai surname beside another English name is not enough. `isVerbatim`: somebody wrote `known` as banks show it,
    /// so the same letters are the same name, whatever they are.
    static func compare(shown: SlipParty, known: [String?], isVerbatim: Bool = false) -> NameComparison {
        let shown = [shown.thaiName, shown.englishName].compactMap { $0.flatMap(BankName.init) }
        let known = known.compactMap { $0.flatMap(BankName.init) }
        func best(_ script: BankName.Script) -> NameComparison {
            var best: NameComparison?
            for left in shown where left.script == script {
                for right in known where right.script == script {
                    let isSame = isVerbatim && left.whole == right.whole
                    best = max(best ?? .mismatch, isSame ? .equal : compare(shown: left, known: right))
                }
            }
            return best ?? .unknown
        }
        let (thai, english) = (best(.thai), best(.latin))
        switch thai {
        case .equal, .mismatch: return thai
        case .abbreviated: return english == .unknown ? .abbreviated : english
        case .unknown: return english
        }
    }
}
