import Authentication
import JSON
import TestSupport
import Testing
import Transport

@testable import Gateway

@Suite("Demo pages: what is served, and what only a development server does for them")
struct DemoPageTests {
    private static let own = "http://127.0.0.1:8080"

    private func world(_ demo: DemoServices?, isDevelopment: Bool = true) throws -> GatewayWorld {
        try GatewayWorld(
            { $0.isDevelopment = isDevelopment },
            origins: OriginPolicy(allowing: [try #require(Origin(Self.own))]), demo: demo)
    }

    /// Answers with what it was asked.
    private static let demo = DemoServices(
        token: { "\($0)" },
        play: { act, completion in
            switch act {
            case .people: completion((200, Array(#"{"users":[]}"#.utf8)))
            case .send(let order): completion(order.isEmpty ? nil : (400, order))
            case .transfer(let order), .announce(let order): completion((200, order))
            }
        })

    @Test(
        "Each page is in its folder, with the files that all share",
        arguments: [("/demo/chat", "chat"), ("/demo/oa", "oa"), ("/demo/gold", "gold")])
    func files(folder: String, name: String) throws {
        let world = try world(nil, isDevelopment: false)
        let bare = try world.ask("GET", folder)
        #expect(bare.status == 308 && bare["Location"] == folder + "/")
        for (file, type) in [
            ("", "text/html; charset=utf-8"), ("\(name).js", "text/javascript; charset=utf-8"),
            ("\(name).css", "text/css; charset=utf-8"), ("base.css", "text/css; charset=utf-8"),
            ("protocol.js", "text/javascript; charset=utf-8"),
        ] {
            let answer = try world.ask("GET", "\(folder)/\(file)")
            #expect(answer.status == 200 && answer["Content-Type"] == type, "\(folder)/\(file)")
        }
        #expect(try world.ask("GET", "\(folder)/nothing.js").status == 404)
        #expect(try world.ask("GET", "/demo/oa/conversation.js").status == 404, "that is the chat's")
    }

    @Test("Whoever asks for a token is the visitor of that page")
    func tokens() throws {
        let world = try world(Self.demo)
        for (path, visitor) in [
            ("/demo/chat/token", "customer"), ("/demo/oa/token", "slipStaff"), ("/demo/pay/demo/shop", "shop"),
            ("/demo/track/demo/shop", "shop"), ("/demo/ride/demo/token", "rider"),
            ("/demo/gold/token", "goldBuyer"), ("/demo/gold/demo/staff", "goldStaff"),
        ] {
            #expect(try JSONParser.parse(try world.ask("GET", path).body)["token"]?.string == visitor)
        }
    }

    @Test("The stand-ins' answers are passed on as they are")
    func play() throws {
        let world = try world(Self.demo)
        let people = try world.ask("GET", "/demo/oa/people")
        #expect(people.status == 200 && people.body == Array(#"{"users":[]}"#.utf8))
        #expect(people["Cache-Control"] == "no-store")
        let refused = try world.ask("POST", "/demo/oa/send", body: #"{"error":"no such account"}"#)
        #expect(refused.status == 400 && refused.body == Array(#"{"error":"no such account"}"#.utf8))
        #expect(try world.ask("POST", "/demo/oa/send").status == 502, "no stand-in answers")
        let paid = try world.ask("POST", "/demo/pay/demo/transfer", body: #"{"amount":"1.00"}"#)
        #expect(paid.status == 200 && paid.body == Array(#"{"amount":"1.00"}"#.utf8))
    }

    @Test(
        "Nobody else's page, and no server in earnest, has any of it",
        arguments: [
            ("GET", "/demo/chat/token"), ("GET", "/demo/oa/token"), ("GET", "/demo/oa/people"),
            ("POST", "/demo/oa/send"), ("GET", "/demo/pay/demo/shop"), ("POST", "/demo/pay/demo/transfer"),
            ("GET", "/demo/track/demo/shop"), ("GET", "/demo/ride/demo/token"),
        ])
    func refusals(method: String, path: String) throws {
        let world = try world(Self.demo)
        #expect(try world.ask(method, path, ["Origin: \(Self.own)"], body: "{}").status != 404)
        #expect(try world.ask(method, path, ["Origin: https://elsewhere.example"], body: "{}").status == 404)
        #expect(try self.world(nil).ask(method, path, body: "{}").status == 404)
        // The rest of a folder may be files, which nobody posts to.
        let status = try self.world(Self.demo, isDevelopment: false).ask(method, path, body: "{}").status
        #expect(status == (method == "POST" && path.hasPrefix("/demo/oa/") ? 405 : 404))
    }
}
