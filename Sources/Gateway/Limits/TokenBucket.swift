package import Primitives

/// How far a token bucket is from being full. Pure: rule and time are handed in.
///
/// One instant is all that there is to remember: the bucket is full from then on, and each token taken moves it one
/// interval away (the generic cell rate algorithm). A bucket that is full is like one that was never used.
struct BucketLevel: Sendable {
    private(set) var fullAt = Instant(nanoseconds: 0)

    /// What a request finds out about its rate.
    struct Reading: Equatable, Sendable {
        /// Nil when the token was taken; else how long until there is one.
        let wait: Duration?
        /// Tokens that are left.
        let remaining: Int
        /// Until the bucket is full again if nothing more is taken.
        let full: Duration
    }

    func isFull(at now: Instant) -> Bool { fullAt <= now }

    /// Takes one token if there is one.
    mutating func take(_ limit: RateLimit, at now: Instant) -> Reading {
        let next = max(fullAt, now).advanced(by: .nanoseconds(limit.interval))
        let used = next.since(now).wholeNanoseconds
        guard used <= limit.capacity else {
            return Reading(wait: .nanoseconds(used - limit.capacity), remaining: 0, full: fullAt.since(now))
        }
        fullAt = next
        return Reading(
            wait: nil, remaining: Int((limit.capacity - used) / limit.interval), full: .nanoseconds(used))
    }
}

/// At most `rate` a second on average, `burst` at once. Pure; time is handed in.
package struct TokenBucket: Sendable {
    private let limit: RateLimit
    private var level = BucketLevel()

    /// Starts full.
    package init(rate: Int, burst: Int) { limit = RateLimit(rate, per: .seconds(1), burst: burst) }

    /// Takes one token; otherwise says how long until there is one.
    package mutating func take(at now: Instant) -> Duration? { level.take(limit, at: now).wait }
}
