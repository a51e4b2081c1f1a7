internal import Domain
internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor

/// Customers who send photos of transfers to LINE accounts: LINE's stand-in draws each, and sends its signed webhook; the group's
/// connections are the staff who watch the accounts. As LINE does, an event without a 2xx is delivered again; as staff do, a slip in
/// review is sent on its way again.
///
/// Checked: every event that was answered with 200 is in its account's log, once; of each transfer one slip is credited, with its
/// amount, and the others are duplicates; what the logs credited is what the back end's ledger has, transfer by transfer.
///
/// Stages: `slip.answer` (to the server's answer to the webhook, without the time that the stand-in draws), `slip.credit` (from the
/// intended start to a watcher's event, with it).
final class SlipsBehaviour: Behaviour {
    enum Kind: String, CaseIterable {
        case slip
        /// The transfer of an earlier slip in a new photo; a slip while there is none.
        case duplicate
        /// A message without a slip, which needs an answer and nothing more.
        case text
    }

    private final class Delivery {
        let number: Int
        let intended: Instant
        let kind: Kind
        let account: String
        let amount: Satang
        /// LINE's, once the stand-in has made it.
        var event: String?
        /// `{bank}/{transRef}`.
        var transfer: String?
        var isTaken = false

        init(number: Int, intended: Instant, kind: Kind, account: String, amount: Satang) {
            self.number = number
            self.intended = intended
            self.kind = kind
            self.account = account
            self.amount = amount
        }
    }

    /// A slip as the watchers are told of it.
    private struct Slip {
        var delivery: Delivery?
        var creditedAt: Instant?
        var hasEnded = false
        var retries = 0
    }

    /// Before an event without a 2xx is delivered again.
    static let redeliveryInterval = Duration.milliseconds(300)
    /// Before staff send a slip in review on its way again, and how often.
    static let retryInterval = Duration.milliseconds(500)
    static let maxRetries = 10
    /// How long a credit may be in one book alone when they are compared: somebody else's may be under way.
    static let settleTimeout = Duration.seconds(5)
    /// Transfers that may be shown again.
    static let maxRemembered = 256

    private let group: ScenarioGroup
    private let run: RunContext
    private let tenant: String
    private let mix: Mix<Kind>
    private let users: Int
    private let pool: HTTPPool
    /// For reading: an account to which nobody has written has no session, and that is no error.
    private let reading: HTTPPool
    private let desk: StandinDesk
    private let staff: Secret
    private let sessions: SessionOracle
    /// Of the tenant, and those that this group uses.
    private let allAccounts: [String]
    private let accounts: [String]
    private var role: ClientRole?
    private var crowd = Crowd()
    private var deliveries: [Delivery] = []
    private var byEvent: [String: Delivery] = [:]
    /// By the server's transaction; transactions of events that are not known yet.
    private var slips: [String: Slip] = [:]
    private var early: [String: String] = [:]
    /// Deliveries, of slips: not ended; of texts: not answered.
    private var open = 0
    /// `transRef` and amount of transfers that were taken.
    private var shown: [(transRef: String, account: String, amount: Satang)] = []
    private var hasLeft = false
    /// Offsets of all accounts, and the ledger's credits, from before.
    private var starts: [String: Int64] = [:]
    private var before: Set<String> = []

    init(_ group: ScenarioGroup, _ run: RunContext) throws(LoadFailure) {
        self.group = group
        self.run = run
        var settings = group.settingsFields
        tenant = try settings.text("tenant", default: "company_a")
        mix = try Mix("mix", of: &settings, default: .slip)
        users = try settings.integer("users", in: 1...100_000, default: 500)
        try settings.refuseOthers()
        guard group.connections > 0 else {
            throw ScenarioFields.failure(group.settingsPointer, "slips need at least one connection, which watches")
        }
        desk = try StandinDesk(run, for: "slips")
        staff = try run.target.facts.token(tenant, "staff")
        allAccounts = run.target.facts.lineAccounts(of: tenant).sorted()
        guard !allAccounts.isEmpty else { throw LoadFailure(.usage, "\(tenant) has no LINE accounts in dev.json") }
        accounts = Array(allAccounts.prefix(max(1, min(group.sessions, group.connections))))
        pool = HTTPPool(to: run.target.http, driver: run.driver, connections: 16, recorder: run.recorder)
        reading = HTTPPool(to: run.target.http, driver: run.driver, connections: 4)
        sessions = SessionOracle(keyPrefix: "\(run.name).\(group.name).")
    }

