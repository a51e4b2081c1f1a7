package import Domain
package import JSON
package import Ports
package import Primitives
package import Reactor
package import WireProtocol

/// What a session is made with besides its state.
package struct SessionEnvironment: Sendable {
    package let loop: EventLoop
    /// Every loop of the process, by index: where subscribers live.
    package let loops: [EventLoop]
    package let journal: any Journal
    package let random: any RandomSource
    package let framing: FrameEncoding
    package let observer: SessionObserver
    /// Where letters are left once they are durable.
    package let couriers: Couriers
    /// Tenants whose activity log says what their sessions were told to do.
    package let activityTenants: Set<String>

    package init(
        loop: EventLoop, loops: [EventLoop], journal: any Journal, random: any RandomSource, framing: FrameEncoding,
        observer: SessionObserver, couriers: Couriers = Couriers(), activityTenants: Set<String> = []
    ) {
        self.loop = loop
        self.loops = loops
        self.journal = journal
        self.random = random
        self.framing = framing
        self.observer = observer
        self.couriers = couriers
        self.activityTenants = activityTenants
    }
}

/// The bounds of one session (docs/LIMITS.md).
private enum Bound {
    /// Decided and not yet committed; the next command is refused as busy.
    static let unitsInFlight = 256
    /// Commands behind one whose key is being looked up.
    static let waitingForLookup = 256
    /// Events between two checkpoints.
    static let checkpointInterval: Int64 = 256
    /// Events until one that was refused is tried again.
    static let checkpointRetryInterval: Int64 = 32
    /// Records read from the store at once for a replay.
    static let replayPage = 256
    /// Offsets behind which a resume gets a snapshot instead of a replay.
    static let maxReplay: Int64 = 10_000
    /// Bytes of a replay's records, collected before the first is sent; beyond, a snapshot takes its place.
    static let maxReplayBytes = 4 * 1024 * 1024
    /// From a measurement until a checkpoint holds it, when nothing else has been written.
    static let measurementInterval = Duration.seconds(3)
    static let outcomeRetry = Duration.milliseconds(250)
    static let maxOutcomeRetry = Duration.seconds(5)
}

