internal import Primitives
internal import Reactor
internal import Synchronization

/// The request rates of all client addresses.
///
/// The connections of one address are dealt out to all loops, so a table a loop would let it have its rate times the
/// number of loops, and asking another loop would put a hop before every answer. So there is one table for all loops,
/// in shards by the hash of the key, each behind a mutex that is held for one look-up, once an HTTP request. Nothing on a
/// frame's path comes here. The hash is seeded a process, so nobody can choose a shard.
final class RateLimiter: Sendable {
    private struct Key: Hashable {
        let rateClass: RateClass
        let address: CountedAddress
    }

    private struct Shard {
        var levels: [Key: BucketLevel] = [:]
    }

    private final class LockedShard: Sendable {
        let state = Mutex(Shard())
    }

    private let shards: [LockedShard]
    private let handshakes: Mutex<TokenBucket>
    private let rules: [RateClass: RateLimit]
    private let maxBucketsPerShard: Int
    private let time: any TimeSource

    init(_ limits: ClientLimits, time: any TimeSource, shards count: Int = 16) {
        shards = (0..<count).map { _ in LockedShard() }
        rules = Dictionary(uniqueKeysWithValues: RateClass.allCases.map { ($0, $0.limit(limits)) })
        maxBucketsPerShard = max(8, limits.maxBuckets / count)
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
        let key = Key(rateClass: rateClass, address: address)
        let now = time.now
        let shard = shards[Int(UInt(bitPattern: key.hashValue) % UInt(shards.count))]
        let reading = shard.state.withLock { shard in
            if shard.levels[key] == nil { makeRoom(&shard, at: now) }
            return shard.levels[key, default: BucketLevel()].take(limit, at: now)
        }
        return Verdict(limit: limit.burst, reading: reading)
    }

    /// Counts one handshake of the whole server; false when there were too many.
    func takeHandshake() -> Bool {
        let now = time.now
        return handshakes.withLock { $0.take(at: now) == nil }
    }

    /// A full bucket says nothing and goes first. When that does not free an eighth of the shard, those go that are soonest
    /// full: what is forgotten is as little as can be, and who used up a rate stays limited, however many addresses come.
    private func makeRoom(_ shard: inout Shard, at now: Instant) {
        guard shard.levels.count >= maxBucketsPerShard else { return }
        shard.levels = shard.levels.filter { !$0.value.isFull(at: now) }
        let kept = maxBucketsPerShard - maxBucketsPerShard / 8
        guard shard.levels.count > kept else { return }
        let byLevel = shard.levels.sorted { $0.value.fullAt < $1.value.fullAt }
        shard.levels = Dictionary(uniqueKeysWithValues: byLevel.suffix(kept).map { ($0.key, $0.value) })
    }

    /// Buckets that are kept.
    var count: Int { shards.reduce(0) { $0 + $1.state.withLock { $0.levels.count } } }
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
