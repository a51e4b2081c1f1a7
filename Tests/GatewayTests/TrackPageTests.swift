import Authentication
import JSON
import Primitives
import TestSupport
import Testing
import Transport

@testable import Gateway

@Suite("The page to follow an order on: whom a link's ticket lets in, and to what")
struct TrackPageTests {
    private static let own = "http://127.0.0.1:8080"

    private struct Link {
        let world: GatewayWorld

        init() throws {
            world = try GatewayWorld(origins: OriginPolicy(allowing: [try #require(Origin(TrackPageTests.own))]))
        }

        func ask(_ method: String, _ path: String, as token: String, body: String = "") throws -> TestAnswer {
            try world.ask(method, path, ["Authorization: Bearer \(token)"], body: body)
        }

        func service() throws -> String { try world.token(subject: "backend", role: "service") }

        func order(_ id: String, customer: String = "u_1") throws {
            let facts = #"{"customer":"\#(customer)","lifecycle":"jeco","provider":"p_1"}"#
            try #require(try ask("PUT", "/v1/sessions/order/\(id)", as: service(), body: facts).status == 201)
            try #require(try command(id, "rider.assign", #"{"rider":"r_1"}"#, as: service()).status == 200)
        }

        func command(_ id: String, _ name: String, _ data: String, as token: String) throws -> TestAnswer {
            let body = #"{"name":"\#(name)","data":\#(data)}"#
            return try ask("POST", "/v1/sessions/order/\(id)/commands", as: token, body: body)
        }

        func trade(_ id: String, as token: String, _ fields: [String] = []) throws -> TestAnswer {
            let ticket = try JSONParser.parse(try ask("POST", "/v1/tickets", as: token).body)["ticket"]?.string
            return try world.ask("POST", "/demo/track/\(id)/token", fields, body: #"{"ticket":"\#(ticket ?? "")"}"#)
        }

        func token(_ id: String) throws -> String {
            let answer = try trade(id, as: service())
            try #require(answer.status == 201 && answer["Cache-Control"] == "no-store, no-transform")
            return try #require(try JSONParser.parse(answer.body)["token"]?.string)
        }
    }

    private func code(_ answer: TestAnswer) throws -> Int64? { try JSONParser.parse(answer.body)["code"]?.integer }

    private func claims(_ token: String) throws -> JSONValue {
        let part = try #require(token.split(separator: ".").dropFirst().first)
        return try JSONParser.parse(try #require(Base64.decodeURLSafe(part.utf8)))
    }

    private func lifetime(_ token: String) throws -> Int64 {
        let claims = try claims(token)
        return try #require(claims["exp"]?.integer) - (try #require(claims["iat"]?.integer))
    }

    @Test("A link's token follows that order as its customer, and does nothing else")
    func rights() throws {
        let link = try Link()
        try link.order("o1")
        try link.order("o2")
        let token = try link.token("o1")
        #expect(try claims(token)["role"]?.string == "guest")
        #expect(try claims(token)["grants"] == ["order/o1:write"])
        let snapshot = try JSONParser.parse(try link.ask("GET", "/v1/sessions/order/o1", as: token).body)
        #expect(snapshot["state"]?["customer"]?.string == "u_1")
        #expect(try link.ask("GET", "/v1/sessions/order/o2", as: token).status == 403)
        for (name, data) in [
            ("status.advance", #"{"to":"confirmed"}"#), ("rider.assign", #"{"rider":"r_2"}"#),
            ("payment.attach", #"{"payment":"p"}"#),
        ] {
            #expect(try code(link.command("o1", name, data, as: token)) == 2102, "\(name)")
        }
        #expect(try code(link.trade("o1", as: token)) == 2102, "a link makes no further links")
    }

    @Test("Its customer and who serves the tenant may give it away; who else sees it may not")
    func tickets() throws {
        let link = try Link()
        try link.order("o1")
        for (subject, role) in [("u_1", "customer"), ("s_1", "staff"), ("backend", "service")] {
            let token = try link.world.token(subject: subject, role: role)
            #expect(try link.trade("o1", as: token).status == 201, "\(role)")
        }
        for (subject, role) in [("r_1", "rider"), ("p_1", "provider"), ("u_2", "customer")] {
            let token = try link.world.token(subject: subject, role: role)
            #expect(try code(link.trade("o1", as: token)) == 2102, "\(role)")
        }
        let reader = try link.world.token(subject: "u_2", grants: ["order/o1:read"])
        #expect(try link.ask("GET", "/v1/sessions/order/o1", as: reader).status == 200)
        #expect(try code(link.trade("o1", as: reader)) == 2102)
        #expect(try code(link.trade("nothing", as: link.service())) == 2301)
        #expect(try code(link.trade("o1", as: link.service(), ["Origin: https://elsewhere.example"])) == 2105)
    }

    @Test("It lives a day, and an hour once the order is over")
    func lifetime() throws {
        let link = try Link()
        try link.order("o1")
        #expect(try lifetime(link.token("o1")) == 86_400)
        let customer = try link.world.token(subject: "u_1", role: "customer")
        try #require(try link.command("o1", "order.cancel", #"{"reason":"r"}"#, as: customer).status == 200)
        #expect(try lifetime(link.token("o1")) == 3_600)
    }
}
