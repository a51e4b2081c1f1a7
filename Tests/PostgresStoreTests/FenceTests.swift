import Domain
import Ports
import TestSupport
import Testing

@testable import PostgresStore

@Suite("Ownership and the fence", .serialized, .timeLimit(.minutes(5)))
struct FenceTests {
    @Test("claiming takes every slot and raises every epoch")
    func claim() throws {
        let postgres = PostgresConfiguration(conninfo: try PrivatePostgres.shared().database())
        let first = try Ownership.claim(postgres, node: "here", incarnation: "a")
        let second = try Ownership.claim(postgres, node: "here", incarnation: "b")
        #expect(first.epochs == Array(repeating: 1, count: 512))
        #expect(second.epochs == Array(repeating: 2, count: 512))
    }

    @Test("a slot is a stable function of the address")
    func slot() {
        let address = Entries.address("c_1")
        #expect(Ownership.slot(of: address) == Int16(address.stableHash % 512))
    }

    @Test("after a second claim the first process writes nothing more")
    func fenced() throws {
        let first = try StoreFixture.ready()
        let address = Entries.address("c_1")
        let stream = try first.identity(of: address)
        #expect(try first.append(Entries.entry(address, stream, offsets: 1...1, creates: true)) == nil)

        let second = try StoreFixture(first.conninfo, incarnation: "second")
        try second.connect()
        let outcomes = try first.append([
            Entries.entry(address, stream, offsets: 2...2, text: "stale"),
            Entries.entry(address, stream, changes: [.openReply(OpenReplyRow(reply: "r", text: "stale"))]),
        ])
        #expect(outcomes == [.fenced, .fenced])
        #expect(try second.loadPresent(address).tail == [Entries.record(1)])
        #expect(try second.loadPresent(address).openReply == nil)
        #expect(try second.append(Entries.entry(address, stream, offsets: 2...2)) == nil)
    }

    @Test("of a flush, only the entries of lost slots are fenced")
    func partlyFenced() throws {
        let store = try StoreFixture.ready()
        let addresses = (0..<12).map { Entries.address("c_\($0)") }
        let streams = try addresses.map { try store.identity(of: $0) }
        let lost = Set([Ownership.slot(of: addresses[3]), Ownership.slot(of: addresses[7])])
        let list = lost.map(String.init).joined(separator: ",")
        try store.inspector().execute("UPDATE slot_lease SET epoch = epoch + 1 WHERE slot IN (\(list))")
        let outcomes = try store.append(
            zip(addresses, streams).map { Entries.entry($0, $1, offsets: 1...1, creates: true) })
        for (address, outcome) in zip(addresses, outcomes) {
            #expect(outcome == (lost.contains(Ownership.slot(of: address)) ? .fenced : nil))
        }
        #expect(try store.count("SELECT count(*) FROM session") == Int64(outcomes.count { $0 == nil }))
    }

    @Test("a claim waits for a flush that has begun, and that flush counts")
    func claimWaits() throws {
        let store = try StoreFixture.ready()
        let writer = try store.inspector()
        try writer.execute("BEGIN")
        let held = "ARRAY[5]::int2[], ARRAY[\(store.ownership.epochs[5])]::int8[]"
        _ = try writer.query("SELECT begin_flush(id, generation, 77, \(held)) FROM writer")
        var impatient = PostgresConfiguration(conninfo: store.conninfo)
        impatient.lockTimeout = .milliseconds(150)
        #expect(throws: PostgresFailure.self) {
            try Ownership.claim(impatient, node: "here", incarnation: "second", attempts: 2)
        }
        try writer.execute("COMMIT")
        #expect(try Ownership.claim(impatient, node: "here", incarnation: "second").epochs[5] == 2)
        #expect(throws: PostgresFailure.rejected(PostgresError(sqlState: "SA002"))) {
            try writer.query("SELECT begin_flush(1, 1, 78, \(held))")
        }
    }

    @Test("a superseded connection of the same journal writes nothing, whatever it carries")
    func superseded() throws {
        let store = try StoreFixture.ready()
        let old = try store.inspector()
        let id = try old.query("SELECT id FROM register_writer(NULL, 'x')").int64(0, 0)
        let again = try store.inspector().query("SELECT id, generation, flush FROM register_writer(\(id), 'x')")
        #expect(try again.int64(0, 0) == id)
        #expect(try again.int64(0, 1) == 2)
        // The old connection was ended by the new registration; a third one with its generation is barred.
        #expect(throws: PostgresFailure.rejected(PostgresError(sqlState: "SA002"))) {
            try store.inspector().query("SELECT begin_flush(\(id), 1, 5, '{}', '{}')")
        }
        #expect(throws: PostgresFailure.lost) { try old.query("SELECT 1") }
    }
}
