import Domain
import JSON
import Primitives
import Testing

/// A payment that decides and applies at once, as if every write succeeded, with the ledger that follows from it.
struct PaymentWorld {
    static let payer = Caller(tenant: "shop", subject: "u_1", role: .customer)
    static let stranger = Caller(tenant: "shop", subject: "u_2", role: .customer)
    static let staff = Caller(tenant: "shop", subject: "s_1", role: .staff)
    static let service = Caller(tenant: "shop", subject: "gateway", role: .service)
    static let price = Money(decimal: "345.00", .baht)!
    static let payee = PaymentFacts.Payee(promptPay: "0812345678", lastFour: "5678", name: "บจก. ตัวอย่าง")
    static let reference = SlipSamples.reference

    var payment: Payment
    var live = PaymentLive(verifiers: ["easyslip/tenant", "slipok/global"])
    var now = SlipSamples.now
    var ledger = PaymentLedger()
    /// Of the newest decision.
    var effects: [PaymentEffect] = []
    var events: [PaymentEvent] = []
    var answer = JSONValue.null
    private var names = 0

    init(_ facts: PaymentFacts = PaymentWorld.transfer(), wallet: Money? = nil) {
        payment = Payment(id: "981", facts: facts, createdAt: SlipSamples.now)
        if let wallet { ledger.credit(facts.payer, wallet) }
    }

    // MARK: Facts

    static func transfer(_ purpose: PaymentPurpose = .payment, escrow: String? = nil) -> PaymentFacts {
        PaymentFacts(payer: "u_1", purpose: purpose, amount: price, payee: payee, order: "441", escrowPayee: escrow)
    }

    static func fromBalance(escrow: String? = nil) -> PaymentFacts {
        PaymentFacts(payer: "u_1", method: .balance, amount: price, escrowPayee: escrow)
    }

    static func card(
        _ purpose: PaymentPurpose = .payment, escrow: String? = nil, fee: PlatformFee = .none,
        gateway: PaymentGateway? = nil
    ) -> PaymentFacts {
        PaymentFacts(
            payer: "u_1", purpose: purpose, method: .card, amount: price, gateway: gateway, escrowPayee: escrow,
            escrowFee: fee)
    }

    // MARK: Evidence

    static func report(
        amount: Money = price, to receiver: SlipParty = SlipParty(proxy: "xxx-xxx-5678"),
        transferredAt: Timestamp? = SlipSamples.now, reference: SlipReference = PaymentWorld.reference
    ) -> SlipReport {
        SlipReport(
            bank: reference.bank, transRef: reference.transRef, amount: amount.satang!, transferredAt: transferredAt,
            sender: sender, receiver: receiver)
    }

    static let proof = SlipProof(
        verifier: "easyslip/tenant", reference: reference, amount: price.satang!, transferredAt: SlipSamples.now,
        sender: sender, receiver: SlipParty(proxy: "xxx-xxx-5678"))
    static let sender = SlipParty(thaiName: "นาย ทดสอบ ก", bank: SlipSamples.bank, account: "xxx-x-x1234-x")

    static func charge(
        _ state: GatewayCharge.State = .paid, _ number: String = "chrg_1", gateway: PaymentGateway = .omise,
        payment: String? = "981", amount: Money? = price, refunded: String? = nil
    ) -> GatewayCharge {
        GatewayCharge(
            gateway: gateway, charge: number, payment: payment, state: state, amount: amount,
            refunded: refunded.map { Money(decimal: $0, .baht)! }, code: "0000", paidAt: SlipSamples.now, method: "card"
        )
    }

    // MARK: Deciding

    private mutating func context() -> DecisionContext {
        names += 1
        let name = names
        return DecisionContext(now: now) { "\($0)_\(name)" }
    }

    private mutating func take(_ decision: Decision<Payment>?) -> [String] {
        effects = decision?.effects ?? []
        events = decision?.events ?? []
        for event in events {
            let offset = payment.lastOffset + 1
            if case .statusChanged(let transition) = event {
                #expect(transition.from == payment.status && transition.from.next.contains(transition.to))
            }
            payment.apply(event, offset: offset, at: now)
            let postings = payment.postings(for: event, offset: offset)
            let isSound = ledger.post(postings)
            #expect(isSound, "a wallet would be below zero")
        }
        return events.map(\.name)
    }

    /// The names of the events that follow; the effects stand in `effects`.
    @discardableResult
    mutating func report(_ outcome: PaymentOutcome) -> [String] {
        let context = context()
        return take(payment.decide(outcome, live: live, context))
    }

    @discardableResult
    mutating func command(
        _ name: String, _ data: JSONValue = [:], by caller: Caller = staff
    ) throws(FaultReason) -> [String] {
        let context = context()
        let command = SessionCommand(caller: caller, name: name, data: data)
        let decision = try payment.decide(command, live: live, context)
        answer = decision.answer
        return take(decision)
    }

    mutating func refusal(_ name: String, _ data: JSONValue = [:], by caller: Caller = staff) -> FaultReason? {
        do {
            try command(name, data, by: caller)
            return nil
        } catch {
            return error
        }
    }

    // MARK: Slips

    /// How far a slip goes by itself.
    enum Stage: Int, CaseIterable { case received, read, verified, claimed }

