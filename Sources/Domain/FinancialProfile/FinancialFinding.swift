/// What the deterministic reading found in one message.
package enum FinancialFinding: Equatable, Sendable {
    /// The speaker's own present income or expenses of a month.
    case stated(FinancialKind, FinancialFigure)
    /// Something was said that must be asked about. `about` is nil when not even the kind is known; `satang` is the amount as
    /// it was said, whatever its period.
    case unsure(about: FinancialKind?, reason: UnsureReason, satang: Int64?)
    /// "ไม่ใช่ 45,000" without another amount.
    case denied(FinancialKind?, satang: Int64)
    /// "ไม่ใช่ 45,000 แต่ 54,000" that does not say of what: whichever figure is the old one.
    case corrected(from: Int64, to: FinancialFigure)
    /// The kind of the amount that was asked about ("รายได้ครับ").
    case identified(FinancialKind)
    /// What the speaker saves or plans for, in their words, and its amount if one was said.
    case goal(String, satang: Int64?)
}

/// Why something is asked rather than taken.
package enum UnsureReason: String, Equatable, Sendable, CaseIterable {
    /// An amount without a word for what it is.
    case kind
    /// Per day, week, hour or piece; or no period where it matters.
    case period
    /// Two readings, or two amounts, are possible.
    case ambiguous
    /// Only an order of magnitude.
    case vague
    /// Less than, at most.
    case upperBound = "upper_bound"
    /// More than, at least.
    case lowerBound = "lower_bound"
    /// A range too wide to use its middle.
    case wideRange = "wide_range"
    /// Too small or too large for a month.
    case implausible
    /// Not in baht.
    case currency
    /// It may be somebody else's, or several people's.
    case whose
    /// Past or future.
    case notCurrent = "not_current"
    /// Part of a question ("เงินเดือน 45,000 พอไหม") by someone who did not say that it is theirs.
    case question
    /// One expense (rent) of an unknown total.
    case partial
    /// It changes from month to month.
    case irregular
    /// Two amounts that contradict each other.
    case conflict
    /// The speaker denied the figure and gave no other.
    case denied
    /// The provider's tool call says another amount than the message.
    case disagreement
    /// The message is longer than what is read.
    case tooLong = "too_long"

    /// Whether a known figure becomes doubtful by it. The others only explain why there is no figure yet.
    var doubtsKnownFigure: Bool {
        switch self {
        case .ambiguous, .conflict, .denied, .disagreement, .wideRange, .upperBound, .lowerBound: true
        case .kind, .period, .vague, .implausible, .currency, .whose, .notCurrent, .question, .partial, .irregular,
            .tooLong:
            false
        }
    }
}
