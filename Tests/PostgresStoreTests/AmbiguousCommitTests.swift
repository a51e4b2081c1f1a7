import Domain
import Glibc
import Ports
import Primitives
import Reactor
import TestSupport
import Testing

@testable import PostgresStore

/// A server of its own: these tests kill its processes.
@Suite("Journal: ambiguous commits and lost connections", .serialized, .timeLimit(.minutes(2)))
final class AmbiguousCommitTests {
    private static let server = Result { () throws(ClusterFailure) in try PrivatePostgres.dedicated("faults") }
    private let address = Entries.address("c_1")
    private let other = Entries.address("c_2")
    private let store: StoreFixture
    private let faults: ServerFaults
    private let stream: StreamIdentity
    private let otherStream: StreamIdentity
    private let amount: Money

    init() throws {
        amount = try #require(Money(hundredths: 70, .baht))
        let server = try Self.server.get()
        try server.cluster.ensureRunning()
        store = try StoreFixture(
            server.database(),
            postgres: {
                $0.requestTimeout = .seconds(1)
                $0.lockTimeout = .milliseconds(200)
                $0.maxBackoff = .milliseconds(50)
            })
        try store.connect()
        faults = ServerFaults(conninfo: store.conninfo)
        stream = try store.identity(of: address)
        otherStream = try store.identity(of: other)
        #expect(try store.append(Entries.entry(address, stream, offsets: 1...1, creates: true)) == nil)
        #expect(try store.append(Entries.entry(other, otherStream, offsets: 1...1, creates: true)) == nil)
    }

    /// An event and something that could be written twice without notice.
    private func submitOne() -> StoreFixture.Pending {
        let usage = UsageRow(
            reply: "r", provider: "p", model: "m", inputTokens: 1, outputTokens: 1, outcome: "completed",
            at: Entries.start)
        let posting = LedgerPosting(
            id: "1/accepted", from: .clearing(way: "slip"), to: .wallet(subject: "u_1"), amount: amount)
        return store.submit([
            Entries.entry(address, stream, offsets: 2...2, key: "k", changes: [.usage(usage), .posting(posting)]),
            Entries.entry(other, otherStream, changes: [.usage(usage)]),
        ])
    }

    /// Sends what was submitted, without waiting for the answer.
    private func sendFlush() { store.on { for _ in 0..<2 { $0.loop.turn(waitingAtMost: .zero) } } }

    private func expectWrittenOnce(_ pending: StoreFixture.Pending) throws {
        try store.wait("settlement") { _ in pending.isComplete }
        #expect(pending.outcomes == [.some(nil), .some(nil)])
        try store.wait("connections") { $0.journal.isAvailable && $0.pool.isAvailable }
        #expect(try store.loadPresent(address).tail.map(\.offset) == [1, 2])
        #expect(try store.count("SELECT count(*) FROM usage") == 2)
        #expect(try store.balance("u_1", tenant: address.tenant) == amount.hundredths)
        #expect(try store.count("SELECT count(*) FROM ledger_line") == 2)
        #expect(try store.count("SELECT count(*) FROM command_answer") == 1)
        #expect(try store.append(Entries.entry(address, stream, offsets: 3...3)) == nil)
    }

    @Test("the backend is killed before it commits: the flush is sent again")
    func killedBeforeCommit() throws {
        let lock = try faults.lockLeases()
        let backend = try faults.writerBackend()
        let pending = submitOne()
        sendFlush()
        try faults.waitUntil(backend, waitsFor: "transactionid")
        faults.send(SIGKILL, to: backend)
        // The server ends every session when one dies so, this lock's too.
        #expect(throws: PostgresFailure.self) { try lock.query("SELECT pg_sleep(5)") }
        try expectWrittenOnce(pending)
        #expect(store.observations.settlements == [false])
    }

    @Test("the backend is killed after it committed and before it answered: nothing is written twice")
    func killedAfterCommit() throws {
        try faults.holdCommits()
        let backend = try faults.writerBackend()
        let pending = submitOne()
        sendFlush()
        try faults.waitUntil(backend, waitsFor: "SyncRep")
        faults.send(SIGKILL, to: backend)
        try store.wait("limbo") { !$0.journal.isAvailable }
        try store.wait("the server's recovery") { _ in
            do {
                try self.faults.releaseCommits()
                return true
            } catch { return false }
        }
        try expectWrittenOnce(pending)
        #expect(store.observations.settlements == [true])
    }

