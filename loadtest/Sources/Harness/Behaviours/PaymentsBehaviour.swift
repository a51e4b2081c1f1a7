internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor

/// Payments, each one made, watched and paid: the platform's service makes it (`PUT`), a watcher subscribes to it, the gateway's
/// stand-in makes the charge and calls, and the watcher sees what became of it.
///
/// Checked: each payment ends once, as its gateway said; what journals say was accepted is what the gateways have, charge by charge.
///
/// Stages: `payment.create` (to the answer of the `PUT`), `payment.done` (to the event that ends it; both from the intended start);
/// `payment.webhook` (from when the gateway's stand-in is told to call, to that event).
final class PaymentsBehaviour: Behaviour {
    enum Gateway: String, CaseIterable {
        case omise
        case twoC2P = "2c2p"
        case payMongo = "paymongo"

        var currency: Currency { self == .payMongo ? .philippinePeso : .baht }
    }

    /// What the gateway says.
    enum Outcome: String, CaseIterable {
        case paid, failed

        /// The payment's status that follows from it.
        var status: StaticString { self == .paid ? "accepted" : "rejected" }
    }

    private final class Payment {
        enum State: Equatable {
            /// Next: `waits`, `refused`.
            case creating
            /// For a watcher with a place. Next: `watched`.
            case waits
            /// Next: `paying` with the snapshot, `done`.
            case watched
            /// The gateway has been told to. Next: `done`.
            case paying
            /// Terminal.
            case done
            case refused
        }

        let id: String
        let intended: Instant
        let gateway: Gateway
        let outcome: Outcome
        let amount: Money
        var state = State.creating
        /// When its gateway was first told to call.
        var told: Instant?

        init(id: String, intended: Instant, gateway: Gateway, outcome: Outcome, amount: Money) {
            self.id = id
            self.intended = intended
            self.gateway = gateway
            self.outcome = outcome
            self.amount = amount
        }

        var session: String { "payment/\(id)" }
    }

    /// Subscriptions of one watcher at a time; the server allows 128.
    static let maxWatched = 100
    /// From the intended start: a server that is being replaced is asked again.
    static let createTimeout = Duration.seconds(60)
    /// Before a gateway calls again that had no 2xx after the tries of its own.
    static let recallInterval = Duration.milliseconds(500)
    /// So often, in payments, the gateways' books are read while the run goes on: a stand-in forgets the oldest of 20,000.
    static let bookInterval = 5000
    /// How long a charge may be without its journal when books are compared: somebody else's may be under way.
    static let settleTimeout = Duration.seconds(5)

    private let group: ScenarioGroup
    private let run: RunContext
    private let tenant: String
    private let gateways: Mix<Gateway>
    private let outcomes: Mix<Outcome>
    private let hundredths: ClosedRange<Int>
    private let pool: HTTPPool
    private let desk: StandinDesk
    private let service: Secret
    private let staff: Secret
    private let sessions: SessionOracle
    private var role: ClientRole?
    private var crowd = Crowd()
    private var payments: [Payment] = []
    /// By the watcher's number, then the subscription's index.
    private var watched: [[Int: Payment]] = []
    /// For a watcher.
    private var queue: [Payment] = []
    private var queueHead = 0
    private var open = 0
    private var hasLeft = false
    /// What the gateways had before, and what they were seen to have since then, by the gateway's id.
    private var before: [String: Set<String>] = [:]
    private var books: [String: [String: BookEntry]] = [:]

    init(_ group: ScenarioGroup, _ run: RunContext) throws(LoadFailure) {
        self.group = group
        self.run = run
        var settings = group.settingsFields
        tenant = try settings.text("tenant", default: "jeco")
        gateways = try Mix("gateways", of: &settings, default: .omise)
        outcomes = try Mix("outcomes", of: &settings, default: .paid)
        let least = try settings.integer("leastAmount", in: 20...1_000_000, default: 100)
        let greatest = try settings.integer("greatestAmount", in: least...1_000_000, default: max(least, 5000))
        hundredths = least * 100...greatest * 100
        let connections = try settings.integer("httpConnections", in: 1...1024, default: 64)
        try settings.refuseOthers()
        guard group.connections > 0 else {
            throw ScenarioFields.failure(group.settingsPointer, "payments need at least one connection, which watches")
        }
        desk = try StandinDesk(run, for: "payments")
        service = try run.target.facts.token(tenant, "service")
        staff = try run.target.facts.token(tenant, "staff")
        pool = HTTPPool(to: run.target.http, driver: run.driver, connections: connections, recorder: run.recorder)
        sessions = SessionOracle(keyPrefix: "\(run.name).\(group.name).")
    }

    func prepare() throws(LoadFailure) {
        role = try ClientRole(run, token: staff, sessions: sessions, delegate: self)
        for gateway in gateways.choices {
            before[gateway.rawValue] = Set(try desk.payments(of: gateway.rawValue).keys)
        }
    }

