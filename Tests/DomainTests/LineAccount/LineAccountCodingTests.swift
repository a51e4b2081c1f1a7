import Domain
import JSON
import Primitives
import Testing

@Suite("The log, checkpoints and snapshots of a LINE account")
struct LineAccountCodingTests {
    private typealias World = LineAccountWorld

    private func read(_ event: LineAccountEvent) throws -> LineAccountEvent? {
        LineAccountEvent(name: event.name, data: try JSONParser.parse(event.data.bytes))
    }

    @Test("Every event reads back as it was written")
    func events() throws {
        let mark = NoticeMark(kind: .result, way: .push, key: "k", markedAt: SlipSamples.now)
        var events: [LineAccountEvent] = [
            .received(
                LineInboundEvent(
                    id: "E", at: SlipSamples.now, user: nil, replyToken: nil, content: .other(type: "follow"))),
            .received(World.image("E")), .sending(transaction: "s", mark),
            .replied(transaction: "s", .receipt, isCertain: false), .pushed(transaction: "s", .result),
            .quotaChanged(QuotaReport(name: "line", used: 3, limit: nil, isExhausted: false)), .adminExpired,
            .adminRenewed(username: "admin"),
        ]
        for failure in [NoticeFailure.monthlyQuota, .refused, .expired] {
            events.append(.unsent(transaction: "s", .result, failure))
        }
        events += SlipSamples.events.map { .slip(transaction: "s_1", $0.event) }
        for event in events { #expect(try read(event) == event, "\(event.name)") }
        #expect(LineAccountEvent(name: "line.shouted", data: [:]) == nil)
        #expect(LineAccountEvent(name: "slip.matched", data: ["account": "A", "method": "exact-account"]) == nil)
        #expect(LineAccountEvent(name: "line.pushed", data: ["transaction": "s", "notice": 1]) == nil)
    }

    @Test("A checkpoint holds everything, in every stage")
    func checkpoints() throws {
        var world = World()
        #expect(restored(world.account) == world.account)
        for (index, stage) in [World.Stage.received, .identified, .verified, .matched, .credited].enumerated() {
            _ = try world.slip("E\(index)", to: stage, token: "R\(index)")
            #expect(restored(world.account) == world.account)
        }
        world.report(.accounts(.adminExpired))
        world.report(.quota(QuotaReport(name: "easyslip/tenant", used: 16, limit: 35_000, isExhausted: false)))
        #expect(restored(world.account) == world.account)
        #expect(LineAccount(checkpoint: world.account.encode(), format: 2) == nil)
        #expect(LineAccount(checkpoint: Array(world.account.encode().dropLast()), format: 1) == nil)
    }

    private func restored(_ account: LineAccount) -> LineAccount? {
        LineAccount(checkpoint: account.encode(), format: LineAccount.checkpointFormat)
    }

    @Test("A snapshot has slips in flight, today's counts and sums, quota and the administrator's session")
    func snapshot() throws {
        var world = World()
        _ = try world.slip(to: .credited)
        let open = try world.slip("E2", to: .verified)
        world.report(.quota(QuotaReport(name: "easyslip/tenant", used: 16, limit: 35_000, isExhausted: false)))
        let state = try JSONParser.parse(world.account.snapshotState())
        #expect(state["slips"]?.array?.map { $0["transaction"]?.string } == [open])
        #expect(state["slips"]?[0]?["status"] == "pending")
        #expect(state["slips"]?[0]?["proof"]?["amount"] == "3450.50")
        #expect(state["inFlight"] == 1 && state["inReview"] == 0 && state["hasMore"] == false)
        #expect(state["ended"]?[0]?["status"] == "credited")
        #expect(state["today"]?["date"] == "2026-11-21")
        #expect(state["today"]?["creditedAmount"] == "3450.50" && state["today"]?["received"] == 2)
        #expect(state["quotas"] == [["name": "easyslip/tenant", "exhausted": false, "used": 16, "limit": 35_000]])
        #expect(state["admin"]?["status"] == "ACTIVE")
        #expect(state["memory"] == .none, "what only recovery needs is not shown")
    }

    @Test(
        "A day begins at midnight in Bangkok",
        arguments: [
            ("2026-11-21T23:59:59.999+07:00", "2026-11-22T00:00:00.000+07:00", "2026-11-22"),
            ("2026-12-31T16:59:59.999Z", "2026-12-31T17:00:00.000Z", "2027-01-01"),
            ("2024-02-28T23:59:59.000+07:00", "2024-02-29T00:00:00.000+07:00", "2024-02-29"),
        ])
    func days(last: String, first: String, date: String) throws {
        let last = try #require(Timestamp(rfc3339: last))
        let first = try #require(Timestamp(rfc3339: first))
        var totals = DayTotals(at: last)
        totals.count(.credited(SlipSamples.credit), at: last)
        #expect(totals.credited == 1 && totals.date != date)
        totals.count(.failed(.notFound), at: first)
        #expect(totals.date == date && totals.credited == 0 && totals.failed == 1 && totals.creditedAmount == .zero)
        #expect(DayTotals.day(of: Timestamp(seconds: -7 * 3_600)) == 0)
        #expect(DayTotals.day(of: Timestamp(seconds: -7 * 3_600 - 1)) == -1)
    }

    @Test("Finished slips leave memory, the oldest first; a late answer to one of them is void")
    func finished() throws {
        var world = World()
        var slips: [String] = []
        for index in 0...LineAccount.maxFinishedSlips {
            let slip = try world.slip("E\(index)", to: .received)
            world.report(.image(transaction: slip, .gone))
            world.report(.told(try world.telling(), .accepted))
            slips.append(slip)
        }
        #expect(world.account.entries.count == LineAccount.maxFinishedSlips)
        #expect(world.account.entries[slips[0]] == nil && world.account.entries[slips[1]] != nil)
        #expect(world.report(.image(transaction: slips[0], .held)) == [])
        #expect(world.account.openCount == 0)
    }

    @Test("What was under way is taken up again from the state alone")
    func resuming() throws {
        func effects(_ stage: World.Stage) throws -> (String, World, [LineAccountEffect]) {
            var world = World()
            let slip = try world.slip(to: stage)
            return (slip, world, world.account.resumeEffects(at: world.now))
        }
        var (slip, world, found) = try effects(.received)
        #expect(found == [.fetchImage(transaction: slip, message: "5500E1", user: "U1")])
        (slip, world, found) = try effects(.identified)
        #expect(found == [.startTimer(.slip(transaction: slip), at: world.now)])
        world.report(.timerFired(.slip(transaction: slip)))
        #expect(try world.round(of: slip).number == 0)
        (slip, world, found) = try effects(.verified)
        #expect(found == [.loadAccounts])
        world.report(.accounts(.loaded(World.list)))
        #expect(
            world.account.resumeEffects(at: world.now)
                == [.searchUser(transaction: slip, sender: World.report.sender)])
        // An order that may have been sent is asked about, once it has settled, and not sent again.
        (slip, world, found) = try effects(.matched)
        let settled = world.now.advanced(by: SlipRetryPolicy.creditSettleTime)
        #expect(found == [.startTimer(.slip(transaction: slip), at: settled)])
        world.now = settled
        #expect(world.report(.timerFired(.slip(transaction: slip))) == ["slip.creditUnclear"])
        #expect(world.effects == [.askCredit(transaction: slip, SlipSamples.order(1), ask: 1)])
        (slip, world, found) = try effects(.credited)
        #expect(found == [.startTimer(.notice(transaction: slip, .result, attempt: 1), at: world.now)])
        world.report(.told(try world.telling(), .accepted))
        #expect(world.account.resumeEffects(at: world.now) == [])
    }

    @Test("Many slips that wait for one list are decided about in portions")
    func portions() throws {
        var world = World()
        var waiting: Set<String> = []
        for index in 0..<(LineAccount.maxSlipsAtOnce + 6) {
            waiting.insert(try world.slip("E\(index)", user: "U\(index)", to: .verified))
        }
        world.live.accounts = World.list
        #expect(world.report(.accounts(.loaded(World.list))).count == LineAccount.maxSlipsAtOnce)
        #expect(try world.waitForTimer().count == 6)
        #expect(waiting.allSatisfy { world.account.entries[$0]?.slip.progress.account != nil })
    }

    @Test("Each effect of a slip is a stage of its progress bar")
    func stages() throws {
        var world = World()
        let slip = try world.slip(to: .matched)
        #expect(world.effects.compactMap { $0.stage?.stage } == [.crediting])
        #expect(LineAccountEffect.fetchImage(transaction: slip, message: "m", user: "U").stage?.transaction == slip)
        #expect(LineAccountEffect.loadAccounts.stage == nil)
    }
}
