import Domain
import JSON
import Ports
import Primitives
import Reactor
import TestSupport
import Testing
import WireProtocol

@testable import Sessions

/// A LINE account as a live session: its slips go their way through calls, timers and crashes.
@Suite("The session of a LINE account")
struct LineAccountSessionTests {
    private static let address = SessionAddress.lineAccount
    private static let staff = Caller(tenant: "company_a", subject: "s_1", role: .staff)
    private static let gateway = Caller(tenant: "company_a", subject: "line", role: .service)
    private static let transRef = "015275120000AKR00001"

    private static func script(_ world: World) -> ScriptedLineServices.Script {
        var script = ScriptedLineServices.Script()
        let bank = BankCode("004")
        let sender = SlipParty(thaiName: "นาย ทดสอบ กขคง", bank: bank, account: "xxx-x-x1234-x")
        script.qr = QRAnswer.none
        script.verification = .genuine(
            SlipReport(
                bank: bank, transRef: transRef, amount: Satang(50_000) ?? .zero,
                transferredAt: world.time.wallClock, sender: sender,
                receiver: SlipParty(thaiName: "บจก. ตัวอย่าง", bank: BankCode("014"), account: "xxx-x-x5678-x")))
        script.accounts = .loaded(
            AccountList(
                accounts: [
                    TenantAccount(
                        id: "ACC1", number: "1111156780", bank: BankCode("014"), thaiName: "บริษัท ตัวอย่าง จำกัด")
                ], loadedAt: world.time.wallClock))
        script.users = .found([
            UserCandidate(id: "USER1", fullName: "นายทดสอบ กขคง", bankAccount: "9999912340", bank: bank)
        ])
        return script
    }

    private func world() throws -> World {
        let world = try World()
        world.enter { world.line.script = Self.script(world) }
        world.enter {
            world.registry.create(Self.address, .lineAccount(LineAccountFacts(name: "OA"))) { _ in }
        }
        world.work()
        world.enter { world.journal.isManual = true }
        return world
    }

    private func image(_ id: String, _ world: World, user: String = "U1", token: String? = "R1") -> JSONValue {
        LineInboundEvent(
            id: id, at: world.time.wallClock, user: user, replyToken: token, content: .image(message: "m" + id)
        ).json
    }

    @discardableResult
    private func receive(_ events: [JSONValue], _ world: World) -> Answer {
        world.command("webhook.receive", ["events": .array(events)], by: Self.gateway, to: Self.address)
    }

    private func log(_ world: World) -> [String] { (world.store.records[Self.address]?.log ?? []).map(\.name) }
    private func statuses(_ world: World) -> [String] {
        (world.store.records[Self.address]?.slips ?? [:]).values.map(\.status).sorted()
    }

