internal import JSON

/// One run as a page: the verdict first, then what was run and how, then what was measured.
struct HTMLReport {
    private let results: RunResults
    private let plots: ReportPlots

    /// Findings shown whole; the document has those that were kept, the count has all.
    static let maxFindings = 20
    static let maxTiles = 12

    init(_ results: RunResults) {
        self.results = results
        plots = ReportPlots(results)
    }

    var html: String { ReportPage.page(title: "\(results.name): load test, \(verdictWord)", body).html }

    private var verdictWord: String { results.hasPassed ? "passed" : "failed" }

    private var body: Markup {
        """
        <header><h1>\(results.title)</h1>
        <p class="sub">Load test <b>\(results.name)</b> of \(StageWords.moment(results.startedAt)), \(Words.duration(seconds: results.seconds)) measured</p>
        </header>
        \(Verdict(results).markup)
        \(ReportPage.section("figures", "Main figures", tiles))
        \(ReportPage.section("run", "What was run", whatWasRun))
        \(ReportPage.section("events", "What happened", events))
        \(ReportPage.section("throughput", "Throughput over time", "<div class=\"wide\">\(plots.throughput.markup)</div>"))
        \(ReportPage.section("latency", "Latency over time", latency))
        \(ReportPage.section("percentiles", "Latency by percentile", percentiles))
        \(ReportPage.section("limits", "Limits of the scenario", limits))
        \(ReportPage.section("connections", "Connections", "<div class=\"wide\">\(plots.connections.markup)</div>"))
        \(ReportPage.section("server", "The server's CPU and memory", server))
        \(ReportPage.section("generator", "The load generator itself", generator))
        \(ReportPage.section("errors", "Errors", errors))
        \(ReportPage.section("oracle", "Promises kept and broken", oracle))
        \(ReportPage.section("machine", "The machine", machine))
        <footer>Every latency counts from the instant at which something was meant to happen, so that a server that stalls cannot \
        hide what waited. All of this stands in the JSON document beside this page, with full histograms.</footer>
        """
    }

    // MARK: Sections

    private var tiles: Markup {
        let tiles = Tile.all(of: results).prefix(Self.maxTiles)
        return "<dl class=\"tiles\">\(tiles.map(\.markup))</dl>\n"
    }

    private var whatWasRun: Markup {
        let facts: [(String, Markup)] = [
            ("Scenario", "\(results.name)"), ("Server", "\(results.target)\(serverVersion)"),
            ("Began", "\(StageWords.moment(results.startedAt))"),
            ("Measured", "\(Words.duration(seconds: results.seconds))"),
            (
                "Load generator",
                "\(Words.many(results.generator.processes, "process", "processes"))"
            ),
        ]
        return """
            <p>To have the same run again:</p>
            \(ReportPage.command(results.command))\(ReportPage.facts(facts))\(groups)\
            <details><summary>The scenario as it was run, word for word</summary>
            <pre tabindex="0"><code>\(PrettyJSON.text(results.scenario))</code></pre></details>

            """
    }

    private var serverVersion: Markup {
        let facts = [results.server.version.map { "version \($0)" }, results.server.pid.map { "process \($0)" }]
            .compactMap { $0 }
        return facts.isEmpty ? "" : ", \(facts.joined(separator: ", "))"
    }

    private var groups: Markup {
        let groups = results.scenario["groups"]?.array ?? []
        guard !groups.isEmpty else { return "" }
        func number(_ value: JSONValue?) -> Markup { value?.double.map { "\(Words.number($0))" } ?? "–" }
        let rows = groups.map { group -> [Markup] in
            [
                "\(group["name"]?.string ?? "–")", "\(group["behaviour"]?.string ?? "–")", number(group["connections"]),
                number(group["sessions"]), "\(Self.arrivals(group["connect"]))", "\(Self.arrivals(group["arrivals"]))",
            ]
        }
        return ReportPage.table(
            "Groups of clients", ["group", "behaviour", "connections", "sessions", "connecting", "acting"], rows,
            words: [1, 4, 5])
    }

