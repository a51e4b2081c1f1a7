import Authentication
import Domain
import JSON
import TestSupport
import Testing
import Transport

@testable import Gateway

@Suite("What every answer says to browsers (Fetch §3, CSP)")
struct AnswerPolicyTests {
    private static let jeco = "https://jeco.example"
    private static let other = "https://a.example"

    private func world() throws -> GatewayWorld {
        try GatewayWorld(
            {
                $0.tenantHosts = ["api.jeco.example": "jeco", "api.a.example": "company_a"]
                $0.isDevelopment = true
            },
            origins: OriginPolicy(
                allowing: [],
                tenants: [
                    "jeco": [try #require(Origin(Self.jeco))], "company_a": [try #require(Origin(Self.other))],
                ]))
    }

    @Test(
        "Whatever the answer, it is nothing to embed, frame, sniff or store",
        arguments: [
            ("GET", "/health"), ("HEAD", "/health"), ("GET", "/nothing"), ("POST", "/health"), ("GET", "/v1/socket"),
            ("POST", "/v1/tickets"), ("OPTIONS", "/health"), ("GET", "/"), ("GET", "/metrics"), ("TRACE", "/"),
            ("GET", "/t/jeco/api/v1/chat/conversations"),
        ])
    func defensive(method: String, path: String) throws {
        let answer = try world().ask(method, path)
        #expect(answer["X-Content-Type-Options"] == "nosniff")
        #expect(answer["Referrer-Policy"] == "no-referrer")
        #expect(answer["X-Frame-Options"] == "DENY")
        #expect(answer["Cross-Origin-Resource-Policy"] == "same-origin")
        #expect(answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'")
        #expect(answer["Cache-Control"] == "no-store")
        #expect(answer["Date"] != nil)
    }

    @Test func aPageHasItsOwnPolicy() throws {
        let answer = try world().ask("GET", "/demo/chat/")
        #expect(answer.status == 200 && answer["Cache-Control"] == "no-cache")
        let policy = try #require(answer["Content-Security-Policy"])
        #expect(policy.contains("script-src 'self'") && policy.contains("frame-ancestors 'none'"))
    }

    @Test(
        "A preflight is judged by the tenant in the path, by the host's, or by all",
        arguments: [
            ("/t/jeco/api/v1/chat/messages", "h", true, false), ("/t/company_a/api/v1/chat/messages", "h", false, true),
            ("/t/nobody/api/v1/chat/messages", "h", false, false),
            ("/api/v1/chat/messages", "api.jeco.example", true, false),
            ("/v1/tickets", "api.a.example:8080", false, true), ("/v1/tickets", "h", true, true),
        ])
    func preflight(path: String, host: String, jeco: Bool, other: Bool) throws {
        let world = try world()
        for (origin, isAllowed) in [(Self.jeco, jeco), (Self.other, other), ("https://evil.example", false)] {
            let client = try RawClient(port: world.listener.port)
            client.send(
                "OPTIONS \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\nOrigin: \(origin)\r\n"
                    + "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n\r\n")
            world.until([]) {
                client.poll()
                return client.isOver
            }
            let answer = try TestAnswer(client.received)
            #expect(answer.status == 204 && answer.varies(on: "Origin"))
            #expect(answer["Access-Control-Allow-Origin"] == (isAllowed ? origin : nil), "\(origin) at \(host)\(path)")
            #expect(answer["Access-Control-Allow-Credentials"] == (isAllowed ? "true" : nil))
            #expect(answer["Access-Control-Allow-Methods"] == (isAllowed ? "POST" : nil))
            #expect(answer["Access-Control-Max-Age"] == (isAllowed ? "86400" : nil))
            #expect(answer["Access-Control-Allow-Headers"]?.contains("Authorization") == (isAllowed ? true : nil))
        }
    }

    @Test func theAnswerVariesWithTheOriginAlsoWithoutOne() throws {
        let world = try world()
        let absent = try world.ask("GET", "/health")
        #expect(absent.varies(on: "Origin") && absent["Access-Control-Allow-Origin"] == nil)
        let refused = try world.ask("GET", "/health", ["Origin: https://evil.example"])
        #expect(refused.status == 200 && refused.varies(on: "Origin"))
        #expect(refused["Access-Control-Allow-Origin"] == nil)
        let allowed = try world.ask("GET", "/health", ["Origin: \(Self.jeco)"])
        #expect(allowed["Access-Control-Allow-Origin"] == Self.jeco && allowed.varies(on: "Origin"))
        for name in ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After", "X-Request-ID"] {
            #expect(allowed["Access-Control-Expose-Headers"]?.contains(name) == true)
        }
    }

    @Test func aTokenIsWorthNothingToAPageOfAnotherTenant() throws {
        let world = try world()
        let bearer = "Authorization: Bearer \(try world.token())"
        #expect(try world.ask("POST", "/v1/tickets", [bearer]).status == 201)
        #expect(try world.ask("POST", "/v1/tickets", [bearer, "Origin: \(Self.jeco)"]).status == 201)
        for origin in [Self.other, "https://evil.example", "null"] {
            let answer = try world.ask("POST", "/v1/tickets", [bearer, "Origin: \(origin)"])
            #expect(answer.status == 403 && String(decoding: answer.body, as: UTF8.self).contains("2105"))
            #expect(answer["Access-Control-Allow-Origin"] == nil && answer.varies(on: "Origin"))
        }
        let theirs = "Authorization: Bearer \(try world.token(tenant: "company_a"))"
        #expect(try world.ask("POST", "/v1/tickets", [theirs, "Origin: \(Self.other)"]).status == 201)
        #expect(try world.ask("POST", "/v1/tickets", [theirs, "Origin: \(Self.jeco)"]).status == 403)
    }

    @Test func aHelloFromAPageOfAnotherTenantIs2105And4506() throws {
        let world = try world()
        let client = try world.connect("Origin: \(Self.other)\r\n")
        client.say(#"{"type":"hello","token":"\#(try world.token())"}"#)
        #expect(world.until([client]) { client.closeCode == 4506 })
        #expect(client.first("fault")?["code"] == 2105)
        let own = try world.connect("Origin: \(Self.jeco)\r\n")
        own.say(#"{"type":"hello","token":"\#(try world.token())"}"#)
        #expect(world.until([own]) { own.first("welcome") != nil })
    }

    @Test func aCodedBodyIs415() throws {
        let world = try world()
        let bearer = "Authorization: Bearer \(try world.token())"
        for coding in ["gzip", "identity, br", "x"] {
            let answer = try world.ask("POST", "/v1/tickets", [bearer, "Content-Encoding: \(coding)"], body: "x")
            #expect(answer.status == 415 && answer["Accept-Encoding"] == "identity")
        }
        #expect(try world.ask("POST", "/v1/tickets", [bearer, "Content-Encoding: Identity"], body: "{}").status == 201)
    }

    @Test func headOfAStreamIsItsHead() throws {
        let world = try world()
        _ = try world.greet()  // The world has work besides.
        let created = try world.ask(
            "PUT", "/v1/sessions/conversation/c_1", ["Authorization: Bearer \(try world.token(role: "staff"))"],
            body: #"{"owner":"u_1","advisor":false}"#)
        #expect(created.status == 201)
        let bearer = "Authorization: Bearer \(try world.token())"
        let answer = try world.ask("HEAD", "/v1/sessions/conversation/c_1/events", [bearer])
        #expect(answer.status == 200 && answer["Content-Type"] == "text/event-stream; charset=utf-8")
        #expect(answer.body.isEmpty)
        #expect(try world.ask("HEAD", "/v1/socket").status == 426)
    }
}