/// The live actor of one address: decides commands in the order in which they come, and lets nothing out that is not
/// durable (the output gate).
///
/// Life of a command: decided against the *pending* state → its events are appended to the journal → once PostgreSQL has
/// committed them they are applied to the *committed* state, published, answered with `ok`, and their effects run. When a
/// write fails, it and everything decided after it is taken back: the pending state becomes the committed one again and
/// every waiting command gets a retryable fault.
///
/// Its executor is its home loop; it never awaits, so no two decisions interleave.
package actor Session<Effects: SessionEffects> {
    package typealias Machine = Effects.Machine

    /// Something decided and not yet committed.
    private struct Unit {
        let number: UInt64
        let events: [Machine.Event]
        let records: [LogRecord]
        let answer: CommandAnswer
        /// Set when the command was refused: its sender gets this in place of the answer.
        var refusal: Fault?
        let stored: StoredAnswer?
        var waiters: [CommandTicket]
        let effects: [Machine.Effect]
        /// What was measured of a state that is not durable yet: it is the committed state's with the unit.
        let measurements: [Machine.Measurement]
        /// Set when an outcome led here: it is decided again if the write fails.
        let outcome: Machine.Outcome?
        /// For other sessions: written with the unit, brought once it is durable.
        let letters: [LetterRow]
        let erases: Bool
        /// False when there was nothing to write: it only waits for what was decided before it.
        let isWritten: Bool
    }

    package nonisolated let address: SessionAddress
    package nonisolated let stream: StreamIdentity
    private nonisolated let environment: SessionEnvironment
    package nonisolated var loop: EventLoop { environment.loop }
    package nonisolated var unownedExecutor: UnownedSerialExecutor { environment.loop.asUnownedSerialExecutor() }

    // What a signal looks at stands together: with thousands of sessions it is the memory looked at that costs.
    private var lastActivity: Instant
    /// The list on this loop, where all see the same.
    private var home: SubscriberList?
    /// There is another list.
    private var isElsewhere = false
    private var hasSubscribers = false
    private var hasEnded = false
    private let effects: Effects
    private var committed: Machine
    private var committedOffset: Int64
    private var pending: Machine
    private var pendingOffset: Int64
    private var isCreated: Bool
    private var creation: CheckpointRow?
    private var units: [Unit] = []
    private var nextUnit: UInt64 = 1
    private var answers: AnswerMemory
    private var tail: LogTail
    private var awaitingLookup: [CommandTicket] = []
    private var isLookingUp = false
    private var failedOutcomes: [Machine.Outcome] = []
    private var outcomeRetry = Bound.outcomeRetry
    private var isRetryScheduled = false
    /// By audience, and by loop within it.
    private var lists: [SubscriberList?]
    /// Who is subscribed, and to which audience they belong, so that joining and leaving twice counts once.
    private var subscribers: [ObjectIdentifier: UInt8] = [:] {
        didSet {
            hasSubscribers = !subscribers.isEmpty
            if !hasSubscribers, !snapshots.isEmpty { snapshots = [:] }
        }
    }
    /// How many of them belong to each audience; not counted where all see the same.
    private var followers: [Int] = []
    /// The last snapshot of each audience: many who come at the same time get the same bytes.
    private var snapshots: [UInt8: Publication] = [:]
    /// The state has what no checkpoint holds yet.
    private var hasMeasured = false
    /// Who waits for records from the log, with the number of the request: one that left, or asked anew, is not opened.
    private var replays: [ObjectIdentifier: UInt64] = [:]
    private var nextReplay: UInt64 = 1
    private var lastCheckpoint: Int64
    /// The offset from which on a checkpoint is taken by itself. One that was refused is not made anew with each event.
    private var nextCheckpoint: Int64 = Bound.checkpointInterval
    private var ended: ((SessionEnd) -> Void)?
    /// Since it was loaded it has sent no letters; those that it sent before may not have been left with a courier.
    private var mayHaveOldLetters: Bool

    /// A session that does not exist yet: the first entry creates it.
    package init(
        creating machine: Machine, address: SessionAddress, stream: StreamIdentity, effects: Effects,
        environment: SessionEnvironment
    ) {
        self.address = address
        self.stream = stream
        self.environment = environment
        self.effects = effects
        committed = machine
        pending = machine
        committedOffset = 0
        pendingOffset = 0
        isCreated = false
        mayHaveOldLetters = false
        creation = CheckpointRow(offset: 0, format: Machine.checkpointFormat, state: machine.encode())
        answers = AnswerMemory(stored: [])
        tail = LogTail(floor: 0)
        lists = Array(repeating: nil, count: environment.loops.count * Machine.Audience.allCases.count)
        lastCheckpoint = 0
        lastActivity = environment.loop.now
    }

    /// A session as it was stored.
    package init(
        stored: StoredSession, address: SessionAddress, effects: Effects, environment: SessionEnvironment
    ) throws(StoreFailure) {
        guard let checkpoint = stored.checkpoint,
            var machine = Machine(checkpoint: checkpoint.state, format: checkpoint.format)
        else { throw .corrupt }
        var offset = checkpoint.offset
        var tail = LogTail(floor: checkpoint.offset)
        for record in stored.tail {
            guard record.offset == offset + 1, let event = Self.event(record) else { throw .corrupt }
            machine.apply(event, offset: record.offset, at: record.at)
            tail.append(record)
            offset = record.offset
        }
        self.address = address
        self.stream = stored.stream
        self.environment = environment
        self.effects = effects
        committed = machine
        pending = machine
        committedOffset = offset
        pendingOffset = offset
        isCreated = true
        mayHaveOldLetters = true
        answers = AnswerMemory(stored: stored.answers)
        self.tail = tail
        lists = Array(repeating: nil, count: environment.loops.count * Machine.Audience.allCases.count)
        lastCheckpoint = checkpoint.offset
        nextCheckpoint = checkpoint.offset + Bound.checkpointInterval
        lastActivity = environment.loop.now
    }

    private static func event(_ record: LogRecord) -> Machine.Event? {
        do {
            return Machine.Event(name: record.name, data: try JSONParser.parse(record.data))
        } catch {
            return nil
        }
    }

    /// Begins the session's life: connects the effects, ends what an earlier process left open.
    /// `ended` is called once, on the loop, when the session stops by itself.
    package func begin(openReply: OpenReplyRow?, ended: @escaping (SessionEnd) -> Void) {
        self.ended = ended
        effects.attach(
            SessionPort(
                report: { [weak self] outcome in
                    self?.assumeIsolated { session in
                        session.decideFailedOutcomes()
                        session.receive(outcome)
                    }
                },
                publish: { [weak self] content, json, audiences in
                    self?.assumeIsolated { $0.publishVolatile(content, json, to: audiences) }
                },
                store: { [weak self] changes in self?.assumeIsolated { $0.store(changes) } }))
        if let outcome = Effects.recovery(of: committed, openReply: openReply) {
            receive(outcome)
        } else if let openReply {
            // A row that outlived its reply would have the session activated at every start.
            store([.closeReply(reply: openReply.reply)])
        }
    }

    // MARK: Commands

    /// Decides the commands in order. Every ticket is answered once.
    package func receive(_ tickets: [CommandTicket]) {
        lastActivity = environment.loop.now
        for ticket in tickets { receive(ticket) }
    }

    /// Makes the session durable without a command (`PUT`).
    package func create(_ ticket: CommandTicket) {
        write(Decision(), for: ticket, outcome: nil, at: wallClock)
    }

    private func receive(_ ticket: CommandTicket) {
        guard !hasEnded else {
            return ticket.answer(.failure(Self.moving))
        }
        if isLookingUp {
            guard awaitingLookup.count < Bound.waitingForLookup else { return ticket.answer(.failure(Self.busy)) }
            awaitingLookup.append(ticket)
            return
        }
        guard let key = ticket.key else { return decide(ticket) }
        if let answer = answers[key] { return repeatAnswer(answer, to: ticket) }
        if let index = units.firstIndex(where: { $0.stored?.key == key }) {
            guard units[index].stored?.fingerprint == ticket.fingerprint else {
                return refuse(ticket, Fault(.keyReused, "the key was used for another command"))
            }
            units[index].waiters.append(ticket)
            return
        }
        guard !answers.isComplete else { return decide(ticket) }
        lookUp(key, for: ticket)
    }

    private func repeatAnswer(_ answer: StoredAnswer, to ticket: CommandTicket) {
        guard answer.fingerprint == ticket.fingerprint else {
            return ticket.answer(.failure(Fault(.keyReused, "the key was used for another command")))
        }
        ticket.answer(.success(CommandAnswer(offset: answer.offset, body: answer.body)))
    }

    /// The key may be older than memory: the store is asked, and commands behind this one wait, so that order holds.
    private func lookUp(_ key: String, for ticket: CommandTicket) {
        isLookingUp = true
        // The journal always answers, so holding the session here ends; without it the ticket would have no answer.
        environment.journal.answer(of: stream, key: key) { [self] result in
            assumeIsolated { session in
                session.isLookingUp = false
                guard !session.hasEnded else { return ticket.answer(.failure(Self.moving)) }
                switch result {
                case .success(let answer?): session.repeatAnswer(answer, to: ticket)
                case .success(nil): session.decide(ticket)
                case .failure(let failure): ticket.answer(.failure(Self.fault(failure)))
                }
                let waiting = session.awaitingLookup
                session.awaitingLookup = []
                for ticket in waiting { session.receive(ticket) }
            }
        }
    }

    private func decide(_ ticket: CommandTicket) {
        // What has happened comes before what is asked: a reply's end is not to be cancelled away.
        decideFailedOutcomes()
        guard units.count < Bound.unitsInFlight else { return ticket.answer(.failure(Self.busy)) }
        let context = context()
        let decision: Decision<Machine>
        do {
            decision = try pending.decide(ticket.command, live: effects.live, context)
        } catch {
            return refuse(ticket, Fault(error, command: ticket.command.name))
        }
        write(decision, for: ticket, outcome: nil, at: context.now)
    }

    /// A refusal rests on what is pending, too: it is told once that is durable, and is void when it is taken back.
    private func refuse(_ ticket: CommandTicket, _ fault: Fault) {
        guard !units.isEmpty else { return ticket.answer(.failure(fault)) }
        guard units.count < Bound.unitsInFlight else { return ticket.answer(.failure(Self.busy)) }
        units.append(
            Unit(
                number: nextUnit, events: [], records: [], answer: CommandAnswer(offset: pendingOffset, body: []),
                refusal: fault, stored: nil, waiters: [ticket], effects: [], measurements: [], outcome: nil,
                letters: [], erases: false, isWritten: false))
        nextUnit += 1
    }

    // MARK: Outcomes

    private func receive(_ outcome: Machine.Outcome) {
        guard !hasEnded else { return }
        lastActivity = environment.loop.now
        let context = context()
        if let decision = pending.decide(outcome, live: effects.live, context) {
            write(decision, for: nil, outcome: outcome, at: context.now)
        } else if !units.isEmpty {
            // Void on the pending state only: should that be taken back, the outcome is decided again.
            write(Decision(), for: nil, outcome: outcome, at: context.now)
        }
    }

    /// Outcomes are facts: when their write fails they are decided again, later, until it succeeds.
    private func retryFailedOutcomes() {
        guard !isRetryScheduled, !failedOutcomes.isEmpty else { return }
        isRetryScheduled = true
        environment.loop.schedule(after: outcomeRetry) { [weak self] in
            self?.assumeIsolated { session in
                session.isRetryScheduled = false
                session.decideFailedOutcomes()
            }
        }
        outcomeRetry = min(outcomeRetry * 2, Bound.maxOutcomeRetry)
    }

    private func decideFailedOutcomes() {
        guard !failedOutcomes.isEmpty else { return }
        let outcomes = failedOutcomes
        failedOutcomes = []
        for outcome in outcomes { receive(outcome) }
    }

    // MARK: The gate

    /// In whole milliseconds, as events write it: what is in memory is what is read back.
    private var wallClock: Timestamp {
        let microseconds = environment.loop.time.wallClock.microseconds
        return Timestamp(microseconds: microseconds - microseconds % 1_000)
    }

    private func context() -> DecisionContext {
        let random = environment.random
        return DecisionContext(now: wallClock, identifier: { random.identifier($0) })
    }

    /// `at`: when it was decided, which is also what its events say inside.
    private func write(
        _ decision: Decision<Machine>, for ticket: CommandTicket?, outcome: Machine.Outcome?, at: Timestamp
    ) {
        var records: [LogRecord] = []
        var changes: [StoredChange] = []
        var letters: [LetterRow] = []
        for event in decision.events {
            pendingOffset += 1
            pending.apply(event, offset: pendingOffset, at: at)
            records.append(LogRecord(offset: pendingOffset, name: event.name, at: at, data: event.data.bytes))
            changes += Effects.changes(for: event, offset: pendingOffset, state: pending)
            let sent = Effects.letters(for: event, offset: pendingOffset, state: pending)
            if !sent.isEmpty, !decision.erasesSession { letters += rows(of: sent, at: at) }
        }
        for letter in letters { changes.append(.letter(letter)) }
        let measurements = take(decision.measurements)
        let keepsMeasurements = !decision.measurements.isEmpty && ticket != nil && isCreated
        if keepsMeasurements {
            // It is written behind all that it rests on, or not at all.
            changes.append(.checkpoint(Self.checkpoint(of: pending, at: pendingOffset)))
            if measurements.isEmpty { hasMeasured = false }
        }
        if let ticket, let activity = activity(of: ticket.command, decision, at: at) {
            changes.append(.activity(activity))
        }
        let answer = CommandAnswer(offset: records.first?.offset ?? pendingOffset, body: decision.answer.bytes)
        let stored = ticket.flatMap { ticket in
            ticket.key.map {
                StoredAnswer(key: $0, fingerprint: ticket.fingerprint, offset: answer.offset, body: answer.body)
            }
        }
        let unit = Unit(
            number: nextUnit, events: decision.events, records: records, answer: answer, stored: stored,
            waiters: ticket.map { [$0] } ?? [], effects: decision.effects, measurements: measurements,
            outcome: outcome, letters: letters, erases: decision.erasesSession,
            isWritten: !records.isEmpty || stored != nil || !isCreated || keepsMeasurements)
        nextUnit += 1
        for effect in decision.preparations { effects.prepare(effect) }
        guard unit.isWritten else {
            // Nothing to write: the answer still waits for what it may have been decided on.
            if units.isEmpty { finish(unit) } else { units.append(unit) }
            return
        }
        units.append(unit)
        append(unit, changes)
    }

    /// The letters of the event at `pendingOffset`.
    private func rows(of letters: [Letter], at: Timestamp) -> [LetterRow] {
        letters.enumerated().map { index, letter in
            LetterRow(
                place: LetterPlace(stream: stream.id, offset: pendingOffset, index: Int32(clamping: index)),
                target: SessionAddress(tenant: address.tenant, kind: letter.kind, id: letter.id),
                command: letter.command, data: letter.data.bytes, createdAt: at)
        }
    }

    /// The line of the tenant's activity log; nil: it has none, or nothing happened. Having read something is no act.
    private func activity(
        of command: SessionCommand, _ decision: Decision<Machine>, at: Timestamp
    ) -> ActivityRow? {
        guard environment.activityTenants.contains(address.tenant), !decision.events.isEmpty,
            command.name != "message.read"
        else { return nil }
        return ActivityRow(
            subject: command.caller.subject, activity: Activity(of: command.name, to: address.kind), entity: address.id,
            at: at)
    }

    /// What was measured is in both states at once, whatever becomes of the write, unless it rests on what is under way.
    /// - Returns: what has to wait for that.
    private func take(_ measurements: [Machine.Measurement]) -> [Machine.Measurement] {
        guard !measurements.isEmpty else { return [] }
        guard units.isEmpty else {
            for measurement in measurements { pending.apply(measurement) }
            return measurements
        }
        commit(measurements)
        if pendingOffset == committedOffset {
            // They share their memory again.
            pending = committed
        } else {
            for measurement in measurements { pending.apply(measurement) }
        }
        return []
    }

    private func commit(_ measurements: [Machine.Measurement]) {
        guard !measurements.isEmpty else { return }
        for measurement in measurements { committed.apply(measurement) }
        snapshots = [:]
        keepMeasurements()
    }

    /// What was measured is to be in a checkpoint soon.
    private func keepMeasurements() {
        guard !hasMeasured else { return }
        hasMeasured = true
        environment.loop.schedule(after: Bound.measurementInterval) { [weak self] in
            self?.assumeIsolated { if $0.hasMeasured { $0.checkpoint { _ in } } }
        }
    }

    private func append(_ unit: Unit, _ changes: [StoredChange]) {
        var changes = changes
        if let creation {
            // The row of the latest event stands for the row at creation.
            if unit.events.isEmpty { changes += Effects.creationChanges(of: committed) }
            changes.append(.checkpoint(creation))
            self.creation = nil
        }
        if unit.erases {
            let activities = changes.filter { if case .activity = $0 { true } else { false } }
            changes = activities + [.erase(offset: unit.answer.offset, key: unit.stored?.key)]
        }
        let entry = JournalEntry(
            address: address, stream: stream, createsStream: !isCreated, records: unit.erases ? [] : unit.records,
            answer: unit.erases ? nil : unit.stored, changes: changes)
        isCreated = true
        let number = unit.number
        environment.journal.append(entry) { [weak self] failure in
            self?.assumeIsolated { $0.settle(number, failure) }
        }
    }

    /// The journal has said what became of a unit. Units settle in order.
    private func settle(_ number: UInt64, _ failure: StoreFailure?) {
        guard let index = units.firstIndex(where: { $0.number == number }) else { return }
        if let failure { return rollBack(from: index, failure) }
        precondition(index == 0, "the journal settles entries in order")
        let unit = units.removeFirst()
        finish(unit)
        while let next = units.first, !next.isWritten {
            units.removeFirst()
            finish(next)
        }
        if unit.erases { return end(.erased(offset: unit.answer.offset)) }
        outcomeRetry = Bound.outcomeRetry
        if committedOffset >= nextCheckpoint { checkpoint { _ in } }
    }

    /// The unit is durable: now it may be seen.
    private func finish(_ unit: Unit) {
        for (event, record) in zip(unit.events, unit.records) {
            committed.apply(event, offset: record.offset, at: record.at)
            committedOffset = record.offset
            tail.append(record)
        }
        if !unit.events.isEmpty { snapshots = [:] }
        commit(unit.measurements)
        if let stored = unit.stored { answers.insert(stored) }
        publish(unit)
        let answer = unit.refusal.map(Result.failure) ?? .success(unit.answer)
        for waiter in unit.waiters { waiter.answer(answer) }
        for effect in unit.effects { effects.run(effect) }
        if !unit.letters.isEmpty {
            environment.couriers.post(unit.letters, isFirst: mayHaveOldLetters)
            mayHaveOldLetters = false
        }
        environment.observer.committed(unit.records.count)
    }

    private func rollBack(from index: Int, _ failure: StoreFailure) {
        let lost = Array(units[index...])
        units.removeSubrange(index...)
        pending = committed
        pendingOffset = committedOffset
        for unit in units {
            for (event, record) in zip(unit.events, unit.records) {
                pending.apply(event, offset: record.offset, at: record.at)
                pendingOffset = record.offset
            }
            for measurement in unit.measurements { pending.apply(measurement) }
        }
        effects.rolledBack()
        // A checkpoint may have been among it.
        if Machine.Measurement.self != Never.self { keepMeasurements() }
        for unit in lost {
            for waiter in unit.waiters { waiter.answer(.failure(Self.fault(failure))) }
            if let outcome = unit.outcome { failedOutcomes.append(outcome) }
        }
        environment.observer.rolledBack(lost.count)
        switch failure {
        case .unavailable, .overloaded:
            if committedOffset == 0, units.isEmpty, lost.contains(where: { $0.number == 1 }) {
                // Its creation failed: as if it had never been.
                return end(.failed(failure))
            }
            retryFailedOutcomes()
        case .unknown, .conflict, .fenced, .corrupt: end(.failed(failure))
        }
    }

    // MARK: Publishing

    private static var isDivided: Bool { Machine.Audience.self != Everyone.self }

    private func publish(_ unit: Unit) {
        guard hasSubscribers else { return }
        for (event, record) in zip(unit.events, unit.records) {
            guard Self.isDivided else {
                publish(publication(of: record, isReplay: false))
                continue
            }
            var shared: Publication?
            for audience in Machine.Audience.allCases where followers[Int(audience.rawValue)] > 0 {
                if let data = Machine.data(of: event, for: audience) {
                    publish(publication(of: record.with(data), isReplay: false), to: [audience])
                } else {
                    let frame = shared ?? publication(of: record, isReplay: false)
                    shared = frame
                    publish(frame, to: [audience])
                }
            }
        }
        if unit.events.contains(where: Machine.changesAudiences) { reviewSubscribers() }
    }

    /// The record as an audience sees it.
    private static func projected(_ record: LogRecord, for audience: Machine.Audience) -> LogRecord {
        guard isDivided else { return record }
        // What cannot be read was not written by us: nobody is shown it.
        guard let event = event(record) else { return record.with([:]) }
        return Machine.data(of: event, for: audience).map(record.with) ?? record
    }

    private func publication(of record: LogRecord, isReplay: Bool) -> Publication {
        let json = ServerFrame.event(
            session: address.path, offset: record.offset, name: record.name, at: record.at, data: record.data,
            isReplay: isReplay)
        let content: Publication.Content =
            isReplay
            ? .opening(position: StreamPosition(epoch: stream.epoch, offset: record.offset))
            : .event(offset: record.offset, name: record.name)
        return Publication(content, json: json, framing: environment.framing)
    }

    /// - Parameter audiences: nil: all.
    private func publish(_ publication: Publication, to audiences: [Machine.Audience]? = nil) {
        // The usual list is on this loop, and needs no closure.
        home?.publish(publication)
        guard isElsewhere else { return }
        let loops = environment.loops.count
        for (place, list) in lists.enumerated() {
            guard let list, list !== home else { continue }
            if let audiences, !audiences.contains(where: { Int($0.rawValue) == place / loops }) { continue }
            onLoop(place % loops) { list.publish(publication) }
        }
    }

    private func publishVolatile(
        _ content: Publication.Content, _ json: [UInt8], to audiences: [Machine.Audience]? = nil
    ) {
        guard !hasEnded, hasSubscribers else { return }
        publish(Publication(content, json: json, framing: environment.framing), to: audiences)
    }

    /// Whoever may not see the session any more, or sees something else of it from now on, leaves it.
    private func reviewSubscribers() {
        let machine = committed
        let loops = environment.loops.count
        for (place, list) in lists.enumerated() {
            guard let list else { continue }
            let audience = UInt8(clamping: place / loops)
            onLoop(place % loops) { [self] in
                let left = list.end(.rights) { machine.audience(of: $0.caller)?.rawValue != audience }
                guard !left.isEmpty else { return }
                loop.execute { [self] in assumeIsolated { session in for gone in left { session.forget(gone) } } }
            }
        }
    }

    /// Runs on the loop with that index; from one session, always in order.
    private func onLoop(_ index: Int, _ work: @escaping @Sendable () -> Void) {
        environment.loops[index].execute(work)
    }

    private func store(_ changes: [StoredChange]) {
        guard !hasEnded, isCreated, !isErasing else { return }
        environment.journal.append(
            JournalEntry(
                address: address, stream: stream, createsStream: false, records: [], answer: nil, changes: changes)
        ) { _ in }
    }

    /// Tells the others what one subscriber signals.
    package func signal(_ name: String, _ data: JSONValue, from caller: Caller, sender: ObjectIdentifier?) -> Fault? {
        lastActivity = environment.loop.now
        if Machine.takes(signal: name) { return take(name, data, from: caller) }
        if let reason = committed.refusal(ofSignal: name, from: caller) { return Fault(reason, command: name) }
        publishVolatile(
            .signal(sender: sender),
            ServerFrame.signal(session: address.path, name: name, from: caller.subject, data: data))
        return nil
    }

    private func take(_ name: String, _ signal: SignalText, from caller: Caller) -> Fault? {
        guard let text = signal.data else { return take(name, [:], from: caller) }
        do throws(JSONError) {
            return take(name, try JSONParser.parse(Array(text)), from: caller)
        } catch {
            return Fault(.malformed)
        }
    }

    private func take(_ name: String, _ data: JSONValue, from caller: Caller) -> Fault? {
        guard !hasEnded else { return Self.moving }
        // As any signal, it may be dropped when there is too much.
        guard units.count < Bound.unitsInFlight else { return nil }
        let context = context()
        do {
            let decision = try pending.decide(signal: name, data, from: caller, live: effects.live, context)
            if let decision { write(decision, for: nil, outcome: nil, at: context.now) }
            return nil
        } catch {
            return Fault(error, command: name)
        }
    }

    /// A subscriber's device has everything up to there. Said of what was not sent, it counts for nothing.
    package func acknowledge(_ offset: Int64, from caller: Caller) {
        // As any signal, it may be dropped when there is too much.
        guard !hasEnded, offset <= committedOffset, units.count < Bound.unitsInFlight else { return }
        lastActivity = environment.loop.now
        let context = context()
        let decision = pending.decide(acknowledgement: offset, from: caller, live: effects.live, context)
        if let decision { write(decision, for: nil, outcome: nil, at: context.now) }
    }

    /// The same, of a signal as it stands in its sender's frame. On the session's loop; does what `assumeIsolated` does, which
    /// asks the runtime for what the loop itself knows, and costs as much as the signal.
    package nonisolated func signal(_ text: SignalText, from caller: Caller, sender: ObjectIdentifier?) -> Fault? {
        loop.preconditionOnLoop()
        typealias Isolated = (isolated Session, SignalText, Caller, ObjectIdentifier?) -> Fault?
        typealias Plain = (Session, SignalText, Caller, ObjectIdentifier?) -> Fault?
        let signal: Isolated = { $0.relay($1, from: $2, sender: $3) }
        return unsafeBitCast(signal, to: Plain.self)(self, text, caller, sender)
    }

    private func relay(_ signal: SignalText, from caller: Caller, sender: ObjectIdentifier?) -> Fault? {
        lastActivity = environment.loop.now
        let name = String(decoding: signal.name, as: UTF8.self)
        if Machine.takes(signal: name) { return take(name, signal, from: caller) }
        if let reason = committed.refusal(ofSignal: name, from: caller) { return Fault(reason, command: name) }
        guard !hasEnded, hasSubscribers else { return nil }
        publish(Publication(signal, from: caller.subject, sender: sender, framing: environment.framing))
        return nil
    }

    // MARK: Subscribing

    package func mayRead(_ caller: Caller) -> Bool { committed.mayRead(caller) }

    /// Answers with a fault, or opens the subscription: the opening frames, then everything after them.
    package func subscribe(
        _ subscriber: any Subscriber, _ request: SubscribeRequest, _ refused: @escaping @Sendable (Fault) -> Void
    ) {
        lastActivity = environment.loop.now
        guard !hasEnded else {
            return refused(Self.moving)
        }
        guard committed.mayRead(subscriber.caller) else { return refused(Self.unseen) }
        guard let from = request.from else { return open(subscriber, request, .snapshot, refused) }
        if from.epoch != stream.epoch { return open(subscriber, request, .reset(lost: nil, why: .epoch), refused) }
        if from.offset > committedOffset {
            return refused(Fault(.badPosition, "the log ends at offset \(committedOffset)"))
        }
        if committedOffset - from.offset > Bound.maxReplay {
            return open(
                subscriber, request, .reset(lost: (from.offset + 1)...committedOffset, why: .retention), refused)
        }
        replay(to: subscriber, request, after: from.offset, loaded: [], refused)
    }

    /// Collects what is older than the tail from the log, page by page, then opens.
    private func replay(
        to subscriber: any Subscriber, _ request: SubscribeRequest, after offset: Int64, loaded: [LogRecord],
        _ refused: @escaping @Sendable (Fault) -> Void
    ) {
        if let recent = tail.records(after: offset) {
            return open(subscriber, request, .resumed, replay: loaded + recent, refused)
        }
        guard loaded.reduce(0, { $0 + $1.data.count }) <= Bound.maxReplayBytes else {
            let first = (request.from?.offset ?? 0) + 1
            return open(subscriber, request, .reset(lost: first...committedOffset, why: .retention), refused)
        }
        let number = nextReplay
        nextReplay += 1
        replays[ObjectIdentifier(subscriber)] = number
        environment.journal.records(of: stream, after: offset, limit: Bound.replayPage) { [weak self] result in
            guard let self else { return refused(Self.busy) }
            self.assumeIsolated { session in
                guard session.replays[ObjectIdentifier(subscriber)] == number else { return }
                session.replays[ObjectIdentifier(subscriber)] = nil
                guard !session.hasEnded else { return refused(Self.busy) }
                switch result {
                case .failure(let failure): refused(Self.fault(failure))
                case .success(let found):
                    // The log may have what the session has not been told of yet: that comes as a live event.
                    let page = found.prefix { $0.offset <= session.committedOffset }
                    guard let last = page.last else { return refused(Fault(.internal, "the log has a gap")) }
                    session.replay(to: subscriber, request, after: last.offset, loaded: loaded + page, refused)
                }
            }
        }
    }

    private func open(
        _ subscriber: any Subscriber, _ request: SubscribeRequest, _ outcome: ServerFrame.SubscribeOutcome,
        replay: [LogRecord] = [], _ refused: (Fault) -> Void
    ) {
        guard let audience = committed.audience(of: subscriber.caller) else { return refused(Self.unseen) }
        let position = StreamPosition(epoch: stream.epoch, offset: committedOffset)
        let start = outcome == .resumed ? request.from ?? position : position
        func opened(_ json: [UInt8]) -> Publication {
            Publication(.opening(position: start), json: json, framing: environment.framing)
        }
        var opening = [
            opened(ServerFrame.subscribed(id: request.id, session: address.path, outcome: outcome, position: position))
        ]
        if outcome == .resumed {
            for record in replay {
                opening.append(publication(of: Self.projected(record, for: audience), isReplay: true))
            }
        } else {
            opening.append(snapshot(for: audience, at: position, opened))
        }
        for json in effects.openingFrames(of: committed, for: audience) {
            opening.append(Publication(.opening(position: position), json: json, framing: environment.framing))
        }
        // Asked anew by who has come under another name since: the earlier place is given up.
        if let earlier = subscribers[ObjectIdentifier(subscriber)], earlier != audience.rawValue {
            unsubscribe(subscriber)
        }
        let index = subscriber.loopIndex
        let place = Int(audience.rawValue) * environment.loops.count + index
        let list =
            lists[place]
            ?? SubscriberList(
                address: address, epoch: stream.epoch, loop: environment.loops[index],
                hearsAcknowledgements: committed.hearsAcknowledgements)
        lists[place] = list
        if place == environment.loop.index, !Self.isDivided { home = list } else { isElsewhere = true }
        if subscribers.updateValue(audience.rawValue, forKey: ObjectIdentifier(subscriber)) == nil {
            count(1, audience.rawValue)
        }
        let frames = opening
        onLoop(index) { list.add(subscriber, opening: frames) }
    }

    package func unsubscribe(_ subscriber: any Subscriber) {
        lastActivity = environment.loop.now
        replays[ObjectIdentifier(subscriber)] = nil
        guard let audience = subscribers.removeValue(forKey: ObjectIdentifier(subscriber)) else { return }
        let index = subscriber.loopIndex
        if let list = lists[Int(audience) * environment.loops.count + index] {
            onLoop(index) { list.remove(subscriber) }
        }
        count(-1, audience)
    }

    /// It has left its list already.
    private func forget(_ subscriber: any Subscriber) {
        if let audience = subscribers.removeValue(forKey: ObjectIdentifier(subscriber)) { count(-1, audience) }
    }

    private func count(_ change: Int, _ audience: UInt8) {
        guard Self.isDivided, !hasEnded else { return }
        if followers.isEmpty { followers = Array(repeating: 0, count: Machine.Audience.allCases.count) }
        followers[Int(audience)] += change
        effects.followed(by: followers)
    }

    /// Kept from the second who asks on: most sessions have one subscriber, who comes once.
    private func snapshot(
        for audience: Machine.Audience, at position: StreamPosition, _ publication: ([UInt8]) -> Publication
    ) -> Publication {
        if let known = snapshots[audience.rawValue] { return known }
        let made = publication(
            ServerFrame.snapshot(
                session: address.path, position: position, state: committed.snapshotState(for: audience)))
        if hasSubscribers { snapshots[audience.rawValue] = made }
        return made
    }

    private static var unseen: Fault { Fault(.forbidden, "this subject may not see that session") }

    // MARK: Reading

    /// nil: the caller may not read it.
    package func snapshot(for caller: Caller) -> (position: StreamPosition, state: [UInt8])? {
        committed.audience(of: caller).map { audience in
            let position = StreamPosition(epoch: stream.epoch, offset: committedOffset)
            return (position, committed.snapshotState(for: audience))
        }
    }

    package func readState<Result: Sendable>(_ read: (Machine) -> Result) -> Result { read(committed) }

    /// A page of the log: records after `offset`, as JSON event frames.
    package func log(
        for caller: Caller, after offset: Int64, limit: Int,
        _ completion: @escaping @Sendable (Result<SessionLogPage, Fault>) -> Void
    ) {
        guard let audience = committed.audience(of: caller) else { return completion(.failure(Self.unseen)) }
        let newest = committedOffset
        let epoch = stream.epoch
        let path = address.path
        @Sendable func page(_ records: [LogRecord]) -> SessionLogPage {
            SessionLogPage(
                epoch: epoch,
                events: records.filter { $0.offset <= newest }.map { Self.projected($0, for: audience) }.map {
                    ServerFrame.event(
                        session: path, offset: $0.offset, name: $0.name, at: $0.at, data: $0.data, isReplay: false)
                },
                next: records.last.flatMap { $0.offset < newest ? $0.offset : nil })
        }
        if let recent = tail.records(after: offset) { return completion(.success(page(Array(recent.prefix(limit))))) }
        environment.journal.records(of: stream, after: offset, limit: limit) { result in
            switch result {
            case .success(let records): completion(.success(page(records)))
            case .failure(let failure): completion(.failure(Self.fault(failure)))
            }
        }
    }

    // MARK: Ending

    /// True before anything of a new session was decided.
    package var isUnborn: Bool { !isCreated && units.isEmpty }

    /// True while something is open that a session has to end.
    package var isUnfinished: Bool { Effects.recovery(of: committed, openReply: nil) != nil }

    package func isIdle(since instant: Instant) -> Bool {
        lastActivity < instant && subscribers.isEmpty && units.isEmpty && !effects.isBusy && !isLookingUp
            && !hasMeasured && failedOutcomes.isEmpty && replays.isEmpty
    }

    /// Writes the checkpoint when there is news, then says if the session is still idle (and may be let go).
    package func checkpoint(_ completion: @escaping @Sendable (Bool) -> Void) {
        guard committedOffset > lastCheckpoint || hasMeasured, isCreated, !hasEnded, !isErasing else {
            return completion(true)
        }
        guard !units.contains(where: { !$0.measurements.isEmpty }) else {
            // They come with a checkpoint of their own, or ask for one when they are settled; this one would win over theirs and know less.
            hasMeasured = false
            return completion(true)
        }
        let offset = committedOffset
        let previous = lastCheckpoint
        let isMeasured = hasMeasured
        hasMeasured = false
        let row = Self.checkpoint(of: committed, at: offset)
        lastCheckpoint = offset
        nextCheckpoint = offset + Bound.checkpointInterval
        environment.journal.append(
            JournalEntry(
                address: address, stream: stream, createsStream: false, records: [], answer: nil,
                changes: [.checkpoint(row)])
        ) { [weak self] failure in
            if failure != nil {
                // Still wanted: some events on, or the next sweep, tries again.
                self?.assumeIsolated { session in
                    guard session.lastCheckpoint == offset else { return }
                    session.lastCheckpoint = previous
                    session.nextCheckpoint = offset + Bound.checkpointRetryInterval
                    if isMeasured { session.keepMeasurements() }
                }
            }
            completion(failure == nil)
        }
    }

    private static func checkpoint(of state: Machine, at offset: Int64) -> CheckpointRow {
        CheckpointRow(offset: offset, format: Machine.checkpointFormat, state: state.encode())
    }

    /// Nothing may be written behind an erasure.
    private var isErasing: Bool { units.contains { $0.erases } }

    /// The server stops: what is under way ends now, as interrupted.
    package func interrupt() { effects.interrupt() }

    package var isQuiet: Bool { units.isEmpty && !effects.isUnderWay && failedOutcomes.isEmpty && !isLookingUp }

    /// It is not live any more: nothing of it runs on, and nobody else's session waits for it.
    package func letGo() {
        hasEnded = true
        effects.abandon()
    }

    private func end(_ cause: SessionEnd) {
        guard !hasEnded else { return }
        hasEnded = true
        effects.abandon()
        for unit in units {
            for waiter in unit.waiters { waiter.answer(.failure(Self.busy)) }
        }
        units = []
        for ticket in awaitingLookup { ticket.answer(.failure(Self.moving)) }
        awaitingLookup = []
        let wireCause: ServerFrame.UnsubscribeCause =
            if case .erased = cause { .deleted } else { .unavailable }
        for (place, list) in lists.enumerated() {
            if let list { onLoop(place % environment.loops.count) { list.end(wireCause) } }
        }
        subscribers = [:]
        ended?(cause)
        ended = nil
    }

    private static var moving: Fault { Fault(.overloaded, "the session is moving", retryAfter: .milliseconds(200)) }

    private static var busy: Fault {
        Fault(.overloaded, "the session has too much in flight", retryAfter: .milliseconds(500))
    }

    private static func fault(_ failure: StoreFailure) -> Fault {
        switch failure {
        case .unavailable: Fault(.overloaded, "the store is unavailable", retryAfter: .seconds(1))
        case .overloaded: Fault(.overloaded, "the store is busy", retryAfter: .milliseconds(500))
        case .unknown: Fault(.timeout, "the store did not answer in time", retryAfter: .seconds(1))
        case .conflict, .fenced: Fault(.overloaded, "the session is moving", retryAfter: .milliseconds(500))
        case .corrupt: Fault(.internal, "the session cannot be read")
        }
    }
}

