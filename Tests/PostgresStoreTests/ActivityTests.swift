import Domain
import JSON
import Ports
import Primitives
import Reactor
import TestSupport
import Testing

@testable import PostgresStore

@Suite("Activity log, revocations and numbered pages", .serialized, .timeLimit(.minutes(5)))
struct ActivityTests {
    private let store: StoreFixture
    private let log: PostgresActivityLog
    private let revocations: PostgresRevocations
    private static let tenant = "pawnshop"

    init() throws {
        store = try StoreFixture.ready()
        log = PostgresActivityLog(pool: store.pool)
        revocations = PostgresRevocations(pool: store.pool)
    }

    private func row(
        _ subject: String, _ activity: Activity = .logout, minute: Int64 = 0, entity: String? = nil,
        details: JSONObject = [:]
    ) -> ActivityRow {
        ActivityRow(
            subject: subject, activity: activity, entity: entity, details: details, address: "203.0.113.7",
            userAgent: "Pawn/1 \u{0}", at: Entries.start.advanced(by: .seconds(minute * 60)))
    }

    /// Written with a token that is given back, as a logout does.
    private func write(_ row: ActivityRow, tenant: String = tenant, token: String = SystemRandom().identifier("t"))
        throws
    {
        let failure: StoreFailure? = try store.answer(to: "revocation") { _, done in
            revocations.revoke(revocation(token, tenant: tenant), recording: row) { done($0) }
        }
        #expect(failure == nil)
    }

    private func revocation(
        _ token: String, tenant: String = tenant, cause: Revocation.Cause = .loggedOut
    ) -> Revocation {
        Revocation(tenant: tenant, token: token, until: Entries.start.advanced(by: .seconds(3_600)), cause: cause)
    }

    private func activities(_ change: (inout ActivityQuery) -> Void = { _ in }) throws -> ActivityPage {
        var query = ActivityQuery(tenant: Self.tenant)
        change(&query)
        let page: Result<ActivityPage, StoreFailure> = try store.answer(to: "activities") { [query] _, done in
            log.activities(query, done)
        }
        return try page.get()
    }

    @Test("a line comes back as it was written, by its number, in its own tenant only")
    func roundTrip() throws {
        var written = row("7", entity: "conv_1", details: ["days": 90, "ชื่อ": "ค่า"])
        try write(written)
        let page = try activities()
        // PostgreSQL's text holds no U+0000.
        written.userAgent = "Pawn/1 \u{FFFD}"
        #expect(page.total == 1 && page.items.map(\.row) == [written])
        let id = try #require(page.items.first?.id)
        for (tenant, expected) in [(Self.tenant, page.items.first), ("jeco", nil)] {
            let one: Result<StoredActivity?, StoreFailure> = try store.answer(to: "activity") { _, done in
                log.activity(id, tenant: tenant, done)
            }
            #expect(try one.get() == expected)
        }
    }

    @Test("the newest first, page by page, counted; filters narrow it")
    func filters() throws {
        let message = Activity("CHAT_MESSAGE", action: "CREATE", of: "Conversation")
        for minute in 0..<6 {
            try write(row("u\(minute % 2)", message, minute: Int64(minute), entity: "conv_\(minute)"))
        }
        try write(row("u0", .logout, minute: 9))
        try write(row("u0", .logout, minute: 3), tenant: "jeco")
        func minutes(_ page: ActivityPage) -> [Int64] {
            page.items.map { ($0.row.at.seconds - Entries.start.seconds) / 60 }
        }
        #expect(minutes(try activities()) == [9, 5, 4, 3, 2, 1, 0])
        let second = try activities { ($0.page, $0.size) = (2, 3) }
        #expect(minutes(second) == [3, 2, 1] && second.total == 7)
        let behind = try activities { ($0.page, $0.size) = (4_000_000, 100) }
        #expect(behind.items.isEmpty && behind.total == 7)
        #expect(minutes(try activities { $0.subject = "u1" }) == [5, 3, 1])
        #expect(minutes(try activities { $0.activity = "LOGOUT" }) == [9])
        #expect(minutes(try activities { $0.activity = "CREATE" }).count == 6)
        #expect(minutes(try activities { $0.entityType = "Token" }) == [9])
        #expect(minutes(try activities { $0.text = "CONV_4" }) == [4])
        #expect(try activities { $0.text = "%" }.total == 0, "a sign of LIKE stands for itself")
        let hour = try activities {
            $0.from = Entries.start.advanced(by: .seconds(120))
            $0.until = Entries.start.advanced(by: .seconds(240))
        }
        #expect(minutes(hour) == [3, 2])
    }

