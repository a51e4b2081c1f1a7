import Domain
import JSON
import Primitives
import Testing

/// What people decide about money that came in doubt, and what becomes of it after.
@Suite("Payments in review")
struct PaymentReviewTests {
    private typealias World = PaymentWorld

    /// A slip for which no provider vouches, since none is set up.
    private func unproven(_ world: inout World, isRead: Bool) throws -> String {
        world.live.verifiers = []
        try world.command("slip.submit", isRead ? ["payload": "P"] : ["image": "img_1"], by: World.payer)
        let id = try #require(world.payment.slip?.id)
        world.report(.slipRead(slip: id, isRead ? .slip(World.reference, payload: "P") : .none))
        if isRead { world.report(.holder(slip: id, World.reference, .free)) }
        #expect(world.payment.status == .review && world.payment.review?.reason == .unverified)
        return id
    }

    private let accept: JSONValue = ["decision": "accept", "note": "seen in the bank"]

    @Test("A slip that nobody vouched for is claimed before a person's word counts, whatever crashes")
    func claimed() throws {
        var world = World()
        let id = try unproven(&world, isRead: true)
        // The word is in the log before it is answered.
        #expect(try world.command("payment.resolve", accept) == ["review.claiming"])
        let claim = PaymentEffect.claimReviewed(slip: id, World.reference)
        #expect(world.effects == [claim] && world.payment.isUnfinished)
        #expect(world.refusal("payment.resolve", ["decision": "reject", "note": "n"]) != nil)
        let loaded = try #require(Payment(checkpoint: world.payment.encode(), format: 1))
        #expect(loaded == world.payment)
        world.report(.resumed)
        #expect(world.effects == [claim])
        #expect(world.report(.reviewClaimed(slip: id, .unavailable)) == [])
        try world.waitForTimer()
        #expect(world.effects == [claim])
        #expect(world.report(.reviewClaimed(slip: id, .claimed)) == ["status.changed"])
        #expect(world.payment.status == .accepted && world.ledger[.sales] == 34_500)
        #expect(world.report(.reviewClaimed(slip: id, .claimed)) == [], "once")
        #expect(!world.payment.isUnfinished)
    }

    @Test("One whose transfer has paid something else is not accepted, and waits for another word")
    func taken() throws {
        var world = World()
        let id = try unproven(&world, isRead: true)
        try world.command("payment.resolve", accept)
        world.report(.reviewClaimed(slip: id, .taken(by: "payment/980/s_1")))
        #expect(world.rejection == .duplicate && world.payment.status == .review && world.ledger[.sales] == 0)
        try world.command("payment.resolve", ["decision": "reject", "note": "it paid another"])
        #expect(world.payment.status == .rejected && world.ledger.sum == 0)
    }

    @Test("Where the slip could not be read, whoever accepts says which transfer it is")
    func named() throws {
        var world = World()
        let id = try unproven(&world, isRead: false)
        #expect(world.refusal("payment.resolve", accept) != nil)
        var named = try #require(accept.object)
        named["bank"] = .string(World.reference.bank.text)
        named["transRef"] = .string(World.reference.transRef)
        try world.command("payment.resolve", .object(named))
        #expect(world.effects == [.claimReviewed(slip: id, World.reference)])
    }

    @Test("Money of a gateway that a person gives back goes back there")
    func givenBack() throws {
        var world = try World.at(.expired, World.card())
        try world.notice(World.charge(), event: "evnt_1")
        try world.command("payment.resolve", ["decision": "refund", "note": "too late"])
        let order = try #require(world.payment.refund)
        #expect(world.effects == [.refund(order, World.charge())] && world.payment.status == .review)
        #expect(world.refusal("payment.resolve", accept) == .rejected("a refund is under way"))
        world.report(.refund(number: order.number, .accepted))
        #expect(world.payment.status == .refunded && world.ledger[.unsettled(payment: "981")] == 0)
        #expect(world.ledger[.clearing(way: "omise")] == 0 && world.ledger.sum == 0)
    }