    /// `poisson, 100/s`.
    private static func arrivals(_ arrivals: JSONValue?) -> String {
        guard let arrivals, let shape = arrivals["shape"]?.string else { return "–" }
        func rate(_ name: String) -> String { arrivals[name]?.double.map { "\(Words.number($0))/s" } ?? "?" }
        switch shape {
        case "ramp": return "ramp, \(rate("from")) to \(rate("to"))"
        case "spike": return "\(rate("rate")), spike of \(rate("peak"))"
        default: return "\(shape), \(rate("rate"))"
        }
    }

    private var events: Markup {
        guard !results.events.isEmpty else {
            return Self.empty("Nothing out of the ordinary: no fault was part of this run.")
        }
        let items = results.events.map { event -> Markup in
            "<li>at \(Words.duration(seconds: max(0, event.at))): \(event.what)</li>\n"
        }
        return "<p>The numbers stand as marks in the plots over time.</p>\n<ol class=\"events\">\(items)</ol>\n"
    }

    private var latency: Markup {
        let shown = plots.latencies
        guard !shown.isEmpty else { return Self.empty("No latency was measured.") }
        return "<div class=\"plots\">\(shown.map(\.markup))</div>\n\(leftOut)"
    }

    private var percentiles: Markup {
        let shown = plots.percentiles
        guard !shown.isEmpty else { return Self.empty("No latency was measured.") }
        let rows = results.stageNames.compactMap { name -> [Markup]? in
            guard let histogram = results.stages[name] else { return nil }
            let shares = [0.5, 0.9, 0.95, 0.99, 0.999].map { histogram.percentile($0) } + [histogram.maximum]
            return ["\(name)", "\(Words.count(Int(clamping: histogram.count)))"]
                + shares.map { value -> Markup in "\(value.map(Words.number) ?? "–")" }
        }
        return "<div class=\"wide\">\(shown.map(\.markup))</div>\n\(leftOut)"
            + ReportPage.table(
                "Latency of each stage in milliseconds",
                ["milliseconds", "count", "p50", "p90", "p95", "p99", "p99.9", "max"], rows)
    }

    private var leftOut: Markup {
        let more = results.stageNames.count - plots.shownStages.count
        return more <= 0
            ? "" : "<p>\(Words.many(more, "stage has", "stages have")) no plot here; the table has all.</p>\n"
    }

    private var limits: Markup {
        guard !results.limits.isEmpty else { return Self.empty("The scenario sets no limits.") }
        let rows = results.limits.map { limit -> [Markup] in
            let word: Markup =
                limit.isMet ? "<span class=\"good-word\">✓ met</span>" : "<span class=\"bad-word\">✗ not met</span>"
            return [
                "\(limit.stage) \(limit.percentile)", "\(limit.measured.map(Words.milliseconds) ?? "never measured")",
                "\(Words.milliseconds(limit.limit))", word,
            ]
        }
        return ReportPage.table("Limits of the scenario", ["percentile", "measured", "allowed", ""], rows, words: [3])
    }

    private var server: Markup {
        guard !plots.serverCPU.isEmpty || !plots.serverMemory.isEmpty else {
            return Self.empty("The server's process was not known, so that nothing of it was measured.")
        }
        return "<div class=\"plots\">\(plots.serverCPU.markup)\(plots.serverMemory.markup)</div>\n"
    }

    private var generator: Markup {
        let generator = results.generator
        let verdict: Markup =
            generator.isBottleneck
            ? """
            <div class="verdict warn"><p><b>It was itself the bottleneck</b>: what was measured is its limit, and no longer the \
            server's.</p><ul>\(generator.why.map { why -> Markup in "<li>\(why)</li>" })</ul></div>

            """
            : "<p>It kept up: what was measured is the server's.</p>\n"
        let late = generator.lateness
        let facts: [(String, Markup)] = [
            ("Processes", "\(Words.count(generator.processes))"),
            ("CPU, mean", "\(generator.cpu.map { "\(Words.number($0)) cores" } ?? "not measured")"),
            (
                "Late by",
                late.count == 0
                    ? "not measured"
                    : """
                    p50 \(Self.time(late.percentile(0.5))), p99 \(Self.time(late.percentile(0.99))), \
                    at most \(Self.time(late.maximum))
                    """
            ),
        ]
        return """
            \(verdict)\(ReportPage.facts(facts))
            <div class="plots" style="margin-top:1rem">\(plots.generatorCPU.markup)\(plots.lateness.markup)</div>

            """
    }

