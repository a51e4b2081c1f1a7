internal import Domain
internal import JSON
internal import Ports
internal import Reactor
internal import WireProtocol

/// How one delivery of a letter ended.
package enum LetterOutcome: String, CaseIterable, Sendable {
    /// Its target has decided it.
    case delivered
    /// Its target refused it for good: it was deleted, or has no such command.
    case refused
    /// It could not be decided now; it is brought again.
    case postponed
}

/// The bounds of one courier (docs/LIMITS.md).
private enum Bound {
    /// Letters in memory; what comes beyond stays in the table until there is room.
    static let maxLetters = 1024
    /// Letters read from the table at once.
    static let page = 256
    /// How long delivered letters are gathered before their rows are removed together.
    static let removalInterval = Duration.milliseconds(100)
    /// Between two looks into the table that nobody asked for.
    static let sweepInterval = Duration.seconds(30)
    static let firstPause = Duration.milliseconds(250)
    static let maxPause = Duration.seconds(30)
}

/// Brings letters to the sessions of one loop: each is a command with a key of its own, so that bringing it again, after a crash
/// or a lost answer, changes nothing. Its row stays in the table until the target has decided it.
///
/// Letters of one stream to one target are decided in the order of their events: a target is brought one letter at a time, and a
/// letter that is not in memory holds back those behind it (`isBehind`: everything comes from the table, in its order).
///
/// Confined to its loop (hence `@unchecked Sendable`).
final class Courier: @unchecked Sendable {
    /// What waits for one target. The first is under way when `isUnderWay`.
    private struct Queue {
        var letters: [LetterRow] = []
        var isUnderWay = false
        /// Set while the first waits for its next attempt.
        var timer: ScheduledTimer?
        var pause = Bound.firstPause
    }

    let loop: EventLoop
    private let journal: any Journal
    private let isHome: (SessionAddress) -> Bool
    /// Submits a command; its ticket is answered once, on this loop. Set once, before `start`.
    var onDelivery: ((SessionAddress, CommandTicket) -> Void)?
    private let observe: @Sendable (LetterOutcome) -> Void
    private var queues: [SessionAddress: Queue] = [:]
    /// Letters in memory: those that wait, and those that were delivered and whose rows are there still.
    private var held: Set<LetterPlace> = []
    private var delivered: [LetterPlace] = []
    private var isRunning = false
    /// There may be letters in the table that are not in memory: what is posted goes behind them.
    private var isBehind = false
    /// Something was posted since the pass through the table began: it may have been too late for it.
    private var hasMissed = false
    /// Up to where the pass has read; nil: it has not begun.
    private var cursor: LetterPlace?
    private var isReading = false
    private var isRemoving = false
    private var removalTimer: ScheduledTimer?
    private var readTimer: ScheduledTimer?
    private var sweepTimer: ScheduledTimer?
    private var readPause = Bound.firstPause
    private var removalPause = Bound.removalInterval

    /// - Parameter isHome: whether a session lives on this loop.
    init(
        loop: EventLoop, journal: any Journal, isHome: @escaping (SessionAddress) -> Bool,
        observe: @escaping @Sendable (LetterOutcome) -> Void = { _ in }
    ) {
        self.loop = loop
        self.journal = journal
        self.isHome = isHome
        self.observe = observe
    }

    /// Takes up what the last process left, and what is posted from now on.
    func start() {
        loop.preconditionOnLoop()
        guard !isRunning else { return }
        isRunning = true
        lookAgain()
        scheduleSweep()
    }

    /// Brings no more. What is not delivered is in the table.
    func stop() {
        loop.preconditionOnLoop()
        isRunning = false
        for timer in [removalTimer, readTimer, sweepTimer] { timer?.cancel() }
        for queue in queues.values { queue.timer?.cancel() }
        queues = [:]
        held = []
    }

    // MARK: In

    /// Letters of an event that is committed.
    /// - Parameter isFirst: of a session that was loaded. What it wrote before, and what became of that it may not have been
    ///   told: earlier letters of its may be in the table that nobody posted.
    func receive(_ letters: [LetterRow], isFirst: Bool) {
        loop.preconditionOnLoop()
        guard isRunning else { return }
        guard !isBehind, !isFirst, held.count + letters.count <= Bound.maxLetters else { return lookAgain() }
        for letter in letters { enqueue(letter) }
    }

    private func lookAgain() {
        isBehind = true
        hasMissed = true
        read()
    }

