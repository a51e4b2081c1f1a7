internal import Authentication
internal import Domain
internal import HTTP1
internal import Primitives
internal import Reactor
internal import ServerSentEvents
internal import Sessions
internal import Transport
internal import WireProtocol

/// A session's frames as server-sent events: `data` is the frame, `id` the position behind it, so that `Last-Event-ID`
/// resumes. Confined to its loop.
final class EventStream: SubscriptionOutlet, @unchecked Sendable {
    let principal: Principal
    private let gateway: GatewayLoop
    private let exchange: HTTPExchange
    private var subscription: Subscription?
    private var hasStarted = false
    private var epoch = ""
    private var heartbeat: ScheduledTimer?
    private var expiry: ScheduledTimer?
    /// Places among the sockets and streams of the address and of the subject.
    private var slots: (SharedLimits.AddressSlot?, SharedLimits.SubjectSlot?)

    var loop: EventLoop { gateway.loop }
    var isOpen: Bool { exchange.isOpen }
    var sender: ObjectIdentifier? { nil }
    func lane(of subscription: Subscription) -> DeliveryLane? { nil }
    var unsentBytes: Int { exchange.unsentBytes }

    init(gateway: GatewayLoop, exchange: HTTPExchange, principal: Principal) {
        self.gateway = gateway
        self.exchange = exchange
        self.principal = principal
    }

    func start(_ address: SessionAddress, _ request: SubscribeRequest) {
        do throws(TooManySockets) {
            slots = (try gateway.slot(of: exchange.peerAddress), try gateway.slot(of: principal))
        } catch {
            return exchange.respond(HTTPResponse(problem: error.fault))
        }
        gateway.adopt(self)
        exchange.peerGone = { [self] in end() }
        exchange.drained = { [weak self] in self?.subscription?.outputDrained() }
        let subscription = Subscription(
            address: address, caller: principal.caller, request: request, outlet: self, gateway: gateway)
        self.subscription = subscription
        subscription.open { [self] fault in
            if hasStarted { finish(fault) } else { exchange.respond(HTTPResponse(problem: fault)); end() }
        }
    }

    func send(_ publication: Publication) {
        begin()
        switch publication.content {
        case .opening(let position):
            epoch = position.epoch
            write(Array(publication.json), id: position.offset)
        case .event(let offset, _): write(Array(publication.json), id: offset)
        case .delta, .signal, .value: write(Array(publication.json), id: nil)
        }
    }

    func send(_ burst: PublicationBurst) {
        for publication in burst.publications { send(publication) }
    }

    private func begin() {
        guard !hasStarted else { return }
        hasStarted = true
        var headers = HTTPHeaders()
        headers.add("Content-Type", "text/event-stream; charset=utf-8")
        headers.add("Cache-Control", "no-store")
        headers.add("X-Accel-Buffering", "no")
        exchange.startStreaming(.ok, headers)
        if exchange.request.method == .head {
            // The head is the whole answer.
            exchange.finish()
            return end()
        }
        beat()
        let left = Duration.microseconds(max(0, principal.expires.microseconds - loop.time.wallClock.microseconds))
        expiry = loop.schedule(after: left) { [weak self] in self?.finish(Fault(.expired)) }
    }

    private func write(_ json: [UInt8], id offset: Int64?) {
        exchange.write(EventEncoder.event(data: json, id: offset.map { "\(epoch):\($0)" }))
    }

    private func beat() {
        heartbeat = loop.schedule(after: gateway.configuration.eventStreamHeartbeat) { [weak self] in
            guard let self, self.isOpen else { return }
            self.exchange.write(EventEncoder.comment("keep-alive"))
            self.beat()
        }
    }

    /// The only one; it is told whenever bytes have left.
    func subscriptionLags(_ subscription: Subscription) {}

    func subscriptionEnded(_ subscription: Subscription, _ path: String, _ cause: ServerFrame.UnsubscribeCause) {
        begin()
        write(ServerFrame.unsubscribed(session: path, why: cause), id: nil)
        exchange.finish()
        end()
    }

    /// Says why, then ends the stream.
    func finish(_ fault: Fault) {
        if hasStarted {
            write(ServerFrame.fault(id: nil, fault), id: nil)
            exchange.finish()
        } else {
            exchange.respond(HTTPResponse(problem: fault))
        }
        end()
    }

    private func end() {
        heartbeat?.cancel()
        expiry?.cancel()
        subscription?.close()
        subscription = nil
        gateway.forget(self)
        slots = (nil, nil)
    }
}
