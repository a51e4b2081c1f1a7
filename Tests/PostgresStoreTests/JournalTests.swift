import Domain
import Ports
import Primitives
import TestSupport
import Testing

@testable import PostgresStore

@Suite("Journal: append and load", .serialized, .timeLimit(.minutes(5)))
struct JournalTests {
    @Test("what was never written is absent, with an identity of its own each time")
    func absent() throws {
        let store = try StoreFixture.ready()
        let first = try store.load(Entries.address("c_1")).get()
        let second = try store.load(Entries.address("c_1")).get()
        guard case .absent(let one) = first, case .absent(let two) = second else {
            Issue.record("expected nothing, found \(first), \(second)")
            return
        }
        #expect(one.id != two.id)
        #expect(one.epoch.count == 8)
    }

    @Test("an entry comes back whole: records, answer, checkpoint, open reply")
    func roundTrip() throws {
        let store = try StoreFixture.ready()
        let address = Entries.address("c_1")
        let stream = try store.identity(of: address)
        let checkpoint = CheckpointRow(offset: 2, format: 3, state: Array("{\"n\":2}".utf8))
        let open = OpenReplyRow(reply: "r_1", text: "สวัสดี \u{1F600}")
        #expect(
            try store.append([
                Entries.entry(address, stream, offsets: 1...2, creates: true, key: "k1"),
                Entries.entry(address, stream, offsets: 3...3, key: "k2", changes: [.openReply(open)]),
                Entries.entry(address, stream, changes: [.checkpoint(checkpoint)]),
            ]) == [nil, nil, nil])
        let session = try store.loadPresent(address)
        #expect(session.stream == stream)
        #expect(session.checkpoint == checkpoint)
        #expect(session.tail == [Entries.record(3)])
        #expect(session.answers.map(\.key) == ["k2", "k1"])
        #expect(session.answers.last?.fingerprint == [1, 2, 3])
        #expect(session.openReply == open)
        #expect(try store.records(of: stream, after: 1, limit: 1).get() == [Entries.record(2)])
        #expect(try store.answer(of: stream, key: "k1").get()?.offset == 2)
        #expect(try store.answer(of: stream, key: "k3").get() == nil)
        #expect(try store.unfinishedSessions().get() == [address])
    }

    @Test("entries of one turn share a transaction")
    func groupCommit() throws {
        let store = try StoreFixture.ready()
        let addresses = (0..<40).map { Entries.address("c_\($0)") }
        let entries = try addresses.map {
            Entries.entry($0, try store.identity(of: $0), offsets: 1...1, creates: true)
        }
        #expect(try store.append(entries).allSatisfy { $0 == nil })
        #expect(try store.count("SELECT count(DISTINCT xmin::text) FROM log") == 1)
        #expect(try store.count("SELECT count(*) FROM log") == 40)
        #expect(store.observations.flushes == 1)
    }

    @Test("a flush holds at most its records, and order is kept across flushes")
    func flushLimit() throws {
        let store = try StoreFixture.ready(journal: { $0.maxFlushRecords = 4 })
        let address = Entries.address("c_1")
        let stream = try store.identity(of: address)
        let pending = store.submit((1...10).map { Entries.entry(address, stream, offsets: $0...$0, creates: $0 == 1) })
        try store.wait("answers") { _ in pending.isComplete }
        #expect(pending.order == Array(0..<10))
        #expect(store.observations.flushes == 3)
        #expect(try store.loadPresent(address).tail.map(\.offset) == Array(1...10))
    }

    @Test("a completion never runs inside append")
    func laterTurn() throws {
        let store = try StoreFixture.ready(journal: { $0.maxQueuedEntries = 1 })
        let address = Entries.address("c_1")
        let stream = try store.identity(of: address)
        let pending = store.submit([Entries.entry(address, stream, offsets: 1...1, creates: true)])
        #expect(pending.order.isEmpty)
        let other = Entries.address("c_2")
        let refused = store.submit([Entries.entry(other, StreamIdentity(id: 99_999, epoch: "e"), offsets: 1...1)])
        #expect(refused.order.isEmpty)
        try store.wait("both") { _ in pending.isComplete && refused.isComplete }
        #expect(refused.outcomes[0] == .some(.overloaded))
    }

    @Test("the taken offset fails its own session only, and what stands behind it")
    func conflict() throws {
        let store = try StoreFixture.ready()
        let (good, bad) = (Entries.address("good"), Entries.address("bad"))
        let (goodStream, badStream) = (try store.identity(of: good), try store.identity(of: bad))
        #expect(try store.append(Entries.entry(bad, badStream, offsets: 1...2, creates: true)) == nil)
        let outcomes = try store.append([
            Entries.entry(good, goodStream, offsets: 1...1, creates: true),
            Entries.entry(bad, badStream, offsets: 2...3, text: "second writer"),
            Entries.entry(good, goodStream, offsets: 2...2),
            Entries.entry(bad, badStream, offsets: 4...4),
            Entries.entry(good, goodStream, offsets: 3...3),
        ])
        #expect(outcomes == [nil, .conflict, nil, .conflict, nil])
        #expect(try store.loadPresent(good).tail.map(\.offset) == [1, 2, 3])
        #expect(try store.loadPresent(bad).tail == [Entries.record(1), Entries.record(2)])
    }

    @Test("within one session, entries before the culprit are written")
    func conflictInSession() throws {
        let store = try StoreFixture.ready()
        let address = Entries.address("c_1")
        let stream = try store.identity(of: address)
        #expect(try store.append(Entries.entry(address, stream, offsets: 1...1, creates: true, key: "k1")) == nil)
        let outcomes = try store.append([
            Entries.entry(address, stream, offsets: 2...2, key: "k2"),
            Entries.entry(address, stream, offsets: 3...3, key: "k1"),
            Entries.entry(address, stream, offsets: 4...4, key: "k4"),
        ])
        #expect(outcomes == [nil, .conflict, .conflict])
        #expect(try store.loadPresent(address).tail.map(\.offset) == [1, 2])
    }

    @Test("an address is created once")
    func createdTwice() throws {
        let store = try StoreFixture.ready()
        let address = Entries.address("c_1")
        let (one, two) = (try store.identity(of: address), try store.identity(of: address))
        #expect(try store.append(Entries.entry(address, one, offsets: 1...1, creates: true)) == nil)
        #expect(try store.append(Entries.entry(address, two, offsets: 1...1, creates: true)) == .conflict)
        #expect(try store.loadPresent(address).stream == one)
    }

    @Test("an offset that does not follow on what is queued is refused before it is sent")
    func gap() throws {
        let store = try StoreFixture.ready()
        let address = Entries.address("c_1")
        let stream = try store.identity(of: address)
        let outcomes = try store.append([
            Entries.entry(address, stream, offsets: 1...1, creates: true),
            Entries.entry(address, stream, offsets: 3...3),
            Entries.entry(address, stream, offsets: 2...2),
        ])
        #expect(outcomes == [nil, .conflict, .conflict])
        #expect(try store.loadPresent(address).tail.map(\.offset) == [1])
    }

    @Test("a record larger than the log takes is a conflict, its neighbours are written")
    func oversize() throws {
        let store = try StoreFixture.ready(journal: { $0.maxRecordBytes = .max })
        let (good, bad) = (Entries.address("good"), Entries.address("bad"))
        let (goodStream, badStream) = (try store.identity(of: good), try store.identity(of: bad))
        let large = String(repeating: "x", count: 262_145)
        let outcomes = try store.append([
            Entries.entry(good, goodStream, offsets: 1...1, creates: true),
            Entries.entry(bad, badStream, offsets: 1...1, creates: true, text: large),
        ])
        #expect(outcomes == [nil, .conflict])
        let early = try StoreFixture.ready()
        let stream = try early.identity(of: bad)
        #expect(try early.append(Entries.entry(bad, stream, offsets: 1...1, creates: true, text: large)) == .conflict)
        #expect(early.observations.flushes == 0)
    }

    @Test("beyond the queue's bounds entries are overloaded, and then everything of their session")
    func bounds() throws {
        let store = try StoreFixture.ready(journal: { $0.maxQueuedEntries = 3 })
        let (one, two) = (Entries.address("c_1"), Entries.address("c_2"))
        let (first, second) = (try store.identity(of: one), try store.identity(of: two))
        let pending = store.submit(
            (1...5).map { Entries.entry(one, first, offsets: $0...$0, creates: $0 == 1) }
                + [Entries.entry(two, second, offsets: 1...1, creates: true)])
        try store.wait("answers") { _ in pending.isComplete }
        #expect(pending.outcomes.map { $0 ?? nil } == [nil, nil, nil, .overloaded, .overloaded, .overloaded])
        #expect(pending.order.filter { $0 < 5 } == Array(0..<5))
        #expect(try store.loadPresent(one).tail.count == 3)
        #expect(try store.append(Entries.entry(one, first, offsets: 4...4)) == nil)
        #expect(store.on { $0.journal.depth == (0, 0) })
    }

    @Test("the queue is bounded in bytes, too")
    func byteBound() throws {
        let store = try StoreFixture.ready(journal: { $0.maxQueuedBytes = 3000 })
        let address = Entries.address("c_1")
        let stream = try store.identity(of: address)
        let text = String(repeating: "y", count: 1500)
        let outcomes = try store.append(
            (1...3).map { Entries.entry(address, stream, offsets: $0...$0, creates: $0 == 1, text: text) })
        #expect(outcomes == [nil, .overloaded, .overloaded])
    }

    @Test("text that PostgreSQL cannot hold is kept readable, keys and records stay exact")
    func nullCharacter() throws {
        let store = try StoreFixture.ready()
        let address = Entries.address("c_1")
        let stream = try store.identity(of: address)
        let entry = Entries.entry(
            address, stream, offsets: 1...1, creates: true, key: "k\0",
            changes: [.message(Entries.message(1, "a\0b")), .openReply(OpenReplyRow(reply: "r", text: "\0"))])
        #expect(try store.append(entry) == nil)
        #expect(try store.answer(of: stream, key: "k\0").get()?.key == "k\0")
        #expect(try store.messages("jeco", "c_1").items.map(\.text) == ["a\u{FFFD}b"])
    }

    @Test("replies open and close, and of one flush the last state counts")
    func openReplies() throws {
        let store = try StoreFixture.ready()
        let address = Entries.address("c_1")
        let stream = try store.identity(of: address)
        func change(_ changes: StoredChange...) -> JournalEntry { Entries.entry(address, stream, changes: changes) }
        let usage = UsageRow(
            reply: "r_1", provider: "p", model: "m", inputTokens: 1, outputTokens: 2, outcome: "completed",
            at: Entries.start)
        #expect(
            try store.append([
                Entries.entry(address, stream, offsets: 1...1, creates: true),
                change(.openReply(OpenReplyRow(reply: "r_1", text: "a"))),
                change(.openReply(OpenReplyRow(reply: "r_1", text: "ab"))),
            ]) == [nil, nil, nil])
        #expect(try store.loadPresent(address).openReply == OpenReplyRow(reply: "r_1", text: "ab"))
        #expect(
            try store.append([
                change(.openReply(OpenReplyRow(reply: "r_1", text: "abc"))),
                change(.closeReply(reply: "r_1"), .usage(usage)),
                change(.openReply(OpenReplyRow(reply: "r_2", text: ""))),
            ]) == [nil, nil, nil])
        #expect(try store.loadPresent(address).openReply == OpenReplyRow(reply: "r_2", text: ""))
        #expect(try store.append(change(.closeReply(reply: "r_2"))) == nil)
        #expect(try store.loadPresent(address).openReply == nil)
        #expect(try store.unfinishedSessions().get() == [])
        #expect(try store.count("SELECT sum(output_tokens)::int8 FROM usage") == 2)
    }

    @Test("at most 256 answers are loaded, the newest first")
    func answers() throws {
        let store = try StoreFixture.ready()
        let address = Entries.address("c_1")
        let stream = try store.identity(of: address)
        let entries = (1...300).map {
            Entries.entry(address, stream, offsets: Int64($0)...Int64($0), creates: $0 == 1, key: "k\($0)")
        }
        #expect(try store.append(entries).allSatisfy { $0 == nil })
        let answers = try store.loadPresent(address).answers
        #expect(answers.map(\.key) == (45...300).reversed().map { "k\($0)" })
    }

    @Test("a tail longer than a page is read whole")
    func longTail() throws {
        let store = try StoreFixture.ready(journal: { $0.loadPageRecords = 7 })
        let address = Entries.address("c_1")
        let stream = try store.identity(of: address)
        let checkpoint = CheckpointRow(offset: 3, format: 1, state: [])
        #expect(
            try store.append(
                Entries.entry(address, stream, offsets: 1...24, creates: true, changes: [.checkpoint(checkpoint)]))
                == nil)
        #expect(try store.loadPresent(address).tail.map(\.offset) == Array(4...24))
    }

    @Test("what was queued at the stop is still written")
    func stop() throws {
        let store = try StoreFixture.ready()
        let address = Entries.address("c_1")
        let stream = try store.identity(of: address)
        let pending = store.submit([Entries.entry(address, stream, offsets: 1...1, creates: true)])
        store.on { $0.journal.stop() }
        let late = store.submit([
            Entries.entry(Entries.address("c_2"), StreamIdentity(id: 7, epoch: "e"), offsets: 1...1)
        ])
        try store.wait("both") { _ in pending.isComplete && late.isComplete }
        #expect(pending.outcomes == [.some(nil)])
        #expect(late.outcomes == [.some(.unavailable)])
        #expect(try store.count("SELECT count(*) FROM log") == 1)
    }
}
