import Domain
import Ports
import Primitives
import Reactor
import TestSupport
import Testing

@testable import PostgresStore

@Suite("The ledger", .serialized, .timeLimit(.minutes(2)))
struct LedgerTests {
    private let store: StoreFixture
    private let wallet = LedgerAccount.wallet(subject: "u_1")
    private let slips = LedgerAccount.clearing(way: "slip")

    /// Flushes are made to wait for each other, however long that takes here.
    init() throws { store = try StoreFixture.ready(postgres: StoreFixture.wait) }

    private func count(_ table: String) throws -> Int64 { try store.count("SELECT count(*) FROM \(table)") }

    private func sum(of account: LedgerAccount, tenant: String = "company_a") throws -> Int64 {
        try store.count(
            """
            SELECT coalesce(sum(amount), 0)::int8 FROM ledger_line
            WHERE tenant = '\(tenant)' AND account = '\(account.text)'
            """)
    }

    private func audit() throws -> LedgerAudit {
        try PostgresLedgerAudit(PostgresConfiguration(conninfo: store.conninfo)).run()
    }

    // MARK: Posting

    @Test("a posting is two lines in the transaction of its event, and the wallet's balance")
    func posting() throws {
        #expect(try store.balance("u_1") == 0)
        let payment = Entries.payment("981")
        #expect(try store.write(payment, [Entries.posting("981/accepted", 34_500, from: slips, to: wallet)]) == nil)
        #expect(try sum(of: wallet) == 34_500)
        #expect(try sum(of: slips) == -34_500)
        #expect(try store.balance("u_1") == 34_500)
        #expect(try store.balance("u_1", .philippinePeso) == 0)
        #expect(try store.balance("u_1", tenant: "company_b") == 0)
        let stream = try store.loadPresent(payment).stream
        let posted = try store.inspector().query("SELECT session, tenant, id, currency, at FROM ledger_posting")
        #expect(posted.rowCount == 1)
        #expect(try posted.int64(0, 0) == stream.id)
        #expect(try posted.text(0, 1) == "company_a")
        #expect(try posted.text(0, 2) == "981/accepted")
        #expect(try posted.text(0, 3) == "THB")
        #expect(try posted.timestamp(0, 4) == Entries.record(1).at)
        #expect(try audit() == LedgerAudit(postings: 1, faults: []))
    }

