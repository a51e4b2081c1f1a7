import Domain
import JSON
import Primitives
import Testing

@Suite("Refunds and escrow")
struct PaymentRefundTests {
    private typealias World = PaymentWorld

    private func paidByCard(
        _ purpose: PaymentPurpose = .payment, escrow: String? = nil, gateway: PaymentGateway = .omise
    ) throws -> World {
        var world = World(World.card(purpose, escrow: escrow))
        try world.notice(World.charge(gateway: gateway), event: "evnt_1")
        #expect(world.payment.status == .accepted)
        return world
    }

    @Test("Whole and in parts, and not a satang more")
    func parts() throws {
        var world = try World.at(.accepted)
        try world.command("payment.refund", ["amount": "100.00", "note": "ของหมด"])
        #expect(world.answer == ["refund": 1, "amount": "100.00", "status": "refunded"])
        #expect(world.events.map(\.name) == ["refund.requested", "status.changed"])
        #expect(world.payment.refund == nil && world.payment.refunded.decimal == "100.00")
        guard case .rejected? = world.refusal("payment.refund", ["amount": "245.01"]) else {
            Issue.record("more than is left went back")
            return
        }
        try world.command("payment.refund", [:])
        #expect(world.answer["amount"] == "245.00" && world.payment.refundable.isZero)
        #expect(world.ledger[.sales] == 0 && world.ledger[.clearing(way: "slip")] == 0)
        #expect(world.refusal("payment.refund", [:]) != nil && world.payment.refundCount == 2)
    }

    @Test("What was paid from a wallet goes back there")
    func wallet() throws {
        var world = World(World.fromBalance(), wallet: World.price)
        world.report(.balance(.enough))
        try world.command("payment.refund", ["amount": "0.01"])
        #expect(world.ledger[.wallet(subject: "u_1")] == 1 && world.ledger[.sales] == 34_499)
    }

    @Test("A deposit goes back when the wallet still holds it")
    func deposit() throws {
        var world = World(World.transfer(.deposit))
        try world.slip()
        try world.command("payment.refund", ["amount": "300.00"])
        let order = try #require(world.payment.refund)
        #expect(world.effects == [.checkRefund(order, of: "u_1")] && world.payment.status == .accepted)
        #expect(world.refusal("payment.refund", [:]) == .rejected("a refund is under way"))
        for (answer, failure) in [(BalanceAnswer.short, RefundFailure.balance), (.unavailable, .unclear)] {
            var copy = world
            #expect(copy.report(.refundCheck(number: 1, answer)) == ["refund.failed"])
            #expect(copy.events == [.refundFailed(number: 1, failure)])
            #expect(copy.payment.refund == nil && copy.ledger[.wallet(subject: "u_1")] == 34_500)
            #expect(copy.report(.refundCheck(number: 1, .enough)) == [], "an answer that comes too late")
            try copy.command("payment.refund", ["amount": "300.00"])
            #expect(copy.payment.refund?.number == 2)
        }
        world.report(.resumed)
        #expect(world.effects == [.checkRefund(order, of: "u_1")])
        #expect(world.report(.refundCheck(number: 1, .enough)) == ["status.changed"])
        #expect(world.ledger[.wallet(subject: "u_1")] == 4_500 && world.ledger[.clearing(way: "slip")] == -4_500)
    }

    @Test("A deposit by card is taken from the wallet first, also after a restart")
    func cardDeposit() throws {
        var world = try paidByCard(.deposit)
        try world.command("payment.refund", [:])
        let order = try #require(world.payment.refund)
        #expect(world.effects == [.checkRefund(order, of: "u_1")])
        world.report(.resumed)
        #expect(world.effects == [.checkRefund(order, of: "u_1")])
        #expect(world.report(.refundCheck(number: 1, .enough)) == ["status.changed"])
        // What whoever gave it back did at the gateway is known already.
        try world.notice(World.charge(.refunded), event: "evnt_2")
        #expect(world.ignorance == .stale && world.ledger[.wallet(subject: "u_1")] == 0)
    }

    @Test("A gateway gives back when it is told to")
    func gateway() throws {
        var world = try paidByCard()
        try world.command("payment.refund", ["amount": "45.00"])
        let order = try #require(world.payment.refund)
        #expect(world.effects == [.refund(order, World.charge())] && world.payment.status == .accepted)
        var refused = world
        #expect(refused.report(.refund(number: 1, .refused)) == ["refund.failed"])
        #expect(refused.events == [.refundFailed(number: 1, .refused)] && refused.payment.refunded.isZero)
        #expect(world.report(.refund(number: 2, .accepted)) == [], "of another refund")
        #expect(world.report(.refund(number: 1, .accepted)) == ["status.changed"])
        #expect(world.report(.refund(number: 1, .accepted)) == [])
        #expect(world.payment.refunded.decimal == "45.00" && world.ledger[.clearing(way: "omise")] == -30_000)
        // The gateway's own notice of it.
        try world.notice(World.charge(.refunded, refunded: "45.00"), event: "evnt_2")
        #expect(world.ignorance == .stale)
    }