    private static func time(_ value: Double?) -> String { value.map(Words.milliseconds) ?? "–" }

    private var errors: Markup {
        guard !results.errors.isEmpty else { return Self.empty("None.") }
        let total = results.errors.values.reduce(0, +)
        let rows = results.errors.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { name, count -> [Markup] in
            ["\(name)", "\(Words.count(count))", "\(Words.percent(Double(count) / Double(max(1, total))))"]
        }
        return ReportPage.table("Errors by code", ["error", "count", "share"], rows) + plots.errors.markup
    }

    private var oracle: Markup {
        let oracle = results.oracle
        guard oracle.checks > 0 || oracle.broken > 0 else {
            return Self.empty(
                "Nothing was checked in this run: it tells how fast the server was, not whether it was right.")
        }
        let rows = Oracle.Kind.allCases.map { kind -> [Markup] in
            let words = StageWords.kind(kind).split(separator: ":", maxSplits: 1).map(String.init)
            let meaning = words.count > 1 ? words[1] : ""
            return ["\(kind.rawValue)", "\(Words.count(oracle.counts[kind] ?? 0))", "\(meaning)"]
        }
        let classes = Oracle.Kind.allCases.map { (oracle.counts[$0] ?? 0) > 0 ? "bad" : "" }
        let shown = oracle.findings.prefix(Self.maxFindings)
        let more = oracle.broken - shown.count
        let rest: Markup = more > 0 ? "<p>\(Words.many(more, "finding is", "findings are")) not shown here.</p>\n" : ""
        return """
            <p>\(Words.many(oracle.checks, "thing was", "things were")) checked; each count must be 0.</p>
            \(ReportPage.table("Broken promises by kind", ["kind", "count", "which means"], rows, words: [2], classes: classes))\
            \(shown.map(Self.finding))\(rest)
            """
    }

    private static func finding(_ finding: RunResults.Finding) -> Markup {
        let entries = finding.journal.map { entry -> [Markup] in
            ["\(Words.count(Int(entry.offset)))", "\(entry.name)"]
        }
        let journal: Markup =
            entries.isEmpty
            ? ""
            : ReportPage.table(
                "The journal of \(finding.session) around it", ["offset", "journal entry"], entries, words: [1])
        return """
            <article><h3><span>\(finding.kind.rawValue)</span> in <code>\(finding.session)</code></h3>
            <p>\(finding.detail)</p>\(journal)</article>

            """
    }

    private var machine: Markup {
        let known = [
            ("processor", "Processor"), ("cores", "Cores"), ("memoryMiB", "Memory"), ("kernel", "Kernel"),
            ("loadAverage", "Load average before the run"),
        ]
        var facts: [(String, Markup)] = []
        for (name, title) in known {
            guard let value = results.machine[name] else { continue }
            facts.append((title, "\(Self.words(value, isMemory: name == "memoryMiB"))"))
        }
        for member in results.machine.members where !known.contains(where: { $0.0 == member.name }) {
            facts.append((member.name, "\(Self.words(member.value, isMemory: false))"))
        }
        return facts.isEmpty ? Self.empty("The machine was not described.") : ReportPage.facts(facts)
    }

    private static func words(_ value: JSONValue, isMemory: Bool) -> String {
        if let text = value.string { return text }
        if let number = value.double { return isMemory ? Words.bytes(number * 1_048_576) : Words.number(number) }
        if let items = value.array { return items.map { words($0, isMemory: false) }.joined(separator: ", ") }
        return value.text
    }

    private static func empty(_ text: String) -> Markup { "<p class=\"empty\">\(text)</p>\n" }
}

extension Markup {
    static func + (left: Markup, right: Markup) -> Markup { "\(left)\(right)" }
}
