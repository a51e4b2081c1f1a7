internal import JSON

/// What is done to the server or the network, `at` seconds into the measured part, and again and again when it says `every`.
struct ScenarioFault {
    enum Action: String, CaseIterable {
        /// The server's process is killed (SIGKILL) and started again.
        case kill
        /// It is asked to drain and end (SIGTERM), and another takes its place.
        case replace
        /// It is stopped (SIGSTOP) for `seconds`, then goes on.
        case freeze
        /// `share` of the connections of `group` (nil: of all) break.
        case cut
        /// They stop reading for `seconds`.
        case stall

        /// It is done to the server's process, not to connections.
        var needsServer: Bool {
            switch self {
            case .kill, .replace, .freeze: true
            case .cut, .stall: false
            }
        }

        var takesSeconds: Bool { self == .freeze || self == .stall }
    }

    var at: Double
    /// Seconds between one time and the next, until the measured part ends; nil: once.
    let every: Double?
    let action: Action
    let seconds: Double
    let share: Double
    let group: String?
}

extension ScenarioFault {
    /// More often than this is no longer one fault after another.
    static let minEvery = 1.0

    init(_ fields: inout ScenarioFields, seconds runSeconds: Double, groups: [ScenarioGroup]) throws(LoadFailure) {
        at = try fields.requiredNumber("at", in: 0...Scenario.maxSeconds)
        guard at <= runSeconds else { throw fields.failure("at", "the run is over after \(Int(runSeconds)) s") }
        every = try fields.number("every", in: Self.minEvery...Scenario.maxSeconds)
        guard let action: Action = try fields.choice("do") else { throw fields.failure("do", "is missing") }
        self.action = action
        seconds = action.takesSeconds ? try fields.requiredNumber("seconds", in: 0.001...600) : 0
        if action.needsServer {
            share = 1
            group = nil
        } else {
            share = try fields.number("share", in: 0...1, default: 1)
            group = try fields.text("group")
            guard group == nil || groups.contains(where: { $0.name == group }) else {
                throw fields.failure("group", "there is no group \"\(group ?? "")\"")
            }
        }
        try fields.refuseOthers()
    }

    var json: JSONValue {
        var object: JSONObject = ["at": .double(at), "do": .string(action.rawValue)]
        if let every { object["every"] = .double(every) }
        if action.takesSeconds { object["seconds"] = .double(seconds) }
        if !action.needsServer {
            object["share"] = .double(share)
            if let group { object["group"] = .string(group) }
        }
        return .object(object)
    }

    /// What people read about it.
    var text: String {
        let whom = group.map { " of \($0)" } ?? ""
        let percent = Int((share * 100).rounded())
        return switch action {
        case .kill: "server killed"
        case .replace: "server replaced"
        case .freeze: "server frozen for \(Table.number(seconds)) s"
        case .cut: "\(percent) % of the connections\(whom) cut"
        case .stall: "\(percent) % of the connections\(whom) stop reading for \(Table.number(seconds)) s"
        }
    }
}