    @Test("the backend is terminated in the middle: the flush is sent again")
    func terminated() throws {
        let lock = try faults.lockLeases()
        let backend = try faults.writerBackend()
        let pending = submitOne()
        sendFlush()
        try faults.waitUntil(backend, waitsFor: "transactionid")
        faults.send(SIGTERM, to: backend)
        try store.wait("limbo") { $0.observations.entriesInLimbo > 0 }
        try lock.execute("ROLLBACK")
        try expectWrittenOnce(pending)
        #expect(store.observations.settlements == [false])
    }

    @Test("a backend that is stopped before it reads the flush: the deadline passes, the flush goes elsewhere")
    func stoppedBefore() throws {
        let backend = try faults.writerBackend()
        faults.send(SIGSTOP, to: backend)
        let pending = submitOne()
        try store.wait("settlement") { _ in pending.isComplete }
        faults.send(SIGCONT, to: backend)
        try waitUntilGone(backend)
        try expectWrittenOnce(pending)
        #expect(store.observations.settlements == [false])
    }

    @Test("a backend that is stopped inside its transaction holds the settlement up until it goes on")
    func stoppedInside() throws {
        let lock = try faults.lockLeases()
        let backend = try faults.writerBackend()
        let pending = submitOne()
        sendFlush()
        try faults.waitUntil(backend, waitsFor: "transactionid")
        faults.send(SIGSTOP, to: backend)
        try store.wait("a refused registration") { $0.journal.isUnsettled }
        // Long enough for several registrations to fail on the stopped transaction's lock.
        try waitUntilBlocked(by: backend)
        #expect(!pending.isComplete)
        #expect(try store.load(address) == .failure(.unavailable))
        try lock.execute("ROLLBACK")
        faults.send(SIGCONT, to: backend)
        try expectWrittenOnce(pending)
        #expect(store.observations.settlements == [false])
    }

    @Test("a backend that is stopped between its commit and its answer: found committed once it goes on")
    func stoppedAfterCommit() throws {
        try faults.holdCommits()
        let backend = try faults.writerBackend()
        let pending = submitOne()
        sendFlush()
        try faults.waitUntil(backend, waitsFor: "SyncRep")
        faults.send(SIGSTOP, to: backend)
        try store.wait("limbo") { $0.journal.isUnsettled }
        try faults.releaseCommits()
        faults.send(SIGCONT, to: backend)
        try expectWrittenOnce(pending)
        #expect(store.observations.settlements == [true])
    }

    @Test("in limbo, entries of those sessions queue behind; those of others fail at once")
    func queuedBehindLimbo() throws {
        let lock = try faults.lockLeases()
        let backend = try faults.writerBackend()
        let pending = submitOne()
        sendFlush()
        try faults.waitUntil(backend, waitsFor: "transactionid")
        let unsent = store.submit([
            Entries.entry(address, stream, offsets: 3...3),
            Entries.entry(Entries.address("c_3"), StreamIdentity(id: 999, epoch: "e"), offsets: 1...1, creates: true),
        ])
        faults.send(SIGTERM, to: backend)
        try store.wait("limbo") { $0.journal.isUnsettled }
        let late = store.submit([
            Entries.entry(address, stream, offsets: 4...4),
            Entries.entry(Entries.address("c_4"), StreamIdentity(id: 998, epoch: "e"), offsets: 1...1, creates: true),
        ])
        try store.wait("others") { _ in unsent.outcomes[1] != nil && late.outcomes[1] != nil }
        #expect(unsent.outcomes[1] == .some(.unavailable))
        #expect(late.outcomes[1] == .some(.unavailable))
        #expect(pending.order.isEmpty)
        try lock.execute("ROLLBACK")
        try store.wait("all") { _ in pending.isComplete && unsent.isComplete && late.isComplete }
        #expect(unsent.outcomes[0] == .some(nil))
        #expect(late.outcomes[0] == .some(nil))
        try store.wait("connections") { $0.journal.isAvailable && $0.pool.isAvailable }
        #expect(try store.loadPresent(address).tail.map(\.offset) == [1, 2, 3, 4])
    }

