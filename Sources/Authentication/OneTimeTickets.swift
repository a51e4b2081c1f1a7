package import Primitives
package import WireProtocol

/// The tickets that stand for a principal where a token may not stand: in the address of an EventSource or a link.
///
/// A ticket is 128 random bits, works once, and only for a short time. The store keeps digests, so that what it holds
/// opens nothing, and it is bounded in all and per subject; beyond a bound no ticket is issued and none is taken from
/// anyone else. One owner; it holds no clock.
package struct OneTimeTickets: Sendable {
    package struct Configuration: Sendable {
        /// From issue to the last moment of use.
        package var lifetime: Duration = .seconds(30)
        /// Unused tickets in all, some 300 bytes each. Beyond it `issue` throws 2002.
        package var maxOutstanding = 20_000
        /// Unused tickets of one subject of one tenant, so that nobody uses up the store. Beyond it `issue` throws 2406.
        package var maxOutstandingPerSubject = 16

        package init() {}
    }

    private struct Owner: Hashable {
        let tenant: String
        let subject: String
    }

    private struct Ticket {
        let principal: Principal
        let deadline: Instant
    }

    private let configuration: Configuration
    private var tickets: [[UInt8]: Ticket] = [:]
    private var outstanding: [Owner: Int] = [:]
    /// Digests in the order of their deadlines, which is the order of issue; `first` is where the living ones begin.
    private var order: [[UInt8]] = []
    private var first = 0

    package init(configuration: Configuration = Configuration()) { self.configuration = configuration }

    /// How many tickets are unused and not over.
    package var count: Int { tickets.count }

    /// A new ticket for `principal`. Faults 2002 and 2406 carry the time after which a ticket is free again.
    package mutating func issue(
        for principal: Principal, at now: Instant, random: any RandomSource
    ) throws(Fault) -> Secret {
        prune(at: now)
        guard tickets.count < configuration.maxOutstanding else {
            throw Fault(.overloaded, retryAfter: configuration.lifetime)
        }
        let owner = Owner(tenant: principal.tenant, subject: principal.subject)
        guard outstanding[owner, default: 0] < configuration.maxOutstandingPerSubject else {
            throw Fault(.rateLimited, "Too many tickets are unused.", retryAfter: configuration.lifetime)
        }
        let text = random.identifier("ticket")
        let digest = Self.digest(text)
        tickets[digest] = Ticket(principal: principal, deadline: now.advanced(by: configuration.lifetime))
        outstanding[owner, default: 0] += 1
        order.append(digest)
        return Secret(text)
    }

    /// The principal that `ticket` stands for; the ticket is used up. Fault 2104 when it is unknown, was used before or
    /// is over: these look alike on purpose. A socket is then closed with 4201.
    ///
    /// The principal's own expiry is for the caller to watch, as with any principal.
    package mutating func redeem(_ ticket: String, at now: Instant) throws(Fault) -> Principal {
        prune(at: now)
        guard ticket.utf8.count <= Self.maxTicketBytes, let found = remove(Self.digest(ticket)) else {
            throw Fault(.ticketUsed)
        }
        return found.principal
    }

    /// Longer texts are no tickets of ours.
    private static let maxTicketBytes = 64

    private static func digest(_ ticket: String) -> [UInt8] { SHA256.digest(Array(ticket.utf8)) }

    private mutating func remove(_ digest: [UInt8]) -> Ticket? {
        guard let ticket = tickets.removeValue(forKey: digest) else { return nil }
        let owner = Owner(tenant: ticket.principal.tenant, subject: ticket.principal.subject)
        if let left = outstanding[owner], left > 1 {
            outstanding[owner] = left - 1
        } else {
            outstanding[owner] = nil
        }
        return ticket
    }

    /// Forgets what is over. Each ticket passes here once or twice, so the work is constant per ticket.
    private mutating func prune(at now: Instant) {
        while first < order.count {
            let digest = order[first]
            if let ticket = tickets[digest] {
                guard ticket.deadline <= now else { break }
                _ = remove(digest)
            }
            first += 1
        }
        // Used tickets behind a living one must not pile up.
        if order.count > 2 * tickets.count + 64 {
            order = order[first...].filter { tickets[$0] != nil }
            first = 0
        }
    }
}