    @Test("A charge that a person accepted is the one that gives back, and whose chargeback counts")
    func acceptedCharge() throws {
        var world = try World.at(.expired, World.card())
        try world.notice(World.charge(), event: "evnt_1")
        try world.command("payment.resolve", accept)
        #expect(world.payment.status == .accepted && world.ledger[.sales] == 34_500)
        try world.command("payment.refund", ["amount": "45.00"])
        let order = try #require(world.payment.refund)
        #expect(world.effects == [.refund(order, World.charge())])
        world.report(.refund(number: 1, .accepted))
        try world.notice(World.charge(.reversed, refunded: "345.00"), event: "evnt_2")
        #expect(world.payment.refunded == World.price && world.ledger[.sales] == 0)
        #expect(Payment(checkpoint: world.payment.encode(), format: 1) == world.payment)
    }

    @Test("A gateway that cannot be reached is asked for a week; one that knows nothing is heard again")
    func outage() throws {
        var world = World(World.card())
        try world.notice(World.notice(.paid, event: "evnt_1", charge: "chrg_1", gateway: .omise, amount: nil))
        for attempt in 1...PaymentPolicy.maxInquiryAttempts {
            let inquiry = try #require(world.payment.inquiries.first, "attempt \(attempt)")
            #expect(world.report(.inquiry(inquiry, .unavailable)) == ["notice.delayed"])
        }
        let inquiry = try #require(world.payment.inquiries.first)
        let wait = try #require(inquiry.until.map { $0.microseconds - world.now.microseconds })
        #expect(wait == 3_600_000_000)
        world.report(.inquiry(inquiry, .unavailable))
        #expect(world.ignorance == .unavailable && world.payment.inquiries.isEmpty)
        // The same notice again is news.
        #expect(try world.notice(World.charge(), event: "evnt_1") == ["status.changed"])
        #expect(world.payment.status == .accepted)
    }

    @Test("A gateway that is asked by one number and answers under another is believed, and asked no more")
    func otherNumber() throws {
        var world = World(World.card())
        try world.notice(World.notice(.pending, event: "e1", charge: "cs_1", gateway: .paymongo, amount: nil))
        let inquiry = try world.inquiry()
        let charge = GatewayCharge(
            gateway: .paymongo, charge: "pay_9", payment: "981", state: .paid, amount: World.price, asked: "cs_1")
        world.report(.inquiry(inquiry, .charge(charge)))
        #expect(world.payment.status == .accepted && world.payment.inquiries.isEmpty)
        var other = World(World.card())
        try other.notice(World.notice(.pending, event: "e1", charge: "cs_1", gateway: .paymongo, amount: nil))
        other.report(.inquiry(try other.inquiry(), .charge(World.charge(.paid, "pay_9", gateway: .paymongo))))
        #expect(other.ignorance == .foreign && other.payment.status == .pending)
    }

    @Test("A part that 2C2P does not name is no news beside one that was noted by hand")
    func unnamedPart() throws {
        var world = World(World.card())
        try world.notice(World.charge(gateway: .twoC2P), event: "e1")
        try world.command("payment.refund", ["amount": "100.00", "note": "in the portal"])
        try world.notice(World.charge(.refunded, gateway: .twoC2P), event: "e2")
        #expect(world.ignorance == .stale && world.payment.refunded.decimal == "100.00")
    }

    @Test(
        "Somebody else's PromptPay id is not made good by the digits at its end",
        arguments: ["089-999-5678", "xxx-xxx-9999"])
    func receiver(proxy: String) throws {
        var world = World()
        try world.slip(to: .verified, World.report(to: SlipParty(account: "xxx-x-xx567-8", proxy: proxy)))
        #expect(world.rejection == .receiverMismatch && world.payment.status == .pending)
    }

    @Test("A shop is called otherwise than whoever has its account: digits that agree are enough")
    func shopName() throws {
        var world = World()
        try world.slip(to: .claimed, World.report(to: SlipParty(thaiName: "นาย คนอื่น ไกลบ้าน", proxy: "xxx-xxx-5678")))
        #expect(world.payment.status == .accepted)
    }
}
