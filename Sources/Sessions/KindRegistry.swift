internal import Domain
internal import JSON
internal import Ports
internal import Primitives
internal import Reactor
internal import WireProtocol

/// The live sessions of one kind on one loop: at most one an address, activated on first use, let go when idle.
///
/// Everything about an address happens on its home loop, so "is it live?", "make it live" and "let it go" never race, and
/// a command that arrives while a session is on its way in or out waits for it. Confined to its loop.
final class KindRegistry<Effects: SessionEffects>: SessionsOfKind, @unchecked Sendable {
    typealias Machine = Effects.Machine
    typealias Live = Session<Effects>

    private enum Slot {
        case activating([(Activation) -> Void])
        case live(Live)
    }

    /// What a request finds at an address.
    private enum Activation {
        case live(Live)
        case absent(StreamIdentity)
        case erased(offset: Int64, keyDigest: [UInt8]?)
        case failed(Fault)
    }

    private let environment: SessionEnvironment
    private let configuration: SessionRegistry.Configuration
    private let makeEffects: (SessionAddress) -> Effects
    private let digest: @Sendable ([UInt8]) -> [UInt8]
    private var slots: [SessionAddress: Slot] = [:]
    /// The live ones by `stableHash`, for what must not make an address of each frame. Two with one hash: one of them is here.
    /// Held by `slots`, so not counted here: sessions have side tables, which make counting slow.
    private var liveByHash: [UInt64: Unmanaged<Live>] = [:]
    private var isDraining = false
    private var sweepTimer: ScheduledTimer?
    /// While draining: who waits for its end.
    private var drained: (@Sendable () -> Void)?
    /// While draining: checkpoints whose write is under way.
    private var checkpointsInProgress = 0

    /// - Parameter digest: SHA-256, to recognise the key of the command that deleted a session.
    init(
        environment: SessionEnvironment, configuration: SessionRegistry.Configuration,
        digest: @escaping @Sendable ([UInt8]) -> [UInt8],
        makeEffects: @escaping (SessionAddress) -> Effects
    ) {
        self.environment = environment
        self.configuration = configuration
        self.digest = digest
        self.makeEffects = makeEffects
    }

    var loop: EventLoop { environment.loop }
    var liveCount: Int { slots.count }

    /// Begins to let idle sessions go. On the loop.
    func start() { scheduleSweep() }

    // MARK: Requests

    func submit(_ address: SessionAddress, _ ticket: CommandTicket) {
        guard !isDraining else { return ticket.answer(.failure(Fault(.draining, retryAfter: .seconds(1)))) }
        guard case .live(let session)? = slots[address] else {
            return withSession(address) { [self] in submit(to: $0, address, ticket) }
        }
        session.assumeIsolated { $0.receive([ticket]) }
    }

    private func submit(to activation: Activation, _ address: SessionAddress, _ ticket: CommandTicket) {
        switch activation {
        case .live(let session): session.assumeIsolated { $0.receive([ticket]) }
        case .failed(let fault): ticket.answer(.failure(fault))
        case .erased(let offset, let keyDigest):
            // The command that deleted it, repeated, gets its first answer.
            if let name = Machine.erasingCommand, ticket.command.name == name, let keyDigest, let key = ticket.key,
                digest(Array(key.utf8)) == keyDigest
            {
                return ticket.answer(.success(CommandAnswer(offset: offset, body: Array("{}".utf8))))
            }
            ticket.answer(.failure(Fault(.noSuchSession, "the session was deleted")))
        case .absent(let stream):
            guard let facts = Machine.facts(madeBy: ticket.command) else {
                return ticket.answer(.failure(Fault(.noSuchSession)))
            }
            let session = makeSession(address, stream, facts)
            session.assumeIsolated { $0.receive([ticket]) }
            // A first message that was refused leaves nothing behind.
            if session.assumeIsolated({ $0.isUnborn }) { remove(address) }
        }
    }

    func subscribe(
        _ address: SessionAddress, _ request: SubscribeRequest, _ subscriber: any Subscriber,
        _ refused: @escaping @Sendable (Fault) -> Void
    ) {
        withSession(address) { [self] activation in
            switch activation {
            case .live(let session): session.assumeIsolated { $0.subscribe(subscriber, request, refused) }
            case .failed(let fault): refused(fault)
            case .absent(let stream):
                guard !isDraining, let facts = Machine.facts(madeBySubscriber: subscriber.caller, to: address.id)
                else { return refused(Fault(.noSuchSession)) }
                // Who follows sees nothing that is not durable, so not even that it is there.
                let session = makeSession(address, stream, facts)
                create(
                    session,
                    { result in
                        switch result {
                        case .success: session.assumeIsolated { $0.subscribe(subscriber, request, refused) }
                        case .failure(let fault): refused(fault)
                        }
                    }, .created)
            case .erased: refused(Fault(.noSuchSession))
            }
        }
    }

