import Domain
import JSON
import Primitives
import TestSupport

/// Two LINE accounts of one tenant in a world that fails: a back end that may credit late and forgets keys, providers, LINE,
/// crashes, duplicates and reordering, all from one seed. Time is virtual.
final class SlipSimulation {
    /// A transfer that exists, and a photo of it.
    struct Transfer {
        let number: Int
        let reference: SlipReference
        let amount: Satang
        let user: Int
        /// 0: the QR can be read; 1: it cannot; 2: it is another QR.
        let qr: Int
        let isGenuine: Bool
        let isToUs: Bool
    }

    struct Credit: Equatable {
        let key: String
        let reference: SlipReference
        let amount: Satang
        let user: String
    }

    struct Delivery: Hashable {
        let account: Int
        let transaction: String
        let kind: NoticeKind
    }

    private enum Work {
        case webhook([LineInboundEvent])
        case effect(LineAccountEffect)
        case outcome(LineAccountOutcome)
        /// A submission that the back end carries out only now, after its caller has given up.
        case landing(CreditOrder)
        case crash
    }

    private struct Item {
        let at: Timestamp
        let number: Int
        let account: Int
        let work: Work
    }

    struct Record {
        let name: String
        let data: [UInt8]
        let at: Timestamp
    }

    /// Who has the claim of a reference.
    private struct Holder: Equatable {
        let account: Int
        let transaction: String
    }

    let seed: UInt64
    private var random: SeededRandom
    private(set) var now = Timestamp(seconds: 1_795_190_000)
    private var items: [Item] = []
    private var number = 0
    private(set) var accounts: [LineAccount]
    private(set) var logs: [[Record]] = [[], []]
    private var checkpoints: [(offset: Int, bytes: [UInt8])]
    private var lists: [AccountList?] = [nil, nil]
    private var images: [Set<String>] = [[], []]
    private var identifiers = 0
    let transfers: [Transfer]
    private var isReliable = false
    private var isAdminIn = true

    // The outside.
    private var claims: [SlipReference: Holder] = [:]
    private(set) var ledger: [Credit] = []
    private let knowsKeys: Bool
    private let refusesConflicts: Bool
    private let settings: NoticeSettings
    private var usedTokens: Set<String> = []
    private var takenKeys: Set<String> = []
    private(set) var delivered: [Delivery: Int] = [:]
    private(set) var violations: [String] = []
    private(set) var crashes = 0

    init(seed: UInt64, transfers count: Int = 10) {
        self.seed = seed
        var random = SeededRandom(seed: seed)
        knowsKeys = random.isOne(in: 2)
        refusesConflicts = random.isOne(in: 2)
        settings = NoticeSettings(repliesToImages: random.isOne(in: 2), repliesToDuplicates: !random.isOne(in: 4))
        transfers = (0..<count).map { number in
            Transfer(
                number: number, reference: SlipReference(bank: SlipSamples.bank, transRef: "T\(seed)N\(number)")!,
                amount: Satang(Int64(random.integer(1...500_000)))!, user: random.integer(0...3),
                qr: random.isOne(in: 5) ? random.integer(1...2) : 0, isGenuine: !random.isOne(in: 8),
                isToUs: !random.isOne(in: 8))
        }
        accounts = (0..<2).map {
            LineAccount(id: "oa-\($0)", facts: LineAccountFacts(name: "OA"), createdAt: Timestamp(seconds: 0))
        }
        checkpoints = accounts.map { (0, $0.encode()) }
        self.random = random
        // What somebody credited by hand before; only a back end that looks at references can know.
        if refusesConflicts, let first = transfers.first, random.isOne(in: 3) {
            ledger.append(Credit(key: "foreign", reference: first.reference, amount: first.amount, user: "U"))
        }
        for transfer in transfers { schedulePhotos(of: transfer) }
        for _ in 0..<self.random.integer(0...6) {
            add(.crash, to: self.random.integer(0...1), after: Double(self.random.integer(0...600)))
        }
    }