    @Test("limbo ends after its timeout: unknown, and a load later tells what is there")
    func limboTimeout() throws {
        let store = try StoreFixture(
            store.conninfo, incarnation: "patient",
            postgres: {
                $0.requestTimeout = .milliseconds(700)
                $0.lockTimeout = .milliseconds(100)
                $0.maxBackoff = .milliseconds(50)
            }, journal: { $0.limboTimeout = .milliseconds(700) })
        try store.connect()
        let lock = try faults.lockLeases()
        let backend = try faults.writerBackend()
        let pending = store.submit([Entries.entry(address, stream, offsets: 2...2)])
        store.on { for _ in 0..<2 { $0.loop.turn(waitingAtMost: .zero) } }
        try faults.waitUntil(backend, waitsFor: "transactionid")
        faults.send(SIGSTOP, to: backend)
        try store.wait("giving up") { _ in pending.isComplete }
        #expect(pending.outcomes == [.some(.unknown)])
        #expect(try store.load(address) == .failure(.unavailable))
        #expect(try store.append(Entries.entry(other, otherStream, offsets: 2...2)) == .unavailable)
        try lock.execute("ROLLBACK")
        faults.send(SIGCONT, to: backend)
        try store.wait("connections") { $0.journal.isAvailable && $0.pool.isAvailable }
        let next = (try store.loadPresent(address).tail.last?.offset ?? 0) + 1
        #expect(try store.append(Entries.entry(address, stream, offsets: next...next)) == nil)
    }

    @Test("the server is down: unavailable at once; it comes back: all goes on")
    func serverDown() throws {
        let cluster = try Self.server.get().cluster
        cluster.stop()
        try store.wait("the loss") { !$0.journal.isAvailable && !$0.pool.isAvailable }
        #expect(store.observations.all.contains(.disconnected))
        #expect(try store.append(Entries.entry(address, stream, offsets: 2...2)) == .unavailable)
        #expect(try store.load(address) == .failure(.unavailable))
        try cluster.ensureRunning()
        try store.wait("connections") { $0.journal.isAvailable && $0.pool.isAvailable }
        #expect(try store.append(Entries.entry(address, stream, offsets: 2...2)) == nil)
        #expect(try store.loadPresent(address).tail.map(\.offset) == [1, 2])
    }

    @Test("the whole server is killed with a flush in flight: settled once it is back")
    func serverKilled() throws {
        let cluster = try Self.server.get().cluster
        let lock = try faults.lockLeases()
        let backend = try faults.writerBackend()
        let pending = submitOne()
        sendFlush()
        try faults.waitUntil(backend, waitsFor: "transactionid")
        faults.send(SIGKILL, to: try #require(cluster.postmasterPID))
        faults.send(SIGKILL, to: backend)
        try store.wait("the loss") { !$0.journal.isAvailable }
        #expect(throws: PostgresFailure.self) { try lock.query("SELECT pg_sleep(5)") }
        try cluster.ensureRunning()
        try expectWrittenOnce(pending)
    }

    private func waitUntilGone(_ pid: Int32) throws {
        try store.wait("the end of process \(pid)") { _ in kill(pid, 0) != 0 }
    }

    /// Until some session waits for a lock of `backend`, and gave up at least once (its backend is another one then).
    private func waitUntilBlocked(by backend: Int32) throws {
        let inspector = try store.inspector()
        var blocked: Set<Int64> = []
        try store.wait("sessions blocked by \(backend)", turns: 1000) { _ in
            do {
                let found = try inspector.query(
                    """
                    SELECT pid, (extract(epoch FROM query_start) * 1000)::int8 FROM pg_stat_activity
                    WHERE \(backend) = ANY (pg_blocking_pids(pid)) AND query LIKE '%register_writer%'
                    """)
                if found.rowCount > 0 { blocked.insert(try found.int64(0, 1)) }
            } catch { Issue.record(error) }
            return blocked.count >= 2
        }
    }
}
