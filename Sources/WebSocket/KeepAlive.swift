package import Primitives

/// Finds peers that are gone: pings after a silence, gives up when nothing comes back (RFC 6455 §5.5.2).
///
/// The caller keeps one timer at `nextDeadline`. It need not move the timer when something is received: a tick that comes
/// early asks for nothing, and `nextDeadline` then says when to look again.
package struct KeepAlive: Sendable {
    private enum State: Sendable {
        /// The peer was heard at this instant. Next: `waiting`.
        case heard(Instant)
        /// A ping was sent at this instant and nothing was heard since. Next: `heard`.
        case waiting(since: Instant)
    }

    package enum TickAction: Equatable, Sendable {
        /// Nothing is due.
        case none
        /// Send a ping.
        case ping
        /// The peer is gone: end the connection.
        case timedOut
    }

    private let interval: Duration
    private let timeout: Duration
    private var state: State

    /// - Parameters:
    ///   - interval: silence after which a ping is sent.
    ///   - timeout: how long after a ping anything must come.
    package init(interval: Duration, timeout: Duration, now: Instant) {
        self.interval = interval
        self.timeout = timeout
        state = .heard(now)
    }

    /// Anything that the peer sends shows that it is there, not only a pong.
    package mutating func receive(at now: Instant) { state = .heard(now) }

    /// When the next ping or the end is due.
    package var nextDeadline: Instant {
        switch state {
        case .heard(let instant): instant.advanced(by: interval)
        case .waiting(let since): since.advanced(by: timeout)
        }
    }

    package mutating func tick(at now: Instant) -> TickAction {
        guard nextDeadline <= now else { return .none }
        switch state {
        case .heard:
            state = .waiting(since: now)
            return .ping
        case .waiting: return .timedOut
        }
    }
}
