internal import Authentication
internal import Primitives
internal import Reactor

/// What is counted over all loops, because one client's connections are on any of them. Nothing on a frame's path comes here.
final class SharedLimits: Sendable {
    /// Who a token is for.
    struct Subject: Hashable, Sendable {
        let tenant: String
        let name: String

        init(_ principal: Principal) {
            tenant = principal.tenant
            name = principal.subject
        }
    }

    typealias AddressSlot = SlotTable<CountedAddress>.Slot
    typealias SubjectSlot = SlotTable<Subject>.Slot

    let requests: RateLimiter
    let tokenAttempts: TokenAttempts
    /// Open sockets and event streams.
    let addresses: SlotTable<CountedAddress>
    let subjects: SlotTable<Subject>

    init(_ limits: ClientLimits, time: any TimeSource) {
        requests = RateLimiter(limits, time: time)
        tokenAttempts = TokenAttempts(limits, time: time)
        addresses = SlotTable(maxPerKey: limits.maxSockets)
        subjects = SlotTable(maxPerKey: limits.maxSocketsPerSubject)
    }
}
