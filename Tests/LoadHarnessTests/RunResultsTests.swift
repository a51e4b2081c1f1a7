import JSON
import Primitives
import Testing

@testable import LoadHarness

@Suite("Results of a run")
struct RunResultsTests {
    @Test("What was written is read back, every member of it")
    func roundTrip() throws {
        var results = SampleRun.results()
        results.generator = RunResults.Generator(
            processes: 2, cpu: 0.25, lateness: results.stages["message.ok"] ?? Histogram(), isBottleneck: true,
            why: ["It was late."])
        results.events = [RunResults.Event(at: 10, what: "cut half of people")]
        results.figures = ["bytes a connection": 21_437.5]
        let finding = RunResults.Finding(
            kind: .lost, session: "conversation/c_1", detail: "offset 5 is missing",
            journal: [RunResults.Finding.Entry(offset: 5, name: "message.created")])
        results.oracle = RunResults.Audit(checks: 300, counts: [.lost: 1], findings: [finding])
        results.judge(["message.ok": ["p50": 100, "p99": 1], "resume": ["max": 5]])
        let text = results.json().bytes
        #expect(try RunResults(reading: JSONParser.parse(text), name: "a.json") == results)
    }

    @Test("A run in which nothing was measured is read back, too")
    func emptyRoundTrip() throws {
        let results = SampleRun.empty()
        #expect(try RunResults(reading: JSONParser.parse(results.json().bytes), name: "a.json") == results)
        #expect(results.json()["stages"] == .object([:]) && results.json()["verdict"] == "passed")
    }