    @Test("only wallets have a row that others wait for")
    func balances() throws {
        let accounts: [LedgerAccount] = [.sales, .escrow(payment: "1"), .payable(subject: "u_2"), wallet]
        let changes = try accounts.enumerated().map { try Entries.posting("1/\($0)", 100, from: slips, to: $1) }
        #expect(try store.write(Entries.payment("1"), changes) == nil)
        #expect(try count("ledger_balance") == 1)
        #expect(try sum(of: slips) == -400)
        for account in accounts { #expect(try sum(of: account) == 100) }
    }

    @Test("the same posting again changes nothing, in the same flush, in another, and from another session")
    func idempotent() throws {
        let posting = try Entries.posting("1/accepted", 500, from: slips, to: wallet)
        let payment = Entries.payment("1")
        #expect(try store.write(payment, [posting, posting]) == nil)
        #expect(try store.write(payment, [posting]) == nil)
        #expect(try store.write(Entries.payment("2"), [posting]) == nil)
        // What is new beside it counts.
        #expect(try store.write(payment, [posting, Entries.posting("1/more", 1, from: slips, to: wallet)]) == nil)
        #expect(try store.balance("u_1") == 501)
        #expect(try count("ledger_posting") == 2)
        #expect(try count("ledger_line") == 4)
        #expect(try audit() == LedgerAudit(postings: 2, faults: []))
    }

    @Test("the id of another posting is a conflict, whatever differs; a tenant's ids are its own")
    func otherContent() throws {
        let payment = Entries.payment("1")
        #expect(try store.write(payment, [Entries.posting("1/accepted", 500, from: slips, to: wallet)]) == nil)
        let others = [
            try Entries.posting("1/accepted", 501, from: slips, to: wallet),
            try Entries.posting("1/accepted", 500, from: wallet, to: slips),
            try Entries.posting("1/accepted", 500, from: slips, to: .sales),
            try Entries.posting("1/accepted", 500, from: .clearing(way: "2c2p"), to: wallet),
            try Entries.posting("1/accepted", 500, from: slips, to: wallet, .philippinePeso),
        ]
        for other in others { #expect(try store.write(payment, [other]) == .conflict, "\(other)") }
        // Twice in one entry is no better.
        let twice = [
            try Entries.posting("1/x", 1, from: slips, to: wallet),
            try Entries.posting("1/x", 2, from: slips, to: wallet),
        ]
        #expect(try store.write(payment, twice) == .conflict)
        #expect(try store.balance("u_1") == 500)
        #expect(try count("ledger_posting") == 1)
        let elsewhere = Entries.payment("1", tenant: "company_b")
        #expect(try store.write(elsewhere, [others[0]]) == nil)
        #expect(try store.balance("u_1", tenant: "company_b") == 501)
        #expect(try store.balance("u_1") == 500)
    }

    @Test("what moves nothing, or from an account to itself, is a conflict")
    func nothing() throws {
        let payment = Entries.payment("1")
        #expect(try store.write(payment, [Entries.posting("1/a", 0, from: slips, to: wallet)]) == .conflict)
        #expect(try store.write(payment, [Entries.posting("1/b", 5, from: slips, to: slips)]) == .conflict)
        let most = try Entries.posting("1/c", Money.maxHundredths, from: slips, to: wallet)
        #expect(try store.write(payment, [most]) == nil)
        #expect(try store.write(payment, [Entries.posting("1/d", 1, from: slips, to: wallet)]) == .conflict)
        #expect(try store.balance("u_1") == Money.maxHundredths)
        #expect(try count("ledger_posting") == 1)
    }

    // MARK: Refusals

    @Test("a wallet without enough fails its own entry, with nothing of it written; its neighbours in the flush commit")
    func insufficient() throws {
        #expect(try store.write(Entries.payment("0"), [Entries.posting("0/a", 100, from: slips, to: wallet)]) == nil)
        let payments = (1...5).map { Entries.payment("\($0)") }
        let streams = try payments.map { try store.identity(of: $0) }
        let flushes = store.observations.flushes
        let entries = try zip(payments, streams).enumerated().map { index, session in
            // The third asks for more than there is, the fifth for what the first two leave.
            let amount: Int64 = index == 2 ? 101 : index == 4 ? 40 : 30
            return Entries.entry(
                session.0, session.1, offsets: 1...1, creates: true, key: "pay",
                changes: [
                    try Entries.row(payer: "u_1", amount: amount, status: "accepted"), .unfinished(true),
                    try Entries.posting("\(session.0.id)/paid", amount, from: index == 3 ? slips : wallet, to: .sales),
                ])
        }
        #expect(try store.append(entries) == [nil, nil, .conflict, nil, nil])
        #expect(store.observations.all.contains(.refused(sqlState: "SA004", entries: 5)))
        #expect(store.observations.flushes > flushes)
        #expect(try store.balance("u_1") == 0)
        #expect(try sum(of: .sales) == 130)
        let stream = streams[2].id
        for table in ["session", "log", "command_answer", "tbl_transaction", "unfinished_session", "ledger_posting"] {
            let column = table == "session" ? "id" : "session"
            #expect(try store.count("SELECT count(*) FROM \(table) WHERE \(column) = \(stream)") == 0, "\(table)")
        }
        #expect(try count("tbl_transaction") == 4)
        #expect(try count("ledger_line WHERE posting = '3/paid'") == 0)
        #expect(try audit().faults == [])
    }

    @Test("an entry takes from a wallet what another posting of it brings, and no more")
    func together() throws {
        let payment = Entries.payment("1")
        let topUp = try Entries.posting("1/in", 70, from: slips, to: wallet)
        #expect(try store.write(payment, [Entries.posting("1/out", 71, from: wallet, to: .sales), topUp]) == .conflict)
        #expect(try store.balance("u_1") == 0)
        #expect(try store.write(payment, [Entries.posting("1/out", 70, from: wallet, to: .sales), topUp]) == nil)
        #expect(try store.balance("u_1") == 0)
        let gift = try Entries.posting("1/gift", 70, from: wallet, to: .wallet(subject: "u_2"))
        #expect(try store.write(payment, [gift]) == .conflict)
        #expect(try audit() == LedgerAudit(postings: 2, faults: []))
    }

    @Test("erasing a session leaves what it posted, and posts what comes with the erasure")
    func erasure() throws {
        let payment = Entries.payment("1")
        #expect(
            try store.write(
                payment,
                [Entries.row(payer: "u_1", amount: 70), Entries.posting("1/in", 70, from: slips, to: wallet)]) == nil)
        let stream = try store.loadPresent(payment).stream
        func erasure(_ amount: Int64) throws -> JournalEntry {
            Entries.entry(
                payment, stream, offsets: 2...2,
                changes: [
                    .erase(offset: 2, key: nil), try Entries.posting("1/out", amount, from: wallet, to: slips),
                ])
        }
        #expect(try store.append(erasure(71)) == .conflict)
        #expect(try count("tbl_transaction") == 1)
        #expect(try store.append(erasure(69)) == nil)
        #expect(try count("session") == 0)
        #expect(try count("tbl_transaction") == 0)
        #expect(try count("ledger_line") == 4)
        #expect(try store.balance("u_1") == 1)
        #expect(try audit() == LedgerAudit(postings: 2, faults: []))
    }

    @Test("postings and lines are never changed")
    func appendOnly() throws {
        #expect(try store.write(Entries.payment("1"), [Entries.posting("1/in", 70, from: slips, to: wallet)]) == nil)
        let inspector = try store.inspector()
        for table in ["ledger_posting", "ledger_line"] {
            let attempts = [
                "UPDATE \(table) SET tenant = 'x'", "DELETE FROM \(table)", "TRUNCATE \(table)",
                "DELETE FROM \(table) WHERE false",
            ]
            for attempt in attempts {
                #expect(
                    throws: PostgresFailure.rejected(PostgresError(sqlState: "SA006", detail: table)), "\(attempt)"
                ) { try inspector.execute(attempt) }
            }
        }
        #expect(try count("ledger_line") == 2)
    }

