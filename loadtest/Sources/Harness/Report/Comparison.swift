internal import JSON

/// Two runs side by side: for each figure what it was in A, what it is in B, and whether that is worse than is tolerated.
struct Comparison {
    enum Judgement: Equatable {
        case better, same, worse
        /// Why nothing is concluded from it.
        case notJudged(String)
    }

    /// What a greater value means.
    enum Direction {
        case lowerIsBetter, higherIsBetter
        /// Says what was asked of the server, not how it did.
        case neither
    }

    struct Row {
        /// A stage, or what else is measured.
        let group: String
        let name: String
        let a: Double?
        let b: Double?
        let judgement: Judgement
        /// With its unit.
        let words: (Double) -> String

        /// B by A; nil when there is none.
        var ratio: Double? {
            guard let a, let b, a > 0 else { return nil }
            return b / a
        }
    }

    /// Differences that no run can show: they are the same whatever their ratio.
    static let minLatencyChange = 0.1
    static let minCPUChange = 0.02
    static let minMemoryChange = 4.0
    /// A percentile with fewer values beyond it in either run is chance.
    static let minValuesBeyond = 5.0
    static let percentiles: [(name: String, share: Double)] = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)]

    let a: RunResults
    let b: RunResults
    /// A share: 0.1 tolerates what is a tenth worse.
    let tolerance: Double
    let rows: [Row]

    init(_ a: RunResults, _ b: RunResults, tolerance: Double) {
        self.a = a
        self.b = b
        self.tolerance = tolerance
        let names = RunResults.inOrder(Set(a.stages.keys).union(b.stages.keys), RunResults.stageOrder)
        let judge = Judge(tolerance: tolerance)
        rows = Self.rates(a, b, judge) + names.flatMap { Self.stage($0, a, b, judge) } + Self.costs(a, b, judge)
    }

    var worse: [Row] { rows.filter { $0.judgement == .worse } }

    /// Nothing is worse beyond the tolerance, and B held what it promised.
    var hasPassed: Bool { worse.isEmpty && b.hasPassed }

    /// What must be known before the figures are believed.
    var warnings: [String] {
        var warnings: [String] = []
        let machines = Self.machineFacts.filter { a.machine[$0] != b.machine[$0] }
        if !machines.isEmpty {
            warnings.append(
                "The runs were made on different machines (\(machines.joined(separator: ", "))): their figures differ by that, too."
            )
        }
        for (name, run) in [("A", a), ("B", b)] {
            if run.generator.isBottleneck { warnings.append("In \(name) the load generator was the bottleneck.") }
        }
        if !a.hasPassed { warnings.append("A has failed: \(a.failures.first ?? "")") }
        return warnings
    }

    private static let machineFacts = ["processor", "cores", "memoryMiB", "kernel"]

    /// Where the scenarios differ in what they ask of the server, as JSON pointers with both values. Limits and titles ask nothing.
    static func differences(_ a: RunResults, _ b: RunResults) -> [String] {
        func asked(_ scenario: JSONValue) -> JSONValue {
            guard var object = scenario.object else { return scenario }
            for name in ["title", "limits", "$schema"] { object[name] = nil }
            return .object(object)
        }
        return differences(asked(a.scenario), asked(b.scenario), at: "")
    }

    private static func differences(_ a: JSONValue?, _ b: JSONValue?, at pointer: String) -> [String] {
        if a == b { return [] }
        if let one = a?.object, let other = b?.object {
            var names = one.members.map(\.name)
            names += other.members.map(\.name).filter { one[$0] == nil }
            return names.flatMap { differences(one[$0], other[$0], at: "\(pointer)/\($0)") }
        }
        if let one = a?.array, let other = b?.array {
            return (0..<max(one.count, other.count)).flatMap { differences(a?[$0], b?[$0], at: "\(pointer)/\($0)") }
        }
        // 30 and 30.0 are the same number, however a document wrote it.
        if let one = a?.double, let other = b?.double, one == other { return [] }
        return ["\(pointer) is \(a?.text ?? "absent") in A and \(b?.text ?? "absent") in B"]
    }
}

extension Comparison {
    /// Decides about one pair of figures.
    private struct Judge {
        let tolerance: Double

        func judge(_ a: Double?, _ b: Double?, _ direction: Direction, leastChange: Double = 0) -> Judgement {
            guard let a else { return .notJudged(b == nil ? "in neither" : "only in B") }
            guard let b else { return .notJudged("only in A") }
            let loss = direction == .higherIsBetter ? a - b : b - a
            if direction == .neither { return .notJudged("as asked") }
            if abs(loss) <= leastChange || abs(loss) <= abs(a) * tolerance { return .same }
            return loss > 0 ? .worse : .better
        }
    }

    private static func rates(_ a: RunResults, _ b: RunResults, _ judge: Judge) -> [Row] {
        ["sent", "acknowledged", "delivered"].compactMap { name in
            let (one, other) = (a.rate(name), b.rate(name))
            guard one != nil || other != nil else { return nil }
            let direction = name == "sent" ? Direction.neither : .higherIsBetter
            return Row(
                group: "throughput", name: name, a: one, b: other, judgement: judge.judge(one, other, direction),
                words: { "\(Words.number($0))/s" })
        }
    }

    private static func stage(_ stage: String, _ a: RunResults, _ b: RunResults, _ judge: Judge) -> [Row] {
        percentiles.map { name, share in
            let (one, other) = (a.stages[stage], b.stages[stage])
            let (before, after) = (one?.percentile(share), other?.percentile(share))
            var judgement = judge.judge(before, after, .lowerIsBetter, leastChange: minLatencyChange)
            let fewest = Double(min(one?.count ?? 0, other?.count ?? 0))
            if before != nil, after != nil, fewest * (1 - share) < minValuesBeyond { judgement = .notJudged("too few") }
            return Row(group: stage, name: name, a: before, b: after, judgement: judgement, words: Words.milliseconds)
        }
    }

    private static func costs(_ a: RunResults, _ b: RunResults, _ judge: Judge) -> [Row] {
        func row(
            _ name: String, _ leastChange: Double, _ words: @escaping (Double) -> String,
            _ value: (RunResults) -> Double?
        )
            -> Row
        {
            let (one, other) = (value(a), value(b))
            return Row(
                group: name == "errors" ? "clients" : name == "broken promises" ? "oracle" : "server", name: name,
                a: one, b: other,
                judgement: judge.judge(one, other, .lowerIsBetter, leastChange: leastChange), words: words)
        }
        return [
            row("mean CPU", minCPUChange, { "\(Words.number($0)) cores" }) { $0.series.mean("serverCPU") },
            row("peak memory", minMemoryChange, { Words.bytes($0 * 1_048_576) }) { $0.series.maximum("serverMemory") },
            row("errors", 0, Words.number) { Double($0.errors.values.reduce(0, +)) },
            row("broken promises", 0, Words.number) { Double($0.oracle.broken) },
        ].filter { $0.a != nil || $0.b != nil }
    }
}

extension RunResults {
    /// A second, over the measured part.
    func rate(_ name: String) -> Double? {
        if let rate = figures["\(name)/s"] { return rate }
        guard let total = totals[name], seconds > 0 else { return nil }
        return Double(total) / seconds
    }
}