    func unsubscribe(_ address: SessionAddress, _ subscriber: any Subscriber) {
        loop.preconditionOnLoop()
        switch slots[address] {
        case .live(let session): session.assumeIsolated { $0.unsubscribe(subscriber) }
        case .activating(let waiting):
            // Its subscription may wait there: it leaves after it has come. At most one for each that waits.
            let leave = { (activation: Activation) in
                if case .live(let session) = activation { session.assumeIsolated { $0.unsubscribe(subscriber) } }
            }
            slots[address] = .activating(waiting + [leave])
        case nil: break
        }
    }

    /// Only a live session has anyone to tell.
    func signal(
        _ address: SessionAddress, _ name: String, _ data: JSONValue, from caller: Caller, sender: ObjectIdentifier?,
        _ refused: @escaping @Sendable (Fault) -> Void
    ) {
        loop.preconditionOnLoop()
        @Sendable func signal(_ session: Live) {
            if let fault = session.assumeIsolated({ $0.signal(name, data, from: caller, sender: sender) }) {
                refused(fault)
            }
        }
        if case .live(let session)? = slots[address] { return signal(session) }
        guard Machine.takes(signal: name), !isDraining else { return refused(Fault(.noSuchSession)) }
        withSession(address) { activation in
            switch activation {
            case .live(let session): signal(session)
            case .failed(let fault): refused(fault)
            case .absent, .erased: refused(Fault(.noSuchSession))
            }
        }
    }

    /// The same, of a signal as it stands in its sender's frame. False when it must be asked for by address: there may be such
    /// a session, or none.
    /// - Parameter hash: the address's `stableHash`.
    func signal(
        _ signal: SignalText, _ hash: UInt64, from caller: Caller, sender: ObjectIdentifier?,
        _ refused: (Fault) -> Void
    ) -> Bool {
        loop.preconditionOnLoop()
        guard let live = liveByHash[hash] else { return false }
        return live._withUnsafeGuaranteedRef { session in
            guard session.address.matches(tenant: caller.tenant, path: signal.session) else { return false }
            if let fault = session.signal(signal, from: caller, sender: sender) { refused(fault) }
            return true
        }
    }

    /// Only a live session has subscribers.
    func acknowledge(_ address: SessionAddress, _ offset: Int64, from caller: Caller) {
        loop.preconditionOnLoop()
        if case .live(let session)? = slots[address] { session.assumeIsolated { $0.acknowledge(offset, from: caller) } }
    }

    func create(
        _ address: SessionAddress, _ facts: Machine.Facts,
        _ completion: @escaping @Sendable (Result<SessionRegistry.CreateResult, Fault>) -> Void
    ) {
        guard !isDraining else { return completion(.failure(Fault(.draining, retryAfter: .seconds(1)))) }
        withSession(address) { [self] activation in
            switch activation {
            case .failed(let fault): completion(.failure(fault))
            case .erased: completion(.failure(Fault(.rejected, "the session was deleted")))
            case .live(let session):
                guard session.assumeIsolated({ $0.readState(\.facts) }) == facts else {
                    return completion(.failure(Fault(.rejected, "the session exists with other facts")))
                }
                create(session, completion, .existed)
            case .absent(let stream):
                let session = makeSession(address, stream, facts)
                create(session, completion, .created)
            }
        }
    }

    /// Answers once the session is durable, also when another request is making it.
    private func create(
        _ session: Live, _ completion: @escaping @Sendable (Result<SessionRegistry.CreateResult, Fault>) -> Void,
        _ outcome: SessionRegistry.CreateResult
    ) {
        let caller = Caller(tenant: session.address.tenant, subject: "", role: .service)
        let ticket = CommandTicket(command: SessionCommand(caller: caller, name: "", data: .null), key: nil) { result in
            completion(result.map { _ in outcome })
        }
        session.assumeIsolated { $0.create(ticket) }
    }

    func snapshot(
        _ address: SessionAddress, _ caller: Caller,
        _ completion: @escaping @Sendable (Result<(position: StreamPosition, state: [UInt8]), Fault>) -> Void
    ) {
        read(address, caller, { completion(.failure($0)) }) { session in
            if let snapshot = session.assumeIsolated({ $0.snapshot(for: caller) }) { completion(.success(snapshot)) }
        }
    }