    func prepare() throws(LoadFailure) {
        role = try ClientRole(run, token: staff, sessions: sessions, delegate: self)
        for account in accounts { try greet(account) }
        for account in allAccounts {
            let call = try HTTPCall(.get, "/v1/sessions/line-oa/\(account)", token: staff)
            starts[account] = try reading.answer(to: call).json["offset"]?.integer ?? 0
        }
        before = Set(try desk.credits(of: tenant).keys)
    }

    /// An account's session is there from the first message on.
    private func greet(_ account: String) throws(LoadFailure) {
        var status: Int64?
        var failure: LoadFailure?
        let order: JSONValue = [
            "tenant": .string(tenant), "oa": .string(account), "type": "text", "text": "load test",
            "user": .string(user(0)),
        ]
        desk.post("line/webhook", order) { result in
            switch result {
            case .success(let answer): status = answer["status"]?.integer ?? 0
            case .failure(let error): failure = error
            }
        }
        try run.driver.wait(for: "a first message to \(account)", atMost: .seconds(30)) {
            status != nil || failure != nil
        }
        if let failure { throw failure }
        guard status == 200 else {
            throw LoadFailure(.unavailable, "a first message to \(account) was answered with \(status ?? 0)")
        }
    }

    /// LINE's id of a customer. The same is always the same user of the back end.
    private func user(_ number: Int) -> String {
        let digits = String(number % users, radix: 16)
        return "U" + String(repeating: "0", count: 32 - digits.utf8.count) + digits
    }

    func connect(_ index: Int, intended: Instant) {
        guard let role else { return }
        let client = ContractClient(role, number: index)
        crowd.add(client)
        client.follow("line-oa/\(accounts[index % accounts.count])")
        client.connect(intended: intended)
    }

    // MARK: Sending

    func act(_ index: Int, intended: Instant) {
        let number = deliveries.count
        var kind = mix.pick(run.driver.random)
        var account = accounts[number % accounts.count]
        // Amounts differ, so that a credit that is another's shows.
        var amount = Satang(Int64(10_000 + number % 5_000_000)) ?? .zero
        var order: JSONObject = ["tenant": .string(tenant), "user": .string(user(number))]
        switch kind {
        case .text: order["text"] = "ขอบคุณค่ะ"
        case .duplicate where !shown.isEmpty:
            let original = shown[Int(run.driver.random.uint64() % UInt64(shown.count))]
            (account, amount) = (original.account, original.amount)
            order["duplicateOf"] = .string(original.transRef)
        case .duplicate, .slip:
            kind = .slip
            order["amount"] = .double(Double(amount.count) / 100)
        }
        order["oa"] = .string(account)
        order["type"] = .string(kind == .text ? "text" : "slip")
        let delivery = Delivery(number: number, intended: intended, kind: kind, account: account, amount: amount)
        deliveries.append(delivery)
        open += 1
        run.recorder.count("sent")
        deliver(delivery, .object(order))
    }

    private func deliver(_ delivery: Delivery, _ order: JSONValue) {
        let began = run.driver.now
        desk.post("line/webhook", order) { [weak self] result in
            guard let self, !hasLeft else { return }
            guard case .success(let answer) = result, let event = answer["event"]?.string else {
                if let event = delivery.event { return redeliver(delivery, event) }
                // The stand-in itself is gone: nobody knows whether it was sent.
                run.recorder.count("refused")
                open -= 1
                return
            }
            if delivery.event == nil {
                delivery.event = event
                byEvent[event] = delivery
                if let bank = answer["bank"]?.string, let reference = answer["transRef"]?.string {
                    delivery.transfer = "\(bank)/\(reference)"
                    if delivery.kind == .slip { remember(reference, delivery) }
                }
            }
            let status = answer["status"]?.integer ?? 0
            if (200..<300).contains(status) {
                let took = Duration.nanoseconds(Int64((answer["ms"]?.double ?? 0) * 1_000_000))
                return taken(delivery, event, sent: began, took: took)
            }
            run.recorder.error("webhook: HTTP \(status)")
            redeliver(delivery, event)
        }
    }

    /// Before it is answered: its twin may come at the same moment.
    private func remember(_ transRef: String, _ delivery: Delivery) {
        let entry = (transRef, delivery.account, delivery.amount)
        if shown.count < Self.maxRemembered {
            shown.append(entry)
        } else {
            shown[delivery.number % Self.maxRemembered] = entry
        }
    }

    private func redeliver(_ delivery: Delivery, _ event: String) {
        run.driver.loop.schedule(after: Self.redeliveryInterval) { [weak self] in
            guard let self, !hasLeft else { return }
            run.recorder.count("redelivered")
            deliver(
                delivery,
                ["tenant": .string(tenant), "oa": .string(delivery.account), "redeliver": .string(event)])
        }
    }

