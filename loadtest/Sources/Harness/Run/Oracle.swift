/// Keeps what broke a promise. Each count must be 0 at the end, or the run has failed.
final class Oracle {
    enum Kind: String, CaseIterable {
        /// Acknowledged, or in the journal, and not at a client that had to see it.
        case lost
        /// Seen twice, or in the journal twice.
        case duplicated
        /// An offset before a smaller one.
        case reordered
        /// A client was told a state older than one it had seen.
        case regressed
        /// Never answered, never ended, never caught up.
        case stuck
        /// Books that do not agree with the stand-ins'.
        case unbalanced
    }

    /// One broken promise, with what is needed to look into it: never message texts or tokens.
    struct Finding {
        let kind: Kind
        let session: String
        /// What was expected and what was seen, in words and offsets.
        let detail: String
        /// Offset and name of the journal's entries around it.
        var journal: [(offset: Int64, name: String)] = []
    }

    /// All are counted, the first so many are kept.
    static let maxFindings = 50

    private(set) var counts: [Kind: Int] = [:]
    private(set) var findings: [Finding] = []
    /// How many single things were looked at: a run that looked at nothing has shown nothing.
    private(set) var checks = 0

    var isContent: Bool { counts.isEmpty }

    func checked(_ amount: Int = 1) { checks += amount }

    func report(_ finding: Finding) {
        counts[finding.kind, default: 0] += 1
        if findings.count < Self.maxFindings { findings.append(finding) }
    }
}
