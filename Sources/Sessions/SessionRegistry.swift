package import Domain
package import JSON
package import Ports
package import Reactor
package import WireProtocol

/// The live sessions of one loop, of every kind. Confined to its loop.
///
/// Kinds are told apart here, once: below, each has its own registry, made for its own machine.
package final class SessionRegistry: @unchecked Sendable {
    package struct Configuration: Sendable {
        /// Without subscribers, commands and work for this long, a session is let go.
        package var idleTimeout = Duration.seconds(300)
        /// How often the registry looks for idle sessions.
        package var sweepInterval = Duration.seconds(15)
        /// Requests that may wait for one session to be activated.
        package var maxWaiting = 1024
        /// Sessions let go in one sweep: each writes a checkpoint.
        package var maxPassivationsPerSweep = 512
        /// The longest wait before a session that was dropped with work under way is loaded again.
        package var maxRevival = Duration.seconds(30)
        package init() {}
    }

    /// What `PUT` found or made.
    package enum CreateResult: Sendable, Equatable {
        case created, existed
    }

    private let environment: SessionEnvironment
    private let conversations: KindRegistry<ConversationEffects>
    private let lineAccounts: KindRegistry<LineAccountEffects>
    private let payments: KindRegistry<PaymentEffects>
    private let orders: KindRegistry<OrderEffects>
    private let feeds: KindRegistry<FeedEffects>
    private let inboxes: KindRegistry<InboxEffects>
    /// Brings letters to the sessions of this loop.
    let courier: Courier

    /// - Parameter digest: SHA-256, to recognise the key of the command that deleted a session.
    package init(
        environment: SessionEnvironment, configuration: Configuration = Configuration(),
        digest: @escaping @Sendable ([UInt8]) -> [UInt8],
        conversations: @escaping (SessionAddress) -> ConversationEffects,
        lineAccounts: @escaping (SessionAddress) -> LineAccountEffects,
        payments: @escaping (SessionAddress) -> PaymentEffects,
        orders: @escaping (SessionAddress) -> OrderEffects,
        feeds: @escaping (SessionAddress) -> FeedEffects,
        inboxes: @escaping (SessionAddress) -> InboxEffects
    ) {
        self.environment = environment
        self.conversations = KindRegistry(
            environment: environment, configuration: configuration, digest: digest, makeEffects: conversations)
        self.lineAccounts = KindRegistry(
            environment: environment, configuration: configuration, digest: digest, makeEffects: lineAccounts)
        self.payments = KindRegistry(
            environment: environment, configuration: configuration, digest: digest, makeEffects: payments)
        self.orders = KindRegistry(
            environment: environment, configuration: configuration, digest: digest, makeEffects: orders)
        self.feeds = KindRegistry(
            environment: environment, configuration: configuration, digest: digest, makeEffects: feeds)
        self.inboxes = KindRegistry(
            environment: environment, configuration: configuration, digest: digest, makeEffects: inboxes)
        courier = Courier(
            loop: environment.loop, journal: environment.journal,
            isHome: { environment.home(of: $0) === environment.loop }, observe: environment.observer.brought)
        courier.onDelivery = { [weak self] address, ticket in
            guard let self else { return ticket.answer(.failure(Fault(.draining))) }
            self.submit(address, ticket)
        }
    }

    package var loop: EventLoop { environment.loop }
    package var liveCount: Int { SessionKind.allCases.reduce(0) { $0 + sessions(of: $1).liveCount } }

    private func sessions(of kind: SessionKind) -> any SessionsOfKind {
        switch kind {
        case .conversation: conversations
        case .lineAccount: lineAccounts
        case .payment: payments
        case .order: orders
        case .feed: feeds
        case .inbox: inboxes
        }
    }

    /// Begins to let idle sessions go, and to bring letters. On the loop.
    package func start() {
        courier.start()
        for kind in SessionKind.allCases { sessions(of: kind).start() }
    }

    // MARK: Requests

    package func submit(_ address: SessionAddress, _ ticket: CommandTicket) {
        sessions(of: address.kind).submit(address, ticket)
    }

    package func subscribe(
        _ address: SessionAddress, _ request: SubscribeRequest, _ subscriber: any Subscriber,
        _ refused: @escaping @Sendable (Fault) -> Void
    ) {
        sessions(of: address.kind).subscribe(address, request, subscriber, refused)
    }

    package func unsubscribe(_ address: SessionAddress, _ subscriber: any Subscriber) {
        sessions(of: address.kind).unsubscribe(address, subscriber)
    }

    /// Only a live session has anyone to tell.
    package func signal(
        _ address: SessionAddress, _ name: String, _ data: JSONValue, from caller: Caller, sender: ObjectIdentifier?,
        _ refused: @escaping @Sendable (Fault) -> Void
    ) {
        sessions(of: address.kind).signal(address, name, data, from: caller, sender: sender, refused)
    }

    /// The same, of a signal as it stands in its sender's frame. False when it must be asked for by address: there may be such
    /// a session, or none. Only conversations have signals that are worth this.
    /// - Parameter hash: the address's `stableHash`.
    package func signal(
        _ signal: SignalText, _ hash: UInt64, from caller: Caller, sender: ObjectIdentifier?,
        _ refused: (Fault) -> Void
    ) -> Bool {
        conversations.signal(signal, hash, from: caller, sender: sender, refused)
    }

    /// A device that follows the session has everything up to there.
    package func acknowledge(_ address: SessionAddress, _ offset: Int64, from caller: Caller) {
        sessions(of: address.kind).acknowledge(address, offset, from: caller)
    }

    /// Answers once the session is durable. The kind of the facts is the address's.
    package func create(
        _ address: SessionAddress, _ facts: SessionFacts,
        _ completion: @escaping @Sendable (Result<CreateResult, Fault>) -> Void
    ) {
        switch facts {
        case .conversation(let facts): conversations.create(address, facts, completion)
        case .lineAccount(let facts): lineAccounts.create(address, facts, completion)
        case .payment(let facts): payments.create(address, facts, completion)
        case .order(let facts): orders.create(address, facts, completion)
        case .feed(let facts): feeds.create(address, facts, completion)
        case .inbox(let facts): inboxes.create(address, facts, completion)
        }
    }

    package func snapshot(
        _ address: SessionAddress, _ caller: Caller,
        _ completion: @escaping @Sendable (Result<(position: StreamPosition, state: [UInt8]), Fault>) -> Void
    ) {
        sessions(of: address.kind).snapshot(address, caller, completion)
    }

    package func log(
        _ address: SessionAddress, _ caller: Caller, after offset: Int64, limit: Int,
        _ completion: @escaping @Sendable (Result<SessionLogPage, Fault>) -> Void
    ) {
        sessions(of: address.kind).log(address, caller, after: offset, limit: limit, completion)
    }

    /// The conversation's committed state, for a façade.
    package func readConversation<Result: Sendable>(
        _ address: SessionAddress, _ caller: Caller, _ refused: @escaping @Sendable (Fault) -> Void,
        _ use: @escaping @Sendable (Conversation) -> Result, _ completion: @escaping @Sendable (Result) -> Void
    ) {
        conversations.readState(address, caller, refused, use, completion)
    }

    /// The LINE account's committed state, for a façade.
    package func readLineAccount<Result: Sendable>(
        _ address: SessionAddress, _ caller: Caller, _ refused: @escaping @Sendable (Fault) -> Void,
        _ use: @escaping @Sendable (LineAccount) -> Result, _ completion: @escaping @Sendable (Result) -> Void
    ) {
        lineAccounts.readState(address, caller, refused, use, completion)
    }

    /// The payment's committed state, for a façade.
    package func readPayment<Result: Sendable>(
        _ address: SessionAddress, _ caller: Caller, _ refused: @escaping @Sendable (Fault) -> Void,
        _ use: @escaping @Sendable (Payment) -> Result, _ completion: @escaping @Sendable (Result) -> Void
    ) {
        payments.readState(address, caller, refused, use, completion)
    }

    /// The order's committed state, for a façade.
    package func readOrder<Result: Sendable>(
        _ address: SessionAddress, _ caller: Caller, _ refused: @escaping @Sendable (Fault) -> Void,
        _ use: @escaping @Sendable (Order) -> Result, _ completion: @escaping @Sendable (Result) -> Void
    ) {
        orders.readState(address, caller, refused, use, completion)
    }

    /// The feed's committed state, for a façade.
    package func readFeed<Result: Sendable>(
        _ address: SessionAddress, _ caller: Caller, _ refused: @escaping @Sendable (Fault) -> Void,
        _ use: @escaping @Sendable (Feed) -> Result, _ completion: @escaping @Sendable (Result) -> Void
    ) {
        feeds.readState(address, caller, refused, use, completion)
    }

    /// The inbox's committed state, for a façade.
    package func readInbox<Result: Sendable>(
        _ address: SessionAddress, _ caller: Caller, _ refused: @escaping @Sendable (Fault) -> Void,
        _ use: @escaping @Sendable (Inbox) -> Result, _ completion: @escaping @Sendable (Result) -> Void
    ) {
        inboxes.readState(address, caller, refused, use, completion)
    }

    // MARK: Starting and stopping

    /// Activates the sessions that had something unfinished when the last process ended, so that nothing stays so.
    package func recoverUnfinished(_ completion: @escaping (Result<Int, StoreFailure>) -> Void) {
        environment.journal.unfinishedSessions(limit: 100_000) { [self] result in
            switch result {
            case .failure(let failure): completion(.failure(failure))
            case .success(let addresses):
                let mine = addresses.filter { environment.home(of: $0) === loop }
                for address in mine { wake(address) }
                completion(.success(mine.count))
            }
        }
    }

    /// Activates a session, which takes up again what it has to do.
    package func wake(_ address: SessionAddress) {
        sessions(of: address.kind).recover(address)
    }

    /// No new commands; what is under way may finish until `interruptAfter`, then it ends as interrupted, also what only then
    /// begins; calls `completion` once, when everything is written, or at the latest `deadline` from now.
    package func drain(
        interruptAfter: Duration, deadline: Duration, _ completion: @escaping @Sendable () -> Void
    ) {
        // What is not delivered is in the table.
        courier.stop()
        let kinds = Kinds(count: SessionKind.allCases.count, completion)
        for kind in SessionKind.allCases {
            sessions(of: kind).drain(interruptAfter: interruptAfter, deadline: deadline) { kinds.drained() }
        }
    }
}

