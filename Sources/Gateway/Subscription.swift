internal import Domain
internal import Primitives
internal import Reactor
internal import Sessions
internal import WireProtocol

/// Where a subscription's frames go: a WebSocket or an event stream. Confined to one loop.
protocol SubscriptionOutlet: AnyObject, Sendable {
    var loop: EventLoop { get }
    var unsentBytes: Int { get }
    var isOpen: Bool { get }
    /// Where frames may go past the outlet; see `Subscriber.lane`.
    func lane(of subscription: Subscription) -> DeliveryLane?
    func send(_ publication: Publication)
    /// All of it, in order.
    func send(_ burst: PublicationBurst)
    /// The subscription waits for the reader: it wants to hear `outputDrained` once it has caught up.
    func subscriptionLags(_ subscription: Subscription)
    /// `unsubscribed`: nothing more comes of this session.
    func subscriptionEnded(_ subscription: Subscription, _ cause: ServerFrame.UnsubscribeCause)
}

/// One connection's interest in one session. Confined to the connection's loop.
///
/// A reader that lags is not buffered for: beyond `lagBytes` of unsent output the subscription leaves the session,
/// remembers where it stands, and comes back from there once the reader has caught up. So memory a reader can hold is
/// bounded, and nothing is lost: what it missed is in the log. One that opens while the reader is behind already does not
/// begin: its replay would come on top of the others'.
final class Subscription: Subscriber, @unchecked Sendable {
    private enum Phase {
        /// Asked for; the session has not answered.
        case opening
        case live
        /// Left the session until the reader has caught up.
        case lagging
        case ended
    }

    // What each delivery looks at stands together.
    private var phase = Phase.opening
    /// Gone once the subscription has ended: the two hold each other until then.
    private var outlet: (any SubscriptionOutlet)?
    /// Whose own signals are not sent back to it.
    let sender: ObjectIdentifier?
    private let gateway: GatewayLoop
    let address: SessionAddress
    let caller: Caller
    private var request: SubscribeRequest
    /// Where the session's deliveries come from; while there is one.
    private var list: SubscriberList?
    /// Behind what was delivered through here; `list` knows what went past.
    private var position: StreamPosition?
    private var conflation: Conflation?
    private var flushTimer: ScheduledTimer?
    private(set) var lagCount = 0
    /// Who asked, until the session has answered and the answer could be delivered.
    private var refused: (@Sendable (Fault) -> Void)?

    private var services: GatewayServices { gateway.services }
    private var configuration: GatewayConfiguration { gateway.configuration }
    var loopIndex: Int { gateway.loop.index }

    init(
        address: SessionAddress, caller: Caller, request: SubscribeRequest, sender: ObjectIdentifier?,
        outlet: any SubscriptionOutlet, gateway: GatewayLoop
    ) {
        self.address = address
        self.caller = caller
        self.request = request
        self.sender = sender
        self.outlet = outlet
        self.gateway = gateway
        if request.mode == .latest { conflation = Conflation() }
    }

    /// Asks the session; `refused` is called on the outlet's loop.
    func open(_ refused: @escaping @Sendable (Fault) -> Void) {
        self.refused = refused
        services.withRegistry(of: address, asking())
    }

    private func asking() -> @Sendable (SessionRegistry) -> Void {
        let request = request
        let loop = gateway.loop
        return { [self] registry in
            registry.subscribe(address, request, self) { fault in
                loop.execute { [self] in refuse(fault) }
            }
        }
    }

    /// Who waits for the first answer gets the fault; one that was served before ends.
    private func refuse(_ fault: Fault) {
        guard phase != .ended else { return }
        let (refused, outlet) = (refused, outlet)
        finish()
        if let refused { refused(fault) } else { outlet?.subscriptionEnded(self, .unavailable) }
    }

    private func finish() {
        phase = .ended
        refused = nil
        list?.divert(self)
        list = nil
        outlet = nil
        flushTimer?.cancel()
        flushTimer = nil
    }

    /// Leaves the session. Nothing is delivered after this.
    func close() {
        let wasLive = phase == .live
        finish()
        if wasLive { leave() }
    }

    private func leave() {
        services.afterwardsWithRegistry(of: address) { [self] registry in registry.unsubscribe(address, self) }
    }

    // MARK: Subscriber

    var lane: DeliveryLane? { conflation == nil ? outlet?.lane(of: self) : nil }

