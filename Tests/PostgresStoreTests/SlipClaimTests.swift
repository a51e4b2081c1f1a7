import Domain
import Ports
import Primitives
import Reactor
import Synchronization
import TestSupport
import Testing

@testable import PostgresStore

@Suite("Claims of slips' references", .serialized, .timeLimit(.minutes(5)))
struct SlipClaimTests {
    private let store: StoreFixture
    private let slip = Entries.Slip("t_1")
    private let other = Entries.Slip("t_9", oa: "oa-2")

    /// Its requests are made to wait, however long that takes here.
    init() throws {
        store = try StoreFixture.ready(postgres: {
            StoreFixture.wait(&$0)
            $0.poolConnections = 8
        })
    }

    private func reference(_ bank: String = "014", _ text: String = "REF1") throws -> SlipReference {
        let bank = try #require(BankCode(bank))
        return try #require(SlipReference(bank: bank, transRef: text))
    }

    @Test("the first slip has it, and may ask again; everybody else learns who")
    func first() throws {
        let reference = try reference()
        #expect(try store.holder(bank: "014", "REF1") == nil)
        #expect(try store.claim(reference, slip) == .claimed)
        #expect(try store.claim(reference, slip) == .claimed)
        #expect(try store.claim(reference, other) == .taken(by: "oa-1/t_1"))
        #expect(try store.claim(reference, Entries.Slip("t_2")) == .taken(by: "oa-1/t_1"))
        #expect(try store.holder(bank: "014", "REF1") == "oa-1/t_1")
        #expect(try store.count("SELECT count(*) FROM slip_claim") == 1)
    }

    @Test("a reference is one of a tenant and of a bank, and its case counts")
    func apart() throws {
        #expect(try store.claim(reference(), slip) == .claimed)
        #expect(try store.claim(reference("025"), other) == .claimed)
        #expect(try store.claim(reference("014", "ref1"), other) == .claimed)
        #expect(try store.claim(reference(), Entries.Slip("t_1", tenant: "company_b")) == .claimed)
        #expect(try store.holder(bank: "025", "REF1") == "oa-2/t_9")
        #expect(try store.holder(bank: nil, "REF1") == "oa-1/t_1")
        #expect(try store.holder(tenant: "company_c", bank: nil, "REF1") == nil)
        #expect(try store.holder(bank: "030", "REF1") == nil)
    }

    @Test("a bank that has merged is found under its old code")
    func merged() throws {
        #expect(try store.claim(reference("065"), slip) == .claimed)
        #expect(try store.claim(reference("011"), other) == .taken(by: "oa-1/t_1"))
        #expect(try store.holder(bank: "065", "REF1") == "oa-1/t_1")
    }

    @Test("only a slip that has failed loses its reference")
    func takeover() throws {
        let reference = try reference()
        #expect(try store.claim(reference, slip) == .claimed)
        for status in ["pending_verification", "pending", "matched", "credited", "duplicate", "review"] {
            try store.write(slip, .slip(slip.row(status, reference)))
            #expect(try store.claim(reference, other) == .taken(by: "oa-1/t_1"), "\(status)")
        }
        // Neither another slip of the account that failed, nor one of the same name elsewhere.
        try store.write(slip, .slip(Entries.Slip("t_2").row("failed", reference)))
        for namesake in [Entries.Slip("t_1", oa: "oa-3"), Entries.Slip("t_1", tenant: "company_b")] {
            try store.write(namesake, .slip(namesake.row("failed", reference)))
        }
        #expect(try store.claim(reference, other) == .taken(by: "oa-1/t_1"))
        // What a person rejected may have been credited by hand, or be a fraud.
        try store.write(slip, .slip(slip.row("failed", reference, reason: "rejected")))
        #expect(try store.claim(reference, other) == .taken(by: "oa-1/t_1"))
        try store.write(slip, .slip(slip.row("failed", reference, reason: "not-found")))
        #expect(try store.holder(bank: "014", "REF1") == nil)
        #expect(try store.claim(reference, other) == .claimed)
        #expect(try store.holder(bank: nil, "REF1") == "oa-2/t_9")
        #expect(try store.claim(reference, slip) == .taken(by: "oa-2/t_9"))
    }