/// What does not depend on what a kind's machine is: one kind's live sessions on one loop.
protocol SessionsOfKind: AnyObject {
    var liveCount: Int { get }
    func start()
    func submit(_ address: SessionAddress, _ ticket: CommandTicket)
    func subscribe(
        _ address: SessionAddress, _ request: SubscribeRequest, _ subscriber: any Subscriber,
        _ refused: @escaping @Sendable (Fault) -> Void)
    func unsubscribe(_ address: SessionAddress, _ subscriber: any Subscriber)
    func signal(
        _ address: SessionAddress, _ name: String, _ data: JSONValue, from caller: Caller, sender: ObjectIdentifier?,
        _ refused: @escaping @Sendable (Fault) -> Void)
    func acknowledge(_ address: SessionAddress, _ offset: Int64, from caller: Caller)
    func snapshot(
        _ address: SessionAddress, _ caller: Caller,
        _ completion: @escaping @Sendable (Result<(position: StreamPosition, state: [UInt8]), Fault>) -> Void)
    func log(
        _ address: SessionAddress, _ caller: Caller, after offset: Int64, limit: Int,
        _ completion: @escaping @Sendable (Result<SessionLogPage, Fault>) -> Void)
    func recover(_ address: SessionAddress)
    func drain(interruptAfter: Duration, deadline: Duration, _ completion: @escaping @Sendable () -> Void)
}

/// Kinds that are not drained yet. Confined to the loop.
private final class Kinds: @unchecked Sendable {
    private var count: Int
    private let completion: @Sendable () -> Void

    init(count: Int, _ completion: @escaping @Sendable () -> Void) {
        self.count = count
        self.completion = completion
    }

    func drained() {
        count -= 1
        if count == 0 { completion() }
    }
}

extension SessionEnvironment {
    /// The loop that an address lives on.
    func home(of address: SessionAddress) -> EventLoop { loops[Int(address.stableHash % UInt64(loops.count))] }
}
