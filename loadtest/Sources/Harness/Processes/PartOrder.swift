internal import JSON
internal import Primitives

/// What a part of a run is told before it begins, as its first line.
struct PartOrder {
    let scenario: Scenario
    let part: RunPart
    /// `RunContext.sharedName`.
    let name: String
    /// Options of the target.
    let arguments: [String]

    init(scenario: Scenario, part: RunPart, name: String, arguments: [String]) {
        self.scenario = scenario
        self.part = part
        self.name = name
        self.arguments = arguments
    }

    init(_ json: JSONValue) throws(LoadFailure) {
        guard let document = json["scenario"], let name = json["name"]?.string,
            let index = json["index"]?.integer, let count = json["count"]?.integer, (0..<count).contains(index),
            let arguments = json["arguments"]?.array
        else { throw LoadFailure(.usage, "a part is started by 'sala-loadtest run', not by hand") }
        scenario = try Scenario(document)
        part = RunPart(index: Int(index), count: Int(count))
        self.name = name
        self.arguments = arguments.compactMap(\.string)
    }

    var json: JSONValue {
        [
            "scenario": scenario.json, "name": .string(name), "index": .integer(Int64(part.index)),
            "count": .integer(Int64(part.count)), "arguments": .array(arguments.map(JSONValue.string)),
        ]
    }
}
