import Domain
import Ports
import Primitives
import Reactor
import Synchronization
import TestSupport
import Testing

@testable import PostgresStore

/// A loop driven by hand, with a journal, a pool and a directory on one database.
final class StoreFixture {
    let conninfo: Secret
    let loop: EventLoop
    let postgres: PostgresConfiguration
    let ownership: Ownership
    let pool: PostgresPool
    let journal: PostgresJournal
    let directory: PostgresDirectory
    let claims: PostgresSlipClaims
    let payments: PostgresPayments
    let orders: PostgresOrders
    let goldPrices: PostgresGoldPrices
    let observations = Observations()

    init(
        _ conninfo: Secret, incarnation: String = "first", ownership: Ownership? = nil,
        postgres configure: (inout PostgresConfiguration) -> Void = { _ in },
        journal configureJournal: (inout JournalConfiguration) -> Void = { _ in }
    ) throws {
        self.conninfo = conninfo
        var postgres = PostgresConfiguration(conninfo: conninfo)
        postgres.maxBackoff = .milliseconds(100)
        configure(&postgres)
        var configuration = JournalConfiguration()
        configuration.observe = { [observations] in observations.append($0) }
        configureJournal(&configuration)
        self.postgres = postgres
        self.ownership =
            try ownership
            ?? Ownership.claim(PostgresConfiguration(conninfo: conninfo), node: "here", incarnation: incarnation)
        loop = try EventLoop(index: 0)
        let random = SystemRandom()
        pool = PostgresPool(loop: loop, configuration: postgres, random: random)
        journal = PostgresJournal(
            loop: loop, postgres: postgres, configuration: configuration, ownership: self.ownership, pool: pool,
            random: random)
        directory = PostgresDirectory(pool: pool)
        claims = PostgresSlipClaims(pool: pool)
        payments = PostgresPayments(pool: pool)
        orders = PostgresOrders(pool: pool)
        goldPrices = PostgresGoldPrices(pool: pool)
    }

    /// With a fresh database on the shared server, connected.
    static func ready(
        postgres: (inout PostgresConfiguration) -> Void = { _ in },
        journal: (inout JournalConfiguration) -> Void = { _ in }
    ) throws -> StoreFixture {
        let fixture = try StoreFixture(PrivatePostgres.shared().database(), postgres: postgres, journal: journal)
        try fixture.connect()
        return fixture
    }

    /// Lets requests wait for locks and for each other longer than any test does.
    static func wait(_ configuration: inout PostgresConfiguration) {
        configuration.lockTimeout = .seconds(40)
        configuration.statementTimeout = .seconds(45)
        configuration.requestTimeout = .seconds(50)
    }

    func connect() throws {
        on {
            $0.pool.start()
            $0.journal.start()
        }
        try wait("connections") { $0.journal.isAvailable && $0.pool.isAvailable }
    }

    deinit {
        loop.enter {
            journal.stop()
            pool.stop()
            for _ in 0..<50 { loop.turn(waitingAtMost: .zero) }
        }
    }

    // MARK: Turns

    @discardableResult
    func on<Value>(_ body: (StoreFixture) -> Value) -> Value { loop.enter { body(self) } }

    /// Turns the loop until `condition` holds; a bounded number of times.
    func wait(_ what: String, turns: Int = 3000, until condition: (StoreFixture) -> Bool) throws {
        let holds = loop.enter {
            for _ in 0..<turns {
                if condition(self) { return true }
                loop.turn(waitingAtMost: .milliseconds(10))
            }
            return condition(self)
        }
        if !holds { throw NeverHappened(what: what) }
    }

    struct NeverHappened: Error { let what: String }

    /// What a callback leaves behind for the test to find.
    final class Box<Value> {
        var value: Value?
    }

    private func outcome<Value>(of what: String, _ start: (StoreFixture, @escaping (Value) -> Void) -> Void) throws
        -> Value
    {
        let box = Box<Value>()
        on { start($0) { box.value = $0 } }
        try wait(what) { _ in box.value != nil }
        return try #require(box.value)
    }

    /// The same for what may cross threads, for ports whose completions may.
    final class SharedBox<Value: Sendable>: Sendable {
        private let content = Mutex<Value?>(nil)
        var value: Value? {
            get { content.withLock { $0 } }
            set { content.withLock { $0 = newValue } }
        }
    }

