import JSON
import Testing

@testable import LoadHarness

@Suite("Markup")
struct MarkupTests {
    @Test("Text that is filled in is escaped, whatever it is; markup is not escaped again")
    func escaping() {
        let text = "<b onclick=\"x\">it's & so on\u{0}\u{1B}\u{202E}</b>"
        let inner: Markup = "<i>\(text)</i>"
        let whole: Markup = "<p title=\"\(text)\">\(inner)</p>"
        let escaped =
            "&lt;b onclick=&quot;x&quot;&gt;it&#39;s &amp; so on\u{FFFD}\u{FFFD}\u{FFFD}&lt;/b&gt;"
        #expect(whole.html == "<p title=\"\(escaped)\"><i>\(escaped)</i></p>")
    }

    @Test(
        "A command is quoted as a POSIX shell takes it",
        arguments: [
            ("--duration=30s", "--duration=30s"), ("", "''"), ("a b", "'a b'"), ("it's", "'it'\\''s'"),
            ("$(x)", "'$(x)'"), ("wss://sala.example", "wss://sala.example"),
        ])
    func quoting(word: String, quoted: String) { #expect(ReportPage.quoted(word) == quoted) }
}

@Suite("The page of a run")
struct HTMLReportTests {
    private static let sections = [
        "verdict", "figures", "run", "events", "throughput", "latency", "percentiles", "limits", "connections",
        "server", "generator", "errors", "oracle", "machine",
    ]

    @Test("The verdict comes first, then everything else")
    func sections() {
        let html = HTMLReport(SampleRun.results()).html
        var rest = html[...]
        for section in Self.sections {
            let found = rest.firstRange(of: "id=\"\(section)\"")
            #expect(found != nil, "\(section) is missing or too early")
            if let found { rest = rest[found.upperBound...] }
        }
    }

    @Test("Nothing that a document says can become markup")
    func hostileDocument() throws {
        let evil = "<script>alert('x')</script>\"><img src=x onerror=y>&"
        var results = SampleRun.results()
        results.scenario = [
            "name": .string(evil), "title": .string(evil),
            "groups": [["name": .string(evil), "behaviour": .string(evil), "connect": ["shape": .string(evil)]]],
        ]
        results.startedAt = evil
        results.target = evil
        results.command = [evil]
        results.machine = [evil: .string(evil), "processor": .string(evil)]
        results.server.version = evil
        results.generator.isBottleneck = true
        results.generator.why = [evil]
        results.stages[evil] = results.stages["message.ok"]
        results.errors[evil] = 1
        results.totals[evil] = 1
        results.figures[evil] = 1
        results.events = [RunResults.Event(at: 3, what: evil)]
        results.failures = [evil]
        results.limits = [RunResults.Limit(stage: evil, percentile: evil, limit: 1, measured: 2)]
        let entry = RunResults.Finding.Entry(offset: 1, name: evil)
        let finding = RunResults.Finding(kind: .lost, session: evil, detail: evil, journal: [entry])
        results.oracle = RunResults.Audit(checks: 1, counts: [.lost: 1], findings: [finding])
        let comparison = Comparison(results, results, tolerance: 0.1)
        for html in [HTMLReport(results).html, comparison.html] {
            for part in ["<script", "<img", "onerror=y>", "alert('x')"] {
                #expect(!html.contains(part), "\(part) is in the page")
            }
            #expect(html.contains("&lt;script&gt;"))
        }
    }

    @Test("The page asks for nothing and runs nothing")
    func selfContained() {
        let html = HTMLReport(SampleRun.results()).html
        #expect(html.contains("content=\"default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;;"))
        for part in ["<script", "http://", "https://", "url(", "@import", "javascript:"] {
            #expect(!html.contains(part), "\(part)")
        }
    }

    @Test("A run in which nothing was measured says so, and draws nothing")
    func empty() {
        var results = SampleRun.empty()
        results.machine = [:]
        let html = HTMLReport(results).html
        for sentence in [
            "no fault was part of this run", "No latency was measured.", "The scenario sets no limits.",
            "process was not known", "Nothing was checked in this run", "The machine was not described.",
            "Nothing was checked, so that this run says nothing about correctness.", "No client met an error.",
        ] {
            #expect(html.contains(sentence), "\(sentence)")
        }
        #expect(!html.contains("role=\"img\""))
    }

