internal import Ports
internal import Primitives

/// Which provider one request asks next, before its first token. Pure: the class `ChainStream` obeys it.
struct FailoverPlan {
    enum Step: Equatable {
        case attempt(Int)
        /// Nobody can be asked now; look again then.
        case wait(until: Instant)
        case fail(ProviderFailure)
    }

    private let deadline: Instant
    private let maxAttempts: Int
    private let probeRecheck: Duration
    private var attempts = 0
    /// Providers that failed this request without saying when to come back.
    private var exhausted: Set<Int> = []
    private var lastFailure: ProviderFailure?
    private var isFinal = false

    /// `deadline`: of the whole request.
    init(deadline: Instant, maxAttempts: Int, probeRecheck: Duration) {
        self.deadline = deadline
        self.maxAttempts = maxAttempts
        self.probeRecheck = probeRecheck
    }

    /// The first provider in order that is available and has not failed this request for good; else a wait for the soonest
    /// that ends in time; else the last failure.
    func next(_ providers: [ProviderHealth], at now: Instant) -> Step {
        if isFinal || attempts >= maxAttempts || now >= deadline { return .fail(failure(providers, at: now)) }
        var soonest: Instant?
        for (index, provider) in providers.enumerated() where !exhausted.contains(index) {
            let until: Instant
            switch provider.availability(at: now) {
            case .available: return .attempt(index)
            case .waiting(let instant): until = instant
            case .probed: until = now.advanced(by: probeRecheck)
            }
            soonest = min(soonest ?? until, until)
        }
        if let soonest, soonest < deadline { return .wait(until: soonest) }
        return .fail(failure(providers, at: now))
    }

    mutating func began() { attempts += 1 }

    mutating func failed(_ index: Int, _ failure: ProviderFailure) {
        lastFailure = failure
        // Another provider's model would be asked for what this one's policy forbids.
        if failure.fault == .policy { isFinal = true }
        if failure.retryAfter == nil { exhausted.insert(index) }
    }

    /// The last failure of this request; when it never got to ask anybody, that of the provider that is back first.
    private func failure(_ providers: [ProviderHealth], at now: Instant) -> ProviderFailure {
        if let lastFailure { return lastFailure }
        var soonest: (fault: ProviderFault, wait: Duration)?
        for provider in providers {
            guard case .waiting(let until) = provider.availability(at: now) else { continue }
            let wait = until.since(now)
            if soonest.map({ wait < $0.wait }) ?? true { soonest = (provider.lastFault, wait) }
        }
        if let soonest { return .transient(soonest.fault, retryAfter: soonest.wait) }
        return providers.first.map { .transient($0.lastFault, retryAfter: nil) } ?? .permanent(.notConfigured)
    }
}