    @Test("At 2C2P a person gives back")
    func byHand() throws {
        var world = try paidByCard(gateway: .twoC2P)
        try world.command("payment.refund", [:])
        #expect(world.payment.status == .refunded && world.effects == [])
    }

    @Test("When it is not clear whether the gateway gave back, it is asked, never told again")
    func unclear() throws {
        var world = try paidByCard()
        try world.command("payment.refund", ["amount": "45.00"])
        let order = try #require(world.payment.refund)
        #expect(world.report(.refund(number: 1, .unclear)) == [])
        try world.waitForTimer()
        #expect(world.effects == [.askRefund(order, World.charge())])
        // It cannot be asked: later.
        #expect(world.report(.refundAsked(number: 1, .unavailable)) == [])
        try world.waitForTimer()
        #expect(world.effects == [.askRefund(order, World.charge())])
        var resumed = world
        resumed.report(.resumed)
        #expect(resumed.effects == [.askRefund(order, World.charge())])
        for answer in [
            GatewayAnswer.absent, .charge(World.charge()), .charge(World.charge(.refunded, refunded: "44.99")),
        ] {
            var copy = world
            #expect(copy.report(.refundAsked(number: 1, answer)) == ["refund.failed"])
            #expect(copy.events == [.refundFailed(number: 1, .unclear)] && copy.payment.refunded.isZero)
        }
        let made = GatewayAnswer.charge(World.charge(.refunded, refunded: "45.00"))
        #expect(world.report(.refundAsked(number: 1, made)) == ["status.changed"])
        #expect(world.payment.refunded.decimal == "45.00" && world.payment.refund == nil)
        #expect(world.report(.refundAsked(number: 1, made)) == [])
    }

    @Test("What goes back at the gateway while a refund is under way counts once each")
    func overlap() throws {
        // The gateway's notice of our own refund comes before its answer.
        var world = try paidByCard()
        try world.command("payment.refund", ["amount": "45.00"])
        try world.notice(World.charge(.paid, refunded: "45.00"), event: "evnt_2")
        #expect(world.payment.refunded.decimal == "45.00" && world.payment.refund == nil)
        #expect(world.report(.refund(number: 1, .accepted)) == [])
        // Somebody gave back a smaller part there at the same time.
        world = try paidByCard()
        try world.command("payment.refund", ["amount": "45.00"])
        try world.notice(World.charge(.paid, refunded: "5.00"), event: "evnt_2")
        #expect(world.payment.refunded.decimal == "5.00" && world.payment.refund != nil)
        #expect(world.report(.refund(number: 1, .accepted)) == ["status.changed"])
        #expect(world.payment.refunded.decimal == "50.00" && world.ledger[.sales] == 29_500)
        // And so much that there is no room for ours.
        world = try paidByCard()
        try world.command("payment.refund", ["amount": "300.00"])
        try world.notice(World.charge(.paid, refunded: "100.00"), event: "evnt_2")
        #expect(world.report(.refund(number: 1, .accepted)) == ["refund.failed"])
        #expect(world.events == [.refundFailed(number: 1, .unclear)] && world.payment.refund == nil)
    }

    @Test("Refunds have a bound")
    func bound() throws {
        var world = try World.at(.accepted)
        for _ in 1...Payment.maxRefunds { try world.command("payment.refund", ["amount": "0.01"]) }
        #expect(world.refusal("payment.refund", ["amount": "0.01"]) == .rejected("50 refunds were made"))
    }

    // MARK: Escrow

    @Test("Money is held until it is released, to whom it is for")
    func release() throws {
        var world = World(World.transfer(escrow: "p_1"))
        #expect(world.refusal("escrow.release") == .rejected("it is not paid"))
        try world.slip()
        #expect(world.payment.escrow == .held && world.events.map(\.name) == ["status.changed", "escrow.changed"])
        #expect(world.ledger[.escrow(payment: "981")] == 34_500 && world.ledger[.sales] == 0)
        try world.command("payment.refund", ["amount": "45.00"])
        try world.command("escrow.release", by: World.payer)
        #expect(world.payment.escrow == .released && world.answer == ["escrow": "released"])
        #expect(world.ledger[.escrow(payment: "981")] == 0 && world.ledger[.payable(subject: "p_1")] == 30_000)
        #expect(world.refusal("escrow.release") == .tooLate("it is not held any more"))
        #expect(world.refusal("payment.refund", ["amount": "1.00"]) == .tooLate("the money was released"))
        #expect(world.refusal("escrow.release", by: World.stranger) == .forbidden)
        var none = try World.at(.accepted)
        #expect(none.refusal("escrow.release") == .rejected("the payment has no escrow"))
    }

