import Domain
import JSON
import Primitives
import TestSupport

/// Payments of one tenant in a world that fails: they share wallets and are shown the same slips; gateways report twice, late and out of
/// order; answers get lost, come twice or late; the process ends at any time; a write that would take a wallet below zero fails as a
/// conflict, and the session is loaded anew. All from one seed, in virtual time.
final class PaymentSimulation {
    /// A transfer that exists, and its slip.
    struct Transfer {
        let reference: SlipReference
        let amount: Satang
        let isGenuine: Bool
        /// Which payee: 0 is ours, 1 another, 2 cannot be seen.
        let receiver: Int
        /// The QR can be read.
        let isReadable: Bool
    }

    /// A charge at a gateway.
    struct Charge {
        let gateway: PaymentGateway
        let number: String
        let payment: String
        let amount: Money
        var state: GatewayCharge.State
        var refunded: Money
    }

    private enum Work {
        case command(String, JSONValue, Caller)
        case effect(PaymentEffect)
        case outcome(PaymentOutcome)
        /// The gateway moves its charge on, and reports it.
        case charge(String)
        case crash
    }

    private struct Item {
        let at: Timestamp
        let number: Int
        let payment: Int
        let work: Work
    }

    struct Record {
        let name: String
        let data: [UInt8]
        let at: Timestamp
    }

    private static let payee = PaymentFacts.Payee(promptPay: "0812345678", lastFour: "5678")
    private static let live = PaymentLive(verifiers: ["easyslip/tenant", "slipok/global"])

    let seed: UInt64
    private var random: SeededRandom
    private(set) var now = SlipSamples.now
    private var items: [Item] = []
    private var number = 0
    private(set) var payments: [Payment] = []
    private(set) var logs: [[Record]]
    private var checkpoints: [(offset: Int, bytes: [UInt8])] = []
    private var identifiers = 0
    private var isReliable = false

    // The outside.
    let transfers: [Transfer]
    private(set) var charges: [String: Charge] = [:]
    private(set) var claims: [SlipReference: Int] = [:]
    private(set) var ledger = PaymentLedger()
    let openings: [String: Int64]

    private(set) var violations: [String] = []
    private(set) var crashes = 0
    private(set) var conflicts = 0

    init(seed: UInt64, payments count: Int = 6) {
        self.seed = seed
        var random = SeededRandom(seed: seed)
        let amounts = ["345.00", "100.00", "345.00"].map { Money(decimal: $0, .baht)! }
        transfers = (0..<4).map { number in
            Transfer(
                reference: SlipReference(bank: SlipSamples.bank, transRef: "T\(seed)N\(number)")!,
                amount: random.isOne(in: 10) ? Satang(34_501)! : random.element(of: amounts).satang!,
                isGenuine: !random.isOne(in: 8), receiver: random.isOne(in: 5) ? random.integer(1...2) : 0,
                isReadable: !random.isOne(in: 5))
        }
        logs = Array(repeating: [], count: count)
        var openings: [String: Int64] = [:]
        for subject in ["u_0", "u_1"] where random.isOne(in: 2) {
            let amount = random.element(of: amounts)
            openings[subject] = amount.hundredths
            ledger.credit(subject, amount)
        }
        self.openings = openings
        self.random = random
        for index in 0..<count {
            let facts = facts(amounts)
            // Who pays from a wallet does so some time after who fills it.
            let start = facts.method == .balance ? moment() : 0
            let createdAt = now.advanced(by: .seconds(Int64(start)))
            payments.append(Payment(id: "p\(index)", facts: facts, createdAt: createdAt))
            checkpoints.append((0, payments[index].encode()))
            add(.outcome(.resumed), to: index, after: start)
            scheduleActions(of: index, facts, start)
        }
        for _ in 0..<self.random.integer(0...4) {
            add(.crash, to: self.random.integer(0...count - 1), after: 2_000 + self.moment())
        }
        for _ in 0..<self.random.integer(0...4) {
            // Before that a payment from a wallet need not be there yet.
            let index = self.random.integer(0...count - 1)
            if payments[index].facts.method != .balance { add(.crash, to: index, after: self.moment()) }
        }
    }