    @Test("The verdict says what failed, and what takes from its worth")
    func verdict() {
        var results = SampleRun.results()
        results.oracle = RunResults.Audit(checks: 9000)
        let passed = Verdict(results)
        #expect(passed.tone == "good" && passed.warnings.isEmpty)
        #expect(
            passed.sentences == [
                "For 30 s there were up to 200 connections; 3,000 sent and 3,000 acknowledged.",
                "In 9,000 checks nothing was lost, duplicated, out of order, stale, stuck or out of balance.",
                "Clients met 1 error; see below which.",
            ])
        results.generator.isBottleneck = true
        #expect(Verdict(results).tone == "warn" && Verdict(results).warnings.count == 1)
        results.judge(["message.ok": ["p99": 1]])
        #expect(Verdict(results).tone == "bad")
        #expect(Verdict(results).markup.html.contains("message.ok p99 was "))
    }

    @Test("Every plot has a name that tells its figures")
    func plotNames() {
        let plots = ReportPlots(SampleRun.results())
        #expect(plots.serverCPU.description == "Server CPU: server 0.4.")
        #expect(plots.connections.description == "Open connections: open connections from 100 to 200.")
        #expect(plots.latencies.map(\.title) == ["message.ok", "message.event"])
        #expect(plots.latencies[0].description.hasPrefix("message.ok: p99 "))
    }

    @Test("A page for results that are elsewhere lies beside them")
    func paths() {
        #expect(ReportCommand.pagePath(besides: "runs/chat.json") == "runs/chat.html")
        #expect(ReportCommand.pagePath(besides: "chat") == "chat.html")
    }
}

@Suite("Plots")
struct PlotTests {
    private static func path(_ points: [Plot.Point]) -> String {
        let line = Plot.Line(name: "a", label: "A", points: points)
        return Plot(title: "t", x: .time(10), y: .linear("u", upTo: 10), lines: [line]).markup.html
    }

    @Test("A gap is a gap, and a value between two gaps is a dot")
    func gaps() {
        let html = Self.path([(0, 0), (1, 5), (2, nil), (3, 10), (4, nil), (5, 5), (6, 5)])
        #expect(html.contains("d=\"M0 1000L100 500M300 0M500 500L600 500\""))
        #expect(html.contains("dot\" d=\"M300 0h1\""))
    }

    @Test("What is not a number, and what is off the axis, breaks nothing")
    func outside() {
        let html = Self.path([(0, .nan), (1, 5), (20, 5), (2, .infinity), (-5, 20)])
        #expect(html.contains("M100 500L1000 500M0 0"))
        #expect(!html.contains("nan") && !html.contains("inf"))
    }

    @Test("Events that are near each other share a number, and each has its line")
    func marks() {
        var plot = Plot(
            title: "t", x: .time(100), y: .linear("u", upTo: 1),
            lines: [Plot.Line(name: "a", label: "A", points: [(0, 1)])])
        plot.marks = [.init(at: 10, number: 1), .init(at: 50, number: 2), .init(at: 54, number: 3)]
        let html = plot.markup.html
        #expect(html.contains("M100 0V1000M500 0V1000M540 0V1000"))
        #expect(html.contains("left:10%\">1<") && html.contains("left:52%\">2–3<"))
    }

    @Test("Labels at the ends of lines stand around their middle, apart from each other and inside the plot")
    func labels() {
        #expect(Plot.apart([0.1, 0.5, 0.9]) == [0.1, 0.5, 0.9])
        for crowd in [[0.5, 0.5, 0.5], [0, 0, 0.01], [0.97, 1, 1], [0.86, 0.95, 1]] {
            let placed = Plot.apart(crowd)
            #expect(placed.count == crowd.count && placed.allSatisfy { $0 >= -1e-9 && $0 <= 1 + 1e-9 })
            #expect(zip(placed, placed.dropFirst()).allSatisfy { $1 - $0 > 0.0749 })
        }
        #expect(Plot.apart([0.5, 0.5, 0.5])[1] == 0.5)
    }

