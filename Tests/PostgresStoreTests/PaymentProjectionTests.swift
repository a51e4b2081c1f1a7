import Domain
import Ports
import Primitives
import TestSupport
import Testing

@testable import PostgresStore

@Suite("Payments as people query them", .serialized, .timeLimit(.minutes(5)))
struct PaymentProjectionTests {
    private let store: StoreFixture

    init() throws { store = try StoreFixture.ready() }

    private func write(
        _ id: String, tenant: String = "company_a", payer: String = "u_1", status: String = "accepted",
        order: String? = nil, minute: Int64
    ) throws {
        let row = try Entries.row(payer: payer, amount: 100 + minute, status: status, order: order, minute: minute)
        #expect(try store.write(Entries.payment(id, tenant: tenant), [row]) == nil)
    }

    private func list(
        _ payer: String = "u_1", status: String? = nil, page: Int = 1, size: Int = 50
    ) throws -> (ids: [String], total: Int) {
        let query = PaymentQuery(tenant: "company_a", payer: payer, status: status, page: page, size: size)
        let found = try store.payments(query)
        return (found.items.map(\.id), found.total)
    }

    @Test("a payment's row is inserted and replaced, and reads as it was written")
    func upsert() throws {
        let payment = Entries.payment("981")
        #expect(try store.write(payment, [Entries.row(payer: "u_1", amount: 34_500, order: "A-1")]) == nil)
        let pending = try #require(try store.payments(order: "A-1").first)
        #expect(try StoredChange.payment(pending.row) == Entries.row(payer: "u_1", amount: 34_500, order: "A-1"))
        let accepted = PaymentRow(
            payer: "u_1", purpose: "deposit", method: "card",
            amount: try #require(Money(hundredths: 34_501, .philippinePeso)),
            status: "refunded", reason: "asked", refunded: try #require(Money(hundredths: 34_500, .philippinePeso)),
            escrow: "held", order: "A-1", way: "2c2p", charge: "chrg_1", transRef: "REF1",
            transferredAt: Timestamp(seconds: 1_795_282_200), expiresAt: Entries.start.advanced(by: .seconds(900)),
            createdAt: Entries.start, updatedAt: Entries.start.advanced(by: .seconds(5)))
        #expect(try store.write(payment, [.payment(accepted)]) == nil)
        #expect(try store.payments(order: "A-1") == [PaymentSummary(id: "981", row: accepted)])
        let row = try store.inspector().query(
            "SELECT amount::text, refunded::text, trans_date::text, currency FROM tbl_transaction")
        #expect(row.rowCount == 1)
        #expect(try (0..<4).map { try row.text(0, $0) } == ["345.01", "345.00", "2026-11-22", "PHP"])
    }

    @Test("of one flush the last row of each payment counts")
    func fold() throws {
        let payment = Entries.payment("1")
        let stream = try store.identity(of: payment)
        let rows = try ["pending", "review", "accepted"].map { try Entries.row(payer: "u_1", amount: 1, status: $0) }
        let entries =
            [Entries.entry(payment, stream, offsets: 1...1, creates: true, changes: [rows[0]])]
            + rows.dropFirst().map { Entries.entry(payment, stream, changes: [$0]) }
        #expect(try store.append(entries) == [nil, nil, nil])
        #expect(store.observations.flushes == 1)
        #expect(try list(status: "accepted").ids == ["1"])
        #expect(try store.count("SELECT count(*) FROM tbl_transaction") == 1)
    }

    @Test("a person's payments come newest first, by status and in pages, each tenant and person apart")
    func pages() throws {
        for minute in 1...7 {
            try write("p\(minute)", status: minute % 2 == 0 ? "pending" : "accepted", minute: Int64(minute))
        }
        try write("other", payer: "u_2", minute: 8)
        try write("elsewhere", tenant: "company_b", minute: 9)
        #expect(try list() == (["p7", "p6", "p5", "p4", "p3", "p2", "p1"], 7))
        #expect(try list(status: "pending") == (["p6", "p4", "p2"], 3))
        #expect(try list(page: 1, size: 3) == (["p7", "p6", "p5"], 7))
        #expect(try list(page: 3, size: 3) == (["p1"], 7))
        #expect(try list(page: 4, size: 3) == ([], 7))
        #expect(try list(page: .max, size: .max) == ([], 7))
        #expect(try list(page: .min, size: .min) == (["p7"], 7))
        #expect(try list(status: "pending", page: 2, size: 2) == (["p2"], 3))
        #expect(try list("nobody") == ([], 0))
        // A payment keeps its place when it changes.
        try write("p1", status: "expired", minute: 1)
        #expect(try list(status: "expired") == (["p1"], 1))
        #expect(try list().ids.last == "p1")
    }

