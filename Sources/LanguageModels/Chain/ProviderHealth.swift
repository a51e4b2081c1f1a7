internal import Ports
internal import Primitives

/// Whether a provider is worth asking now: a circuit breaker and the provider's own Retry-After. Pure; instants are arguments.
struct ProviderHealth: Sendable {
    private enum Breaker: Equatable {
        /// Asked freely. Next: `open`.
        case closed
        /// Left alone until then. Next: `probing`, by the first request after it.
        case open(until: Instant)
        /// One request finds out. Next: `closed`, `open`; `open` until now when the request was taken back.
        case probing
    }

    enum Availability: Equatable {
        case available
        /// Not before then.
        case waiting(until: Instant)
        /// Another request is finding out.
        case probed
    }

    /// Handed out with each attempt and brought back with its outcome.
    struct Attempt: Equatable {
        fileprivate let isProbe: Bool
    }

    private let maxFailures: Int
    private let window: Duration
    private let openTime: Duration
    private var breaker = Breaker.closed
    /// Within the window; at most `maxFailures`.
    private var failures: [Instant] = []
    private var retryAfter: Instant?
    /// What it said last when it failed, for a request that never got to ask it.
    private(set) var lastFault: ProviderFault = .overloaded

    init(maxFailures: Int, window: Duration, openTime: Duration) {
        self.maxFailures = max(1, maxFailures)
        self.window = window
        self.openTime = openTime
    }

    func availability(at now: Instant) -> Availability {
        if let retryAfter, now < retryAfter {
            if case .open(let until) = breaker { return .waiting(until: max(until, retryAfter)) }
            return .waiting(until: retryAfter)
        }
        switch breaker {
        case .closed: return .available
        case .open(let until): return now < until ? .waiting(until: until) : .available
        case .probing: return .probed
        }
    }

    /// Only when available.
    mutating func begin(at now: Instant) -> Attempt {
        if let retryAfter, now >= retryAfter { self.retryAfter = nil }
        guard case .open = breaker else { return Attempt(isProbe: false) }
        breaker = .probing
        return Attempt(isProbe: true)
    }

    mutating func succeeded(_ attempt: Attempt) {
        guard attempt.isProbe else { return }
        breaker = .closed
        failures = []
    }

    /// The request was taken back before it told anything: the next one probes.
    mutating func abandoned(_ attempt: Attempt, at now: Instant) {
        if attempt.isProbe, breaker == .probing { breaker = .open(until: now) }
    }

    mutating func failed(_ attempt: Attempt, _ failure: ProviderFailure, at now: Instant) {
        guard Self.counts(failure) else { return succeeded(attempt) }
        lastFault = failure.fault
        if let delay = failure.retryAfter {
            let until = now.advanced(by: delay)
            retryAfter = max(retryAfter ?? until, until)
        }
        if attempt.isProbe {
            breaker = .open(until: now.advanced(by: openTime))
            return
        }
        guard breaker == .closed else { return }
        failures.removeAll { now.since($0) >= window }
        failures.append(now)
        guard failures.count >= maxFailures else { return }
        failures = []
        breaker = .open(until: now.advanced(by: openTime))
    }

    /// What this one request brought upon itself says nothing about the provider.
    private static func counts(_ failure: ProviderFailure) -> Bool {
        switch failure.fault {
        case .policy, .badRequest: false
        case .unreachable, .timeout, .serverError, .overloaded, .rateLimited, .quota, .badCredentials, .notFound,
            .protocolViolation, .cutOff, .notConfigured:
            true
        }
    }
}
