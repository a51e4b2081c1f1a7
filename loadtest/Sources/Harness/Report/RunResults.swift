internal import JSON

/// What a run was, what it measured and what it found: the document beside every report, and all that a report, a comparison or a
/// later reader has.
///
/// Each process of a run fills its own; `merge` makes one of them.
struct RunResults: Equatable {
    static let format = "sala-loadtest/1"

    /// The scenario's document as it was run, with every option applied. An object with `name` and `title`.
    var scenario: JSONValue
    /// RFC 3339; the beginning of the measured part.
    var startedAt: String
    /// Length of the measured part.
    var seconds: Double
    /// The server's address. Never a token.
    var target: String
    /// What to type to have this run again, word for word.
    var command: [String]
    var machine: JSONObject
    var server = Server()
    var generator = Generator()
    /// Latencies from the intended instant, by stage.
    var stages: [String: Histogram] = [:]
    var totals: [String: Int] = [:]
    var errors: [String: Int] = [:]
    var series = RunSeries()
    /// What was done to the server or the network, and when.
    var events: [Event] = []
    /// Single numbers of a behaviour's own, as `bytes a connection`.
    var figures: [String: Double] = [:]
    var oracle = Audit()
    var limits: [Limit] = []
    /// Why the run failed, in sentences; a run without any has passed.
    var failures: [String] = []

    var hasPassed: Bool { failures.isEmpty }
    var name: String { scenario["name"]?.string ?? "run" }
    var title: String { scenario["title"]?.string ?? name }

    struct Server: Equatable {
        var pid: Int?
        var version: String?
    }

    /// How the load was made, and whether the figures are the server's or its own.
    struct Generator: Equatable {
        var processes = 1
        /// Cores in use, a mean over the run, of all processes.
        var cpu: Double?
        /// How far behind its intended instant each arrival was fired.
        var lateness = Histogram()
        var isBottleneck = false
        /// Why it is, in sentences.
        var why: [String] = []
    }

    struct Event: Equatable {
        /// Seconds into the measured part.
        let at: Double
        let what: String
    }

    /// What the oracle looked at and what it found.
    struct Audit: Equatable {
        var checks = 0
        var counts: [Oracle.Kind: Int] = [:]
        /// At most `Oracle.maxFindings`; all are counted.
        var findings: [Finding] = []

        var broken: Int { counts.values.reduce(0, +) }
    }

    struct Finding: Equatable {
        struct Entry: Equatable {
            let offset: Int64
            let name: String
        }

        let kind: Oracle.Kind
        let session: String
        let detail: String
        let journal: [Entry]
    }

    /// What the scenario asked of a stage, in milliseconds.
    struct Limit: Equatable {
        let stage: String
        /// `p50`, `p90`, `p95`, `p99`, `p999` or `max`.
        let percentile: String
        let limit: Double
        /// nil: the stage never happened, and that meets no limit.
        let measured: Double?

        var isMet: Bool { measured.map { $0 <= limit } ?? false }
    }
}

extension RunResults.Audit {
    init(_ oracle: Oracle) {
        checks = oracle.checks
        counts = oracle.counts
        findings = oracle.findings.map { finding in
            RunResults.Finding(
                kind: finding.kind, session: finding.session, detail: finding.detail,
                journal: finding.journal.map { RunResults.Finding.Entry(offset: $0.offset, name: $0.name) })
        }
    }
}

extension RunResults {
    /// Which shares have names: what a scenario's `limits` may ask for.
    static let percentiles: [(name: String, share: Double)] = [
        ("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999), ("max", 1),
    ]

    /// Stages in the order of a connection's life; others follow by name.
    static let stageOrder = [
        "connect", "resume", "message.ok", "message.event", "reply.first", "reply.end", "value", "slip.answer",
        "slip.credit", "payment.create", "payment.webhook", "payment.done", "request",
    ]

    var stageNames: [String] { Self.inOrder(stages.keys, Self.stageOrder) }

    /// The names that `order` has come first and in its order, then the others by name.
    static func inOrder(_ names: some Sequence<String>, _ order: [String]) -> [String] {
        func rank(_ name: String) -> Int { order.firstIndex(of: name) ?? order.count }
        return names.sorted { (rank($0), $0) < (rank($1), $1) }
    }

    /// Holds the run against the scenario's limits (milliseconds by stage and percentile) and the oracle's counts: fills `limits`
    /// and adds a sentence to `failures` for each that is not met. Called once, when all is measured.
    mutating func judge(_ wanted: [String: [String: Double]]) {
        for stage in Self.inOrder(wanted.keys, Self.stageOrder) {
            let ofStage = wanted[stage] ?? [:]
            for (name, share) in Self.percentiles {
                guard let limit = ofStage[name] else { continue }
                let histogram = stages[stage]
                let measured = name == "max" ? histogram?.maximum : histogram?.percentile(share)
                limits.append(Limit(stage: stage, percentile: name, limit: limit, measured: measured))
            }
        }
        for limit in limits where !limit.isMet {
            let measured = limit.measured.map { "was \(Words.milliseconds($0))" } ?? "was never measured"
            failures.append(
                "\(limit.stage) \(limit.percentile) \(measured); "
                    + "the scenario allows \(Words.milliseconds(limit.limit)).")
        }
        for kind in Oracle.Kind.allCases {
            guard let count = oracle.counts[kind], count > 0 else { continue }
            failures.append("\(Words.count(count)) \(kind.rawValue); none may be.")
        }
    }
}
