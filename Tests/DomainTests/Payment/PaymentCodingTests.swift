import Domain
import JSON
import Primitives
import Testing

@Suite("The log, checkpoints and facts of a payment")
struct PaymentCodingTests {
    private typealias World = PaymentWorld

    /// Every kind of event, and of its kinds those that differ in form.
    static let events: [PaymentEvent] = {
        let (now, later) = (SlipSamples.now, SlipSamples.later)
        let actor = PaymentActor(subject: "s_1", role: .staff, note: "โทรแล้ว")
        let bare = PaymentActor(subject: "u_1", role: .customer)
        let charges =
            GatewayCharge.State.allCases.map { PaymentWorld.charge($0) } + [
                PaymentWorld.charge(amount: nil, refunded: "1.00"), PaymentWorld.charge(refunded: "45.00"),
                GatewayCharge(gateway: .twoC2P, charge: "c", payment: nil, state: .unknown, amount: nil),
                GatewayCharge(
                    gateway: .paymongo, charge: "c", payment: "981", state: .paid,
                    amount: Money(decimal: "1.00", .philippinePeso), refunded: .zero(.philippinePeso),
                    paidAt: Timestamp(microseconds: now.microseconds + 1_999)),
            ]
        let evidence: [PaymentEvidence] =
            [
                .slip(id: "s", PaymentWorld.proof), .slip(id: "s", SlipSamples.proof), .unprovenSlip(id: "s"),
                .unprovenSlip(id: "s", reference: SlipSamples.reference), .balance(isEnough: true),
                .balance(isEnough: false), .timer, .actor(actor), .actor(bare),
            ] + charges.map(PaymentEvidence.charge)
        var events: [PaymentEvent] = evidence.map {
            .statusChanged(PaymentTransition(from: .pending, to: .accepted, evidence: $0))
        }
        for from in PaymentStatus.allCases {
            for to in from.next where to != .review && to != .refunded {
                events.append(.statusChanged(PaymentTransition(from: from, to: to, evidence: .timer)))
            }
        }
        for reason in PaymentReviewReason.allCases {
            events.append(
                .statusChanged(
                    PaymentTransition(from: .expired, to: .review, evidence: .unprovenSlip(id: "s"), reason: reason)))
        }
        events.append(
            .statusChanged(
                PaymentTransition(from: .accepted, to: .refunded, evidence: .actor(actor), amount: PaymentWorld.price)))
        for stage in [
            PaymentSlipStage.received(.payload("P")), .received(.image("img_1")),
            .read(SlipSamples.reference, payload: "P"), .verified(PaymentWorld.proof), .verified(SlipSamples.proof),
        ] { events.append(.slipStage(slip: "s", stage)) }
        for (step, reason) in [
            (SlipStep.claim, DelayReason.unavailable), (.verification, .slipPending), (.verification, .slipNotFound),
        ] {
            events.append(
                .slipStage(slip: "s", .waiting(Slip.Wait(step: step, attempt: 2, reason: reason, until: later))))
        }
        events += SlipRejection.allCases.map { .slipRejected(slip: "s", $0) }
        events += [.timerExtended(until: later, by: nil), .timerExtended(until: later, by: actor)]
        for gateway in PaymentGateway.allCases {
            for state in GatewayCharge.State.allCases {
                events.append(.noticed(GatewayInquiry(gateway: gateway, charge: "c", event: "e"), state: state))
            }
        }
        events.append(
            .inquiryDelayed(GatewayInquiry(gateway: .omise, charge: "c", event: nil, attempt: 2, until: later)))
        events += NoticeIgnorance.allCases.map {
            .ignored(GatewayInquiry(gateway: .omise, charge: "c", event: "e", attempt: 6), $0)
        }
        events.append(
            .reviewClaiming(slip: "s", Payment.ReviewClaim(reference: SlipSamples.reference, by: actor)))
        events.append(.refundRequested(RefundOrder(number: 2, amount: PaymentWorld.price, by: actor)))
        events += RefundFailure.allCases.map { .refundFailed(number: 2, $0) }
        events += [
            .escrowChanged(from: nil, to: .held, evidence: .slip(id: "s", PaymentWorld.proof)),
            .escrowChanged(from: .held, to: .released, evidence: .actor(bare)),
            .escrowChanged(from: .held, to: .refunded, evidence: .charge(PaymentWorld.charge(.refunded))),
        ]
        return events
    }()

