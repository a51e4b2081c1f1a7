import Testing

@testable import LoadHarness

/// Each broken promise is shown to the oracle, which has to find exactly that.
@Suite("SessionOracle")
struct SessionOracleTests {
    /// One session with a journal `1 … count` of messages, whose numbers are the offsets and 100.
    private struct World {
        let sessions = SessionOracle(keyPrefix: "t-")
        let record: SessionRecord
        let oracle = Oracle()
        var journal: SessionJournal

        init(count: Int64) {
            record = sessions.record(of: "conversation/c")
            let entries = count == 0 ? [] : (1...count).map(Self.entry)
            journal = SessionJournal(epoch: "e1", entries: entries)
        }

        static func entry(_ offset: Int64) -> SessionJournal.Entry {
            SessionJournal.Entry(offset: offset, name: "message.created", mark: Int(offset) + 100)
        }

        /// A client that is subscribed and has a snapshot at `offset`.
        func follower(at offset: Int64 = 0, mode: Follower.Mode = .all) -> Follower {
            let follower = Follower(record, client: record.followers.count, mode: mode)
            follower.ask()
            follower.subscribed(isResumed: false, epoch: "e1", newest: offset)
            follower.snapshot(epoch: "e1", offset: offset)
            return follower
        }

        func show(_ offsets: [Int64], to follower: Follower) {
            let name = sessions.index(ofName: "message.created")
            for offset in offsets {
                _ = follower.event(offset, SessionRecord.Sighting(name: name, mark: Int(offset) + 100))
            }
        }

        func acknowledge(_ offset: Int64, number: Int? = nil, _ command: String = "message.send") {
            record.acknowledge(
                number: number ?? Int(offset) + 100, offset: offset, command: sessions.index(ofName: command))
        }

        func findings() -> [Oracle.Finding] {
            sessions.audit(record, journal, into: oracle)
            return oracle.findings
        }
    }

    private func expectOne(
        _ world: World, _ kind: Oracle.Kind, _ detail: String, journal: [Int64],
        _ location: SourceLocation = #_sourceLocation
    ) {
        let findings = world.findings()
        #expect(world.oracle.counts == [kind: 1], "\(findings)", sourceLocation: location)
        #expect(findings.map(\.detail) == [detail], sourceLocation: location)
        #expect(findings.first?.session == "conversation/c", sourceLocation: location)
        #expect(findings.first?.journal.map(\.offset) == journal, sourceLocation: location)
        #expect(!world.oracle.isContent && world.oracle.checks > 0, sourceLocation: location)
    }

    @Test("A server that keeps its promises: snapshots, live events, a resume with a replay, a reset that is told")
    func nothing() {
        let world = World(count: 20)
        let steady = world.follower()
        world.show(Array(1...20), to: steady)
        let resumed = world.follower(at: 3)
        world.show(Array(4...8), to: resumed)
        resumed.lose()
        resumed.ask()
        resumed.subscribed(isResumed: true, epoch: "e1", newest: 15)
        #expect(!resumed.isCaughtUp)
        world.show(Array(9...15), to: resumed)
        #expect(resumed.isCaughtUp)
        world.show(Array(16...20), to: resumed)
        let slow = world.follower(at: 1)
        world.show([2, 3], to: slow)
        // Without being asked, since it did not read.
        slow.subscribed(isResumed: false, epoch: "e1", newest: 18)
        slow.snapshot(epoch: "e1", offset: 18)
        world.show([19, 20], to: slow)
        #expect(slow.resets == 1 && steady.resets == 0)
        for offset in 1...20 { world.acknowledge(Int64(offset)) }
        #expect(world.sessions.isCaughtUp)
        #expect(world.findings().isEmpty && world.oracle.isContent)
        #expect(world.oracle.checks == 1 + 20 + 20 + 20 + 3)
    }

    @Test("Lost: an event that a client was never shown")
    func lostEvent() {
        let world = World(count: 9)
        world.show([1, 2, 3, 6, 7, 8, 9], to: world.follower())
        expectOne(
            world, .lost, "client 0 was never shown offsets 4–5, and was shown later ones up to 9",
            journal: [1, 2, 3, 4, 5, 6, 7])
    }

    @Test("Lost: an acknowledged command that the journal does not have")
    func lostAcknowledged() {
        let world = World(count: 4)
        world.acknowledge(5)
        expectOne(
            world, .lost, "message.send 105 (key t-105) was acknowledged at offset 5, which the journal does not have",
            journal: [1, 2, 3, 4])
    }

