package import Domain
internal import JSON
package import Ports
internal import Primitives
package import Reactor
internal import WireProtocol

/// Asks a feed's source at its times and again when it failed, and tells subscribers what came of it. Nothing of it must survive: who
/// resumes plans anew.
///
/// Confined to its session's loop (hence `@unchecked Sendable`).
package final class FeedEffects: SessionEffects, @unchecked Sendable {
    package typealias Machine = Feed

    private let path: String
    private let loop: EventLoop
    private let source: (any GoldPriceSource)?
    private let observe: @Sendable (FeedCheck.Result) -> Void
    private var port: SessionPort<Feed>?
    private var schedule: ScheduledTimer?
    private var retry: ScheduledTimer?
    private var isFetching = false

    /// - Parameter source: of the gold price; nil: this server has none.
    package init(
        address: SessionAddress, loop: EventLoop, source: (any GoldPriceSource)?,
        observe: @escaping @Sendable (FeedCheck.Result) -> Void = { _ in }
    ) {
        path = address.path
        self.loop = loop
        self.source = source
        self.observe = observe
    }

    package var live: FeedLive { FeedLive(isFetching: isFetching) }
    /// A feed with a schedule stays: nobody else would wake it.
    package var isBusy: Bool { isFetching || schedule != nil || retry != nil }
    /// What the source would have said, the next process asks for.
    package var isUnderWay: Bool { false }

    package func attach(_ port: SessionPort<Feed>) { self.port = port }
    /// No effect is prepared before its write.
    package func prepare(_ effect: FeedEffect) {}
    package func rolledBack() {}
    package func openingFrames(of state: Feed, for audience: FeedAudience) -> [[UInt8]] { [] }
    package func interrupt() { abandon() }

    package func abandon() {
        port = nil
        schedule?.cancel()
        schedule = nil
        stopRetry()
    }

    package func run(_ effect: FeedEffect) {
        loop.preconditionOnLoop()
        // Let go: a timer would keep nothing alive, and find nobody.
        guard port != nil else { return }
        switch effect {
        case .fetch(let attempt): fetch(attempt)
        case .wake(let at):
            schedule?.cancel()
            schedule = timer(at) { effects in
                effects.schedule = nil
                effects.port?.report(.scheduleDue)
            }
        case .retry(let attempt, let at):
            stopRetry()
            retry = timer(at) { effects in
                effects.retry = nil
                effects.port?.report(.retryDue(attempt: attempt))
            }
        case .stopRetry: stopRetry()
        case .show(let check): show(check)
        }
    }

    private func stopRetry() {
        retry?.cancel()
        retry = nil
    }

    private func timer(_ at: Timestamp, _ fire: @escaping (FeedEffects) -> Void) -> ScheduledTimer {
        let delay = Duration.microseconds(max(0, at.microseconds - loop.time.wallClock.microseconds))
        return loop.schedule(after: delay) { [weak self] in
            guard let self, self.port != nil else { return }
            fire(self)
        }
    }

    /// Only one at a time. Who asks meanwhile waits for that one's answer.
    private func fetch(_ attempt: Int) {
        guard !isFetching else { return }
        isFetching = true
        // What is asked now stands for what was to be asked later.
        stopRetry()
        let answered: @Sendable (GoldAnswer) -> Void = { [weak self] answer in
            guard let self, self.port != nil else { return }
            self.loop.preconditionOnLoop()
            self.isFetching = false
            self.port?.report(.fetched(attempt: attempt, answer))
        }
        guard let source else { return loop.afterwards { answered(.failure(.unconfigured)) } }
        source.fetch(answered)
    }

    private static let checkName = "check"

    private func show(_ check: FeedCheck) {
        observe(check.result)
        port?.publish(
            .value(name: Self.checkName),
            ServerFrame.value(session: path, name: Self.checkName, asOf: check.at, data: check.json), nil)
    }
}
