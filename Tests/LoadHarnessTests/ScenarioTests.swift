import Foundation
import JSON
import Testing

@testable import LoadHarness

@Suite("Scenario")
struct ScenarioTests {
    private static let evening = """
        {"name": "evening", "title": "An evening", "seconds": 60, "warmupSeconds": 3, "drainSeconds": 10,
         "groups": [
          {"name": "crowd", "behaviour": "idle", "connections": 300, "sessions": 30,
           "connect": {"shape": "ramp", "from": 10, "to": 50}, "settings": {"subscribe": false}},
          {"name": "stage", "behaviour": "fanout", "connections": 100,
           "connect": {"shape": "constant", "rate": 20}, "arrivals": {"shape": "spike", "rate": 10, "peak": 70, "at": 30, "seconds": 6}}],
         "faults": [{"at": 10, "do": "cut", "share": 0.5, "group": "stage"}, {"at": 20, "do": "freeze", "seconds": 1.5}],
         "limits": {"message.ok": {"p99": 100, "max": 500}}}
        """

    /// The document with one member replaced by another text.
    private func failure(_ document: String) -> String? {
        do throws(LoadFailure) {
            _ = try Scenario(Array(document.utf8))
            return nil
        } catch {
            return error.text
        }
    }

    @Test("A document is read whole, and written again as it was read")
    func reads() throws {
        let scenario = try Scenario(Array(Self.evening.utf8))
        #expect(scenario.name == "evening" && scenario.title == "An evening" && scenario.seconds == 60)
        #expect(scenario.warmupSeconds == 3 && scenario.drainSeconds == 10)
        #expect(scenario.groups.map(\.connections) == [300, 100] && scenario.groups.map(\.sessions) == [30, 1])
        #expect(scenario.groups[0].connect.shape == .ramp(from: 10, to: 50) && scenario.groups[0].arrivals == nil)
        #expect(scenario.groups[1].arrivals?.shape == .spike(rate: 10, peak: 70, at: 30, seconds: 6))
        #expect(scenario.groups[0].settings["subscribe"] == false)
        #expect(scenario.faults.map(\.action) == [.cut, .freeze] && scenario.faults[0].share == 0.5)
        #expect(scenario.faults[0].group == "stage" && scenario.faults[1].seconds == 1.5)
        #expect(scenario.limits == ["message.ok": ["p99": 100, "max": 500]])
        #expect(try Scenario(scenario.json).json == scenario.json)
    }

    @Test(
        "What is wrong is said with its place",
        arguments: [
            ("\"seconds\": 60", "\"seconds\": 0", "/seconds: has to be a number from 1 to 86400"),
            ("\"seconds\": 60,", "", "/seconds: is missing"),
            (
                "\"name\": \"evening\"", "\"name\": \"An Evening\"",
                "/name: has to be 1 to 40 of the characters a-z, 0-9 and -"
            ),
            ("\"title\": \"An evening\"", "\"titel\": \"An evening\"", "/titel: is not known here"),
            (
                "\"connections\": 300", "\"connections\": 300.5",
                "/groups/0/connections: has to be a whole number from 0 to"
            ),
            ("\"sessions\": 30", "\"sessions\": 0", "/groups/0/sessions: has to be a whole number from 1"),
            (
                "\"shape\": \"ramp\"", "\"shape\": \"wave\"",
                "/groups/0/connect/shape: has to be one of constant, ramp, poisson, spike"
            ),
            ("\"from\": 10, ", "", "/groups/0/connect/from: is missing"),
            ("\"from\": 10, \"to\": 50", "\"from\": 0, \"to\": 0", "/groups/0/connect: never brings 300 connections"),
            ("\"rate\": 20", "\"rate\": -1", "/groups/1/connect/rate: has to be a number from 0 to"),
            ("\"peak\": 70", "\"top\": 70", "/groups/1/arrivals/peak: is missing"),
            (
                "\"behaviour\": \"idle\"", "\"behaviour\": \"asleep\"",
                "/groups/0/behaviour: there is no behaviour \"asleep\""
            ),
            (
                "\"name\": \"stage\"", "\"name\": \"crowd\"",
                "/groups/1/name: \"crowd\" is the name of another group, too"
            ),
            ("\"at\": 10", "\"at\": 61", "/faults/0/at: the run is over after 60 s"),
            ("\"do\": \"cut\"", "\"do\": \"burn\"", "/faults/0/do: has to be one of kill, replace, freeze, cut, stall"),
            ("\"share\": 0.5", "\"share\": 50", "/faults/0/share: has to be a number from 0 to 1"),
            ("\"group\": \"stage\"", "\"group\": \"hall\"", "/faults/0/group: there is no group \"hall\""),
            (", \"seconds\": 1.5", "", "/faults/1/seconds: is missing"),
            (", \"seconds\": 1.5", ", \"seconds\": 1, \"group\": \"stage\"", "/faults/1/group: is not known here"),
            ("\"p99\": 100", "\"p98\": 100", "/limits/message.ok/p98: is not known here"),
            ("\"settings\": {\"subscribe\": false}", "\"settings\": 1", "/groups/0/settings: has to be an object"),
            ("\"limits\"", "\"faults\"", "not JSON: duplicateName at byte"),
        ])
    func refuses(_ part: String, _ wrong: String, _ expected: String) throws {
        let place = try #require(Self.evening.range(of: part), "the document has no \(part)")
        let text = try #require(failure(Self.evening.replacingCharacters(in: place, with: wrong)))
        #expect(text.hasPrefix(expected), "\(text)")
    }