    func log(
        _ address: SessionAddress, _ caller: Caller, after offset: Int64, limit: Int,
        _ completion: @escaping @Sendable (Result<SessionLogPage, Fault>) -> Void
    ) {
        read(address, caller, { completion(.failure($0)) }) { session in
            session.assumeIsolated { $0.log(for: caller, after: offset, limit: limit, completion) }
        }
    }

    /// The session's committed state, for a façade.
    func readState<Result: Sendable>(
        _ address: SessionAddress, _ caller: Caller, _ refused: @escaping @Sendable (Fault) -> Void,
        _ use: @escaping @Sendable (Machine) -> Result, _ completion: @escaping @Sendable (Result) -> Void
    ) {
        read(address, caller, refused) { session in completion(session.assumeIsolated { $0.readState(use) }) }
    }

    private func read(
        _ address: SessionAddress, _ caller: Caller, _ refused: @escaping (Fault) -> Void,
        _ use: @escaping (Live) -> Void
    ) {
        withSession(address) { activation in
            switch activation {
            case .live(let session):
                guard session.assumeIsolated({ $0.mayRead(caller) }) else {
                    return refused(Fault(.forbidden, "this subject may not see that session"))
                }
                use(session)
            case .failed(let fault): refused(fault)
            case .absent, .erased: refused(Fault(.noSuchSession))
            }
        }
    }

    // MARK: Activation

    private func withSession(_ address: SessionAddress, _ use: @escaping (Activation) -> Void) {
        loop.preconditionOnLoop()
        switch slots[address] {
        case .live(let session): use(.live(session))
        case .activating(var waiting):
            guard waiting.count < configuration.maxWaiting else {
                return use(.failed(Fault(.overloaded, "the session is being loaded", retryAfter: .milliseconds(500))))
            }
            waiting.append(use)
            slots[address] = .activating(waiting)
        case nil:
            slots[address] = .activating([use])
            let start = loop.time.now
            environment.journal.load(address) { [self] result in activated(address, result, start) }
        }
    }

    private func activated(_ address: SessionAddress, _ result: Result<LoadedSession, StoreFailure>, _ start: Instant) {
        guard case .activating(let waiting)? = slots[address] else { return }
        slots[address] = nil
        let activation: Activation
        switch result {
        case .success(.absent(let stream)): activation = .absent(stream)
        case .success(.erased(let offset, let keyDigest)): activation = .erased(offset: offset, keyDigest: keyDigest)
        case .success(.present(let stored)):
            do {
                let session = try Live(
                    stored: stored, address: address, effects: makeEffects(address), environment: environment)
                begin(session, openReply: stored.openReply)
                environment.observer.activated(loop.time.now.since(start))
                activation = .live(session)
            } catch {
                environment.observer.unreadable()
                activation = .failed(Fault(.internal, "the session cannot be read"))
            }
        case .failure(.overloaded):
            activation = .failed(Fault(.overloaded, "the store is busy", retryAfter: .milliseconds(500)))
        case .failure: activation = .failed(Fault(.overloaded, "the store is unavailable", retryAfter: .seconds(1)))
        }
        for use in waiting {
            // The first to create the session made it live for those behind it.
            if case .absent = activation, case .live(let session)? = slots[address] {
                use(.live(session))
            } else {
                use(activation)
            }
        }
    }

    private func makeSession(_ address: SessionAddress, _ stream: StreamIdentity, _ facts: Machine.Facts) -> Live {
        let machine = Machine(id: address.id, facts: facts, createdAt: loop.time.wallClock)
        let session = Live(
            creating: machine, address: address, stream: stream, effects: makeEffects(address),
            environment: environment)
        begin(session, openReply: nil)
        environment.observer.created()
        return session
    }

    private func remove(_ address: SessionAddress) {
        let hash = address.stableHash
        if let live = liveByHash[hash], live._withUnsafeGuaranteedRef({ $0.address == address }) {
            liveByHash[hash] = nil
        }
        slots[address] = nil
        environment.observer.ended()
    }

