import Domain
import JSON
import Primitives

/// Slips in every state that differs in what may follow, and events of every kind, by name.
enum SlipSamples {
    static let now = Timestamp(seconds: 1_795_230_000)
    static let later = now.advanced(by: .seconds(30))
    static let bank = BankCode("004")!
    static let reference = SlipReference(bank: bank, transRef: "015275120000AKR00001")!
    static let other = SlipReference(bank: bank, transRef: "015275120000AKR00002")!
    static let amount = Satang(345_050)!

    static let receipt = SlipReceipt(
        webhookEvent: "01M7Y0QSV804HMASW9NF6YY001", message: "550000000000000002",
        user: "Uc0ffee00c0ffee00c0ffee00c0ffee01", replyToken: "6f2a90d1c3b84e57a1d0f3e2b4c59688", sentAt: now)
    static let claim = SlipClaim(reference: reference, payload: "0041000600000101030040220015275120000AKR00001")
    static let proof = SlipProof(
        verifier: "easyslip/tenant", reference: reference, amount: amount, transferredAt: now,
        sender: SlipParty(
            thaiName: "นาย ทดสอบ ก", englishName: "MR. TODSOB K", bank: bank, account: "xxx-x-x1234-x"),
        receiver: SlipParty(
            thaiName: "บจก. ตัวอย่าง", bank: BankCode("014"), account: "xxx-x-x5678-x", proxy: "xxx-xxx-5678"))
    static let account = AccountMatch(account: "ACC123", method: .partialDigits)
    static let user = UserMatch(
        user: "USER123", memberCode: "MEM001", fullName: "ทดสอบ กขคง", method: .nameAndAccount)
    static let judge = SlipJudge(subject: "s_1", role: .staff)

    static func order(_ attempt: Int) -> CreditOrder {
        CreditOrder(
            key: "slip-004-015275120000AKR00001", attempt: attempt, reference: reference, amount: amount,
            account: "ACC123", user: "USER123")
    }

    static let credit = CreditProof(
        key: "slip-004-015275120000AKR00001", amount: amount, source: .answered, backEndReference: "9001")
    static let unclear = SlipEvent.creditUnclear(attempt: 1, ask: 1, until: later, isConflict: false)

    static func wait(_ step: SlipStep, _ attempt: Int = 1) -> SlipEvent {
        .delayed(Slip.Wait(step: step, attempt: attempt, reason: .unavailable, until: later))
    }

    /// What leads to each state from `slip.received`.
    static let paths: [(name: String, events: [SlipEvent])] = {
        let found: [SlipEvent] = [.identified(claim), .verified(proof), .matched(account), .userFound(user)]
        let asking = found + [.crediting(order(1)), unclear]
        return [
            ("received", []),
            ("received, claimed", Array(found[..<1])),
            ("received, waiting", [.identified(claim), wait(.verification)]),
            ("verified, unclaimed", [.verified(proof)]),
            ("verified", Array(found[..<2])),
            ("account known", Array(found[..<3])),
            ("matched", found),
            ("submitting", found + [.crediting(order(1))]),
            ("asking", asking),
            (
                "asking after two orders",
                asking + [
                    .crediting(order(2)), .creditUnclear(attempt: 2, ask: 1, until: later, isConflict: true),
                ]
            ),
            ("review before all", [.review(.lateDelivery)]),
            ("review of an account", Array(found[..<2]) + [.review(.noAccount)]),
            ("review of a user", Array(found[..<3]) + [.review(.ambiguousUser)]),
            ("review of an open order", asking + [.review(.creditUnknown)]),
            ("review of a refused order", found + [.crediting(order(1)), .review(.creditRefused)]),
            ("credited", asking + [.credited(credit)]),
            ("duplicate", [.duplicate(DuplicateProof(source: .claim, reference: reference, original: "oa-2/s_1"))]),
            ("failed", [.identified(claim), .failed(.notFound)]),
        ]
    }()

    static func slip(_ events: [SlipEvent]) throws(SlipTransitionFault) -> Slip {
        var slip = Slip(transaction: "s_1", receipt: receipt, at: now)
        for event in events { slip = try slip.advanced(by: event, at: now) }
        return slip
    }

    /// Every kind of event, and of its kinds those that may differ.
    static let events: [(name: String, event: SlipEvent)] = {
        var events: [(String, SlipEvent)] = [
            ("received", .received(receipt)), ("identified", .identified(claim)),
            ("identified as another", .identified(SlipClaim(reference: other, payload: nil))),
            ("verified", .verified(proof)), ("matched", .matched(account)), ("userFound", .userFound(user)),
            ("crediting 1", .crediting(order(1))), ("crediting 2", .crediting(order(2))),
            ("crediting 3", .crediting(order(3))),
            ("unclear 1", unclear),
            ("unclear 1 again", .creditUnclear(attempt: 1, ask: 2, until: later, isConflict: false)),
            ("unclear 2", .creditUnclear(attempt: 2, ask: 1, until: later, isConflict: false)),
            ("credited", .credited(credit)),
            (
                "credited another amount",
                .credited(
                    CreditProof(key: credit.key, amount: .zero, source: .answered, backEndReference: nil))
            ),
            ("retried", .retried(by: judge)), ("resolved", .resolved(.reject, by: judge, note: "n")),
        ]
        for source in DuplicateProof.Source.allCases {
            events.append(
                ("duplicate by \(source)", .duplicate(DuplicateProof(source: source, reference: nil, original: nil))))
        }
        for step in SlipStep.allCases {
            events.append(("delayed \(step)", wait(step)))
            events.append(("delayed \(step) again", wait(step, 2)))
        }
        for failure in SlipFailure.allCases { events.append(("failed \(failure)", .failed(failure))) }
        for reason in ReviewReason.allCases { events.append(("review \(reason)", .review(reason))) }
        return events
    }()
}
