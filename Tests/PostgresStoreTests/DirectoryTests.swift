import Domain
import JSON
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

    private func people(
        _ id: String, _ readers: [PeopleRow.Reader], last: PeopleRow.Last? = nil, minute: Int64, creates: Bool = true
    ) throws {
        let address = Entries.address(id, tenant: "trusttrade")
        let stream = try store.identity(of: address)
        var row = Entries.conversation(
            owner: readers[0].subject, participants: readers.dropFirst().map(\.subject),
            lastMessageAt: Entries.start.advanced(by: .seconds(minute * 60)))
        row.people = PeopleRow(booking: "b-" + id, last: last, readers: readers)
        let entry = Entries.entry(
            address, stream, offsets: creates ? 1...1 : nil, creates: creates, changes: [.conversation(row)])
        #expect(try store.append(entry) == nil)
    }

    @Test(
        "chats of people: those of one person, newest activity first, with who has read how much; the last write counts"
    )
    func chats() throws {
        func reader(_ subject: String, _ read: Int64, _ unread: Int64) -> PeopleRow.Reader {
            PeopleRow.Reader(subject: subject, read: read, unread: unread)
        }
        try people("c_1", [reader("u_1", 0, 0), reader("p,\"1", 0, 0)], minute: 1)
        try people("c_2", [reader("u_2", 0, 0), reader("u_1", 0, 3), reader("p_2", 7, 1)], minute: 2)
        try people("c_3", [reader("u_2", 0, 0), reader("p_2", 0, 0)], minute: 3)
        try add("c_4", tenant: "trusttrade", minute: 9)
        let last = PeopleRow.Last(author: "p,\"1", kind: "image", offset: 4)
        try people("c_1", [reader("u_1", 2, 1), reader("p,\"1", 4, 0)], last: last, minute: 5, creates: false)
        func page(_ subject: String, _ number: Int, _ size: Int) throws -> CountedPage<ConversationSummary> {
            try store.chats(tenant: "trusttrade", subject: subject, PageNumber(page: number, size: size))
        }
        let first = try page("u_1", 1, 1)
        #expect(first.items.map(\.id) == ["c_1"] && first.total == 2)
        #expect(
            first.items.first?.row.people
                == PeopleRow(
                    booking: "b-c_1", last: last, readers: [reader("u_1", 2, 1), reader("p,\"1", 4, 0)]))
        let second = try page("u_1", 2, 1)
        #expect(second.items.map(\.id) == ["c_2"] && second.total == 2)
        #expect(second.items.first?.row.people?.readers.map(\.unread) == [0, 3, 1])
        let beyond = try page("u_1", 9, 1)
        #expect(beyond.items.isEmpty && beyond.total == 2)
        #expect(try page("u_9", 1, 10).total == 0)
        #expect(try page("p_2", 1, 10).items.map(\.id) == ["c_3", "c_2"])
    }

    @Test("a chat's messages by page, with what was sent with them")
    func messagePages() throws {
        try add("c_1", messages: ["one", "two", "three"])
        let address = Entries.address("c_1")
        let stream = try store.identity(of: address)
        let file: JSONValue = [["type": "file", "name": "\u{0}x"]]
        let message = MessageRow(
            id: "m_4", offset: 4, role: "user", author: "u_1", text: "", at: Entries.start, attachments: file)
        #expect(
            try store.append(Entries.entry(address, stream, offsets: 4...4, changes: [.message(message)])) == nil)
        func page(_ number: Int, _ size: Int, tenant: String = "jeco") throws -> CountedPage<MessageRow> {
            try store.messages(tenant: tenant, conversation: "c_1", PageNumber(page: number, size: size))
        }
        let first = try page(1, 2)
        #expect(first.items.map(\.offset) == [4, 3] && first.total == 4)
        #expect(first.items.map(\.attachments) == [file, nil])
        #expect(try page(2, 3).items.map(\.text) == ["one"])
        #expect(try page(1, 10, tenant: "trusttrade").total == 0)
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
