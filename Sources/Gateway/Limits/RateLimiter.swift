internal import Primitives
internal import Reactor
internal import Synchronization

/// The request rates of all client addresses: one look-up an HTTP request.
final class RateLimiter: Sendable {
    private struct Key: Hashable {
        let rateClass: RateClass
        let address: CountedAddress
    }

    private let buckets: BucketTable<Key>
    private let handshakes: Mutex<TokenBucket>
    private let rules: [RateClass: RateLimit]
    private let time: any TimeSource

    init(_ limits: ClientLimits, time: any TimeSource, shards count: Int = 16) {
        rules = Dictionary(uniqueKeysWithValues: RateClass.allCases.map { ($0, $0.limit(limits)) })
        buckets = BucketTable(maxBuckets: limits.maxBuckets, shards: count)
        handshakes = Mutex(TokenBucket(rate: limits.maxHandshakesPerSecond, burst: limits.maxHandshakesPerSecond))
        self.time = time
    }

    /// What the headers of an answer say, and whether the request goes on.
    struct Verdict: Equatable, Sendable {
        let limit: Int
        let reading: BucketLevel.Reading
    }

    /// Counts one request.
    func take(_ rateClass: RateClass, from address: CountedAddress) -> Verdict {
        guard let limit = rules[rateClass] else { preconditionFailure("every class has a rule") }
        return Verdict(
            limit: limit.burst,
            reading: buckets.take(limit, of: Key(rateClass: rateClass, address: address), at: time.now))
    }

    /// Counts one handshake of the whole server; false when there were too many.
    func takeHandshake() -> Bool {
        let now = time.now
        return handshakes.withLock { $0.take(at: now) == nil }
    }

    /// Buckets that are kept.
    var count: Int { buckets.count }
}

extension RateLimiter.Verdict {
    /// draft-ietf-httpapi-ratelimit-headers (three fields). `RateLimit-Reset` is when the quota is whole again; when nothing
    /// is left of it, when there is something again, so that `Retry-After` says the same.
    var headers: [(name: String, value: String)] {
        let reset = (reading.wait ?? reading.full).wholeMillisecondsRoundedUp
        return [
            ("RateLimit-Limit", String(limit)), ("RateLimit-Remaining", String(reading.remaining)),
            ("RateLimit-Reset", String((reset + 999) / 1_000)),
        ]
    }
}