    func answer<Value: Sendable>(
        to what: String, _ start: (StoreFixture, @escaping @Sendable (Value) -> Void) -> Void
    ) throws -> Value {
        let box = SharedBox<Value>()
        on { start($0) { box.value = $0 } }
        try wait("answer to \(what)") { _ in box.value != nil }
        return try #require(box.value)
    }

    // MARK: The ports, synchronously

    func append(_ entry: JournalEntry) throws -> StoreFailure? { try append([entry]).first ?? nil }

    /// Appends in one turn; returns the outcomes in the order of the entries.
    func append(_ entries: [JournalEntry]) throws -> [StoreFailure?] {
        let pending = submit(entries)
        try wait("answers to \(entries.count) entries") { _ in pending.isComplete }
        return pending.outcomes.map { $0 ?? nil }
    }

    /// Outcomes as they come in; the outer optional is nil until then.
    final class Pending {
        var outcomes: [StoreFailure??]
        /// Indices in the order of completion.
        var order: [Int] = []
        init(_ count: Int) { outcomes = Array(repeating: nil, count: count) }
        var isComplete: Bool { order.count == outcomes.count }
    }

    func submit(_ entries: [JournalEntry]) -> Pending {
        let pending = Pending(entries.count)
        on { fixture in
            for (index, entry) in entries.enumerated() {
                fixture.journal.append(entry) { failure in
                    #expect(pending.outcomes[index] == nil, "a completion ran twice")
                    pending.outcomes[index] = .some(failure)
                    pending.order.append(index)
                }
            }
        }
        return pending
    }

    func load(_ address: SessionAddress) throws -> Result<LoadedSession, StoreFailure> {
        try outcome(of: "load") { $0.journal.load(address, $1) }
    }

    func loadPresent(_ address: SessionAddress) throws -> StoredSession {
        guard case .present(let session) = try load(address).get() else { throw NeverHappened(what: "present session") }
        return session
    }

    func identity(of address: SessionAddress) throws -> StreamIdentity {
        switch try load(address).get() {
        case .absent(let identity): return identity
        case .present(let session): return session.stream
        case .erased: throw NeverHappened(what: "an address that is not erased")
        }
    }

    func records(of stream: StreamIdentity, after: Int64, limit: Int) throws -> Result<[LogRecord], StoreFailure> {
        try outcome(of: "records") { $0.journal.records(of: stream, after: after, limit: limit, $1) }
    }

    func answer(of stream: StreamIdentity, key: String) throws -> Result<StoredAnswer?, StoreFailure> {
        try outcome(of: "answer") { $0.journal.answer(of: stream, key: key, $1) }
    }

    func unfinishedSessions(limit: Int = 100) throws -> Result<[SessionAddress], StoreFailure> {
        try outcome(of: "open replies") { $0.journal.unfinishedSessions(limit: limit, $1) }
    }

    func letters(after place: LetterPlace? = nil, limit: Int = 100) throws -> Result<LetterPage, StoreFailure> {
        try outcome(of: "letters") { $0.journal.letters(after: place, limit: limit, $1) }
    }

    /// nil: they are gone. The outer optional is the answer's own.
    func removeLetters(_ places: [LetterPlace]) throws -> StoreFailure? {
        let result: Result<Void, StoreFailure> = try outcome(of: "removal of letters") { fixture, done in
            fixture.journal.removeLetters(places) { failure in done(failure.map(Result.failure) ?? .success(())) }
        }
        switch result {
        case .success: return nil
        case .failure(let failure): return failure
        }
    }

    func conversations(_ query: ConversationQuery) throws -> Page<ConversationSummary> {
        let page: Result<Page<ConversationSummary>, StoreFailure> = try outcome(of: "list") {
            $0.directory.conversations(query, $1)
        }
        return try page.get()
    }

    func chats(
        tenant: String, subject: String, _ page: PageNumber
    ) throws -> CountedPage<ConversationSummary> {
        let page: Result<CountedPage<ConversationSummary>, StoreFailure> = try outcome(of: "chats") {
            $0.directory.chats(tenant: tenant, subject: subject, page, $1)
        }
        return try page.get()
    }

    func messages(tenant: String, conversation: String, _ page: PageNumber) throws -> CountedPage<MessageRow> {
        let page: Result<CountedPage<MessageRow>, StoreFailure> = try outcome(of: "messages by page") {
            $0.directory.messages(tenant: tenant, conversation: conversation, page, $1)
        }
        return try page.get()
    }