    /// Payments in every state that differs in form, by name.
    static func states() throws -> [(name: String, payment: Payment)] {
        var states: [(String, Payment)] = []
        for status in PaymentStatus.allCases {
            states.append(("\(status)", try World.at(status).payment))
            states.append(("\(status), escrow", try World.at(status, World.transfer(escrow: "p_1")).payment))
        }
        for stage in World.Stage.allCases {
            var world = World()
            try world.slip(to: stage)
            states.append(("slip \(stage)", world.payment))
        }
        var image = World()
        try image.slip(to: .received, source: ["image": "img_1"])
        states.append(("picture", image.payment))
        var waiting = World()
        let id = try waiting.slip(to: .verified)
        waiting.report(.claim(slip: id, World.reference, .unavailable))
        states.append(("waiting", waiting.payment))
        waiting.report(.claim(slip: id, World.reference, .taken(by: nil)))
        states.append(("slip rejected", waiting.payment))
        var card = World(World.card(escrow: "p_1"))
        try card.notice(World.notice())
        states.append(("asked", card.payment))
        card.report(.inquiry(try card.inquiry(), .unavailable))
        states.append(("asked again", card.payment))
        try card.notice(World.charge(), event: "evnt_2")
        states.append(("charged", card.payment))
        try card.command("payment.refund", ["amount": "1.00", "note": "n"])
        states.append(("refund under way", card.payment))
        card.report(.refund(number: 1, .accepted))
        states.append(("refunded by gateway", card.payment))
        try card.command("escrow.release")
        states.append(("released", card.payment))
        var late = try World.at(.expired)
        try late.notice(World.charge(), event: "evnt_1")
        states.append(("review of a charge", late.payment))
        try late.command("payment.resolve", ["decision": "reject", "note": "n"])
        states.append(("decided", late.payment))
        var short = World(World.fromBalance())
        short.report(.balance(.short))
        states.append(("short", short.payment))
        var facts = World.card(gateway: .paymongo)
        facts.platform = ["branch": 7, "lines": ["a", 1.5, .null, ["b": true]]]
        facts.amount = Money(decimal: "79900.00", .philippinePeso)!
        states.append(("with platform", Payment(id: "981", facts: facts, createdAt: SlipSamples.now)))
        facts.escrowPayee = "p_1"
        facts.escrowFee = try #require(PlatformFee(basisPoints: 250))
        states.append(("with a fee", Payment(id: "981", facts: facts, createdAt: SlipSamples.now)))
        return states
    }

    @Test("Every event reads back as it was written")
    func events() throws {
        for event in Self.events {
            let data = try JSONParser.parse(event.data.bytes)
            #expect(PaymentEvent(name: event.name, data: data) == event, "\(event.name) \(data)")
        }
        #expect(Set(Self.events.map(\.name)).count == 11, "a kind of event is missing here")
    }