    private func scheduleSweep() {
        sweepTimer = loop.schedule(after: Bound.sweepInterval) { [weak self] in
            guard let self, self.isRunning else { return }
            self.lookAgain()
            self.scheduleSweep()
        }
    }

    /// Goes on with the pass through the table, or begins one, while there is room. Never while rows are removed: what is read
    /// then would be taken for new.
    private func read() {
        guard isRunning, isBehind, !isReading, !isRemoving, readTimer == nil, held.count <= Bound.maxLetters / 2 else {
            return
        }
        if cursor == nil { hasMissed = false }
        isReading = true
        journal.letters(after: cursor, limit: Bound.page) { [weak self] result in
            guard let self, self.isRunning else { return }
            self.isReading = false
            switch result {
            case .success(let page): self.take(page)
            case .failure: self.readLater()
            }
            self.remove()
            self.read()
        }
    }

    private func take(_ page: LetterPage) {
        readPause = Bound.firstPause
        cursor = page.next
        for letter in page.letters where isHome(letter.target) && !held.contains(letter.place) { enqueue(letter) }
        if page.next == nil, !hasMissed { isBehind = false }
    }

    private func readLater() {
        readTimer = loop.schedule(after: readPause) { [weak self] in
            self?.readTimer = nil
            self?.read()
        }
        readPause = min(readPause * 2, Bound.maxPause)
    }

    private func enqueue(_ letter: LetterRow) {
        held.insert(letter.place)
        queues[letter.target, default: Queue()].letters.append(letter)
        bringNext(to: letter.target)
    }

    // MARK: Out

    private func bringNext(to target: SessionAddress) {
        guard isRunning, var queue = queues[target], !queue.isUnderWay, queue.timer == nil,
            let letter = queue.letters.first
        else { return }
        queue.isUnderWay = true
        queues[target] = queue
        // In a later turn: an answer that comes at once would else bring the next from inside this call.
        let answer: @Sendable (Result<CommandAnswer, Fault>) -> Void = { [weak self] result in
            guard let self else { return }
            self.loop.submit { self.settle(letter, result) }
        }
        let data: JSONValue
        do {
            data = try JSONParser.parse(letter.data)
        } catch {
            return answer(.failure(Fault(.invalidCommand, "the letter cannot be read")))
        }
        let command = SessionCommand(
            caller: Letter.caller(tenant: target.tenant), name: letter.command, data: data)
        onDelivery?(target, CommandTicket(command: command, key: letter.place.key, answer: answer))
    }

    private func settle(_ letter: LetterRow, _ result: Result<CommandAnswer, Fault>) {
        let target = letter.target
        guard isRunning, var queue = queues[target], queue.isUnderWay, queue.letters.first?.place == letter.place else {
            return
        }
        queue.isUnderWay = false
        if case .failure(let fault) = result, fault.isRetryable {
            observe(.postponed)
            let pause = max(queue.pause, fault.retryAfter ?? .zero)
            queue.pause = min(queue.pause * 2, Bound.maxPause)
            queue.timer = loop.schedule(after: min(pause, Bound.maxPause)) { [weak self] in
                self?.queues[target]?.timer = nil
                self?.bringNext(to: target)
            }
            queues[target] = queue
            return
        }
        if case .success = result { observe(.delivered) } else { observe(.refused) }
        queue.letters.removeFirst()
        queue.pause = Bound.firstPause
        queues[target] = queue.letters.isEmpty ? nil : queue
        delivered.append(letter.place)
        scheduleRemoval()
        bringNext(to: target)
    }

    // MARK: Rows that are done with

    private func scheduleRemoval() {
        guard removalTimer == nil, !isRemoving else { return }
        removalTimer = loop.schedule(after: removalPause) { [weak self] in
            self?.removalTimer = nil
            self?.remove()
        }
    }

    private func remove() {
        guard isRunning, !isReading, !isRemoving, removalTimer == nil, !delivered.isEmpty else { return }
        let places = delivered
        delivered = []
        isRemoving = true
        journal.removeLetters(places) { [weak self] failure in
            guard let self, self.isRunning else { return }
            self.isRemoving = false
            if failure == nil {
                self.removalPause = Bound.removalInterval
                self.held.subtract(places)
            } else {
                // They stay held, so that they are not brought anew.
                self.removalPause = min(self.removalPause * 2, Bound.maxPause)
                self.delivered += places
            }
            if !self.delivered.isEmpty { self.scheduleRemoval() }
            self.read()
        }
    }
}
