import Domain
import JSON
import Primitives
import Testing

@Suite("Telling a customer, once")
struct SlipNoticeTests {
    private typealias World = LineAccountWorld

    /// A credited slip whose result is being told, by reply or by push.
    private func credited(_ way: NoticeWay) throws -> (World, Telling) {
        var world = World()
        world.live.settings.repliesToImages = false
        _ = try world.slip(to: .credited, token: way == .reply ? "R1" : nil)
        let telling = try world.telling()
        #expect(telling.mark.way == way && telling.attempt == 1 && !telling.isRepeat)
        #expect(
            telling.subject
                == .credited(
                    SlipSamples.amount,
                    UserMatch(
                        user: "USER123", memberCode: "MEM001", fullName: "ทดสอบ กขคง", method: .nameAndAccount),
                    SlipSamples.reference))
        return (world, telling)
    }

    @Test("The mark is in the log before anything is sent")
    func markFirst() throws {
        var world = World()
        let events = try world.webhook(World.image("E1"))
        #expect(events.last == "line.sending")
        guard case .sending(let mark)? = world.account.ordered.first?.receipt else { return record("no mark") }
        #expect(try world.telling().mark == mark)
    }

    @Test("A reply token that is too old, or went with the receipt, is not used for the result")
    func ways() throws {
        var world = World()
        world.live.settings.repliesToImages = false
        let slip = try world.slip(to: .matched, token: "R1")
        world.now = world.now.advanced(by: SlipRetryPolicy.maxReplyAge + .milliseconds(1))
        world.report(.credit(transaction: slip, attempt: 1, .accepted(reference: nil)))
        #expect(try world.telling().mark.way == .push)
        #expect(try world.telling().replyToken == nil)
    }

    @Test("Duplicates are told only where the tenant wants it")
    func silence() throws {
        var world = World()
        world.live.settings.repliesToDuplicates = false
        let slip = try world.slip(to: .matched)
        #expect(world.report(.credit(transaction: slip, attempt: 1, .duplicate)) == ["slip.duplicate"])
        #expect(world.account.entries[slip]?.isFinished == true)
    }

    @Test(
        "Each answer to a first reply",
        arguments: [
            (TellingAnswer.accepted, ["line.replied"]), (.acceptedBefore, ["line.replied"]),
            (.tokenInvalid, ["line.sending"]), (.rateLimited, ["line.sending"]), (.refused, ["line.sending"]),
            (.quotaExhausted, ["line.sending"]), (.unclear, []),
        ])
    func reply(answer: TellingAnswer, events: [String]) throws {
        var (world, telling) = try credited(.reply)
        #expect(world.report(.told(telling, answer)) == events)
        if events == ["line.sending"] { #expect(try world.telling().mark.way == .push) }
        if answer == .unclear {
            let again = try world.telling()
            #expect(again.isRepeat && again.mark == telling.mark)
            for second in [TellingAnswer.tokenInvalid, .unclear, .rateLimited, .refused, .quotaExhausted, .accepted] {
                var other = world
                #expect(other.report(.told(again, second)) == ["line.replied"], "never a push: it may have been told")
                #expect(other.effects == [])
            }
        } else if events == ["line.replied"] {
            #expect(world.report(.told(telling, answer)) == [], "an answer counts once")
        }
    }

    @Test(
        "Each answer to a push",
        arguments: [
            (TellingAnswer.accepted, ["line.pushed"]), (.acceptedBefore, ["line.pushed"]),
            (.tokenInvalid, ["line.unsent"]),
            (.refused, ["line.unsent"]), (.quotaExhausted, ["quota.changed", "line.unsent"]), (.rateLimited, []),
            (.unclear, []),
        ])
    func push(answer: TellingAnswer, events: [String]) throws {
        var (world, telling) = try credited(.push)
        #expect(world.report(.told(telling, answer)) == events)
        #expect(world.account.entries[telling.transaction]?.isFinished == !events.isEmpty)
        guard events.isEmpty else { return }
        try world.waitForTimer()
        let again = try world.telling()
        #expect(again.mark == telling.mark && again.isRepeat && again.attempt == 2, "the same retry key")
    }

    @Test("The two answers 429 are told apart, and staff see a month that is used up")
    func months() throws {
        var (world, telling) = try credited(.push)
        world.report(.told(telling, .quotaExhausted))
        #expect(world.account.quotas[QuotaReport.line]?.isExhausted == true)
        let state = try JSONParser.parse(world.account.snapshotState())
        #expect(state["quotas"] == [["name": "line", "exhausted": true]])
        #expect(state["ended"]?[0]?["notices"]?["result"] == ["state": "unsent", "reason": "monthly-quota"])
    }

    @Test("A push waits longer each time, up to a minute, and ends before its key does")
    func pushing() throws {
        var (world, telling) = try credited(.push)
        var waits: [Int64] = []
        let begin = world.now
        while true {
            world.report(.told(telling, .unclear))
            let (_, at) = try world.timer()
            if waits.count < 9 { waits.append(at.seconds - world.now.seconds) }
            let events = try world.waitForTimer()
            if events == ["line.unsent"] { break }
            telling = try world.telling()
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60, 60])
        #expect(world.now >= begin.advanced(by: SlipRetryPolicy.maxPushAge))
        #expect(world.now < begin.advanced(by: .seconds(24 * 3_600)))
    }

    @Test(
        "After a crash a mark goes its way: a reply with its token once more, a push with its key",
        arguments: [
            NoticeWay.reply, .push,
        ])
    func crash(way: NoticeWay) throws {
        var (world, telling) = try credited(way)
        world.report(.resumed)
        try world.waitForTimer()
        let again = try world.telling()
        #expect(again.isRepeat && again.mark == telling.mark)
        #expect(
            world.report(.told(again, way == .reply ? .tokenInvalid : .acceptedBefore))
                == [way == .reply ? "line.replied" : "line.pushed"])
    }

    @Test("A crash that lasted a day tells nobody anything twice")
    func longCrash() throws {
        var (world, _) = try credited(.push)
        world.now = world.now.advanced(by: .seconds(24 * 3_600))
        world.report(.resumed)
        #expect(try world.waitForTimer() == ["line.unsent"])
    }

    @Test("A retry key is a UUID of version 5, one for each notice")
    func keys() {
        let key = NoticeMark.key(account: "oa-1", transaction: "s_1", kind: .result)
        #expect(key == NoticeMark.key(account: "oa-1", transaction: "s_1", kind: .result))
        #expect(key.wholeMatch(of: #/[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/#) != nil)
        let others = [
            NoticeMark.key(account: "oa-2", transaction: "s_1", kind: .result),
            NoticeMark.key(account: "oa-1", transaction: "s_2", kind: .result),
            NoticeMark.key(account: "oa-1", transaction: "s_1", kind: .receipt),
        ]
        #expect(Set(others + [key]).count == 4)
        // Python: uuid.uuid5(uuid.UUID("7c1d2f5e-6a0b-4a37-9f0c-2d8f6b1e4a90"), "oa-1/s_1/result")
        #expect(key == "9ec952c1-fa47-5cab-b8ab-54c1699167f0")
    }
}
