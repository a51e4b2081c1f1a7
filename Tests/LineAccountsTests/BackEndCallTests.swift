import Domain
import HTTPClient
import JSON
import Ports
import Primitives
import Reactor
import TestSupport
import Testing

@testable import LineAccounts

@Suite("Calls to a tenant's back end", .timeLimit(.minutes(5)))
struct BackEndCallTests {
    private let credit: JSONValue = ["id": "CR1", "amount": "500.00", "userId": "USER123"]

    @Test("a credit is sent with its key, in the administrator's name, and asked about by its key")
    func credits() throws {
        let world = try World { request in request.method == "POST" ? .json(201, credit) : .json(200, credit) }
        let made: CreditAnswer = try world.answer { $0.submit(Samples.credit, transaction: "t_1", $1) }
        #expect(made == .accepted(reference: "CR1"))
        let asked: CreditAskAnswer = try world.answer { $0.ask(Samples.credit, $1) }
        #expect(asked == .found(Samples.satang(50_000), reference: "CR1"))

        #expect(world.log.requests.map(\.method) == ["POST", "GET"])
        #expect(world.log.requests.map(\.path) == ["/backend/credits", "/backend/credits/\(Samples.credit.key)"])
        #expect(world.log.requests.allSatisfy { $0.headers["authorization"] == "Bearer admin-token" })
        #expect(world.log.requests[0].headers["idempotency-key"] == Samples.credit.key)
        let body = try #require(world.log.requests[0].json)
        #expect(try JSONSchema.violations(of: body, "backend.credit-order.schema.json") == [])
    }

    @Test(
        "each answer to a credit means one thing",
        arguments: [
            (409, "{\"message\":\"used\"}", CreditAnswer.duplicate), (409, "<html>", .unclear),
            (401, "{\"message\":\"x\"}", .adminExpired), (422, "{\"message\":\"closed\"}", .refused),
            (502, "<html>", .unclear), (201, "{\"id\":\"CR1\",\"amount\":\"5.00\"}", .unclear),
        ])
    func answers(_ status: Int, _ body: String, _ meaning: CreditAnswer) throws {
        let world = try World { _ in .text(status, body) }
        let answer: CreditAnswer = try world.answer { $0.submit(Samples.credit, transaction: "t_1", $1) }
        #expect(answer == meaning)
        #expect(world.expired.all == (meaning == .adminExpired ? [World.tenant] : []))
    }

    @Test("a credit goes out on a fresh connection: a kept one that is closed must not look as if nothing was sent")
    func freshConnection() throws {
        let world = try World { [credit] request in
            request.method == "POST" ? .json(201, credit) : .json(200, ["users": []])
        }
        for _ in 0..<2 {
            let asked: CreditAskAnswer = try world.answer { $0.ask(Samples.credit, $1) }
            #expect(asked == .unclear)
        }
        #expect(world.server.peers.count == 1)
        let made: CreditAnswer = try world.answer { $0.submit(Samples.credit, transaction: "t_1", $1) }
        #expect(made == .accepted(reference: "CR1"))
        #expect(world.server.peers.count == 2)
    }

    @Test("users are searched for by what the slip shows, and nobody by nothing")
    func users() throws {
        let world = try World { _ in
            .json(
                200, ["users": [["id": "USER123", "memberCode": "MEM001", "fullname": "สมชาย ใจดี", "bank": "KBANK"]]])
        }
        let found: UsersAnswer = try world.answer { $0.searchUsers(Samples.sender, $1) }
        let user = UserCandidate(id: "USER123", memberCode: "MEM001", fullName: "สมชาย ใจดี", bank: BankCode("004"))
        #expect(found == .found([user]))
        #expect(world.log.requests[0].path == "/backend/users/search")
        let body = try #require(world.log.requests[0].json)
        #expect(try JSONSchema.violations(of: body, "backend.user-search.schema.json") == [])
        #expect(body["maskedAccount"]?.string == "xxx-x-x1234-x")

        let nobody: UsersAnswer = try world.answer { $0.searchUsers(SlipParty(bank: BankCode("004")), $1) }
        #expect(nobody == .found([]))
        #expect(world.log.count == 1)
    }

    // MARK: The administrator's session

    @Test("a session that is not active is not used", arguments: [AdminSessionRow.Status.inactive, .expired])
    func inactive(_ status: AdminSessionRow.Status) throws {
        let world = try World(settings: World.settings(status: status)) { _ in .silence }
        for call in [Call.accounts, .users, .credit, .ask] {
            let answer: String = try world.answer(call.make)
            #expect(answer == "adminExpired", "\(call)")
        }
        #expect(world.log.count == 0)
        // The book knows already.
        #expect(world.expired.all.isEmpty)
    }

