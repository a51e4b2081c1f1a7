package import Primitives

/// Finds peers that are gone: pings after a silence, gives up when nothing comes back.
package struct KeepAlive: Sendable {
    package enum TickAction: Equatable, Sendable {
        case none, ping, timedOut
    }

    private let interval: Duration
    private let timeout: Duration
    private var lastHeard: Instant
    /// Set while a ping is unanswered.
    private var pingedAt: Instant?

    package init(interval: Duration, timeout: Duration, now: Instant) {
        self.interval = interval
        self.timeout = timeout
        lastHeard = now
    }

    /// Anything that the peer sends shows that it is there.
    package mutating func receive(at now: Instant) {
        lastHeard = now
        pingedAt = nil
    }

    package var nextDeadline: Instant {
        pingedAt?.advanced(by: timeout) ?? lastHeard.advanced(by: interval)
    }

    package mutating func tick(at now: Instant) -> TickAction {
        guard nextDeadline <= now else { return .none }
        if pingedAt != nil { return .timedOut }
        pingedAt = now
        return .ping
    }
}
