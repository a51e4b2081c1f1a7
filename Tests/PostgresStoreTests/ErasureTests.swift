import Domain
import Ports
import TestSupport
import Testing

@testable import PostgresStore

@Suite("Erasure", .serialized, .timeLimit(.minutes(5)))
struct ErasureTests {
    private let store: StoreFixture
    private let address = Entries.address("conversation-canary")
    private let stream: StreamIdentity

    init() throws {
        store = try StoreFixture.ready()
        stream = try store.identity(of: address)
        let usage = UsageRow(
            reply: "reply-canary", provider: "p", model: "m", inputTokens: 1, outputTokens: 1, outcome: "completed",
            at: Entries.start)
        let entry = Entries.entry(
            address, stream, offsets: 1...1, creates: true, text: "text-canary", key: "key-canary",
            changes: [
                .conversation(
                    Entries.conversation(owner: "owner-canary", title: "title-canary", preview: "preview-canary")),
                .message(Entries.message(1, "text-canary")), .usage(usage),
                .openReply(OpenReplyRow(reply: "reply-canary", text: "open-canary")),
                .slip(Entries.Slip("slip-canary").row("credited", slip: "slip-canary")), .unfinished(true),
                try Entries.row(payer: "payer-canary", amount: 1, order: "order-canary"),
                .order(Entries.order("order-canary", customer: "customer-canary")),
                .letter(Entries.letter(stream, 1, 0, to: address, "letter-canary")),
                .checkpoint(CheckpointRow(offset: 1, format: 1, state: Array("state-canary".utf8))),
            ])
        #expect(try store.append(entry) == nil)
    }

    /// Rows of any table that contain the word, in text or in bytes.
    private func tablesWithCanary() throws -> [String] {
        let inspector = try store.inspector()
        let tables = try inspector.query(
            """
            SELECT relname::text FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1
            """
        )
        var found: [String] = []
        for index in 0..<tables.rowCount {
            let table = try tables.text(index, 0)
            let hex = "canary".utf8.map { String($0, radix: 16) }.joined()
            let rows = try inspector.query(
                "SELECT 1 FROM \"\(table)\" row WHERE row::text LIKE '%canary%' OR row::text LIKE '%\(hex)%'")
            if rows.rowCount > 0 { found.append(table) }
        }
        return found
    }

    private func erase(offset: Int64, key: String?) throws -> StoreFailure? {
        try store.append(
            Entries.entry(
                address, stream, offsets: offset...offset, text: "erased-canary", key: key,
                changes: [.erase(offset: offset, key: key)]))
    }

    @Test("nothing of the session stays in any table")
    func noTrace() throws {
        let before = try tablesWithCanary()
        #expect(before.count == 12, "the search finds what is there: \(before)")
        #expect(try store.count("SELECT count(*) FROM unfinished_session") == 1)
        #expect(try erase(offset: 2, key: "delete-canary") == nil)
        #expect(try tablesWithCanary() == [])
        #expect(try store.count("SELECT count(*) FROM unfinished_session") == 0)
    }

    @Test("every table with a session's rows is one that an erasure knows, or keeps for money's sake")
    func tables() throws {
        let unknown = try store.inspector().query(
            """
            SELECT relname::text FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'session'
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
              AND relname NOT IN (SELECT name FROM session_table) ORDER BY 1
            """)
        #expect(try (0..<unknown.rowCount).map { try unknown.text($0, 0) } == ["ledger_posting"])
    }

    @Test("a tombstone answers the repeated command")
    func tombstone() throws {
        #expect(try erase(offset: 2, key: "delete-canary") == nil)
        let digest = try store.inspector().query("SELECT sha256('delete-canary')").bytes(0, 0)
        #expect(try store.load(address).get() == .erased(offset: 2, keyDigest: digest))
        #expect(
            try store.load(Entries.address("conversation-canary", tenant: "other")).get()
                != .erased(offset: 2, keyDigest: digest))
    }

    @Test("it may come without a key")
    func noKey() throws {
        #expect(try erase(offset: 2, key: nil) == nil)
        #expect(try store.load(address).get() == .erased(offset: 2, keyDigest: nil))
    }

    @Test("what is queued before an erasure goes with it; what comes behind it is refused")
    func order() throws {
        let outcomes = try store.append([
            Entries.entry(address, stream, offsets: 2...2, text: "late-canary"),
            Entries.entry(address, stream, offsets: 3...3, changes: [.erase(offset: 3, key: nil)]),
            Entries.entry(address, stream, changes: [.openReply(OpenReplyRow(reply: "r", text: "after-canary"))]),
        ])
        #expect(outcomes == [nil, nil, .conflict])
        #expect(try tablesWithCanary() == [])
    }
}
