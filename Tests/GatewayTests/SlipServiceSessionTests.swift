import Domain
import JSON
import Ports
import Primitives
import TestSupport
import Testing

@testable import Gateway

@Suite("The slip service's routes: the administrator's session")
struct SlipServiceSessionTests {
    private static let path = "/api/tenants/company_a/"
    private static let body: JSONValue = [
        "username": "admin", "password": "pass word", "captchaId": "c-1", "captchaCode": "12345",
        "apiBaseUrl": "https://api.company-a.com/",
    ]

    private func open(_ world: SlipServiceWorld, username: String = "boss") {
        world.world.administration.login = .success(
            token: Secret("admin-token-1"), refreshToken: Secret("access-token-1"),
            expiresAt: world.world.time.wallClock.advanced(by: .seconds(3_600)), username: username)
    }

    @Test("A login is kept, tells the LINE accounts, and shows no token")
    func login() throws {
        let world = try SlipServiceWorld()
        open(world)
        let made = try world.ask("POST", Self.path + "line-oas", ["id": "oa-1", "name": "OA one"])
        #expect(made.status == 200)
        let answer = try world.ask("POST", Self.path + "admin-login", Self.body)
        #expect(answer.status == 200)
        #expect(
            answer.json == ["success": true, "token": "***", "username": "boss", "message": "Login successful"])
        #expect(answer.raw["Cache-Control"]?.contains("no-store") == true)
        #expect(
            world.world.administration.calls == [
                .login(
                    BackEndLogin(
                        username: "admin", password: Secret("pass word"), captchaID: "c-1", captchaCode: "12345"),
                    "https://api.company-a.com")
            ])
        let row = try #require(world.world.tenants["company_a"]?.adminSession)
        #expect(row.token == Secret("admin-token-1") && row.refreshToken == Secret("access-token-1"))
        let address = SessionAddress(tenant: "company_a", kind: .lineAccount, id: "oa-1")
        world.world.until([]) { world.world.store.records[address]?.log.last?.name == "admin.renewed" }
        #expect(world.world.store.records[address]?.log.last?.name == "admin.renewed")
        let other = SessionAddress(tenant: "company_b", kind: .lineAccount, id: "oa-1")
        #expect(world.world.store.records[other] == nil)
    }

    @Test("What the back end does not take is told in its words, and changes nothing")
    func refused() throws {
        let world = try SlipServiceWorld()
        for (answer, status, message) in [
            (BackEndLoginAnswer.refused(message: "captcha ไม่ถูกต้อง"), 400, "captcha ไม่ถูกต้อง"),
            (.refused(message: nil), 400, "the back end refused the login"),
            (.unavailable, 500, "the back end does not answer"),
        ] {
            world.world.administration.login = answer
            let answer = try world.ask("POST", Self.path + "admin-login", Self.body)
            #expect(answer.status == status)
            #expect(answer.json == ["success": false, "message": .string(message)])
        }
        #expect(world.world.settings.written.isEmpty)
    }

    @Test("A password goes to the tenant's own back end only")
    func otherBackEnd() throws {
        let world = try SlipServiceWorld()
        open(world)
        for url in ["https://evil.example", "https://api.company-b.com", "http://api.company-a.com", "x", 7]
            as [JSONValue]
        {
            var body = Self.body.object ?? [:]
            body["apiBaseUrl"] = url
            let answer = try world.ask("POST", Self.path + "admin-login", .object(body))
            #expect(answer.status == 400 && answer.message.contains("apiBaseUrl"))
        }
        for name in ["username", "password"] {
            var body = Self.body.object ?? [:]
            body[name] = nil
            let answer = try world.ask("POST", Self.path + "admin-login", .object(body))
            #expect(answer.status == 400 && answer.message == name + " is missing")
        }
        #expect(world.world.administration.calls.isEmpty)
    }

    @Test("A session that is not written is not told")
    func storeFails() throws {
        let world = try SlipServiceWorld()
        open(world)
        world.world.settings.failure = .unavailable
        #expect(try world.ask("POST", Self.path + "admin-login", Self.body).status == 503)
        #expect(world.world.tenants["company_a"]?.adminSession?.username == "admin")
    }

    @Test("A session is shown without its token; one that is over is none")
    func session() throws {
        let world = try SlipServiceWorld()
        let answer = try world.ask("GET", Self.path + "session")
        #expect(answer.status == 200 && answer.json["token"]?.string == "***")
        #expect(answer.json["refreshToken"] == .null && answer.json["status"]?.string == "ACTIVE")
        #expect(answer.json["lastValidated"]?.string != nil)
        #expect(world.world.administration.calls.isEmpty, "it is new")

        world.world.time.advance(by: SlipServiceLimits.maxSessionAge + .seconds(1))
        world.world.administration.state = .unavailable
        #expect(try world.ask("GET", Self.path + "session").json == answer.json)
        world.world.administration.state = .active
        let later = try world.ask("GET", Self.path + "session")
        #expect(later.json["lastValidated"] != answer.json["lastValidated"])
        #expect(world.world.administration.calls.count == 2)

        world.world.time.advance(by: SlipServiceLimits.maxSessionAge + .seconds(1))
        world.world.administration.state = .expired
        for _ in 0..<2 {
            let answer = try world.ask("GET", Self.path + "session")
            #expect(answer.status == 404)
            #expect(answer.json == ["success": false, "message": "No active session found"])
        }
        #expect(world.world.tenants["company_a"]?.adminSession?.status == .expired)
        #expect(world.world.administration.calls.count == 3)
    }

    @Test("A logout ends the session at the back end and here, whatever the back end says", arguments: [true, false])
    func logout(isOver: Bool) throws {
        let world = try SlipServiceWorld()
        world.world.administration.isOver = isOver
        let answer = try world.ask("POST", Self.path + "logout")
        #expect(answer.status == 200 && answer.json == ["success": true, "message": "Logout สำเร็จ"])
        #expect(
            world.world.administration.calls == [.logout(Secret("admin-token-1"), "https://api.company-a.com")])
        #expect(world.world.tenants["company_a"]?.adminSession == nil)
        #expect(try world.ask("POST", Self.path + "logout").status == 200)
        #expect(world.world.settings.written == [.deleteAdminSession(tenant: "company_a")])
        #expect(try world.ask("GET", Self.path + "session").status == 404)
    }
}