    @Test("statistics, then a clean-up that is written down in its own transaction")
    func statistics() throws {
        for minute in 0..<5 { try write(row(minute == 0 ? "u9" : "u1", minute: Int64(minute))) }
        try write(row("u1", .revocation, minute: 5))
        try write(row("u1"), tenant: "jeco")
        let since = Entries.start.advanced(by: .seconds(4 * 60))
        let before: Result<ActivityStatistics, StoreFailure> = try store.answer(to: "statistics") { _, done in
            log.statistics(tenant: Self.tenant, since: since, done)
        }
        let counted = try before.get()
        #expect(counted.total == 6 && counted.recent == 2 && counted.subjects == 2)
        #expect(counted.byActivity == [.init(name: "LOGOUT", count: 5), .init(name: "TOKEN_REVOKE", count: 1)])
        #expect(counted.bySubject == [.init(name: "u1", count: 5), .init(name: "u9", count: 1)])
        let gone: Result<Int64, StoreFailure> = try store.answer(to: "clean-up") { _, done in
            log.cleanUp(before: since, tenant: Self.tenant, recording: row("admin", .cleanUp, minute: 9), done)
        }
        #expect(try gone.get() == 4)
        #expect(try activities().items.map(\.row.activity) == [.cleanUp, .revocation, .logout])
        #expect(try store.count("SELECT count(*) FROM activity_log WHERE tenant = 'jeco'") == 1)
    }

    @Test("what a session does is written with its event, or not at all, and stays when the session is erased")
    func journal() throws {
        let address = Entries.address("c_1", tenant: Self.tenant)
        let stream = try store.identity(of: address)
        let message = Activity("CHAT_MESSAGE", action: "CREATE", of: "Conversation")
        let first = Entries.entry(
            address, stream, offsets: 1...1, creates: true, changes: [.activity(row("7", message, entity: "c_1"))])
        #expect(try store.append(first) == nil)
        // The offset is taken: nothing of the entry is written.
        let second = Entries.entry(
            address, stream, offsets: 1...1, changes: [.activity(row("7", message, minute: 1, entity: "c_1"))])
        #expect(try store.append(second) == .conflict)
        #expect(try activities().total == 1)
        let delete = Activity("CHAT_DELETE", action: "DELETE", of: "Conversation")
        let erasure = Entries.entry(
            address, stream,
            changes: [.activity(row("7", delete, minute: 2, entity: "c_1")), .erase(offset: 2, key: nil)])
        #expect(try store.append(erasure) == nil)
        #expect(try activities().items.map(\.row.activity) == [delete, message])
        #expect(try store.count("SELECT count(*) FROM log") == 0)
    }

    @Test(
        "what is revoked is read on from a mark, oldest first, with its cause; a second word changes nothing but the end"
    )
    func reading() throws {
        func page(after mark: RevocationMark, limit: Int = 100) throws -> RevocationPage {
            let page: Result<RevocationPage, StoreFailure> = try store.answer(to: "revocations") { _, done in
                revocations.revocations(after: mark, limit: limit) { done($0) }
            }
            return try page.get()
        }
        let empty = try page(after: .start)
        #expect(empty.items.isEmpty && empty.last == nil && empty.asOf.seconds > 1_700_000_000)
        for (token, cause) in [("a", Revocation.Cause.loggedOut), ("b", .revoked), ("c", .revoked)] {
            let failure: StoreFailure? = try store.answer(to: "revocation") { _, done in
                revocations.revoke(revocation(token, cause: cause), recording: nil) { done($0) }
            }
            #expect(failure == nil)
        }
        let all = try page(after: .start)
        #expect(
            all.items.map(\.token) == ["a", "b", "c"] && all.items.map(\.cause) == [.loggedOut, .revoked, .revoked])
        let two = try page(after: .start, limit: 2)
        #expect(two.items.map(\.token) == ["a", "b"])
        let rest = try page(after: try #require(two.last), limit: 2)
        #expect(rest.items.map(\.token) == ["c"] && rest.last == all.last)
        #expect(try page(after: try #require(rest.last)).items.isEmpty)
        let _: StoreFailure? = try store.answer(to: "revocation") { _, done in
            revocations.revoke(revocation("a", cause: .revoked), recording: nil) { done($0) }
        }
        #expect(try page(after: .start).items == all.items)
        #expect(try store.count("SELECT count(*) FROM activity_log") == 0)
    }