    @Test("A photo becomes a credit, and everybody who follows sees each stage")
    func credit() throws {
        let world = try world()
        let follower = world.follow(as: Self.staff, Self.address)
        let answer = receive([image("E1", world)], world)
        #expect(answer.isPending, "LINE is not told before the event is durable")
        #expect(world.line.calls.isEmpty, "and nothing is done before")
        world.work()
        #expect(answer.ok != nil)
        #expect(
            log(world) == [
                "slip.received", "line.sending", "line.replied", "slip.verified", "slip.identified", "slip.matched",
                "slip.userFound", "slip.crediting", "slip.credited", "line.sending", "line.pushed",
            ])
        let stages = follower.frames.filter { $0["name"]?.string == "slip.stage" }
        #expect(
            stages.compactMap { $0["data"]?["stage"]?.string } == [
                "fetching", "reading", "verifying", "claiming", "searching", "crediting", "telling",
            ])
        #expect(follower.violations == [])
        let record = try #require(world.store.records[Self.address])
        #expect(!record.isUnfinished && record.slips.count == 1)
        let row = try #require(record.slips.values.first)
        #expect(row.status == "credited" && row.satang == 50_000 && row.transRef == Self.transRef && row.bank == "004")
        #expect(row.receiverAccount == "ACC1" && row.creditedAt != nil && row.user != nil && row.slip != nil)
        #expect(world.line.calls.contains(.loading("U1")), "behind the receipt")
    }

    @Test("An event that comes again changes nothing")
    func redelivery() throws {
        let world = try world()
        let event = image("E1", world)
        receive([event], world)
        world.work()
        let before = log(world)
        let again = receive([event, event], world)
        world.work()
        #expect(again.ok != nil && log(world) == before)
    }

    @Test("A process that dies at any commit leaves a slip that the next one ends, credited once", arguments: 0..<16)
    func crash(commits: Int) throws {
        let world = try world()
        receive([image("E1", world)], world)
        world.run()
        for _ in 0..<commits where world.journal.waitingCount > 0 { world.settle() }
        let submitted = world.line.calls.contains { if case .submit = $0 { true } else { false } }
        let acknowledged = log(world).contains("slip.received")
        world.crash()
        world.enter { world.registry.recoverUnfinished { _ in } }
        // What the back end had taken, it says so.
        world.line.script.asked = submitted ? .found(Satang(50_000) ?? .zero, reference: "B-1") : .absent
        world.work()
        world.pass(.seconds(600))
        guard acknowledged else { return #expect(log(world).isEmpty) }
        #expect(statuses(world) == ["credited"])
        #expect(log(world).count { $0 == "slip.credited" } == 1)
        if submitted {
            #expect(!world.line.calls.contains { if case .submit = $0 { true } else { false } }, "asked, not repeated")
        }
        #expect(try #require(world.store.records[Self.address]).isUnfinished == false)
    }

    @Test("So many images are held at once; the others wait for a place")
    func images() throws {
        let world = try world()
        world.enter {
            world.line.script.image = nil
            world.line.script.qr = .foreign
        }
        receive((0..<40).map { image("E\($0)", world, user: "U\($0)", token: nil) }, world)
        world.work()
        let places = LineAccountEffects.Configuration().maxHeldImages
        func fetched() -> Int { world.line.calls.count { if case .image = $0 { true } else { false } } }
        #expect(fetched() == places)
        world.enter {
            world.line.script.image = .image([1])
            world.line.answerOpen()
        }
        world.work()
        #expect(fetched() == 40)
        #expect(statuses(world) == Array(repeating: "failed", count: 40))
    }

    @Test(
        "A picture that is still held serves a slip that comes back from a person; places that nobody uses are given on"
    )
    func heldImages() throws {
        let world = try world()
        world.enter { world.line.script.live.verifiers = [] }
        let places = LineAccountEffects.Configuration().maxHeldImages
        receive((0..<places).map { image("E\($0)", world, user: "U\($0)", token: nil) }, world)
        world.work()
        #expect(statuses(world) == Array(repeating: "review", count: places), "no provider is configured")
        world.pass(.seconds(1))
        receive([image("late", world, token: nil)], world)
        world.work()
        #expect(statuses(world).contains("pending_verification"), "every place is taken")
        world.pass(LineAccountEffects.Configuration().maxImageAge)
        #expect(statuses(world) == Array(repeating: "review", count: places + 1))
        let last = try #require(world.store.records[Self.address]?.slips.values.max { $0.createdAt < $1.createdAt })
        world.enter { world.line.script.live.verifiers = ["scripted"] }
        let fetched = world.line.calls.count { if case .image = $0 { true } else { false } }
        let answer = world.command(
            "slip.retry", ["transaction": .string(last.transaction)], by: Self.staff, to: Self.address)
        world.work()
        #expect(answer.ok != nil)
        #expect(world.store.records[Self.address]?.slips[last.transaction]?.status == "credited")
        #expect(world.line.calls.count { if case .image = $0 { true } else { false } } == fetched, "not fetched again")
    }

    @Test("Waiting for its time keeps a session live, a person does not; a stop waits for neither")
    func waiting() throws {
        let world = try world()
        world.enter { world.registry.start() }
        world.enter { world.line.script.verification = .pending(after: nil) }
        receive([image("E1", world, token: nil)], world)
        world.work()
        #expect(log(world).last == "slip.delayed")
        world.enter { world.line.script.verification = .fault(.quota) }
        world.pass(.seconds(29))
        #expect(world.registry.liveCount == 1)
        world.pass(.seconds(2))
        #expect(statuses(world) == ["review"])
        #expect(try #require(world.store.records[Self.address]).isUnfinished == false)
        world.pass(.seconds(400))
        #expect(world.registry.liveCount == 0, "a slip in review needs no memory")
        world.enter { world.line.script.verification = .pending(after: nil) }
        receive([image("E2", world, token: nil)], world)
        world.work()
        let done = Counted()
        world.enter {
            world.registry.drain(interruptAfter: .seconds(60), deadline: .seconds(120)) { done.count += 1 }
        }
        world.work()
        world.pass(.milliseconds(100))
        #expect(done.count == 1, "a timer is in the log, and waits for the next process")
    }

    @Test("An answer that comes when the session is gone is nobody's")
    func late() throws {
        let world = try world()
        world.enter { world.line.script.image = nil }
        receive([image("E1", world, token: nil)], world)
        world.work()
        let done = Counted()
        world.enter {
            world.registry.drain(interruptAfter: .seconds(1), deadline: .seconds(5)) { done.count += 1 }
        }
        world.pass(.seconds(2))
        #expect(done.count == 1 && world.line.isClosed)
        #expect(try #require(world.store.records[Self.address]).isUnfinished)
    }
}

extension World {
    /// Runs and commits until nothing is left to do at this instant.
    fileprivate func work() {
        run()
        while journal.waitingCount > 0 { settle() }
    }

    /// Lets time pass in small steps, committing what comes up.
    fileprivate func pass(_ duration: Duration) {
        let end = time.now.advanced(by: duration)
        work()
        while let next = enter({ loop.nextDeadline() }), next <= end {
            time.advance(to: next)
            work()
        }
        time.advance(to: end)
        work()
    }
}
