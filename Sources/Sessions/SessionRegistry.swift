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

    /// - Parameter digest: SHA-256, to recognise the key of the command that deleted a session.
    package init(
        environment: SessionEnvironment, configuration: Configuration = Configuration(),
        digest: @escaping @Sendable ([UInt8]) -> [UInt8],
        conversations: @escaping (SessionAddress) -> ConversationEffects,
        lineAccounts: @escaping (SessionAddress) -> LineAccountEffects,
        payments: @escaping (SessionAddress) -> PaymentEffects,
        orders: @escaping (SessionAddress) -> OrderEffects
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
    }

    package var loop: EventLoop { environment.loop }
    package var liveCount: Int {
        conversations.liveCount + lineAccounts.liveCount + payments.liveCount + orders.liveCount
    }

    /// Begins to let idle sessions go. On the loop.
    package func start() {
        conversations.start()
        lineAccounts.start()
        payments.start()
        orders.start()
    }

    // MARK: Requests

    package func submit(_ address: SessionAddress, _ ticket: CommandTicket) {
        switch address.kind {
        case .conversation: conversations.submit(address, ticket)
        case .lineAccount: lineAccounts.submit(address, ticket)
        case .payment: payments.submit(address, ticket)
        case .order: orders.submit(address, ticket)
        }
    }

    package func subscribe(
        _ address: SessionAddress, _ request: SubscribeRequest, _ subscriber: any Subscriber,
        _ refused: @escaping @Sendable (Fault) -> Void
    ) {
        switch address.kind {
        case .conversation: conversations.subscribe(address, request, subscriber, refused)
        case .lineAccount: lineAccounts.subscribe(address, request, subscriber, refused)
        case .payment: payments.subscribe(address, request, subscriber, refused)
        case .order: orders.subscribe(address, request, subscriber, refused)
        }
    }

    package func unsubscribe(_ address: SessionAddress, _ subscriber: any Subscriber) {
        switch address.kind {
        case .conversation: conversations.unsubscribe(address, subscriber)
        case .lineAccount: lineAccounts.unsubscribe(address, subscriber)
        case .payment: payments.unsubscribe(address, subscriber)
        case .order: orders.unsubscribe(address, subscriber)
        }
    }

    /// Only a live session has anyone to tell.
    package func signal(
        _ address: SessionAddress, _ name: String, _ data: JSONValue, from caller: Caller, sender: ObjectIdentifier?,
        _ refused: @escaping @Sendable (Fault) -> Void
    ) {
        switch address.kind {
        case .conversation: conversations.signal(address, name, data, from: caller, sender: sender, refused)
        case .lineAccount: lineAccounts.signal(address, name, data, from: caller, sender: sender, refused)
        case .payment: payments.signal(address, name, data, from: caller, sender: sender, refused)
        case .order: orders.signal(address, name, data, from: caller, sender: sender, refused)
        }
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
        }
    }

    package func snapshot(
        _ address: SessionAddress, _ caller: Caller,
        _ completion: @escaping @Sendable (Result<(position: StreamPosition, state: [UInt8]), Fault>) -> Void
    ) {
        switch address.kind {
        case .conversation: conversations.snapshot(address, caller, completion)
        case .lineAccount: lineAccounts.snapshot(address, caller, completion)
        case .payment: payments.snapshot(address, caller, completion)
        case .order: orders.snapshot(address, caller, completion)
        }
    }

    package func log(
        _ address: SessionAddress, _ caller: Caller, after offset: Int64, limit: Int,
        _ completion: @escaping @Sendable (Result<SessionLogPage, Fault>) -> Void
    ) {
        switch address.kind {
        case .conversation: conversations.log(address, caller, after: offset, limit: limit, completion)
        case .lineAccount: lineAccounts.log(address, caller, after: offset, limit: limit, completion)
        case .payment: payments.log(address, caller, after: offset, limit: limit, completion)
        case .order: orders.log(address, caller, after: offset, limit: limit, completion)
        }
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
        switch address.kind {
        case .conversation: conversations.recover(address)
        case .lineAccount: lineAccounts.recover(address)
        case .payment: payments.recover(address)
        case .order: orders.recover(address)
        }
    }

    /// No new commands; what is under way may finish until `interruptAfter`, then it ends as interrupted, also what only then
    /// begins; calls `completion` once, when everything is written, or at the latest `deadline` from now.
    package func drain(
        interruptAfter: Duration, deadline: Duration, _ completion: @escaping @Sendable () -> Void
    ) {
        let kinds = Kinds(count: 4, completion)
        conversations.drain(interruptAfter: interruptAfter, deadline: deadline) { kinds.drained() }
        lineAccounts.drain(interruptAfter: interruptAfter, deadline: deadline) { kinds.drained() }
        payments.drain(interruptAfter: interruptAfter, deadline: deadline) { kinds.drained() }
        orders.drain(interruptAfter: interruptAfter, deadline: deadline) { kinds.drained() }
    }
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