    @Test("erasing a session frees what its failed slips had, and nothing else")
    func erasure() throws {
        let failed = Entries.Slip("t_2")
        #expect(try store.claim(reference(), slip) == .claimed)
        #expect(try store.claim(reference("014", "REF2"), failed) == .claimed)
        #expect(try store.claim(reference("014", "REF3"), other) == .claimed)
        try store.write(slip, .slip(slip.row("credited", reference())))
        try store.write(
            failed, .slip(failed.row("failed", reference("014", "REF2"))),
            .slip(other.row("failed", reference("014", "REF3"))))
        let stream = try store.loadPresent(slip.address).stream
        let erasure = Entries.entry(slip.address, stream, offsets: 2...2, changes: [.erase(offset: 2, key: nil)])
        #expect(try store.append(erasure) == nil)
        #expect(try store.count("SELECT count(*) FROM pending_transactions") == 0)
        #expect(try store.holder(bank: nil, "REF1") == "oa-1/t_1")
        #expect(try store.holder(bank: nil, "REF3") == "oa-2/t_9")
        #expect(try store.count("SELECT count(*) FROM slip_claim") == 2)
    }

    // MARK: Payments

    /// A transfer at half past five in the afternoon of the 21st in UTC: the 22nd in Bangkok.
    private let evening = Timestamp(seconds: 1_795_282_200)

