internal import JSON

/// Clients that do the same.
struct ScenarioGroup {
    static let maxConnections = 1_000_000
    static let maxSessions = 1_000_000

    let name: String
    /// Which `Behaviour`: `idle`, `chat`, `people`, `stream`, `fanout`, `slips`, `payments`, `orders`.
    let behaviour: String
    var connections: Int
    /// How the connections come.
    var connect: Arrivals
    /// How actions come; nil: nobody acts.
    var arrivals: Arrivals?
    /// Sessions that the connections share.
    var sessions: Int
    /// What only this behaviour knows, as the document says it: checked by it, with the member's name in the fault.
    let settings: JSONObject
    /// Where the settings stand in the document.
    var settingsPointer = ""

    /// For the behaviour's `init`, which reads what it knows and then calls `refuseOthers`.
    var settingsFields: ScenarioFields { ScenarioFields(settings, at: settingsPointer) }
}

extension ScenarioGroup {
    init(_ fields: inout ScenarioFields) throws(LoadFailure) {
        name = try fields.name("name")
        behaviour = try fields.name("behaviour")
        connections = try fields.integer("connections", in: 0...Self.maxConnections, default: 0)
        sessions = try fields.integer("sessions", in: 1...Self.maxSessions, default: 1)
        let connect = try fields.fields("connect")
        self.connect =
            try connect.map { fields throws(LoadFailure) in try Arrivals(fields) }
            ?? Arrivals(shape: .constant(rate: 500))
        arrivals = try fields.fields("arrivals").map { fields throws(LoadFailure) in try Arrivals(fields) }
        let settings = try fields.value("settings").map { value throws(LoadFailure) in
            guard let object = value.object else { throw fields.failure("settings", "has to be an object") }
            return object
        }
        self.settings = settings ?? [:]
        settingsPointer = fields.place("settings")
        try fields.refuseOthers()
        guard BehaviourCatalog.names.contains(behaviour) else {
            let known = BehaviourCatalog.names.joined(separator: ", ")
            throw fields.failure("behaviour", "there is no behaviour \"\(behaviour)\"; there are \(known)")
        }
        guard self.connect.canReach(connections) else {
            throw fields.failure("connect", "never brings \(connections) connections: its rate ends at 0")
        }
    }

    var json: JSONValue {
        var object: JSONObject = [
            "name": .string(name), "behaviour": .string(behaviour), "connections": .integer(Int64(connections)),
            "sessions": .integer(Int64(sessions)), "connect": connect.json,
        ]
        if let arrivals { object["arrivals"] = arrivals.json }
        if !settings.members.isEmpty { object["settings"] = .object(settings) }
        return .object(object)
    }
}
