import JSON
import Primitives
import Testing

@testable import LoadHarness

@Suite("Two runs compared")
struct ComparisonTests {
    private static func judgement(_ comparison: Comparison, _ group: String, _ name: String) -> Comparison.Judgement? {
        comparison.rows.first { $0.group == group && $0.name == name }?.judgement
    }

    @Test("A run compared with itself is the same, whatever is tolerated")
    func same() {
        let run = SampleRun.results()
        let comparison = Comparison(run, run, tolerance: 0)
        #expect(comparison.hasPassed && comparison.rows.count > 6)
        #expect(comparison.rows.allSatisfy { $0.judgement != .worse && $0.judgement != .better })
    }

    @Test("Slower is worse beyond the tolerance, the same within it, and better the other way round")
    func latency() throws {
        let (fast, slow) = (SampleRun.results(), SampleRun.results(latency: 1.3))
        let strict = Comparison(fast, slow, tolerance: 0.1)
        #expect(Self.judgement(strict, "message.ok", "p99") == .worse && !strict.hasPassed)
        let row = try #require(strict.rows.first { $0.group == "message.ok" && $0.name == "p50" })
        #expect(abs((row.ratio ?? 0) - 1.3) < 0.04)
        #expect(Comparison(fast, slow, tolerance: 0.5).hasPassed)
        #expect(Self.judgement(Comparison(slow, fast, tolerance: 0.1), "message.ok", "p99") == .better)
    }

    @Test("Less delivered is worse, more is not; what was sent says what was asked")
    func throughput() {
        var (a, b) = (SampleRun.results(), SampleRun.results())
        b.totals["delivered"] = (a.totals["delivered"] ?? 0) * 8 / 10
        #expect(Self.judgement(Comparison(a, b, tolerance: 0.1), "throughput", "delivered") == .worse)
        #expect(Self.judgement(Comparison(b, a, tolerance: 0.1), "throughput", "delivered") == .better)
        a.totals["sent"] = 1
        #expect(
            Self.judgement(Comparison(a, b, tolerance: 0.1), "throughput", "sent") == .notJudged("as asked"))
        // What the run itself worked out goes before the total, which has the warming up, too.
        b.figures["delivered/s"] = 1e6
        #expect(Self.judgement(Comparison(a, b, tolerance: 0.1), "throughput", "delivered") == .better)
    }

    @Test("More processor time, memory, errors and broken promises are worse; noise is not")
    func costs() {
        let a = SampleRun.results()
        var b = a
        b.series = RunSeries()
        for second in 1...3 {
            b.series.append(Double(second), ["serverCPU": 0.5, "serverMemory": 150], [:])
        }
        b.errors["HTTP 503"] = 9
        b.oracle.counts[.lost] = 1
        let comparison = Comparison(a, b, tolerance: 0.1)
        for (group, name) in [
            ("server", "mean CPU"), ("server", "peak memory"), ("clients", "errors"), ("oracle", "broken promises"),
        ] {
            #expect(Self.judgement(comparison, group, name) == .worse, "\(name)")
        }
        var idle = a
        idle.series = RunSeries()
        idle.series.append(1, ["serverCPU": 0.001, "serverMemory": 120], [:])
        var busier = idle
        busier.series = RunSeries()
        busier.series.append(1, ["serverCPU": 0.015, "serverMemory": 123.5], [:])
        #expect(Comparison(idle, busier, tolerance: 0).worse.isEmpty)
    }

    @Test("A tenth of a millisecond is no difference, and a percentile of few values is chance")
    func noise() {
        func run(_ microseconds: Int, count: Int) -> RunResults {
            var results = SampleRun.empty()
            var histogram = Histogram()
            for _ in 0..<count { histogram.record(.microseconds(microseconds)) }
            results.stages["request"] = histogram
            return results
        }
        #expect(
            Self.judgement(Comparison(run(50, count: 600), run(140, count: 600), tolerance: 0), "request", "p99")
                == .same)
        let few = Comparison(run(1000, count: 100), run(9000, count: 600), tolerance: 0.1)
        #expect(Self.judgement(few, "request", "p99") == .notJudged("too few"))
        #expect(Self.judgement(few, "request", "p95") == .worse)
        let alone = Comparison(SampleRun.empty(), run(9000, count: 600), tolerance: 0.1)
        #expect(Self.judgement(alone, "request", "p50") == .notJudged("only in B"))
    }

    @Test("A run that has failed is not good enough, however fast")
    func failed() {
        let a = SampleRun.results()
        var b = SampleRun.results(latency: 0.5)
        b.failures = ["1 lost; none may be."]
        let comparison = Comparison(a, b, tolerance: 0.1)
        #expect(comparison.worse.isEmpty && !comparison.hasPassed)
        #expect(comparison.conclusion == "B has failed: 1 lost; none may be.")
        #expect(Comparison(b, a, tolerance: 9).warnings == ["A has failed: 1 lost; none may be."])
    }

    @Test("Another machine is warned about")
    func machines() {
        let a = SampleRun.results()
        var b = a
        b.machine["loadAverage"] = [1, 2, 3]
        #expect(Comparison(a, b, tolerance: 0.1).warnings.isEmpty)
        b.machine["cores"] = 64
        let warnings = Comparison(a, b, tolerance: 0.1).warnings
        #expect(warnings.count == 1 && warnings[0].contains("different machines (cores)"))
    }

    @Test("Scenarios that ask for something else are different; limits and titles ask for nothing")
    func differences() {
        let a = SampleRun.results()
        var b = a
        b.scenario = [
            "name": "chat", "title": "Another title", "seconds": .double(30), "limits": [:],
            "groups": [["name": "people", "behaviour": "chat", "connections": 200]],
        ]
        #expect(Comparison.differences(a, b) == [])
        b.scenario = [
            "name": "chat", "seconds": 60,
            "groups": [["name": "people", "behaviour": "chat", "connections": 400], ["name": "others"]],
        ]
        #expect(
            Comparison.differences(a, b) == [
                "/seconds is 30 in A and 60 in B", "/groups/0/connections is 200 in A and 400 in B",
                "/groups/1 is absent in A and {\"name\":\"others\"} in B",
            ])
    }

    @Test("A table of eighty columns")
    func text() {
        let text = Comparison(SampleRun.results(), SampleRun.results(latency: 1.3), tolerance: 0.1).text
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.contains("message.ok p99                      30.2 ms      39.4 ms    1.31  WORSE"), "\(text)")
        #expect(lines.contains("throughput acknowledged               100/s        100/s    1.00"))
        #expect(lines.dropLast().allSatisfy { $0.count <= 80 })
    }

    @Test("A tolerance is a percentage", arguments: [("10%", 0.1), ("2.5%", 0.025), ("0%", 0), ("1000%", 10)])
    func tolerances(text: String, share: Double) throws { #expect(try CompareCommand.share(text) == share) }

    @Test("Anything else is not", arguments: ["", "%", "10", "0.1", "-1%", "1001%", "ten%", "1e3%", "inf%", "+1%"])
    func wrongTolerances(text: String) { #expect(throws: LoadFailure.self) { try CompareCommand.share(text) } }
}
