internal import JSON

/// What happens in a run: groups of clients, and what is done to them and to the server. Read from a JSON document
/// (`loadtest/scenario.schema.json`).
struct Scenario {
    static let maxSeconds: Double = 86_400
    static let maxGroups = 32
    static let maxFaults = 1000
    /// What a stage's limit may name: shares of a histogram, and its largest value.
    static let percentiles: [String: Double] = [
        "p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999, "max": 1,
    ]

    let name: String
    let title: String
    /// Seconds of the measured part, and of what comes before it and after it (at most).
    var seconds: Double
    let warmupSeconds: Double
    let drainSeconds: Double
    var groups: [ScenarioGroup]
    var faults: [ScenarioFault]
    /// Milliseconds that a stage's percentile may have: `["message.ok": ["p99": 100]]`.
    let limits: [String: [String: Double]]
}

extension Scenario {
    /// Reads a document. What is wrong is said with its place.
    init(_ bytes: [UInt8]) throws(LoadFailure) {
        let document: JSONValue
        do { document = try JSONParser.parse(bytes) } catch {
            throw LoadFailure(.usage, "not JSON: \(error.reason.rawValue) at byte \(error.index)")
        }
        try self.init(document)
    }

    init(_ document: JSONValue) throws(LoadFailure) {
        var fields = try ScenarioFields(document, at: "")
        // For editors; of no meaning here.
        _ = try fields.text("$schema")
        name = try fields.name("name")
        title = try fields.text("title", default: name)
        seconds = try fields.requiredNumber("seconds", in: 1...Self.maxSeconds)
        warmupSeconds = try fields.number("warmupSeconds", in: 0...3600, default: 0)
        drainSeconds = try fields.number("drainSeconds", in: 0...3600, default: 15)
        groups = []
        for item in try fields.list("groups", maxCount: Self.maxGroups) {
            var item = item
            let group = try ScenarioGroup(&item)
            guard !groups.contains(where: { $0.name == group.name }) else {
                throw item.failure("name", "\"\(group.name)\" is the name of another group, too")
            }
            groups.append(group)
        }
        guard !groups.isEmpty else { throw fields.failure("groups", "there has to be at least one") }
        faults = []
        for item in try fields.list("faults", maxCount: Self.maxFaults) {
            var item = item
            faults.append(try ScenarioFault(&item, seconds: seconds, groups: groups))
        }
        limits = try Self.limits(try fields.fields("limits"))
        try fields.refuseOthers()
    }

    private static func limits(_ fields: ScenarioFields?) throws(LoadFailure) -> [String: [String: Double]] {
        guard var fields else { return [:] }
        var limits: [String: [String: Double]] = [:]
        for stage in fields.names {
            guard var percentiles = try fields.fields(stage) else { continue }
            for percentile in Self.percentiles.keys {
                guard let limit = try percentiles.number(percentile, in: 0...3_600_000) else { continue }
                limits[stage, default: [:]][percentile] = limit
            }
            try percentiles.refuseOthers()
        }
        return limits
    }

    var json: JSONValue {
        var limits = JSONObject()
        for (stage, percentiles) in self.limits.sorted(by: { $0.key < $1.key }) {
            var object = JSONObject()
            for (name, limit) in percentiles.sorted(by: { $0.key < $1.key }) { object[name] = .double(limit) }
            limits[stage] = .object(object)
        }
        return [
            "name": .string(name), "title": .string(title), "seconds": .double(seconds),
            "warmupSeconds": .double(warmupSeconds), "drainSeconds": .double(drainSeconds),
            "groups": .array(groups.map(\.json)), "faults": .array(faults.map(\.json)), "limits": .object(limits),
        ]
    }
}

extension ScenarioFields {
    /// A short name of lower-case letters, digits and `-`, which has to be there.
    mutating func name(_ member: String) throws(LoadFailure) -> String {
        guard let value = value(member) else { throw failure(member, "is missing") }
        let isName = value.string.map { text in
            (1...40).contains(text.utf8.count)
                && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        }
        guard let name = value.string, isName == true else {
            throw failure(member, "has to be 1 to 40 of the characters a-z, 0-9 and -")
        }
        return name
    }
}
