internal import Domain
internal import Primitives
internal import Synchronization

/// Credits that were submitted through the API and are on their way, or whose outcome is not known: the same one is not begun
/// beside it, and the back end is asked no sooner than it can have decided (`SlipRetryPolicy.creditSettleTime`). For all loops;
/// touched twice a credit.
final class OpenCredits: Sendable {
    struct Key: Hashable, Sendable {
        let tenant: String
        let reference: SlipReference
    }

    enum Verdict: Equatable, Sendable {
        /// It may go on, and ends with `end`.
        case begun
        /// Not now: the same one is on its way, its outcome is not settled, or there are too many.
        case wait(Duration)
    }

    private enum State {
        case underWay
        case unclear(until: Instant)
    }

    private let states = Mutex<[Key: State]>([:])
    /// What the process before this one left open is settled by then.
    private let settled: Instant
    private static let shortWait = Duration.seconds(2)

    init(startedAt: Instant) { settled = startedAt.advanced(by: SlipRetryPolicy.creditSettleTime) }

    func begin(_ key: Key, at now: Instant) -> Verdict {
        states.withLock { states in
            switch states[key] {
            case .underWay: return .wait(Self.shortWait)
            case .unclear(let until) where until > now: return .wait(until.since(now))
            case .unclear, nil: break
            }
            if states.count >= SlipServiceLimits.maxOpenCredits {
                states = states.filter { if case .unclear(let until) = $0.value { until > now } else { true } }
                guard states.count < SlipServiceLimits.maxOpenCredits else { return .wait(Self.shortWait) }
            }
            states[key] = .underWay
            return .begun
        }
    }

    /// How long a credit that this process did not submit may still be undecided; nil: it is settled.
    func unsettled(at now: Instant) -> Duration? { now < settled ? settled.since(now) : nil }

    func end(_ key: Key, isUnclear: Bool, at now: Instant) {
        states.withLock { states in
            states[key] = isUnclear ? .unclear(until: now.advanced(by: SlipRetryPolicy.creditSettleTime)) : nil
        }
    }
}
