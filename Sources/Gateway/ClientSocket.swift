internal import Authentication
internal import Domain
internal import JSON
internal import Primitives
internal import Reactor
internal import Sessions
internal import Transport
internal import WebSocket
internal import WireProtocol

/// One client's WebSocket in the protocol `sala.v1.json`: hello, subscriptions, commands. Confined to its loop.
///
/// Timers and pending answers hold it; `end()` takes the timers back, and answers come in bounded time.
final class ClientSocket: WebSocketReceiver, SubscriptionOutlet, @unchecked Sendable {
    private enum Phase {
        /// No hello yet. `principal` is set when the handshake brought a token.
        case awaitingHello(principal: Principal?)
        case open(Principal)
        case closed
    }

    let identifier: String
    private let gateway: GatewayLoop
    /// The values of the handshake's `Origin` headers.
    private let origin: [String]
    /// The transport; set once, right after the upgrade. Gone when the connection is over.
    var peer: WebSocketPeer?
    private var phase: Phase
    private var subscriptions: [String: Subscription] = [:]
    /// Those that wait for the reader, the longest-waiting first. One that ended meanwhile is passed over.
    private var lagging: [Subscription] = []
    private var commandsInFlight = 0
    private var malformedFrames = 0
    private var commandBucket: TokenBucket
    private var frameBucket: TokenBucket
    private var signalBucket: TokenBucket
    private var helloTimer: ScheduledTimer?
    private var expiryTimer: ScheduledTimer?
    private var stallTimer: ScheduledTimer?
    private var lastDrain: Instant
    /// Places among the sockets of the address and of the subject; given back when the socket ends.
    private var addressSlot: SharedLimits.AddressSlot?
    private var subjectSlot: SharedLimits.SubjectSlot?

    private var configuration: GatewayConfiguration { gateway.configuration }
    private var services: GatewayServices { gateway.services }
    var loop: EventLoop { gateway.loop }
    var principal: Principal? { if case .open(let principal) = phase { principal } else { nil } }
    /// Whose token opened the socket, also before hello.
    var bearer: Principal? {
        switch phase {
        case .awaitingHello(let principal): principal
        case .open(let principal): principal
        case .closed: nil
        }
    }

    init(gateway: GatewayLoop, principal: Principal?, origin: [String]) {
        self.gateway = gateway
        self.origin = origin
        identifier = gateway.services.random.identifier("w")
        phase = .awaitingHello(principal: principal)
        let configuration = gateway.configuration
        commandBucket = TokenBucket(rate: configuration.commandsPerSecond, burst: configuration.commandBurst)
        frameBucket = TokenBucket(rate: configuration.framesPerSecond, burst: configuration.frameBurst)
        signalBucket = TokenBucket(rate: configuration.signalsPerSecond, burst: configuration.signalsPerSecond * 2)
        lastDrain = gateway.loop.time.now
    }

    func start(_ slot: SharedLimits.AddressSlot?) {
        addressSlot = slot
        helloTimer = loop.schedule(after: configuration.helloTimeout) { [self] in close(.helloTimeout) }
    }

    // MARK: SubscriptionOutlet

    var isOpen: Bool { peer?.isOpen ?? false }
    func lane(of subscription: Subscription) -> DeliveryLane? {
        guard let peer, let transport = peer.transport else { return nil }
        return DeliveryLane(sink: transport, sender: subscription.sender, maxPlainBytes: peer.maxPlainBytes)
    }
    var unsentBytes: Int { peer?.unsentBytes ?? 0 }

    func send(_ publication: Publication) {
        guard let peer else { return }
        if peer.compresses(publication.json.count) {
            peer.sendShared(publication.json) { publication.compressed($0) }
        } else {
            peer.send(publication.framed)
        }
        watchStall()
    }

    func send(_ burst: PublicationBurst) {
        guard let peer else { return }
        if peer.compresses(burst.largestBytes) {
            for publication in burst.publications { send(publication) }
        } else {
            peer.send(burst.framed)
        }
        watchStall()
    }

