import Domain
import Ports
import TestSupport
import Testing

@testable import PostgresStore

@Suite("Checkpoints", .serialized, .timeLimit(.minutes(5)))
struct CheckpointTests {
    private let store: StoreFixture
    private let address = Entries.address("c_1")
    private let stream: StreamIdentity

    init() throws {
        store = try StoreFixture.ready()
        stream = try store.identity(of: address)
        #expect(try store.append(Entries.entry(address, stream, offsets: 1...10, creates: true)) == nil)
    }

    private func checkpoint(_ offset: Int64) -> CheckpointRow {
        CheckpointRow(offset: offset, format: 1, state: Array("state at \(offset)".utf8))
    }

    private func write(_ offset: Int64) throws {
        #expect(try store.append(Entries.entry(address, stream, changes: [.checkpoint(checkpoint(offset))])) == nil)
    }

    private func damage(_ offset: Int64) throws {
        try store.inspector().execute(
            "UPDATE checkpoint SET state = set_byte(state, 3, get_byte(state, 3) # 1) WHERE \"offset\" = \(offset)")
    }

    @Test("two generations are kept, the older one is replaced")
    func generations() throws {
        for offset in [2, 5, 7, 9] as [Int64] { try write(offset) }
        let kept = try store.inspector().query("SELECT \"offset\" FROM checkpoint ORDER BY \"offset\"")
        #expect(kept.rowCount == 2)
        #expect(try (0..<2).map { try kept.int64($0, 0) } == [7, 9])
        let session = try store.loadPresent(address)
        #expect(session.checkpoint == checkpoint(9))
        #expect(session.tail.map(\.offset) == [10])
    }

    @Test("a damaged checkpoint gives way to the older one, with the longer tail")
    func damaged() throws {
        for offset in [4, 8] as [Int64] { try write(offset) }
        try damage(8)
        let session = try store.loadPresent(address)
        #expect(session.checkpoint == checkpoint(4))
        #expect(session.tail.map(\.offset) == Array(5...10))
        #expect(store.observations.all.contains(.skippedCheckpoint))
    }

    @Test("with both damaged, the whole log is read")
    func bothDamaged() throws {
        for offset in [4, 8] as [Int64] { try write(offset) }
        try damage(4)
        try damage(8)
        let session = try store.loadPresent(address)
        #expect(session.checkpoint == nil)
        #expect(session.tail.map(\.offset) == Array(1...10))
    }

    @Test("a state under a wrong offset is damaged, too")
    func wrongOffset() throws {
        try write(4)
        try store.inspector().execute("UPDATE checkpoint SET \"offset\" = 6")
        #expect(try store.loadPresent(address).checkpoint == nil)
    }

    @Test("a gap in the log is corruption, not a shorter history")
    func gap() throws {
        try store.inspector().execute("DELETE FROM log WHERE \"offset\" = 6")
        #expect(try store.load(address) == .failure(.corrupt))
        #expect(store.observations.all.contains(.foundCorruption))
    }

    @Test("the checksum is CRC-32 as zlib computes it")
    func checksum() {
        #expect(Checksum.crc32("123456789".utf8) == 0xCBF4_3926)
        #expect(Checksum.crc32([]) == 0)
    }
}