    // MARK: At the same moment

    @Test(
        "debits from several journals at once: the sum is exact, no wallet goes below zero, nobody is a deadlock's victim"
    )
    func concurrent() throws {
        let fixtures = try [store] + (0..<3).map { _ in try sibling() }
        let wallets = (0..<4).map { "w_\($0)" }
        for wallet in wallets {
            let credit = try Entries.posting("in/\(wallet)", 1000, from: slips, to: .wallet(subject: wallet))
            #expect(try store.write(Entries.payment("in-\(wallet)"), [credit]) == nil)
        }
        // Each entry takes from one wallet and gives to the next one, so flushes meet on all of them, in both directions; and
        // every third takes more than there can be.
        var expected = Array(repeating: Int64(1000), count: 4)
        var pending: [StoreFixture.Pending] = []
        var moves: [[(from: Int, to: Int, amount: Int64)]] = []
        for (number, fixture) in fixtures.enumerated() {
            var entries: [JournalEntry] = []
            var own: [(from: Int, to: Int, amount: Int64)] = []
            for index in 0..<30 {
                let address = Entries.payment("p-\(number)-\(index)")
                let from = (index + number) % 4
                let to = number % 2 == 0 ? (from + 1) % 4 : (from + 3) % 4
                let amount: Int64 = index % 10 == 3 ? 50_000 : Int64(index + 1)
                let posting = try Entries.posting(
                    "\(address.id)/x", amount, from: .wallet(subject: wallets[from]), to: .wallet(subject: wallets[to]))
                entries.append(
                    Entries.entry(
                        address, try fixture.identity(of: address), offsets: 1...1, creates: true, changes: [posting]))
                own.append((from, to, amount))
            }
            pending.append(fixture.submit(entries))
            moves.append(own)
        }
        settle(pending, fixtures)
        for (outcomes, moves) in zip(pending.map(\.outcomes), moves) {
            for (outcome, move) in zip(outcomes, moves) {
                let isTooMuch = move.amount == 50_000
                #expect(outcome == (isTooMuch ? .some(.conflict) : .some(nil)))
                if !isTooMuch {
                    expected[move.from] -= move.amount
                    expected[move.to] += move.amount
                }
            }
        }
        for (wallet, balance) in zip(wallets, expected) { #expect(try store.balance(wallet) == balance) }
        // No deadlock (40P01), nor a wait that ended before the server looked for one.
        #expect(Set(fixtures.flatMap { $0.observations.refusals }) == ["SA004"])
        #expect(try audit() == LedgerAudit(postings: 4 + 4 * 27, faults: []))
    }

    @Test("whichever way money goes between two wallets, both flushes take the same wallet first")
    func order() throws {
        let wallets = ["w_0", "w_1"].map { LedgerAccount.wallet(subject: $0) }
        let credits = try wallets.map { try Entries.posting("in/\($0.text)", 100, from: slips, to: $0) }
        #expect(try store.write(Entries.payment("in"), credits) == nil)
        let fixtures = [store, try sibling()]
        let holder = try store.inspector()
        try holder.execute("BEGIN; SELECT * FROM ledger_balance WHERE account = 'wallet:w_0' FOR UPDATE")
        var pending: [StoreFixture.Pending] = []
        for (number, fixture) in fixtures.enumerated() {
            let address = Entries.payment("p-\(number)")
            let posting = try Entries.posting(
                address.id, Int64(10 + number), from: wallets[number], to: wallets[1 - number])
            let entry = Entries.entry(
                address, try fixture.identity(of: address), offsets: 1...1, creates: true, changes: [posting])
            pending.append(fixture.submit([entry]))
        }
        let inspector = try store.inspector()
        try waitForLocks(of: fixtures, inspector)
        // Both wait for the first wallet, so nobody has the second.
        #expect(throws: Never.self) {
            try inspector.execute("SELECT * FROM ledger_balance WHERE account = 'wallet:w_1' FOR UPDATE NOWAIT")
        }
        try holder.execute("ROLLBACK")
        settle(pending, fixtures)
        #expect(pending.flatMap(\.outcomes) == [.some(nil), .some(nil)])
        #expect(try store.balance("w_0") == 101)
        #expect(try store.balance("w_1") == 99)
    }

