package import Ports
package import Primitives
package import Reactor

/// The journal in PostgreSQL: a loop's one writer connection, and group commit by natural batching. When a flush
/// returns, all that was queued meanwhile goes out as one transaction in one round trip.
///
/// Every flush carries a number that its transaction leaves in this journal's row of `writer`. A connection that
/// replaces another one first raises that row's generation, which waits for a transaction of the old one and bars every
/// later one; the number it reads there then says for certain whether a flush whose answer was lost is committed. So
/// nothing is ever guessed and nothing written twice, whatever it contains.
///
/// `@unchecked Sendable` because it is confined to `loop`: every entry point checks that it runs there.
package final class PostgresJournal: Journal, TurnEndObserver, @unchecked Sendable {
    private enum Phase {
        /// No connection writes. Next: `registering`.
        case down
        /// A new connection is being made the only one that may write. Next: `ready`, `down`.
        case registering
        /// Next: `flushing`, `down`.
        case ready
        /// One flush is in flight. Next: `ready`, `down`.
        case flushing
    }

    /// A flush that was sent and whose answer never came.
    private struct Limbo {
        let flight: JournalFlight
        let flush: Int64
        let since: Instant
        let timer: ScheduledTimer
    }

    let loop: EventLoop
    let configuration: JournalConfiguration
    let pool: PostgresPool
    let random: any RandomSource
    private let ownership: Ownership
    private let writer: ReconnectingConnection
    private var queue: JournalQueue
    private var phase = Phase.down
    private var limbo: Limbo?
    /// True while a flush may yet be committed behind our back: from losing one until a new connection is registered.
    private(set) var isUnsettled = false
    private var writerID: Int64?
    private var generation: Int64 = 0
    private var lastFlush: Int64 = 0
    private var isTurnEndAsked = false
    private var isStopping = false

    /// - Parameters:
    ///   - pool: reads go through it; started and stopped by the caller.
    ///   - random: for epochs of new sessions and for backoff.
    package init(
        loop: EventLoop, postgres: PostgresConfiguration, configuration: JournalConfiguration = JournalConfiguration(),
        ownership: Ownership, pool: PostgresPool, random: any RandomSource
    ) {
        self.loop = loop
        self.configuration = configuration
        self.ownership = ownership
        self.pool = pool
        self.random = random
        queue = JournalQueue(configuration)
        writer = ReconnectingConnection(
            loop: loop, configuration: postgres, isolation: .readCommitted, random: random)
    }

    /// Begins to connect; appends are `.unavailable` until `isAvailable`.
    package func start() {
        loop.preconditionOnLoop()
        writer.onReady = { [weak self] connection in self?.register(connection) }
        writer.onDown = { [weak self] in self?.loseConnection() }
        writer.start()
    }

    /// Takes no more; closes the connection when what was queued is written. Entries in limbo fail.
    package func stop() {
        loop.preconditionOnLoop()
        isStopping = true
        if queue.isEmpty || phase == .down || phase == .registering { shutDown() }
    }

    /// True while entries can be written.
    package var isAvailable: Bool {
        loop.preconditionOnLoop()
        return (phase == .ready || phase == .flushing) && !isStopping
    }

    /// Entries that are not answered yet, and their bytes.
    package var depth: (entries: Int, bytes: Int) {
        loop.preconditionOnLoop()
        return (queue.entryCount, queue.byteCount)
    }

    // MARK: Journal

    package func append(_ entry: JournalEntry, _ completion: @escaping (StoreFailure?) -> Void) {
        loop.preconditionOnLoop()
        let pending = PendingEntry(entry, completion)
        switch queue.append(pending, isDown: !isAvailable) {
        case .queued: askForTurnEnd()
        case .turnedAwayBehindOthers: break
        case .turnedAway:
            loop.afterwards { [self] in deliver(queue.takeTurnedAway(pending.stream)) }
        }
    }

    // MARK: Flushing

    /// Everything that this turn appends goes in one flush.
    private func askForTurnEnd() {
        guard !isTurnEndAsked, phase == .ready else { return }
        isTurnEndAsked = true
        loop.atTurnEnd(self)
    }

    package func turnEnded() {
        isTurnEndAsked = false
        flush()
    }

    private func flush() {
        guard phase == .ready, let connection = writer.connection, let writerID else { return }
        guard var flight = queue.nextFlight() else {
            if isStopping { shutDown() }
            return
        }
        flight.attempts += 1
        lastFlush += 1
        phase = .flushing
        let rows = JournalFlush(flight, ownership)
        let start = loop.time.now
        connection.submit(rows.batch(writer: writerID, generation: generation, flush: lastFlush)) {
            [weak self] outcome in
            self?.receive(outcome, of: flight, sentAt: start)
        }
    }

    private func receive(
        _ outcome: Result<[PostgresResult], PostgresFailure>, of flight: JournalFlight, sentAt start: Instant
    ) {
        switch outcome {
        case .success:
            phase = .ready
            configuration.observe(
                .flushed(
                    entries: flight.entries.count, records: flight.recordCount, bytes: flight.byteCount,
                    duration: loop.time.now.since(start)))
            deliver(queue.succeed(flight))
        case .failure(.rejected(let error)):
            phase = .ready
            configuration.observe(.refused(sqlState: error.sqlState, entries: flight.entries.count))
            settle(refused: flight, error)
        case .failure(.lost): enterLimbo(flight)  // The connection reports its end next.
        case .failure(.unavailable), .failure(.overloaded):
            // Never sent: the connection is closing, and says so next, unless it has.
            queue.putBack(flight)
            if phase == .down { loseConnection() }
        }
        // What this turn's completions append joins the next flush.
        askForTurnEnd()
    }

    private func settle(refused flight: JournalFlight, _ error: PostgresError) {
        switch FlushRefusal(error) {
        case .lostSlots(let slots):
            let fenced = flight.entries.filter { slots.contains($0.slot) }
            let rest = flight.entries.filter { !slots.contains($0.slot) }
            // A fence that names none of ours cannot be told apart from one that means all.
            if fenced.isEmpty { return fail(flight.entries, .fenced) }
            if !rest.isEmpty { queue.putBack(JournalFlight(rest)) }
            fail(fenced, .fenced)
        case .superseded: fail(flight.entries, .fenced)
        case .content:
            if let culprit = queue.part(flight) { fail([culprit], .conflict) }
        case .passing:
            if flight.attempts < configuration.maxFlushAttempts {
                queue.putBack(flight)
            } else {
                fail(flight.entries, .unavailable)
            }
        case .server: fail(flight.entries, .unavailable)
        }
    }

    private func fail(_ entries: [PendingEntry], _ failure: StoreFailure) {
        let due = queue.fail(entries, failure)
        configuration.observe(.failed(failure, entries: due.count))
        deliver(due)
    }

    private func deliver(_ due: [JournalDelivery]) {
        for delivery in due { delivery.completion(delivery.failure) }
    }

    // MARK: Losing the connection, and settling what was in flight

    private func enterLimbo(_ flight: JournalFlight) {
        isUnsettled = true
        let timer = loop.schedule(after: configuration.limboTimeout) { [weak self] in self?.giveUpLimbo() }
        limbo = Limbo(flight: flight, flush: lastFlush, since: loop.time.now, timer: timer)
        configuration.observe(.enteredLimbo(entries: flight.entries.count))
    }

    private func loseConnection() {
        if phase == .ready || phase == .flushing { configuration.observe(.disconnected) }
        phase = .down
        let due = queue.failUnsent(except: limbo?.flight.entries ?? [])
        if !due.isEmpty { configuration.observe(.failed(.unavailable, entries: due.count)) }
        deliver(due)
        if isStopping { shutDown() }
    }

    /// The callers are told; whether the flush is there they learn by loading anew, which waits for the settlement.
    private func giveUpLimbo() {
        guard let limbo else { return }
        self.limbo = nil
        fail(limbo.flight.entries, .unknown)
    }

    /// Makes `connection` the only one that writes for this journal.
    private func register(_ connection: PostgresConnection) {
        phase = .registering
        var parameters = PostgresParameters()
        parameters.add(writerID)
        parameters.add(ownership.incarnation)
        connection.submit(PostgresBatch(JournalStatements.register, parameters)) { [weak self] outcome in
            self?.finishRegistration(outcome)
        }
    }

    private func finishRegistration(_ outcome: Result<[PostgresResult], PostgresFailure>) {
        switch outcome {
        case .success(let results):
            do throws(PostgresDecodingFailure) {
                guard let row = results.first, row.rowCount == 1 else { throw PostgresDecodingFailure() }
                writerID = try row.int64(0, 0)
                generation = try row.int64(0, 1)
                becomeReady(committed: try row.int64(0, 2))
            } catch {
                retryRegistration()
            }
        // Most likely the earlier connection's transaction, which still holds the row.
        case .failure(.rejected): retryRegistration()
        case .failure(.lost), .failure(.unavailable), .failure(.overloaded): break  // The connection reports its end.
        }
    }

    private func retryRegistration() {
        loop.schedule(after: configuration.registrationRetry) { [weak self] in
            guard let self, phase == .registering, let connection = writer.connection, connection.isReady else {
                return
            }
            register(connection)
        }
    }

    private func becomeReady(committed: Int64) {
        phase = .ready
        isUnsettled = false
        configuration.observe(.connected)
        if let limbo {
            self.limbo = nil
            limbo.timer.cancel()
            let wasCommitted = committed == limbo.flush
            configuration.observe(
                .settledLimbo(
                    wasCommitted: wasCommitted, entries: limbo.flight.entries.count,
                    duration: loop.time.now.since(limbo.since)))
            if wasCommitted { deliver(queue.succeed(limbo.flight)) } else { queue.putBack(limbo.flight) }
        }
        flush()
    }

    private func shutDown() {
        if let limbo {
            limbo.timer.cancel()
            giveUpLimbo()
        }
        writer.stop()
    }
}