    private func send(_ json: [UInt8]) {
        peer?.sendText(json)
        watchStall()
    }

    private func fault(_ id: Int64?, _ fault: Fault, session: String? = nil) {
        gateway.observer.faulted(fault.code)
        send(ServerFrame.fault(id: id, fault, session: session))
    }

    func subscriptionEnded(_ subscription: Subscription, _ cause: ServerFrame.UnsubscribeCause) {
        let path = subscription.address.path
        guard subscriptions[path] === subscription else { return }
        subscriptions[path] = nil
        send(ServerFrame.unsubscribed(session: path, why: cause))
    }

    // MARK: Frames in

    func receiveBinary(_ message: UnsafeRawBufferPointer) {
        refuse(FrameRefusal(id: nil, fault: Fault(.unsupported, "frames are text in sala.v1.json")))
    }

    func receiveText(_ message: UnsafeRawBufferPointer) {
        if case .closed = phase { return }
        if configuration.enforcesRates, frameBucket.take(at: loop.now) != nil { return close(.tooManyFrames) }
        let frame: ClientFrame
        do throws(FrameRefusal) {
            frame = try ClientFrame(message.bytes)
        } catch {
            return refuse(error)
        }
        switch phase {
        case .awaitingHello(let principal): greet(frame, principal)
        case .open(let principal): receive(frame, principal)
        case .closed: break
        }
    }

    private func refuse(_ refusal: FrameRefusal) {
        fault(refusal.id, refusal.fault)
        switch refusal.fault.code {
        case .malformed, .unsupported:
            malformedFrames += 1
            if malformedFrames >= configuration.maxMalformedFrames { close(.malformedFrame) }
        default: break
        }
    }

    private func greet(_ frame: ClientFrame, _ known: Principal?) {
        guard case .hello(let token, _, let requests) = frame else {
            return refuse(FrameRefusal(id: frame.id, fault: Fault(.helloExpected)))
        }
        let principal: Principal
        do throws(Fault) {
            if let token {
                principal = try services.identity.verify(Secret(token))
            } else if let known {
                // The token came with the handshake; it may have been revoked since.
                try services.identity.confirm(known)
                principal = known
            } else {
                throw Fault(.unauthenticated, "hello has no token")
            }
            // The handshake knew the tenant only if it brought the token.
            guard services.identity.origins.verdict(on: origin, tenant: principal.tenant) != .refused else {
                throw Fault(.originRefused)
            }
        } catch {
            fault(nil, error)
            return close(CloseReason(credentials: error))
        }
        // After the token: who is not let in at all is told that.
        if gateway.refusalOfWork() != nil { return close(.overloaded) }
        do { subjectSlot = try gateway.slot(of: principal) } catch { return close(.tooManyConnections) }
        helloTimer?.cancel()
        helloTimer = nil
        phase = .open(principal)
        gateway.socketOpened(self, principal)
        send(
            ServerFrame.welcome(
                ServerFrame.Welcome(
                    connection: identifier, tenant: principal.tenant, subject: principal.subject,
                    role: principal.role.rawValue, expires: principal.expires, time: loop.time.wallClock,
                    heartbeatSeconds: Int64(configuration.heartbeatSeconds), limits: configuration.limits,
                    build: configuration.build)))
        watchExpiry()
        for request in requests { subscribe(request, principal) }
    }

    private func receive(_ frame: ClientFrame, _ principal: Principal) {
        switch frame {
        case .hello: fault(nil, Fault(.malformed, "hello comes once"))
        case .subscribe(let request): subscribe(request, principal)
        case .unsubscribe(let id, let session): unsubscribe(id, session)
        case .command(let request): command(request, principal)
        case .signal(let session, let name, let data): signal(session, name, data, principal)
        case .ack(let session, let offset): subscriptions[session]?.acknowledge(offset)
        case .refresh(let id, let token): refresh(id, token, principal)
        case .ping(let n): send(ServerFrame.pong(n: n))
        }
    }

