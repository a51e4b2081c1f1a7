internal import CPostgres
internal import Primitives
package import Reactor

/// One connection to PostgreSQL through libpq's non-blocking API, in pipeline mode: a batch of prepared statements goes
/// out at once and is one transaction, because nothing but the final sync ends it.
///
/// Reports `ready` once, then `closed` once. `@unchecked Sendable` because it is confined to `loop`: every entry point
/// checks that it runs there.
package final class PostgresConnection: Pollable, @unchecked Sendable {
    enum Event { case ready, closed }

    typealias Completion = (Result<[PostgresResult], PostgresFailure>) -> Void

    /// What the next result that libpq gives belongs to.
    private enum Expected { case preparation(String), execution }

    private let loop: EventLoop
    private let configuration: PostgresConfiguration
    private let report: (Event) -> Void
    private var state = PostgresConnectionState()
    /// Nil once closed.
    private var handle: OpaquePointer?
    private var registration: Registration?
    private var deadline: ScheduledTimer?

    private var prepared: Set<String> = []
    private var expected: [Expected] = []
    private var received = 0
    private var results: [PostgresResult] = []
    private var refusal: PostgresError?
    private var completion: Completion?

    /// Starts to connect. `report` runs on the loop, never inside this call.
    init(
        loop: EventLoop, configuration: PostgresConfiguration, isolation: PostgresConfiguration.Isolation,
        report: @escaping (Event) -> Void
    ) {
        loop.preconditionOnLoop()
        self.loop = loop
        self.configuration = configuration
        self.report = report
        handle = Self.start(configuration, isolation)
        deadline = loop.schedule(after: configuration.connectTimeout) { [weak self] in self?.fail() }
        // libpq's rule: the first wait is for writability (PostgreSQL manual, "Database Connection Control Functions").
        guard let handle, PQstatus(handle) != CONNECTION_BAD, watch(for: .writable) else {
            loop.afterwards { [self] in fail() }
            return
        }
    }

    deinit { PQfinish(handle) }

    /// True while a batch may be submitted.
    var isReady: Bool { state.phase == .ready }

    // MARK: Batches

    /// Sends the batch; the completion runs in a later turn. When the connection is not ready, or the batch could not
    /// be sent, it says so through the completion, too.
    func submit(_ batch: PostgresBatch, _ completion: @escaping Completion) {
        loop.preconditionOnLoop()
        guard state.submit() == .send else { return loop.afterwards { completion(.failure(.unavailable)) } }
        self.completion = completion
        deadline = loop.schedule(after: configuration.requestTimeout) { [weak self] in self?.fail() }
        guard send(batch), flush() else { return loop.afterwards { [self] in fail() } }
    }

    /// Closes as soon as nothing is in flight.
    func drain() {
        loop.preconditionOnLoop()
        switch state.drain() {
        case .close:
            close()
            loop.afterwards { [self] in report(.closed) }
        case .wait, .ignore: break
        }
    }

    // MARK: Pollable

    package func becomeReady(_ readiness: Readiness) {
        switch state.phase {
        case .connecting: advanceConnecting()
        case .ready, .busy, .draining: advance()
        case .failed: break
        }
    }

    // MARK: Connecting

    private static func start(
        _ configuration: PostgresConfiguration, _ isolation: PostgresConfiguration.Isolation
    ) -> OpaquePointer? {
        // With expand_dbname, `dbname` is the whole string, and what stands behind it has precedence.
        let pairs = [
            ("dbname", configuration.conninfo.reveal()), ("application_name", configuration.applicationName),
            ("options", configuration.options(isolation: isolation)), ("client_encoding", "UTF8"),
        ]
        return withCStrings(pairs.map(\.0)) { keywords in
            withCStrings(pairs.map(\.1)) { values in PQconnectStartParams(keywords, values, 1) }
        }
    }

    private func advanceConnecting() {
        guard let handle else { return }
        // libpq may close its socket and open another one with the same number: so it is watched anew after every step.
        unwatch()
        switch PQconnectPoll(handle) {
        case PGRES_POLLING_READING: if !watch(for: .readable) { fail() }
        case PGRES_POLLING_WRITING: if !watch(for: .writable) { fail() }
        case PGRES_POLLING_OK: finishConnecting(handle)
        default: fail()
        }
    }

    private func finishConnecting(_ handle: OpaquePointer) {
        deadline?.cancel()
        // The server's notices would go to standard error otherwise.
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1, watch(for: .readable) else {
            return fail()
        }
        if state.establish() == .announce { report(.ready) }
    }

    // MARK: Sending

    private func send(_ batch: PostgresBatch) -> Bool {
        guard let handle else { return false }
        var announced: Set<String> = []
        for (statement, parameters) in batch.steps {
            if !prepared.contains(statement.name), announced.insert(statement.name).inserted {
                guard PQsendPrepare(handle, statement.name, statement.sql, 0, nil) == 1 else { return false }
                expected.append(.preparation(statement.name))
            }
            let status = parameters.withPointers { values, lengths, formats in
                PQsendQueryPrepared(
                    handle, statement.name, Int32(clamping: parameters.count), values, lengths, formats, 1)
            }
            guard status == 1 else { return false }
            expected.append(.execution)
        }
        return PQpipelineSync(handle) == 1
    }

    /// Writes what libpq holds back; false when the connection is broken.
    private func flush() -> Bool {
        guard let handle, let registration else { return false }
        let status = PQflush(handle)
        guard status >= 0 else { return false }
        loop.change(registration, to: status == 1 ? [.readable, .writable] : .readable)
        return true
    }

    // MARK: Receiving

    private func advance() {
        guard let handle else { return }
        guard PQconsumeInput(handle) == 1, flush() else { return fail() }
        switch state.phase {
        case .busy, .draining: receive(from: handle)
        // Notices and the like are taken in here, so that they do not pile up in the input buffer.
        case .ready: _ = PQisBusy(handle)
        case .connecting, .failed: break
        }
        if state.phase != .failed, PQstatus(handle) == CONNECTION_BAD { fail() }
    }

    /// Takes what results there are. Each statement gives one, with a null behind it; the sync comes last.
    private func receive(from handle: OpaquePointer) {
        var nullsInARow = 0
        // A step may close the connection, and libpq's handle with it.
        while self.handle != nil, PQisBusy(handle) == 0 {
            guard let raw = PQgetResult(handle) else {
                nullsInARow += 1
                // Never two before the sync: libpq and this code disagree about what was sent.
                if nullsInARow > 1 { return fail() }
                continue
            }
            nullsInARow = 0
            let result = PostgresResult(owning: raw)
            switch PQresultStatus(raw) {
            case PGRES_PIPELINE_SYNC: return finishBatch()
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK: accept(result)
            case PGRES_PIPELINE_ABORTED: received += 1
            default:
                // A broken connection shows as an error result, too: then no sync will follow.
                guard PQstatus(handle) == CONNECTION_OK else { return fail() }
                refuse(raw)
            }
        }
    }

    private func accept(_ result: PostgresResult) {
        guard received < expected.count else { return fail() }
        switch expected[received] {
        case .preparation(let name): prepared.insert(name)
        case .execution: results.append(result)
        }
        received += 1
    }

    private func refuse(_ result: OpaquePointer) {
        received += 1
        refusal = refusal ?? PostgresError(refusal: result)
    }

    private func finishBatch() {
        deadline?.cancel()
        let outcome: Result<[PostgresResult], PostgresFailure> =
            refusal.map { .failure(.rejected($0)) } ?? .success(results)
        // 0A000 and 26000: a prepared statement no longer fits (the schema changed, someone discarded it). A new
        // connection prepares anew.
        let isStale = refusal.map { $0.sqlState == "0A000" || $0.sqlState == "26000" } ?? false
        let completion = takeCompletion()
        if isStale { _ = state.drain() }
        switch state.finishBatch() {
        case .complete: completion?(outcome)
        case .completeThenClose:
            close()
            completion?(outcome)
            report(.closed)
        case .ignore: break
        }
    }

    // MARK: The end

    private func fail() {
        switch state.fail() {
        case .close:
            close()
            report(.closed)
        case .closeAndReportLoss:
            let completion = takeCompletion()
            close()
            completion?(.failure(.lost))
            report(.closed)
        case .ignore: break
        }
    }

    private func takeCompletion() -> Completion? {
        let completion = self.completion
        self.completion = nil
        expected = []
        received = 0
        results = []
        refusal = nil
        return completion
    }

    private func close() {
        deadline?.cancel()
        unwatch()
        PQfinish(handle)
        handle = nil
    }

    private func watch(for interest: Readiness) -> Bool {
        let descriptor = PQsocket(handle)
        guard descriptor >= 0 else { return false }
        do {
            registration = try loop.register(descriptor, for: interest, self)
            return true
        } catch {
            // Out of descriptors or memory: the connection cannot live; the caller closes it and tries again later.
            return false
        }
    }

    private func unwatch() {
        if let registration { loop.deregister(registration) }
        registration = nil
    }
}

/// Calls `body` with the texts as an array of C strings that a null pointer ends; valid inside `body` only.
func withCStrings<Result>(_ texts: [String], _ body: ([UnsafePointer<CChar>?]) -> Result) -> Result {
    var arena: [CChar] = []
    var starts: [Int] = []
    for text in texts {
        starts.append(arena.count)
        arena.append(contentsOf: text.utf8CString)
    }
    return arena.withUnsafeBufferPointer { arena in
        body(starts.map { start in arena.baseAddress.map { $0 + start } } + [nil])
    }
}