    func connect(_ index: Int, intended: Instant) {
        guard let role else { return }
        let client = ContractClient(role, number: index)
        crowd.add(client)
        watched.append([:])
        client.connect(intended: intended)
    }

    func act(_ index: Int, intended: Instant) {
        let random = run.driver.random
        let gateway = gateways.pick(random)
        let span = UInt64(hundredths.upperBound - hundredths.lowerBound + 1)
        let count = Int64(hundredths.lowerBound) + Int64(random.uint64() % span)
        guard let amount = Money(hundredths: count, gateway.currency) else { return }
        let payment = Payment(
            id: "\(run.name).\(group.name).\(payments.count)", intended: intended, gateway: gateway,
            outcome: outcomes.pick(random), amount: amount)
        payments.append(payment)
        open += 1
        run.recorder.count("sent")
        create(payment)
        if payments.count % Self.bookInterval == 0 { readBooks() }
    }

    private func readBooks() {
        for gateway in gateways.choices.map(\.rawValue) {
            desk.readPayments(of: gateway) { [weak self] entries in
                self?.books[gateway, default: [:]].merge(entries) { _, newest in newest }
            }
        }
    }

    // MARK: A payment's way

    private func create(_ payment: Payment) {
        let facts: JSONValue = [
            "payer": .string("payer-\(payments.count % 1000)"), "method": "card",
            "gateway": .string(payment.gateway.rawValue), "amount": .string(payment.amount.decimal),
            "currency": .string(payment.amount.currency.code), "expiresInSeconds": 3600,
        ]
        let call: HTTPCall
        do { call = try HTTPCall(.put, "/v1/sessions/\(payment.session)", body: facts, token: service) } catch {
            return refuse(payment)
        }
        pool.sendUntilAnswered(call, within: Self.createTimeout) { [weak self] result in
            guard let self, !hasLeft else { return }
            guard case .success(let answer) = result, answer.isSuccess else { return refuse(payment) }
            run.recorder.count("acknowledged")
            run.record("payment.create", from: payment.intended, to: run.driver.now)
            payment.state = .waits
            queue.append(payment)
            seat()
        }
    }

    /// It need not be there.
    private func refuse(_ payment: Payment) {
        run.recorder.count("refused")
        payment.state = .refused
        open -= 1
    }

    /// Gives waiting payments to watchers that have a place.
    private func seat() {
        while queueHead < queue.count {
            let free = crowd.clients.filter { $0.state != .ended && watched[$0.number].count < Self.maxWatched }
            guard let client = free.min(by: { watched[$0.number].count < watched[$1.number].count }) else { return }
            let payment = queue[queueHead]
            queueHead += 1
            payment.state = .watched
            watched[client.number][client.follow(payment.session)] = payment
        }
        queue = []
        queueHead = 0
    }

    private func pay(_ payment: Payment) {
        payment.state = .paying
        payment.told = payment.told ?? run.driver.now
        let order: JSONValue = [
            "tenant": .string(tenant), "payment": .string(payment.id), "amount": .string(payment.amount.decimal),
            "currency": .string(payment.amount.currency.code), "status": .string(payment.outcome.rawValue),
            "retries": 6,
        ]
        desk.post("\(payment.gateway.rawValue)/webhook", order) { [weak self] result in
            guard let self, !hasLeft else { return }
            if case .success(let answer) = result {
                let status = answer["status"]?.integer ?? 0
                if (200..<300).contains(status) { return }
                run.recorder.error("webhook: HTTP \(status)")
            }
            // As gateways do: the same charge is told of again.
            run.driver.loop.schedule(after: Self.recallInterval) { [weak self] in
                guard let self, !hasLeft, payment.state == .paying else { return }
                pay(payment)
            }
        }
    }

    private func end(_ payment: Payment, _ client: ContractClient, _ subscription: Int, at instant: Instant) {
        guard payment.state != .done else { return }
        payment.state = .done
        open -= 1
        run.record("payment.done", from: payment.intended, to: instant)
        if let told = payment.told { run.record("payment.webhook", from: told, to: instant) }
        watched[client.number][subscription] = nil
        client.unfollow(subscription)
        seat()
    }

    func cut(share: Double) { crowd.cut(share: share) }

    func stall(share: Double, for duration: Duration) { crowd.stall(share: share, for: duration) }

    var isSettled: Bool { open == 0 && pool.outstanding == 0 && desk.outstanding == 0 && crowd.isReady }

    func leave() {
        hasLeft = true
        crowd.leave()
        pool.close()
        desk.close()
    }
}

extension PaymentsBehaviour: ContractClientDelegate {
    func client(_ client: ContractClient, received frame: ServerFrame, of subscription: Int, at instant: Instant) {
        guard frame.kind == .snapshot, let payment = watched[client.number][subscription] else { return }
        let status = frame["state"]?["status"]
        if status?.says("pending") != true {
            end(payment, client, subscription, at: instant)
        } else if payment.state == .watched {
            pay(payment)
        }
    }

