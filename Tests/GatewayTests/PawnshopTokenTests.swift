import Authentication
import JSON
import Ports
import Primitives
import Reactor
import TestSupport
import Testing

@testable import Gateway

@Suite("Pawn Shop's tokens")
struct PawnshopTokenTests {
    private static let expired = ["accessToken", "token"].map {
        "\($0)=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict"
    }

    @Test("Logging out refuses the token from then on, closes its sockets with 4503 and takes the cookies back")
    func logout() throws {
        let shop = try PawnshopWorld()
        let (token, other) = (try shop.token(), try shop.token(identifier: "t-another"))
        let socket = try shop.world.greet(token)
        let kept = try shop.world.greet(other)
        let answer = try shop.ask("POST", "/api/auth/logout", "done", token: token, fields: ["User-Agent: Pawn/1"])
        #expect(answer.status == 200 && answer.message == "Logout successful" && answer.body["data"] == .null)
        #expect(answer.cookies == Self.expired)
        #expect(shop.world.until([socket]) { socket.closeCode != nil } && socket.closeCode == 4503)
        shop.world.settle(kept)
        #expect(kept.closeCode == nil, "another token of the same person stays")
        let again = try shop.ask("GET", "/api/v1/chat/conversations", nil, token: token)
        #expect(again.status == 401 && again.code == "TOKEN_BLACKLISTED")
        #expect(try shop.ask("GET", "/api/auth/me", "me", token: other).status == 200)
        let written = shop.world.revocations.written.map(\.revocation)
        #expect(written.map(\.cause) == [.loggedOut] && written.map(\.tenant) == ["pawnshop"])
        let line = try #require(shop.world.store.activities.last)
        #expect(line.activity == .logout && line.subject == "7" && line.userAgent == "Pawn/1")
        #expect(line.address == "127.0.0.1")
    }