    private func taken(_ delivery: Delivery, _ event: String, sent: Instant, took: Duration) {
        guard !delivery.isTaken else { return }
        delivery.isTaken = true
        run.recorder.count("acknowledged")
        // What the generator waited, and what the server took.
        run.record("slip.answer", from: delivery.intended, to: sent.advanced(by: took))
        guard delivery.kind != .text else {
            open -= 1
            return
        }
        if let transaction = early.removeValue(forKey: event) { match(transaction, delivery) }
    }

    // MARK: What watchers are told

    private func match(_ transaction: String, _ delivery: Delivery) {
        var slip = slips[transaction] ?? Slip()
        slip.delivery = delivery
        slips[transaction] = slip
        if let at = slip.creditedAt { run.record("slip.credit", from: delivery.intended, to: at) }
        if slip.hasEnded { open -= 1 }
    }

    private func received(_ transaction: String, _ event: String) {
        guard slips[transaction] == nil else { return }
        slips[transaction] = Slip()
        if let delivery = byEvent[event], delivery.isTaken {
            match(transaction, delivery)
        } else {
            early[event] = transaction
        }
    }

    private func ended(_ transaction: String, isCredited: Bool, at instant: Instant) {
        guard var slip = slips[transaction], !slip.hasEnded else { return }
        slip.hasEnded = true
        if isCredited { slip.creditedAt = instant }
        slips[transaction] = slip
        guard let delivery = slip.delivery else { return }
        open -= 1
        if isCredited { run.record("slip.credit", from: delivery.intended, to: instant) }
    }

    private func reviewed(_ transaction: String, _ session: String) {
        guard var slip = slips[transaction], slip.retries < Self.maxRetries else { return }
        slip.retries += 1
        slips[transaction] = slip
        run.recorder.count("reviewed")
        let key = "\(run.name).\(transaction).\(slip.retries)"
        let command: JSONValue = ["name": "slip.retry", "data": ["transaction": .string(transaction)]]
        let call: HTTPCall
        do {
            call = try HTTPCall(.post, "/v1/sessions/\(session)/commands", body: command, token: staff, key: key)
        } catch { return }
        run.driver.loop.schedule(after: Self.retryInterval) { [weak self] in
            guard let self, !hasLeft else { return }
            pool.sendUntilAnswered(call, within: .seconds(30)) { _ in }
        }
    }

    func cut(share: Double) { crowd.cut(share: share) }

    func stall(share: Double, for duration: Duration) { crowd.stall(share: share, for: duration) }

    var isSettled: Bool {
        open == 0 && pool.outstanding == 0 && desk.outstanding == 0 && crowd.isReady && sessions.isCaughtUp
    }

    func leave() {
        hasLeft = true
        crowd.leave()
        pool.close()
        reading.close()
        desk.close()
    }
}

extension SlipsBehaviour: ContractClientDelegate {
    func client(_ client: ContractClient, saw event: SeenEvent, of subscription: Int, at instant: Instant) {
        guard let data = event.frame["data"], let transaction = data["transaction"]?.string else { return }
        if event.isNamed("slip.received") {
            if let webhook = data["webhookEvent"]?.string { received(transaction, webhook) }
        } else if event.isNamed("slip.credited") {
            ended(transaction, isCredited: true, at: instant)
        } else if event.isNamed("slip.duplicate") || event.isNamed("slip.failed") {
            ended(transaction, isCredited: false, at: instant)
        } else if event.isNamed("slip.review") {
            // One of the staff does it: who watches the account first.
            if client.number < accounts.count, let session = event.frame["session"]?.string {
                reviewed(transaction, session)
            }
        }
    }
}

// MARK: Reconciling

extension SlipsBehaviour {
    /// A slip as the log tells of it.
    private struct LoggedSlip {
        let event: String
        let account: String
        let offset: Int64
        var transfer: String?
        var credits: [BookEntry] = []
        /// The newest name of what it came to: `slip.credited`, `slip.review`.
        var end = ""
        var reason = ""
    }

    private static let ends: Set<String> = ["slip.credited", "slip.duplicate", "slip.failed", "slip.review"]

    func reconcile() throws(LoadFailure) {
        let deadline = run.driver.now.advanced(by: Self.settleTimeout)
        while true {
            let credits = try desk.credits(of: tenant).filter { !before.contains($0.key) }.map(\.value)
            let logs = try readLogs()
            let slips = allAccounts.flatMap { loggedSlips(of: $0, logs[$0] ?? SessionLog()) }
            let booked = Books(counterpart: "the back end's ledger")
                .compare(journals: slips.flatMap(\.credits), counterpart: credits)
            if !booked.isEmpty, run.driver.now < deadline {
                run.driver.settle(atMost: .milliseconds(250))
                continue
            }
            run.oracle.checked(credits.count)
            for finding in booked { run.oracle.report(finding) }
            check(slips, logs)
            let caughtUp = run.driver.now.advanced(by: SessionOracle.catchUpTimeout)
            for account in accounts {
                try sessions.audit(
                    "line-oa/\(account)", logs[account] ?? SessionLog(), by: caughtUp, logReader, run)
            }
            return
        }
    }