    @Test("A damaged event is not read")
    func damaged() throws {
        for event in Self.events {
            let object = try #require(try JSONParser.parse(event.data.bytes).object)
            for member in object.members {
                var damaged = object
                damaged[member.name] = .bool(false)
                #expect(
                    PaymentEvent(name: event.name, data: .object(damaged)) == nil || member.value == .bool(false),
                    "\(event.name) \(member.name)")
            }
        }
        #expect(PaymentEvent(name: "payment.paid", data: [:]) == nil)
        #expect(PaymentEvent(name: "status.changed", data: .null) == nil)
    }

    @Test("A checkpoint holds everything, in every state")
    func checkpoints() throws {
        for (name, payment) in try Self.states() {
            let bytes = payment.encode()
            #expect(Payment(checkpoint: bytes, format: Payment.checkpointFormat) == payment, "\(name)")
            #expect(Payment(checkpoint: bytes, format: Payment.checkpointFormat + 1) == nil)
            #expect(Payment(checkpoint: Array(bytes.dropLast()), format: Payment.checkpointFormat) == nil)
        }
    }

    @Test("A snapshot shows what is known, and not what only recovery needs")
    func snapshot() throws {
        for (name, payment) in try Self.states() {
            let state = try JSONParser.parse(payment.snapshotState(for: .party))
            #expect(state["status"]?.string == payment.status.rawValue, "\(name)")
            #expect(state["id"] == "981" && state["payer"] == "u_1")
            #expect(state["notices"] == nil && state["decided"] == nil && state["lastOffset"] == nil)
        }
        let state = try JSONParser.parse(try World.at(.accepted).payment.snapshotState(for: .party))
        #expect(state["amount"] == "345.00" && state["currency"] == "THB" && state["refunded"] == "0.00")
        #expect(state["evidence"]?["proof"]?["reference"]?["transRef"] == "015275120000AKR00001")
    }

    // MARK: Facts

    private func read(_ changes: JSONObject) throws(FaultReason) -> PaymentFacts {
        var object: JSONObject = [
            "payer": "u_1", "purpose": "payment", "method": "qr", "amount": "345.00", "currency": "THB",
            "expiresInSeconds": 900,
        ]
        for member in changes.members { object[member.name] = member.value }
        return try PaymentFacts(json: .object(object))
    }

    @Test("The facts of the contract, and their defaults")
    func facts() throws {
        let facts = try PaymentFacts(
            json: [
                "payer": "u_1", "purpose": "payment", "method": "qr", "amount": "345.00", "currency": "THB",
                "expiresInSeconds": 900, "payee": ["promptpay": "0812345678", "last4": "5678", "name": "บจก. ตัวอย่าง"],
                "order": "441", "later": true,
            ])
        #expect(facts == World.transfer())
        let short = try PaymentFacts(json: ["payer": "u_1", "amount": 345])
        #expect(short == PaymentFacts(payer: "u_1", amount: World.price))
        for payment in try Self.states().map(\.payment) {
            #expect(try PaymentFacts(json: payment.facts.json) == payment.facts)
        }
    }

    @Test(
        "An amount is a decimal in a string or a whole number",
        arguments: [
            ("345.00", 34_500), ("345", 34_500), ("345.5", 34_550), ("0.01", 1), (1, 100), (345, 34_500),
        ] as [(JSONValue, Int64)])
    func amounts(_ amount: JSONValue, _ hundredths: Int64) throws {
        #expect(try read(["amount": amount]).amount.hundredths == hundredths)
    }

    @Test(
        "What is wrong with facts is told",
        arguments: [
            ["amount": 345.5], ["amount": 345.0], ["amount": 0], ["amount": "0.00"], ["amount": -1], ["amount": "-1"],
            ["amount": "1.005"], ["amount": "1e2"], ["amount": "1,000.00"], ["amount": .null], ["amount": true],
            ["amount": "99999999999999999999"], ["currency": "USD"], ["currency": 1], ["payer": ""], ["payer": .null],
            ["payer": 1], ["payer": .string(String(repeating: "u", count: 129))], ["purpose": "gift"], ["purpose": 1],
            ["method": "cash"], ["expiresInSeconds": 9], ["expiresInSeconds": 604_801], ["expiresInSeconds": "900"],
            ["expiresInSeconds": 900.5], ["payee": "0812345678"], ["payee": ["promptpay": ""]],
            ["payee": ["promptpay": "08x2345678"]], ["payee": ["promptpay": 812_345_678]], ["payee": ["last4": "567"]],
            ["payee": ["last4": "567x"]], ["payee": ["name": ""]],
            ["payee": ["name": .string(String(repeating: "ก", count: 121))]], ["gateway": "stripe"], ["gateway": 1],
            ["order": "a/b"], ["order": 441], ["escrow": "p_1"], ["escrow": ["payee": ""]],
            ["escrow": ["payee": "p_1", "feeBasisPoints": 10_001]],
            ["escrow": ["payee": "p_1", "feeBasisPoints": "1"]],
            ["escrow": ["payee": "p_1", "feeBasisPoints": -1]],
            ["escrow": ["payee": "p_1"], "purpose": "deposit"], ["method": "balance", "purpose": "deposit"],
            ["platform": "x"], ["platform": ["x": .string(String(repeating: "x", count: 4_096))]],
        ] as [JSONObject])
    func wrongFacts(_ changes: JSONObject) throws {
        do {
            _ = try read(changes)
            Issue.record("accepted: \(changes)")
        } catch {
            guard case .invalid = error else {
                Issue.record("\(error)")
                return
            }
        }
    }
}
