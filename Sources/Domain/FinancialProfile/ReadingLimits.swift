/// Bounds of the deterministic reading of messages and of what a profile keeps.
package enum ReadingLimits {
    /// Unicode scalars of one message that are read; a longer message is not read at all (one `tooLong` question),
    /// because a cut in the middle of a number would be another number.
    package static let maxScalars = 4096
    /// Amounts of one message; with more the message is not classified (one `tooLong` question).
    package static let maxAmounts = 32
    /// Digits of one written number; more is an identifier, not money.
    package static let maxDigits = 12
    /// Satang (1000 baht). A month's income or all expenses below it are asked about ("เงินเดือน 45" means 45,000).
    package static let minMonthlySatang: Int64 = 100_000
    /// Satang (100 million baht a month). More is asked about.
    package static let maxMonthlySatang: Int64 = 10_000_000_000
    /// Satang (10 trillion baht). A larger number is unreadable.
    package static let maxSatang: Int64 = 1_000_000_000_000_000
    /// Satang (300,000 baht). From here on an amount without a period may be a year's: it is asked about.
    package static let maxImpliedMonthlySatang: Int64 = 30_000_000
    /// A range whose high end is more than so many times its low end says too little: it is asked about.
    package static let maxRangeRatio: Int64 = 2
    /// Goals that a profile keeps; later ones are not added.
    package static let maxGoals = 8
    /// Unicode scalars of one goal; the rest is cut.
    package static let maxGoalScalars = 200
    /// Open questions that a profile keeps; the oldest give way.
    package static let maxQuestions = 4
}