    @Test("a session that the back end refuses is reported", arguments: [Call.accounts, .users, .credit, .ask])
    func refused(_ call: Call) throws {
        let world = try World { _ in .json(401, ["message": "expired"]) }
        let answer: String = try world.answer(call.make)
        #expect(answer == "adminExpired")
        #expect(world.expired.all == [World.tenant])
    }

    @Test(
        "a session that was replaced while the back end refused it is nobody's fault: the call is made again later",
        arguments: [(Call.accounts, "unavailable"), (.users, "unavailable"), (.credit, "unsent"), (.ask, "unclear")])
    func replaced(_ call: Call, _ meaning: String) throws {
        let renewed = World.session(token: "new-token")
        let book = Holder<TenantBook>()
        let world = try World { request in
            guard request.headers["authorization"] == "Bearer admin-token" else { return .silence }
            book.value?.apply(.adminSession(renewed))
            return .json(401, ["message": "expired"])
        }
        book.value = world.book
        let answer: String = try world.answer(call.make)
        #expect(answer == meaning)
        #expect(world.expired.all.isEmpty)
        // The next call is made with the new one.
        let next: Answers<String> = world.call(call.make)
        world.run(until: { world.log.count == 2 })
        #expect(world.log.requests[1].headers["authorization"] == "Bearer new-token")
        #expect(next.count == 0)
    }

    @Test("a session that was ended while the back end refused it is expired, and the book knows")
    func ended() throws {
        let book = Holder<TenantBook>()
        let world = try World { _ in
            book.value?.apply(.deleteAdminSession(tenant: World.tenant))
            return .json(401, ["message": "expired"])
        }
        book.value = world.book
        let answer: CreditAnswer = try world.answer { $0.submit(Samples.credit, transaction: "t_1", $1) }
        #expect(answer == .adminExpired)
        #expect(world.expired.all.isEmpty)
    }

    @Test("administrators log in, are looked at, and log out")
    func adminSessions() throws {
        let world = try World { request in
            switch request.path {
            case "/b/auth/login":
                request.json?["captchaCode"]?.string == "12345"
                    ? .json(200, ["token": "t-1", "username": "admin", "expiresAt": "2026-11-22T10:00:00Z"])
                    : .json(400, ["message": "captcha ไม่ถูกต้อง"])
            case "/b/session":
                request.headers["authorization"] == "Bearer t-1"
                    ? .json(200, ["username": "admin"])
                    : .json(401, ["message": "expired"])
            case "/b/auth/logout": .text(204, "")
            default: .text(404, "")
            }
        }
        let url = world.server.url + "/b"
        let sessions = AdminSessions(client: world.client)
        var credentials = BackEndLogin(
            username: "admin", password: Secret("p"), captchaID: "c", captchaCode: "1")
        func login(_ url: String) throws -> LoginAnswer {
            try world.answer { _, completion in sessions.login(credentials, at: url, completion) }
        }
        #expect(try login(url) == .refused(message: "captcha ไม่ถูกต้อง"))
        credentials.captchaCode = "12345"
        let login1 = AdminLogin(
            username: "admin", token: Secret("t-1"), refreshToken: nil,
            expiresAt: Timestamp(rfc3339: "2026-11-22T10:00:00Z"))
        #expect(try login(url) == .loggedIn(login1))
        #expect(world.log.requests.allSatisfy { $0.headers["authorization"] == nil })
        #expect(try login(url + "/elsewhere") == .unavailable)
        #expect(try login("http://127.0.0.1:1") == .unavailable)

        let good: SessionAnswer = try world.answer { sessions.look(at: Secret("t-1"), at: url, $1) }
        #expect(good == .active(username: "admin"))
        let bad: SessionAnswer = try world.answer { sessions.look(at: Secret("t-2"), at: url, $1) }
        #expect(bad == .expired)
        let out: LogoutAnswer = try world.answer { sessions.logout(Secret("t-1"), at: url, $1) }
        #expect(out == .done)
    }

    @Test("a login that hangs is given up after ten seconds")
    func hangingLogin() throws {
        let world = try World { _ in .silence }
        let url = world.server.url
        let sessions = AdminSessions(client: world.client)
        let answer: LoginAnswer = try world.answerAfter(.seconds(10)) { _, completion in
            sessions.login(BackEndLogin(username: "a", password: Secret("b")), at: url, completion)
        }
        #expect(answer == .unavailable)
    }
}

/// A value that comes after the closure that needs it.
final class Holder<Value> {
    var value: Value?
}