    private func address(_ session: String, _ principal: Principal) -> SessionAddress? {
        SessionAddress(tenant: principal.tenant, path: session)
    }

    private func subscribe(_ request: SubscribeRequest, _ principal: Principal) {
        guard let address = address(request.session, principal) else {
            return fault(request.id, Fault(.noSuchSession), session: request.session)
        }
        subscriptions.removeValue(forKey: request.session)?.close()
        guard subscriptions.count < configuration.maxSubscriptions else {
            return fault(
                request.id, Fault(.subscriptionLimit, "at most \(configuration.maxSubscriptions) subscriptions"),
                session: request.session)
        }
        let subscription = Subscription(
            address: address, caller: principal.caller, request: request, sender: ObjectIdentifier(self), outlet: self,
            gateway: gateway)
        subscriptions[request.session] = subscription
        subscription.open { [self] fault in
            guard subscriptions[request.session] === subscription else { return }
            subscriptions[request.session] = nil
            self.fault(request.id, fault, session: request.session)
        }
    }

    private func unsubscribe(_ id: Int64?, _ session: String) {
        guard let subscription = subscriptions.removeValue(forKey: session) else {
            return fault(id, Fault(.noSuchSession, "not subscribed"), session: session)
        }
        subscription.close()
        send(ServerFrame.unsubscribed(session: session, why: .requested))
        if id != nil { send(ServerFrame.ok(id: id)) }
    }

    private func command(_ request: CommandRequest, _ principal: Principal) {
        if configuration.enforcesRates, let wait = commandBucket.take(at: loop.now) {
            return fault(request.id, Fault(.rateLimited, retryAfter: wait))
        }
        guard commandsInFlight < configuration.maxCommandsInFlight else {
            return fault(
                request.id,
                Fault(.overloaded, "too many commands wait for their answer", retryAfter: .milliseconds(200)))
        }
        guard let address = address(request.session, principal) else { return fault(request.id, Fault(.noSuchSession)) }
        if let refusal = gateway.refusalOfCommand(to: address) { return fault(request.id, refusal) }
        commandsInFlight += 1
        let id = request.id
        let loop = loop
        let start = loop.time.now
        let ticket = CommandTicket(
            command: SessionCommand(caller: principal.caller, name: request.name, data: request.data), key: request.key
        ) { [self] result in
            loop.execute { [self] in answer(id, result, start) }
        }
        services.withRegistry(of: address) { $0.submit(address, ticket) }
    }

    private func answer(_ id: Int64?, _ result: Result<CommandAnswer, Fault>, _ start: Instant) {
        commandsInFlight -= 1
        gateway.observer.answered(loop.time.now.since(start))
        switch result {
        case .success(let answer): send(ServerFrame.ok(id: id, offset: answer.offset, data: answer.body))
        case .failure(let fault): self.fault(id, fault)
        }
    }

    private func signal(_ session: String, _ name: String, _ data: JSONValue, _ principal: Principal) {
        // Signals have no answer; one too many is dropped in silence.
        if configuration.enforcesRates, signalBucket.take(at: loop.now) != nil { return }
        guard let address = address(session, principal) else {
            return fault(nil, Fault(.noSuchSession), session: session)
        }
        let caller = principal.caller
        let sender = ObjectIdentifier(self)
        let loop = loop
        services.withRegistry(of: address) { [self] registry in
            registry.signal(address, name, data, from: caller, sender: sender) { [self] fault in
                loop.execute { [self] in self.fault(nil, fault, session: session) }
            }
        }
    }

    private func refresh(_ id: Int64?, _ token: String, _ old: Principal) {
        do throws(Fault) {
            let principal = try services.identity.verify(Secret(token))
            guard principal.tenant == old.tenant, principal.subject == old.subject else {
                throw Fault(.forbidden, "the new token is another subject's")
            }
            gateway.socketClosed(self, old)
            phase = .open(principal)
            gateway.socketOpened(self, principal)
            watchExpiry()
            send(ServerFrame.ok(id: id))
        } catch {
            fault(id, error)
        }
    }

