internal import Domain
internal import Reactor
internal import Sessions
internal import Transport
internal import WireProtocol

/// One request that waits for what becomes of a session: follows it, looks at the committed state at the start and after every event and
/// value, until `look` finds something in it or the time is over.
///
/// Confined to the exchange's loop. It leaves the session when it has answered, and when who asked has gone.
final class SessionWatch<Outcome: Sendable>: Subscriber, @unchecked Sendable {
    /// Reads the committed state on the session's loop, and calls one of the two.
    typealias Look =
        @Sendable (
            _ registry: SessionRegistry, _ refused: @escaping @Sendable (Fault) -> Void,
            _ found: @escaping @Sendable (Outcome?) -> Void
        ) -> Void

    let caller: Caller
    let loopIndex: Int
    var place: Int32 = -1
    private let request: RoutedRequest
    private let address: SessionAddress
    private let look: Look
    /// Set until it is called.
    private var completion: ((Result<Outcome?, Fault>) -> Void)?
    private var timer: ScheduledTimer?

    /// - Parameter look: finds nil: not yet.
    /// - Parameter completion: called once on the exchange's loop, with nil when the time is over; never when who asked has gone.
    static func follow(
        _ address: SessionAddress, as caller: Caller, for request: RoutedRequest, look: @escaping Look,
        _ completion: @escaping (Result<Outcome?, Fault>) -> Void
    ) {
        SessionWatch(request, address, caller, look, completion).start()
    }

    private init(
        _ request: RoutedRequest, _ address: SessionAddress, _ caller: Caller, _ look: @escaping Look,
        _ completion: @escaping (Result<Outcome?, Fault>) -> Void
    ) {
        self.request = request
        self.address = address
        self.caller = caller
        self.look = look
        self.completion = completion
        loopIndex = request.exchange.loop.index
    }

    private func start() {
        request.exchange.peerGone = { [self] in leave() }
        timer = request.exchange.loop.schedule(after: request.gateway.configuration.outcomeTimeout) { [weak self] in
            self?.end(with: .success(nil))
        }
        subscribe()
    }

    private func subscribe() {
        let address = address
        let subscribe = SubscribeRequest(id: nil, session: address.path, from: nil, mode: .all)
        let refused: @Sendable (Fault) -> Void = request.onLoop { [self] in end(with: .failure($0)) }
        request.services.withRegistry(of: address) { [self] registry in
            registry.subscribe(address, subscribe, self, refused)
            // What happened before the subscription began is in the state.
            lookAgain(registry)
        }
    }

    /// On the session's loop.
    private func lookAgain(_ registry: SessionRegistry) {
        let refused: @Sendable (Fault) -> Void = request.onLoop { [self] in end(with: .failure($0)) }
        let found: @Sendable (Outcome?) -> Void = request.onLoop { [self] found in
            if let found { end(with: .success(found)) }
        }
        look(registry, refused, found)
    }

    // MARK: Subscriber

    var lane: DeliveryLane? { nil }

    func open(with publications: [Publication], in list: SubscriberList) {}

    func receive(_ burst: PublicationBurst) {
        guard completion != nil else { return }
        let hasNews = burst.publications.contains {
            switch $0.content {
            case .event, .value: true
            case .opening, .delta, .signal: false
            }
        }
        guard hasNews else { return }
        request.services.afterwardsWithRegistry(of: address) { [self] in lookAgain($0) }
    }

    /// A session that could not write what it had decided (two payments from one wallet at once) is let go and loaded again.
    func end(_ cause: ServerFrame.UnsubscribeCause) {
        guard completion != nil else { return }
        if cause == .deleted { return end(with: .failure(Fault(.noSuchSession, "the session was deleted"))) }
        request.exchange.loop.schedule(after: Self.returnPause) { [weak self] in
            if let self, self.completion != nil { self.subscribe() }
        }
    }

    /// Before it follows anew.
    private static var returnPause: Duration { .milliseconds(250) }

    // MARK: The end

    private func end(with result: Result<Outcome?, Fault>) {
        guard let completion else { return }
        leave()
        completion(result)
    }

    private func leave() {
        completion = nil
        timer?.cancel()
        timer = nil
        let address = address
        request.services.afterwardsWithRegistry(of: address) { [self] in $0.unsubscribe(address, self) }
    }
}

/// The same of a payment.
enum PaymentWatch {
    /// - Parameter outcome: called on the payment's loop; nil: not yet.
    static func follow<Outcome: Sendable>(
        _ address: SessionAddress, as caller: Caller, for request: RoutedRequest,
        until outcome: @escaping @Sendable (Payment) -> Outcome?,
        _ completion: @escaping (Result<Outcome?, Fault>) -> Void
    ) {
        SessionWatch<Outcome>.follow(
            address, as: caller, for: request,
            look: { registry, refused, found in registry.readPayment(address, caller, refused, outcome, found) },
            completion)
    }
}
