package import Primitives

/// At most `rate` a second on average, `burst` at once. Pure; time is handed in.
package struct TokenBucket: Sendable {
    private let rate: Double
    private let burst: Double
    private var tokens: Double
    private var refilled: Instant

    package init(rate: Int, burst: Int, now: Instant) {
        self.rate = Double(max(1, rate))
        self.burst = Double(max(1, burst))
        tokens = self.burst
        refilled = now
    }

    /// Takes one token; otherwise says how long until there is one.
    package mutating func take(at now: Instant) -> Duration? {
        tokens = min(burst, tokens + now.since(refilled).inSeconds * rate)
        refilled = max(refilled, now)
        guard tokens >= 1 else { return .nanoseconds(Int64((1 - tokens) / rate * 1e9) + 1) }
        tokens -= 1
        return nil
    }
}
