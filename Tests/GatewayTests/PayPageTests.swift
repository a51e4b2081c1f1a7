import Authentication
import JSON
import Primitives
import TestSupport
import Testing
import Transport

@testable import Gateway

@Suite("The page to pay on: whom a link's ticket lets in, and to what")
struct PayPageTests {
    private static let own = "http://127.0.0.1:8080"

    private struct Link {
        let world: GatewayWorld
        var tenant = "jeco"

        init(_ tenant: String = "jeco") throws {
            let own = try #require(Origin(PayPageTests.own))
            world = try GatewayWorld(origins: OriginPolicy(allowing: [own]))
            self.tenant = tenant
        }

        func ask(_ method: String, _ path: String, as token: String, body: String = "") throws -> TestAnswer {
            try world.ask(method, path, ["Authorization: Bearer \(token)"], body: body)
        }

        func service() throws -> String { try world.token(subject: "backend", role: "service", tenant: tenant) }

        func pay(_ id: String, expiresInSeconds: Int = 900) throws {
            let facts = #"{"payer":"u_1","amount":"345.00","expiresInSeconds":\#(expiresInSeconds)}"#
            let answer = try ask("PUT", "/v1/sessions/payment/\(id)", as: service(), body: facts)
            try #require(answer.status == 201)
        }

        func ticket(as token: String) throws -> String {
            let answer = try ask("POST", "/v1/tickets", as: token)
            return try #require(try JSONParser.parse(answer.body)["ticket"]?.string)
        }

        func trade(_ ticket: String, for id: String, _ fields: [String] = []) throws -> TestAnswer {
            try world.ask("POST", "/demo/pay/\(id)/token", fields, body: #"{"ticket":"\#(ticket)"}"#)
        }

        func token(for id: String) throws -> String {
            let answer = try trade(ticket(as: service()), for: id)
            try #require(answer.status == 201 && answer["Cache-Control"] == "no-store, no-transform")
            return try #require(try JSONParser.parse(answer.body)["token"]?.string)
        }
    }

    private func code(_ answer: TestAnswer) throws -> Int64? { try JSONParser.parse(answer.body)["code"]?.integer }

    private func claims(_ token: String) throws -> JSONValue {
        let part = try #require(token.split(separator: ".").dropFirst().first)
        return try JSONParser.parse(try #require(Base64.decodeURLSafe(part.utf8)))
    }

    @Test("Every payment has the same page; its files have a folder that no payment's id can stand in the way of")
    func page() throws {
        let world = try Link().world
        #expect(try world.ask("GET", "/demo/pay")["Location"] == "/demo/pay/")
        let pages = try ["/demo/pay/", "/demo/pay/981", "/demo/pay/files", "/demo/pay/pay.js"].map {
            try world.ask("GET", $0)
        }
        #expect(pages.allSatisfy { $0["Content-Type"] == "text/html; charset=utf-8" && $0.body == pages[0].body })
        #expect(pages.allSatisfy { $0["Content-Security-Policy"]?.contains("script-src 'self'") == true })
        #expect(try world.ask("GET", "/demo/pay/files/pay.js")["Content-Type"] == "text/javascript; charset=utf-8")
        #expect(try world.ask("GET", "/demo/pay/files/nothing.js").status == 404)
        #expect(try world.ask("GET", "/demo/pay/981/pay.js").status == 404)
    }

    @Test("A link's token pays that payment and does nothing else")
    func rights() throws {
        let link = try Link()
        try link.pay("p1")
        try link.pay("p2")
        let token = try link.token(for: "p1")
        let claims = try claims(token)
        #expect(claims["role"]?.string == "guest" && claims["sub"]?.string == "link:payment/p1")
        #expect(claims["grants"] == ["payment/p1:write"])
        #expect(try link.ask("GET", "/v1/sessions/payment/p1", as: token).status == 200)
        #expect(try link.ask("GET", "/v1/sessions/payment/p2", as: token).status == 403)
        let slip = #"{"name":"slip.submit","data":{"payload":"x"}}"#
        #expect(try link.ask("POST", "/v1/sessions/payment/p1/commands", as: token, body: slip).status == 200)
        #expect(try link.ask("POST", "/v1/sessions/payment/p2/commands", as: token, body: slip).status == 403)
        for name in ["payment.cancel", "payment.refund", "payment.resolve", "timer.extend", "escrow.release"] {
            let command = #"{"name":"\#(name)","data":{}}"#
            #expect(
                try code(link.ask("POST", "/v1/sessions/payment/p1/commands", as: token, body: command)) == 2102,
                "\(name)")
        }
        // What a customer could begin without being granted it.
        let talk = #"{"name":"message.send","data":{"text":"hello"}}"#
        #expect(try link.ask("POST", "/v1/sessions/conversation/c_1/commands", as: token, body: talk).status != 200)
        #expect(try link.ask("GET", "/t/jeco/api/v1/chat/conversations", as: token).status == 403)
        #expect(try link.ask("PUT", "/v1/sessions/payment/p3", as: token, body: "{}").status == 403)
        let renewed = try link.trade(link.ticket(as: token), for: "p1")
        #expect(try renewed.status == 403 && code(renewed) == 2102, "a link makes no further links")
    }

