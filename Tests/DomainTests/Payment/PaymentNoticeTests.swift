import Domain
import JSON
import Primitives
import Testing

@Suite("What gateways report of a payment")
struct PaymentNoticeTests {
    private typealias World = PaymentWorld

    @Test("A notice is a hint: the gateway is asked, and its answer counts")
    func paid() throws {
        var world = World(World.card())
        #expect(try world.notice(World.notice()) == ["notice.received"])
        #expect(world.answer["outcome"] == "asking" && world.payment.status == .pending)
        let inquiry = try world.inquiry()
        #expect(inquiry == GatewayInquiry(gateway: .omise, charge: "chrg_1", event: "evnt_1"))
        #expect(world.report(.inquiry(inquiry, .charge(World.charge()))) == ["status.changed"])
        #expect(world.payment.status == .accepted && world.payment.inquiries.isEmpty)
        #expect(world.ledger[.sales] == 34_500 && world.ledger[.clearing(way: "omise")] == -34_500)
        // Its answer again, and the event again.
        #expect(world.report(.inquiry(inquiry, .charge(World.charge()))) == [])
        #expect(try world.notice(World.notice()) == [] && world.answer["outcome"] == "known")
        // Another event about the same charge.
        try world.notice(World.charge(), event: "evnt_2")
        #expect(world.ignorance == .stale && world.ledger[.sales] == 34_500)
    }

    @Test("An event is one of its gateway's")
    func eventIDs() throws {
        var world = World(World.card())
        try world.notice(World.notice(event: "1"))
        #expect(try world.notice(World.notice(event: "1", gateway: .paymongo)) == ["notice.received"])
        #expect(world.payment.inquiries.count == 2)
    }

    @Test("The oldest of many events is forgotten, and does no harm")
    func memory() throws {
        var world = World(World.card())
        try world.notice(World.charge(), event: "first")
        for number in 1...Payment.maxRememberedNotices {
            try world.notice(World.charge(), event: "evnt_\(number)")
            #expect(world.ignorance == .stale)
        }
        #expect(try world.notice(World.notice(event: "evnt_1")) == [])
        try world.notice(World.charge(), event: "first")
        #expect(world.ignorance == .stale && world.ledger[.sales] == 34_500)
    }

    @Test("What is said of another amount or currency is ignored as it comes, and again when the gateway says so")
    func mismatches() throws {
        for (amount, currency, reason) in [
            ("345.01", "THB", .amountMismatch), ("344.99", "THB", .amountMismatch),
            ("345.00", "PHP", .currencyMismatch),
            ("345.00", "USD", .currencyMismatch), ("345.00", nil, .currencyMismatch), ("much", "THB", .amountMismatch),
        ] as [(String, String?, NoticeIgnorance)] {
            var world = World(World.card())
            #expect(try world.notice(World.notice(amount: amount, currency: currency)) == ["notice.ignored"])
            #expect(world.ignorance == reason && world.effects == [] && world.payment.status == .pending)
            #expect(world.answer == ["outcome": "ignored", "reason": .string(reason.rawValue)])
        }
        for (charge, reason) in [
            (World.charge(amount: Money(decimal: "345.01", .baht)!), .amountMismatch),
            (World.charge(amount: Money(decimal: "345.00", .philippinePeso)!), .currencyMismatch),
            (World.charge(amount: nil), .currencyMismatch), (World.charge(payment: "982"), .foreign),
            (World.charge(payment: nil), .foreign),
        ] as [(GatewayCharge, NoticeIgnorance)] {
            var world = World(World.card())
            #expect(try world.notice(charge, event: "evnt_1") == ["notice.ignored"])
            #expect(world.ignorance == reason && world.payment.status == .pending && world.payment.inquiries.isEmpty)
        }
    }

    @Test("An answer about another charge, or from another gateway, says nothing")
    func foreign() throws {
        for charge in [World.charge(.paid, "chrg_2"), World.charge(gateway: .paymongo)] {
            var world = World(World.card())
            try world.notice(World.notice())
            #expect(world.report(.inquiry(try world.inquiry(), .charge(charge))) == ["notice.ignored"])
            #expect(world.ignorance == .foreign && world.payment.inquiries.isEmpty)
        }
        var world = World(World.card(gateway: .twoC2P))
        #expect(try world.notice(World.notice()) == ["notice.ignored"])
        #expect(world.ignorance == .foreign, "another gateway was to ask for the money")
        #expect(try world.notice(World.notice(gateway: .twoC2P)) == ["notice.received"])
    }

