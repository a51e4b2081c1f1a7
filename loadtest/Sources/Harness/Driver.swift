internal import Glibc
internal import Primitives
internal import Reactor

/// Drives one loop on the calling thread, so that a scenario reads from top to bottom: start things, wait until they are
/// there, fire arrivals on their schedule.
final class Driver {
    /// The longest sleep while the next arrival is nearer than the millisecond that epoll can wait.
    private static let fineSleep = Duration.microseconds(100)

    let loop: EventLoop
    let random: any RandomSource = SystemRandom()
    /// How far behind its intended instant each arrival was fired: the load client's own share of every latency.
    private(set) var lateness = Histogram()
    private var intervalLateness = Histogram()

    init(loop: EventLoop) { self.loop = loop }

    var now: Instant { loop.time.now }

    /// Turns the loop until `isDone`; throws when that takes longer than `limit`.
    func wait(for what: String, atMost limit: Duration, until isDone: () -> Bool) throws(LoadFailure) {
        guard settle(atMost: limit, until: isDone) else {
            throw LoadFailure(.unavailable, "gave up after \(limit.components.seconds) s, waiting for \(what)")
        }
    }

    /// Turns the loop until `isDone`, but not longer than `limit`. True when it is done.
    @discardableResult
    func settle(atMost limit: Duration, until isDone: () -> Bool = { false }) -> Bool {
        let deadline = now.advanced(by: limit)
        while !isDone() {
            guard now < deadline else { return false }
            loop.turn(waitingAtMost: min(deadline.since(now), .milliseconds(50)))
        }
        return true
    }

    /// Does what stands in `agenda`, each at its instant or as soon after as this machine can; returns at `end`, or, when that is
    /// nil, when nothing is left.
    func follow(_ agenda: inout Agenda, until end: Instant?) {
        var fired = 0
        while true {
            guard let due = agenda.next, end.map({ due < $0 }) ?? true else {
                if let end { settle(atMost: end.since(now)) }
                return
            }
            let current = now
            guard due <= current else {
                turn(before: due.since(current))
                continue
            }
            note(lateness: current.since(due))
            agenda.fireNext()
            fired += 1
            // Overdue arrivals are not fired in one burst that would starve the answers.
            if fired % 64 == 0 { loop.turn(waitingAtMost: .zero) }
        }
    }

    private func note(lateness late: Duration) {
        lateness.record(late)
        intervalLateness.record(late)
    }

    /// The lateness since the last call.
    func takeIntervalLateness() -> Histogram {
        defer { intervalLateness = Histogram() }
        return intervalLateness
    }

    /// epoll waits whole milliseconds, rounded up; so the last one is slept in small pieces.
    private func turn(before remaining: Duration) {
        let whole = remaining.wholeNanoseconds / 1_000_000
        if whole >= 1 {
            loop.turn(waitingAtMost: .milliseconds(whole))
        } else {
            usleep(UInt32(min(remaining, Self.fineSleep).wholeNanoseconds / 1000))
            loop.turn(waitingAtMost: .zero)
        }
    }
}
