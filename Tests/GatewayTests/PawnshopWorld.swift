import Authentication
import JSON
import Ports
import Reactor
import TestSupport
import Testing

@testable import Gateway

/// The gateway as Pawn Shop's people and programs see it.
struct PawnshopWorld {
    let world: GatewayWorld

    init(_ configure: (inout GatewayConfiguration) -> Void = { _ in }) throws { world = try GatewayWorld(configure) }

    struct Answer {
        let raw: TestAnswer
        let body: JSONValue
        var status: Int { raw.status }
        var data: JSONValue { body["data"] ?? .null }
        var message: String? { body["message"]?.string }
        var code: String? { body["error"]?["code"]?.string }
        var text: String { String(decoding: raw.body, as: UTF8.self) }
        var fields: [String] { (body["errors"]?.array ?? []).compactMap { $0["field"]?.string } }
        var cookies: [String] { raw.headers["set-cookie"] ?? [] }
    }

    static let everything: JSONObject = [
        "menuPermissions": ["Chat", "Log", "Metrics"], "permissions": ["READ:ActivityLog", "DELETE:ActivityLog"],
    ]

    func token(
        _ subject: String = "7", role: String = "staff", _ claims: JSONObject = ["menuPermissions": ["Chat"]],
        identifier: String? = nil
    ) throws -> String {
        try world.token(
            subject: subject, role: role, identifier: identifier ?? "t-\(subject)", tenant: "pawnshop", more: claims)
    }

    /// - Parameter schema: of an answer that is no refusal.
    func ask(
        _ method: String, _ path: String, _ schema: String?, _ body: String = "", token: String? = nil,
        fields: [String] = []
    ) throws -> Answer {
        let token = try token ?? self.token()
        let bearer = token.isEmpty ? [] : ["Authorization: Bearer " + token]
        return try read(world.ask(method, "/t/pawnshop" + path, bearer + fields, body: body), schema)
    }

    /// The same as an administrator who may do everything.
    func administer(_ method: String, _ path: String, _ schema: String?, _ body: String = "") throws -> Answer {
        try ask(method, path, schema, body, token: try token("1", role: "admin", Self.everything))
    }

    func read(_ raw: TestAnswer, _ schema: String?) throws -> Answer {
        guard raw["Content-Type"]?.hasPrefix("application/json") == true else { return Answer(raw: raw, body: .null) }
        let json = try JSONParser.parse(raw.body)
        let form = raw.status < 300 ? schema : "error"
        if let form {
            #expect(try JSONSchema.violations(of: json, "pawnshop.\(form).schema.json", isClosed: true) == [])
        }
        #expect(raw["Cache-Control"] == "no-store, no-transform")
        return Answer(raw: raw, body: json)
    }

    /// The model says the answer as soon as it is asked.
    func answerAlways(_ parts: String...) {
        world.model.called = { [loop = world.loop] call in
            loop.afterwards {
                for part in parts { call.say(part) }
                call.finish()
            }
        }
    }

    /// A conversation of that person's with one message and one answer; returns its id.
    func converse(_ message: String, _ token: String? = nil) throws -> String {
        let made = try ask("POST", "/api/v1/chat", "chat-answer", #"{"message":"\#(message)"}"#, token: token)
        #expect(made.status == 200)
        return try #require(made.data["conversationId"]?.string)
    }
}
