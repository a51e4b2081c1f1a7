import Domain
import Primitives
import Testing

@Suite("A payment's status, and what each change of it rests on")
struct PaymentTransitionTests {
    private typealias World = PaymentWorld

    private static let evidence: [(name: String, value: PaymentEvidence)] =
        [
            ("slip", .slip(id: "s", World.proof)),
            ("slip of another amount", .slip(id: "s", SlipSamples.proof)),
            ("unproven slip", .unprovenSlip(id: "s")),
            ("enough", .balance(isEnough: true)), ("short", .balance(isEnough: false)), ("timer", .timer),
            ("actor", .actor(PaymentActor(subject: "s_1", role: .staff, note: "n"))),
            ("charge of another amount", .charge(World.charge(amount: Money(decimal: "345.01", .baht)!))),
            ("charge of another currency", .charge(World.charge(amount: Money(decimal: "345.00", .philippinePeso)!))),
            ("charge of no amount", .charge(World.charge(amount: nil))),
        ] + GatewayCharge.State.allCases.map { ("charge \($0)", .charge(World.charge($0))) }

    /// Everything that is allowed; the rest is refused.
    private static let allowed: [String: Set<String>] = [
        "pending → accepted": ["slip", "enough", "charge paid"],
        "pending → rejected": ["short", "charge failed", "charge cancelled", "charge expired"],
        "pending → expired": ["timer"],
        "pending → cancelled": ["actor"],
        "pending → review": ["slip", "unproven slip", "charge paid"],
        "expired → review": ["slip", "charge paid"],
        "cancelled → review": ["slip", "charge paid"],
        "rejected → review": ["slip", "charge paid"],
        "review → accepted": ["actor"],
        "review → rejected": ["actor"],
        "review → refunded": [
            "actor", "charge paid", "charge refunded", "charge reversed", "charge of another amount",
            "charge of another currency", "charge of no amount",
        ],
        "accepted → refunded": [
            "actor", "charge paid", "charge refunded", "charge reversed", "charge of another amount",
            "charge of another currency", "charge of no amount",
        ],
        "refunded → refunded": [
            "actor", "charge paid", "charge refunded", "charge reversed", "charge of another amount",
            "charge of another currency", "charge of no amount",
        ],
    ]

    private func transition(
        _ from: PaymentStatus, _ to: PaymentStatus, _ evidence: PaymentEvidence, amount: Money?
    ) -> PaymentTransition {
        PaymentTransition(
            from: from, to: to, evidence: evidence, amount: to == .refunded ? amount : nil,
            reason: to == .review ? .late : nil)
    }

    /// What the payment becomes by it; nil when it changes nothing but the offset.
    private func applied(_ transition: PaymentTransition, to payment: Payment) -> PaymentStatus? {
        var after = payment
        after.apply(.statusChanged(transition), offset: payment.lastOffset + 1, at: SlipSamples.later)
        var untouched = payment
        untouched.apply(
            .inquiryDelayed(GatewayInquiry(gateway: .omise, charge: "c", event: nil)), offset: payment.lastOffset + 1,
            at: SlipSamples.later)
        untouched.apply(
            .ignored(GatewayInquiry(gateway: .omise, charge: "c", event: nil), .stale), offset: payment.lastOffset + 1,
            at: SlipSamples.later)
        return after == untouched ? nil : after.status
    }

    @Test("Every change from every status, on every evidence", arguments: PaymentStatus.allCases)
    func table(_ from: PaymentStatus) throws {
        let payment = try World.at(from).payment
        for to in PaymentStatus.allCases {
            for evidence in Self.evidence {
                let result = applied(
                    transition(from, to, evidence.value, amount: payment.refundable), to: payment)
                let isAllowed = Self.allowed["\(from) → \(to)"]?.contains(evidence.name) == true
                #expect(result == (isAllowed ? to : nil), "\(from) → \(to) on \(evidence.name)")
            }
        }
    }

