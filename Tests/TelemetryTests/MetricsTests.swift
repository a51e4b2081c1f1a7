import Glibc
import Telemetry
import Testing

@Suite("Metrics in the Prometheus text format 0.0.4")
struct MetricsTests {
    private enum Outcome: String, MetricLabel {
        case done, failed
    }

    private func text(_ builder: MetricsBuilder) -> String {
        String(decoding: builder.registry().prometheusText(), as: UTF8.self)
    }

    @Test("Counters, gauges and observed gauges show their help, type and value")
    func plain() {
        var builder = MetricsBuilder()
        let sent = builder.counter(.sentPublications, help: "Publications sent.")
        let active = builder.upDownCounter(.connectionActive, help: "Connections now.", labels: ["tenant": "jeco"])
        builder.gauge("process.resident_memory", help: "Bytes.") { 1.5 }
        sent.increment()
        sent.increment(by: 41)
        sent.increment(by: -7)
        active.increment()
        active.add(5)
        active.decrement()
        let expected = """
            # HELP sala_sent_publications Publications sent.
            # TYPE sala_sent_publications counter
            sala_sent_publications 42
            # HELP sala_connection_active Connections now.
            # TYPE sala_connection_active gauge
            sala_connection_active{tenant="jeco"} 5
            # HELP sala_process_resident_memory Bytes.
            # TYPE sala_process_resident_memory gauge
            sala_process_resident_memory 1.5

            """
        #expect(text(builder) == expected)
        active.set(-3)
        #expect(text(builder).contains("sala_connection_active{tenant=\"jeco\"} -3\n"))
        #expect(
            builder.registry().names == ["sala.sent.publications", "sala.connection.active", "process.resident_memory"])
    }

    @Test("A duration histogram is cumulative, in seconds, with bounds inclusive")
    func durations() {
        var builder = MetricsBuilder()
        let histogram = builder.histogram(
            .effectDuration, help: "Effects.",
            buckets: .durations([.milliseconds(1), .milliseconds(250), .seconds(1)]),
            labels: ["gen_ai.provider.name": "openai"])
        histogram.record(.microseconds(1_000))
        histogram.record(.microseconds(1_001))
        histogram.record(.milliseconds(500))
        histogram.record(.seconds(3))
        histogram.record(.seconds(-3))
        let expected = """
            # HELP sala_effect_duration Effects.
            # TYPE sala_effect_duration histogram
            sala_effect_duration_bucket{gen_ai_provider_name="openai",le="0.001"} 2
            sala_effect_duration_bucket{gen_ai_provider_name="openai",le="0.25"} 3
            sala_effect_duration_bucket{gen_ai_provider_name="openai",le="1"} 4
            sala_effect_duration_bucket{gen_ai_provider_name="openai",le="+Inf"} 5
            sala_effect_duration_sum{gen_ai_provider_name="openai"} 3.502001
            sala_effect_duration_count{gen_ai_provider_name="openai"} 5

            """
        #expect(text(builder) == expected)
        #expect(histogram.count == 5)
    }

    @Test("A histogram of amounts keeps them as they are")
    func amounts() {
        var builder = MetricsBuilder()
        let histogram = builder.histogram(.genAIClientTokenUsage, help: "Tokens.", buckets: .counts([1, 100]))
        histogram.record(1)
        histogram.record(500)
        histogram.record(Int.max)
        #expect(text(builder).contains("sala_gen_ai_client_token_usage_bucket{le=\"1\"} 1\n"))
        #expect(text(builder).contains("sala_gen_ai_client_token_usage_bucket{le=\"+Inf\"} 3\n"))
        #expect(text(builder).contains("sala_gen_ai_client_token_usage_count 3\n"))
    }

    @Test("A set has one series a case, under one help and type")
    func sets() {
        var builder = MetricsBuilder()
        let slips = builder.counters(
            "sala.slip.checked", help: "Slips.", by: "sala.outcome", Outcome.self, labels: ["tenant": "company_a"])
        let times = builder.histograms(
            "sala.slip.duration", help: "Time.", buckets: .latency, by: "error.type", Outcome.self)
        slips[.failed].increment()
        times[.done].record(.milliseconds(3))
        let lines = text(builder).split(separator: "\n")
        #expect(lines.contains("sala_slip_checked{tenant=\"company_a\",sala_outcome=\"done\"} 0"))
        #expect(lines.contains("sala_slip_checked{tenant=\"company_a\",sala_outcome=\"failed\"} 1"))
        #expect(lines.contains("sala_slip_duration_count{error_type=\"done\"} 1"))
        #expect(lines.contains("sala_slip_duration_bucket{error_type=\"done\",le=\"0.005\"} 1"))
        #expect(lines.contains("sala_slip_duration_bucket{error_type=\"done\",le=\"0.0025\"} 0"))
        #expect(lines.filter { $0.hasPrefix("# TYPE") }.count == 2)
    }

    @Test("Help and label values are escaped, and odd numbers written as the format demands")
    func escaping() {
        var builder = MetricsBuilder()
        _ = builder.counter("a.b", help: "back\\slash \"q\"\nnext", labels: ["l": "back\\slash \"q\"\nnext"])
        builder.gauge("nan", help: "h") { .nan }
        builder.gauge("infinite", help: "h") { -.infinity }
        builder.gauge("large", help: "h") { 1e300 }
        #expect(text(builder).contains("# HELP sala_a_b back\\\\slash \"q\"\\nnext\n"))
        #expect(text(builder).contains("sala_a_b{l=\"back\\\\slash \\\"q\\\"\\nnext\"} 0\n"))
        #expect(text(builder).contains("sala_nan NaN\n"))
        #expect(text(builder).contains("sala_infinite -Inf\n"))
        #expect(text(builder).contains("sala_large 1e+300\n"))
    }

    @Test("The ready-made buckets rise and are shown in seconds")
    func readyMade() {
        var builder = MetricsBuilder()
        for (index, buckets) in [HistogramBuckets.latency, .provider, .lifetime, .sizes].enumerated() {
            _ = builder.histogram("h", help: "h", buckets: buckets, labels: ["i": "\(index)"])
        }
        let first = text(builder).split(separator: "\n").filter { $0.contains("_bucket{i=\"0\"") }
            .compactMap { $0.split(separator: "le=\"").last?.prefix { $0 != "\"" } }
        #expect(
            first.map(String.init) == [
                "0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25",
                "0.5", "1", "2.5", "10", "+Inf",
            ])
    }

    @Test("Updates from several threads are all counted")
    func threads() {
        var builder = MetricsBuilder()
        let work = Work(
            counter: builder.counter("c", help: "h"), gauge: builder.upDownCounter("g", help: "h"),
            histogram: builder.histogram("h", help: "h", buckets: .latency))
        var threads = [pthread_t](repeating: 0, count: 4)
        for index in threads.indices {
            pthread_create(
                &threads[index], nil,
                { argument in
                    guard let argument else { return nil }
                    let work = Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue()
                    for _ in 0..<10_000 {
                        work.counter.increment()
                        work.gauge.add(2)
                        work.gauge.decrement()
                        work.histogram.record(.milliseconds(1))
                    }
                    return nil
                }, Unmanaged.passUnretained(work).toOpaque())
        }
        for thread in threads { pthread_join(thread, nil) }
        #expect(work.counter.value == 40_000)
        #expect(work.gauge.value == 40_000)
        #expect(work.histogram.count == 40_000)
    }

    private final class Work: Sendable {
        let counter: Counter
        let gauge: UpDownCounter
        let histogram: Histogram
        init(counter: Counter, gauge: UpDownCounter, histogram: Histogram) {
            self.counter = counter
            self.gauge = gauge
            self.histogram = histogram
        }
    }
}