    func client(_ client: ContractClient, saw event: SeenEvent, of subscription: Int, at instant: Instant) {
        guard let payment = watched[client.number][subscription], event.isNamed("status.changed") else { return }
        end(payment, client, subscription, at: instant)
    }
}

// MARK: Reconciling

extension PaymentsBehaviour {
    func reconcile() throws(LoadFailure) {
        let made = payments.filter { $0.state != .refused && $0.state != .creating }
        let reader = JournalReader(pool: pool, token: staff)
        let deadline = run.driver.now.advanced(by: SessionOracle.catchUpTimeout)
        var accepted: [BookEntry] = []
        for start in stride(from: 0, to: made.count, by: SessionOracle.journalBatch) {
            let batch = made[start..<min(start + SessionOracle.journalBatch, made.count)]
            for (payment, log) in zip(batch, try reader.logs(of: batch.map(\.session))) {
                check(payment, log)
                try sessions.audit(payment.session, log, by: deadline, reader, run)
                accepted += Self.charges(in: log, of: payment.session)
            }
        }
        for gateway in gateways.choices { try compare(gateway, accepted, reader) }
    }

    private func check(_ payment: Payment, _ log: SessionLog) {
        run.oracle.checked()
        let changes = log.events.filter { $0.name == "status.changed" }
        func report(_ kind: Oracle.Kind, _ detail: String) {
            let excerpt = log.excerpt(around: changes.last?.offset ?? 1)
            run.oracle.report(
                Oracle.Finding(kind: kind, session: payment.session, detail: detail, journal: excerpt))
        }
        guard let change = changes.first else {
            return report(
                payment.state == .done ? .lost : .stuck,
                payment.state == .done
                    ? "a watcher saw it end, and its journal does not have that"
                    : "it was made, and never became \(payment.outcome.status)")
        }
        if changes.count > 1 { report(.duplicated, "its status changed \(changes.count) times") }
        let status = change.data["to"]?.string ?? ""
        if status != "\(payment.outcome.status)" {
            report(.unbalanced, "the gateway said \(payment.outcome.rawValue), and it is \(status)")
        }
        if payment.state != .done { report(.stuck, "it is \(status), and its watcher was not told") }
    }

    /// What a journal says that a gateway has been paid.
    private static func charges(in log: SessionLog, of session: String) -> [BookEntry] {
        log.events.compactMap { event in
            guard event.name == "status.changed", event.data["to"]?.string == "accepted",
                let charge = event.data["evidence"]?["charge"], let gateway = charge["gateway"]?.string,
                let id = charge["charge"]?.string,
                let currency = charge["currency"]?.string.flatMap({ Currency(code: $0) }),
                let amount = charge["amount"]?.string.flatMap({ Money(decimal: $0, currency) })
            else { return nil }
            return BookEntry(
                reference: "\(gateway)/\(id)", amount: amount, session: session, offset: event.offset)
        }
    }

    /// The gateway's whole book of this time is looked at: a charge that is nobody's is found, too. One of somebody else's payment is
    /// held against that payment's journal.
    private func compare(
        _ gateway: Gateway, _ accepted: [BookEntry], _ reader: JournalReader
    ) throws(LoadFailure) {
        let name = gateway.rawValue
        let known = before[name] ?? []
        let ours = accepted.filter { $0.reference.hasPrefix("\(name)/") }
        let deadline = run.driver.now.advanced(by: Self.settleTimeout)
        while true {
            books[name, default: [:]].merge(try desk.payments(of: name)) { _, newest in newest }
            let book = (books[name] ?? [:]).filter { !known.contains($0.key) }
            let charges = book.map { BookEntry(reference: "\(name)/\($0.key)", amount: $0.value.amount) }
            let mine = Set(ours.map(\.reference))
            let others = Set(book.filter { !mine.contains("\(name)/\($0.key)") }.map(\.value.reference))
                .filter(Self.isIdentifier).sorted().map { "payment/\($0)" }
            var journals = ours
            for (session, log) in zip(others, try reader.logs(of: others)) {
                journals += Self.charges(in: log, of: session).filter { entry in
                    !mine.contains(entry.reference) && book["\(entry.reference.dropFirst(name.utf8.count + 1))"] != nil
                }
            }
            let findings = Books(counterpart: "\(name)'s book").compare(journals: journals, counterpart: charges)
            if !findings.isEmpty, run.driver.now < deadline {
                run.driver.settle(atMost: .milliseconds(250))
                continue
            }
            run.oracle.checked(charges.count)
            for finding in findings { run.oracle.report(finding) }
            return
        }
    }

    /// Whether a merchant's word can be a session's id.
    private static func isIdentifier(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "._~:@-".utf8.contains(byte)
            }
    }
}