    // MARK: Time

    private func watchExpiry() {
        expiryTimer?.cancel()
        guard let principal else { return }
        let left = Duration.microseconds(max(0, principal.expires.microseconds - loop.time.wallClock.microseconds))
        let warning = configuration.expiryWarning
        guard left > warning else { return expire(in: left) }
        expiryTimer = loop.schedule(after: left - warning) { [self] in expire(in: warning) }
    }

    private func expire(in left: Duration) {
        send(ServerFrame.expiring(seconds: left.components.seconds))
        expiryTimer = loop.schedule(after: left) { [self] in
            fault(nil, Fault(.expired))
            close(.expired)
        }
    }

    /// A reader that takes nothing at all, while there is something to take, is given up.
    private func watchStall() {
        guard stallTimer == nil, unsentBytes > configuration.catchUpBytes else { return }
        lastDrain = loop.time.now
        stallTimer = loop.schedule(after: configuration.stallTimeout) { [self] in checkStall() }
    }

    private func checkStall() {
        stallTimer = nil
        guard unsentBytes > configuration.catchUpBytes else { return }
        if loop.time.now.since(lastDrain) >= configuration.stallTimeout {
            close(.tooSlow)
            // It does not read, so it would not read the Close frame either.
            peer?.drop()
        } else {
            watchStall()
        }
    }

    func outputDrained() {
        lastDrain = loop.time.now
        comeBack()
    }

    func subscriptionLags(_ subscription: Subscription) {
        // A client that subscribes anew again and again must not make the queue grow.
        lagging.removeAll { !$0.isLagging || $0 === subscription }
        lagging.append(subscription)
    }

    /// Some at a time, in turn: each may have a replay as large as the first, which the others would be asked for in vain.
    /// Each of them leads to a frame, so to another call.
    private func comeBack() {
        guard !lagging.isEmpty, unsentBytes <= configuration.catchUpBytes else { return }
        let returning = lagging.prefix(configuration.maxReturning)
        lagging.removeFirst(returning.count)
        for subscription in returning { subscription.outputDrained() }
    }

    // MARK: Ending

    func close(_ reason: CloseReason) {
        peer?.close(CloseCode(reason.code), reason.name)
        end()
    }

    /// Tells the client to go and come back; the socket is closed when the server's drain comes to it.
    func goAway(why: String, reconnectAfter: Duration, deadline: Duration) {
        send(ServerFrame.goaway(why: why, reconnectAfter: reconnectAfter, deadline: deadline))
    }

    func connectionEnded() {
        peer = nil
        end()
    }

    private func end() {
        if case .closed = phase { return }
        if let principal { gateway.socketClosed(self, principal) }
        gateway.forget(self)
        phase = .closed
        for timer in [helloTimer, expiryTimer, stallTimer] { timer?.cancel() }
        for subscription in subscriptions.values { subscription.close() }
        subscriptions = [:]
        lagging = []
        addressSlot = nil
        subjectSlot = nil
    }
}

extension Connection: FrameSink {}

extension ClientFrame {
    /// The `id` that an answer repeats.
    var id: Int64? {
        switch self {
        case .subscribe(let request): request.id
        case .unsubscribe(let id, _), .refresh(let id, _): id
        case .command(let request): request.id
        case .hello, .signal, .ack, .ping: nil
        }
    }
}

extension CloseReason {
    /// How a connection ends whose credentials were refused with `fault`.
    init(credentials fault: Fault) {
        switch fault.code {
        case .expired: self = .expired
        case .revoked: self = .revoked
        case .ticketUsed: self = .ticketExpired
        case .originRefused: self = .originRefused
        default: self = .badCredentials
        }
    }
}
