internal import Domain
internal import Reactor
internal import WireProtocol

/// Follows a payment for an order, for as long as the order wants it: looks at its committed state at the start and after each of
/// its events. What it misses it sees when it comes back, so that an order hears of the newest status at least once.
///
/// Confined to the order's loop.
final class PaymentFollower: Subscriber, @unchecked Sendable {
    let caller: Caller
    let loopIndex: Int
    var place: Int32 = -1
    private let address: SessionAddress
    private let loop: EventLoop
    private let registries: SessionRegistries
    /// nil once nobody wants to hear any more.
    private var seen: ((PaymentStatus) -> Void)?
    private var pause = PaymentFollower.firstPause
    private var timer: ScheduledTimer?

    /// Before it looks for a payment anew that is not there yet, or whose session is moving; doubled each time.
    private static let firstPause = Duration.milliseconds(250)
    static let maxPause = Duration.seconds(60)

    init(
        _ payment: String, tenant: String, loop: EventLoop, registries: SessionRegistries,
        _ seen: @escaping (PaymentStatus) -> Void
    ) {
        address = SessionAddress(tenant: tenant, kind: .payment, id: payment)
        caller = Caller(tenant: tenant, subject: "", role: .service)
        self.loop = loop
        loopIndex = loop.index
        self.registries = registries
        self.seen = seen
        subscribe()
    }

    func stop() {
        guard seen != nil else { return }
        seen = nil
        timer?.cancel()
        timer = nil
        registries.afterwards(of: address) { [self] in $0.unsubscribe(address, self) }
    }

    private func subscribe() {
        let request = SubscribeRequest(id: nil, session: address.path, from: nil, mode: .all)
        let refused: @Sendable (Fault) -> Void = { [self] _ in loop.execute { [self] in comeBack() } }
        registries.afterwards(of: address) { [self] registry in
            registry.subscribe(address, request, self, refused)
            // What happened before the subscription began is in the state.
            look(registry)
        }
    }

    /// On the payment's loop.
    private func look(_ registry: SessionRegistry) {
        // A payment that is not there is looked for again by who could not subscribe.
        registry.readPayment(address, caller, { _ in }, \.status) { [self] status in
            loop.execute { [self] in
                pause = Self.firstPause
                seen?(status)
            }
        }
    }

    private func comeBack() {
        guard seen != nil, timer == nil else { return }
        timer = loop.schedule(after: pause) { [weak self] in
            guard let self, self.seen != nil else { return }
            self.timer = nil
            self.subscribe()
        }
        pause = min(pause * 2, Self.maxPause)
    }

    // MARK: Subscriber

    var lane: DeliveryLane? { nil }

    func open(with publications: [Publication], in list: SubscriberList) {}

    func receive(_ burst: PublicationBurst) {
        guard seen != nil, burst.lastOffset != burst.offsetBefore else { return }
        registries.afterwards(of: address) { [self] in look($0) }
    }

    func end(_ cause: ServerFrame.UnsubscribeCause) { comeBack() }
}
