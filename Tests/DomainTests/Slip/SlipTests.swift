import Domain
import JSON
import Primitives
import Testing

@Suite("The state machine of a slip")
struct SlipTests {
    private typealias Samples = SlipSamples

    private static let outages = [
        "providersUnavailable", "providerQuota", "providerConfiguration", "bankDelayed",
        "referenceMismatch", "unclearAnswer",
    ].map { "review " + $0 }
    private static let verdicts = ["unreadable", "notASlip", "imageUnavailable", "notFound", "expired", "rejected"]
        .map { "failed " + $0 }
    private static let anywhere = [
        "failed rejected", "duplicate by person", "review adminExpired",
        "review backEndUnavailable",
    ]
    private static let unclaimed = ["identified", "duplicate by claim", "review claimUnavailable", "delayed claim"]
    private static let asked = [
        "credited", "duplicate by backEnd", "review creditRefused", "review creditAbsent",
        "review creditDiffers", "review creditUnknown",
    ]

    /// What may happen in each state of `SlipSamples.paths`; everything else may not.
    private static let allowed: [String: [String]] = [
        "received": [
            "verified", "identified as another", "delayed image", "delayed verification",
            "review lateDelivery", "failed tooMany",
        ] + unclaimed + outages + verdicts + anywhere,
        "received, claimed": ["verified", "delayed verification"] + outages + verdicts + anywhere,
        "received, waiting": ["verified", "delayed verification again"] + outages + verdicts + anywhere,
        "verified, unclaimed": ["review transferTime"] + unclaimed + anywhere,
        "verified": [
            "matched", "delayed account", "review noAccount", "review ambiguousAccount", "review transferTime",
        ] + anywhere,
        "account known": ["userFound", "delayed user", "review noUser", "review ambiguousUser"] + anywhere,
        "matched": ["crediting 1"] + anywhere,
        "submitting": ["unclear 1", "delayed credit", "review adminExpired", "review backEndUnavailable"] + asked,
        "asking": ["crediting 2", "unclear 1", "unclear 1 again"] + asked,
        "asking after two orders": ["crediting 3", "unclear 2"] + asked,
        "review before all": ["retried", "resolved"],
        "review of an account": ["retried", "resolved"],
        "review of a user": ["retried", "resolved"],
        "review of an open order": ["retried", "resolved"],
        "review of a refused order": ["retried", "resolved"],
        "credited": [], "duplicate": [], "failed": [],
    ]