    private func schedulePhotos(of transfer: Transfer) {
        for copy in 0..<(random.isOne(in: 4) ? 2 : 1) {
            let account = random.integer(0...1)
            let sent = now.advanced(by: .milliseconds(random.integer(0...300_000)))
            let event = LineInboundEvent(
                id: "E\(transfer.number)C\(copy)", at: sent, user: "U\(transfer.user)",
                replyToken: random.isOne(in: 6) ? nil : "R\(transfer.number)C\(copy)",
                content: .image(message: "M\(transfer.number)"))
            let other = LineInboundEvent(
                id: "O\(transfer.number)C\(copy)", at: sent, user: "U", replyToken: nil, content: .other(type: "text"))
            for _ in 0..<random.integer(1...3) {
                let delay = sent.advanced(by: .milliseconds(random.integer(0...90_000)))
                insert(Item(at: delay, number: nextNumber(), account: account, work: .webhook([event, other])))
            }
        }
    }

    private func nextNumber() -> Int {
        number += 1
        return number
    }

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

    private func add(_ work: Work, to account: Int, after seconds: Double) {
        insert(
            Item(
                at: now.advanced(by: .milliseconds(Int(seconds * 1_000))), number: nextNumber(), account: account,
                work: work))
    }

    /// True with this probability, in a world that fails.
    private func fails(_ percent: Int) -> Bool { !isReliable && random.integer(1...100) <= percent }

    private func latency() -> Double { Double(random.integer(0...4_000)) / 1_000 }

    // MARK: The run

    /// Runs until nothing is left to happen; false when it does not end.
    func run(steps: Int = 60_000) -> Bool {
        for _ in 0..<steps {
            guard let item = items.popLast() else { return true }
            now = max(now, item.at)
            perform(item)
        }
        return false
    }

    private func perform(_ item: Item) {
        switch item.work {
        case .webhook(let events):
            let data: JSONValue = ["events": .array(events.map(\.json))]
            let taken = command("webhook.receive", data, on: item.account, by: .service) != nil
            // LINE delivers again what was not answered.
            if !taken { add(item.work, to: item.account, after: 60) }
        case .effect(let effect): carryOut(effect, item.account)
        case .outcome(let outcome):
            let context = self.context()
            guard let decision = accounts[item.account].decide(outcome, live: live(item.account), context) else {
                return
            }
            // A write that fails takes the decision back; the outcome is decided again.
            if fails(3) { return add(item.work, to: item.account, after: 1) }
            commit(decision, item.account, at: context.now)
        case .landing(let order): _ = apply(order)
        case .crash: crash(item.account)
        }
    }

    private func context() -> DecisionContext {
        identifiers += 1
        let base = identifiers
        let count = Counter()
        return DecisionContext(now: Timestamp(microseconds: now.microseconds / 1_000 * 1_000)) { prefix in
            count.value += 1
            return "\(prefix)_\(base)_\(count.value)"
        }
    }

    private final class Counter { var value = 0 }

    private func live(_ account: Int) -> LineAccountLive {
        LineAccountLive(
            verifiers: ["easyslip/tenant", "slipok/tenant"], settings: settings, accounts: lists[account],
            accountsLifetime: .seconds(300))
    }

    /// The decision's answer; nil when it was refused or its write failed.
    private func command(_ name: String, _ data: JSONValue, on account: Int, by role: Role) -> JSONValue? {
        let caller = Caller(tenant: "company_a", subject: "s", role: role)
        let context = self.context()
        do {
            let decision = try accounts[account].decide(
                SessionCommand(caller: caller, name: name, data: data), live: live(account), context)
            if fails(3) { return nil }
            commit(decision, account, at: context.now)
            return decision.answer
        } catch {
            return nil
        }
    }