    @Test("A change whose beginning is not where the payment stands changes nothing")
    func beginnings() throws {
        for status in PaymentStatus.allCases {
            let payment = try World.at(status).payment
            for from in PaymentStatus.allCases where from != status {
                for to in PaymentStatus.allCases {
                    for evidence in Self.evidence {
                        #expect(
                            applied(transition(from, to, evidence.value, amount: payment.refundable), to: payment)
                                == nil,
                            "\(status): \(from) → \(to) on \(evidence.name)")
                    }
                }
            }
        }
    }

    @Test("A review has a reason, a refund an amount, nothing else has")
    func members() throws {
        let actor = PaymentEvidence.actor(PaymentActor(subject: "s_1", role: .staff))
        let accepted = try World.at(.accepted).payment
        let pending = World().payment
        func refund(_ amount: Money?, _ payment: Payment, reason: PaymentReviewReason? = nil) -> PaymentStatus? {
            applied(
                PaymentTransition(from: payment.status, to: .refunded, evidence: actor, amount: amount, reason: reason),
                to: payment)
        }
        #expect(refund(World.price, accepted) == .refunded)
        #expect(refund(nil, accepted) == nil)
        #expect(refund(.zero(.baht), accepted) == nil)
        #expect(refund(Money(decimal: "345.01", .baht), accepted) == nil)
        #expect(refund(Money(decimal: "1.00", .philippinePeso), accepted) == nil)
        #expect(refund(World.price, accepted, reason: .late) == nil)
        #expect(refund(Money(decimal: "300.00", .baht), try World.at(.refunded).payment) == .refunded)
        #expect(refund(Money(decimal: "300.01", .baht), try World.at(.refunded).payment) == nil)
        #expect(
            refund(Money(decimal: "300.00", .baht), try World.at(.review).payment) == nil, "in review all goes back")
        let slip = PaymentEvidence.slip(id: "s", World.proof)
        #expect(applied(PaymentTransition(from: .pending, to: .review, evidence: slip), to: pending) == nil)
        #expect(
            applied(PaymentTransition(from: .pending, to: .accepted, evidence: slip, reason: .late), to: pending) == nil
        )
        #expect(
            applied(PaymentTransition(from: .pending, to: .accepted, evidence: slip, amount: World.price), to: pending)
                == nil)
    }

    @Test("Without money in review a charge that is paid ends the doubt")
    func doubt() throws {
        var world = World()
        let id = try world.slip(to: .read)
        world.report(.holder(slip: id, World.reference, .free))
        let round = try world.round()
        world.report(.verification(slip: id, round, .genuine(World.report(reference: SlipSamples.other))))
        #expect(world.payment.status == .review && world.payment.review?.reason == .unclearAnswer)
        #expect(world.payment.review?.evidence == .unprovenSlip(id: id, reference: World.reference))
        #expect(world.payment.unsettledWay == nil)
        #expect(try world.notice(World.charge(), event: "evnt_1") == ["status.changed"])
        #expect(world.payment.status == .accepted)
        #expect(world.ledger[.clearing(way: "omise")] == -34_500 && world.ledger[.sales] == 34_500)
    }

    @Test("Expiry fires once, at its time and after a standstill, and never on what was paid")
    func expiry() throws {
        var world = World()
        #expect(world.report(.resumed) == [])
        #expect(world.effects == [.startTimer(.expiry, at: world.payment.expiresAt)])
        // A timer that is early is set again.
        world.wait(seconds: 899)
        #expect(world.report(.timerFired(.expiry)) == [])
        #expect(world.effects == [.startTimer(.expiry, at: world.payment.expiresAt)])
        // The server was down for an hour: the timer that it starts is over at once.
        world.wait(seconds: 3_600)
        world.report(.resumed)
        #expect(try world.waitForTimer() == ["status.changed"])
        #expect(world.payment.status == .expired && world.payment.evidence == .timer)
        #expect(world.report(.timerFired(.expiry)) == [] && world.effects == [])
        #expect(world.report(.resumed) == [] && world.effects == [])

        var paid = World(World.fromBalance(), wallet: World.price)
        paid.now = paid.payment.expiresAt
        #expect(paid.report(.balance(.enough)) == ["status.changed"])
        #expect(paid.report(.timerFired(.expiry)) == [], "accepted in the same instant")
        #expect(paid.payment.status == .accepted)
        #expect(paid.report(.balance(.enough)) == [] && paid.report(.balance(.short)) == [])
    }

    @Test("What is being looked into holds the expiry up, for a while")
    func grace() throws {
        var world = World()
        world.wait(seconds: 890)
        try world.slip(to: .received)
        world.now = world.payment.expiresAt
        #expect(world.report(.timerFired(.expiry)) == ["timer.extended"])
        #expect(world.payment.expiresAt == world.now.advanced(by: PaymentPolicy.grace))
        var extensions = 0
        while world.payment.status == .pending, extensions < 100 {
            try world.waitForTimer()
            extensions += 1
        }
        #expect(world.payment.status == .expired && (1...15).contains(extensions))
        // The slip is still looked at, and now comes too late.
        let id = try #require(world.payment.slip?.id)
        world.report(.slipRead(slip: id, .slip(World.reference, payload: "P")))
        world.report(.holder(slip: id, World.reference, .free))
        world.report(.verification(slip: id, try world.round(), .genuine(World.report())))
        #expect(world.report(.claim(slip: id, World.reference, .claimed)) == ["status.changed"])
        #expect(world.payment.review?.reason == .late && world.payment.review?.from == .expired)
    }

    @Test("A balance is accepted at once or refused")
    func balance() throws {
        var world = World(World.fromBalance(), wallet: World.price)
        world.report(.resumed)
        #expect(world.effects.contains(.checkBalance(of: "u_1", World.price)))
        #expect(world.report(.balance(.unavailable)) == [])
        #expect(try world.waitForTimer() == [] && world.effects == [.checkBalance(of: "u_1", World.price)])
        #expect(world.report(.balance(.enough)) == ["status.changed"])
        #expect(world.ledger[.wallet(subject: "u_1")] == 0 && world.ledger[.sales] == 34_500)

        var short = World(World.fromBalance())
        #expect(short.report(.balance(.short)) == ["status.changed"])
        #expect(short.payment.status == .rejected && short.payment.evidence == .balance(isEnough: false))
        #expect(short.ledger.postings.isEmpty)
        #expect(short.report(.balance(.enough)) == [])
        #expect(short.report(.timerFired(.balance)) == [] && short.effects == [])

        var transfer = World()
        #expect(transfer.report(.balance(.enough)) == [], "it is not paid from the wallet")
    }

    @Test("A deposit raises the balance exactly once")
    func deposit() throws {
        var world = World(World.transfer(.deposit))
        try world.slip()
        #expect(world.ledger[.wallet(subject: "u_1")] == 34_500)
        #expect(world.ledger[.clearing(way: "slip")] == -34_500)
        try world.notice(World.charge(), event: "evnt_1")
        world.report(.timerFired(.expiry))
        world.report(.resumed)
        #expect(world.ledger[.wallet(subject: "u_1")] == 34_500 && world.ledger.sum == 0)
    }
}
