import Domain
import JSON
import Primitives
import Testing

/// A LINE account that decides and applies at once, as if every write succeeded.
struct LineAccountWorld {
    static let gateway = Caller(tenant: "company_a", subject: "line", role: .service)
    static let staff = Caller(tenant: "company_a", subject: "s_1", role: .staff)

    var account = LineAccount(id: "oa-1", facts: LineAccountFacts(name: "OA"), createdAt: SlipSamples.now)
    var live = LineAccountLive(verifiers: ["easyslip/tenant", "easyslip/global", "slipok/global"])
    var now = SlipSamples.now
    /// Of the newest decision.
    var effects: [LineAccountEffect] = []
    var answer = JSONValue.null
    private var names = 0

    static let list = AccountList(
        accounts: [TenantAccount(id: "ACC123", number: "1112345678", bank: BankCode("014"))],
        loadedAt: SlipSamples.now)
    static let report = SlipReport(
        bank: SlipSamples.bank, transRef: SlipSamples.reference.transRef, amount: SlipSamples.amount,
        transferredAt: SlipSamples.now,
        sender: SlipParty(thaiName: "ทดสอบ กขคง", bank: SlipSamples.bank, account: "1234567890"),
        receiver: SlipParty(bank: BankCode("014"), account: "1112345678"))
    static let candidate = UserCandidate(
        id: "USER123", memberCode: "MEM001", fullName: "ทดสอบ กขคง", bankAccount: "1234567890",
        bank: SlipSamples.bank)

    private mutating func context() -> DecisionContext {
        names += 1
        let name = names
        let count = Counter()
        return DecisionContext(now: now) { prefix in
            count.value += 1
            return "\(prefix)_\(name)_\(count.value)"
        }
    }

    private mutating func take(_ decision: Decision<LineAccount>?) -> [String] {
        effects = decision?.effects ?? []
        for event in decision?.events ?? [] {
            account.apply(event, offset: account.lastOffset + 1, at: now)
        }
        return decision?.events.map(\.name) ?? []
    }

    /// The names of the events that follow; the effects stand in `effects`.
    @discardableResult
    mutating func report(_ outcome: LineAccountOutcome) -> [String] {
        let context = context()
        return take(account.decide(outcome, live: live, context))
    }

    @discardableResult
    mutating func command(
        _ name: String, _ data: JSONValue, by caller: Caller = staff
    ) throws(FaultReason) -> [String] {
        let context = context()
        let decision = try account.decide(
            SessionCommand(caller: caller, name: name, data: data), live: live, context)
        answer = decision.answer
        return take(decision)
    }

    mutating func refusal(_ name: String, _ data: JSONValue, by caller: Caller = staff) -> FaultReason? {
        do {
            try command(name, data, by: caller)
            return nil
        } catch {
            return error
        }
    }

    static func image(
        _ id: String, at: Timestamp = SlipSamples.now, token: String? = "R1", user: String = "U1"
    ) -> LineInboundEvent {
        LineInboundEvent(
            id: id, at: at, user: user, replyToken: token, content: .image(message: "5500" + id))
    }

    @discardableResult
    mutating func webhook(_ events: LineInboundEvent...) throws(FaultReason) -> [String] {
        try command("webhook.receive", ["events": .array(events.map(\.json))], by: Self.gateway)
    }

    /// How far a slip goes by itself.
    enum Stage: Int { case received, identified, verified, matched, credited }

    /// Takes a new slip so far, everything going well; its transaction.
    @discardableResult
    mutating func slip(
        _ event: String = "E1", user: String = "U1", to stage: Stage, token: String? = nil
    ) throws -> String {
        try webhook(Self.image(event, at: now, token: token, user: user))
        let transaction = try #require(account.ordered.last?.slip.transaction)
        if stage == .received { return transaction }
        report(.image(transaction: transaction, .held))
        report(.qr(transaction: transaction, .slip(SlipSamples.reference, payload: "P")))
        report(.claim(transaction: transaction, SlipClaim(reference: SlipSamples.reference, payload: "P"), .claimed))
        if stage == .identified { return transaction }
        report(.verification(transaction: transaction, try round(of: transaction), .genuine(Self.report)))
        if stage == .verified { return transaction }
        report(.accounts(.loaded(Self.list)))
        report(.users(transaction: transaction, .found([Self.candidate])))
        if stage == .matched { return transaction }
        report(.credit(transaction: transaction, attempt: 1, .accepted(reference: "9001")))
        return transaction
    }

    /// The back end has no such credit, and still has none when it is asked again.
    mutating func reportAbsence(of transaction: String, attempt: Int) throws {
        for ask in 1..<SlipRetryPolicy.absences {
            report(.creditAsked(transaction: transaction, attempt: attempt, ask: ask, .absent))
            try waitForTimer()
        }
        report(.creditAsked(transaction: transaction, attempt: attempt, ask: SlipRetryPolicy.absences, .absent))
    }

    /// The round that the newest decision asked for.
    func round(of transaction: String) throws -> VerificationRound {
        for case .verify(transaction, let round) in effects { return round }
        throw Missing()
    }

    func telling() throws -> Telling {
        for case .tell(let telling) in effects { return telling }
        throw Missing()
    }

    func timer() throws -> (LineAccountTimer, Timestamp) {
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

    func status(_ transaction: String) -> SlipStatus? { account.entries[transaction]?.slip.status }

    struct Missing: Error {}

    private final class Counter { var value = 0 }
}
