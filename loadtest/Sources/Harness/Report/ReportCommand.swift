/// `sala-loadtest report RUN.json`: makes the page of a run again.
enum ReportCommand {
    static let options: [CommandLineOptions.Option] = [
        .init("out", "FILE", "where the page goes (default: beside the results, with .html)")
    ]

    static let help = """
        Usage: sala-loadtest report RUN.json [options]

        Makes the page of a run from its results.

        \(CommandLineOptions.help(options))

        """

    /// `arguments`: those behind `report`. Returns the exit code.
    static func run(_ arguments: [String]) throws(LoadFailure) -> Int32 {
        let options = try CommandLineOptions(arguments, options)
        if options.wantsHelp {
            Table.show(help, on: 1)
            return 0
        }
        guard let path = options.operands.first, options.operands.count == 1 else {
            throw LoadFailure(.usage, "report takes one file; `sala-loadtest report --help` says more")
        }
        let page = options["out"] ?? pagePath(besides: path)
        try write(try ResultsFile.read(path), to: page)
        Table.show("\(page)\n", on: 1)
        return 0
    }

    /// Writes the page of a run.
    static func write(_ results: RunResults, to path: String) throws(LoadFailure) {
        try ResultsFile.write(Array(HTMLReport(results).html.utf8), to: path)
    }

    /// `runs/chat.json` has its page in `runs/chat.html`.
    static func pagePath(besides path: String) -> String {
        (path.hasSuffix(".json") ? String(path.dropLast(5)) : path) + ".html"
    }
}
