import Domain
import JSON
import Ports
import TestSupport
import Testing
import WireProtocol

@testable import Gateway

@Suite("Lifecycles over HTTP")
struct LifecycleRouteTests {
    private let world: GatewayWorld

    init() throws { world = try GatewayWorld { $0.enforcesRates = false } }

    private func ask(
        _ method: String, _ path: String, _ body: [UInt8] = [], role: String = "staff", tenant: String = "jeco"
    ) throws -> (raw: TestAnswer, json: JSONValue) {
        let token = try world.token(role: role, tenant: tenant)
        let raw = try world.ask(method, "/v1/lifecycles" + path, ["Authorization: Bearer \(token)"], body: body)
        return (raw, try JSONParser.parse(raw.body))
    }

    private func put(_ name: String, _ document: JSONValue, role: String = "staff") throws -> (
        raw: TestAnswer, json: JSONValue
    ) {
        try ask("PUT", "/" + name, document.bytes, role: role)
    }

    private static func document(_ name: String, thai: String = "ใหม่") -> JSONValue {
        [
            "name": .string(name),
            "states": [
                ["name": "new", "label": ["th": .string(thai), "en": "New"]],
                ["name": "done", "label": ["th": "เสร็จ", "en": "Done"], "terminal": true],
            ],
            "initial": "new",
            "transitions": [["from": "new", "to": "done", "by": ["staff"]]],
            "mainLine": ["new", "done"],
        ]
    }

    @Test("One is declared, read and replaced, and is its tenant's alone")
    func declared() throws {
        let first = Self.document("kitchen")
        let made = try put("kitchen", first)
        #expect(made.raw.status == 201 && made.json == first && made.raw["Location"] == "/v1/lifecycles/kitchen")
        #expect(try ask("GET", "/kitchen", role: "rider").json == first)
        let second = Self.document("kitchen", thai: "เข้ามาใหม่")
        let replaced = try put("kitchen", second, role: "service")
        #expect(replaced.raw.status == 200 && replaced.json == second && replaced.raw["Location"] == nil)
        #expect(try ask("GET", "/kitchen", role: "customer").json == second)
        #expect(try put("bakery", Self.document("bakery"), role: "operator").raw.status == 201)
        let names = try ask("GET", "", role: "customer").json
        #expect(try JSONSchema.violations(of: names, "http.lifecycles.schema.json", isClosed: true) == [])
        let rows = names["lifecycles"]?.array ?? []
        #expect(rows.compactMap { $0["name"]?.string } == ["baanfoodie", "jeco", "trusttrade", "bakery", "kitchen"])
        #expect(rows.compactMap { $0["builtIn"]?.bool } == [true, true, true, false, false])
        #expect(try ask("GET", "/kitchen", tenant: "trusttrade").raw.status == 404)
        #expect(try ask("GET", "", tenant: "trusttrade").json["lifecycles"]?.array?.count == 3)
    }

    @Test("Sala's own are read by everybody, and stay as they are", arguments: Lifecycle.allBuiltIn)
    func builtIn(_ lifecycle: Lifecycle) throws {
        let read = try ask("GET", "/" + lifecycle.name, role: "customer")
        #expect(read.raw.status == 200 && read.json == lifecycle.json)
        #expect(try JSONSchema.violations(of: read.json, "lifecycle.schema.json", isClosed: true) == [])
        let refused = try put(lifecycle.name, Self.document(lifecycle.name), role: "operator")
        #expect(refused.raw.status == 409 && refused.json["code"] == 2401)
        #expect(world.facts.all.isEmpty)
    }