    @Test("a payment's reference counts by its bank and by its day in Bangkok")
    func days() throws {
        #expect(try store.claim(reference(), payment: "981", "s_1", at: evening) == .claimed)
        #expect(
            try store.count("SELECT count(*) FROM slip_claim WHERE trans_date = '2026-11-22' AND oa = 'payment/981'")
                == 1)
        let holder = ClaimAnswer.taken(by: "payment/981/s_1")
        // The same bank on another day, and another bank on the same day.
        let later = evening.advanced(by: .seconds(86_400))
        #expect(try store.claim(reference(), payment: "982", "s_1", at: later) == holder)
        #expect(try store.claim(reference(), payment: "982", "s_1", at: nil) == holder)
        let sameDay = evening.advanced(by: .seconds(23 * 3600))
        #expect(try store.claim(reference("025"), payment: "982", "s_1", at: sameDay) == holder)
        let dayBefore = evening.advanced(by: .seconds(-1801))
        #expect(try store.claim(reference("025"), payment: "982", "s_1", at: dayBefore) == .claimed)
        #expect(try store.claim(reference("030"), payment: "983", "s_1", at: later) == .claimed)
        #expect(try store.claim(reference("030"), tenant: "company_b", payment: "1", "s_1", at: evening) == .claimed)
        #expect(try store.holder(bank: "014", "REF1") == "payment/981/s_1")
        #expect(try store.holder(bank: "025", "REF1") == "payment/982/s_1")
    }

    @Test("a payment and a LINE account's slip take a reference from each other no more than two slips do")
    func bothWays() throws {
        #expect(try store.claim(reference(), slip) == .claimed)
        #expect(try store.claim(reference(), payment: "981", "s_1", at: evening) == .taken(by: "oa-1/t_1"))
        #expect(try store.claim(reference("025"), payment: "981", "s_1", at: evening) == .claimed)
        #expect(try store.claim(reference("025"), other) == .taken(by: "payment/981/s_1"))
    }

    @Test("a payment's slip may ask again, and so may another one of the payment; neither makes a second claim")
    func again() throws {
        #expect(try store.claim(reference(), payment: "981", "s_1", at: evening) == .claimed)
        for bank in ["014", "025"] {
            for slip in ["s_1", "s_2"] {
                #expect(try store.claim(reference(bank), payment: "981", slip, at: evening) == .claimed)
            }
        }
        #expect(try store.claim(reference(), payment: "981", "s_3", at: nil) == .claimed)
        #expect(try store.count("SELECT count(*) FROM slip_claim") == 1)
        // A payment whose id begins alike is another one.
        #expect(try store.claim(reference(), payment: "98", "1/s_1", at: evening) == .taken(by: "payment/981/s_1"))
        // What had no day gets one.
        #expect(try store.claim(reference("014", "REF2"), payment: "981", "s_4", at: nil) == .claimed)
        #expect(try store.claim(reference("014", "REF2"), payment: "981", "s_4", at: evening) == .claimed)
        #expect(try store.claim(reference("030", "REF2"), other) == .claimed)
        #expect(
            try store.claim(reference("025", "REF2"), payment: "7", "s", at: evening) == .taken(by: "payment/981/s_4"))
    }

    @Test("a payment never loses its claim: not to a failed namesake, nor by its erasure")
    func kept() throws {
        #expect(try store.claim(reference(), payment: "981", "s_1", at: evening) == .claimed)
        let payment = Entries.payment("981")
        let failed = try Entries.Slip("s_1").row("failed", reference(), reason: "not-found")
        #expect(try store.write(payment, [.slip(failed)]) == nil)
        try store.write(Entries.Slip("s_1", oa: "981"), .slip(Entries.Slip("s_1").row("failed", reference())))
        #expect(try store.claim(reference(), other) == .taken(by: "payment/981/s_1"))
        let stream = try store.loadPresent(payment).stream
        let erasure = Entries.entry(payment, stream, offsets: 2...2, changes: [.erase(offset: 2, key: nil)])
        #expect(try store.append(erasure) == nil)
        #expect(try store.holder(bank: nil, "REF1") == "payment/981/s_1")
    }

    @Test("a payment takes over what a failed slip of a LINE account had, with its day")
    func takeoverByPayment() throws {
        try store.write(slip, .slip(slip.row("failed", reference())))
        #expect(try store.claim(reference(), slip) == .claimed)
        #expect(try store.claim(reference(), payment: "981", "s_1", at: evening) == .claimed)
        #expect(try store.claim(reference("025"), payment: "982", "s_1", at: evening) == .taken(by: "payment/981/s_1"))
        #expect(try store.claim(reference(), slip) == .taken(by: "payment/981/s_1"))
        // It has the day already under another bank: the failed slip's row comes to it without one.
        let failed = Entries.Slip("t_2")
        try store.write(failed, .slip(failed.row("failed", reference("014", "REF2"))))
        #expect(try store.claim(reference("014", "REF2"), failed) == .claimed)
        #expect(try store.claim(reference("025", "REF2"), payment: "981", "s_2", at: evening) == .claimed)
        #expect(try store.claim(reference("014", "REF2"), payment: "981", "s_2", at: evening) == .claimed)
        #expect(try store.holder(bank: "014", "REF2") == "payment/981/s_2")
        #expect(try store.count("SELECT count(*) FROM slip_claim WHERE trans_ref = 'REF2' AND trans_date IS NULL") == 1)
    }

    @Test("of eight payments that read eight banks from one slip, exactly one gets it")
    func raceOfDays() throws {
        let banks = ["002", "004", "006", "014", "025", "030", "069", "073"]
        for number in 1...10 {
            let references = try banks.map { try reference($0, "DAY\(number)") }
            let answers = Answers()
            store.on { fixture in
                for (index, reference) in references.enumerated() {
                    fixture.claims.claim(
                        tenant: "company_a", reference, transferredAt: evening, account: "payment/\(index)",
                        transaction: "s_1"
                    ) { answer in answers.list.withLock { $0.append(("payment/\(index)/s_1", answer)) } }
                }
            }
            try expectOneWinner(answers)
        }
    }

    // MARK: At the same moment

    private final class Answers: Sendable {
        let list = Mutex<[(slip: String, answer: ClaimAnswer)]>([])
        var count: Int { list.withLock { $0.count } }
        var claimed: [String] { list.withLock { $0.filter { $0.answer == .claimed }.map(\.slip) } }
        func count(of answer: ClaimAnswer) -> Int { list.withLock { $0.count { $0.answer == answer } } }
    }

    /// Eight slips ask for the reference, on eight connections.
    private func race(for reference: SlipReference) -> Answers {
        let answers = Answers()
        store.on { fixture in
            for number in 1...8 {
                let slip = Entries.Slip("r_\(number)", oa: "oa-\(number % 3)")
                fixture.claims.claim(
                    tenant: slip.tenant, reference, account: slip.oa, transaction: slip.transaction
                ) { answer in answers.list.withLock { $0.append((slip.name, answer)) } }
            }
        }
        return answers
    }

    private func waitForLocks(_ count: Int64) throws {
        let inspector = try store.inspector()
        let locks =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        var found: Int64 = 0
        try store.wait("\(count) backends that wait") { _ in
            do { found = try inspector.query(locks).int64(0, 0) } catch { Issue.record(error) }
            return found == count
        }
    }

    private func expectOneWinner(_ answers: Answers) throws {
        try store.wait("eight answers") { _ in answers.count == 8 }
        let winner = try #require(answers.claimed.first)
        #expect(answers.claimed.count == 1)
        #expect(answers.count(of: .taken(by: winner)) == 7)
    }

    @Test("of eight that wait for one who gives up, exactly one gets it")
    func raceForFree() throws {
        let holder = try store.inspector()
        try holder.execute("BEGIN; SELECT claim_slip('company_a', '014', 'REF1', 'oa-7', 'x')")
        let answers = race(for: try reference())
        try waitForLocks(8)
        try holder.execute("ROLLBACK")
        try expectOneWinner(answers)
    }

    @Test("eight that wait for one who gets it learn that it did")
    func raceForTaken() throws {
        let holder = try store.inspector()
        try holder.execute("BEGIN; SELECT claim_slip('company_a', '014', 'REF1', 'oa-7', 'x')")
        let answers = race(for: try reference())
        try waitForLocks(8)
        try holder.execute("COMMIT")
        try store.wait("eight answers") { _ in answers.count == 8 }
        #expect(answers.count(of: .taken(by: "oa-7/x")) == 8)
    }

    @Test("of eight that come after one that has failed, exactly one gets it")
    func raceForFailed() throws {
        let reference = try reference()
        #expect(try store.claim(reference, slip) == .claimed)
        try store.write(slip, .slip(slip.row("failed", reference)))
        let holder = try store.inspector()
        try holder.execute("BEGIN; SELECT * FROM slip_claim FOR UPDATE")
        let answers = race(for: reference)
        try waitForLocks(8)
        try holder.execute("ROLLBACK")
        try expectOneWinner(answers)
    }

    @Test("of eight at the same moment one gets each of many references")
    func races() throws {
        for number in 1...25 {
            try expectOneWinner(race(for: try reference("014", "RACE\(number)")))
        }
    }

    // MARK: Without an answer

    @Test("without a server it is unavailable")
    func nowhere() throws {
        let store = try StoreFixture(
            Secret("host=/nonexistent dbname=x user=x"),
            ownership: Ownership(incarnation: "x", epochs: Array(repeating: 1, count: 512)))
        store.on { $0.pool.start() }
        #expect(try store.claim(reference(), slip) == .unavailable)
        #expect(throws: StoreFailure.unavailable) { try store.holder(bank: nil, "REF1") }
    }

    @Test("a claim whose answer was lost is the slip's own when it asks again")
    func lostAnswer() throws {
        let server = try PrivatePostgres.dedicated("claims")
        defer { server.remove() }
        let store = try StoreFixture(
            server.database(),
            postgres: {
                StoreFixture.wait(&$0)
                $0.poolConnections = 1
            })
        try store.connect()
        let faults = ServerFaults(conninfo: store.conninfo)
        let inspector = try store.inspector()
        try faults.holdCommits()
        let box = StoreFixture.SharedBox<ClaimAnswer>()
        var number = 0
        let waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        // The server's checkpointer is who hears that commits are held: claims before that are answered.
        try store.wait("the commit that is held") { fixture in
            do {
                if box.value != nil || number == 0 {
                    box.value = nil
                    number += 1
                    fixture.claims.claim(
                        tenant: "company_a", try reference("014", "LOST\(number)"), account: "oa-1", transaction: "t_1"
                    ) { box.value = $0 }
                }
                return try inspector.query(waiting).rowCount == 1
            } catch {
                Issue.record(error)
                return true
            }
        }
        let lost = try reference("014", "LOST\(number)")
        _ = try inspector.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        try store.wait("the loss") { _ in box.value != nil }
        #expect(box.value == .unavailable)
        try faults.releaseCommits()
        try store.wait("a new connection") { $0.pool.isAvailable }
        #expect(try store.claim(lost, other) == .taken(by: "oa-1/t_1"))
        #expect(try store.claim(lost, slip) == .claimed)
    }
}
