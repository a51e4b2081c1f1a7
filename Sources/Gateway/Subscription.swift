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
    /// Whose own signals are not sent back to it.
    var sender: ObjectIdentifier? { get }
    /// Where frames may go past the outlet; see `Subscriber.lane`.
    func lane(of subscription: Subscription) -> DeliveryLane?
    func send(_ publication: Publication)
    /// All of it, in order.
    func send(_ burst: PublicationBurst)
    /// The subscription waits for the reader: it wants to hear `outputDrained` once it has caught up.
    func subscriptionLags(_ subscription: Subscription)
    /// `unsubscribed`: nothing more comes of this session, whose path this is.
    func subscriptionEnded(_ subscription: Subscription, _ path: String, _ cause: ServerFrame.UnsubscribeCause)
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

    /// What is asked of the session, while it has not answered or will be asked again: kept in `opening` and `lagging`.
    private struct Question {
        let address: SessionAddress
        let request: SubscribeRequest
        /// Who asked first, until the session has answered and the answer could be delivered.
        let refused: (@Sendable (Fault) -> Void)?
    }

    /// What mode `latest` holds back.
    private struct Throttle {
        let maxHz: Double
        var conflation = Conflation()
        var timer: ScheduledTimer?
    }

    // There may be as many of these as sockets: what is rarely there has a box, and what the list knows is not kept.
    private var phase = Phase.opening
    private(set) var lagCount: Int32 = 0
    var place: Int32 = -1
    /// Gone once the subscription has ended: the two hold each other until then.
    private var outlet: (any SubscriptionOutlet)?
    private let gateway: GatewayLoop
    let caller: Caller
    /// Where the session's deliveries come from; while there is one.
    private var list: SubscriberList?
    /// Behind what was delivered through here; `list` knows what went past.
    private var offset: Int64 = 0
    private var question: Boxed<Question>
    /// Empty in mode `all`.
    private var throttle = Boxed<Throttle>()
    /// The newest values of a reader that is behind: they follow when it has caught up.
    private var held = Boxed<Conflation>()

    private var services: GatewayServices { gateway.services }
    private var configuration: GatewayConfiguration { gateway.configuration }
    var loopIndex: Int { gateway.loop.index }

    init(
        address: SessionAddress, caller: Caller, request: SubscribeRequest, outlet: any SubscriptionOutlet,
        gateway: GatewayLoop
    ) {
        question = Boxed(Question(address: address, request: request, refused: nil))
        if request.mode == .latest { throttle = Boxed(Throttle(maxHz: request.maxHz)) }
        self.caller = caller
        self.outlet = outlet
        self.gateway = gateway
    }

    /// Nil once it has ended.
    private var address: SessionAddress? { question.value?.address ?? list?.address }

    /// Whether it follows the session at this path of its bearer's tenant.
    func follows(_ path: String) -> Bool { address?.isAt(path) ?? false }

    /// Asks the session; `refused` is called on the outlet's loop.
    func open(_ refused: @escaping @Sendable (Fault) -> Void) {
        guard let question = question.value else { return }
        self.question = Boxed(Question(address: question.address, request: question.request, refused: refused))
        services.withRegistry(of: question.address, asking(question))
    }

    private func asking(_ question: Question) -> @Sendable (SessionRegistry) -> Void {
        let (address, request) = (question.address, question.request)
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
        let (refused, outlet, path) = (question.value?.refused, outlet, address?.path)
        finish()
        if let refused { return refused(fault) }
        if let path { outlet?.subscriptionEnded(self, path, .unavailable) }
    }

    private func finish() {
        phase = .ended
        question.removeValue()
        list?.divert(self)
        list = nil
        outlet = nil
        throttle.value?.timer?.cancel()
        throttle.removeValue()
        held.removeValue()
    }

    /// Leaves the session. Nothing is delivered after this.
    func close() {
        let (wasLive, address) = (phase == .live, address)
        finish()
        if wasLive { leave(address) }
    }

    private func leave(_ address: SessionAddress?) {
        guard let address else { return }
        services.afterwardsWithRegistry(of: address) { [self] registry in registry.unsubscribe(address, self) }
    }

    // MARK: Subscriber

    var lane: DeliveryLane? { throttle.isEmpty ? outlet?.lane(of: self) : nil }

    func open(with publications: [Publication], in list: SubscriberList) {
        self.list = list
        receive(publications)
    }

    func receive(_ burst: PublicationBurst) {
        guard phase == .live, let outlet, outlet.isOpen else { return receive(burst.publications) }
        // What went past before this burst was delivered, too.
        if let offset = burst.offsetBefore { advance(to: offset) }
        let takesAll =
            throttle.isEmpty && held.isEmpty && outlet.unsentBytes < configuration.signalBytes
            && !burst.hasSignals(of: outlet.sender)
        guard takesAll else { return receive(burst.publications) }
        if let offset = burst.lastOffset { advance(to: offset) }
        outlet.send(burst)
        if outlet.unsentBytes > configuration.lagBytes { lag() }
    }

    private func advance(to offset: Int64) {
        self.offset = max(self.offset, offset)
    }

    private func receive(_ publications: [Publication]) {
        guard phase != .ended, let outlet, outlet.isOpen else {
            // The session opened, or still serves, what has ended meanwhile.
            let address = address
            finish()
            return leave(address)
        }
        let comesBack = phase == .opening && lagCount > 0
        if case .opening = phase {
            // What was on its way from another loop when it left is not the answer; the log has it.
            guard case .opening? = publications.first?.content else { return }
            // The reader has enough to take: many replays that begin together must not add up.
            guard outlet.unsentBytes <= configuration.lagBytes else { return lag() }
            phase = .live
            question.removeValue()
        }
        guard case .live = phase else { return }
        for publication in publications { receive(publication, outlet) }
        pace(outlet)
        // What was conflated before it lagged is behind its position now, so nobody will send it again.
        if comesBack { flush() }
        if case .live = phase, outlet.unsentBytes > configuration.lagBytes { lag() }
    }

    private func receive(_ publication: Publication, _ outlet: any SubscriptionOutlet) {
        switch publication.content {
        case .opening(let position):
            offset = position.offset
            outlet.send(publication)
        case .event(let offset, _):
            advance(to: offset)
            deliver(publication, outlet)
        case .delta: deliver(publication, outlet)
        case .value:
            // Nothing overtakes what is held: it would be told behind what is newer.
            if held.isEmpty, outlet.unsentBytes < configuration.signalBytes {
                deliver(publication, outlet)
            } else {
                hold(publication, outlet)
            }
        case .signal(let sender):
            // A signal to a slow reader is dropped first.
            if sender == nil || sender != outlet.sender, outlet.unsentBytes < configuration.signalBytes {
                outlet.send(publication)
            }
        }
    }

    /// In mode `latest` it is kept for `pace`.
    private func deliver(_ publication: Publication, _ outlet: any SubscriptionOutlet) {
        guard !throttle.isEmpty else { return outlet.send(publication) }
        throttle.change { $0.conflation.insert(publication) }
    }

    /// Sends what mode `latest` keeps, together: now if the last was long enough ago, else when it will have been.
    private func pace(_ outlet: any SubscriptionOutlet) {
        guard let kept = throttle.value, kept.timer == nil, !kept.conflation.isEmpty else { return }
        let interval = Duration.nanoseconds(Int64(1e9 / kept.maxHz))
        let wait = kept.conflation.wait(at: outlet.loop.time.now, interval: interval)
        guard wait > .zero else { return flush() }
        let timer = outlet.loop.schedule(after: wait) { [self] in flush() }
        throttle.change { $0.timer = timer }
    }

    /// The next value says what this one would have, unless there is none.
    private func hold(_ publication: Publication, _ outlet: any SubscriptionOutlet) {
        if held.isEmpty { held = Boxed(Conflation()) }
        held.change { $0.insert(publication) }
        outlet.subscriptionLags(self)
    }

    private func flush() {
        throttle.change { $0.timer = nil }
        guard case .live = phase, let outlet, outlet.isOpen else { return }
        let kept = throttle.change { $0.conflation.take(at: outlet.loop.time.now) } ?? []
        guard let first = kept.first else { return }
        outlet.send(PublicationBurst(first, Array(kept.dropFirst()), after: nil))
    }

    func end(_ cause: ServerFrame.UnsubscribeCause) {
        switch phase {
        case .ended: return
        case .opening, .live, .lagging: break
        }
        flush()
        let (outlet, path) = (outlet, address?.path)
        finish()
        if let path { outlet?.subscriptionEnded(self, path, cause) }
    }

    /// What the client says it has; cumulative. Kept for the operator's view of who is behind.
    private(set) var acknowledgedOffset: Int64 = 0

    func acknowledge(_ offset: Int64) {
        guard offset <= max(self.offset, list?.lastOffset ?? 0), offset > acknowledgedOffset else { return }
        acknowledgedOffset = offset
        guard let list, list.hearsAcknowledgements else { return }
        let (address, caller) = (list.address, caller)
        services.withRegistry(of: address) { $0.acknowledge(address, offset, from: caller) }
    }

    // MARK: Lagging

    private func lag() {
        phase = .lagging
        lagCount += 1
        let address = address
        // One that never began still owes its subscriber the answer to what it asked.
        if question.isEmpty, let list { question = Boxed(question(behind: offset, in: list)) }
        // It comes back with the newest ones.
        held.removeValue()
        list?.divert(self)
        list = nil
        leave(address)
        outlet?.subscriptionLags(self)
    }

    private func question(behind offset: Int64, in list: SubscriberList) -> Question {
        let request = SubscribeRequest(
            id: nil, session: list.address.path, from: StreamPosition(epoch: list.epoch, offset: offset),
            mode: throttle.isEmpty ? .all : .latest,
            maxHz: throttle.value?.maxHz ?? SubscribeRequest.defaultMaxHz)
        return Question(address: list.address, request: request, refused: nil)
    }

    /// It wants to hear that the reader has caught up.
    var isLagging: Bool { phase == .lagging || !held.isEmpty }

    /// The outlet's queued bytes have left.
    func outputDrained() {
        guard isLagging, let outlet else { return }
        // What came back before it has filled the output again.
        guard outlet.unsentBytes <= configuration.catchUpBytes else { return outlet.subscriptionLags(self) }
        if case .live = phase, var conflation = held.value {
            held.removeValue()
            for publication in conflation.take(at: outlet.loop.time.now) { deliver(publication, outlet) }
            pace(outlet)
        }
        guard case .lagging = phase, let question = question.value else { return }
        phase = .opening
        // Not to overtake this subscription's own leaving, which waits for a later turn, too.
        services.afterwardsWithRegistry(of: question.address, asking(question))
    }
}