    @Test("A notice that is refused as it comes does not end the question of another")
    func separate() throws {
        var world = World(World.card())
        try world.notice(World.notice(.pending))
        let inquiry = try world.inquiry()
        world.report(.inquiry(inquiry, .charge(World.charge(.pending))))
        try world.notice(World.notice(event: "evnt_2", amount: "1.00"))
        #expect(world.ignorance == .amountMismatch && world.payment.inquiries.count == 1)
        world.report(.timerFired(.inquiry(.omise, charge: "chrg_1")))
        #expect(world.report(.inquiry(try world.inquiry(), .charge(World.charge()))) == ["status.changed"])
    }

    @Test("What is pending is asked about again, and then is paid")
    func pendingThenPaid() throws {
        var world = World(World.card())
        #expect(try world.notice(World.charge(.pending), event: "evnt_1") == ["notice.delayed"])
        #expect(world.payment.inquiries.first?.attempt == 1)
        #expect(try world.timer() == (.inquiry(.omise, charge: "chrg_1"), world.now.advanced(by: .seconds(1))))
        try world.waitForTimer()
        let inquiry = try world.inquiry()
        #expect(world.report(.inquiry(inquiry, .charge(World.charge()))) == ["status.changed"])
        #expect(world.payment.status == .accepted)
    }

    @Test("A gateway that knows nothing or does not confirm is asked again, and then ignored")
    func retries() throws {
        for (answer, reason) in [
            (.absent, .foreign), (.charge(World.charge(.pending)), .unconfirmed),
            (.charge(World.charge(.unknown)), .unconfirmed),
        ] as [(GatewayAnswer, NoticeIgnorance)] {
            var world = World(World.card())
            try world.notice(World.notice())
            var delays: [Int64] = []
            while world.ignorance == nil, delays.count < 20 {
                let inquiry = try world.inquiry()
                world.report(.inquiry(inquiry, answer))
                guard world.ignorance == nil else { break }
                delays.append((try world.timer().1.microseconds - world.now.microseconds) / 1_000_000)
                try world.waitForTimer()
            }
            #expect(delays == PaymentPolicy.inquiryDelays)
            #expect(world.ignorance == reason && world.payment.inquiries.isEmpty && world.payment.status == .pending)
        }
    }

    @Test("A charge that fails rejects what is pending, and nothing else")
    func failures() throws {
        for state in [GatewayCharge.State.failed, .cancelled, .expired] {
            for status in PaymentStatus.allCases {
                var world = try World.at(status)
                let before = world.ledger
                try world.notice(World.charge(state, "chrg_9"), event: "evnt_9")
                if status == .pending {
                    #expect(world.payment.status == .rejected)
                } else {
                    #expect(world.ignorance == .stale && world.payment.status == status)
                }
                #expect(world.ledger == before)
            }
        }
    }

    @Test("Money that comes for what has ended waits for a person; hearing of it again changes nothing")
    func late() throws {
        for status in [PaymentStatus.expired, .cancelled, .rejected] {
            var world = try World.at(status)
            try world.notice(World.charge(), event: "evnt_1")
            #expect(world.payment.review?.reason == .late && world.payment.review?.from == status)
            #expect(world.ledger[.unsettled(payment: "981")] == 34_500)
            try world.notice(World.charge(), event: "evnt_2")
            #expect(world.ignorance == .stale)
            try world.notice(World.charge(.paid, "chrg_2"), event: "evnt_3")
            #expect(world.ignorance == .secondCharge)
            try world.command("payment.resolve", ["decision": "reject", "note": "n"])
            try world.notice(World.charge(), event: "evnt_4")
            #expect(world.ignorance == .stale && world.payment.status == .rejected, "a person has decided")
            #expect(world.ledger[.unsettled(payment: "981")] == 0 && world.ledger.sum == 0)
        }
    }

    @Test("A second charge does not pay twice")
    func second() throws {
        for status in [PaymentStatus.accepted, .refunded] {
            var world = try World.at(status)
            let before = world.ledger
            try world.notice(World.charge(), event: "evnt_1")
            #expect(world.ignorance == .secondCharge && world.payment.status == status && world.ledger == before)
        }
    }

    @Test("What went back at the gateway is taken back, in parts and whole, each once")
    func refunds() throws {
        var world = World(World.card())
        try world.notice(World.charge(), event: "evnt_1")
        #expect(try world.notice(World.charge(.paid, refunded: "45.00"), event: "evnt_2") == ["status.changed"])
        #expect(world.payment.status == .refunded && world.payment.refunded.decimal == "45.00")
        try world.notice(World.charge(.refunded, refunded: "45.00"), event: "evnt_3")
        #expect(world.ignorance == .stale)
        try world.notice(World.charge(.refunded, refunded: "100.00"), event: "evnt_4")
        #expect(world.payment.refunded.decimal == "100.00" && world.ledger[.sales] == 24_500)
        // Out of order: an older report comes after a newer one.
        try world.notice(World.charge(.refunded, refunded: "45.00"), event: "evnt_5")
        #expect(world.ignorance == .stale)
        try world.notice(World.charge(.reversed), event: "evnt_6")
        #expect(world.payment.refunded == World.price && world.ledger[.sales] == 0 && world.ledger.sum == 0)
        // Paid, of what went back whole.
        try world.notice(World.charge(), event: "evnt_7")
        #expect(world.ignorance == .stale && world.payment.status == .refunded)
    }

