internal import Primitives
internal import Reactor

/// How often one client address tries the tokens of one person at a platform's token routes, which is what the platform's login
/// counts, too (five attempts in 15 minutes). Who a refused token is for is not known, unless it was good once: all those of an
/// address count together.
final class TokenAttempts: Sendable {
    private struct Key: Hashable {
        let address: CountedAddress
        let tenant: String
        /// An e-mail address, or a subject where the token has none; empty where the token says nothing that can be believed.
        let person: String
    }

    private let buckets: BucketTable<Key>
    private let limit: RateLimit
    private let time: any TimeSource

    init(_ limits: ClientLimits, time: any TimeSource) {
        buckets = BucketTable(maxBuckets: limits.maxAttemptBuckets)
        limit = RateLimit(limits.tokenAttempts, per: limits.tokenAttemptPeriod)
        self.time = time
    }

    /// Counts one attempt; how long the client has to wait when it was one too many.
    func take(from address: CountedAddress, tenant: String, person: String) -> Duration? {
        buckets.take(limit, of: Key(address: address, tenant: tenant, person: person), at: time.now).wait
    }

    /// People and addresses that are kept.
    var count: Int { buckets.count }
}