    private func commit(_ decision: Decision<LineAccount>, _ account: Int, at: Timestamp) {
        for event in decision.events {
            if case .slip(let transaction, let transition) = event, let entry = accounts[account].entries[transaction] {
                do { _ = try entry.slip.advanced(by: transition, at: at) } catch { violate("illegal: \(error)") }
            }
            logs[account].append(Record(name: event.name, data: event.data.bytes, at: at))
            accounts[account].apply(event, offset: Int64(logs[account].count), at: at)
        }
        if random.isOne(in: 10) { checkpoints[account] = (logs[account].count, accounts[account].encode()) }
        for effect in decision.effects {
            if case .startTimer(let timer, let time) = effect {
                insert(
                    Item(at: max(time, now), number: nextNumber(), account: account, work: .outcome(.timerFired(timer)))
                )
            } else {
                add(.effect(effect), to: account, after: latency())
            }
        }
    }

    /// Everything in memory goes; what is in the log comes back, and must be what was in memory.
    private func crash(_ account: Int) {
        crashes += 1
        items.removeAll { item in
            guard item.account == account else { return false }
            switch item.work {
            case .effect, .outcome: return true
            case .webhook, .landing, .crash: return false
            }
        }
        lists[account] = nil
        images[account] = []
        let (offset, bytes) = checkpoints[account]
        guard var state = LineAccount(checkpoint: bytes, format: LineAccount.checkpointFormat) else {
            return violate("the checkpoint is not read")
        }
        for (index, record) in logs[account].enumerated().dropFirst(offset) {
            do {
                guard let event = LineAccountEvent(name: record.name, data: try JSONParser.parse(record.data)) else {
                    return violate("the log is not read: \(record.name)")
                }
                state.apply(event, offset: Int64(index + 1), at: record.at)
            } catch {
                return violate("the log is no JSON")
            }
        }
        if state != accounts[account] { violate("the log leads to another state") }
        accounts[account] = state
        add(.outcome(.resumed), to: account, after: Double(random.integer(0...20)))
    }

    private func violate(_ what: String) { violations.append(what) }

    // MARK: The outside

    private func report(_ outcome: LineAccountOutcome, _ account: Int) {
        add(.outcome(outcome), to: account, after: latency())
        if fails(10) { add(.outcome(outcome), to: account, after: latency() * 20) }
    }

    private func transfer(of transaction: String, _ account: Int) -> Transfer? {
        guard let message = accounts[account].entries[transaction]?.slip.receipt.message else { return nil }
        return transfers.first { "M\($0.number)" == message }
    }

    private func carryOut(_ effect: LineAccountEffect, _ account: Int) {
        switch effect {
        case .fetchImage(let transaction, _, _):
            let answer: ImageAnswer = fails(10) ? .pending : fails(4) ? .unavailable : fails(1) ? .gone : .held
            if answer == .held { images[account].insert(transaction) }
            report(.image(transaction: transaction, answer), account)
        case .decodeQR(let transaction):
            guard let transfer = transfer(of: transaction, account), images[account].contains(transaction) else {
                return report(.qr(transaction: transaction, .noImage), account)
            }
            let answer: QRAnswer =
                transfer.qr == 0
                ? .slip(transfer.reference, payload: "P\(transfer.number)") : transfer.qr == 1 ? .none : .foreign
            report(.qr(transaction: transaction, answer), account)
        case .claim(let transaction, let claim): self.claim(transaction, claim, account)
        case .verify(let transaction, let round):
            report(.verification(transaction: transaction, round, verification(of: transaction, account)), account)
        case .loadAccounts:
            let answer = accountsAnswer()
            if case .loaded(let list) = answer { lists[account] = list }
            report(.accounts(answer), account)
        case .searchUser(let transaction, _):
            report(.users(transaction: transaction, usersAnswer(transaction, account)), account)
        case .submitCredit(let transaction, let order): submit(order, transaction, account)
        case .askCredit(let transaction, let order, let ask):
            let credit = ledger.first { $0.key == order.key }
            let answer: CreditAskAnswer =
                fails(20)
                ? .unclear
                : fails(3) ? .adminExpired : credit.map { .found($0.amount, reference: "B") } ?? .absent
            report(.creditAsked(transaction: transaction, attempt: order.attempt, ask: ask, answer), account)
        case .tell(let telling): tell(telling, account)
        case .startTimer: break
        }
    }