    @Test("a history ends after the newest fifty, also for the statuses in it")
    func trimmed() throws {
        for minute in 1...60 {
            try write("p\(minute)", status: minute <= 12 ? "rejected" : "accepted", minute: Int64(minute))
        }
        #expect(try list().ids == (11...60).reversed().map { "p\($0)" })
        #expect(try list().total == PaymentQuery.maxHistory)
        #expect(try list(status: "rejected") == (["p12", "p11"], 2))
        #expect(try list(page: 3, size: 20).ids == (11...20).reversed().map { "p\($0)" })
    }

    @Test("of payments at the same moment the later session comes first")
    func ties() throws {
        for id in ["a", "c", "b"] { try write(id, minute: 1) }
        #expect(try list().ids == ["b", "c", "a"])
        #expect(try list(page: 2, size: 1).ids == ["c"])
    }

    @Test("a tenant's payments of an order come newest first, at most fifty")
    func orders() throws {
        for minute in 1...55 {
            try write("p\(minute)", payer: "u_\(minute)", order: "A-1", minute: Int64(minute))
        }
        try write("q", order: "A-2", minute: 90)
        try write("r", tenant: "company_b", order: "A-1", minute: 91)
        try write("s", minute: 92)
        #expect(try store.payments(order: "A-1").map(\.id) == (6...55).reversed().map { "p\($0)" })
        #expect(try store.payments(order: "A-2").map(\.id) == ["q"])
        #expect(try store.payments(order: "A-3") == [])
        #expect(try store.payments(tenant: "company_b", order: "A-1").map(\.id) == ["r"])
    }

    @Test("both lists come from their index")
    func plans() throws {
        let inspector = try store.inspector()
        try inspector.execute(
            """
            INSERT INTO tbl_transaction (session, company_id, id, user_id, txn_type, txn_method, amount, currency, refunded,
                                         status, order_id, created_at, updated_at)
            SELECT n, 'company_a', n::text, 'u_' || n % 20, 'payment', 'qr', 1, 'THB', 0, 'accepted', 'o_' || n % 5000,
                   now() + n * interval '1 second', now()
            FROM generate_series(1, 20000) n;
            ANALYZE tbl_transaction
            """)
        func plan(_ condition: String) throws -> String {
            let lines = try inspector.query(
                "EXPLAIN SELECT * FROM tbl_transaction WHERE \(condition) ORDER BY created_at DESC, session DESC LIMIT 50"
            )
            return try (0..<lines.rowCount).map { try lines.text($0, 0) }.joined(separator: "\n")
        }
        let ofPayer = try plan(
            """
            transaction_digest(company_id, user_id) = transaction_digest('company_a', 'u_7')
            AND company_id = 'company_a' AND user_id = 'u_7'
            """)
        #expect(ofPayer.contains("idx_txn_user_id"), "\(ofPayer)")
        let ofOrder = try plan(
            """
            transaction_digest(company_id, order_id) = transaction_digest('company_a', 'o_7')
            AND company_id = 'company_a' AND order_id = 'o_7'
            """)
        #expect(ofOrder.contains("idx_txn_order_id"), "\(ofOrder)")
    }

    @Test("nothing of a payment's content makes the journal fail")
    func anything() throws {
        let long = String((0..<20_000).map { _ in Character(UnicodeScalar(UInt8.random(in: 33...126))) })
        let most = try #require(Money(hundredths: Money.maxHundredths, .baht))
        for (id, time) in [("1", Timestamp(microseconds: .min)), ("2", Timestamp(microseconds: .max))] {
            let row = PaymentRow(
                payer: long, purpose: "a purpose of tomorrow", method: "", amount: most, status: long, reason: "a\0b",
                refunded: most, escrow: long, order: long, way: long, charge: long, transRef: long, transferredAt: time,
                expiresAt: time, createdAt: time, updatedAt: time)
            #expect(try store.write(Entries.payment(id), [.payment(row)]) == nil)
        }
        #expect(try list(long).ids == ["2", "1"])
        #expect(try store.payments(order: long).map(\.row.amount) == [most, most])
        #expect(try store.payments(order: long).map(\.row.reason) == ["a\u{FFFD}b", "a\u{FFFD}b"])
    }

    @Test("without a server they are unavailable")
    func nowhere() throws {
        let store = try StoreFixture(
            Secret("host=/nonexistent dbname=x user=x"),
            ownership: Ownership(incarnation: "x", epochs: Array(repeating: 1, count: 512)))
        store.on { $0.pool.start() }
        #expect(throws: StoreFailure.unavailable) { try store.balance("u_1") }
        #expect(throws: StoreFailure.unavailable) { try store.payments(order: "A-1") }
        #expect(throws: StoreFailure.unavailable) { try store.payments(PaymentQuery(tenant: "t", payer: "u")) }
    }
}
