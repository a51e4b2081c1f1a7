import Domain
import JSON
import Primitives
import Testing

@Suite("The way of a slip through a LINE account")
struct LineAccountPipelineTests {
    private typealias World = LineAccountWorld

    @Test("From a photo to a credit, step by step")
    func allWell() throws {
        var world = World()
        #expect(try world.webhook(World.image("E1")) == ["slip.received", "line.sending"])
        #expect(world.answer == ["accepted": 1, "known": 0])
        let slip = try #require(world.account.ordered.first?.slip.transaction)
        #expect(world.effects.contains(.fetchImage(transaction: slip, message: "5500E1", user: "U1")))
        #expect(world.report(.image(transaction: slip, .held)) == [])
        #expect(world.effects == [.decodeQR(transaction: slip)])
        let claim = SlipClaim(reference: SlipSamples.reference, payload: "P")
        #expect(world.report(.qr(transaction: slip, .slip(SlipSamples.reference, payload: "P"))) == [])
        #expect(world.effects == [.claim(transaction: slip, claim)])
        #expect(world.report(.claim(transaction: slip, claim, .claimed)) == ["slip.identified"])
        let round = VerificationRound(
            number: 0, input: .payload("P"), verifier: "easyslip/tenant",
            remaining: ["easyslip/global", "slipok/global"])
        #expect(world.effects == [.verify(transaction: slip, round)])
        #expect(world.report(.verification(transaction: slip, round, .genuine(World.report))) == ["slip.verified"])
        #expect(world.effects == [.loadAccounts])
        #expect(world.report(.accounts(.loaded(World.list))) == ["slip.matched"])
        #expect(world.effects == [.searchUser(transaction: slip, sender: World.report.sender)])
        #expect(
            world.report(.users(transaction: slip, .found([World.candidate]))) == ["slip.userFound", "slip.crediting"])
        #expect(world.effects == [.submitCredit(transaction: slip, SlipSamples.order(1))])
        #expect(
            world.report(.credit(transaction: slip, attempt: 1, .accepted(reference: "9001")))
                == ["slip.credited", "line.sending"])
        #expect(try world.telling().mark.way == .push, "the reply token went with the receipt")
        #expect(world.account.today.credited == 1 && world.account.today.creditedAmount == SlipSamples.amount)
        #expect(world.account.openCount == 0)
    }

    @Test("An account list that is fresh is used; one without a match, or too old, is loaded again")
    func cachedAccounts() throws {
        var world = World()
        world.live.accounts = World.list
        let slip = try world.slip(to: .identified)
        #expect(
            world.report(.verification(transaction: slip, try world.round(of: slip), .genuine(World.report)))
                == ["slip.verified", "slip.matched"])
        world.now = world.now.advanced(by: world.live.accountsLifetime)
        let late = try world.slip("E2", to: .identified)
        #expect(
            world.report(.verification(transaction: late, try world.round(of: late), .genuine(World.report)))
                == ["slip.verified"])
        #expect(world.effects == [.loadAccounts])
        world.live.accounts = AccountList(accounts: [], loadedAt: world.now)
        let other = try world.slip("E3", to: .verified)
        #expect(world.effects == [.loadAccounts])
        #expect(world.report(.accounts(.loaded(AccountList(accounts: [], loadedAt: world.now)))).count == 2)
        #expect(world.account.entries[other]?.slip.reviewReason == .noAccount)
    }

    @Test("A transfer that another slip has, here or at another OA, is a duplicate before anything is paid for")
    func duplicateClaim() throws {
        var world = World()
        let slip = try world.slip(to: .received)
        let claim = SlipClaim(reference: SlipSamples.reference, payload: "P")
        #expect(
            world.report(.claim(transaction: slip, claim, .taken(by: "oa-2/s_7"))) == [
                "slip.duplicate", "line.sending",
            ])
        #expect(try world.telling().subject == .duplicate)
        #expect(world.report(.claim(transaction: slip, claim, .claimed)) == [], "terminal means terminal")
    }

    @Test("Without a readable QR the image is verified, and the provider's reference is claimed before the match")
    func unreadableQR() throws {
        var world = World()
        let slip = try world.slip(to: .received)
        world.report(.qr(transaction: slip, .none))
        let round = try world.round(of: slip)
        #expect(round.input == .image)
        #expect(world.report(.verification(transaction: slip, round, .genuine(World.report))) == ["slip.verified"])
        let claim = SlipClaim(reference: SlipSamples.reference, payload: nil)
        #expect(world.effects == [.claim(transaction: slip, claim)])
        #expect(world.report(.claim(transaction: slip, claim, .claimed)) == ["slip.identified"])
        #expect(world.effects == [.loadAccounts])
    }

    @Test("A QR that is no slip's ends it free of charge; an image that is gone ends it")
    func badImages() throws {
        var world = World()
        let foreign = try world.slip(to: .received)
        #expect(world.report(.qr(transaction: foreign, .foreign)) == ["slip.failed", "line.sending"])
        let gone = try world.slip("E2", to: .received)
        #expect(world.report(.image(transaction: gone, .gone)) == ["slip.failed", "line.sending"])
        #expect(try world.telling().subject == .failed(.imageUnavailable))
    }

    // MARK: Verification

    @Test(
        "What the bank publishes late is asked again after 30 s, 2 min and 5 min",
        arguments: [
            (VerifierAnswer.notFound, SlipStatus.failed), (.pending(after: nil), .review),
        ])
    func schedule(answer: VerifierAnswer, end: SlipStatus) throws {
        var world = World()
        let slip = try world.slip(to: .identified)
        for seconds in [30, 120, 300] {
            let asked = world.now
            #expect(
                world.report(.verification(transaction: slip, try world.round(of: slip), answer)) == ["slip.delayed"])
            #expect(try world.timer().1 == asked.advanced(by: .seconds(seconds)))
            try world.waitForTimer()
        }
        #expect(try world.round(of: slip).number == 3)
        world.report(.verification(transaction: slip, try world.round(of: slip), answer))
        #expect(world.status(slip) == end)
    }

    @Test("A provider may ask for a longer wait, up to a bound")
    func providerDelay() throws {
        var world = World()
        let slip = try world.slip(to: .identified)
        world.report(
            .verification(transaction: slip, try world.round(of: slip), .pending(after: .seconds(600))))
        #expect(try world.timer().1 == world.now.advanced(by: .seconds(600)))
        try world.waitForTimer()
        world.report(
            .verification(transaction: slip, try world.round(of: slip), .pending(after: .seconds(86_400))))
        #expect(try world.timer().1 == world.now.advanced(by: SlipRetryPolicy.maxProviderDelay))
    }

    @Test("A transfer that was sent in long ago is not waited for")
    func stale() throws {
        var world = World()
        try world.webhook(World.image("E1"))
        world.now = world.now.advanced(by: SlipRetryPolicy.maxFreshAge + .seconds(1))
        let slip = try #require(world.account.ordered.first?.slip.transaction)
        world.report(.claim(transaction: slip, SlipSamples.claim, .claimed))
        #expect(
            world.report(.verification(transaction: slip, try world.round(of: slip), .notFound))
                == ["slip.failed", "line.sending"])
    }

    @Test("Providers are asked in order; an outage waits, and ends with a person, never with a failure")
    func failOver() throws {
        var world = World()
        let slip = try world.slip(to: .identified)
        for _ in 0..<3 {
            for verifier in ["easyslip/tenant", "easyslip/global", "slipok/global"] {
                let round = try world.round(of: slip)
                #expect(round.verifier == verifier)
                let events = world.report(.verification(transaction: slip, round, .fault(.unavailable)))
                #expect(events == (verifier == "slipok/global" ? ["slip.delayed"] : []))
            }
            try world.waitForTimer()
        }
        for _ in 0..<3 {
            world.report(.verification(transaction: slip, try world.round(of: slip), .fault(.unavailable)))
        }
        #expect(world.account.entries[slip]?.slip.reviewReason == .providersUnavailable)
    }

    @Test("Quota used up is shown, and a person's; the next verification shows that it is back")
    func quota() throws {
        var world = World()
        let slip = try world.slip(to: .identified)
        for _ in 0..<2 {
            #expect(
                world.report(.verification(transaction: slip, try world.round(of: slip), .fault(.quota)))
                    == ["quota.changed"])
        }
        #expect(
            world.report(.verification(transaction: slip, try world.round(of: slip), .fault(.configuration)))
                == ["slip.review"])
        #expect(world.account.entries[slip]?.slip.reviewReason == .providerQuota)
        #expect(world.account.quotas["easyslip/tenant"]?.isExhausted == true)
        try world.command("slip.retry", ["transaction": .string(slip)])
        #expect(
            world.report(.verification(transaction: slip, try world.round(of: slip), .genuine(World.report)))
                == ["quota.changed", "slip.verified"])
        #expect(world.account.quotas["easyslip/tenant"]?.isExhausted == false)
    }

    @Test("A provider that had seen the slip is no authority: it may have been ourselves")
    func seenBefore() throws {
        var world = World()
        let slip = try world.slip(to: .identified)
        var report = World.report
        report.wasSeenBefore = true
        #expect(
            world.report(.verification(transaction: slip, try world.round(of: slip), .genuine(report)))
                == ["slip.verified"])
        #expect(world.account.entries[slip]?.slip.proof?.wasSeenBefore == true)
    }

    @Test(
        "An answer that does not fit the QR is a person's",
        arguments: [
            (
                SlipReport(
                    bank: BankCode("014"), transRef: SlipSamples.reference.transRef, amount: SlipSamples.amount,
                    transferredAt: nil, sender: SlipParty(), receiver: SlipParty()), ReviewReason.referenceMismatch
            ),
            (
                SlipReport(
                    bank: nil, transRef: "another", amount: SlipSamples.amount, transferredAt: nil, sender: SlipParty(),
                    receiver: SlipParty()), .referenceMismatch
            ),
            (
                SlipReport(
                    bank: nil, transRef: nil, amount: SlipSamples.amount, transferredAt: nil, sender: SlipParty(),
                    receiver: SlipParty()), .referenceMismatch
            ),
            (
                SlipReport(
                    bank: nil, transRef: SlipSamples.reference.transRef, amount: .zero, transferredAt: nil,
                    sender: SlipParty(), receiver: SlipParty()), .unclearAnswer
            ),
        ])
    func mismatch(report: SlipReport, reason: ReviewReason) throws {
        var world = World()
        let slip = try world.slip(to: .identified)
        world.report(.verification(transaction: slip, try world.round(of: slip), .genuine(report)))
        #expect(world.account.entries[slip]?.slip.reviewReason == reason)
    }

    @Test("An answer to an earlier round, or given twice, changes nothing")
    func lateAnswers() throws {
        var world = World()
        let slip = try world.slip(to: .identified)
        let first = try world.round(of: slip)
        world.report(.verification(transaction: slip, first, .notFound))
        #expect(world.report(.verification(transaction: slip, first, .notFound)) == [])
        #expect(world.report(.verification(transaction: slip, first, .bad(.notASlip))) == [])
        #expect(world.report(.verification(transaction: slip, first, .genuine(World.report))) == ["slip.verified"])
        #expect(world.report(.verification(transaction: slip, first, .genuine(World.report))) == [])
        #expect(world.report(.verification(transaction: "s_none", first, .genuine(World.report))) == [])
    }

    // MARK: Credit

    @Test("An unclear outcome is asked about, not before the order has settled, and never repeated blindly")
    func unclear() throws {
        var world = World()
        let slip = try world.slip(to: .matched)
        let sent = world.now
        world.now = world.now.advanced(by: .seconds(10))
        #expect(world.report(.credit(transaction: slip, attempt: 1, .unclear)) == ["slip.creditUnclear"])
        #expect(try world.timer().1 == sent.advanced(by: SlipRetryPolicy.creditSettleTime))
        let (timer, _) = try world.timer()
        #expect(world.report(.timerFired(timer)) == [], "too early: the timer is set again")
        #expect(world.effects.count == 1)
        try world.waitForTimer()
        #expect(world.effects == [.askCredit(transaction: slip, SlipSamples.order(1), ask: 1)])
        // A back end that takes its time says so, too: it is asked once more.
        #expect(world.report(.creditAsked(transaction: slip, attempt: 1, ask: 1, .absent)) == ["slip.creditUnclear"])
        #expect(try world.timer().1 == world.now.advanced(by: SlipRetryPolicy.absenceDelay))
        try world.waitForTimer()
        #expect(world.report(.creditAsked(transaction: slip, attempt: 1, ask: 1, .absent)) == [], "told twice")
        #expect(world.report(.creditAsked(transaction: slip, attempt: 1, ask: 2, .absent)) == ["slip.crediting"])
        #expect(world.effects == [.submitCredit(transaction: slip, SlipSamples.order(2))])
        #expect(world.report(.creditAsked(transaction: slip, attempt: 1, ask: 2, .absent)) == [], "told twice")
        #expect(world.report(.credit(transaction: slip, attempt: 1, .unclear)) == [], "of the earlier order")
        // Our own credit, perhaps: the back end is asked before it is called a duplicate.
        #expect(world.report(.credit(transaction: slip, attempt: 2, .duplicate)) == ["slip.creditUnclear"])
        try world.waitForTimer()
        #expect(
            world.report(
                .creditAsked(transaction: slip, attempt: 2, ask: 1, .found(SlipSamples.amount, reference: "9001")))
                == ["slip.credited", "line.sending"])
    }

    @Test("Only answers count as absences: who did not answer said nothing")
    func absences() throws {
        var world = World()
        let slip = try world.slip(to: .matched)
        world.report(.credit(transaction: slip, attempt: 1, .unclear))
        try world.waitForTimer()
        world.report(.creditAsked(transaction: slip, attempt: 1, ask: 1, .unclear))
        try world.waitForTimer()
        #expect(world.report(.creditAsked(transaction: slip, attempt: 1, ask: 2, .absent)) == ["slip.creditUnclear"])
        #expect(LineAccount(checkpoint: world.account.encode(), format: 1) == world.account)
        try world.waitForTimer()
        #expect(world.report(.creditAsked(transaction: slip, attempt: 1, ask: 3, .unclear)) == ["slip.creditUnclear"])
        try world.waitForTimer()
        #expect(world.report(.creditAsked(transaction: slip, attempt: 1, ask: 4, .absent)) == ["slip.crediting"])
    }

    @Test("A conflict that is not ours is a duplicate; another amount is a person's")
    func conflicts() throws {
        var world = World()
        let first = try world.slip(to: .matched)
        #expect(
            world.report(.credit(transaction: first, attempt: 1, .duplicate)) == ["slip.duplicate", "line.sending"])
        for (answer, status) in [
            (CreditAskAnswer.absent, SlipStatus.duplicate), (.found(.zero, reference: nil), .review),
        ] {
            let slip = try world.slip("E\(status)", to: .matched)
            world.report(.credit(transaction: slip, attempt: 1, .unclear))
            try world.waitForTimer()
            try world.reportAbsence(of: slip, attempt: 1)
            world.report(.credit(transaction: slip, attempt: 2, .duplicate))
            try world.waitForTimer()
            world.report(.creditAsked(transaction: slip, attempt: 2, ask: 1, answer))
            #expect(world.status(slip) == status)
        }
    }

    @Test("Who asks in vain gives it to a person, with the order open")
    func unknown() throws {
        var world = World()
        let slip = try world.slip(to: .matched)
        world.report(.credit(transaction: slip, attempt: 1, .unclear))
        for ask in 1...SlipRetryPolicy.askDelays.count {
            try world.waitForTimer()
            #expect(
                world.report(.creditAsked(transaction: slip, attempt: 1, ask: ask, .unclear)) == ["slip.creditUnclear"])
        }
        try world.waitForTimer()
        #expect(
            world.report(
                .creditAsked(transaction: slip, attempt: 1, ask: SlipRetryPolicy.askDelays.count + 1, .unclear))
                == ["slip.review"])
        #expect(world.account.entries[slip]?.slip.progress.openOrder == SlipSamples.order(1))
    }

    @Test("A back end that never has it is not asked for ever")
    func absent() throws {
        var world = World()
        let slip = try world.slip(to: .matched)
        for attempt in 1...SlipRetryPolicy.maxSubmissions {
            #expect(world.report(.credit(transaction: slip, attempt: attempt, .unclear)) == ["slip.creditUnclear"])
            try world.waitForTimer()
            try world.reportAbsence(of: slip, attempt: attempt)
        }
        #expect(world.account.entries[slip]?.slip.reviewReason == .creditAbsent)
        #expect(world.account.entries[slip]?.slip.progress.openOrder == nil)
    }

    @Test("An order that was not sent is sent later; a refusal is a person's")
    func unsent() throws {
        var world = World()
        let slip = try world.slip(to: .matched)
        #expect(world.report(.credit(transaction: slip, attempt: 1, .unsent)) == ["slip.delayed"])
        #expect(try world.waitForTimer() == ["slip.crediting"])
        #expect(world.effects == [.submitCredit(transaction: slip, SlipSamples.order(2))])
        #expect(world.report(.credit(transaction: slip, attempt: 2, .refused)) == ["slip.review"])
        #expect(world.account.entries[slip]?.slip.reviewReason == .creditRefused)
    }

    @Test("The administrator's session ends once, and slips go on when there is a new one")
    func admin() throws {
        var world = World()
        let first = try world.slip(to: .matched)
        let second = try world.slip("E2", to: .verified)
        #expect(
            world.report(.credit(transaction: first, attempt: 1, .adminExpired)) == ["admin.expired", "slip.review"])
        #expect(world.report(.accounts(.adminExpired)) == ["slip.review"])
        #expect(world.account.admin == .expired(since: world.now))
        #expect(
            try world.command("admin.renew", ["username": "admin"], by: World.gateway)
                == ["admin.renewed", "slip.retried", "slip.crediting", "slip.retried"])
        #expect(world.account.admin == .active(username: "admin"))
        #expect(world.status(first) == .matched && world.status(second) == .pending)
        #expect(
            world.effects == [.submitCredit(transaction: first, SlipSamples.order(2)), .loadAccounts])
    }

    @Test("Slips that wait for the administrator are released page by page, as long as the session lasts")
    func release() throws {
        var world = World()
        let count = LineAccount.maxSlipsAtOnce * 2 + 1
        for index in 0..<count { try world.slip("E\(index)", user: "U\(index)", to: .matched) }
        for entry in world.account.ordered {
            world.report(.credit(transaction: entry.slip.transaction, attempt: 1, .adminExpired))
        }
        func waiting() -> Int { world.account.entries.values.count { $0.slip.reviewReason == .adminExpired } }
        #expect(waiting() == count)
        try world.command("admin.renew", ["username": "admin"], by: World.gateway)
        #expect(waiting() == LineAccount.maxSlipsAtOnce + 1)
        let first = try #require(world.account.ordered.first?.slip.transaction)
        // A restart between two pages goes on with the next.
        #expect(world.account.isUnfinished)
        #expect(world.account.resumeEffects(at: world.now).contains(.startTimer(.release, at: world.now)))
        world.report(.timerFired(.release))
        #expect(waiting() == 1)
        world.report(.credit(transaction: first, attempt: 2, .adminExpired))
        #expect(world.report(.timerFired(.release)) == [], "the new session is over, too")
        #expect(!world.account.resumeEffects(at: world.now).contains(.startTimer(.release, at: world.now)))
        try world.command("admin.renew", ["username": "admin"], by: World.gateway)
        #expect(waiting() == 0)
        #expect(!world.effects.contains { if case .startTimer(.release, _) = $0 { true } else { false } })
    }

    @Test("A transfer of another time goes to a person, who may let it go on")
    func transferTime() throws {
        for (age, status) in [
            (Duration.zero, SlipStatus.pending), (SlipRetryPolicy.maxTransferAge - .seconds(1), .pending),
            (SlipRetryPolicy.maxTransferAge, .review), (.seconds(-590), .pending), (.seconds(-600), .review),
        ] {
            var world = World()
            let slip = try world.slip(to: .identified)
            var report = World.report
            report.transferredAt = SlipSamples.now.advanced(by: .zero - age)
            world.report(.verification(transaction: slip, try world.round(of: slip), .genuine(report)))
            #expect(world.status(slip) == status, "\(age)")
            guard status == .review else { continue }
            #expect(world.account.entries[slip]?.slip.reviewReason == .transferTime)
            try world.command("slip.retry", ["transaction": .string(slip)], by: World.staff)
            #expect(world.status(slip) == .pending)
        }
    }
}