    private func claim(_ transaction: String, _ claim: SlipClaim, _ account: Int) {
        if fails(4) { return report(.claim(transaction: transaction, claim, .unavailable), account) }
        let owner = Holder(account: account, transaction: transaction)
        let holder = claims[claim.reference].flatMap { hasFailed($0) ? nil : $0 } ?? owner
        claims[claim.reference] = holder
        // The answer may be lost after the claim was written.
        let answer: ClaimAnswer =
            fails(4)
            ? .unavailable : holder == owner ? .claimed : .taken(by: "oa-\(holder.account)/\(holder.transaction)")
        report(.claim(transaction: transaction, claim, answer), account)
    }

    private func hasFailed(_ holder: Holder) -> Bool {
        logs[holder.account].contains { record in
            guard record.name == "slip.failed" else { return false }
            let data = String(decoding: record.data, as: UTF8.self)
            return data.contains("\"\(holder.transaction)\"") && !data.contains("\"rejected\"")
        }
    }

    private func verification(of transaction: String, _ account: Int) -> VerifierAnswer {
        guard let transfer = transfer(of: transaction, account) else { return .fault(.unclear) }
        if fails(20) {
            return .fault(
                random.element(of: [VerifierFault.unavailable, .unavailable, .quota, .unclear, .configuration]))
        }
        if fails(15) { return random.isOne(in: 2) ? .pending(after: nil) : .notFound }
        guard transfer.isGenuine else { return .bad(.expired) }
        return .genuine(
            SlipReport(
                bank: fails(10) && transfer.qr == 0 ? nil : transfer.reference.bank,
                transRef: transfer.reference.transRef, amount: transfer.amount, transferredAt: now,
                sender: SlipParty(
                    thaiName: Self.names[transfer.user], bank: SlipSamples.bank,
                    account: "123456789\(transfer.user)"),
                receiver: SlipParty(
                    bank: BankCode("014"), account: transfer.isToUs ? "1112345678" : "9998887776"),
                wasSeenBefore: random.isOne(in: 3)))
    }

    private static let names = ["ทดสอบ หนึ่งหนึ่ง", "ทดสอบ สองสอง", "ทดสอบ สามสาม", "ทดสอบ สี่สี่"]

    private func accountsAnswer() -> AccountsAnswer {
        if fails(10) { return .unavailable }
        if fails(3) || !isAdminIn { return .adminExpired }
        return .loaded(
            AccountList(
                accounts: [TenantAccount(id: "ACC1", number: "1112345678", bank: BankCode("014"))], loadedAt: now))
    }

    private func usersAnswer(_ transaction: String, _ account: Int) -> UsersAnswer {
        if fails(10) { return .unavailable }
        if fails(3) { return .adminExpired }
        guard let user = transfer(of: transaction, account)?.user else { return .found([]) }
        let candidate = UserCandidate(
            id: "USER\(user)", fullName: Self.names[user], bankAccount: "123456789\(user)", bank: SlipSamples.bank)
        // The last of them has an account twice.
        return .found(
            user == 3
                ? [
                    candidate,
                    UserCandidate(
                        id: "OTHER", fullName: Self.names[user], bankAccount: "1234567893",
                        bank: SlipSamples.bank),
                ]
                : [candidate])
    }

    private func submit(_ order: CreditOrder, _ transaction: String, _ account: Int) {
        let isLogged = logs[account].reversed().contains { $0.name == "slip.crediting" && $0.data.contains(order) }
        if !isLogged { violate("an order was sent that is not in the log") }
        func answer(_ answer: CreditAnswer) {
            report(.credit(transaction: transaction, attempt: order.attempt, answer), account)
        }
        if fails(8) { return answer(.unsent) }
        if fails(3) { return answer(.refused) }
        if fails(4) { return answer(.adminExpired) }
        if fails(12) {
            // Our patience ends; the back end carries it out all the same, at once or up to 20 s later.
            add(.landing(order), to: account, after: random.isOne(in: 2) ? 0 : Double(random.integer(1...20)))
            return answer(.unclear)
        }
        if fails(8) { return answer(.unclear) }
        answer(apply(order))
    }