/// Why a session stopped by itself.
package enum SessionEnd: Sendable, Equatable {
    case erased(offset: Int64)
    case failed(StoreFailure)
}

/// One page of `GET …/log`: event frames as JSON text.
package struct SessionLogPage: Sendable, Equatable {
    package let epoch: String
    package let events: [[UInt8]]
    /// The offset to ask from next; nil when the page ends the log.
    package let next: Int64?

    package init(epoch: String, events: [[UInt8]], next: Int64?) {
        self.epoch = epoch
        self.events = events
        self.next = next
    }
}

/// Counts for telemetry; called on session loops.
package struct SessionObserver: Sendable {
    package var committed: @Sendable (_ events: Int) -> Void
    package var rolledBack: @Sendable (_ units: Int) -> Void
    /// Loaded from the store, in so much time.
    package var activated: @Sendable (Duration) -> Void
    package var created: @Sendable () -> Void
    /// No longer live, whatever the cause.
    package var ended: @Sendable () -> Void
    /// A letter was brought to another session.
    package var brought: @Sendable (LetterOutcome) -> Void
    /// What is stored of a session is not what this release reads: nobody can use it until somebody looks into it.
    package var unreadable: @Sendable () -> Void

    package init(
        committed: @escaping @Sendable (Int) -> Void = { _ in },
        rolledBack: @escaping @Sendable (Int) -> Void = { _ in },
        activated: @escaping @Sendable (Duration) -> Void = { _ in },
        created: @escaping @Sendable () -> Void = {}, ended: @escaping @Sendable () -> Void = {},
        brought: @escaping @Sendable (LetterOutcome) -> Void = { _ in },
        unreadable: @escaping @Sendable () -> Void = {}
    ) {
        self.committed = committed
        self.rolledBack = rolledBack
        self.activated = activated
        self.created = created
        self.ended = ended
        self.brought = brought
        self.unreadable = unreadable
    }
}
