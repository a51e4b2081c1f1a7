package import Primitives

/// Finds peers that are gone: pings after a silence, gives up when nothing comes back (RFC 6455 §5.5.2).
///
/// The caller keeps one timer at `nextDeadline`. It need not move the timer when something is received: a tick that comes
/// early asks for nothing, and `nextDeadline` then says when to look again. The rule is handed in: each connection has one of
/// these, and all have the same rule.
package struct KeepAlive: Sendable {
    package struct Rule: Sendable {
        /// Silence after which a ping is sent.
        let interval: Duration
        /// How long after a ping anything must come.
        let timeout: Duration

        package init(interval: Duration, timeout: Duration) {
            self.interval = interval
            self.timeout = timeout
        }
    }

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

    private var state: State

    package init(now: Instant) { state = .heard(now) }

    /// Anything that the peer sends shows that it is there, not only a pong.
    package mutating func receive(at now: Instant) { state = .heard(now) }

    /// When the next ping or the end is due.
    package func nextDeadline(_ rule: Rule) -> Instant {
        switch state {
        case .heard(let instant): instant.advanced(by: rule.interval)
        case .waiting(let since): since.advanced(by: rule.timeout)
        }
    }

    package mutating func tick(_ rule: Rule, at now: Instant) -> TickAction {
        guard nextDeadline(rule) <= now else { return .none }
        switch state {
        case .heard:
            state = .waiting(since: now)
            return .ping
        case .waiting: return .timedOut
        }
    }
}
