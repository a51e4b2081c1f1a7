import Domain
import JSON
import Primitives
import Testing

@Suite("A slip on its way through a payment")
struct PaymentSlipTests {
    private typealias World = PaymentWorld

    @Test("A slip that fits pays, through its stages")
    func pays() throws {
        var world = World()
        try world.command("slip.submit", ["payload": "P"], by: World.payer)
        let id = try #require(world.payment.slip?.id)
        #expect(world.answer == ["slip": .string(id), "status": "pending"])
        #expect(world.effects == [.readSlip(slip: id, .payload("P"))])
        #expect(world.report(.slipRead(slip: id, .slip(World.reference, payload: "Q"))) == ["slip.stage"])
        #expect(world.effects == [.lookUp(slip: id, World.reference)])
        #expect(world.report(.holder(slip: id, World.reference, .free)) == [])
        let round = try world.round()
        #expect(round.input == .payload("Q") && round.verifier == "easyslip/tenant")
        #expect(world.report(.verification(slip: id, round, .genuine(World.report()))) == ["slip.stage"])
        #expect(world.effects == [.claim(slip: id, World.proof)])
        #expect(world.report(.claim(slip: id, World.reference, .claimed)) == ["status.changed"])
        #expect(world.payment.status == .accepted && world.payment.slip == nil)
        #expect(world.payment.acceptance == .slip(id: id, World.proof) && world.payment.acceptedAt == world.now)
        #expect(world.ledger[.sales] == 34_500 && world.ledger[.clearing(way: "slip")] == -34_500)
        #expect(!world.payment.isUnfinished)
    }

    @Test("An answer that comes again, for another slip, or before its step changes nothing")
    func strays() throws {
        for stage in World.Stage.allCases {
            var world = World()
            let id = try world.slip(to: .received)
            var round = VerificationRound(number: 0, input: .payload("P"), verifier: "easyslip/tenant", remaining: [])
            let steps: [(PaymentOutcome, World.Stage)] = [
                (.slipRead(slip: id, .slip(World.reference, payload: "P")), .read),
                (.holder(slip: id, World.reference, .free), .read),
                (.verification(slip: id, round, .genuine(World.report())), .verified),
                (.claim(slip: id, World.reference, .claimed), .claimed),
            ]
            for (step, to) in steps where to.rawValue <= stage.rawValue { world.report(step) }
            round = VerificationRound(number: 3, input: .image, verifier: "v", remaining: [])
            let before = world.payment
            var strays: [PaymentOutcome] = [
                .slipRead(slip: "other", .foreign), .holder(slip: "other", World.reference, .taken),
                .verification(slip: "other", round, .bad(.notASlip)),
                .claim(slip: "other", World.reference, .taken(by: nil)),
                .verification(slip: id, round, .notFound), .claim(slip: id, SlipSamples.other, .taken(by: nil)),
                .holder(slip: id, SlipSamples.other, .taken), .timerFired(.slip("other")),
            ]
            if stage != .received { strays.append(.slipRead(slip: id, .foreign)) }
            if stage != .read { strays.append(.holder(slip: id, World.reference, .taken)) }
            if stage != .verified { strays.append(.claim(slip: id, World.reference, .taken(by: nil))) }
            for stray in strays {
                #expect(world.report(stray) == [], "\(stray) after \(stage)")
                #expect(world.payment == before)
            }
        }
    }

    // MARK: Verdicts

    /// What becomes of it: `accepted`, the code with which it is rejected, or the reason for which a person looks.
    private func judge(_ report: SlipReport, _ facts: PaymentFacts = World.transfer()) throws -> String {
        var world = World(facts)
        let id = try world.slip(to: .read)
        world.report(.holder(slip: id, World.reference, .free))
        world.report(.verification(slip: id, try world.round(), .genuine(report)))
        if let code = world.rejection {
            #expect(world.payment.status == .pending && world.payment.slip == nil && world.ledger.postings.isEmpty)
            #expect(world.payment.rejectedSlips.map(\.code) == [code])
            return code.rawValue
        }
        world.report(.claim(slip: id, World.reference, .claimed))
        #expect(world.payment.status == (world.payment.review == nil ? .accepted : .review))
        return world.payment.review?.reason.rawValue ?? "accepted"
    }

    @Test("The amount is exact", arguments: ["344.99", "345.01", "34500.00", "3.45", "0.01"])
    func amounts(_ amount: String) throws {
        #expect(try judge(World.report(amount: Money(decimal: amount, .baht)!)) == "AMOUNT_MISMATCH")
    }

    @Test("Baht do not pay pesos")
    func currencies() throws {
        var facts = World.transfer()
        facts.amount = Money(decimal: "345.00", .philippinePeso)!
        #expect(try judge(World.report(), facts) == "AMOUNT_MISMATCH")
    }

