internal import JSON

extension Comparison {
    /// The same as a page, with both runs' plots over each other.
    var html: String {
        ReportPage.page(title: "\(a.name): two load tests compared", body).html
    }

    private var body: Markup {
        """
        <header><h1>Two runs of \(a.name) side by side</h1>
        <p class="sub">A is what was, B is what is: a ratio above 1 means that B's figure is greater.</p></header>
        \(verdict)
        \(ReportPage.section("figures", "All figures", table))
        \(ReportPage.section("throughput", "Throughput over time", "<div class=\"plots\">\(throughput.map(\.markup))</div>"))
        \(ReportPage.section("latency", "p99 over time", plots(latencies)))
        \(ReportPage.section("percentiles", "Latency by percentile", plots(percentiles)))
        \(ReportPage.section("server", "The server's CPU and memory", "<div class=\"plots\">\(server.map(\.markup))</div>"))
        \(ReportPage.section("runs", "The runs", runs))
        <footer>Differences that no run can show are no differences: \(Words.number(Self.minLatencyChange)) ms, \
        \(Words.number(Self.minCPUChange)) cores, \(Words.number(Self.minMemoryChange)) MiB. A percentile with fewer than \
        \(Words.number(Self.minValuesBeyond)) values beyond it is not judged.</footer>
        """
    }

    private var verdict: Markup {
        let tone = hasPassed ? warnings.isEmpty ? "good" : "warn" : "bad"
        let word = hasPassed ? "✓ Nothing became worse" : worse.isEmpty ? "✗ B has failed" : "✗ B is worse"
        let sentences = conclusion.split(separator: "\n").map { line -> Markup in
            "<p>\(String(line))</p>\n"
        }
        return """
            <div class="verdict \(tone)" id="verdict"><strong class="word">\(word)</strong>
            \(sentences)\(warnings.map { warning -> Markup in "<p><b>But:</b> \(warning)</p>\n" })</div>

            """
    }

    private var table: Markup {
        let cells = rows.map { row -> [Markup] in
            [
                "\(row.group) \(row.name)", "\(row.a.map(row.words) ?? "–")", "\(row.b.map(row.words) ?? "–")",
                "\(row.ratio.map { Words.fixed($0, 2) } ?? "–")", Self.mark(row.judgement),
            ]
        }
        return ReportPage.table(
            "Figures of both runs", ["figure", "A", "B", "B / A", ""], cells, words: [4],
            classes: rows.map { $0.judgement == .worse ? "bad" : "" })
    }

    private static func mark(_ judgement: Judgement) -> Markup {
        switch judgement {
        case .better: "<span class=\"good-word\">✓ better</span>"
        case .same: "same"
        case .worse: "<span class=\"bad-word\">✗ worse</span>"
        case .notJudged(let why): "<span class=\"sub\">\(why)</span>"
        }
    }

    private func plots(_ plots: [Plot]) -> Markup {
        plots.isEmpty
            ? "<p class=\"empty\">No latency was measured.</p>" : "<div class=\"plots\">\(plots.map(\.markup))</div>"
    }

    private var time: Axis {
        .time([a, b].map { max($0.seconds, $0.series.seconds.last ?? 0) }.max() ?? 1)
    }

    private var throughput: [Plot] {
        ["acknowledged", "delivered"].filter { name in
            [a, b].contains { ($0.series.maximum(name) ?? 0) > 0 }
        }.map { overTime($0.prefix(1).uppercased() + $0.dropFirst(), $0, "a second") }
    }

    private var server: [Plot] {
        [
            overTime("Server CPU", "serverCPU", "cores in use"),
            overTime("Server memory", "serverMemory", "MiB resident"),
        ]
    }

    private func overTime(_ title: String, _ column: String, _ unit: String) -> Plot {
        let lines = pair { run in
            Plot.thinned(
                zip(run.series.seconds, run.series.columns[column] ?? []).map { (x: $0, y: $1) }, keepingPeaks: false)
        }
        let greatest = lines.flatMap { $0.points.compactMap(\.y) }.max() ?? 0
        return Plot(title: title, x: time, y: .linear(unit, upTo: greatest), lines: lines)
    }

    private var stages: [String] {
        let both = RunResults.inOrder(Set(a.stages.keys).union(b.stages.keys), RunResults.stageOrder)
        return Array(both.prefix(ReportPlots.maxStages))
    }

    private var latencies: [Plot] {
        stages.map { stage in
            let lines = pair { run in
                Plot.thinned(
                    zip(run.series.seconds, run.series.stages[stage] ?? []).map { (x: $0, y: $1.p99) },
                    keepingPeaks: true)
            }
            return latency(stage, time, lines)
        }
    }

    private var percentiles: [Plot] {
        stages.map { stage in
            let count = [a, b].compactMap { $0.stages[stage]?.count }.max() ?? 0
            let axis = Axis.percentiles(ofAtMost: count)
            return latency(stage, axis, pair { ReportPlots.curve($0.stages[stage] ?? Histogram(), axis) })
        }
    }

    private func latency(_ stage: String, _ axis: Axis, _ lines: [Plot.Line]) -> Plot {
        Plot(
            title: stage, note: StageWords.meaning(stage), x: axis,
            y: .fitting("milliseconds", lines.flatMap { $0.points.compactMap(\.y) }), lines: lines,
            speak: Words.milliseconds)
    }

    private func pair(_ points: (RunResults) -> [Plot.Point]) -> [Plot.Line] {
        [Plot.Line(name: "A", label: "A", points: points(a)), Plot.Line(name: "B", label: "B", points: points(b))]
    }

    private var runs: Markup {
        let shown = [("A", a), ("B", b)].map { name, run -> Markup in
            let machine = ["processor", "cores", "memoryMiB", "kernel"].compactMap { fact in
                run.machine[fact].map { "\(fact) \($0.string ?? $0.text)" }
            }
            let facts: [(String, Markup)] = [
                ("Began", "\(StageWords.moment(run.startedAt))"),
                ("Measured", "\(Words.duration(seconds: run.seconds))"),
                ("Server", "\(run.target)"),
                ("Machine", "\(machine.joined(separator: ", "))"),
                ("Verdict", "\(run.hasPassed ? "passed" : "failed")"),
            ]
            return "<h3>\(name)</h3>\n\(ReportPage.command(run.command))\(ReportPage.facts(facts))<p></p>\n"
        }
        return "\(shown)"
    }
}