    @Test("A wrong document is refused with the place of the mistake, and nothing is kept")
    func wrong() throws {
        var document = Self.document("kitchen").object ?? [:]
        document["transitions"] = [["from": "new", "to": "X", "by": ["staff"]]]
        let answer = try put("kitchen", .object(document))
        #expect(answer.raw.status == 400 && answer.raw["Content-Type"] == "application/problem+json")
        #expect(answer.json["code"] == 2400 && answer.json["place"] == "/transitions/0/to")
        #expect(answer.json["detail"] == "/transitions/0/to: there is no state \"X\"")
        #expect(try JSONSchema.violations(of: answer.json, "http.problem.schema.json", isClosed: true) == [])
        let renamed = try put("kitchen", Self.document("bakery"))
        #expect(renamed.raw.status == 400 && renamed.json["place"] == "/name")
        let whole = try put("kitchen", [])
        #expect(whole.raw.status == 400 && whole.json["place"] == "" && whole.json["detail"] == "it is a JSON object")
        let text = try ask("PUT", "/kitchen", Array("{".utf8))
        #expect(text.raw.status == 400 && text.json["code"] == 2200 && text.json["place"]?.string == nil)
        let large = try ask("PUT", "/kitchen", Array(repeating: 0x20, count: Lifecycle.maxBytes + 1))
        #expect(large.raw.status == 413 && large.json["code"] == 2202)
        #expect(world.facts.all.isEmpty)
    }

    @Test("Only who serves the tenant declares, and nobody reads without a token of it", arguments: Role.allCases)
    func rights(_ role: Role) throws {
        let made = try put("kitchen", Self.document("kitchen"), role: role.rawValue)
        #expect(made.raw.status == (role.servesTenant ? 201 : 403), "\(role)")
        #expect(world.facts.all.isEmpty == !role.servesTenant)
        #expect(try ask("GET", "/jeco", role: role.rawValue).raw.status == (role == .guest ? 403 : 200))
        #expect(try world.ask("GET", "/v1/lifecycles/jeco").status == 401)
        #expect(try world.ask("GET", "/v1/lifecycles").status == 401)
        #expect(try world.ask("PUT", "/v1/lifecycles/kitchen", body: Self.document("kitchen").bytes).status == 401)
    }

    @Test("A name that nothing has, or can have, is not found", arguments: ["kitchen", "Kitchen", "%E0%B8%81"])
    func unknown(_ name: String) throws {
        let answer = try ask("GET", "/" + name)
        #expect(answer.raw.status == 404 && answer.json["code"] == 2301)
    }

    @Test("A tenant has so many of its own; the known ones are replaced still")
    func bound() throws {
        for index in 0..<LifecycleEndpoint.maxOwn {
            #expect(try put("own-\(index)", Self.document("own-\(index)")).raw.status == 201)
        }
        let answer = try put("more", Self.document("more"))
        #expect(answer.raw.status == 409 && answer.json["code"] == 2401)
        #expect(try put("own-0", Self.document("own-0", thai: "อื่น")).raw.status == 200)
        #expect(try ask("GET", "").json["lifecycles"]?.array?.count == 3 + LifecycleEndpoint.maxOwn)
    }

    @Test("A store that does not answer is told, and Sala's own are there all the same")
    func storeFailure() throws {
        world.facts.failure = .unavailable
        for answer in [try ask("GET", ""), try ask("GET", "/kitchen"), try put("kitchen", Self.document("kitchen"))] {
            #expect(answer.raw.status == 503 && answer.json["code"] == 2002 && answer.raw["Retry-After"] == "1")
        }
        #expect(try ask("GET", "/jeco").raw.status == 200)
    }

    @Test(
        "Orders find them by name: Sala's own first, then the tenant's; what is stored and no lifecycle is a failure of ours"
    )
    func found() throws {
        let kitchen = Self.document("kitchen")
        #expect(try put("kitchen", kitchen).raw.status == 201)
        world.enter {
            world.facts.put(
                PlatformFact(.init(.lifecycle, "broken"), text: Array("{}".utf8)), tenant: "jeco"
            ) { _ in }
        }
        let found = Kept<Result<Lifecycle?, Fault>>()
        for name in ["baanfoodie", "kitchen", "bakery", "No", "broken"] {
            let count = found.all.count
            world.enter { world.gatewayLoop.lifecycle(named: name, tenant: "jeco") { found.all.append($0) } }
            #expect(found.all.count == count, "in a later turn")
            #expect(world.until([]) { found.all.count > count })
        }
        #expect(try found.all[0].get() == .baanfoodie)
        #expect(try found.all[1].get()?.json == kitchen)
        #expect(try found.all[2].get() == nil)
        #expect(try found.all[3].get() == nil)
        #expect(throws: Fault.self) { try found.all[4].get() }
        #expect(try ask("GET", "/broken").raw.status == 500)
    }
}
