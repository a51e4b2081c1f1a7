import Domain
import Ports
import Primitives
import Reactor
import TestSupport
import Testing

@testable import PostgresStore

@Suite("Conversation directory and revocations", .serialized, .timeLimit(.minutes(5)))
struct DirectoryTests {
    private let store: StoreFixture

    init() throws { store = try StoreFixture.ready() }

    private func add(
        _ id: String, tenant: String = "jeco", owner: String = "u_1", participants: [String] = [], title: String? = nil,
        isArchived: Bool = false, minute: Int64? = nil, messages: [String] = []
    ) throws {
        let address = Entries.address(id, tenant: tenant)
        let stream = try store.identity(of: address)
        let row = Entries.conversation(
            owner: owner, participants: participants, title: title, isArchived: isArchived,
            lastMessageAt: minute.map { Entries.start.advanced(by: .seconds($0 * 60)) }, preview: messages.last,
            messages: Int64(messages.count))
        let changes = messages.enumerated().map { StoredChange.message(Entries.message(Int64($0 + 1), $1)) }
        let last = Int64(max(1, messages.count))
        let entry = Entries.entry(
            address, stream, offsets: 1...last, creates: true, changes: [.conversation(row)] + changes)
        #expect(try store.append(entry) == nil)
    }

    private func ids(
        _ subject: String = "u_1", tenant: String = "jeco", text: String? = nil, isArchived: Bool? = nil
    ) throws -> [String] {
        let query = ConversationQuery(
            tenant: tenant, subject: subject, text: text, isArchived: isArchived, cursor: nil, limit: 100)
        return try store.conversations(query).items.map(\.id)
    }

    @Test("a row comes back as it was written, and the last write counts")
    func roundTrip() throws {
        try add("c_1", participants: ["u_2", "u,3\" {}"], title: "เงินออม", minute: 5, messages: ["a", "b"])
        let address = Entries.address("c_1")
        let stream = try store.identity(of: address)
        var row = Entries.conversation(owner: "u_1", participants: [], title: "x")
        row.participants = ["u_2", "u,3\" {}"]
        row.title = nil
        #expect(
            try store.append([
                Entries.entry(address, stream, changes: [.conversation(Entries.conversation(owner: "u_9"))]),
                Entries.entry(address, stream, changes: [.conversation(row)]),
            ]) == [nil, nil])
        let query = ConversationQuery(
            tenant: "jeco", subject: "u_2", text: nil, isArchived: nil, cursor: nil, limit: 10)
        #expect(try store.conversations(query).items == [ConversationSummary(id: "c_1", row: row)])
    }

    @Test("owner and participants see it; others, and the same name in another tenant, do not")
    func members() throws {
        try add("c_1", owner: "u_1", participants: ["u_2"])
        try add("c_2", tenant: "pawnshop", owner: "u_1")
        #expect(try ids("u_1") == ["c_1"])
        #expect(try ids("u_2") == ["c_1"])
        #expect(try ids("u_3") == [])
        #expect(try ids("u_1", tenant: "pawnshop") == ["c_2"])
    }

    @Test("newest activity first, page by page, without a gap or a repeat")
    func paging() throws {
        // Some share their time: the session's number decides then.
        for index in 0..<25 { try add("c_\(index)", minute: Int64(index / 3)) }
        var seen: [String] = []
        var cursor: String?
        repeat {
            let page = try store.conversations(
                ConversationQuery(
                    tenant: "jeco", subject: "u_1", text: nil, isArchived: nil, cursor: cursor, limit: 7))
            #expect(page.items.count <= 7)
            seen += page.items.map(\.id)
            cursor = page.nextCursor
        } while cursor != nil && seen.count < 100
        #expect(seen == (0..<25).reversed().map { "c_\($0)" })
    }

    @Test("a cursor that is not one of ours finds nothing")
    func foreignCursor() throws {
        try add("c_1")
        for cursor in ["", "x", "!!!", "AAAA", String(repeating: "A", count: 400)] {
            let query = ConversationQuery(
                tenant: "jeco", subject: "u_1", text: nil, isArchived: nil, cursor: cursor, limit: 7)
            #expect(try store.conversations(query).items.isEmpty, "cursor \(cursor)")
        }
    }

    @Test("archived ones are told apart")
    func archived() throws {
        try add("c_1")
        try add("c_2", isArchived: true, minute: 9)
        #expect(try ids() == ["c_2", "c_1"])
        #expect(try ids(isArchived: true) == ["c_2"])
        #expect(try ids(isArchived: false) == ["c_1"])
    }

    @Test("search finds titles and messages, Thai too, without regard to case, in one's own conversations only")
    func search() throws {
        try add("c_1", title: "Budget 2026", messages: ["รายได้ผมประมาณ 45,000 บาทครับ"])
        try add("c_2", messages: ["Nothing here", "Straße ÉCOLE"])
        try add("c_3", owner: "u_9", messages: ["รายได้ของคนอื่น"])
        #expect(try ids(text: "รายได้") == ["c_1"])
        #expect(try ids(text: "บาท") == ["c_1"])
        #expect(try ids(text: "budget") == ["c_1"])
        #expect(try ids(text: "NOTHING") == ["c_2"])
        #expect(try ids(text: "école") == ["c_2"])
        #expect(try ids("u_9", text: "รายได้") == ["c_3"])
    }

    @Test("the pattern's own characters stand for themselves", arguments: ["%", "_", "\\", "100%", "a_b", "c:\\d"])
    func escaped(text: String) throws {
        try add("plain", messages: ["nothing of the kind: 100 axb cd"])
        try add("match", messages: ["here: <\(text)>"])
        #expect(try ids(text: text) == ["match"])
    }

    @Test("messages are paged newest first, bound to the tenant")
    func messages() throws {
        try add("c_1", messages: (1...5).map { "text \($0)" })
        let first = try store.messages("jeco", "c_1", limit: 2)
        #expect(first.items.map(\.offset) == [5, 4])
        #expect(first.items.first == Entries.message(5, "text 5"))
        #expect(first.nextCursor == "4")
        let rest = try store.messages("jeco", "c_1", before: 4, limit: 3)
        #expect(rest.items.map(\.offset) == [3, 2, 1])
        #expect(rest.nextCursor == nil)
        #expect(try store.messages("pawnshop", "c_1").items.isEmpty)
    }

    @Test("revoked tokens are kept until they would have expired")
    func revocations() throws {
        let revocations = PostgresRevocations(pool: store.pool)
        let now = Entries.start
        var answers = 0
        for (token, seconds) in [("a", 10), ("b", 20), ("a", 5)] as [(String, Int64)] {
            store.on { _ in
                let revocation = Revocation(
                    tenant: "jeco", token: token, until: now.advanced(by: .seconds(seconds)), cause: .revoked)
                revocations.revoke(revocation, recording: nil) {
                    #expect($0 == nil)
                    answers += 1
                }
            }
            try store.wait("revocation") { [expected = answers] _ in answers > expected || answers == 3 }
        }
        #expect(try list(revocations, at: now) == ["a", "b"])
        #expect(try list(revocations, at: now.advanced(by: .seconds(10))) == ["b"])
        #expect(try store.count("SELECT count(*) FROM revoked_token") == 1)
    }

    private func list(_ revocations: PostgresRevocations, at now: Timestamp) throws -> [String] {
        var found: [String]?
        store.on { _ in
            revocations.revocations(at: now) { outcome in
                do { found = try outcome.get().map(\.token) } catch { Issue.record(error) }
            }
        }
        try store.wait("revocations") { _ in found != nil }
        return found ?? []
    }
}
