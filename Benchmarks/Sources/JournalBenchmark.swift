import Domain
import Glibc
import Ports
import PostgresStore
import Primitives
import Reactor

/// Acknowledged appends a second: 64 conversations send at once, each waits for its ok before the next. The journal's
/// group commit against one transaction a command, the same rows on the same cluster, which is made for it and is
/// durable.
///
/// Returns false when group commit is not at least ten times as fast, or its 99th percentile is not under 20 ms.
func journalBenchmark() throws -> Bool {
    let configuration = PrivateClusterConfiguration(directory: "/tmp/sala-benchmark-\(getpid())")
    let cluster = try PrivateCluster.start(configuration) { print($0) }
    defer {
        do { try PrivateCluster.reset(configuration) } catch { print("could not remove the cluster: \(error)") }
        rmdir(configuration.directory)
    }
    try cluster.createDatabase("benchmark")
    let postgres = PostgresConfiguration(conninfo: cluster.conninfo(database: "benchmark"))
    try Migrator(postgres).migrate()

    print("\nacknowledged appends, 64 conversations, each a record, an answer, a message and the conversation's row")
    let single = try JournalRun(postgres, name: "one", flushRecords: 1, writers: 1).measure(.seconds(4))
    single.print("one transaction a command, 1 connection")
    let many = try JournalRun(postgres, name: "many", flushRecords: 1, writers: 64).measure(.seconds(4))
    many.print("one transaction a command, 64 connections")
    let grouped = try JournalRun(postgres, name: "group", flushRecords: 256, writers: 1).measure(.seconds(4))
    grouped.print("group commit, 1 connection")
    let ratio = grouped.perSecond / single.perSecond
    let ratioToMany = grouped.perSecond / many.perSecond
    print(
        "ratio to 1 connection \(ratio.rounded(toPlaces: 1)), to 64 connections \(ratioToMany.rounded(toPlaces: 1))"
    )
    return ratio >= 10 && grouped.percentile(0.99) < .milliseconds(20)
}

/// One measurement: a loop driven by hand, and its journals.
private final class JournalRun {
    private static let conversations = 64
    private let loop: EventLoop
    private let pool: PostgresPool
    private let journals: [PostgresJournal]
    private let name: String
    private var latencies: [Duration] = []
    private var failures = 0
    private var running = 0
    private var end = Instant(nanoseconds: .max)

    init(_ postgres: PostgresConfiguration, name: String, flushRecords: Int, writers: Int) throws {
        self.name = name
        let ownership = try Ownership.claim(postgres, node: "benchmark", incarnation: name)
        let loop = try EventLoop(index: 0)
        let random = SystemRandom()
        let pool = PostgresPool(loop: loop, configuration: postgres, random: random)
        var configuration = JournalConfiguration()
        configuration.maxFlushRecords = flushRecords
        journals = (0..<writers).map { _ in
            PostgresJournal(
                loop: loop, postgres: postgres, configuration: configuration, ownership: ownership, pool: pool,
                random: random)
        }
        self.loop = loop
        self.pool = pool
    }

    func measure(_ duration: Duration) throws -> Measurement {
        loop.enter {
            pool.start()
            for journal in journals { journal.start() }
            turn { self.pool.isAvailable && self.journals.allSatisfy(\.isAvailable) }
            let conversations = create()
            latencies.removeAll()
            let start = loop.time.now
            end = start.advanced(by: duration)
            for conversation in conversations { send(conversation, offset: 2) }
            turn { self.running == 0 }
            let elapsed = loop.time.now.since(start)
            for journal in journals { journal.stop() }
            pool.stop()
            for _ in 0..<20 { loop.turn(waitingAtMost: .milliseconds(1)) }
            return Measurement(latencies: latencies.sorted(), elapsed: elapsed, failures: failures)
        }
    }

    private func turn(until condition: () -> Bool) {
        while !condition() { loop.turn(waitingAtMost: .milliseconds(100)) }
    }

    private struct Conversation {
        let address: SessionAddress
        let stream: StreamIdentity
        let journal: PostgresJournal
    }

    private func create() -> [Conversation] {
        var conversations: [Conversation] = []
        for index in 0..<Self.conversations {
            let address = SessionAddress(tenant: "jeco", kind: .conversation, id: "\(name)-\(index)")
            let journal = journals[index % journals.count]
            journal.load(address) { [self] outcome in
                guard case .success(.absent(let stream)) = outcome else { return failures += 1 }
                let conversation = Conversation(address: address, stream: stream, journal: journal)
                journal.append(entry(conversation, offset: 1)) { failure in
                    if failure != nil { self.failures += 1 }
                    conversations.append(conversation)
                }
            }
        }
        turn { conversations.count + self.failures >= Self.conversations }
        return conversations
    }

    private func send(_ conversation: Conversation, offset: Int64) {
        let start = loop.time.now
        guard start < end else { return }
        running += 1
        conversation.journal.append(entry(conversation, offset: offset)) { [self] failure in
            running -= 1
            if failure != nil { return failures += 1 }
            latencies.append(loop.time.now.since(start))
            send(conversation, offset: offset + 1)
        }
    }

    private func entry(_ conversation: Conversation, offset: Int64) -> JournalEntry {
        let at = Timestamp(seconds: 1_795_000_000 + offset)
        let id = "m_01jd3v2c8r5k0000000000"
        let text = "รายได้ผมประมาณ 45,000 บาทครับ"
        let data = """
            {"message":{"id":"\(id)","role":"user","author":"u_1","text":"\(text)","at":"\(at.rfc3339)"}}
            """
        let row = ConversationRow(
            owner: "u_1", participants: [], title: nil, isArchived: false, createdAt: at, lastMessageAt: at,
            preview: text, messageCount: offset)
        let message = MessageRow(
            id: id, offset: offset, role: "user", author: "u_1", text: text, at: at)
        return JournalEntry(
            address: conversation.address, stream: conversation.stream, createsStream: offset == 1,
            records: [LogRecord(offset: offset, name: "message.created", at: at, data: Array(data.utf8))],
            answer: StoredAnswer(
                key: "01jd3v2c8r5k-\(offset)", fingerprint: [UInt8](repeating: 7, count: 32), offset: offset,
                body: Array("{}".utf8)),
            changes: [.message(message), .conversation(row)])
    }
}

private struct Measurement {
    /// Sorted.
    let latencies: [Duration]
    let elapsed: Duration
    let failures: Int

    var perSecond: Double { Double(latencies.count) / elapsed.inSeconds }

    func percentile(_ part: Double) -> Duration {
        latencies.isEmpty ? .zero : latencies[min(latencies.count - 1, Int(Double(latencies.count) * part))]
    }

    func print(_ name: String) {
        func milliseconds(_ duration: Duration) -> Double { (duration.inSeconds * 1000).rounded(toPlaces: 2) }
        Swift.print(
            """
            \(name): \(Int(perSecond))/s, p50 \(milliseconds(percentile(0.5))) ms, \
            p99 \(milliseconds(percentile(0.99))) ms, \(failures) failed
            """
        )
    }
}

extension Double {
    func rounded(toPlaces places: Int) -> Double {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        return (self * scale).rounded() / scale
    }
}