    @Test("A token that somebody takes back closes its sockets with 4507, and the activity log says who it was")
    func revoking() throws {
        let shop = try PawnshopWorld()
        let token = try shop.token()
        let socket = try shop.world.greet(token)
        let admin = try shop.token("1", role: "admin", PawnshopWorld.everything)
        let done = try shop.world.ask(
            "POST", "/v1/tokens/revoke", ["Authorization: Bearer " + admin], body: #"{"token":"\#(token)"}"#)
        #expect(done.status == 204)
        #expect(shop.world.until([socket]) { socket.closeCode != nil } && socket.closeCode == 4507)
        let line = try #require(shop.world.store.activities.last)
        #expect(line.activity == .revocation && line.subject == "1" && line.details["subject"] == "7")
    }

    @Test("Nothing is answered that is not durable")
    func unavailable() throws {
        let shop = try PawnshopWorld()
        let token = try shop.token()
        shop.world.revocations.failure = .unavailable
        let answer = try shop.ask("POST", "/api/auth/logout", nil, token: token)
        #expect(answer.status == 503 && answer.cookies.isEmpty)
        #expect(try shop.ask("GET", "/api/auth/me", "me", token: token).status == 200)
    }

    @Test("What another process revoked ends here, too, also when it was written late or in a storm")
    func otherProcesses() throws {
        let shop = try PawnshopWorld()
        let world = shop.world
        let (token, other, third) = (try shop.token(), try shop.token("8"), try shop.token("9"))
        let sockets = try [token, other, third].map { try world.greet($0) }
        func revocation(_ token: String, _ cause: Revocation.Cause) throws -> Revocation {
            let principal = try world.services.identity.verify(Secret(token))
            return Revocation(
                tenant: "pawnshop", token: principal.tokenIdentifier.text,
                until: principal.expires.advanced(by: .seconds(60)), cause: cause)
        }
        for index in 0..<1_500 {
            let name = TokenIdentifier(tenant: "pawnshop", jti: "storm-\(index)").text
            let until = world.time.wallClock.advanced(by: .seconds(600))
            world.revocations.write(Revocation(tenant: "pawnshop", token: name, until: until, cause: .revoked))
        }
        world.revocations.write(try revocation(token, .loggedOut))
        world.gateway.start()
        #expect(world.until(sockets) { sockets[0].closeCode != nil } && sockets[0].closeCode == 4503)
        #expect(world.until(sockets) { world.revocations.questions.count >= 2 }, "one answer does not hold them all")
        #expect(world.revocations.questions[1] != .start)
        world.advance(.seconds(10), sockets[1], sockets[2])
        // As one does whose transaction took its time.
        world.revocations.write(try revocation(other, .revoked), late: .seconds(5))
        world.advance(.milliseconds(400), sockets[1], sockets[2])
        #expect(world.until(sockets) { sockets[1].closeCode != nil } && sockets[1].closeCode == 4507)
        // A store that does not answer is asked again, from where it was.
        world.revocations.failure = .unavailable
        world.revocations.write(try revocation(third, .revoked))
        for _ in 0..<20 { world.advance(.milliseconds(400), sockets[2]) }
        #expect(sockets[2].closeCode == nil)
        world.revocations.failure = nil
        world.advance(.milliseconds(400), sockets[2])
        #expect(world.until(sockets) { sockets[2].closeCode != nil } && sockets[2].closeCode == 4507)
    }

    @Test("A cookie is as good as a bearer token, for pages of allowed origins and of the host's own")
    func cookies() throws {
        let shop = try PawnshopWorld()
        let cookie = "Cookie: a=b; accessToken=" + (try shop.token())
        let path = "/api/v1/chat/conversations"
        let own = try shop.ask(
            "GET", path, "conversations", token: "", fields: [cookie, "Sec-Fetch-Site: same-origin"])
        #expect(own.status == 200)
        for site in ["cross-site", "same-site", "none"] {
            let answer = try shop.ask("GET", path, nil, token: "", fields: [cookie, "Sec-Fetch-Site: " + site])
            #expect(answer.status == 403 && answer.code == "INSUFFICIENT_PERMISSIONS")
        }
        #expect(try shop.ask("GET", path, nil, token: "", fields: [cookie]).status == 403)
        let foreign = ["Origin: https://evil.example", "Sec-Fetch-Site: same-origin"]
        #expect(try shop.ask("GET", path, nil, token: "", fields: [cookie] + foreign).status == 403)
        let out = try shop.ask(
            "POST", "/api/auth/logout", "done", token: "", fields: [cookie, "Sec-Fetch-Site: same-origin"])
        #expect(out.status == 200 && out.cookies == Self.expired)
    }

    @Test("A bearer's token becomes a cookie that no script sees and no other site sends")
    func session() throws {
        let shop = try PawnshopWorld()
        let token = try shop.token()
        let answer = try shop.ask("POST", "/api/auth/session", "session", token: token)
        #expect(answer.status == 200 && answer.data["userId"] == 7)
        #expect(answer.cookies == ["accessToken=\(token); Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Strict"])
        #expect(try shop.ask("POST", "/api/auth/session", nil, token: "abc").cookies.isEmpty)
    }

    @Test("Whose token it is, as far as the token says")
    func me() throws {
        let shop = try PawnshopWorld()
        let token = try shop.token(
            "7", role: "admin",
            [
                "menuPermissions": ["Chat"], "permissions": ["READ:ActivityLog"], "email": "user@example.com",
                "name": "มานี",
            ])
        let me = try shop.ask("GET", "/api/auth/me", "me", token: token)
        #expect(me.data["id"] == 7 && me.data["email"] == "user@example.com" && me.data["fullName"] == "มานี")
        #expect(me.data["role"]?["name"] == "admin" && me.data["role"]?["menuPermissions"] == [["name": "Chat"]])
        let expired = try shop.world.token(subject: "7", expiresIn: -1, tenant: "pawnshop")
        #expect(try shop.ask("GET", "/api/auth/me", nil, token: expired).code == "TOKEN_EXPIRED")
    }

    @Test("Five attempts in 15 minutes for each address and person; a good token is given back all the same")
    func attempts() throws {
        // The address has more requests than that.
        let shop = try PawnshopWorld { $0.clients.authenticationPerMinute = 1_000 }
        let token = try shop.token("7", ["menuPermissions": ["Chat"], "email": "a@example.com"])
        for _ in 0..<5 { #expect(try shop.ask("POST", "/api/auth/session", "session", token: token).status == 200) }
        let sixth = try shop.ask("POST", "/api/auth/session", nil, token: token)
        #expect(sixth.status == 429 && sixth.code == "RATE_LIMIT_EXCEEDED" && sixth.raw["Retry-After"] == "180")
        #expect(
            sixth.body["error"]?["details"]?.string == "Maximum 5 attempts per 15 minutes allowed")
        #expect(sixth.cookies.isEmpty)
        let same = try shop.token("8", ["email": "a@example.com"])
        #expect(try shop.ask("POST", "/api/auth/session", nil, token: same).status == 429, "the same person")
        #expect(try shop.ask("POST", "/api/auth/session", "session", token: try shop.token("9")).status == 200)
        #expect(try shop.ask("POST", "/api/auth/logout", "done", token: token).status == 200)
        #expect(try shop.ask("POST", "/api/auth/logout", nil, token: token).status == 429, "it is refused by now")
        for _ in 0..<5 { #expect(try shop.ask("POST", "/api/auth/logout", nil, token: "guessed").status == 401) }
        #expect(try shop.ask("POST", "/api/auth/logout", nil, token: "another").status == 429)
        #expect(try shop.ask("GET", "/api/auth/me", nil, token: "third").status == 429)
        #expect(try shop.ask("GET", "/api/auth/me", "me", token: try shop.token("9")).status == 200)
        // Neither without a token nor with one that was good is anything tried.
        let expired = try shop.world.token(subject: "7", expiresIn: -1, tenant: "pawnshop")
        for token in ["", expired] { #expect(try shop.ask("GET", "/api/auth/me", nil, token: token).status == 401) }
        shop.world.advance(.seconds(180))
        #expect(try shop.ask("POST", "/api/auth/logout", nil, token: "fourth").status == 401)
    }

    @Test("Attempts of however many people take bounded memory, and who used his up stays limited")
    func bounded() throws {
        var limits = ClientLimits()
        limits.maxAttemptBuckets = 1_600
        let attempts = TokenAttempts(limits, time: VirtualTime())
        let address = CountedAddress("203.0.113.7")
        for _ in 0..<5 { #expect(attempts.take(from: address, tenant: "pawnshop", person: "a@example.com") == nil) }
        for index in 0..<20_000 { _ = attempts.take(from: address, tenant: "pawnshop", person: "p\(index)") }
        #expect(attempts.count <= 1_600)
        #expect(attempts.take(from: address, tenant: "pawnshop", person: "a@example.com") != nil)
        #expect(attempts.take(from: CountedAddress("203.0.113.8"), tenant: "pawnshop", person: "a@example.com") == nil)
        #expect(attempts.take(from: address, tenant: "another", person: "a@example.com") == nil)
    }
}