    @Test("Whom the slip names, and what is made of it")
    func receivers() throws {
        let ours = World.payee
        func compare(_ payee: PaymentFacts.Payee?, _ shown: SlipParty) throws -> String {
            var facts = World.transfer()
            facts.payee = payee
            return try judge(World.report(to: shown), facts)
        }
        let (fits, isAnother, isUnclear) = ("accepted", "RECEIVER_MISMATCH", "receiver-unclear")
        // By the id that was paid to, in both forms.
        #expect(try compare(.init(promptPay: "081-234-5678"), SlipParty(proxy: "xxx-xxx-5678")) == fits)
        #expect(try compare(.init(promptPay: "+66812345678"), SlipParty(proxy: "081-234-5678")) == fits)
        #expect(try compare(.init(promptPay: "0812345678"), SlipParty(proxy: "xxx-xxx-5679")) == isAnother)
        #expect(try compare(.init(promptPay: "1234567890123"), SlipParty(proxy: "x-xxxx-xxxx0-12-3")) == fits)
        // By the end of an account, its last digit hidden or not.
        #expect(try compare(.init(lastFour: "5678"), SlipParty(account: "xxx-x-x5678")) == fits)
        #expect(try compare(.init(lastFour: "5678"), SlipParty(account: "xxx-x-x1567-x")) == fits)
        #expect(try compare(.init(lastFour: "5678"), SlipParty(account: "xxx-x-x1566-x")) == isAnother)
        #expect(try compare(.init(lastFour: "5678"), SlipParty(account: "xxx-x-x5679")) == isAnother)
        #expect(try compare(.init(lastFour: "5678"), SlipParty(account: "xxx-x-x56xx")) == isUnclear)
        // One that agrees is enough; an account is another number than the id behind it.
        #expect(try compare(ours, SlipParty(account: "xxx-x-x9999-x", proxy: "xxx-xxx-5678")) == fits)
        #expect(try compare(.init(promptPay: "0812345678"), SlipParty(account: "xxx-x-x9999-x")) == isUnclear)
        #expect(
            try compare(
                .init(promptPay: "0812345678", name: ours.name),
                SlipParty(thaiName: "บจก. ตัวอย่าง", account: "xxx-x-x9999-x")) == fits)
        #expect(try compare(ours, SlipParty(thaiName: "บจก. ตัวอย่าง", account: "xxx-x-x9999-x")) == isAnother)
        // By name alone.
        #expect(try compare(.init(name: "บจก. ตัวอย่าง"), SlipParty(thaiName: "บริษัท ตัวอย่าง จำกัด")) == fits)
        #expect(try compare(.init(name: "บจก. ตัวอย่าง"), SlipParty(thaiName: "บจก. อื่นๆ")) == isAnother)
        #expect(try compare(.init(name: "บจก. ตัวอย่าง"), SlipParty(englishName: "EXAMPLE CO LTD")) == isUnclear)
        // Nothing to compare.
        #expect(try compare(ours, SlipParty()) == isUnclear)
        #expect(try compare(nil, SlipParty(proxy: "xxx-xxx-5678")) == isUnclear)
    }

    @Test("A transfer that is older than the payment, or yet to come, is a case for a person")
    func times() throws {
        let now = SlipSamples.now
        for (seconds, result) in [
            (0, "accepted"), (-600, "accepted"), (-601, "transfer-time"), (600, "accepted"), (601, "transfer-time"),
        ] as [(Int64, String)] {
            let report = World.report(transferredAt: now.advanced(by: .seconds(seconds)))
            #expect(try judge(report) == result, "\(seconds)")
        }
        #expect(try judge(World.report(transferredAt: nil)) == "accepted")
    }

    @Test("A slip that has paid something already, found early or at the claim")
    func duplicates() throws {
        var early = World()
        let first = try early.slip(to: .read)
        #expect(early.report(.holder(slip: first, World.reference, .taken)) == ["slip.rejected"])
        #expect(early.rejection == .duplicate && early.payment.status == .pending)
        var late = World()
        let second = try late.slip(to: .verified)
        #expect(late.report(.claim(slip: second, World.reference, .taken(by: "payment/980"))) == ["slip.rejected"])
        #expect(late.rejection == .duplicate && late.payment.slip == nil)
        #expect(late.ledger.postings.isEmpty)
    }

    @Test("What is no slip, cannot be read or is not known")
    func invalid() throws {
        for answer in [QRAnswer.foreign, .none, .noImage] {
            var world = World()
            let id = try world.slip(to: .received)
            #expect(world.report(.slipRead(slip: id, answer)) == ["slip.rejected"])
            #expect(world.rejection == .invalid)
        }
        for (failure, code) in [
            (.notASlip, .invalid), (.unreadable, .invalid), (.notFound, .invalid), (.expired, .rejected),
        ] as [(SlipFailure, SlipRejection)] {
            var world = World()
            let id = try world.slip(to: .read)
            world.report(.holder(slip: id, World.reference, .unavailable))
            #expect(world.report(.verification(slip: id, try world.round(), .bad(failure))) == ["slip.rejected"])
            #expect(world.rejection == code)
        }
    }

    @Test("A picture whose code we cannot read is shown to the provider")
    func pictures() throws {
        var world = World()
        let id = try world.slip(to: .received, source: ["image": "img_1"])
        #expect(world.effects == [.readSlip(slip: id, .image("img_1"))])
        world.report(.slipRead(slip: id, .none))
        #expect(try world.round().input == .image)
        world.report(.verification(slip: id, try world.round(), .genuine(World.report())))
        world.report(.claim(slip: id, World.reference, .claimed))
        #expect(world.payment.status == .accepted)
    }

    // MARK: Late

    @Test("A slip for a payment that has ended goes to a person, and the money is kept apart")
    func late() throws {
        for status in [PaymentStatus.expired, .cancelled, .rejected] {
            var world = try World.at(status)
            try world.slip()
            #expect(world.payment.status == .review && world.payment.review?.reason == .late)
            #expect(world.payment.review?.from == status && world.payment.unsettledWay == "slip")
            #expect(world.ledger[.unsettled(payment: "981")] == 34_500 && world.ledger[.sales] == 0)
            #expect(world.refusal("slip.submit", ["payload": "P"], by: World.payer) != nil)
        }
    }

    @Test("A slip that comes after the time, before the timer has fired, is late")
    func overdue() throws {
        var world = World()
        world.now = world.payment.expiresAt
        try world.slip()
        #expect(world.payment.review?.reason == .late && world.payment.review?.from == .expired)
        var cut = World()
        cut.now = cut.payment.expiresAt.advanced(by: PaymentPolicy.maxLateAge)
        try cut.slip(to: .received)
        #expect(cut.payment.status == .expired && cut.payment.slip != nil)
        var over = try World.at(.expired)
        over.now = over.payment.changedAt.advanced(by: PaymentPolicy.maxLateAge)
        #expect(over.refusal("slip.submit", ["payload": "P"], by: World.payer) == nil)
        over = try World.at(.expired)
        over.now = over.payment.changedAt.advanced(by: PaymentPolicy.maxLateAge).advanced(by: .seconds(1))
        #expect(over.refusal("slip.submit", ["payload": "P"], by: World.payer) == .tooLate("the payment has ended"))
    }

    @Test("A slip that nobody vouches for does not open what has ended")
    func unproven() throws {
        for (status, code) in [
            (.expired, .expired), (.cancelled, .rejected), (.rejected, .rejected),
        ] as [(PaymentStatus, SlipRejection)] {
            var world = try World.at(status)
            world.live.verifiers = []
            let id = try world.slip(to: .read)
            world.report(.holder(slip: id, World.reference, .free))
            #expect(world.rejection == code && world.payment.status == status)
        }
    }

    @Test("What a person has decided about is not shown to them again")
    func decided() throws {
        var world = try World.at(.expired)
        try world.slip()
        try world.command("payment.resolve", ["decision": "reject", "note": "not ours"])
        #expect(world.payment.status == .rejected && world.ledger[.unsettled(payment: "981")] == 0)
        try world.slip(to: .verified)
        #expect(world.rejection == .duplicate && world.payment.status == .rejected)
        // Another transfer is another matter.
        try world.slip(to: .claimed, World.report(reference: SlipSamples.other))
        #expect(world.payment.status == .review && world.ledger[.unsettled(payment: "981")] == 34_500)
    }

    // MARK: One at a time

    @Test("One slip at a time; the next one when it has ended, up to a bound")
    func oneAtATime() throws {
        var world = World()
        let id = try world.slip(to: .read)
        #expect(
            world.refusal("slip.submit", ["payload": "Q"], by: World.payer) == .rejected("a slip is being looked at"))
        world.report(.holder(slip: id, World.reference, .taken))
        // The same slip again: it is looked up again, and taken again.
        for count in 2...Payment.maxRejectedSlips {
            let again = try world.slip(to: .read)
            #expect(again != id)
            world.report(.holder(slip: again, World.reference, .taken))
            #expect(world.payment.rejectedSlips.count == count)
        }
        #expect(world.refusal("slip.submit", ["payload": "P"], by: World.payer) != nil)
        #expect(world.payment.status == .pending)
    }

    @Test("Who pays by wallet or card shows no slip")
    func methods() throws {
        for facts in [World.fromBalance(), World.card()] {
            var world = World(facts)
            let refusal = world.refusal("slip.submit", ["payload": "P"], by: World.payer)
            #expect(refusal == .rejected("the payment is not made by a transfer"))
        }
    }

    // MARK: Providers

    @Test("When a provider fails the next is asked, then all again later, then a person")
    func failOver() throws {
        var world = World()
        let id = try world.slip(to: .read)
        world.report(.holder(slip: id, World.reference, .free))
        for attempt in 1...4 {
            let first = try world.round()
            #expect(first.verifier == "easyslip/tenant" && first.number == attempt - 1)
            #expect(world.report(.verification(slip: id, first, .fault(.unavailable))) == [])
            let second = try world.round()
            #expect(second.verifier == "slipok/global")
            world.report(.verification(slip: id, second, .fault(.quota)))
            if attempt == 4 { break }
            #expect(world.events.map(\.name) == ["slip.stage"] && world.payment.slip?.wait?.attempt == attempt)
            #expect(world.payment.slip?.wait?.reason == .unavailable)
            // A timer that is early waits for the rest.
            #expect(world.report(.timerFired(.slip(id))) == [])
            #expect(try world.waitForTimer() == [] && world.effects == [.lookUp(slip: id, World.reference)])
            world.report(.holder(slip: id, World.reference, .free))
        }
        #expect(world.payment.status == .review && world.payment.review?.reason == .unverified)
        #expect(world.payment.slip == nil && world.ledger.postings.isEmpty)
    }

    @Test("A fresh transfer that the bank does not know yet is waited for")
    func waiting() throws {
        for (answer, end) in [(VerifierAnswer.notFound, nil), (.pending(after: nil), PaymentReviewReason.bankDelayed)] {
            var world = World()
            let id = try world.slip(to: .read)
            world.report(.holder(slip: id, World.reference, .free))
            for _ in 1...3 {
                world.report(.verification(slip: id, try world.round(), answer))
                try world.waitForTimer()
                world.report(.holder(slip: id, World.reference, .free))
            }
            world.report(.verification(slip: id, try world.round(), answer))
            #expect(world.payment.slip == nil && world.payment.review?.reason == end)
            if end == nil { #expect(world.rejection == .invalid) }
        }
    }

    @Test("A claim that cannot be written is tried again, then a person decides")
    func claims() throws {
        var world = World()
        let id = try world.slip(to: .verified)
        for _ in 1...3 {
            #expect(world.report(.claim(slip: id, World.reference, .unavailable)) == ["slip.stage"])
            try world.waitForTimer()
            #expect(world.effects == [.claim(slip: id, World.proof)])
        }
        var claimed = world
        #expect(claimed.report(.claim(slip: id, World.reference, .claimed)) == ["status.changed"])
        #expect(claimed.payment.status == .accepted)
        world.report(.claim(slip: id, World.reference, .unavailable))
        #expect(world.payment.review?.reason == .claimUnavailable)
    }

    @Test("After a restart every stage goes on where it was")
    func resume() throws {
        for stage in [World.Stage.received, .read, .verified] {
            var world = World()
            let id = try world.slip(to: stage)
            world.payment = try #require(Payment(checkpoint: world.payment.encode(), format: Payment.checkpointFormat))
            #expect(world.payment.isUnfinished)
            world.report(.resumed)
            #expect(world.effects.contains(.startTimer(.slip(id), at: world.now)))
            world.report(.timerFired(.slip(id)))
            let expected: PaymentEffect =
                switch stage {
                case .received: .readSlip(slip: id, .payload("P"))
                case .read: .lookUp(slip: id, World.reference)
                default: .claim(slip: id, World.proof)
                }
            #expect(world.effects == [expected])
        }
        var waiting = World()
        let id = try waiting.slip(to: .verified)
        waiting.report(.claim(slip: id, World.reference, .unavailable))
        let until = try #require(waiting.payment.slip?.wait?.until)
        waiting.report(.resumed)
        #expect(waiting.effects.contains(.startTimer(.slip(id), at: until)), "the time stands in the log")
    }

    @Test("A payment that has its money does not take a slip that was on its way")
    func overtaken() throws {
        var world = World()
        let id = try world.slip(to: .read)
        world.report(.holder(slip: id, World.reference, .free))
        let round = try world.round()
        try world.notice(World.charge(), event: "evnt_1")
        #expect(world.payment.status == .accepted)
        #expect(
            world.report(.verification(slip: id, round, .genuine(World.report()))) == ["slip.stage", "slip.rejected"])
        #expect(world.rejection == .rejected && world.ledger[.sales] == 34_500 && world.ledger.sum == 0)
    }
}
