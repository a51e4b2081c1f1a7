import Domain
import JSON
import Ports
import Primitives
import Reactor
import TestSupport
import Testing
import WireProtocol

@testable import Sessions

/// Payments as live sessions: timers, the ledger in the store, crashes.
@Suite("The session of a payment")
struct PaymentSessionTests {
    private static let staff = Caller(tenant: "jeco", subject: "s_1", role: .staff)
    private static let payer = Caller(tenant: "jeco", subject: "u_1", role: .customer)
    private static let price = Money(decimal: "60.00", .baht) ?? .zero(.baht)

    private static func address(_ id: String) -> SessionAddress {
        SessionAddress(tenant: "jeco", kind: .payment, id: id)
    }

    private func make(_ id: String, _ facts: PaymentFacts, _ world: World) {
        world.enter { world.registry.create(Self.address(id), .payment(facts)) { _ in } }
        world.run()
    }

    private func facts(_ method: PaymentMethod, purpose: PaymentPurpose = .payment) -> PaymentFacts {
        PaymentFacts(
            payer: "u_1", purpose: purpose, method: method, amount: Self.price,
            payee: PaymentFacts.Payee(promptPay: "0812345678"))
    }

    private func row(_ id: String, _ world: World) throws -> PaymentRow {
        try #require(world.store.records[Self.address(id)]?.payment)
    }

    private func names(_ id: String, _ world: World) -> [String] {
        (world.store.records[Self.address(id)]?.log ?? []).map(\.name)
    }

    private func genuine(_ world: World) -> VerifierAnswer {
        .genuine(
            SlipReport(
                bank: BankCode("004"), transRef: "T1", amount: Satang(6_000) ?? .zero,
                transferredAt: world.time.wallClock, sender: SlipParty(), receiver: SlipParty(proxy: "xxx-xxx-5678")))
    }

    private func showSlip(_ id: String, _ world: World) throws {
        let reference = try #require(BankCode("004").flatMap { SlipReference(bank: $0, transRef: "T1") })
        world.enter { world.payments.script.qr = .slip(reference, payload: "QR") }
        world.command("slip.submit", ["payload": "QR"], by: Self.payer, to: Self.address(id))
    }

    @Test("It expires once, at its time, and is let go after")
    func expiry() throws {
        let world = try World()
        make("1", facts(.qr), world)
        #expect(try row("1", world).status == "pending")
        world.advance(by: .seconds(899))
        #expect(names("1", world).isEmpty)
        world.advance(by: .seconds(2))
        #expect(names("1", world) == ["status.changed"])
        #expect(try row("1", world).status == "expired")
        #expect(world.store.records[Self.address("1")]?.isUnfinished == false)
    }

    @Test("It expires at the next start when the server was down at its time")
    func expiryAfterACrash() throws {
        let world = try World()
        make("1", facts(.qr), world)
        world.crash()
        world.time.advance(to: world.time.now.advanced(by: .seconds(2_000)))
        world.enter { world.registry.recoverUnfinished { _ in } }
        world.advance(by: .seconds(1))
        #expect(names("1", world) == ["status.changed"])
    }

    @Test("A new subscriber is told how much time is left")
    func countdown() throws {
        let world = try World()
        make("1", facts(.qr), world)
        world.advance(by: .seconds(100))
        let follower = world.follow(as: Self.payer, checkingSchemas: false, Self.address("1"))
        let values = follower.frames.filter { $0["type"]?.string == "value" }
        #expect(values.map { $0["data"]?["secondsLeft"]?.integer } == [800])
    }

    @Test("What is paid counts down no more, and is let go")
    func paid() throws {
        var configuration = SessionRegistry.Configuration()
        configuration.idleTimeout = .seconds(10)
        configuration.sweepInterval = .seconds(1)
        let world = try World(configuration: configuration)
        world.enter { world.registry.start() }
        make("1", facts(.qr), world)
        world.enter { world.payments.script.verification = genuine(world) }
        try showSlip("1", world)
        #expect(try row("1", world).status == "accepted")
        let follower = world.follow(as: Self.payer, checkingSchemas: false, Self.address("1"))
        #expect(follower.frames.contains { $0["type"]?.string == "snapshot" })
        #expect(!follower.frames.contains { $0["name"]?.string == "countdown" })
        world.unfollow(follower, Self.address("1"))
        // Long before it would have expired.
        world.advance(by: .seconds(60))
        #expect(world.registry.liveCount == 0)
    }

    @Test("Two payments that one wallet cannot cover: the ledger has the last word")
    func onePurse() throws {
        let world = try World()
        make("d", facts(.qr, purpose: .deposit), world)
        world.enter { world.payments.script.verification = genuine(world) }
        try showSlip("d", world)
        #expect(try row("d", world).status == "accepted")
        #expect(world.store.balance(tenant: "jeco", subject: "u_1", .baht) == Self.price.hundredths)

        // Both are told that there is enough.
        make("a", facts(.balance), world)
        make("b", facts(.balance), world)
        #expect(try row("a", world).status == "accepted")
        #expect(names("b", world).isEmpty)
        #expect(world.store.balance(tenant: "jeco", subject: "u_1", .baht) == 0)
        // It is loaded anew and asks again; now it is told the truth.
        world.enter { world.payments.script.balance = .short }
        world.advance(by: .seconds(2))
        #expect(try row("b", world).status == "rejected" && row("b", world).reason == "BALANCE_NOT_ENOUGH")
        #expect(world.store.balance(tenant: "jeco", subject: "u_1", .baht) == 0)
    }

    @Test("Killed while a slip is looked at, at any step: accepted once")
    func crashes() throws {
        for step in 0..<4 {
            let world = try World(seed: UInt64(step))
            make("1", facts(.qr), world)
            world.enter {
                world.payments.script.verification = step > 2 ? genuine(world) : nil
                if step == 1 { world.payments.script.holder = nil }
                if step == 3 { world.payments.script.claim = nil }
            }
            try showSlip("1", world)
            if step == 0 { world.enter { world.payments.script.qr = nil } }
            #expect(try row("1", world).status == "pending")
            world.crash()
            world.enter {
                world.payments.script.verification = genuine(world)
                world.payments.script.holder = .free
                world.payments.script.claim = .claimed
                world.registry.recoverUnfinished { _ in }
            }
            world.advance(by: .seconds(1))
            #expect(try row("1", world).status == "accepted", "step \(step)")
            #expect(names("1", world).filter { $0 == "status.changed" }.count == 1)
            let postings = world.store.records[Self.address("1")]?.postings ?? []
            #expect(postings.map(\.to) == [.sales] && postings.map(\.amount) == [Self.price])
        }
    }

    @Test("What paid, and when, stands in the row that people query")
    func projection() throws {
        let world = try World()
        make("1", facts(.qr), world)
        world.enter { world.payments.script.verification = genuine(world) }
        try showSlip("1", world)
        let row = try row("1", world)
        #expect(row.way == "slip" && row.transRef == "T1" && row.transferredAt != nil && row.amount == Self.price)
        world.command("payment.refund", ["amount": "10.00", "note": "by hand"], by: Self.staff, to: Self.address("1"))
        #expect(try self.row("1", world).status == "refunded")
        #expect(try self.row("1", world).refunded.decimal == "10.00")
    }
}