    private func apply(_ order: CreditOrder) -> CreditAnswer {
        if knowsKeys, ledger.contains(where: { $0.key == order.key }) { return .accepted(reference: "B") }
        if refusesConflicts, ledger.contains(where: { $0.reference == order.reference }) { return .duplicate }
        ledger.append(Credit(key: order.key, reference: order.reference, amount: order.amount, user: order.user))
        return .accepted(reference: "B")
    }

    private func tell(_ telling: Telling, _ account: Int) {
        let delivery = Delivery(account: account, transaction: telling.transaction, kind: telling.mark.kind)
        func answer(_ answer: TellingAnswer) { report(.told(telling, answer), account) }
        if telling.mark.kind == .result,
            accounts[account].entries[telling.transaction]?.slip.status.isTerminal == false
        {
            violate("told of a slip that has not ended")
        }
        if telling.mark.way == .reply {
            guard let token = telling.replyToken, !usedTokens.contains(token),
                let entry = accounts[account].entries[telling.transaction],
                now < entry.slip.receipt.sentAt.advanced(by: .seconds(120))
            else { return answer(.tokenInvalid) }
            if fails(3) { return answer(.rateLimited) }
            if fails(8) { return answer(.unclear) }
            usedTokens.insert(token)
        } else {
            if takenKeys.contains(telling.mark.key) { return answer(.acceptedBefore) }
            if fails(2) { return answer(.quotaExhausted) }
            if fails(2) { return answer(.refused) }
            if fails(8) { return answer(.rateLimited) }
            if fails(8) { return answer(.unclear) }
            takenKeys.insert(telling.mark.key)
        }
        delivered[delivery, default: 0] += 1
        answer(fails(10) ? .unclear : .accepted)
    }

    // MARK: People

    /// Somebody works through the review queue, in a world that still fails.
    func work() {
        for account in accounts.indices {
            for entry in accounts[account].ordered where entry.slip.status == .review {
                let transaction = JSONValue.string(entry.slip.transaction)
                if random.isOne(in: 3) {
                    _ = command("admin.renew", ["username": "admin"], on: account, by: .service)
                } else if random.isOne(in: 2) {
                    _ = command("slip.retry", ["transaction": transaction], on: account, by: .staff)
                } else {
                    let decision = random.element(of: SlipDecision.allCases)
                    // Somebody who says that it was credited has seen it.
                    if decision == .credited, !ledger.contains(where: { $0.reference == entry.slip.claim?.reference }) {
                        continue
                    }
                    _ = command(
                        "slip.resolve",
                        [
                            "transaction": transaction, "decision": .string(decision.rawValue), "note": "looked",
                            "account": entry.slip.progress.account == nil ? "ACC1" : nil,
                            "user": entry.slip.progress.user == nil ? ["id": "USER9"] : nil,
                        ], on: account, by: random.element(of: [Role.staff, .admin, .operator]))
                }
            }
        }
    }

    /// From now on nothing fails, and every open question is asked again.
    func recover() {
        isReliable = true
        for account in accounts.indices {
            for entry in accounts[account].ordered where entry.slip.status == .review {
                _ = command(
                    "slip.retry", ["transaction": .string(entry.slip.transaction)], on: account, by: .staff)
            }
        }
    }
}

extension [UInt8] {
    fileprivate func contains(_ order: CreditOrder) -> Bool {
        let text = String(decoding: self, as: UTF8.self)
        return text.contains("\"key\":\"\(order.key)\",\"attempt\":\(order.attempt),")
    }
}
