/// The plots of a run, from its results.
struct ReportPlots {
    /// Stages with plots of their own; the tables have all.
    static let maxStages = 12
    /// Lines that one plot can tell apart.
    static let maxLines = 6

    let results: RunResults
    private let time: Axis
    private let marks: [Plot.Mark]

    init(_ results: RunResults) {
        self.results = results
        let length = max(results.seconds, results.series.seconds.last ?? 0)
        time = .time(length)
        marks = results.events.enumerated().filter { (0...length).contains($0.element.at) }
            .map { Plot.Mark(at: $0.element.at, number: $0.offset + 1) }
    }

    var throughput: Plot {
        let names = RunSeries.rates.filter { $0 != "errors" && !(results.series.measured($0).allSatisfy { $0 == 0 }) }
        let lines = names.enumerated().map { line($0.element, label: Self.letter($0.offset)) }
        return Plot(
            title: "Throughput", note: note("what was sent, acknowledged and delivered to subscribers"), x: time,
            y: .linear("a second", upTo: Self.greatest(lines)), lines: lines, marks: marks)
    }

    var errors: Plot {
        let lines = results.errors.isEmpty ? [] : [line("errors", label: "errors")]
        return Plot(
            title: "Errors over time", x: time, y: .linear("a second", upTo: Self.greatest(lines)), lines: lines,
            marks: marks)
    }

    /// One a stage, since percentiles of many stages in one drawing could not be told apart.
    var latencies: [Plot] {
        shownStages.map { stage in
            let points = results.series.stages[stage] ?? []
            func line(_ name: String, _ value: (RunSeries.StagePoint) -> Double?) -> Plot.Line {
                let all = zip(results.series.seconds, points).map { (x: $0, y: value($1)) }
                return Plot.Line(
                    name: name, label: name, points: Plot.thinned(all, keepingPeaks: name == "p99"))
            }
            let lines = [line("p99") { $0.p99 }, line("p50") { $0.p50 }]
            let values = lines.flatMap { $0.points.compactMap(\.y) }
            let limit = results.limits.first { $0.stage == stage && $0.percentile == "p99" }?.limit
            // A limit far away would press the lines flat; the table has it.
            let isNear = limit.map { $0 <= (values.max() ?? 0) * 3 } ?? false
            return Plot(
                title: stage, note: StageWords.meaning(stage), x: time,
                y: .fitting("milliseconds", values + (isNear ? [limit ?? 0] : [])), lines: lines, marks: marks,
                limit: isNear ? limit : nil, speak: Words.milliseconds)
        }
    }

    /// All values of each stage, at most `maxLines` stages a plot.
    var percentiles: [Plot] {
        stride(from: 0, to: shownStages.count, by: Self.maxLines).map { start in
            let stages = shownStages[start..<min(start + Self.maxLines, shownStages.count)]
            let count = stages.compactMap { results.stages[$0]?.count }.max() ?? 0
            let axis = Axis.percentiles(ofAtMost: count)
            let lines = stages.enumerated().map { index, stage in
                Plot.Line(
                    name: stage, label: Self.letter(index),
                    points: Self.curve(results.stages[stage] ?? Histogram(), axis))
            }
            return Plot(
                title: "Latency by percentile",
                note: "Read upwards from 99: one in a hundred was slower than the line's height.", x: axis,
                y: .fitting("milliseconds", lines.flatMap { $0.points.compactMap(\.y) }), lines: lines,
                speak: Words.milliseconds)
        }
    }

    var connections: Plot { gauge("Open connections", ["connections"], "connections") }
    var serverCPU: Plot { gauge("Server CPU", ["serverCPU"], "cores in use") }
    var serverMemory: Plot { gauge("Server memory", ["serverMemory"], "MiB resident") }
    var generatorCPU: Plot { gauge("Generator CPU", ["generatorCPU"], "cores in use") }
    var lateness: Plot { gauge("Generator's lateness", ["lateness"], "p99 in milliseconds") }

    var shownStages: [String] {
        Array(results.stageNames.filter { results.stages[$0]?.count ?? 0 > 0 }.prefix(Self.maxStages))
    }

    /// A, B, C…: names a line without its colour.
    static func letter(_ index: Int) -> String {
        String(UnicodeScalar(UInt8(ascii: "A") + UInt8(clamping: min(index, 25))))
    }

    /// As many points as the eye can see.
    static func curve(_ histogram: Histogram, _ axis: Axis) -> [Plot.Point] {
        var points: [Plot.Point] = histogram.minimum.map { [(0, $0)] } ?? []
        var last = 0.0
        for point in histogram.curve {
            let here = axis.position(point.share) ?? 0
            guard here - last >= 0.002 || point.share >= 1 else { continue }
            // Of a hundred values the slowest tells of one in a hundred, and of nothing beyond.
            points.append((min(point.share, 1 - 1 / Double(histogram.count)), point.milliseconds))
            last = here
        }
        return points
    }

    private func gauge(_ title: String, _ names: [String], _ unit: String) -> Plot {
        let lines = names.map { line($0, label: $0) }
        return Plot(
            title: title, note: note(""), x: time, y: .linear(unit, upTo: Self.greatest(lines)), lines: lines,
            marks: marks)
    }

    private func line(_ column: String, label: String) -> Plot.Line {
        let values = results.series.columns[column] ?? []
        let points = zip(results.series.seconds, values).map { (x: $0, y: $1) }
        return Plot.Line(
            name: StageWords.column(column), label: label,
            points: Plot.thinned(points, keepingPeaks: column == "lateness" || column == "errors"))
    }

    private static func greatest(_ lines: [Plot.Line]) -> Double {
        lines.flatMap { $0.points.compactMap(\.y) }.max() ?? 0
    }

    /// Says so where a point is more than an interval.
    private func note(_ text: String) -> String {
        let rows = results.series.seconds.count
        guard rows > Plot.maxPoints else { return text }
        let size = Double((rows + Plot.maxPoints - 1) / Plot.maxPoints) * results.series.interval
        let means = "each point is the mean of \(Words.duration(seconds: size))"
        return text.isEmpty ? means : "\(text); \(means)"
    }
}
