import Domain
import Ports
import Primitives
import TestSupport
import Testing

@testable import PostgresStore

@Suite("Orders as people query them", .serialized, .timeLimit(.minutes(5)))
struct OrderProjectionTests {
    private let store: StoreFixture

    init() throws { store = try StoreFixture.ready() }

    private func write(
        _ id: String, tenant: String = "company_a", customer: String = "u_1", provider: String? = nil,
        status: String = "PENDING", payment: String? = nil, minute: Int64
    ) throws {
        let row = Entries.order(
            id, customer: customer, provider: provider, status: status, payment: payment, minute: minute)
        #expect(try store.write(Entries.order(id, tenant: tenant), [.order(row)]) == nil)
    }

    private func list(
        _ subject: OrderQuery.Subject = .customer("u_1"), status: String? = nil, page: Int = 1, size: Int = 100,
        tenant: String = "company_a"
    ) throws -> (ids: [String], total: Int) {
        let found = try store.orders(OrderQuery(subject, status: status, page: page, size: size), tenant: tenant)
        return (found.items.map(\.id), found.total)
    }

    @Test("an order's row is inserted and replaced, and reads as it was written")
    func upsert() throws {
        let address = Entries.order("441")
        let created = Entries.order("441", customer: "u_1", payment: "981")
        #expect(try store.write(address, [.order(created)]) == nil)
        #expect(try store.orders(OrderQuery(.customer("u_1"))) == OrderPage(items: [created], total: 1))
        let later = OrderRow(
            id: "441", customer: "u_2", provider: "p_1", rider: "r_1", lifecycle: "jeco", status: "shipped",
            displayStatus: "late", payment: "982", branch: "12", state: Array(#"{"status":"shipped","n":1e400}"#.utf8),
            createdAt: Entries.start.advanced(by: .seconds(1)), updatedAt: Entries.start.advanced(by: .seconds(5)),
            offset: 7)
        #expect(try store.write(address, [.order(later)]) == nil)
        let found = OrderPage(items: [later], total: 1)
        for subject: OrderQuery.Subject in [.customer("u_2"), .provider("p_1"), .payment("982"), .ids(["441"])] {
            #expect(try store.orders(OrderQuery(subject)) == found, "\(subject)")
        }
        for subject: OrderQuery.Subject in [.customer("u_1"), .payment("981"), .ids(["440"]), .ids([])] {
            #expect(try store.orders(OrderQuery(subject)) == OrderPage(items: [], total: 0), "\(subject)")
        }
        #expect(try store.count("SELECT count(*) FROM tbl_order") == 1)
    }

    @Test("of one flush the last row of each order counts")
    func fold() throws {
        let address = Entries.order("1")
        let stream = try store.identity(of: address)
        let rows = ["PENDING", "PREPARE", "DELIVERY"].map {
            StoredChange.order(Entries.order("1", customer: "u_1", status: $0))
        }
        let entries =
            [Entries.entry(address, stream, offsets: 1...1, creates: true, changes: [rows[0]])]
            + rows.dropFirst().map { Entries.entry(address, stream, changes: [$0]) }
        #expect(try store.append(entries) == [nil, nil, nil])
        #expect(store.observations.flushes == 1)
        #expect(try list(status: "DELIVERY").ids == ["1"])
        #expect(try store.count("SELECT count(*) FROM tbl_order") == 1)
    }

    @Test("a person's orders come newest first, by status and in pages, each tenant and person apart")
    func pages() throws {
        for minute in 1...7 {
            try write("o\(minute)", status: minute % 2 == 0 ? "PENDING" : "COMPLETED", minute: Int64(minute))
        }
        try write("other", customer: "u_2", provider: "u_1", payment: "u_1", minute: 8)
        try write("elsewhere", tenant: "company_b", minute: 9)
        #expect(try list() == (["o7", "o6", "o5", "o4", "o3", "o2", "o1"], 7))
        #expect(try list(status: "PENDING") == (["o6", "o4", "o2"], 3))
        #expect(try list(page: 1, size: 3) == (["o7", "o6", "o5"], 7))
        #expect(try list(page: 3, size: 3) == (["o1"], 7))
        #expect(try list(page: 4, size: 3) == ([], 7))
        #expect(try list(page: .max, size: .max) == ([], 7))
        #expect(try list(page: .min, size: .min) == (["o7"], 7))
        #expect(try list(status: "PENDING", page: 2, size: 2) == (["o2"], 3))
        #expect(try list(.customer("nobody")) == ([], 0))
        #expect(try list(tenant: "company_b") == (["elsewhere"], 1))
        // An order keeps its place when it changes.
        try write("o1", status: "REJECTED", minute: 1)
        #expect(try list(status: "REJECTED") == (["o1"], 1))
        #expect(try list().ids.last == "o1")
    }

    @Test("a provider's orders, a payment's, and those of given ids come alike")
    func subjects() throws {
        try write("a", provider: "p_1", payment: "981", minute: 1)
        try write("b", customer: "u_2", provider: "p_1", minute: 2)
        try write("c", provider: "p_2", payment: "981", minute: 3)
        try write("a", tenant: "company_b", provider: "p_1", payment: "981", minute: 4)
        #expect(try list(.provider("p_1")) == (["b", "a"], 2))
        #expect(try list(.payment("981")) == (["c", "a"], 2))
        #expect(try list(.ids(["a", "c", "a", "nothing"])) == (["c", "a"], 2))
        #expect(try list(.ids(["a"]), tenant: "company_b") == (["a"], 1))
        #expect(try list(.provider("u_1")) == ([], 0))
    }

    @Test("a history ends after its newest hundred, also for the statuses in it")
    func trimmed() throws {
        for minute in 1...110 {
            try write("o\(minute)", status: minute <= 12 ? "REJECTED" : "PENDING", minute: Int64(minute))
        }
        #expect(try list().ids == (11...110).reversed().map { "o\($0)" })
        #expect(try list().total == OrderQuery.maxHistory)
        #expect(try list(status: "REJECTED") == (["o12", "o11"], 2))
        #expect(try list(page: 5, size: 20).ids == (11...30).reversed().map { "o\($0)" })
        #expect(try list(.ids((1...110).map { "o\($0)" })).ids == (1...100).reversed().map { "o\($0)" })
    }

    @Test("of orders at the same moment the later session comes first")
    func ties() throws {
        for id in ["a", "c", "b"] { try write(id, minute: 1) }
        #expect(try list().ids == ["b", "c", "a"])
        #expect(try list(page: 2, size: 1).ids == ["c"])
    }

    @Test("each list comes from its index")
    func plans() throws {
        let inspector = try store.inspector()
        try inspector.execute(
            """
            INSERT INTO tbl_order (session, tenant, id, customer, provider, branch_id, txn_id, lifecycle, status,
                                   display_status, order_details, "offset", created_at, updated_at)
            SELECT n, 'company_a', n::text, 'u_' || n % 20, 'p_' || n % 20, 'b_' || n % 20, 't_' || n % 5000, 'baanfoodie',
                   'PENDING', 'PENDING', '{}', 0, now() + n * interval '1 second', now()
            FROM generate_series(1, 20000) n;
            ANALYZE tbl_order
            """)
        for (index, column, value) in [
            ("idx_order_customer", "customer", "u_7"), ("idx_order_provider", "provider", "p_7"),
            ("idx_order_branch", "branch_id", "b_7"), ("idx_order_txn", "txn_id", "t_7"), ("idx_order_id", "id", "7"),
        ] {
            let lines = try inspector.query(
                """
                EXPLAIN SELECT session FROM tbl_order
                WHERE transaction_digest(tenant, \(column)) = transaction_digest('company_a', '\(value)')
                  AND tenant = 'company_a' AND \(column) = '\(value)'
                ORDER BY created_at DESC, session DESC LIMIT 100
                """)
            let plan = try (0..<lines.rowCount).map { try lines.text($0, 0) }.joined(separator: "\n")
            #expect(plan.contains(index), "\(plan)")
        }
        let ids = try inspector.query(
            """
            EXPLAIN SELECT session FROM tbl_order
            WHERE transaction_digest(tenant, id)
                  = ANY (ARRAY(SELECT transaction_digest('company_a', asked) FROM unnest('{7,8}'::text[]) AS asked))
              AND tenant = 'company_a' AND id = ANY ('{7,8}'::text[])
            """)
        let plan = try (0..<ids.rowCount).map { try ids.text($0, 0) }.joined(separator: "\n")
        #expect(plan.contains("idx_order_id"), "\(plan)")
    }

    @Test("nothing of an order's content makes the journal fail")
    func anything() throws {
        let long = String((0..<20_000).map { _ in Character(UnicodeScalar(UInt8.random(in: 33...126))) })
        for (id, time) in [("1", Timestamp(microseconds: .min)), ("2", Timestamp(microseconds: .max))] {
            let row = OrderRow(
                id: id, customer: long, provider: long, rider: long, lifecycle: long, status: long, displayStatus: "",
                payment: long, branch: long, state: Array(#"{"a":"\u0000\ud800","b":1e999999}"#.utf8) + [0],
                createdAt: time,
                updatedAt: time, offset: .max)
            #expect(try store.write(Entries.order(id), [.order(row)]) == nil)
        }
        for subject: OrderQuery.Subject in [.customer(long), .provider(long), .payment(long), .ids(["1", "2", long])] {
            #expect(try list(subject, status: long).ids == ["2", "1"])
        }
        let state = try store.orders(OrderQuery(.ids(["1"]))).items.first?.state
        #expect(state.map { String(decoding: $0, as: UTF8.self) } == #"{"a":"\u0000\ud800","b":1e999999}"# + "\u{FFFD}")
    }

    @Test("without a server they are unavailable")
    func nowhere() throws {
        let store = try StoreFixture(
            Secret("host=/nonexistent dbname=x user=x"),
            ownership: Ownership(incarnation: "x", epochs: Array(repeating: 1, count: 512)))
        store.on { $0.pool.start() }
        #expect(throws: StoreFailure.unavailable) { try store.orders(OrderQuery(.customer("u"))) }
    }
}
