import Domain
import JSON
import TestSupport
import Testing

@Suite("Any lifecycle's document")
struct LifecyclePropertyTests {
    @Test("is accepted and keeps every promise, or is refused at a place that is there")
    func documents() throws {
        let seed = UInt64.random(in: 0...(.max))
        var random = SeededRandom(seed: seed)
        let beginnings = Lifecycle.allBuiltIn.map(\.json) + [LifecycleDocument.right]
        var accepted = 0
        var refused: Set<String> = []
        for _ in 0..<4_000 {
            var document = random.element(of: beginnings)
            for _ in 0..<random.integer(1...3) { document = Self.changed(document, &random) }
            do throws(LifecycleFault) {
                let lifecycle = try Lifecycle(json: document)
                accepted += 1
                #expect(LifecycleRules.violations(of: lifecycle) == [], "seed \(seed): \(document.text)")
                let violations = try Self.schemaViolations(document)
                #expect(violations == [], "seed \(seed): \(document.text)")
            } catch {
                refused.insert(String(error.path.prefix { !$0.isNumber }))
                #expect(LifecycleRules.leads(error.path, into: document), "seed \(seed): \(error) in \(document.text)")
                #expect(!error.detail.isEmpty)
            }
        }
        #expect(accepted > 100 && refused.count > 10, "seed \(seed): \(accepted) were accepted")
    }

    @Test("that the schema refuses is refused")
    func schema() throws {
        let seed = UInt64.random(in: 0...(.max))
        var random = SeededRandom(seed: seed)
        var wrong = 0
        for _ in 0..<600 {
            let document = Self.changed(LifecycleDocument.right, &random)
            guard try Self.schemaViolations(document).isEmpty == false else { continue }
            wrong += 1
            #expect(throws: LifecycleFault.self, "seed \(seed): \(document.text)") { try Lifecycle(json: document) }
        }
        #expect(wrong > 50, "seed \(seed)")
    }

    @Test("may be built by chance of any parts", arguments: [1, 2, 3])
    func built(_ round: Int) throws {
        let seed = UInt64.random(in: 0...(.max))
        var random = SeededRandom(seed: seed)
        var accepted = 0
        for _ in 0..<1_000 {
            let document = Self.chance(&random)
            do throws(LifecycleFault) {
                let lifecycle = try Lifecycle(json: document)
                accepted += 1
                #expect(lifecycle.json == document)
                #expect(LifecycleRules.violations(of: lifecycle) == [], "seed \(seed): \(document.text)")
            } catch {
                #expect(LifecycleRules.leads(error.path, into: document), "seed \(seed): \(error) in \(document.text)")
            }
        }
        #expect(accepted > 10, "seed \(seed): \(accepted) were accepted")
    }

    private static func schemaViolations(_ document: JSONValue) throws(LifecycleFault) -> [String] {
        do { return try JSONSchema.violations(of: document, "lifecycle.schema.json", isClosed: true) } catch {
            throw LifecycleFault(path: "?", detail: "the schema cannot be read: \(error)")
        }
    }

    /// A well-formed document of two to six states with ways, cancellation and payment by chance; right or wrong as a whole.
    private static func chance(_ random: inout SeededRandom) -> JSONValue {
        let names = (0..<random.integer(2...6)).map { JSONValue.string("s\($0)") }
        let parties = ["customer", "provider", "rider", "staff", "service"]
        let label: JSONValue = ["th": "ก", "en": "A"]
        var states: [JSONValue] = []
        for (index, name) in names.enumerated() {
            var state: JSONObject = ["name": name, "label": label]
            if index + 1 == names.count || random.isOne(in: 6) { state["terminal"] = true }
            if state["terminal"] == nil, random.isOne(in: 3) { state["hidesRider"] = true }
            states.append(.object(state))
        }
        func by() -> JSONValue { .array(parties.filter { _ in random.isOne(in: 2) }.map(JSONValue.string)) }
        func way() -> (JSONValue, JSONValue) {
            let from = random.integer(0...names.count - 1)
            return (
                names[from],
                names[random.isOne(in: 5) ? random.integer(0...names.count - 1) : min(from + 1, names.count - 1)]
            )
        }
        var transitions: [JSONValue] = []
        for _ in 0..<random.integer(1...2 * names.count) {
            let (from, to) = way()
            transitions.append(["from": from, "to": to, "by": by()])
        }
        // Often one line from the beginning to the end, so that some are right.
        if !random.isOne(in: 4) {
            transitions = zip(names, names.dropFirst()).map { ["from": $0, "to": $1, "by": ["staff"]] }
        }
        var document: JSONObject = [
            "name": "chance", "states": .array(states), "initial": names[0], "transitions": .array(transitions),
        ]
        if random.isOne(in: 2) {
            let from = names.dropLast().filter { _ in random.isOne(in: 2) }
            document["cancellation"] = ["to": random.element(of: names), "from": .array(from), "by": by()]
        }
        document["mainLine"] = .array([names[0]] + names.dropFirst().filter { _ in random.isOne(in: 2) })
        if random.isOne(in: 2) {
            let (from, to) = way()
            let on = JSONValue.string(random.element(of: PaymentStatus.allCases).rawValue)
            document["payment"] = [
                "moves": random.isOne(in: 2) ? [] : [["on": on, "from": from, "to": to]],
                "display": [["status": random.element(of: names), "on": on, "show": "SHOWN", "label": label]],
            ]
        }
        return .object(document)
    }

    // MARK: Changes

    private static func changed(_ document: JSONValue, _ random: inout SeededRandom) -> JSONValue {
        var places: [String] = []
        collect(document, "", &places)
        let place = random.element(of: places)
        switch random.integer(0...5) {
        case 0: return document.setting(place, nil)
        case 1: return document.setting(place + "/extra", 1)
        case 2: return document.setting(place, random.element(of: junk))
        default:
            // Another value of the same document, most often of the same member: another state, another party.
            let last = place.split(separator: "/").last
            let alike = places.filter { $0.split(separator: "/").last == last }
            let other = value(document, random.element(of: alike.count > 1 && !random.isOne(in: 4) ? alike : places))
            return document.setting(place, other)
        }
    }

    private static let junk: [JSONValue] = [
        .null, true, false, 0, -1, 1.5, "", " ", "X", "new", "done", "payment", "staff", "expired", "~/", [], [:], [[]],
        .string(String(repeating: "ก", count: 61)), ["th": "ก", "en": "a"],
        ["from": "new", "to": "done", "by": ["staff"]],
    ]

    private static func collect(_ value: JSONValue, _ path: String, _ places: inout [String]) {
        if !path.isEmpty { places.append(path) }
        for member in value.object?.members ?? [] { collect(member.value, "\(path)/\(member.name)", &places) }
        for (index, item) in (value.array ?? []).enumerated() { collect(item, "\(path)/\(index)", &places) }
    }

    private static func value(_ document: JSONValue, _ path: String) -> JSONValue {
        path.split(separator: "/").reduce(document) { value, token in
            value[String(token)] ?? Int(token).flatMap { value[$0] } ?? .null
        }
    }
}
