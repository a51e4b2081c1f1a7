import Domain
import JSON
import Ports
import Primitives
import Reactor
import TestSupport
import Testing
import Transport

@testable import Gateway

@Suite("The slip service's routes: credits")
struct SlipServiceCreditTests {
    private static let path = "/api/scan/submit-credit"

    private static func body(_ slip: JSONValue = SlipServiceWorld.slip()) -> JSONValue {
        ["slipData": slip, "user": ["id": "USER123", "memberCode": "MEM001"], "toAccountId": "ACC1"]
    }

    /// A world whose process has been there for long enough to have nothing open.
    private func world() throws -> SlipServiceWorld {
        let world = try SlipServiceWorld()
        world.world.time.advance(by: SlipRetryPolicy.creditSettleTime)
        return world
    }

    private func order(_ attempt: Int, satang: Int64 = 50_000) throws -> CreditOrder {
        let reference = try #require(SlipServiceWorld.reference)
        return CreditOrder(
            key: CreditOrder.key(of: reference), attempt: attempt, reference: reference,
            amount: try #require(Satang(satang)), account: "ACC1", user: "USER123")
    }

    @Test("A transfer is credited once: the same request again asks the back end first")
    func once() throws {
        let world = try world()
        #expect(try world.ask("POST", Self.path, Self.body()).json == ["success": true])
        #expect(world.world.scans.calls == [.submit(try order(1))])
        world.world.scans.script.asked = .found(try #require(Satang(50_000)), reference: "B-1")
        #expect(try world.ask("POST", Self.path, Self.body()).json == ["success": true])
        #expect(world.world.scans.calls == [.submit(try order(1)), .ask(try order(2))])
    }

    @Test("The slip may come as it was answered, as it stands inside, or as the provider has it")
    func shapes() throws {
        let slip = SlipServiceWorld.slip()
        let raw: JSONValue = [
            "transRef": "015275120000AKR00001", "amount": ["amount": 500],
            "sender": ["bank": ["id": "014", "short": "SCB"]],
        ]
        for shape in [slip, ["data": slip], ["success": true, "data": ["data": slip]], raw] as [JSONValue] {
            let world = try world()
            #expect(try world.ask("POST", Self.path, Self.body(shape)).status == 200)
            #expect(world.world.scans.calls == [.submit(try order(1))])
        }
    }

    @Test(
        "Amounts are read by their digits",
        arguments: [("500.25", 50_025), ("0.1", 10), ("500", 50_000), ("3450.10", 345_010)])
    func amounts(text: String, satang: Int64) throws {
        let world = try world()
        let bytes = Self.body(SlipServiceWorld.slip(amount: "AMOUNT")).text.replacing("\"AMOUNT\"", with: text)
        let answer = try world.ask("POST", Self.path, Array(bytes.utf8), "application/json")
        #expect(answer.status == 200)
        #expect(world.world.scans.calls == [.submit(try order(1, satang: satang))])
    }

    @Test("What is no amount, reference, bank, user or account is refused by its name")
    func invalid() throws {
        let world = try world()
        for amount in ["0", "-5", "1.005", "1e3", "\"x\"", "null", "[]", "99999999999999999999", "\"500 \""] {
            let text = Self.body(SlipServiceWorld.slip(amount: "AMOUNT")).text.replacing("\"AMOUNT\"", with: amount)
            let answer = try world.ask("POST", Self.path, Array(text.utf8), "application/json")
            #expect(answer.status == 400 && answer.message.contains("slipData.amount.amount"), "\(amount)")
        }
        for (slip, name) in [
            (SlipServiceWorld.slip("a b"), "transRef"), (SlipServiceWorld.slip(""), "transRef"),
            (SlipServiceWorld.slip(bank: "NOBANK"), "bank"), ("x", "slipData"), (["transRef": "R"], "bank"),
        ] as [(JSONValue, String)] {
            let answer = try world.ask("POST", Self.path, Self.body(slip))
            #expect(answer.status == 400 && answer.message.contains(name))
        }
        for name in ["slipData", "user", "toAccountId"] {
            var body = Self.body().object ?? [:]
            body[name] = nil
            let answer = try world.ask("POST", Self.path, .object(body))
            #expect(answer.status == 400 && answer.message.contains(name))
        }
        let bank = try #require(BankCode("014"))
        world.world.scans.script.live.accounts = AccountListFixture.list(at: world.world.time.wallClock, bank)
        var body = Self.body().object ?? [:]
        body["toAccountId"] = "ACC9"
        #expect(try world.ask("POST", Self.path, .object(body)).status == 400)
        #expect(world.world.scans.calls.isEmpty)
    }

    @Test("A transfer that another slip has is the document's 409; another tenant's is not")
    func duplicate() throws {
        let world = try world()
        let reference = try #require(SlipServiceWorld.reference)
        world.world.claims.give(reference, of: "company_b", to: "oa-1/s_9")
        #expect(try world.ask("POST", Self.path, Self.body()).status == 200)
        let other = try self.world()
        other.world.claims.give(reference, of: "company_a", to: "oa-1/s_9")
        let answer = try other.ask("POST", Self.path, Self.body())
        #expect(answer.status == 409)
        #expect(answer.json == ["success": false, "isDuplicate": true, "message": "⚠️ Duplicate detected"])
        #expect(other.world.scans.calls.isEmpty)
        let backEnd = try self.world()
        backEnd.world.scans.script.credit = .duplicate
        #expect(try backEnd.ask("POST", Self.path, Self.body()).status == 409)
    }

    @Test("An outcome that is not known says so; the same request finds it out once it can be known")
    func unclear() throws {
        let world = try world()
        world.world.scans.script.credit = .unclear
        let first = try world.ask("POST", Self.path, Self.body())
        #expect(first.status == 500 && first.message.contains("may be repeated safely"))
        #expect(first.raw["Retry-After"] == "30")
        let soon = try world.ask("POST", Self.path, Self.body())
        #expect(soon.status == 503 && soon.raw["Retry-After"] != nil)
        #expect(world.world.scans.calls.count == 1, "nobody is asked before it is settled")
        world.world.time.advance(by: SlipRetryPolicy.creditSettleTime)
        world.world.scans.script.asked = .unclear
        #expect(try world.ask("POST", Self.path, Self.body()).status == 500)
        world.world.scans.script.asked = .absent
        world.world.scans.script.credit = .accepted(reference: nil)
        #expect(try world.ask("POST", Self.path, Self.body()).status == 200)
        #expect(
            world.world.scans.calls == [
                .submit(try order(1)), .ask(try order(2)), .ask(try order(2)), .submit(try order(2)),
            ])
    }

    @Test("A conflict on a repetition may be our own credit: it is asked about")
    func lateCredit() throws {
        let world = try world()
        world.world.scans.script.credit = .unclear
        _ = try world.ask("POST", Self.path, Self.body())
        world.world.time.advance(by: SlipRetryPolicy.creditSettleTime)
        world.world.scans.script.credit = .duplicate
        world.world.scans.script.asked = .absent
        #expect(try world.ask("POST", Self.path, Self.body()).status == 409)
        #expect(world.world.scans.calls.suffix(2) == [.submit(try order(2)), .ask(try order(2))])
    }

    @Test("What the process before may have left open is not asked about at once")
    func restart() throws {
        let world = try SlipServiceWorld()
        let reference = try #require(SlipServiceWorld.reference)
        world.world.claims.give(reference, of: "company_a", to: "api/014-015275120000AKR00001")
        #expect(try world.ask("POST", Self.path, Self.body()).status == 503)
        #expect(world.world.scans.calls.isEmpty)
        world.world.time.advance(by: SlipRetryPolicy.creditSettleTime)
        #expect(try world.ask("POST", Self.path, Self.body()).status == 200)
        #expect(world.world.scans.calls == [.ask(try order(2)), .submit(try order(2))])
    }

    @Test("Two of the same at once are one credit")
    func concurrent() throws {
        let world = try world()
        world.world.scans.script.credit = nil
        let token = try world.world.token(role: "admin", tenant: "company_a")
        let body = Self.body().text
        let first = try RawClient(port: world.world.listener.port)
        first.send(
            "POST \(Self.path) HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Bearer \(token)\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        let submitted = ScriptedLineServices.Call.submit(try order(1))
        world.world.until([]) { world.world.scans.calls == [submitted] }
        #expect(try world.ask("POST", Self.path, Self.body()).status == 503)
        world.world.scans.script.credit = .accepted(reference: nil)
        world.world.enter { world.world.scans.answerOpen() }
        world.world.until([]) {
            first.poll()
            return first.isOver
        }
        #expect(first.text.hasPrefix("HTTP/1.1 200 "))
        #expect(world.world.scans.calls == [.submit(try order(1))])
    }

    @Test("What else the back end may answer")
    func outcomes() throws {
        for (answer, status) in [
            (CreditAnswer.refused, 400), (.adminExpired, 401), (.unsent, 503), (.accepted(reference: nil), 200),
        ] {
            let world = try world()
            world.world.scans.script.credit = answer
            let told = try world.ask("POST", Self.path, Self.body())
            #expect(told.status == status && told.json["success"]?.bool == (status == 200))
        }
        for (answer, status) in [
            (CreditAskAnswer.found(.zero, reference: nil), 500), (.adminExpired, 401), (.unclear, 500),
        ] {
            let world = try world()
            _ = try world.ask("POST", Self.path, Self.body())
            world.world.scans.script.asked = answer
            #expect(try world.ask("POST", Self.path, Self.body()).status == status)
        }
        let world = try world()
        world.world.claims.isUnavailable = true
        #expect(try world.ask("POST", Self.path, Self.body()).status == 503)
        #expect(world.world.scans.calls.isEmpty)
    }

    @Test("Open credits are bounded, and those that are settled make room")
    func bounded() throws {
        let credits = OpenCredits(startedAt: Instant(nanoseconds: 0))
        let bank = try #require(BankCode("014"))
        func key(_ index: Int) throws -> OpenCredits.Key {
            OpenCredits.Key(tenant: "t", reference: try #require(SlipReference(bank: bank, transRef: "R\(index)")))
        }
        let now = Instant(nanoseconds: 0)
        for index in 0..<SlipServiceLimits.maxOpenCredits {
            #expect(credits.begin(try key(index), at: now) == .begun)
            credits.end(try key(index), isUnclear: true, at: now)
        }
        #expect(credits.begin(try key(-1), at: now) != .begun)
        #expect(credits.begin(try key(-1), at: now.advanced(by: SlipRetryPolicy.creditSettleTime)) == .begun)
        #expect(credits.begin(try key(-1), at: now) != .begun)
    }

    @Test("Whether a reference was used is told, in its tenant")
    func check() throws {
        let world = try world()
        let reference = try #require(SlipServiceWorld.reference)
        let path = "/api/scan/check-duplicate?ref=015275120000AKR00001"
        let free = try world.ask("GET", path)
        #expect(
            free.json == [
                "isDuplicate": false, "transRef": "015275120000AKR00001", "message": "Transaction reference is new",
            ])
        world.world.claims.give(reference, of: "company_a", to: "oa-1/s_9")
        #expect(try world.ask("GET", path).json["isDuplicate"]?.bool == true)
        #expect(try world.ask("GET", path + "&bank=SCB").json["isDuplicate"]?.bool == true)
        #expect(try world.ask("GET", path + "&bank=KTB").json["isDuplicate"]?.bool == false)
        #expect(try world.ask("GET", path, as: .otherAdmin).json["isDuplicate"]?.bool == false)
        #expect(try world.ask("GET", path, as: .operator).status == 400)
        #expect(try world.ask("GET", path + "&tenantId=company_a", as: .operator).json["isDuplicate"]?.bool == true)
        for query in ["", "?ref=", "?ref=a%20b", "?ref=" + String(repeating: "a", count: 65), "?ref=R&bank=X"] {
            #expect(try world.ask("GET", "/api/scan/check-duplicate" + query).status == 400, "\(query)")
        }
        world.world.claims.isUnavailable = true
        #expect(try world.ask("GET", path).status == 503)
    }
}
