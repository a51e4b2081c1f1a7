package import Domain
package import Ports
package import Reactor

/// A journal over a `SimulatedStore`, with the promises of the real one and with faults on demand. Confined to its loop.
///
/// By itself it commits what was appended in a turn of its own and answers in the next. A test that wants to stand
/// between the steps takes over: `isManual` leaves entries waiting until `commit`, `deliver`, `settle` or `fail`.
package final class SimulatedJournal: Journal, @unchecked Sendable {
    private struct Waiting {
        let entry: JournalEntry
        let completion: (StoreFailure?) -> Void
    }

    private struct Delivery {
        let completion: (StoreFailure?) -> Void
        let failure: StoreFailure?
    }

    package let store: SimulatedStore
    private let loop: EventLoop
    private var waiting: [Waiting] = []
    private var deliveries: [Delivery] = []
    private var reads: [() -> Void] = []
    private var isPumpAsked = false
    private var hasCrashed = false
    /// Writes wait for the test.
    package var isManual = false
    /// Reads wait for `answerReads`.
    package var holdsReads = false
    /// Every read fails with this.
    package var readFailure: StoreFailure?
    /// Asked for each entry before it is committed, when the journal works by itself.
    package var fault: ((JournalEntry) -> StoreFailure?)?
    /// Every entry that was ever appended, in order.
    package private(set) var appended: [JournalEntry] = []
    package private(set) var readCount = 0

    package init(store: SimulatedStore, loop: EventLoop) {
        self.store = store
        self.loop = loop
    }

    // MARK: Control

    package var waitingCount: Int { waiting.count }
    package var undeliveredCount: Int { deliveries.count }
    package var waitingEntries: [JournalEntry] { waiting.map(\.entry) }
    package var heldReads: Int { reads.count }

    /// Makes the oldest waiting entry durable; its writer does not know yet.
    package func commit() {
        guard !waiting.isEmpty else { return }
        let next = waiting.removeFirst()
        if let failure = store.commit(next.entry) {
            waiting.insert(next, at: 0)
            return fail(failure, delivers: false)
        }
        deliveries.append(Delivery(completion: next.completion, failure: nil))
    }

    /// Tells the writers what became of what was decided so far.
    package func deliver() {
        let due = deliveries
        deliveries = []
        for delivery in due { delivery.completion(delivery.failure) }
    }

    /// `commit` and `deliver` of the oldest `count` entries.
    package func settle(_ count: Int = 1) {
        for _ in 0..<count {
            commit()
            deliver()
        }
    }

    package func settleAll() {
        var turns = 0
        while !waiting.isEmpty || !deliveries.isEmpty {
            settle()
            turns += 1
            precondition(turns < 100_000, "the writers never come to rest")
        }
    }

    /// Nothing of the oldest entry is written, and nothing of what waits behind it in the same session.
    package func fail(_ failure: StoreFailure, delivers: Bool = true) {
        guard let first = waiting.first else { return }
        let stream = first.entry.stream
        let lost = waiting.filter { $0.entry.stream == stream }
        waiting.removeAll { $0.entry.stream == stream }
        deliveries += lost.map { Delivery(completion: $0.completion, failure: failure) }
        if delivers { deliver() }
    }

    /// The oldest entry is written, and nobody can find that out in time: `.unknown` for it and what waits behind it.
    package func loseAnswer() {
        guard let first = waiting.first else { return }
        _ = store.commit(first.entry)
        fail(.unknown)
    }

    /// The process ends here: of what waits, the first `committing` entries become durable, the rest is lost, and nobody
    /// is told anything.
    package func crash(committing count: Int = 0) {
        for next in waiting.prefix(count) where store.commit(next.entry) != nil { break }
        waiting = []
        deliveries = []
        reads = []
        hasCrashed = true
    }

    package func answerReads(_ count: Int = .max) {
        let due = Array(reads.prefix(count))
        reads.removeFirst(due.count)
        for read in due { read() }
    }

    // MARK: Journal

    package func append(_ entry: JournalEntry, _ completion: @escaping (StoreFailure?) -> Void) {
        loop.preconditionOnLoop()
        guard !hasCrashed else { return }
        appended.append(entry)
        waiting.append(Waiting(entry: entry, completion: completion))
        askForPump()
    }

    package func load(_ address: SessionAddress, _ completion: @escaping (Result<LoadedSession, StoreFailure>) -> Void)
    {
        read(completion) { $0.load(address) }
    }

    package func records(
        of stream: StreamIdentity, after offset: Int64, limit: Int,
        _ completion: @escaping (Result<[LogRecord], StoreFailure>) -> Void
    ) {
        read(completion) { store in
            Array((store.record(of: stream)?.log ?? []).filter { $0.offset > offset }.prefix(limit))
        }
    }

    package func answer(
        of stream: StreamIdentity, key: String, _ completion: @escaping (Result<StoredAnswer?, StoreFailure>) -> Void
    ) {
        read(completion) { $0.record(of: stream)?.answers.first { $0.key == key } }
    }

    package func unfinishedSessions(
        limit: Int, _ completion: @escaping (Result<[SessionAddress], StoreFailure>) -> Void
    ) {
        read(completion) { Array($0.unfinished.prefix(limit)) }
    }

    package func letters(
        after place: LetterPlace?, limit: Int, _ completion: @escaping (Result<LetterPage, StoreFailure>) -> Void
    ) {
        // Not counted: the outbox is looked at all the time.
        read(completion, isCounted: false) { $0.letterPage(after: place, limit: limit) }
    }

    package func removeLetters(_ places: [LetterPlace], _ completion: @escaping (StoreFailure?) -> Void) {
        func finish(_ result: Result<Void, StoreFailure>) {
            switch result {
            case .success: completion(nil)
            case .failure(let failure): completion(failure)
            }
        }
        read(finish, isCounted: false) { $0.remove(places) }
    }

    private func read<Value>(
        _ completion: @escaping (Result<Value, StoreFailure>) -> Void, isCounted: Bool = true,
        _ value: @escaping (SimulatedStore) -> Value
    ) {
        loop.preconditionOnLoop()
        guard !hasCrashed else { return }
        if isCounted { readCount += 1 }
        let answer = { [self] in
            if let readFailure { return completion(.failure(readFailure)) }
            completion(.success(value(store)))
        }
        reads.append(answer)
        askForPump()
    }

    // MARK: By itself

    private func askForPump() {
        guard !isPumpAsked else { return }
        isPumpAsked = true
        loop.afterwards { [self] in
            isPumpAsked = false
            pump()
        }
    }

    private func pump() {
        guard !hasCrashed else { return }
        if !holdsReads { answerReads() }
        guard !isManual else { return }
        deliver()
        let turn = waiting.count
        for _ in 0..<turn {
            guard let next = waiting.first else { break }
            if let failure = fault?(next.entry) { fail(failure, delivers: false) } else { commit() }
        }
        if !deliveries.isEmpty { askForPump() }
    }

    /// What waits goes on by itself again.
    package func resume() {
        isManual = false
        holdsReads = false
        askForPump()
    }
}
