/// Whether the server can be trusted after this run, in sentences: the first thing that a reader sees.
struct Verdict {
    /// Reasons that are told at the top; all are told where they belong.
    private static let maxReasons = 10

    let results: RunResults

    init(_ results: RunResults) { self.results = results }

    var tone: String { results.hasPassed ? warnings.isEmpty ? "good" : "warn" : "bad" }

    var word: String { results.hasPassed ? "✓ Passed" : "✗ Failed" }

    /// What was run and what came of it.
    var sentences: [String] {
        var sentences = [load]
        if results.oracle.checks > 0, results.oracle.broken == 0 {
            sentences.append(
                "In \(Words.many(results.oracle.checks, "check", "checks")) nothing was lost, duplicated, out of order, "
                    + "stale, stuck or out of balance.")
        }
        if !results.limits.isEmpty, results.limits.allSatisfy(\.isMet) {
            sentences.append(
                results.limits.count == 1
                    ? "The scenario's limit was met."
                    : "All \(Words.count(results.limits.count)) limits of the scenario were met.")
        }
        let errors = results.errors.values.reduce(0, +)
        if errors > 0 {
            sentences.append("Clients met \(Words.many(errors, "error", "errors")); see below which.")
        } else {
            sentences.append("No client met an error.")
        }
        return sentences
    }

    /// What takes from a verdict its worth.
    var warnings: [String] {
        var warnings: [String] = []
        if results.generator.isBottleneck {
            warnings.append(
                "The load generator was itself the bottleneck: "
                    + "latencies are worse, and rates lower, than the server's own.")
        }
        if results.oracle.checks == 0, results.oracle.broken == 0 {
            warnings.append("Nothing was checked, so that this run says nothing about correctness.")
        }
        return warnings
    }

    var markup: Markup {
        let more = results.failures.count - Self.maxReasons
        let rest: Markup = more > 0 ? "<li>and \(Words.many(more, "other reason", "other reasons"))</li>" : ""
        let reasons = results.failures.prefix(Self.maxReasons).map { reason -> Markup in "<li>\(reason)</li>" }
        let list: Markup = reasons.isEmpty ? "" : "<ul>\(reasons)\(rest)</ul>\n"
        return """
            <div class="verdict \(tone)" id="verdict"><strong class="word">\(word)</strong>
            \(list)<p>\(sentences.joined(separator: " "))</p>\(warnings.map { warning -> Markup in "<p><b>But:</b> \(warning)</p>" })</div>

            """
    }

    private var load: String {
        let connections = Int(results.series.maximum("connections") ?? 0)
        var text = "For \(Words.duration(seconds: results.seconds)) "
        text +=
            connections > 0
            ? "there were up to \(Words.many(connections, "connection", "connections"))" : "the server was driven"
        guard let sent = results.totals["sent"], sent > 0 else { return text + "." }
        let acknowledged = results.totals["acknowledged"] ?? 0
        return text + "; \(Words.count(sent)) sent and \(Words.count(acknowledged)) acknowledged."
    }
}
