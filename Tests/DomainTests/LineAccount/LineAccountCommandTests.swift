import Domain
import JSON
import Primitives
import Testing

@Suite("Commands of a LINE account (contract §4)")
struct LineAccountCommandTests {
    private typealias World = LineAccountWorld

    private func caller(_ role: Role) -> Caller { Caller(tenant: "company_a", subject: "x", role: role) }

    // MARK: Rights

    @Test("Only people of the tenant judge slips; only its services deliver webhooks", arguments: Role.allCases)
    func rights(role: Role) throws {
        var world = World()
        let slip = try world.slip(to: .verified)
        world.report(.accounts(.loaded(AccountList(accounts: [], loadedAt: world.now))))
        let isJudge = [.staff, .admin, .operator].contains(role)
        #expect(
            world.refusal("slip.retry", ["transaction": .string(slip)], by: caller(role))
                == (isJudge ? nil : .forbidden))
        #expect(
            (world.refusal("slip.resolve", [:], by: caller(role)) == .forbidden) == !isJudge)
        for name in ["webhook.receive", "admin.renew"] {
            #expect((world.refusal(name, [:], by: caller(role)) == .forbidden) == (role != .service))
        }
        let account = world.account
        #expect(account.mayRead(caller(role)) == role.servesTenant)
        #expect(account.refusal(ofSignal: "typing", from: caller(role)) != nil)
        let granted = Caller(tenant: "company_a", subject: "g", role: .customer, readable: ["line-oa/oa-1"])
        #expect(account.mayRead(granted))
        #expect(!account.mayRead(Caller(tenant: "t", subject: "g", role: .customer, readable: ["line-oa/oa-2"])))
    }

    @Test func unknownCommands() {
        var world = World()
        #expect(world.refusal("slip.credit", [:]) == .unknownCommand)
    }

    // MARK: Webhooks

    @Test("A webhook event is taken once, in one call or in several, whatever its order")
    func redelivery() throws {
        var world = World()
        let other = LineInboundEvent(
            id: "E3", at: world.now, user: "U1", replyToken: nil, content: .other(type: "follow"))
        try world.webhook(World.image("E1"), World.image("E2"), World.image("E1"), other)
        #expect(world.answer == ["accepted": 3, "known": 1])
        #expect(world.account.entries.count == 2 && world.account.today.received == 2)
        #expect(try world.webhook(other, World.image("E2")) == [])
        #expect(world.answer == ["accepted": 0, "known": 2])
        #expect(try world.webhook() == [], "LINE's verification has no events")
    }

    @Test("Beyond the memory of events nobody guesses: such a slip is a person's")
    func beyondMemory() throws {
        var world = World()
        for index in 0...EventMemory.maxEvents {
            let event = LineInboundEvent(
                id: "F\(index)", at: world.now.advanced(by: .seconds(index)), user: nil, replyToken: nil,
                content: .other(type: "follow"))
            try world.webhook(event)
        }
        #expect(world.account.memory.remembered.count == EventMemory.maxEvents)
        #expect(world.account.memory.forgottenUntil == world.now)
        #expect(try world.webhook(World.image("old", at: world.now)) == ["slip.received", "slip.review"])
        #expect(world.account.ordered.first?.slip.reviewReason == .lateDelivery)
        #expect(world.effects == [], "nothing is fetched, nothing is told")
        #expect(
            try world.webhook(World.image("new", at: world.now.advanced(by: .seconds(2))))
                == ["slip.received", "line.sending"])
        let restored = LineAccount(checkpoint: world.account.encode(), format: LineAccount.checkpointFormat)
        #expect(restored == world.account)
    }

    @Test("Open slips are bounded; what is refused comes again")
    func busy() throws {
        var world = World()
        for page in 0..<(LineAccount.maxOpenSlips / 64) {
            let events = (0..<64).map { World.image("E\(page)-\($0)", token: nil, user: "U\($0)").json }
            try world.command("webhook.receive", ["events": .array(events)], by: World.gateway)
        }
        #expect(world.account.openCount == LineAccount.maxOpenSlips)
        let event: JSONValue = ["events": [World.image("X").json]]
        #expect(world.refusal("webhook.receive", event, by: World.gateway)?.kind == "busy")
        let first = try #require(world.account.ordered.first?.slip.transaction)
        world.report(.image(transaction: first, .gone))
        #expect(world.refusal("webhook.receive", event, by: World.gateway) == nil)
    }

    @Test("One user alone cannot hold up the account: what is too much is told so")
    func busyUser() throws {
        var world = World()
        let events = (0...LineAccount.maxOpenSlipsPerUser).map { World.image("E\($0)").json }
        try world.command("webhook.receive", ["events": .array(events)], by: World.gateway)
        let ended = world.account.ordered.filter { $0.slip.status == .failed }
        #expect(ended.count == 1 && ended.first?.slip.receipt.webhookEvent == "E\(LineAccount.maxOpenSlipsPerUser)")
        #expect(
            world.effects.contains {
                if case .tell(let telling) = $0 { telling.subject == .failed(.tooMany) } else { false }
            })
        #expect(try world.webhook(World.image("other", user: "U2")) == ["slip.received", "line.sending"])
        let first = try #require(world.account.ordered.first?.slip.transaction)
        world.report(.image(transaction: first, .gone))
        #expect(try world.webhook(World.image("again")) == ["slip.received", "line.sending"])
    }

    @Test(
        arguments: [
            ["events": 1], ["events": [1]], ["events": [["id": "E"]]],
            ["events": [["id": "", "type": "text", "at": "2026-11-21T10:00:00.000+07:00"]]],
            ["events": [["id": "E", "type": "text", "at": "yesterday"]]],
        ] as [JSONValue])
    func badWebhooks(data: JSONValue) {
        var world = World()
        #expect(world.refusal("webhook.receive", data, by: World.gateway)?.kind == "invalid")
    }

    // MARK: Review

    private func reviewed(_ world: inout World, _ event: String = "E1") throws -> String {
        let slip = try world.slip(event, to: .verified)
        world.report(.accounts(.loaded(AccountList(accounts: [], loadedAt: world.now))))
        #expect(world.account.entries[slip]?.slip.reviewReason == .noAccount)
        return slip
    }

    @Test("Only a slip in review is judged")
    func onlyReview() throws {
        var world = World()
        let open = try world.slip(to: .identified)
        let ruling: JSONValue = ["transaction": .string(open), "decision": "reject", "note": "n"]
        #expect(world.refusal("slip.retry", ["transaction": .string(open)])?.kind == "rejected")
        #expect(world.refusal("slip.resolve", ruling)?.kind == "rejected")
        #expect(world.refusal("slip.retry", ["transaction": "s_0"])?.kind == "rejected")
        #expect(world.refusal("slip.retry", [:])?.kind == "invalid")
        world.report(.image(transaction: open, .held))
        world.report(.verification(transaction: open, try VerificationRound.first, .bad(.expired)))
        #expect(world.status(open) == .failed)
        #expect(world.refusal("slip.resolve", ruling)?.kind == "tooLate")
    }

    @Test("A person names account and user; who, and why, is in the log")
    func credit() throws {
        var world = World()
        let slip = try reviewed(&world)
        let command: JSONValue = [
            "transaction": .string(slip), "decision": "credit", "note": "asked by phone", "account": "ACC9",
            "user": ["id": "USER9", "memberCode": "M9", "fullname": "N"],
        ]
        let account = world.account
        let events = try account.decide(
            SessionCommand(caller: World.staff, name: "slip.resolve", data: command), live: world.live,
            DecisionContext(now: world.now) { $0 }
        ).events
        #expect(events.map(\.name) == ["slip.resolved", "slip.matched", "slip.userFound", "slip.crediting"])
        #expect(
            events.first?.data == [
                "transaction": .string(slip), "decision": "credit", "by": ["subject": "s_1", "role": "staff"],
                "note": "asked by phone",
            ])
        try world.command("slip.resolve", command)
        #expect(world.answer == ["transaction": .string(slip), "status": "matched"])
        world.report(.credit(transaction: slip, attempt: 1, .accepted(reference: nil)))
        #expect(world.status(slip) == .credited)
    }

    @Test(
        "What a ruling lacks, or may not have, is said",
        arguments: [
            (["decision": "credit", "note": "n"], "rejected"),
            (["decision": "credit", "note": "n", "account": "ACC9"], "rejected"),
            (["decision": "credited", "note": "n"], "rejected"), (["decision": "credit"], "invalid"),
            (["decision": "pay", "note": "n"], "invalid"), (["decision": "reject", "note": " "], "invalid"),
            (["decision": "reject", "note": .string(String(repeating: "n", count: 501))], "invalid"),
            (["decision": "credit", "note": "n", "account": "", "user": ["id": "U"]], "invalid"),
            (["decision": "credit", "note": "n", "account": "A\u{0}", "user": ["id": "U"]], "invalid"),
            (["decision": "credit", "note": "n", "account": "A", "user": ["memberCode": "U"]], "invalid"),
        ] as [(JSONValue, String)])
    func incomplete(data: JSONValue, kind: String) throws {
        var world = World()
        let slip = try reviewed(&world)
        guard case .object(var object) = data else { return record("no object") }
        object["transaction"] = .string(slip)
        #expect(world.refusal("slip.resolve", .object(object))?.kind == kind)
        #expect(world.status(slip) == .review)
    }

    @Test("An account that the tenant does not have is refused")
    func foreignAccount() throws {
        var world = World()
        let slip = try reviewed(&world)
        world.live.accounts = World.list
        let data: JSONValue = [
            "transaction": .string(slip), "decision": "credit", "note": "n", "account": "ACC9", "user": ["id": "U"],
        ]
        #expect(world.refusal("slip.resolve", data)?.kind == "rejected")
    }

    @Test(
        "A person may reject, and call it a duplicate", arguments: [("reject", "failed"), ("duplicate", "duplicate")])
    func ends(decision: String, status: String) throws {
        var world = World()
        let slip = try reviewed(&world)
        try world.command(
            "slip.resolve", ["transaction": .string(slip), "decision": .string(decision), "note": "n"])
        #expect(world.status(slip)?.rawValue == status)
        #expect(try world.telling().transaction == slip)
    }

    @Test("An order whose outcome is not known is never rejected, and never sent again unasked")
    func openOrder() throws {
        var world = World()
        let slip = try world.slip(to: .matched)
        world.report(.credit(transaction: slip, attempt: 1, .unclear))
        while world.status(slip) == .matched {
            try world.waitForTimer()
            guard case .askCredit(_, let order, let ask)? = world.effects.first else { return record("no question") }
            world.report(.creditAsked(transaction: slip, attempt: order.attempt, ask: ask, .unclear))
        }
        for decision in ["reject", "duplicate", "credit"] {
            let data: JSONValue = ["transaction": .string(slip), "decision": .string(decision), "note": "n"]
            #expect(world.refusal("slip.resolve", data)?.kind == "rejected")
        }
        var other = world
        #expect(
            try other.command("slip.retry", ["transaction": .string(slip)])
                == ["slip.retried", "slip.creditUnclear"])
        try other.waitForTimer()
        #expect(other.effects == [.askCredit(transaction: slip, SlipSamples.order(1), ask: 1)])
        #expect(
            try world.command(
                "slip.resolve", ["transaction": .string(slip), "decision": "credited", "note": "in the ledger"])
                == ["slip.resolved", "slip.credited", "line.sending"])
        #expect(world.account.today.creditedAmount == SlipSamples.amount)
    }

    @Test("A slip in review for want of verification cannot be credited, only tried again")
    func unverified() throws {
        var world = World()
        world.live.verifiers = []
        let slip = try world.slip(to: .identified)
        #expect(world.account.entries[slip]?.slip.reviewReason == .providerConfiguration)
        let data: JSONValue = [
            "transaction": .string(slip), "decision": "credit", "note": "n", "account": "A", "user": ["id": "U"],
        ]
        #expect(world.refusal("slip.resolve", data)?.kind == "rejected")
        world.live.verifiers = ["slipok/tenant"]
        try world.command("slip.retry", ["transaction": .string(slip)])
        #expect(try world.round(of: slip).verifier == "slipok/tenant")
    }

    @Test func facts() {
        #expect(throws: FaultReason.self) { try LineAccountFacts(json: [:]) }
        #expect(throws: FaultReason.self) { try LineAccountFacts(json: ["name": ""]) }
        #expect(throws: Never.self) { try LineAccountFacts(json: ["name": "ร้านตัวอย่าง"]) }
    }
}

extension VerificationRound {
    fileprivate static var first: VerificationRound {
        get throws { VerificationRound(number: 0, input: .image, verifier: "v", remaining: []) }
    }
}