    private func begin(_ session: Live, openReply: OpenReplyRow?) {
        let address = session.address
        slots[address] = .live(session)
        liveByHash[address.stableHash] = .passUnretained(session)
        session.assumeIsolated { isolated in
            isolated.begin(openReply: openReply) { [weak self, weak session] cause in
                guard let self, let session, case .live(let current)? = self.slots[address], current === session else {
                    return
                }
                self.remove(address)
                // Another process ends what a fenced session left.
                // What the log holds that this one was not told of may be unfinished, too.
                if case .failed(let failure) = cause, failure != .fenced,
                    failure == .unknown || failure == .conflict || session.assumeIsolated({ $0.isUnfinished })
                {
                    self.revive(address, after: Self.firstRevival)
                }
            }
        }
    }

    /// A session that ended in trouble left something unfinished: it is activated anew, which takes it up again.
    private func revive(_ address: SessionAddress, after delay: Duration) {
        loop.schedule(after: delay) { [weak self] in
            guard let self, !self.isDraining else { return }
            switch self.slots[address] {
            case .live: return
            // Who loads it may fail; then it is still unfinished.
            case .activating: return self.revive(address, after: min(delay * 2, configuration.maxRevival))
            case nil: break
            }
            self.withSession(address) { [weak self] activation in
                guard let self, case .failed(let fault) = activation, fault.code == .overloaded else { return }
                self.revive(address, after: min(delay * 2, self.configuration.maxRevival))
            }
        }
    }

    private static var firstRevival: Duration { .seconds(1) }

    /// Activates the session, which takes up again what it had not finished.
    func recover(_ address: SessionAddress) {
        withSession(address) { [weak self] activation in
            guard case .failed(let fault) = activation, fault.code == .overloaded else { return }
            self?.revive(address, after: Self.firstRevival)
        }
    }

    // MARK: Letting go

    private func scheduleSweep() {
        sweepTimer = loop.schedule(after: configuration.sweepInterval) { [weak self] in
            self?.sweep()
            self?.scheduleSweep()
        }
    }

    private func sweep() {
        let idleSince = loop.time.now.advanced(by: .zero - configuration.idleTimeout)
        var begun = 0
        for case .live(let session) in slots.values {
            guard begun < configuration.maxPassivationsPerSweep else { return }
            guard session.assumeIsolated({ $0.isIdle(since: idleSince) }) else { continue }
            begun += 1
            passivate(session, idleSince: idleSince)
        }
    }

    /// The checkpoint first; only if nobody came meanwhile the session leaves the table. Both on this loop, so no command
    /// can fall in between.
    private func passivate(_ session: Live, idleSince: Instant) {
        session.assumeIsolated { isolated in
            isolated.checkpoint { [weak self] _ in
                guard let self, case .live(let current)? = self.slots[session.address], current === session,
                    session.assumeIsolated({ $0.isIdle(since: idleSince) })
                else { return }
                self.remove(session.address)
                session.assumeIsolated { $0.letGo() }
            }
        }
    }

    /// No new commands; what is under way may finish until `interruptAfter`, then it ends as interrupted, also what
    /// only then begins; calls `completion` once, when everything is written, or at the latest `deadline` from now.
    func drain(
        interruptAfter: Duration, deadline: Duration, _ completion: @escaping @Sendable () -> Void
    ) {
        loop.preconditionOnLoop()
        isDraining = true
        sweepTimer?.cancel()
        drained = completion
        let interruption = loop.time.now.advanced(by: interruptAfter)
        loop.schedule(after: deadline) { [self] in finishDrain() }
        awaitQuiet(interruptingFrom: interruption)
    }

    private func awaitQuiet(interruptingFrom interruption: Instant) {
        guard drained != nil else { return }
        let sessions = slots.values.compactMap { if case .live(let session) = $0 { session } else { nil } }
        if loop.time.now >= interruption {
            for session in sessions { session.assumeIsolated { $0.interrupt() } }
        }
        // Requests that wait for a session to be loaded are under way, too.
        let isQuiet = sessions.count == slots.count && sessions.allSatisfy { $0.assumeIsolated { $0.isQuiet } }
        guard isQuiet else {
            loop.schedule(after: Self.quietInterval) { [self] in awaitQuiet(interruptingFrom: interruption) }
            return
        }
        checkpointsInProgress = 1
        for session in sessions {
            checkpointsInProgress += 1
            session.assumeIsolated { isolated in
                isolated.checkpoint { [self] _ in checkpointEnded() }
            }
        }
        checkpointEnded()
    }

    /// How often a draining registry looks if all is written.
    private static var quietInterval: Duration { .milliseconds(20) }

    private func checkpointEnded() {
        checkpointsInProgress -= 1
        if checkpointsInProgress == 0 { finishDrain() }
    }

    private func finishDrain() {
        drained?()
        drained = nil
    }
}
