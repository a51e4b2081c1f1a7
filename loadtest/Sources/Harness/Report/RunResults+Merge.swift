internal import JSON

extension RunResults {
    /// Makes one result of those of a run's processes, whose measured parts began at the same instant. What the run as a whole is
    /// (scenario, target, machine, server, command) is the first one's; verdicts come after it, with `judge`. nil: of none.
    static func merging(_ parts: [RunResults]) throws(LoadFailure) -> RunResults? {
        guard var whole = parts.first else { return nil }
        for part in parts.dropFirst() { try whole.merge(part) }
        return whole
    }

    mutating func merge(_ other: RunResults) throws(LoadFailure) {
        seconds = max(seconds, other.seconds)
        generator.merge(other.generator)
        for (stage, histogram) in other.stages { stages[stage, default: Histogram()].merge(histogram) }
        totals.merge(other.totals, uniquingKeysWith: +)
        errors.merge(other.errors, uniquingKeysWith: +)
        series = try series.merged(with: other.series)
        for event in other.events where !events.contains(event) { events.append(event) }
        events.sort { $0.at < $1.at }
        figures.merge(other.figures, uniquingKeysWith: +)
        oracle.merge(other.oracle)
        for failure in other.failures where !failures.contains(failure) { failures.append(failure) }
    }
}

extension RunResults.Generator {
    /// One process that is the bottleneck makes the whole suspect: its share of the latencies is its own.
    fileprivate mutating func merge(_ other: Self) {
        processes += other.processes
        if let added = other.cpu { cpu = (cpu ?? 0) + added }
        lateness.merge(other.lateness)
        isBottleneck = isBottleneck || other.isBottleneck
        for reason in other.why where !why.contains(reason) { why.append(reason) }
    }
}

extension RunResults.Audit {
    fileprivate mutating func merge(_ other: Self) {
        checks += other.checks
        counts.merge(other.counts, uniquingKeysWith: +)
        findings += other.findings.prefix(max(0, Oracle.maxFindings - findings.count))
    }
}

extension RunSeries {
    /// Row by row: the processes' intervals are counted from the same beginning. Where one has ended the other's rows stand.
    fileprivate func merged(with other: RunSeries) throws(LoadFailure) -> RunSeries {
        guard interval == other.interval else {
            throw LoadFailure(.usage, "the parts have intervals of \(interval) s and \(other.interval) s")
        }
        var whole = RunSeries(interval: interval)
        let longer = seconds.count >= other.seconds.count ? self : other
        for row in longer.seconds.indices {
            var values: [String: Double] = [:]
            for name in Set(columns.keys).union(other.columns.keys) {
                values[name] = Self.combine(name, value(name, row), other.value(name, row))
            }
            var points: [String: StagePoint] = [:]
            for name in Set(stages.keys).union(other.stages.keys) {
                guard let point = point(name, row).merged(with: other.point(name, row)) else {
                    throw LoadFailure(.usage, "the parts have no buckets of \(name) left to merge")
                }
                points[name] = point
            }
            whole.append(longer.seconds[row], values, points)
        }
        return whole
    }

    private func value(_ column: String, _ row: Int) -> Double? {
        guard let values = columns[column], values.indices.contains(row) else { return nil }
        return values[row]
    }

    private func point(_ stage: String, _ row: Int) -> StagePoint {
        guard let points = stages[stage], points.indices.contains(row) else { return StagePoint() }
        return points[row]
    }

    /// Rates and what each process has of its own add up; the latest process is as late as the run; the server is the same one
    /// whoever looked.
    private static func combine(_ name: String, _ one: Double?, _ other: Double?) -> Double? {
        guard let one, let other else { return one ?? other }
        return switch name {
        case "lateness", "serverCPU", "serverMemory": max(one, other)
        default: one + other
        }
    }
}
