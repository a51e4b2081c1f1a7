internal import JSON

/// What one scenario measured and checked.
struct ScenarioResult {
    let name: String
    /// One line: how large it was.
    let title: String
    /// What it was run with.
    var parameters: JSONObject
    /// Single numbers, in the order in which they are shown.
    var figures: [(name: String, value: Double)] = []
    var latencies: [(name: String, histogram: Histogram)] = []
    /// Broken promises; none may be there. At most `maxViolations` are kept, all are counted.
    private(set) var violations: [String] = []
    private(set) var violationCount = 0

    private static let maxViolations = 20

    init(name: String, title: String, parameters: JSONObject) {
        self.name = name
        self.title = title
        self.parameters = parameters
    }

    mutating func violate(_ text: String) {
        violationCount += 1
        if violations.count < Self.maxViolations { violations.append(text) }
    }

    /// A violation unless `count` is 0.
    mutating func expectNone(_ count: Int, _ what: String) {
        if count != 0 { violate("\(count) \(what)") }
    }

    var json: JSONValue {
        var figures = JSONObject()
        for figure in self.figures { figures[figure.name] = .double(figure.value) }
        var latencies = JSONObject()
        for latency in self.latencies { latencies[latency.name] = latency.histogram.json }
        return [
            "scenario": .string(name), "parameters": .object(parameters), "figures": .object(figures),
            "latencies": .object(latencies), "violations": .array(violations.map(JSONValue.string)),
            "violationCount": .integer(Int64(violationCount)),
        ]
    }

    func describe(in table: inout Table) {
        table.line("")
        table.line("\(name): \(title)")
        for start in stride(from: 0, to: figures.count, by: 4) {
            table.figures(figures[start..<min(start + 4, figures.count)].map { ($0.name, Self.short($0.value)) })
        }
        table.latencies(latencies)
        table.line(violationCount == 0 ? "  every check passed" : "  \(violationCount) VIOLATIONS")
        for violation in violations { table.line("    \(violation)") }
    }

    private static func short(_ value: Double) -> String {
        Int64(exactly: value).map { "\($0)" } ?? Table.number(value)
    }
}
