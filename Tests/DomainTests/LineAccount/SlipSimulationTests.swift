import Domain
import JSON
import Primitives
import TestSupport
import Testing

@Suite("Slips in a world that fails")
struct SlipSimulationTests {
    @Test("Every slip ends or is a person's, is credited once at most, and told once at most", arguments: 0..<8)
    func seeds(batch: UInt64) throws {
        for seed in batch * 20..<batch * 20 + 20 { try Self.run(seed) }
    }

    @Test("The same with seeds of today")
    func freshSeeds() throws {
        for _ in 0..<10 { try Self.run(UInt64.random(in: .min ... .max)) }
    }

    private static func run(_ seed: UInt64) throws {
        let world = SlipSimulation(seed: seed)
        try #require(world.run(), "seed \(seed): it does not end")
        try #require(world.violations.isEmpty, "seed \(seed): \(world.violations)")
        check(world)
        for _ in 0..<3 {
            world.work()
            try #require(world.run(), "seed \(seed): it does not end after people worked")
            check(world)
        }
        world.recover()
        try #require(world.run(), "seed \(seed): it does not end in a world that does not fail")
        check(world)
        for account in world.accounts.indices { checkLog(world, account) }
        // Now no question is open: what the log says was credited is what the back end has.
        let ours = world.ledger.filter { $0.key != "foreign" }
        #expect(credited(world).sorted() == ours.map(\.amount).sorted(), "seed \(seed): the sums differ")
        for entry in entries(world) {
            #expect(entry.slip.progress.openOrder == nil || entry.slip.status.isTerminal, "seed \(seed)")
            if let reason = entry.slip.reviewReason {
                let isPersonal = [
                    ReviewReason.noAccount, .noUser, .ambiguousUser, .creditAbsent, .bankDelayed, .lateDelivery,
                ]
                #expect(isPersonal.contains(reason), "seed \(seed): \(reason) in a world that does not fail")
            }
        }
    }

    /// What holds at every moment in which nothing is under way.
    private static func check(_ world: SlipSimulation) {
        let seed = world.seed
        #expect(world.violations.isEmpty, "seed \(seed): \(world.violations)")
        for entry in entries(world) {
            #expect(
                entry.slip.status.isTerminal || entry.slip.status == .review,
                "seed \(seed): \(entry.slip.transaction) is \(entry.slip.status)")
            #expect(!entry.slip.status.isTerminal || entry.isFinished, "seed \(seed): a notice is not ended")
        }
        let references = world.ledger.map(\.reference)
        #expect(Set(references).count == references.count, "seed \(seed): credited twice")
        for (delivery, count) in world.delivered {
            #expect(count == 1, "seed \(seed): \(delivery) was told \(count) times")
        }
    }

    /// The log alone says the same as the state.
    private static func checkLog(_ world: SlipSimulation, _ account: Int) {
        let state = world.accounts[account]
        var totals = DayTotals(at: state.createdAt)
        var ends: [String: Int] = [:]
        var messages: [String: Int] = [:]
        for record in world.logs[account] {
            guard
                case .slip(let transaction, let event) = LineAccountEvent(
                    name: record.name, data: (try? JSONParser.parse(record.data)) ?? .null)
            else { continue }
            totals.count(event, at: record.at)
            switch event {
            case .received(let receipt): messages[receipt.webhookEvent, default: 0] += 1
            case .credited, .duplicate, .failed: ends[transaction, default: 0] += 1
            default: break
            }
        }
        #expect(totals == state.today, "seed \(world.seed)")
        #expect(ends.values.allSatisfy { $0 == 1 }, "seed \(world.seed): a slip ended twice")
        #expect(messages.values.allSatisfy { $0 == 1 }, "seed \(world.seed): an event was taken twice")
    }

    private static func entries(_ world: SlipSimulation) -> [LineAccount.Entry] { world.accounts.flatMap(\.ordered) }

    private static func credited(_ world: SlipSimulation) -> [Satang] {
        world.logs.joined().compactMap { record in
            guard
                case .slip(_, .credited(let proof)) = LineAccountEvent(
                    name: record.name, data: (try? JSONParser.parse(record.data)) ?? .null)
            else { return nil }
            return proof.amount
        }
    }

    @Test("The world is as bad as it should be")
    func coverage() {
        var names: [String: Int] = [:]
        var reasons: Set<String> = []
        var crashes = 0
        for seed in UInt64(0)..<50 {
            let world = SlipSimulation(seed: seed)
            #expect(world.run())
            world.work()
            #expect(world.run())
            crashes += world.crashes
            for record in world.logs.joined() {
                names[record.name, default: 0] += 1
                if record.name == "slip.review", let json = try? JSONParser.parse(record.data) {
                    reasons.insert(json["reason"]?.string ?? "")
                }
            }
        }
        for name in [
            "slip.received", "slip.identified", "slip.delayed", "slip.verified", "slip.matched", "slip.userFound",
            "slip.crediting", "slip.creditUnclear", "slip.credited", "slip.duplicate", "slip.failed", "slip.review",
            "slip.retried", "slip.resolved", "line.received", "line.sending", "line.replied", "line.pushed",
            "line.unsent", "quota.changed", "admin.expired", "admin.renewed",
        ] { #expect(names[name, default: 0] > 0, "\(name) never happened") }
        #expect(crashes > 50)
        #expect(
            reasons.isSuperset(of: ["admin-expired", "no-account", "ambiguous-user", "credit-refused"]), "\(reasons)")
    }
}