    private func facts(_ amounts: [Money]) -> PaymentFacts {
        let method = random.element(of: [PaymentMethod.qr, .qr, .balance, .card])
        let isDeposit = method != .balance && random.isOne(in: 3)
        return PaymentFacts(
            payer: "u_\(random.integer(0...1))", purpose: isDeposit ? .deposit : .payment, method: method,
            amount: random.element(of: amounts), expiresInSeconds: Int64(random.integer(10...900)),
            payee: method == .qr ? Self.payee : nil,
            escrowPayee: !isDeposit && random.isOne(in: 3) ? "provider" : nil)
    }

    private func moment() -> Double { Double(random.integer(0...2_000)) }

    private func scheduleActions(of index: Int, _ facts: PaymentFacts, _ start: Double) {
        let payer = Caller(tenant: "shop", subject: facts.payer, role: .customer)
        let staff = Caller(tenant: "shop", subject: "s_1", role: .staff)
        for _ in 0..<random.integer(0...3) {
            // Anybody's slip, in any payment.
            let transfer = random.integer(0...transfers.count - 1)
            let source: JSONValue =
                random.isOne(in: 4) ? ["image": .string("\(transfer)")] : ["payload": .string("\(transfer)")]
            add(.command("slip.submit", source, payer), to: index, after: start + moment())
        }
        if facts.method == .card || random.isOne(in: 6) {
            for number in 0..<(random.isOne(in: 5) ? 2 : 1) {
                let name = "chrg_\(index)_\(number)"
                let amount =
                    random.isOne(in: 12) ? Money(decimal: "1.00", .baht)! : facts.amount
                charges[name] = Charge(
                    gateway: random.element(of: PaymentGateway.allCases), number: name,
                    payment: random.isOne(in: 15) ? "elsewhere" : "p\(index)", amount: amount, state: .pending,
                    refunded: .zero(.baht))
                for _ in 0..<random.integer(1...4) { add(.charge(name), to: index, after: start + moment()) }
            }
        }
        let rare: [(Int, String, JSONValue, Caller)] = [
            (4, "payment.cancel", [:], payer), (4, "timer.extend", ["seconds": 60], staff),
            (2, "payment.refund", [:], staff), (2, "payment.refund", ["amount": "40.00"], staff),
            (3, "payment.refund", ["amount": "61.50"], staff), (2, "escrow.release", [:], payer),
            (
                2, "payment.resolve",
                ["decision": .string(random.element(of: ["accept", "reject", "refund"])), "note": "n"], staff
            ),
            (9, "payment.refund", ["amount": "1.00"], payer), (9, "payment.cancel", [:], staff),
        ]
        for (chance, name, data, caller) in rare where random.isOne(in: chance) {
            add(.command(name, data, caller), to: index, after: start + moment())
        }
        // Long after, when the wallet may have been spent.
        if facts.purpose == .deposit { add(.command("payment.refund", [:], staff), to: index, after: 2_000 + moment()) }
    }

    // MARK: The queue