    func open(with publications: [Publication], in list: SubscriberList) {
        self.list = list
        receive(publications)
    }

    func receive(_ burst: PublicationBurst) {
        guard phase == .live, let outlet, outlet.isOpen else { return receive(burst.publications) }
        // What went past before this burst was delivered, too.
        if let offset = burst.offsetBefore { advance(to: offset) }
        let takesAll =
            conflation == nil && outlet.unsentBytes < configuration.signalBytes && !burst.hasSignals(of: sender)
        guard takesAll else { return receive(burst.publications) }
        if let offset = burst.lastOffset { advance(to: offset) }
        outlet.send(burst)
        if outlet.unsentBytes > configuration.lagBytes { lag() }
    }

    private func advance(to offset: Int64) {
        if let position, position.offset < offset { self.position?.offset = offset }
    }

    private func receive(_ publications: [Publication]) {
        guard phase != .ended, let outlet, outlet.isOpen else {
            // The session opened, or still serves, what has ended meanwhile.
            finish()
            return leave()
        }
        let comesBack = phase == .opening && lagCount > 0
        if case .opening = phase {
            // What was on its way from another loop when it left is not the answer; the log has it.
            guard case .opening? = publications.first?.content else { return }
            // The reader has enough to take: many replays that begin together must not add up.
            guard outlet.unsentBytes <= configuration.lagBytes else { return lag() }
            phase = .live
            refused = nil
        }
        guard case .live = phase else { return }
        for publication in publications { receive(publication, outlet) }
        // What was conflated before it lagged is behind its position now, so nobody will send it again.
        if comesBack { flush() }
        if case .live = phase, outlet.unsentBytes > configuration.lagBytes { lag() }
    }

    private func receive(_ publication: Publication, _ outlet: any SubscriptionOutlet) {
        switch publication.content {
        case .opening(let position):
            self.position = position
            outlet.send(publication)
        case .event(let offset, _):
            advance(to: offset)
            deliver(publication, outlet)
        case .delta: deliver(publication, outlet)
        case .signal(let sender):
            // A signal to a slow reader is dropped first.
            if sender == nil || sender != self.sender, outlet.unsentBytes < configuration.signalBytes {
                outlet.send(publication)
            }
        }
    }

    private func deliver(_ publication: Publication, _ outlet: any SubscriptionOutlet) {
        guard conflation != nil else { return outlet.send(publication) }
        conflation?.insert(publication)
        guard flushTimer == nil else { return }
        let interval = Duration.nanoseconds(Int64(1e9 / request.maxHz))
        let wait = conflation?.wait(at: outlet.loop.time.now, interval: interval) ?? .zero
        guard wait > .zero else { return flush() }
        flushTimer = outlet.loop.schedule(after: wait) { [self] in flush() }
    }

    private func flush() {
        flushTimer = nil
        guard case .live = phase, let outlet, outlet.isOpen else { return }
        for publication in conflation?.take(at: outlet.loop.time.now) ?? [] { outlet.send(publication) }
    }

    func end(_ cause: ServerFrame.UnsubscribeCause) {
        switch phase {
        case .ended: return
        case .opening, .live, .lagging: break
        }
        flush()
        let outlet = outlet
        finish()
        outlet?.subscriptionEnded(self, cause)
    }

    /// What the client says it has; cumulative. Kept for the operator's view of who is behind.
    private(set) var acknowledgedOffset: Int64 = 0

    func acknowledge(_ offset: Int64) {
        guard offset <= max(position?.offset ?? 0, list?.lastOffset ?? 0) else { return }
        acknowledgedOffset = max(acknowledgedOffset, offset)
    }

    // MARK: Lagging

    private func lag() {
        phase = .lagging
        lagCount += 1
        list?.divert(self)
        list = nil
        leave()
        outlet?.subscriptionLags(self)
    }

    var isLagging: Bool { phase == .lagging }

    /// The outlet's queued bytes have left.
    func outputDrained() {
        guard case .lagging = phase, let outlet, outlet.unsentBytes <= configuration.catchUpBytes else { return }
        phase = .opening
        // One that never began still owes its subscriber the answer to what it asked.
        if let position {
            request = SubscribeRequest(
                id: nil, session: request.session, from: position, mode: request.mode, maxHz: request.maxHz)
        }
        // Not to overtake this subscription's own leaving, which waits for a later turn, too.
        services.afterwardsWithRegistry(of: address, asking())
    }
}