    @Test("Lost: an acknowledged command whose place another one has")
    func displaced() {
        let world = World(count: 4)
        world.acknowledge(2, number: 777)
        expectOne(
            world, .lost,
            "message.send 777 (key t-777) was acknowledged at offset 2, where the journal has message 102",
            journal: [1, 2, 3, 4])
    }

    @Test("A command that changed nothing is acknowledged at another one's place")
    func nothingNew() {
        let world = World(count: 4)
        world.acknowledge(2, number: 777, "message.read")
        #expect(world.findings().isEmpty)
    }

    @Test("Lost: what clients were shown is not in the journal")
    func lostTail() {
        var world = World(count: 6)
        world.show(Array(1...6), to: world.follower())
        world.journal.entries.removeLast()
        expectOne(
            world, .lost,
            "clients were shown message.created 106 at offset 6, which the journal does not have",
            journal: [2, 3, 4, 5])
    }

    @Test("Lost: the journal has something else where clients were shown a message")
    func changed() {
        var world = World(count: 3)
        world.show([1, 2, 3], to: world.follower())
        world.journal.entries[1].mark = nil
        expectOne(
            world, .lost,
            "clients were shown message.created 102 at offset 2, where the journal has message.created",
            journal: [1, 2, 3])
    }

    @Test("Lost: a hole in the journal itself")
    func journalHole() {
        var world = World(count: 5)
        world.journal.entries.remove(at: 2)
        expectOne(world, .lost, "the journal has 4 where 3 should be", journal: [1, 2, 4, 5])
    }

    @Test("Lost: another epoch, of which only the snapshot tells")
    func epoch() {
        var world = World(count: 5)
        let follower = world.follower()
        world.show(Array(1...5), to: follower)
        follower.lose()
        follower.ask()
        follower.subscribed(isResumed: false, epoch: "e2", newest: 2)
        follower.snapshot(epoch: "e2", offset: 2)
        world.journal = SessionJournal(epoch: "e2", entries: [World.entry(1), World.entry(2)])
        expectOne(
            world, .lost, "the history e1, known up to offset 5, was replaced by e2 at offset 2", journal: [1, 2])
    }

    @Test("Lost: another epoch, of which nobody was told")
    func silentEpoch() {
        var world = World(count: 2)
        world.show([1, 2], to: world.follower())
        world.journal.epoch = "e9"
        expectOne(world, .lost, "clients were told offsets up to 2 of e1; the journal is e9", journal: [1, 2])
    }

    @Test("An epoch of which nothing was known may be another one")
    func emptyEpoch() {
        var world = World(count: 1)
        let follower = world.follower()
        follower.lose()
        follower.ask()
        follower.subscribed(isResumed: false, epoch: "e2", newest: 0)
        follower.snapshot(epoch: "e2", offset: 0)
        world.journal.epoch = "e2"
        world.show([1], to: follower)
        #expect(world.findings().isEmpty)
    }

    @Test("Lost: a position that was told is refused")
    func refusedPosition() {
        let world = World(count: 4)
        let follower = world.follower()
        world.show(Array(1...4), to: follower)
        follower.lose()
        follower.ask()
        follower.refusePosition()
        follower.ask()
        follower.subscribed(isResumed: false, epoch: "e1", newest: 4)
        follower.snapshot(epoch: "e1", offset: 4)
        expectOne(
            world, .lost, "client 0 was told that offset 4, which it had been shown, is none of the log's",
            journal: [1, 2, 3, 4])
    }

    @Test("Duplicated: an event that comes again")
    func duplicated() {
        let world = World(count: 5)
        world.show([1, 2, 3, 4, 5, 3], to: world.follower())
        expectOne(
            world, .duplicated, "client 0 was shown offset 3 again, after 5", journal: [1, 2, 3, 4, 5])
    }

    @Test("Duplicated: a resume that begins too early")
    func overlap() {
        let world = World(count: 3)
        let follower = world.follower()
        world.show([1, 2], to: follower)
        follower.lose()
        follower.ask()
        follower.subscribed(isResumed: true, epoch: "e1", newest: 3)
        world.show([2, 3], to: follower)
        expectOne(world, .duplicated, "client 0 was shown offset 2 again, after 2", journal: [1, 2, 3])
    }

    @Test("Duplicated: one command that is in the journal twice")
    func twice() {
        var world = World(count: 5)
        world.journal.entries[4].mark = 102
        expectOne(
            world, .duplicated, "message 102 (key t-102) is in the journal at 2 and 5", journal: [2, 3, 4, 5])
    }

    @Test("Reordered: a later event came first")
    func reordered() {
        let world = World(count: 5)
        world.show([1, 2, 4, 3, 5], to: world.follower())
        expectOne(world, .reordered, "client 0 was shown offset 3 after 4", journal: [1, 2, 3, 4, 5])
    }