    @Test("A limit that is passed, a stage that never was, and a broken promise each fail the run")
    func judging() {
        var results = SampleRun.results()
        results.oracle = RunResults.Audit(checks: 10, counts: [.stuck: 2])
        results.judge(["message.ok": ["p50": 1, "p99": 1000], "resume": ["p99": 50]])
        #expect(results.limits.map(\.stage) == ["resume", "message.ok", "message.ok"])
        #expect(results.limits.map(\.isMet) == [false, false, true])
        #expect(
            results.failures == [
                "resume p99 was never measured; the scenario allows 50 ms.",
                "message.ok p50 was 3.04 ms; the scenario allows 1 ms.", "2 stuck; none may be.",
            ])
        #expect(!results.hasPassed && results.json()["verdict"] == "failed")
    }

    @Test("Two processes' results become those of one process that did all of it")
    func merging() throws {
        let recorders = [Recorder(), Recorder(), Recorder()]
        let whole = recorders[2]
        var parts = [SampleRun.empty(), SampleRun.empty()]
        var expected = SampleRun.empty()
        for second in 1...5 {
            for (index, recorder) in recorders.prefix(2).enumerated() {
                for value in 1...(20 * second + index) {
                    let latency = Duration.microseconds(value * value * (index + 1))
                    for each in [recorder, whole] {
                        each.count("sent")
                        each.record("message.ok", latency)
                    }
                }
                // Only the first process sees this stage, and only in some seconds.
                if index == 0, second % 2 == 0 {
                    for each in [recorder, whole] { each.record("resume", .milliseconds(second)) }
                }
                for each in [recorder, whole] { each.error("closed 4503") }
                parts[index].series.append(
                    recorder.takeInterval(), endedAt: Double(second),
                    gauges: ["connections": 10, "lateness": Double(index)], isPart: true)
            }
            expected.series.append(
                whole.takeInterval(), endedAt: Double(second), gauges: ["connections": 20, "lateness": 1])
        }
        for index in 0...1 {
            parts[index].stages = recorders[index].latencies
            parts[index].totals = recorders[index].totals
            parts[index].errors = recorders[index].errors
        }
        expected.stages = whole.latencies
        expected.totals = whole.totals
        expected.errors = whole.errors
        expected.generator.processes = 2

        // Through their files, as processes do.
        let read = try parts.map { part in
            try RunResults(reading: JSONParser.parse(part.json(isPart: true).bytes), name: "part")
        }
        var merged = try #require(try RunResults.merging(read))
        #expect(merged.stages == expected.stages)
        #expect(merged.totals == expected.totals && merged.errors == expected.errors)
        merged.series = merged.series.withoutBuckets
        #expect(merged.series.columns == expected.series.columns)
        for (name, points) in expected.series.stages {
            let ours = try #require(merged.series.stages[name])
            for (one, other) in zip(ours, points) {
                #expect((one.p50 == nil) == (other.p50 == nil) && (one.p99 == nil) == (other.p99 == nil), "\(name)")
                // A percentile from buckets is their upper end; one from all values is never above the greatest.
                for (ours, exact) in [(one.p50 ?? 0, other.p50 ?? 0), (one.p99 ?? 0, other.p99 ?? 0)] {
                    #expect(ours >= exact && ours <= exact * 1.016 + 0.001, "\(name)")
                }
            }
            #expect(ours.count == points.count)
        }
    }

    @Test("Finished documents, whose buckets are gone, are not merged to wrong percentiles")
    func mergingWithoutBuckets() throws {
        #expect(throws: LoadFailure.self) { try RunResults.merging([SampleRun.results(), SampleRun.results()]) }
    }

    @Test("Findings of many processes are bounded, their counts are not")
    func mergingFindings() throws {
        var one = SampleRun.empty()
        let finding = RunResults.Finding(kind: .lost, session: "s", detail: "d", journal: [])
        one.oracle = RunResults.Audit(
            checks: 5, counts: [.lost: 40], findings: [RunResults.Finding](repeating: finding, count: 40))
        let merged = try #require(try RunResults.merging([one, one, one]))
        #expect(merged.oracle.checks == 15 && merged.oracle.counts == [.lost: 120])
        #expect(merged.oracle.findings.count == Oracle.maxFindings)
    }

    struct Refusal {
        let member: String
        let value: JSONValue
        let pointer: String
    }

    static let refusals = [
        Refusal(member: "format", value: "other/1", pointer: "/format"),
        Refusal(member: "seconds", value: "30", pointer: "/seconds"),
        Refusal(
            member: "stages", value: ["connect": ["bucketsMicroseconds": [[129, 1]]]],
            pointer: "/stages/connect/bucketsMicroseconds/0"),
        Refusal(
            member: "stages", value: ["connect": ["bucketsMicroseconds": [[-1, 1]]]],
            pointer: "/stages/connect/bucketsMicroseconds/0/0"),
        Refusal(
            member: "stages",
            value: [
                "connect": ["bucketsMicroseconds": [[5, 1]], "min": 0.006, "max": 0.005, "sumMicroseconds": 5]
            ],
            pointer: "/stages/connect"),
        Refusal(member: "totals", value: ["sent": 1.5], pointer: "/totals/sent"),
        Refusal(member: "failures", value: [1], pointer: "/failures/0"),
        Refusal(
            member: "series", value: ["interval": 1, "seconds": [1, 1], "columns": [:], "stages": [:]],
            pointer: "/series/seconds/1"),
        Refusal(
            member: "series", value: ["interval": 1, "seconds": [1], "columns": ["sent": []], "stages": [:]],
            pointer: "/series/columns/sent"),
    ]

    @Test("A document that is not ours is refused, with the place", arguments: refusals.indices)
    func refusing(index: Int) throws {
        let refusal = Self.refusals[index]
        var document = try #require(SampleRun.results().json().object)
        document[refusal.member] = refusal.value
        let failure = #expect(throws: LoadFailure.self) {
            try RunResults(reading: .object(document), name: "a.json")
        }
        #expect(failure?.text.hasPrefix("a.json: \(refusal.pointer) ") == true, "\(failure?.text ?? "none")")
        document[refusal.member] = nil
        #expect(throws: LoadFailure.self) { try RunResults(reading: .object(document), name: "a.json") }
    }
}

@Suite("Numbers for people")
struct WordsTests {
    @Test(
        "Three digits that mean something, thousands apart",
        arguments: [
            (0, "0"), (0.0421, "0.042"), (0.1, "0.1"), (3.14159, "3.14"), (9.999, "10"), (12.46, "12.5"),
            (99.96, "100"), (128.4, "128"), (1234.5, "1,235"), (1_234_567, "1,234,567"), (-1234, "-1,234"),
            (.infinity, "inf"),
        ])
    func numbers(value: Double, text: String) { #expect(Words.number(value) == text) }

    @Test("Units that people know")
    func units() {
        #expect(Words.milliseconds(0.25) == "0.25 ms" && Words.milliseconds(12_500) == "12.5 s")
        #expect(Words.bytes(640 * 1024) == "640 KiB" && Words.bytes(1.5 * 1_073_741_824) == "1.5 GiB")
        #expect(Words.duration(seconds: 45) == "45 s" && Words.duration(seconds: 200) == "3 min 20 s")
        #expect(Words.duration(seconds: 3900) == "1 h 5 min" && Words.percent(0.125) == "12.5 %")
        #expect(Words.many(1, "check", "checks") == "1 check")
        #expect(Words.many(1200, "check", "checks") == "1,200 checks")
    }
}