    private var logReader: JournalReader { JournalReader(pool: reading, token: staff) }

    private func readLogs() throws(LoadFailure) -> [String: SessionLog] {
        let logs = try logReader.logs(of: allAccounts.map { "line-oa/\($0)" })
        return Dictionary(uniqueKeysWithValues: zip(allAccounts, logs))
    }

    /// Those that came in this run's time, in the order in which they came.
    private func loggedSlips(of account: String, _ log: SessionLog) -> [LoggedSlip] {
        var slips: [LoggedSlip] = []
        var places: [String: Int] = [:]
        let start = starts[account] ?? 0
        for event in log.events where event.offset > start {
            guard let transaction = event.data["transaction"]?.string else { continue }
            if event.name == "slip.received" {
                places[transaction] = slips.count
                slips.append(
                    LoggedSlip(
                        event: event.data["webhookEvent"]?.string ?? "", account: account, offset: event.offset))
            }
            if let place = places[transaction] { Self.note(event, &slips[place]) }
        }
        return slips
    }

    private static func note(_ event: JournalEvent, _ slip: inout LoggedSlip) {
        let place = event.name == "slip.verified" ? event.data["reference"] : event.data
        if event.name == "slip.identified" || event.name == "slip.verified",
            let bank = place?["bank"]?.string, let reference = place?["transRef"]?.string
        {
            slip.transfer = "\(bank)/\(reference)"
        }
        if ends.contains(event.name) {
            slip.end = event.name
            slip.reason = event.data["reason"]?.string ?? ""
        }
        if event.name == "slip.credited",
            let amount = event.data["amount"]?.string.flatMap({ Money(decimal: $0, .baht) })
        {
            slip.credits.append(
                BookEntry(
                    reference: slip.transfer ?? "a transfer without a reference", amount: amount,
                    session: "line-oa/\(slip.account)", offset: event.offset))
        }
    }

    private func check(_ slips: [LoggedSlip], _ logs: [String: SessionLog]) {
        let byEvent = Dictionary(grouping: slips, by: \.event)
        var transfers: [String: (amount: Satang, slips: [LoggedSlip])] = [:]
        func report(_ kind: Oracle.Kind, _ account: String, _ offset: Int64, _ detail: String) {
            run.oracle.report(
                Oracle.Finding(
                    kind: kind, session: "line-oa/\(account)", detail: detail,
                    journal: logs[account]?.excerpt(around: offset) ?? []))
        }
        for delivery in deliveries where delivery.isTaken && delivery.kind != .text {
            run.oracle.checked()
            let found = byEvent[delivery.event ?? ""] ?? []
            guard let slip = found.first else {
                report(
                    .lost, delivery.account, 0,
                    "event \(delivery.event ?? "") was answered with 200 and is not in the log")
                continue
            }
            if found.count > 1 {
                report(
                    .duplicated, slip.account, slip.offset,
                    "event \(slip.event) began \(found.count) slips, at offsets \(found.map(\.offset))")
            }
            transfers[delivery.transfer ?? "", default: (delivery.amount, [])].slips.append(slip)
        }
        for (transfer, (amount, slips)) in transfers.sorted(by: { $0.key < $1.key }) {
            run.oracle.checked()
            for slip in slips where slip.end.isEmpty || slip.end == "slip.review" {
                report(
                    .stuck, slip.account, slip.offset,
                    "the slip at offset \(slip.offset) is \(slip.end.isEmpty ? "open" : "in review: \(slip.reason)")")
            }
            let credited = slips.filter { !$0.credits.isEmpty }
            let credits = credited.flatMap(\.credits)
            if credits.count > 1 {
                report(
                    .duplicated, slips[0].account, credits[1].offset,
                    "\(transfer) was credited \(credits.count) times, at offsets \(credits.map(\.offset))")
            }
            if credits.isEmpty, slips.allSatisfy({ $0.end == "slip.failed" || $0.end == "slip.duplicate" }) {
                report(
                    .unbalanced, slips[0].account, slips[0].offset,
                    "\(transfer) was never credited: its slips ended as \(slips.map { "\($0.end) \($0.reason)" })")
            }
            for credit in credits where credit.amount.hundredths != amount.count {
                report(
                    .unbalanced, slips[0].account, credit.offset,
                    "\(transfer) was of \(amount.decimal) THB and credited with \(credit.amountText)")
            }
        }
    }
}