    @Test("A scenario without a group is none")
    func needsGroups() {
        #expect(failure(#"{"name": "a", "seconds": 1, "groups": []}"#) == "/groups: there has to be at least one")
        #expect(failure("[]") == "the document: has to be an object")
    }

    @Test("A member's name is written into its place as RFC 6901 says")
    func pointers() throws {
        var fields = ScenarioFields(["a/b~c": 1] as JSONObject, at: "/x")
        #expect(throws: LoadFailure.self) { try fields.refuseOthers() }
        #expect(fields.place("a/b~c") == "/x/a~1b~0c")
        _ = fields.value("a/b~c")
        try fields.refuseOthers()
    }

    @Test("Connections are scaled in proportion, sessions with them, and none is lost in rounding")
    func scalesConnections() throws {
        var scenario = try Scenario(Array(Self.evening.utf8))
        try scenario.scale(connectionsTo: 1001)
        #expect(scenario.groups.map(\.connections) == [751, 250] && scenario.groups.map(\.sessions) == [75, 3])
        #expect(Scenario.shares(of: 10, in: [1, 1, 1]) == [4, 3, 3])
        #expect(Scenario.shares(of: 1, in: [0, 1, 5]) == [0, 0, 1])
    }

    @Test("Arrivals are scaled to a rate on average, whatever their shape")
    func scalesRates() throws {
        var scenario = try Scenario(Array(Self.evening.utf8))
        // 60 s at 10, and 6 s of them at 60 more: 16 a second.
        #expect(scenario.averageRate == 16)
        try scenario.scale(rateTo: 32)
        #expect(scenario.groups[1].arrivals?.shape == .spike(rate: 20, peak: 140, at: 30, seconds: 6))
    }

    @Test("A longer run has its faults and its spike at the same share of it")
    func stretches() throws {
        var scenario = try Scenario(Array(Self.evening.utf8))
        scenario.stretch(to: 120)
        #expect(scenario.seconds == 120 && scenario.faults.map(\.at) == [20, 40] && scenario.faults[1].seconds == 1.5)
        #expect(scenario.groups[1].arrivals?.shape == .spike(rate: 10, peak: 70, at: 60, seconds: 12))
        #expect(scenario.averageRate == 16)
    }

    @Test("What is done every so many seconds is done so in a longer run, too")
    func repeats() throws {
        let document = Self.evening.replacing("\"at\": 10, \"do\"", with: "\"at\": 10, \"every\": 7.5, \"do\"")
        var scenario = try Scenario(Array(document.utf8))
        scenario.stretch(to: 120)
        #expect(scenario.faults.map(\.at) == [10, 40] && scenario.faults.map(\.every) == [7.5, nil])
        #expect(scenario.json["faults"]?[0]?["every"] == 7.5)
        let often = failure(document.replacing("7.5", with: "0.5"))
        #expect(often == "/faults/0/every: has to be a number from 1 to 86400")
    }

    @Test("What a scenario does not have cannot be scaled")
    func refusesToScale() throws {
        let text = #"{"name": "a", "seconds": 1, "groups": [{"name": "a", "behaviour": "idle"}]}"#
        var scenario = try Scenario(Array(text.utf8))
        #expect(throws: LoadFailure.self) { try scenario.scale(connectionsTo: 10) }
        #expect(throws: LoadFailure.self) { try scenario.scale(rateTo: 10) }
    }
}