    @Test("Reordered: an event before the snapshot that it belongs behind")
    func early() {
        let world = World(count: 1)
        let follower = Follower(world.record, client: 0)
        follower.ask()
        follower.subscribed(isResumed: false, epoch: "e1", newest: 0)
        world.show([1], to: follower)
        follower.snapshot(epoch: "e1", offset: 1)
        expectOne(world, .reordered, "client 0 was shown offset 1 before its snapshot", journal: [1])
    }

    @Test("Lost: two clients are shown different events at one offset; the journal says whose is wrong")
    func divided() {
        for liar in 0...1 {
            let world = World(count: 3)
            let name = world.sessions.index(ofName: "message.created")
            for client in 0...1 {
                let follower = world.follower(at: 1)
                _ = follower.event(2, SessionRecord.Sighting(name: name, mark: client == liar ? 999 : 102))
                world.show([3], to: follower)
            }
            let whom = liar == 0 ? "clients were" : "client 1 was"
            expectOne(
                world, .lost,
                "\(whom) shown message.created 999 at offset 2, where the journal has message.created 102",
                journal: [1, 2, 3])
        }
    }

    @Test("Regressed: a snapshot older than what was shown")
    func regressed() {
        let world = World(count: 6)
        let follower = world.follower()
        world.show(Array(1...6), to: follower)
        follower.lose()
        follower.ask()
        follower.subscribed(isResumed: false, epoch: "e1", newest: 6)
        follower.snapshot(epoch: "e1", offset: 4)
        expectOne(
            world, .regressed, "client 0 was told offset 4 by a snapshot, and had been shown 6 before",
            journal: [1, 2, 3, 4, 5, 6])
    }

    @Test("Regressed: a resume whose newest event is older than what was shown")
    func regressedResume() {
        let world = World(count: 6)
        let follower = world.follower()
        world.show(Array(1...6), to: follower)
        follower.lose()
        follower.ask()
        follower.subscribed(isResumed: true, epoch: "e1", newest: 5)
        expectOne(
            world, .regressed, "client 0 was told offset 5 by subscribed, and had been shown 6 before",
            journal: [2, 3, 4, 5, 6])
    }

    @Test("Stuck: a client that never caught up")
    func stuck() {
        let world = World(count: 6)
        let follower = world.follower()
        world.show([1, 2], to: follower)
        follower.lose()
        #expect(!world.sessions.isCaughtUp)
        expectOne(world, .stuck, "client 0 was shown offsets up to 2 of 6 (away)", journal: [1, 2, 3, 4, 5])
    }

    @Test("Stuck: a client that has everything and does not come back")
    func gone() {
        let world = World(count: 2)
        let follower = world.follower()
        world.show([1, 2], to: follower)
        follower.lose()
        expectOne(
            world, .stuck, "client 0, shown everything up to 2, did not come back (away)", journal: [1, 2])
    }

    @Test("Stuck: a client that never had a snapshot, and one whose subscription was refused")
    func neverSubscribed() {
        let world = World(count: 1)
        Follower(world.record, client: 0).ask()
        Follower(world.record, client: 1).end("fault 2301")
        let details = world.findings().map(\.detail)
        #expect(world.oracle.counts == [.stuck: 2])
        #expect(details == ["client 0 never had a snapshot (asked)", "client 1 could not subscribe: fault 2301"])
    }

    @Test("Who may read no more, or whose session is deleted, need not see the rest")
    func unsubscribed() {
        let world = World(count: 6)
        let follower = world.follower()
        world.show([1, 2], to: follower)
        follower.end("rights")
        world.show([3], to: follower)
        #expect(world.sessions.isCaughtUp)
        #expect(world.findings().isEmpty)
    }

    @Test("With mode latest events may be left out, but none may come again")
    func latest() {
        let world = World(count: 9)
        let follower = world.follower(mode: .latest(maxHz: 2))
        world.show([2, 5, 9], to: follower)
        #expect(world.findings().isEmpty)
        let other = World(count: 9)
        other.show([2, 5, 4, 9], to: other.follower(mode: .latest(maxHz: 2)))
        #expect(!other.findings().isEmpty)
    }

    @Test("More offences than are kept are all counted")
    func many() {
        let world = World(count: 100)
        let follower = world.follower()
        world.show(Array(1...100), to: follower)
        world.show(Array(1...100), to: follower)
        let findings = world.findings()
        #expect(world.oracle.counts == [.duplicated: 100])
        #expect(findings.count == Oracle.maxFindings)
    }
}
