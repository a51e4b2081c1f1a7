internal import CLinux
internal import Glibc
package import Primitives
internal import Synchronization

/// Something that has work once the current turn is over: gathered messages to deal out, or output to write.
package protocol TurnEndObserver: AnyObject {
    func turnEnded()
}

/// One thread, one epoll, one serial executor. Everything that is confined to a loop runs inside one of its turns:
/// ready descriptors, then due timers, then what other threads submitted, then what the turn gathered: first messages are
/// dealt out to those they are for, then everyone's output is written.
///
/// Sendable because all state is touched on the loop's own thread only (`preconditionOnLoop`), except the mailbox,
/// which a mutex guards.
package final class EventLoop: SerialExecutor, @unchecked Sendable {
    /// What is left for the loop to run. Sendable because only `submit`, which demands a Sendable closure, and jobs cross
    /// threads; `afterwards` leaves its closure on the loop itself.
    private enum Parcel: @unchecked Sendable {
        case work(() -> Void)
        case job(UnownedJob)
    }

    private struct Mailbox: ~Copyable {
        var parcels: [Parcel] = []
        var isWakePending = false
    }

    package let index: Int
    package let time: any TimeSource
    private var selector: Selector
    private var timers = TimerQueue()
    private let wakeUp: Int32
    private let mailbox = Mutex(Mailbox())
    /// Work for the next turn that was left on the loop itself.
    private var local: [Parcel] = []
    private var distributors: [any TurnEndObserver] = []
    private var writers: [any TurnEndObserver] = []
    /// Whom `endTurn` is telling.
    private var told: [any TurnEndObserver] = []
    private var isStopping = false
    /// Time at the start of this turn, so that a burst of messages costs one clock reading.
    package private(set) var now: Instant
    /// Turns so far, and the longest one since it was last asked for: the loop's own health.
    package private(set) var turnCount: UInt64 = 0
    private var longestTurn: Duration = .zero
    /// One read buffer for all connections of the loop.
    package let readBuffer: UnsafeMutableRawBufferPointer

    /// Bytes that one connection may have read in one turn; the rest waits for the next one. It bounds how long the others
    /// wait for a connection that sends small messages without end: some 2,000 of them, not all that the kernel holds.
    package static let maxReadBytes = 64 * 1024
    /// Distributors that wait for the end of the turn; when there are so many they are told at once. A burst of messages to as
    /// many sessions would else push out of the processor's cache what the delivery of the first ones looks at.
    package static let maxWaitingDistributors = 32

    package init(
        index: Int, time: any TimeSource = SystemTime(), readBufferBytes: Int = EventLoop.maxReadBytes
    ) throws(SystemError) {
        self.index = index
        self.time = time
        now = time.now
        selector = try Selector()
        wakeUp = sala_eventfd()
        guard wakeUp >= 0 else { throw SystemError(-wakeUp) }
        readBuffer = .allocate(byteCount: readBufferBytes, alignment: 64)
        _ = try selector.add(wakeUp, .readable, WakeUpDrain(descriptor: wakeUp))
    }

    deinit {
        closeDescriptor(wakeUp)
        readBuffer.deallocate()
    }

    // MARK: Confinement

    /// The loop whose turn runs on this thread.
    package static var current: EventLoop? {
        sala_current_loop().map { Unmanaged<EventLoop>.fromOpaque($0).takeUnretainedValue() }
    }

    package var isOnLoop: Bool { sala_current_loop() == Unmanaged.passUnretained(self).toOpaque() }

    package func preconditionOnLoop() { precondition(isOnLoop, "called off the event loop that owns this object") }

    // MARK: Work

    /// Runs `work` in a coming turn of this loop. From any thread; from one thread, in the order of the calls. One
    /// wake-up serves all that is submitted before the loop gets to it.
    package func submit(_ work: @escaping @Sendable () -> Void) { post(.work(work)) }

    /// Runs `work` at once when already on the loop, else submits it.
    package func execute(_ work: @escaping @Sendable () -> Void) {
        if isOnLoop { work() } else { submit(work) }
    }

    /// Runs `work` after what is already waiting on this loop. On the loop only; needs no Sendable closure.
    package func afterwards(_ work: @escaping () -> Void) {
        preconditionOnLoop()
        local.append(.work(work))
    }

    private func post(_ parcel: Parcel) {
        if isOnLoop {
            local.append(parcel)
            return
        }
        let mustWake = mailbox.withLock { mailbox in
            mailbox.parcels.append(parcel)
            defer { mailbox.isWakePending = true }
            return !mailbox.isWakePending
        }
        if mustWake { _ = sala_eventfd_signal(wakeUp) }
    }

    // MARK: Timers

    /// Calls `work` once, `delay` from now, on the loop.
    @discardableResult
    package func schedule(after delay: Duration, _ work: @escaping () -> Void) -> ScheduledTimer {
        preconditionOnLoop()
        return timers.schedule(at: time.now.advanced(by: delay), work)
    }

    // MARK: Descriptors

    package func register(_ descriptor: Int32, for interest: Readiness, _ pollable: any Pollable) throws(SystemError)
        -> Registration
    {
        preconditionOnLoop()
        return try selector.add(descriptor, interest, pollable)
    }

    package func change(_ registration: Registration, to interest: Readiness) {
        preconditionOnLoop()
        selector.change(registration, to: interest)
    }

    package func deregister(_ registration: Registration) {
        preconditionOnLoop()
        selector.remove(registration)
    }

    /// Like `deregister`, of a descriptor that is closed next and that nobody has duplicated: closing it is what takes it out
    /// of the selector, so nobody is asked to.
    package func forget(_ registration: Registration) {
        preconditionOnLoop()
        selector.forget(registration)
    }

    /// Tells `observer` once, when this turn is over and everything that was gathered is dealt out. The caller sees to it
    /// that it asks once a turn.
    package func atTurnEnd(_ observer: any TurnEndObserver) {
        preconditionOnLoop()
        writers.append(observer)
    }

    /// Like `atTurnEnd`, and before all of those: to deal out messages that were gathered in this turn. Where many ask, they
    /// are told before its end, from inside this call, the caller's observer with them.
    package func distributeAtTurnEnd(_ observer: any TurnEndObserver) {
        preconditionOnLoop()
        distributors.append(observer)
        if distributors.count >= Self.maxWaitingDistributors, told.isEmpty { tellDistributors() }
    }

    // MARK: Running

    /// Runs turns on the calling thread until `stop()`.
    package func run() {
        enter {
            while !isStopping { turn(waitingAtMost: nil) }
            // What was submitted before the stop still runs; so does what that leaves behind, a bounded number of times.
            for _ in 0..<16 where hasWork { turn(waitingAtMost: .zero) }
        }
    }

    /// Ends `run()` after the current turn. From any thread.
    package func stop() {
        submit { [self] in isStopping = true }
    }

    /// Makes the calling thread the loop's for the duration of `body` (a test drives turns by hand this way).
    package func enter<Result>(_ body: () -> Result) -> Result {
        let previous = sala_current_loop()
        sala_set_current_loop(Unmanaged.passUnretained(self).toOpaque())
        defer { sala_set_current_loop(previous) }
        return body()
    }

    /// True when a turn would find something to run without waiting for a descriptor.
    package var hasWork: Bool {
        if !local.isEmpty || !distributors.isEmpty || !writers.isEmpty { return true }
        if let deadline = timers.nextDeadline(), deadline <= time.now { return true }
        return mailbox.withLock { !$0.parcels.isEmpty }
    }

    /// The earliest timer, for a test that moves a virtual clock.
    package func nextDeadline() -> Instant? { timers.nextDeadline() }

    /// One turn. `waitingAtMost` nil waits until there is something to do.
    package func turn(waitingAtMost limit: Duration?) {
        preconditionOnLoop()
        let ready = selector.wait(milliseconds: waitMilliseconds(limit))
        now = time.now
        turnCount &+= 1
        let start = now
        for index in 0..<ready {
            if let (pollable, readiness) = selector.event(index) { pollable.becomeReady(readiness) }
        }
        runTimers()
        runParcels()
        endTurn()
        longestTurn = max(longestTurn, time.now.since(start))
    }

    /// The longest turn since the last call.
    package func takeLongestTurn() -> Duration {
        preconditionOnLoop()
        defer { longestTurn = .zero }
        return longestTurn
    }

    private func waitMilliseconds(_ limit: Duration?) -> Int32 {
        if !local.isEmpty || !writers.isEmpty || !distributors.isEmpty { return 0 }
        var wait = limit
        if let deadline = timers.nextDeadline() {
            let remaining = deadline.since(time.now)
            wait = wait.map { min($0, remaining) } ?? remaining
        }
        guard let wait else { return -1 }
        return Int32(clamping: wait.wholeMillisecondsRoundedUp)
    }

    private func runTimers() {
        // Timers that this work schedules, even for "now", wait for the next turn: so this ends.
        let due = time.now
        let mark = timers.mark
        while let work = timers.popDue(at: due, before: mark) { work() }
    }

    private func runParcels() {
        let foreign = mailbox.withLock { mailbox in
            mailbox.isWakePending = false
            return exchange(&mailbox.parcels, with: [])
        }
        for parcel in foreign { run(parcel) }
        // Only what is here now: a parcel that leaves another waits a turn, so descriptors are never starved.
        for parcel in exchange(&local, with: []) { run(parcel) }
    }

    private func run(_ parcel: Parcel) {
        switch parcel {
        case .work(let work): work()
        case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
        }
    }

    /// Who asks while being told waits for the next turn: so this ends.
    private func endTurn() {
        tellDistributors()
        if !writers.isEmpty {
            swap(&writers, &told)
            tellAll()
        }
    }

    private func tellDistributors() {
        guard !distributors.isEmpty else { return }
        swap(&distributors, &told)
        tellAll()
    }

    private func tellAll() {
        for observer in told { observer.turnEnded() }
        // Kept for the next turn, unless a storm made it large.
        told.removeAll(keepingCapacity: told.count <= 1024)
    }

    // MARK: SerialExecutor

    package func enqueue(_ job: consuming ExecutorJob) { post(.job(UnownedJob(job))) }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    package func isIsolatingCurrentContext() -> Bool? { isOnLoop }

    package func checkIsolated() { preconditionOnLoop() }
}

/// Takes the wake-ups out of the eventfd; what they were for is in the mailbox.
private final class WakeUpDrain: Pollable {
    private let descriptor: Int32
    init(descriptor: Int32) { self.descriptor = descriptor }
    func becomeReady(_ readiness: Readiness) { sala_eventfd_drain(descriptor) }
}

func closeDescriptor(_ descriptor: Int32) { _ = close(descriptor) }

/// Puts `new` in the place of the value and returns what was there.
private func exchange<Value>(_ value: inout Value, with new: Value) -> Value {
    let old = value
    value = new
    return old
}