    @Test("The percentile curve ends where its values end")
    func curveEnd() throws {
        var histogram = Histogram()
        for value in 1...100 { histogram.record(.milliseconds(value)) }
        let points = ReportPlots.curve(histogram, .percentiles(ofAtMost: 100_000))
        let end = try #require(points.last)
        #expect(end.x == 0.99 && end.y == 100 && points.first?.y == 1)
    }

    @Test("A moment as people read it")
    func moments() {
        #expect(StageWords.moment("2026-03-01T12:00:00Z") == "2026-03-01 12:00:00 UTC")
        #expect(StageWords.moment("2026-03-01T19:00:00.759+07:00") == "2026-03-01 19:00:00 +07:00")
        #expect(StageWords.moment("Tuesday") == "Tuesday")
    }

    @Test("Thousands of seconds become hundreds of points; a peak is kept where it counts")
    func thinning() throws {
        let points: [Plot.Point] = (0..<3600).map { (Double($0), $0 == 1777 ? 1000.0 : 1) }
        let peaks = Plot.thinned(points, keepingPeaks: true)
        let means = Plot.thinned(points, keepingPeaks: false)
        #expect(peaks.count <= Plot.maxPoints && peaks.compactMap(\.y).max() == 1000)
        let mean = try #require(means.compactMap(\.y).max())
        #expect(mean > 100 && mean < 200)
        #expect(Plot.thinned(Array(points.prefix(Plot.maxPoints)), keepingPeaks: false).count == Plot.maxPoints)
    }
}

@Suite("Axes")
struct AxisTests {
    private static func labels(_ axis: Axis) -> [String] { axis.ticks.map(\.label) }

    @Test("From 0 to a round number, in round steps")
    func linear() {
        #expect(Self.labels(.linear("", upTo: 1278)) == ["0", "500", "1,000", "1,500"])
        #expect(Self.labels(.linear("", upTo: 0.97)) == ["0", "0.2", "0.4", "0.6", "0.8", "1"])
        #expect(Self.labels(.linear("", upTo: 0)) == ["0", "0.2", "0.4", "0.6", "0.8", "1"])
        #expect(Axis.linear("", upTo: 1278).position(750) == 0.5)
    }

    @Test("Logarithmic only where small values could not be seen otherwise")
    func fitting() {
        #expect(Self.labels(.fitting("", [1, 29])) == ["0", "10", "20", "30"])
        let wide = Axis.fitting("ms", [2.3, 110])
        #expect(Self.labels(wide) == ["2", "5", "10", "20", "50", "100", "200"])
        #expect(wide.position(200) == 1 && wide.position(0) == 0 && wide.title == "ms, log scale")
        #expect(Self.labels(.fitting("", [0.001, 1000])) == ["0.001", "0.01", "0.1", "1", "10", "100", "1,000"])
    }

    @Test("Time in seconds, minutes and hours, with room for its labels")
    func time() {
        #expect(Self.labels(.time(60)) == ["0", "10", "20", "30", "40", "50", "60"])
        #expect(Self.labels(.time(600)) == ["0:00", "2:00", "4:00", "6:00", "8:00", "10:00"])
        #expect(Self.labels(.time(3600)).last == "1:00" && Axis.time(3600).title == "hours:minutes")
        for length in [0.5, 3, 7, 31, 61, 200, 3599, 7200, 100_000] { #expect(Axis.time(length).ticks.count <= 7) }
    }

    @Test("Percentiles: as much room for each nine, as many as there are values for")
    func percentiles() throws {
        let axis = Axis.percentiles(ofAtMost: 100_000)
        #expect(Self.labels(axis) == ["50", "90", "99", "99.9", "99.99", "99.999"])
        let (one, two) = (try #require(axis.position(0.9)), try #require(axis.position(0.99)))
        #expect(abs(two - 2 * one) < 1e-9 && axis.position(1) == 1)
        #expect(Self.labels(.percentiles(ofAtMost: 100)) == ["0", "50", "90", "99"])
    }
}