    /// Until each of them has a flush that waits for a lock.
    private func waitForLocks(of fixtures: [StoreFixture], _ inspector: BlockingConnection) throws {
        let locks =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        for _ in 0..<20_000 {
            for fixture in fixtures { fixture.on { $0.loop.turn(waitingAtMost: .milliseconds(1)) } }
            if try inspector.query(locks).int64(0, 0) == fixtures.count { return }
        }
        throw StoreFixture.NeverHappened(what: "flushes that wait for each other")
    }

    /// Turns all the loops until everything is answered; a bounded number of times.
    private func settle(_ pending: [StoreFixture.Pending], _ fixtures: [StoreFixture]) {
        for _ in 0..<20_000 where !pending.allSatisfy(\.isComplete) {
            for fixture in fixtures { fixture.on { $0.loop.turn(waitingAtMost: .milliseconds(1)) } }
        }
    }

    @Test("of many who take from one wallet as much gets out as is in it")
    func drain() throws {
        let fixtures = try [store] + (0..<3).map { _ in try sibling() }
        #expect(try store.write(Entries.payment("in"), [Entries.posting("in", 1000, from: slips, to: wallet)]) == nil)
        var pending: [StoreFixture.Pending] = []
        for (number, fixture) in fixtures.enumerated() {
            let entries = try (0..<20).map { index in
                let address = Entries.payment("p-\(number)-\(index)")
                let posting = try Entries.posting("\(address.id)/x", 30, from: wallet, to: .sales)
                return Entries.entry(
                    address, try fixture.identity(of: address), offsets: 1...1, creates: true, changes: [posting])
            }
            pending.append(fixture.submit(entries))
        }
        settle(pending, fixtures)
        let outcomes = pending.flatMap(\.outcomes)
        #expect(outcomes.count { $0 == .some(nil) } == 33)
        #expect(outcomes.count { $0 == .some(.conflict) } == 47)
        #expect(try store.balance("u_1") == 10)
        #expect(try sum(of: .sales) == 990)
        #expect(try audit() == LedgerAudit(postings: 34, faults: []))
    }

    /// Another journal of the same process on the same database.
    private func sibling() throws -> StoreFixture {
        let fixture = try StoreFixture(store.conninfo, ownership: store.ownership, postgres: StoreFixture.wait)
        try fixture.connect()
        return fixture
    }

    // MARK: A model

