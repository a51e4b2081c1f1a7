import Authentication
import Domain
import Primitives
import Synchronization
import Testing
import WireProtocol

@Suite("One-time tickets")
struct OneTimeTicketsTests {
    private let start = Instant(nanoseconds: 1_000_000_000_000)
    private let random = CountingRandom()

    @Test("A ticket stands for its principal once")
    func once() throws {
        var tickets = OneTimeTickets()
        let ticket = try tickets.issue(for: principal("u_1"), at: start, random: random).reveal()
        #expect(try tickets.redeem(ticket, at: start.advanced(by: .seconds(1))) == principal("u_1"))
        #expect(throws: Fault(.ticketUsed)) { try tickets.redeem(ticket, at: start.advanced(by: .seconds(1))) }
        #expect(tickets.count == 0)
    }

    @Test("A ticket works until just before its deadline")
    func deadline() throws {
        var tickets = OneTimeTickets()
        let early = try tickets.issue(for: principal("u_1"), at: start, random: random).reveal()
        let late = try tickets.issue(for: principal("u_1"), at: start, random: random).reveal()
        let deadline = start.advanced(by: .seconds(30))
        #expect(try tickets.redeem(early, at: Instant(nanoseconds: deadline.nanoseconds - 1)) == principal("u_1"))
        #expect(throws: Fault(.ticketUsed)) { try tickets.redeem(late, at: deadline) }
    }

    @Test(
        "What is no ticket is refused", arguments: ["", "ticket_", "ticket_0", String(repeating: "t", count: 100_000)])
    func unknown(text: String) throws {
        var tickets = OneTimeTickets()
        _ = try tickets.issue(for: principal("u_1"), at: start, random: random)
        #expect(throws: Fault(.ticketUsed)) { try tickets.redeem(text, at: start) }
        #expect(tickets.count == 1)
    }

    @Test("A subject that hoards tickets is limited; its neighbours, and its namesake of another tenant, are not")
    func perSubject() throws {
        var tickets = OneTimeTickets()
        var issued: [String] = []
        for _ in 0..<16 { issued.append(try tickets.issue(for: principal("u_1"), at: start, random: random).reveal()) }
        let fault = #expect(throws: Fault.self) { try tickets.issue(for: principal("u_1"), at: start, random: random) }
        #expect(fault?.code == .rateLimited)
        #expect(fault?.retryAfter == .seconds(30))
        _ = try tickets.issue(for: principal("u_2"), at: start, random: random)
        _ = try tickets.issue(for: principal("u_1", tenant: "pawnshop"), at: start, random: random)
        _ = try tickets.redeem(issued[3], at: start)
        _ = try tickets.issue(for: principal("u_1"), at: start, random: random)
        let later = start.advanced(by: .seconds(30))
        for _ in 0..<16 { _ = try tickets.issue(for: principal("u_1"), at: later, random: random) }
        #expect(tickets.count == 16)
    }

    @Test("A full store issues nothing and takes nothing away")
    func full() throws {
        var configuration = OneTimeTickets.Configuration()
        configuration.maxOutstanding = 100
        var tickets = OneTimeTickets(configuration: configuration)
        var issued: [String] = []
        for index in 0..<100 {
            issued.append(try tickets.issue(for: principal("u_\(index)"), at: start, random: random).reveal())
        }
        let fault = #expect(throws: Fault.self) { try tickets.issue(for: principal("u_x"), at: start, random: random) }
        #expect(fault?.code == .overloaded)
        for (index, ticket) in issued.enumerated() {
            #expect(try tickets.redeem(ticket, at: start) == principal("u_\(index)"))
        }
    }

    @Test("Many tickets used behind an old one leave the others intact")
    func churn() throws {
        var tickets = OneTimeTickets()
        let old = try tickets.issue(for: principal("u_old"), at: start, random: random).reveal()
        for step in 0..<5_000 {
            let now = start.advanced(by: .milliseconds(step))
            let ticket = try tickets.issue(for: principal("u_1"), at: now, random: random).reveal()
            #expect(try tickets.redeem(ticket, at: now) == principal("u_1"))
        }
        #expect(tickets.count == 1)
        #expect(try tickets.redeem(old, at: start.advanced(by: .seconds(29))) == principal("u_old"))
    }

    private func principal(_ subject: String, tenant: String = "jeco") -> Principal {
        Principal(
            tenant: tenant, subject: subject, role: .customer, grants: [], expires: TokenFixture.now,
            tokenIdentifier: TokenIdentifier(tenant: tenant, jti: subject))
    }
}

/// Never the same bytes twice.
final class CountingRandom: RandomSource {
    private let next = Atomic<UInt64>(0)

    func bytes(_ count: Int) -> [UInt8] {
        let value = next.add(1, ordering: .relaxed).newValue
        return (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64($0 % 8 * 8)) }
    }
}