    // MARK: Numbered pages

    private func converse(_ id: String, owner: String, minute: Int64, messages: [String]) throws {
        let address = Entries.address(id, tenant: Self.tenant)
        let stream = try store.identity(of: address)
        let row = Entries.conversation(
            owner: owner, lastMessageAt: Entries.start.advanced(by: .seconds(minute * 60)), preview: messages.last,
            messages: Int64(messages.count))
        let changes = messages.enumerated().map { StoredChange.message(Entries.message(Int64($0 + 1), $1)) }
        let entry = Entries.entry(
            address, stream, offsets: 1...Int64(messages.count), creates: true, changes: [.conversation(row)] + changes)
        #expect(try store.append(entry) == nil)
    }

    private func conversations(
        _ subject: String, text: String? = nil, page: Int = 1, size: Int = 10
    ) throws -> CountedPage<ConversationEntry> {
        let query = ConversationPageQuery(tenant: Self.tenant, subject: subject, text: text, page: page, size: size)
        let found: Result<CountedPage<ConversationEntry>, StoreFailure> = try store.answer(to: "page") {
            fixture, done in
            fixture.directory.conversationPage(query, done)
        }
        return try found.get()
    }

    @Test("a person's conversations by number, with how each begins")
    func conversationPages() throws {
        for index in 0..<7 {
            try converse(
                "c_\(index)", owner: index == 6 ? "u_2" : "u_1", minute: Int64(index),
                messages: ["เริ่มต้น \(index)", "ตอบ", index == 2 ? "ทองคำแท่ง" : "จบ"])
        }
        let first = try conversations("u_1", size: 4)
        #expect(first.items.map(\.summary.id) == ["c_5", "c_4", "c_3", "c_2"] && first.total == 6)
        #expect(first.items.first?.opening == "เริ่มต้น 5" && first.items.first?.summary.row.messageCount == 3)
        let second = try conversations("u_1", page: 2, size: 4)
        #expect(second.items.map(\.summary.id) == ["c_1", "c_0"] && second.total == 6)
        let behind = try conversations("u_1", page: 1_000_000, size: 100)
        #expect(behind.items.isEmpty && behind.total == 6)
        let found = try conversations("u_1", text: "ทองคำ")
        #expect(found.items.map(\.summary.id) == ["c_2"] && found.total == 1)
        #expect(try conversations("u_3").total == 0)
    }

    @Test("a conversation's messages by number, the oldest first")
    func messagePages() throws {
        try converse("c_1", owner: "u_1", minute: 0, messages: ["a", "b", "c", "d", "e"])
        func page(_ number: Int, tenant: String = Self.tenant) throws -> CountedPage<MessageRow> {
            let found: Result<CountedPage<MessageRow>, StoreFailure> = try store.answer(to: "messages") {
                fixture, done in
                fixture.directory.messagePage(tenant: tenant, conversation: "c_1", page: number, size: 2, done)
            }
            return try found.get()
        }
        #expect(try page(1).items.map(\.text) == ["a", "b"])
        #expect(try page(3).items.map(\.text) == ["e"])
        #expect(try page(3).total == 5 && page(4).items.isEmpty && page(4).total == 5)
        #expect(try page(1, tenant: "jeco").total == 0)
    }
}
