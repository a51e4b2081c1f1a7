internal import Primitives
internal import Synchronization

/// Token buckets by key, for all loops.
///
/// What is counted over the connections of one client is asked on any loop, so a table a loop would let it have its rate times
/// the number of loops, and asking another loop would put a hop before every answer. So there is one table for all loops,
/// in shards by the hash of the key, each behind a mutex that is held for one look-up. Nothing on a frame's path comes here. The
/// hash is seeded a process, so nobody can choose a shard.
final class BucketTable<Key: Hashable & Sendable>: Sendable {
    private struct Shard {
        var levels: [Key: BucketLevel] = [:]
    }

    private final class LockedShard: Sendable {
        let state = Mutex(Shard())
    }

    private let shards: [LockedShard]
    private let bucketsPerShard: Int

    /// - Parameter maxBuckets: in all shards together, about.
    init(maxBuckets: Int, shards count: Int = 16) {
        shards = (0..<count).map { _ in LockedShard() }
        bucketsPerShard = max(8, maxBuckets / count)
    }

    /// Takes one token of the key's bucket.
    func take(_ limit: RateLimit, of key: Key, at now: Instant) -> BucketLevel.Reading {
        let shard = shards[Int(UInt(bitPattern: key.hashValue) % UInt(shards.count))]
        return shard.state.withLock { shard in
            if shard.levels[key] == nil { makeRoom(&shard, at: now) }
            return shard.levels[key, default: BucketLevel()].take(limit, at: now)
        }
    }

    /// A full bucket says nothing and goes first. When that does not free an eighth of the shard, those go that are soonest
    /// full: what is forgotten is as little as can be, and who used up a rate stays limited, however many keys come.
    private func makeRoom(_ shard: inout Shard, at now: Instant) {
        guard shard.levels.count >= bucketsPerShard else { return }
        shard.levels = shard.levels.filter { !$0.value.isFull(at: now) }
        let kept = bucketsPerShard - bucketsPerShard / 8
        guard shard.levels.count > kept else { return }
        let byLevel = shard.levels.sorted { $0.value.fullAt < $1.value.fullAt }
        shard.levels = Dictionary(uniqueKeysWithValues: byLevel.suffix(kept).map { ($0.key, $0.value) })
    }

    /// Buckets that are kept.
    var count: Int { shards.reduce(0) { $0 + $1.state.withLock { $0.levels.count } } }
}