    @Test(
        "It lives an hour longer than the payment may be paid, and a day at most",
        arguments: [(900, 4_500), (604_800, 86_400)])
    func lifetime(expiresInSeconds: Int, lifetime: Int64) throws {
        let link = try Link()
        try link.pay("p1", expiresInSeconds: expiresInSeconds)
        let claims = try claims(try link.token(for: "p1"))
        let (begin, end) = (try #require(claims["iat"]?.integer), try #require(claims["exp"]?.integer))
        #expect(end - begin == lifetime)
    }

    @Test("Who opens a payment that is long over sees for an hour how it ended")
    func late() throws {
        let link = try Link()
        try link.pay("p1", expiresInSeconds: 10)
        link.world.advance(.seconds(3_000))
        let claims = try claims(try link.token(for: "p1"))
        let (begin, end) = (try #require(claims["iat"]?.integer), try #require(claims["exp"]?.integer))
        #expect(end - begin == 3_600)
    }

    @Test("A ticket is for once, for thirty seconds, and for what its owner may pay")
    func tickets() throws {
        let link = try Link()
        try link.pay("p1")
        let payer = try link.ticket(as: link.world.token())
        #expect(try link.trade(payer, for: "p1").status == 201)
        #expect(try code(link.trade(payer, for: "p1")) == 2104)
        let stranger = try link.ticket(as: link.world.token(subject: "u_2"))
        #expect(try code(link.trade(stranger, for: "p1")) == 2102)
        #expect(try code(link.trade(link.ticket(as: link.service()), for: "nothing")) == 2301)
        let reader = try link.world.token(subject: "u_2", grants: ["payment/p1:read"])
        #expect(try code(link.trade(link.ticket(as: reader), for: "p1")) == 2102)
        let old = try link.ticket(as: link.service())
        link.world.advance(.seconds(31))
        #expect(try code(link.trade(old, for: "p1")) == 2104)
        for body in ["", "{}", #"{"ticket":7}"#, "ticket"] {
            #expect(try code(link.world.ask("POST", "/demo/pay/p1/token", body: body)) == 2200, "\(body)")
        }
    }

    @Test("A page of elsewhere gets no token, and uses no ticket up")
    func origins() throws {
        let link = try Link()
        try link.pay("p1")
        let ticket = try link.ticket(as: link.service())
        #expect(try code(link.trade(ticket, for: "p1", ["Origin: https://elsewhere.example"])) == 2105)
        #expect(try link.trade(ticket, for: "p1", ["Origin: \(Self.own)"]).status == 201)
    }

    @Test("Without a key to sign with, that is said")
    func noKey() throws {
        let link = try Link("company_b")
        try link.pay("p1")
        #expect(try code(link.trade(link.ticket(as: link.service()), for: "p1")) == 2203)
    }
}