    func messages(_ tenant: String, _ conversation: String, before: Int64? = nil, limit: Int = 100) throws -> Page<
        MessageRow
    > {
        let page: Result<Page<MessageRow>, StoreFailure> = try outcome(of: "messages") {
            $0.directory.messages(tenant: tenant, conversation: conversation, before: before, limit: limit, $1)
        }
        return try page.get()
    }

    /// A payment's slip claims with the time of its transfer.
    func claim(
        _ reference: SlipReference, tenant: String = "company_a", payment: String, _ slip: String, at: Timestamp?
    ) throws -> ClaimAnswer {
        try answer(to: "claim") {
            $0.claims.claim(
                tenant: tenant, reference, transferredAt: at, account: "payment/\(payment)", transaction: slip, $1)
        }
    }

    func balance(_ subject: String, tenant: String = "company_a", _ currency: Currency = .baht) throws -> Int64 {
        let balance: Result<Money, StoreFailure> = try answer(to: "balance") {
            $0.payments.balance(tenant: tenant, subject: subject, currency, $1)
        }
        return try balance.get().hundredths
    }

    func payments(_ query: PaymentQuery) throws -> PaymentPage {
        let page: Result<PaymentPage, StoreFailure> = try answer(to: "payments") { $0.payments.payments(query, $1) }
        return try page.get()
    }

    func payments(tenant: String = "company_a", order: String) throws -> [PaymentSummary] {
        let found: Result<[PaymentSummary], StoreFailure> = try answer(to: "payments of an order") {
            $0.payments.payments(tenant: tenant, order: order, $1)
        }
        return try found.get()
    }

    func orders(_ query: OrderQuery, tenant: String = "company_a") throws -> OrderPage {
        let page: Result<OrderPage, StoreFailure> = try answer(to: "orders") {
            $0.orders.orders(query, tenant: tenant, $1)
        }
        return try page.get()
    }

    func goldPrices(_ query: GoldPriceQuery, of feed: SessionAddress) throws -> GoldPricePage {
        let page: Result<GoldPricePage, StoreFailure> = try answer(to: "gold prices") {
            $0.goldPrices.prices(query, of: feed, $1)
        }
        return try page.get()
    }

    func claim(_ reference: SlipReference, _ slip: Entries.Slip) throws -> ClaimAnswer {
        try answer(to: "claim") {
            $0.claims.claim(tenant: slip.tenant, reference, account: slip.oa, transaction: slip.transaction, $1)
        }
    }

    func holder(tenant: String = "company_a", bank: String?, _ transRef: String) throws -> String? {
        let holder: Result<String?, StoreFailure> = try answer(to: "holder") {
            $0.claims.holder(tenant: tenant, bank: bank, transRef: transRef, $1)
        }
        return try holder.get()
    }

    /// Writes rows of slips as their sessions would; sessions that are not there are made.
    func write(_ slip: Entries.Slip, _ changes: StoredChange...) throws {
        #expect(try write(slip.address, changes) == nil)
    }

    /// Writes the changes as the session would, which is made when it is not there.
    func write(_ address: SessionAddress, _ changes: [StoredChange]) throws -> StoreFailure? {
        switch try load(address).get() {
        case .absent(let stream):
            try append(Entries.entry(address, stream, offsets: 1...1, creates: true, changes: changes))
        case .present(let session): try append(Entries.entry(address, session.stream, changes: changes))
        case .erased: throw NeverHappened(what: "an address that is not erased")
        }
    }

    // MARK: Beside the journal

    /// A connection of the test's own.
    func inspector() throws -> BlockingConnection {
        try BlockingConnection(PostgresConfiguration(conninfo: conninfo), statementTimeout: .seconds(30))
    }

    func count(_ sql: String) throws -> Int64 { try inspector().query(sql).int64(0, 0) }
}

/// What a journal told.
final class Observations: Sendable {
    private let list = Mutex<[JournalObservation]>([])
    func append(_ observation: JournalObservation) { list.withLock { $0.append(observation) } }
    var all: [JournalObservation] { list.withLock { $0 } }

    var flushes: Int { all.count { if case .flushed = $0 { true } else { false } } }
    var entriesInLimbo: Int {
        all.reduce(0) { if case .enteredLimbo(let entries) = $1 { $0 + entries } else { $0 } }
    }
    var settlements: [Bool] {
        all.compactMap { if case .settledLimbo(let wasCommitted, _, _) = $0 { wasCommitted } else { nil } }
    }
}