    /// The next item is the last.
    private func insert(_ item: Item) {
        var (low, high) = (0, items.count)
        while low < high {
            let middle = (low + high) / 2
            if items[middle].at > item.at || (items[middle].at == item.at && items[middle].number > item.number) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        items.insert(item, at: low)
    }

    private func add(_ work: Work, to payment: Int, at time: Timestamp) {
        number += 1
        insert(Item(at: time, number: number, payment: payment, work: work))
    }

    private func add(_ work: Work, to payment: Int, after seconds: Double) {
        add(work, to: payment, at: now.advanced(by: .milliseconds(Int(seconds * 1_000))))
    }

    /// True with this probability, in a world that fails.
    private func fails(_ percent: Int) -> Bool { !isReliable && random.integer(1...100) <= percent }

    private func latency() -> Double { Double(random.integer(0...4_000)) / 1_000 }

    /// Runs until nothing is left to happen; false when it does not end.
    func run(steps: Int = 20_000) -> Bool {
        for _ in 0..<steps {
            guard let item = items.popLast() else { return true }
            now = max(now, item.at)
            perform(item)
        }
        return false
    }

    /// Afterwards: everybody answers again, every process is started anew, and people decide about what waits for them.
    func settle() -> Bool {
        isReliable = true
        for index in payments.indices { add(.crash, to: index, after: 1) }
        guard run() else { return false }
        let staff = Caller(tenant: "shop", subject: "s_1", role: .staff)
        for index in payments.indices where payments[index].status == .review {
            let data: JSONValue = [
                "decision": .string(random.element(of: ["accept", "reject", "refund"])), "note": "n",
            ]
            add(.command("payment.resolve", data, staff), to: index, after: 1)
        }
        guard run() else { return false }
        // A slip that has paid something else cannot be accepted.
        for index in payments.indices where payments[index].status == .review {
            add(.command("payment.resolve", ["decision": "reject", "note": "n"], staff), to: index, after: 1)
        }
        return run()
    }

    private func perform(_ item: Item) {
        let index = item.payment
        switch item.work {
        case .command(let name, let data, let caller): command(name, data, caller, index)
        case .effect(let effect): carryOut(effect, index)
        case .outcome(let outcome):
            let context = context()
            guard let decision = payments[index].decide(outcome, live: Self.live, context) else { return }
            // A write that fails takes the decision back; the outcome is decided again.
            if fails(3) { return add(item.work, to: index, after: 1) }
            commit(decision, index, at: context.now)
        case .charge(let name): advance(name, index)
        case .crash: crash(index)
        }
    }

    private func context() -> DecisionContext {
        identifiers += 1
        let base = identifiers
        return DecisionContext(now: Timestamp(microseconds: now.microseconds / 1_000 * 1_000)) { "\($0)_\(base)" }
    }

    private func command(_ name: String, _ data: JSONValue, _ caller: Caller, _ index: Int) {
        let context = context()
        let command = SessionCommand(caller: caller, name: name, data: data)
        do {
            let decision = try payments[index].decide(command, live: Self.live, context)
            if fails(3) { return }
            commit(decision, index, at: context.now)
        } catch {
            // Refused: nothing has happened.
        }
    }

    /// Events, and the ledger with them, or nothing: then the session ends, and is loaded anew.
    private func commit(_ decision: Decision<Payment>, _ index: Int, at time: Timestamp) {
        var next = payments[index]
        var records = logs[index]
        var postings: [LedgerPosting] = []
        for event in decision.events {
            let before = next
            records.append(Record(name: event.name, data: event.data.bytes, at: time))
            next.apply(event, offset: Int64(records.count), at: time)
            check(event, before, next)
            postings += next.postings(for: event, offset: Int64(records.count))
        }
        guard ledger.post(postings) else {
            conflicts += 1
            return crash(index)
        }
        // The journal may be told twice.
        if !ledger.post(postings) { violate("a posting counts twice") }
        payments[index] = next
        logs[index] = records
        if random.isOne(in: 8) { checkpoints[index] = (records.count, next.encode()) }
        for effect in decision.effects {
            if case .startTimer(let timer, let at) = effect {
                add(.outcome(.timerFired(timer)), to: index, at: max(at, now))
            } else {
                add(.effect(effect), to: index, after: latency())
            }
        }
    }

    private func check(_ event: PaymentEvent, _ before: Payment, _ after: Payment) {
        guard case .statusChanged(let transition) = event else {
            if before.status != after.status { violate("\(event.name) changed the status") }
            return
        }
        if transition.from != before.status || after.status != transition.to || after.evidence != transition.evidence {
            violate("illegal: \(before.status), \(transition)")
        }
        if transition.to == .expired, now < before.expiresAt { violate("it expired too early") }
    }

    /// Everything in memory goes; what is in the log comes back, and must be what was in memory.
    private func crash(_ index: Int) {
        crashes += 1
        items.removeAll { item in
            guard item.payment == index else { return false }
            switch item.work {
            case .effect, .outcome: return true
            case .command, .charge, .crash: return false
            }
        }
        let checkpoint = checkpoints[index]
        let new = Payment(id: "p\(index)", facts: payments[index].facts, createdAt: payments[index].createdAt)
        for (offset, bytes) in [(0, new.encode()), checkpoint] {
            guard let state = replay(logs[index], from: offset, bytes) else { return violate("the log is not read") }
            if state != payments[index] { violate("the log leads to another state") }
        }
        add(.outcome(.resumed), to: index, after: Double(random.integer(0...400)))
    }

    private func replay(_ log: [Record], from offset: Int, _ bytes: [UInt8]) -> Payment? {
        guard var state = Payment(checkpoint: bytes, format: Payment.checkpointFormat) else { return nil }
        for (index, record) in log.enumerated().dropFirst(offset) {
            guard let data = try? JSONParser.parse(record.data), let event = PaymentEvent(name: record.name, data: data)
            else { return nil }
            state.apply(event, offset: Int64(index + 1), at: record.at)
        }
        return state
    }

    private func violate(_ what: String) { violations.append(what) }

    // MARK: The outside

    /// An answer may be lost (until a restart asks again), come twice, or late.
    private func report(_ outcome: PaymentOutcome, _ index: Int, mayBeLost: Bool = false) {
        if mayBeLost, fails(4) { return add(.crash, to: index, after: moment()) }
        add(.outcome(outcome), to: index, after: fails(5) ? latency() * 100 : latency())
        if fails(10) { add(.outcome(outcome), to: index, after: latency() * 20) }
    }

    private func carryOut(_ effect: PaymentEffect, _ index: Int) {
        switch effect {
        case .readSlip(let slip, let source):
            report(.slipRead(slip: slip, read(source)), index, mayBeLost: true)
        case .lookUp(let slip, let reference):
            let holder = claims[reference]
            let answer: HolderAnswer = fails(5) ? .unavailable : holder == nil || holder == index ? .free : .taken
            report(.holder(slip: slip, reference, answer), index, mayBeLost: true)
        case .verify(let slip, let round):
            report(.verification(slip: slip, round, verify(slip, round, index)), index, mayBeLost: true)
        case .claim(let slip, let proof):
            if fails(5) { return report(.claim(slip: slip, proof.reference, .unavailable), index) }
            let holder = claims[proof.reference] ?? index
            claims[proof.reference] = holder
            // The answer may be lost after the claim was written.
            let answer: ClaimAnswer =
                fails(5) ? .unavailable : holder == index ? .claimed : .taken(by: "payment/p\(holder)")
            report(.claim(slip: slip, proof.reference, answer), index, mayBeLost: true)
        case .claimReviewed(let slip, let reference):
            let holder = claims[reference] ?? index
            claims[reference] = holder
            let answer: ClaimAnswer =
                fails(5) ? .unavailable : holder == index ? .claimed : .taken(by: "payment/p\(holder)")
            report(.reviewClaimed(slip: slip, answer), index, mayBeLost: true)
        case .checkBalance(let subject, let amount):
            report(.balance(balance(of: subject, amount)), index, mayBeLost: true)
        case .inquire(let inquiry):
            report(.inquiry(inquiry, fails(15) ? .unavailable : answer(inquiry.charge)), index, mayBeLost: true)
        case .checkRefund(let order, let subject):
            report(.refundCheck(number: order.number, balance(of: subject, order.amount)), index, mayBeLost: true)
        case .refund(let order, let charge): refund(order, charge, index)
        case .askRefund(let order, let charge):
            report(
                .refundAsked(number: order.number, fails(15) ? .unavailable : answer(charge.charge)), index,
                mayBeLost: true)
        case .startTimer, .stopTimer, .countDown, .tellOrders: break
        }
    }

    private func read(_ source: PaymentSlip.Source) -> QRAnswer {
        switch source {
        case .payload(let text): return .slip(transfers[Int(text)!].reference, payload: text)
        case .image(let name):
            if fails(5) { return .noImage }
            let transfer = transfers[Int(name)!]
            return transfer.isReadable ? .slip(transfer.reference, payload: name) : .none
        }
    }

    private func verify(_ slip: String, _ round: VerificationRound, _ index: Int) -> VerifierAnswer {
        guard let current = payments[index].slip, current.id == slip else { return .fault(.unclear) }
        let text: String =
            switch current.source {
            case .payload(let text), .image(let text): text
            }
        let transfer = transfers[Int(text)!]
        if fails(35) {
            return .fault(
                random.element(of: [VerifierFault.unavailable, .unavailable, .quota, .unclear, .configuration]))
        }
        if fails(10) { return random.isOne(in: 2) ? .pending(after: nil) : .notFound }
        guard transfer.isGenuine else { return .bad(random.element(of: [.expired, .notASlip])) }
        let receivers = [SlipParty(proxy: "xxx-xxx-5678"), SlipParty(account: "xxx-x-x9999-x"), SlipParty()]
        return .genuine(
            SlipReport(
                bank: transfer.reference.bank, transRef: transfer.reference.transRef, amount: transfer.amount,
                transferredAt: random.isOne(in: 12) ? now.advanced(by: .seconds(-4_000)) : now, sender: SlipParty(),
                receiver: receivers[transfer.receiver]))
    }

    private func balance(of subject: String, _ amount: Money) -> BalanceAnswer {
        if fails(5) { return .unavailable }
        // It is a hint, and may be of a moment ago.
        if fails(10) { return .enough }
        return ledger[.wallet(subject: subject)] >= amount.hundredths ? .enough : .short
    }

    private func answer(_ name: String) -> GatewayAnswer {
        guard let charge = charges[name] else { return .absent }
        return .charge(
            GatewayCharge(
                gateway: charge.gateway, charge: name, payment: charge.payment, state: charge.state,
                amount: charge.amount, refunded: charge.refunded.isZero ? nil : charge.refunded, paidAt: now))
    }

    /// A charge moves on at its gateway, whatever we know; what is reported may come twice, late, or never.
    private func advance(_ name: String, _ index: Int) {
        guard var charge = charges[name] else { return }
        switch charge.state {
        // Some say so again and again.
        case .pending: if !random.isOne(in: 3) { charge.state = random.isOne(in: 4) ? .failed : .paid }
        case .paid:
            // Somebody gives back at the gateway.
            let left = charge.amount.subtracting(charge.refunded)!
            let part = Money(hundredths: min(5_000, left.hundredths), .baht)!
            charge.refunded = charge.refunded.adding(random.isOne(in: 2) ? left : part)!
            if charge.refunded == charge.amount { charge.state = .refunded }
        default: break
        }
        charges[name] = charge
        notify(charge, index)
    }

    private func notify(_ charge: Charge, _ index: Int) {
        let service = Caller(tenant: "shop", subject: "gateway", role: .service)
        identifiers += 1
        var data: JSONObject = [
            "gateway": .string(charge.gateway.rawValue), "event": .string("e\(identifiers)"),
            "charge": .string(charge.number), "state": .string(charge.state.rawValue),
        ]
        if random.isOne(in: 2) {
            data["amount"] = .string(charge.amount.decimal)
            data["currency"] = "THB"
        }
        for _ in 0..<(fails(10) ? 0 : random.integer(1...3)) {
            add(.command("notice.receive", .object(data), service), to: index, after: fails(20) ? moment() : latency())
        }
    }

    private func refund(_ order: RefundOrder, _ charge: GatewayCharge, _ index: Int) {
        guard var known = charges[charge.charge], let total = known.refunded.adding(order.amount),
            total.hundredths <= known.amount.hundredths
        else { return report(.refund(number: order.number, .refused), index) }
        if fails(25) { return report(.refund(number: order.number, fails(50) ? .refused : .unclear), index) }
        known.refunded = total
        if total == known.amount { known.state = .refunded }
        charges[charge.charge] = known
        if random.isOne(in: 2) { notify(known, index) }
        report(.refund(number: order.number, fails(10) ? .unclear : .accepted), index, mayBeLost: true)
    }
}