    @Test("Every pair of a state and an event leads where it may, or is refused", arguments: Samples.paths.map(\.name))
    func everyPair(state: String) throws {
        let slip = try Samples.slip(try #require(Samples.paths.first { $0.name == state }).events)
        let allowed = Set(try #require(Self.allowed[state]))
        #expect(allowed.isSubset(of: Samples.events.map(\.name)), "the table names what is no event")
        for (name, event) in Samples.events {
            do {
                let next = try slip.advanced(by: event, at: Samples.later)
                #expect(allowed.contains(name), "\(state): \(name) may not happen")
                if let status = Self.status(after: event, from: slip.status) {
                    #expect(next.status == status, "\(state): \(name)")
                }
                #expect(next.changedAt == Samples.later && next.transaction == slip.transaction)
            } catch {
                #expect(!allowed.contains(name), "\(state): \(name) is refused: \(error.cause)")
                #expect(error.status == slip.status && error.event == event.name)
                if slip.status.isTerminal { #expect(error.cause == .terminal, "\(state): \(name)") }
            }
        }
    }

    /// nil after a person's act, which leads back to where the slip was: the next test.
    private static func status(after event: SlipEvent, from status: SlipStatus) -> SlipStatus? {
        switch event {
        case .received, .identified, .delayed, .matched, .crediting, .creditUnclear: status
        case .verified: .pending
        case .userFound: .matched
        case .credited: .credited
        case .duplicate: .duplicate
        case .failed: .failed
        case .review: .review
        case .retried, .resolved: nil
        }
    }

    @Test(
        "A person's act brings a slip back to where it was",
        arguments: [
            ("review before all", SlipStatus.pendingVerification), ("review of an account", .pending),
            ("review of a user", .pending), ("review of an open order", .matched),
            ("review of a refused order", .matched),
        ])
    func back(state: String, status: SlipStatus) throws {
        let slip = try Samples.slip(try #require(Samples.paths.first { $0.name == state }).events)
        #expect(slip.status == .review)
        for event in [SlipEvent.retried(by: Samples.judge), .resolved(.credit, by: Samples.judge, note: "n")] {
            let next = try slip.advanced(by: event, at: Samples.later)
            #expect(next.status == status)
            #expect(next.progress == slip.progress)
        }
    }

    @Test("Another amount at the back end leaves the order open: a retry must not submit a second one")
    func differs() throws {
        let path = try #require(Samples.paths.first { $0.name == "asking" }).events
        let asking = try Samples.slip(path)
        let retried = try Samples.slip(path + [.review(.creditDiffers), .retried(by: Samples.judge)])
        #expect(retried.progress == asking.progress)
        let fault = try #require(throws: SlipTransitionFault.self) {
            _ = try retried.advanced(by: .failed(.rejected), at: Samples.later)
        }
        #expect(fault.cause == .creditOpen)
    }

    @Test(
        "The reason of a refusal is said",
        arguments: [
            ("received, claimed", "identified as another", SlipTransitionFault.Cause.otherReference),
            ("verified, unclaimed", "matched", .unclaimed), ("verified", "userFound", .account),
            ("account known", "matched", .account), ("matched", "credited", .noCreditOpen),
            ("matched", "crediting 2", .attempt), ("submitting", "crediting 2", .creditOpen),
            ("asking", "credited another amount", .otherOrder), ("asking", "failed rejected", .creditOpen),
            ("asking", "review adminExpired", .creditOpen), ("received", "delayed account", .step),
            ("received, waiting", "delayed verification", .attempt), ("received", "received", .notFromHere),
            ("credited", "credited", .terminal),
        ])
    func causes(state: String, event: String, cause: SlipTransitionFault.Cause) throws {
        let slip = try Samples.slip(try #require(Samples.paths.first { $0.name == state }).events)
        let event = try #require(Samples.events.first { $0.name == event }).event
        #expect(throws: SlipTransitionFault(status: slip.status, event: event.name, cause: cause)) {
            try slip.advanced(by: event, at: Samples.now)
        }
    }

    @Test("An order that is not the match's to the last member is refused")
    func orders() throws {
        let slip = try Samples.slip([
            .identified(Samples.claim), .verified(Samples.proof), .matched(Samples.account), .userFound(Samples.user),
        ])
        let right = Samples.order(1)
        let amount = try #require(Satang(right.amount.count + 1))
        for wrong in [
            CreditOrder(
                key: "k", attempt: 1, reference: right.reference, amount: right.amount, account: right.account,
                user: right.user),
            CreditOrder(
                key: right.key, attempt: 1, reference: Samples.other, amount: right.amount, account: right.account,
                user: right.user),
            CreditOrder(
                key: right.key, attempt: 1, reference: right.reference, amount: amount, account: right.account,
                user: right.user),
            CreditOrder(
                key: right.key, attempt: 1, reference: right.reference, amount: right.amount, account: "x",
                user: right.user),
            CreditOrder(
                key: right.key, attempt: 1, reference: right.reference, amount: right.amount, account: right.account,
                user: "x"),
        ] {
            #expect(throws: SlipTransitionFault(status: .matched, event: "slip.crediting", cause: .otherOrder)) {
                try slip.advanced(by: .crediting(wrong), at: Samples.now)
            }
        }
    }

    @Test("An order that the back end did not take is counted, and the next has the next number")
    func attempts() throws {
        let found: [SlipEvent] = [
            .identified(Samples.claim), .verified(Samples.proof), .matched(Samples.account), .userFound(Samples.user),
        ]
        let slip = try Samples.slip(
            found + [
                .crediting(Samples.order(1)), Samples.wait(.credit), .crediting(Samples.order(2)),
                Samples.wait(.credit, 2),
            ])
        #expect(slip.wait?.attempt == 2 && slip.status == .matched)
        #expect(throws: SlipTransitionFault(status: .matched, event: "slip.crediting", cause: .attempt)) {
            try slip.advanced(by: .crediting(Samples.order(2)), at: Samples.now)
        }
        let again = try slip.advanced(by: .crediting(Samples.order(3)), at: Samples.now)
        #expect(again.wait == nil && again.progress.openOrder == Samples.order(3))
    }
}
