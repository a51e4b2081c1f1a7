internal import JSON
internal import Primitives
internal import Reactor

/// `sala-loadtest list` and `sala-loadtest check FILE`.
enum ScenarioCommands {
    static func list(_ arguments: [String]) throws(LoadFailure) -> Int32 {
        guard arguments.isEmpty else { throw LoadFailure(.usage, "list takes nothing") }
        let library = ScenarioLibrary()
        guard library.folder != nil else {
            throw LoadFailure(.usage, "there is no folder loadtest/scenarios here or above")
        }
        for name in library.names {
            let scenario = try library.scenario(name)
            let padding = String(repeating: " ", count: max(1, 16 - name.count))
            Table.show("\(name)\(padding)\(scenario.title) (\(scenario.size))\n", on: 1)
        }
        return 0
    }

    static func check(_ arguments: [String]) throws(LoadFailure) -> Int32 {
        guard let file = arguments.first, arguments.count == 1 else {
            throw LoadFailure(.usage, "check takes a scenario's name or file")
        }
        let scenario = try ScenarioLibrary().scenario(file)
        do throws(LoadFailure) { try checkSettings(of: scenario) } catch {
            throw LoadFailure(error.kind, "\(ScenarioLibrary().path(of: file)): \(error.text)")
        }
        Table.show("\(scenario.name) is fine: \(scenario.size)\n", on: 1)
        return 0
    }
}

extension ScenarioCommands {
    /// Lets each group's behaviour read its settings. What it asks of a server besides is not known here.
    private static func checkSettings(of scenario: Scenario) throws(LoadFailure) {
        let loop = try RunCommand.makeLoop()
        let checked: Result<Void, LoadFailure> = loop.enter {
            do throws(LoadFailure) {
                let context = try RunContext(
                    driver: Driver(loop: loop), target: .nowhere, recorder: Recorder(), oracle: Oracle())
                for group in scenario.groups { try checkSettings(of: group, context) }
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try checked.get()
    }

    private static func checkSettings(of group: ScenarioGroup, _ context: RunContext) throws(LoadFailure) {
        do throws(LoadFailure) { _ = try BehaviourCatalog.make(group, context) } catch {
            if error.text.hasPrefix(group.settingsPointer) { throw error }
        }
    }
}

extension Target {
    /// No server: for reading scenarios.
    fileprivate static var nowhere: Target {
        get throws(LoadFailure) {
            let claims = Base64.encodeURLSafe(Array(#"{"sub":"nobody"}"#.utf8))
            let tokens: JSONValue = ["customer": .string("e30.\(claims).e30"), "service": ""]
            let document: JSONValue = ["tokens": .object([DevFacts.tenant: tokens])]
            let facts = try DevFacts(document, path: "nowhere", at: try Endpoint(url: "http://127.0.0.1:9"))
            return Target(http: facts.http, standins: facts.http, pid: nil, facts: facts)
        }
    }
}

extension Scenario {
    /// How large it is, in words.
    var size: String {
        var parts = connections > 0 ? ["\(connections) connections"] : []
        if averageRate > 0 { parts.append("\(Table.number(averageRate)) arrivals/s") }
        parts.append("\(Table.number(seconds)) s")
        return parts.joined(separator: ", ")
    }
}