    @Test("More than was paid cannot have gone back")
    func tooMuch() throws {
        var world = World(World.card())
        try world.notice(World.charge(), event: "evnt_1")
        try world.notice(World.charge(.refunded, refunded: "345.01"), event: "evnt_2")
        #expect(world.ignorance == .stale && world.payment.status == .accepted && world.payment.inquiries.isEmpty)
    }

    @Test("A refund before the payment changes nothing")
    func refundFirst() throws {
        var world = World(World.card())
        #expect(try world.notice(World.charge(.refunded), event: "evnt_2") == ["notice.ignored"])
        #expect(world.ignorance == .stale && world.payment.status == .pending)
        // By then the gateway says of the older event what is true now.
        try world.notice(World.charge(.refunded), event: "evnt_1")
        #expect(world.payment.status == .pending && world.ledger.postings.isEmpty)
        world.expire()
        #expect(world.payment.status == .expired)
    }

    @Test("What waits for a person and went back at the gateway is refunded")
    func refundInReview() throws {
        var world = try World.at(.expired)
        try world.notice(World.charge(), event: "evnt_1")
        try world.notice(World.charge(.refunded, refunded: "45.00"), event: "evnt_2")
        #expect(world.ignorance == .stale && world.payment.status == .review, "a part of it is for a person")
        try world.notice(World.charge(.refunded), event: "evnt_3")
        #expect(world.payment.status == .refunded && world.ledger[.unsettled(payment: "981")] == 0)
        #expect(world.ledger.sum == 0 && world.ledger[.clearing(way: "omise")] == 0)
    }

    @Test("A deposit that the gateway gave back is taken from the wallet when it holds so much")
    func depositRefunds() throws {
        var world = World(World.card(.deposit))
        try world.notice(World.charge(), event: "evnt_1")
        let names = try world.notice(World.charge(.refunded, refunded: "100.00"), event: "evnt_2")
        #expect(names == ["refund.requested", "notice.delayed"])
        #expect(world.report(.refundCheck(number: 1, .short)) == ["refund.failed"])
        // Asked again, it is in the wallet.
        world.report(.timerFired(.inquiry(.omise, charge: "chrg_1")))
        let inquiry = try world.inquiry()
        #expect(
            world.report(.inquiry(inquiry, .charge(World.charge(.refunded, refunded: "100.00"))))
                == ["refund.requested", "notice.delayed"])
        #expect(world.report(.refundCheck(number: 2, .enough)) == ["status.changed"])
        #expect(world.payment.refunded.decimal == "100.00" && world.ledger[.wallet(subject: "u_1")] == 24_500)
        // And once more the gateway is asked, and says what is known.
        world.report(.timerFired(.inquiry(.omise, charge: "chrg_1")))
        world.report(.inquiry(try world.inquiry(), .charge(World.charge(.refunded, refunded: "100.00"))))
        #expect(world.ignorance == .stale && world.payment.inquiries.isEmpty)
    }

    @Test("Charges that are asked about at once have a bound")
    func bound() throws {
        var world = World(World.card())
        for number in 1...Payment.maxInquiries {
            try world.notice(World.notice(event: "e\(number)", charge: "c\(number)"))
        }
        guard case .busy? = world.refusal("notice.receive", World.notice(event: "e", charge: "c"), by: World.service)
        else {
            Issue.record("not refused")
            return
        }
        #expect(try world.notice(World.notice(event: "e", charge: "c1")) == ["notice.received"])
        #expect(world.payment.inquiries.count == Payment.maxInquiries)
        // After a restart all of them are asked.
        world.report(.resumed)
        let timers = world.effects.count { if case .startTimer(.inquiry, _) = $0 { true } else { false } }
        #expect(timers == Payment.maxInquiries)
    }

    @Test("A question holds the expiry up while it is young")
    func grace() throws {
        var world = World(World.card())
        world.now = world.payment.expiresAt
        try world.notice(World.notice())
        #expect(world.report(.timerFired(.expiry)) == ["timer.extended"])
        world.report(.inquiry(GatewayInquiry(gateway: .omise, charge: "chrg_1", event: nil), .charge(World.charge())))
        #expect(world.payment.status == .accepted)
    }
}