    /// Takes a new slip so far, everything going well; its id.
    @discardableResult
    mutating func slip(
        to stage: Stage = .claimed, _ report: SlipReport = PaymentWorld.report(), source: JSONValue = ["payload": "P"]
    ) throws -> String {
        try command("slip.submit", source, by: Self.payer)
        let id = try #require(payment.slip?.id)
        let reference = SlipReference(bank: try #require(report.bank), transRef: try #require(report.transRef))!
        if stage == .received { return id }
        self.report(.slipRead(slip: id, .slip(reference, payload: "P")))
        if stage == .read { return id }
        self.report(.holder(slip: id, reference, .free))
        self.report(.verification(slip: id, try round(), .genuine(report)))
        if stage == .verified { return id }
        self.report(.claim(slip: id, reference, .claimed))
        return id
    }

    /// The round that the newest decision asked for.
    func round() throws -> VerificationRound {
        for case .verify(_, let round) in effects { return round }
        throw Missing()
    }

    func timer() throws -> (PaymentTimer, Timestamp) {
        for case .startTimer(let timer, let at) in effects { return (timer, at) }
        throw Missing()
    }

    /// Waits for the newest decision's timer.
    @discardableResult
    mutating func waitForTimer() throws -> [String] {
        let (timer, at) = try timer()
        now = max(now, at)
        return report(.timerFired(timer))
    }

    mutating func wait(seconds: Int64) { now = now.advanced(by: .seconds(seconds)) }

    mutating func expire() {
        now = max(now, payment.expiresAt)
        report(.timerFired(.expiry))
    }

    // MARK: Gateways

    static func notice(
        _ state: GatewayCharge.State = .paid, event: String = "evnt_1", charge: String = "chrg_1",
        gateway: PaymentGateway = .omise, amount: String? = "345.00", currency: String? = "THB"
    ) -> JSONValue {
        var object: JSONObject = [
            "gateway": .string(gateway.rawValue), "event": .string(event), "charge": .string(charge),
            "state": .string(state.rawValue),
        ]
        object["amount"] = amount.map(JSONValue.string)
        object["currency"] = currency.map(JSONValue.string)
        return .object(object)
    }

    @discardableResult
    mutating func notice(_ data: JSONValue) throws(FaultReason) -> [String] {
        try command("notice.receive", data, by: Self.service)
    }

    /// A notice, and the gateway's answer when it is asked; the names of the events after the answer.
    @discardableResult
    mutating func notice(_ charge: GatewayCharge, event: String) throws -> [String] {
        try notice(Self.notice(charge.state, event: event, charge: charge.charge, gateway: charge.gateway, amount: nil))
        let inquiry = try inquiry()
        return report(.inquiry(inquiry, .charge(charge)))
    }

    /// The question that the newest decision asked.
    func inquiry() throws -> GatewayInquiry {
        for case .inquire(let inquiry) in effects { return inquiry }
        throw Missing()
    }

    /// Why the newest decision ignored a notice.
    var ignorance: NoticeIgnorance? {
        for case .ignored(_, let reason) in events { return reason }
        return nil
    }

    var rejection: SlipRejection? {
        for case .slipRejected(_, let code) in events { return code }
        return nil
    }

    // MARK: Statuses

    /// The shortest way to each status.
    static func at(_ status: PaymentStatus, _ facts: PaymentFacts = transfer()) throws -> PaymentWorld {
        var world = PaymentWorld(facts)
        switch status {
        case .pending: break
        case .accepted: try world.slip()
        case .rejected: try world.notice(charge(.failed), event: "evnt_0")
        case .expired: world.expire()
        case .cancelled: try world.command("payment.cancel", by: payer)
        case .review: try world.slip(PaymentWorld.report(to: SlipParty()))
        case .refunded:
            try world.slip()
            try world.command("payment.refund", ["amount": "45.00"])
        }
        #expect(world.payment.status == status)
        return world
    }

    struct Missing: Error {}
}

extension PaymentWorld {
    private mutating func slip(_ report: SlipReport) throws { try slip(to: .claimed, report) }
}

/// A tenant's ledger, in memory: each posting counts once, and no wallet is ever below zero.
struct PaymentLedger: Equatable {
    private(set) var balances: [LedgerAccount: Int64] = [:]
    private(set) var postings: [String: LedgerPosting] = [:]

    /// False, and nothing is written, when a wallet would be below zero.
    mutating func post(_ new: [LedgerPosting]) -> Bool {
        var next = self
        for posting in new {
            if let old = next.postings[posting.id] {
                #expect(old == posting, "two postings have one id")
                continue
            }
            next.postings[posting.id] = posting
            next.balances[posting.from, default: 0] -= posting.amount.hundredths
            next.balances[posting.to, default: 0] += posting.amount.hundredths
        }
        let isSound = next.balances.allSatisfy { account, balance in
            if case .wallet = account { balance >= 0 } else { true }
        }
        if isSound { self = next }
        return isSound
    }

    mutating func credit(_ subject: String, _ amount: Money) {
        let opening = LedgerPosting(
            id: "opening/\(subject)", from: .clearing(way: "opening"), to: .wallet(subject: subject), amount: amount)
        _ = post([opening])
    }

    subscript(account: LedgerAccount) -> Int64 { balances[account] ?? 0 }

    /// In every double entry it is zero.
    var sum: Int64 { balances.values.reduce(0, +) }
}