    @Test("two thousand random postings: every sum is zero and every wallet what a model says", arguments: [7, 8])
    func model(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let model = SimulatedStore()
        let people = (0..<6).map { "u_\($0)" }
        let sessions = (0..<16).map { Entries.payment("\($0)", tenant: $0 % 2 == 0 ? "company_a" : "company_b") }
        let streams = try sessions.map { try store.identity(of: $0) }
        func account() -> LedgerAccount {
            let person = people.randomElement(using: &random) ?? ""
            switch Int.random(in: 0..<8, using: &random) {
            case 0..<4: return .wallet(subject: person)
            case 4: return .clearing(way: "slip")
            case 5: return .sales
            case 6: return .escrow(payment: person)
            default: return .payable(subject: person)
            }
        }
        for (address, stream) in zip(sessions, streams) {
            let entry = Entries.entry(address, stream, offsets: 1...1, creates: true)
            #expect(try store.append(entry) == nil)
            #expect(model.commit(entry) == nil)
        }
        var refused = 0
        for index in 0..<2000 {
            let session = Int.random(in: 0..<sessions.count, using: &random)
            // Now and then an id that was there before, mostly with another content.
            let id = Int.random(in: 0..<20, using: &random) == 0 ? Int.random(in: 0...index, using: &random) : index
            let currency: Currency = Int.random(in: 0..<4, using: &random) == 0 ? .philippinePeso : .baht
            let posting = try Entries.posting(
                "\(id)", Int64.random(in: 0...5000, using: &random), from: account(), to: account(), currency)
            let repeated = Int.random(in: 0..<30, using: &random) == 0 ? [posting] : []
            let entry = Entries.entry(sessions[session], streams[session], changes: [posting] + repeated)
            let outcome = try store.append(entry)
            #expect(outcome == model.commit(entry), "posting \(index): \(posting)")
            refused += outcome == nil ? 0 : 1
        }
        #expect((100..<1200).contains(refused), "the random postings are too good or too bad: \(refused) refused")
        for tenant in ["company_a", "company_b"] {
            for person in people {
                for currency in Currency.allCases {
                    #expect(
                        try store.balance(person, tenant: tenant, currency)
                            == model.balance(tenant: tenant, subject: person, currency))
                }
            }
        }
        let posted = Int64(sessions.reduce(0) { $0 + (model.records[$1]?.postings.count ?? 0) })
        #expect(try audit() == LedgerAudit(postings: posted, faults: []))
        #expect(try store.count("SELECT coalesce(sum(amount), 0)::int8 FROM ledger_line") == 0)
    }

    // MARK: The audit

    @Test("the audit says what is wrong, by tenant and currency, and names nobody")
    func auditing() throws {
        #expect(try audit() == LedgerAudit(postings: 0, faults: []))
        for (tenant, amount) in [("company_a", 100), ("company_b", 200), ("company_c", 300)] {
            let changes = try (1...3).map {
                try Entries.posting("p/\($0)", Int64(amount), from: slips, to: .wallet(subject: "u_\($0)"))
            }
            #expect(try store.write(Entries.payment("p", tenant: tenant), changes) == nil)
        }
        let inspector = try store.inspector()
        // What nobody may do, done all the same.
        try inspector.execute(
            """
            ALTER TABLE ledger_line DISABLE TRIGGER append_only;
            ALTER TABLE ledger_posting DISABLE TRIGGER append_only;
            ALTER TABLE ledger_balance DROP CONSTRAINT ledger_balance_balance_check;
            UPDATE ledger_balance SET balance = -1 WHERE tenant = 'company_a' AND account = 'wallet:u_1';
            DELETE FROM ledger_balance WHERE tenant = 'company_a' AND account = 'wallet:u_2';
            DELETE FROM ledger_line WHERE tenant = 'company_b' AND posting = 'p/1' AND account = 'clearing:slip';
            DELETE FROM ledger_posting WHERE tenant = 'company_c' AND id = 'p/3';
            """)
        let faults: [LedgerAudit.Fault] = [
            .init(kind: .balance, tenant: "company_a", currency: "THB", count: 2),
            .init(kind: .negative, tenant: "company_a", currency: "THB", count: 1),
            .init(kind: .posting, tenant: "company_b", currency: "THB", count: 1),
            .init(kind: .sum, tenant: "company_b", currency: "THB", count: 1),
            .init(kind: .stray, tenant: "company_c", currency: "", count: 2),
            .init(kind: .balance, tenant: "company_c", currency: "THB", count: 1),
        ]
        #expect(try audit() == LedgerAudit(postings: 8, faults: faults))
        for fault in faults { #expect(!fault.description.contains("u_") && fault.description.contains(fault.tenant)) }
        let nowhere = PostgresConfiguration(conninfo: Secret("host=/nonexistent dbname=x user=x"))
        #expect(throws: PostgresFailure.unavailable) { try PostgresLedgerAudit(nowhere).run() }
    }
}

extension Observations {
    fileprivate var refusals: [String] {
        all.compactMap { if case .refused(let sqlState, _) = $0 { sqlState } else { nil } }
    }
}