    @Test("Money that is held goes back whole or in parts")
    func escrowRefund() throws {
        var world = World(World.fromBalance(escrow: "p_1"), wallet: World.price)
        world.report(.balance(.enough))
        #expect(world.payment.escrow == .held && world.ledger[.wallet(subject: "u_1")] == 0)
        try world.command("payment.refund", ["amount": "100.00"])
        #expect(world.payment.escrow == .held)
        try world.command("payment.refund")
        #expect(world.payment.escrow == .refunded && world.ledger[.escrow(payment: "981")] == 0)
        #expect(world.ledger[.wallet(subject: "u_1")] == 34_500)
        #expect(world.refusal("escrow.release") == .tooLate("it is not held any more"))
    }

    @Test("While a refund is under way nothing is released")
    func escrowUnderWay() throws {
        var world = try paidByCard(escrow: "p_1")
        try world.command("payment.refund", ["amount": "100.00"])
        #expect(world.refusal("escrow.release") == .rejected("a refund is under way"))
        world.report(.refund(number: 1, .refused))
        #expect(world.refusal("escrow.release") == nil)
    }

    @Test("What a gateway takes back after the release is owed by whom it was released to")
    func chargeback() throws {
        var world = try paidByCard(escrow: "p_1")
        try world.command("escrow.release")
        try world.notice(World.charge(.reversed), event: "evnt_2")
        #expect(world.payment.status == .refunded && world.payment.escrow == .released)
        #expect(world.ledger[.escrow(payment: "981")] == 0 && world.ledger[.payable(subject: "p_1")] == 0)
        #expect(world.ledger.sum == 0)
    }

    @Test("The tenant keeps its fee of what is released, and gives back its part of what a gateway takes back")
    func fee() throws {
        // 10.01 %, so that parts do not come out even.
        let fee = try #require(PlatformFee(basisPoints: 1_001))
        var world = World(World.card(escrow: "p_1", fee: fee))
        try world.notice(World.charge(), event: "evnt_1")
        #expect(world.ledger[.escrow(payment: "981")] == 34_500 && world.ledger[.sales] == 0)
        try world.command("escrow.release")
        #expect(world.ledger[.escrow(payment: "981")] == 0 && world.ledger[.sales] == 3_453)
        #expect(world.ledger[.payable(subject: "p_1")] == 31_047)
        for (refunded, isAll) in [("33.33", false), ("111.11", false), ("345.00", true)] {
            try world.notice(World.charge(isAll ? .refunded : .paid, refunded: refunded), event: "evnt_\(refunded)")
            let left = world.payment.refundable
            #expect(world.payment.refunded.decimal == refunded)
            #expect(world.ledger[.sales] == fee.split(left).fee.hundredths, "\(refunded)")
            #expect(world.ledger[.payable(subject: "p_1")] == fee.split(left).rest.hundredths, "\(refunded)")
        }
        #expect(world.ledger[.clearing(way: "omise")] == 0 && world.ledger.sum == 0)
    }

    @Test("A fee of all or nothing is one posting")
    func wholeFee() throws {
        for (points, sales) in [(Int64(0), Int64(0)), (10_000, 34_500)] {
            let fee = try #require(PlatformFee(basisPoints: points))
            var world = World(World.card(escrow: "p_1", fee: fee))
            try world.notice(World.charge(), event: "evnt_1")
            let before = world.ledger.postings.count
            try world.command("escrow.release")
            #expect(world.ledger.postings.count == before + 1)
            #expect(world.ledger[.sales] == sales && world.ledger[.payable(subject: "p_1")] == 34_500 - sales)
        }
    }

    @Test("Money from review that a person accepts is held as any other")
    func escrowFromReview() throws {
        var world = try World.at(.expired, World.transfer(escrow: "p_1"))
        try world.slip()
        #expect(world.payment.escrow == nil)
        try world.command("payment.resolve", ["decision": "accept", "note": "n"])
        #expect(world.payment.escrow == .held && world.ledger[.escrow(payment: "981")] == 34_500)
        #expect(world.ledger[.unsettled(payment: "981")] == 0)
    }
}
