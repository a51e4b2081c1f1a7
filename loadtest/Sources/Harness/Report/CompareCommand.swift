/// `sala-loadtest compare A.json B.json`: what became better and what worse from run A to run B.
enum CompareCommand {
    static let options: [CommandLineOptions.Option] = [
        .init("tolerance", "T", "how much worse a figure of B may be, as 10% (the default) or 2.5%"),
        .init("html", "FILE", "write the comparison as a page, too"),
        .init("force", nil, "compare runs of different scenarios all the same"),
    ]

    static let help = """
        Usage: sala-loadtest compare A.json B.json [options]

        Shows two runs' results side by side, each figure with the ratio of B to A, and says what became worse.

        \(CommandLineOptions.help(options))

        Exit codes: 0 nothing is worse beyond the tolerance, 1 something is or B has failed, 64 wrong usage.

        """

    private static let defaultTolerance = 0.1
    /// Ten times as bad: beyond that nobody compares.
    private static let maxTolerance = 10.0
    /// Differences of two scenarios that are told; more are counted.
    private static let maxDifferences = 5

    /// `arguments`: those behind `compare`. Returns the exit code.
    static func run(_ arguments: [String]) throws(LoadFailure) -> Int32 {
        let options = try CommandLineOptions(arguments, options)
        if options.wantsHelp {
            Table.show(help, on: 1)
            return 0
        }
        guard options.operands.count == 2 else {
            throw LoadFailure(.usage, "compare takes two files; `sala-loadtest compare --help` says more")
        }
        let tolerance = try options["tolerance"].map(share) ?? defaultTolerance
        let (a, b) = (try ResultsFile.read(options.operands[0]), try ResultsFile.read(options.operands[1]))
        let differences = Comparison.differences(a, b)
        if !differences.isEmpty {
            let told = tell(differences)
            guard options.has("force") else {
                throw LoadFailure(
                    .usage, "these are runs of different scenarios; --force compares them all the same\n\(told)")
            }
            Table.show("warning: these are runs of different scenarios\n\(told)\n", on: 2)
        }
        let comparison = Comparison(a, b, tolerance: tolerance)
        Table.show(comparison.text, on: 1)
        if let path = options["html"] { try ResultsFile.write(Array(comparison.html.utf8), to: path) }
        return comparison.hasPassed ? 0 : 1
    }

    /// `10%` is 0.1. The sign must be there: without it nobody knows whether 0.5 means half or half a percent.
    static func share(_ text: String) throws(LoadFailure) -> Double {
        let digits = text.dropLast()
        guard text.last == "%", !digits.isEmpty, digits.allSatisfy({ ("0"..."9").contains($0) || $0 == "." }),
            let percent = Double(digits), percent / 100 <= maxTolerance
        else { throw LoadFailure(.usage, "--tolerance is a percentage, as 10% or 2.5%") }
        return percent / 100
    }

    private static func tell(_ differences: [String]) -> String {
        let more = differences.count - maxDifferences
        let lines = differences.prefix(maxDifferences).map { "  \($0)" }
        return (lines + (more > 0 ? ["  and \(Words.count(more)) more"] : [])).joined(separator: "\n")
    }
}
