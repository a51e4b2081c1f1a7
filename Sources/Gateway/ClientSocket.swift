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
final class ClientSocket: WebSocketReceiver, SubscriptionOutlet, RosterMember, @unchecked Sendable {
    private enum Phase {
        /// No hello yet. `principal` is set when the handshake brought a token; `origin` are the values of its headers of
        /// that name. Indirect: what comes after hello keeps no room for it.
        indirect case awaitingHello(principal: Principal?, origin: [String])
        case open(Principal)
        case closed
    }

    /// A reader that leaves much behind.
    private struct Stall {
        let timer: ScheduledTimer
        var lastDrain: Instant
    }

    private let gateway: GatewayLoop
    /// The transport; set once, right after the upgrade. Gone when the connection is over.
    var peer: WebSocketPeer?
    private var phase: Phase
    private var subscriptions = SubscriptionTable()
    /// Those that wait for the reader, the longest-waiting first. One that ended meanwhile is passed over.
    private var lagging: [Subscription] = []
    private var commandsInFlight: Int32 = 0
    private var malformedFrames: Int32 = 0
    // Levels of buckets; the gateway has the rules.
    private var commands = BucketLevel()
    private var frames = BucketLevel()
    private var signals = BucketLevel()
    /// Until hello, the one for it; then the token's end.
    private var timer: ScheduledTimer?
    private var stall = Boxed<Stall>()
    /// Places among the sockets of the address and of the subject; given back when the socket ends.
    private var addressSlot: SharedLimits.AddressSlot?
    private var subjectSlot: SharedLimits.SubjectSlot?
    /// In its gateway.
    var place = RosterPlace()

    private var configuration: GatewayConfiguration { gateway.configuration }
    private var services: GatewayServices { gateway.services }
    var loop: EventLoop { gateway.loop }
    var principal: Principal? { if case .open(let principal) = phase { principal } else { nil } }
    /// Whose token opened the socket, also before hello.
    var bearer: Principal? {
        switch phase {
        case .awaitingHello(let principal, _): principal
        case .open(let principal): principal
        case .closed: nil
        }
    }

    init(gateway: GatewayLoop, principal: Principal?, origin: [String]) {
        self.gateway = gateway
        phase = .awaitingHello(principal: principal, origin: origin)
    }

    func start(_ slot: SharedLimits.AddressSlot?) {
        addressSlot = slot
        timer = loop.schedule(after: configuration.helloTimeout) { [self] in close(.helloTimeout) }
    }

    // MARK: SubscriptionOutlet

    var isOpen: Bool { peer?.isOpen ?? false }
    var sender: ObjectIdentifier? { ObjectIdentifier(self) }
    func lane(of subscription: Subscription) -> DeliveryLane? {
        guard let peer, let transport = peer.transport else { return nil }
        return DeliveryLane(sink: transport, sender: sender, maxPlainBytes: peer.maxPlainBytes)
    }
    var unsentBytes: Int { peer?.unsentBytes ?? 0 }

    func send(_ publication: Publication) {
        guard let peer else { return }
        if peer.compresses(publication.jsonBytes) {
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

    func subscriptionEnded(_ subscription: Subscription, _ path: String, _ cause: ServerFrame.UnsubscribeCause) {
        guard subscriptions.remove(subscription, at: path) else { return }
        send(ServerFrame.unsubscribed(session: path, why: cause))
    }

    // MARK: Frames in

    func receiveBinary(_ message: UnsafeRawBufferPointer) {
        refuse(FrameRefusal(id: nil, fault: Fault(.unsupported, "frames are text in sala.v1.json")))
    }

    func receiveText(_ message: UnsafeRawBufferPointer) {
        if case .closed = phase { return }
        if configuration.enforcesRates, frames.take(gateway.frameRate, at: loop.now).wait != nil {
            return close(.tooManyFrames)
        }
        if let frame = FrequentFrame(message.bytes), receive(frame, in: message) { return }
        let frame: ClientFrame
        do throws(FrameRefusal) {
            frame = try ClientFrame(message.bytes)
        } catch {
            return refuse(error)
        }
        switch phase {
        case .awaitingHello(let principal, let origin): greet(frame, principal, origin)
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

    private func greet(_ frame: ClientFrame, _ known: Principal?, _ origin: [String]) {
        guard case .hello(let token, _, let device, let requests) = frame else {
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
        phase = .open(principal)
        gateway.socketOpened(self, principal)
        gateway.takeOver(self, principal, device: device)
        send(
            ServerFrame.welcome(
                ServerFrame.Welcome(
                    connection: services.random.identifier("w"), tenant: principal.tenant,
                    subject: principal.subject, role: principal.role.rawValue, expires: principal.expires,
                    time: loop.time.wallClock,
                    heartbeatSeconds: Int64(configuration.heartbeatSeconds), limits: configuration.limits,
                    build: configuration.build)))
        watchExpiry()
        for request in requests { subscribe(request, principal) }
    }

    /// What costs no memory is done from the text itself. False when it is for the usual way.
    private func receive(_ frame: FrequentFrame, in text: UnsafeRawBufferPointer) -> Bool {
        guard case .open(let principal) = phase else { return false }
        switch frame {
        case .ping(let n):
            ServerFrame.withPong(n: n.map { UnsafeRawBufferPointer(rebasing: text[$0]) }) { peer?.send(.text, $0) }
            watchStall()
        case .ack(let session, let offset):
            subscriptions[String(decoding: text[session], as: UTF8.self)]?.acknowledge(offset)
        case .signal(let session, let name, let data):
            let signal = SignalText(
                session: UnsafeRawBufferPointer(rebasing: text[session]),
                name: UnsafeRawBufferPointer(rebasing: text[name]),
                data: data.map { UnsafeRawBufferPointer(rebasing: text[$0]) })
            return self.signal(signal, from: principal.caller)
        }
        return true
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
        subscriptions.remove(at: request.session)?.close()
        guard subscriptions.count < configuration.maxSubscriptions else {
            return fault(
                request.id, Fault(.subscriptionLimit, "at most \(configuration.maxSubscriptions) subscriptions"),
                session: request.session)
        }
        let subscription = Subscription(
            address: address, caller: principal.caller, request: request, outlet: self, gateway: gateway)
        subscriptions.insert(subscription, at: request.session)
        subscription.open { [self] fault in
            guard subscriptions.remove(subscription, at: request.session) else { return }
            self.fault(request.id, fault, session: request.session)
        }
    }

    private func unsubscribe(_ id: Int64?, _ session: String) {
        guard let subscription = subscriptions.remove(at: session) else {
            return fault(id, Fault(.noSuchSession, "not subscribed"), session: session)
        }
        subscription.close()
        send(ServerFrame.unsubscribed(session: session, why: .requested))
        if id != nil { send(ServerFrame.ok(id: id)) }
    }

    private func command(_ request: CommandRequest, _ principal: Principal) {
        if configuration.enforcesRates, let wait = commands.take(gateway.commandRate, at: loop.now).wait {
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
        if configuration.enforcesRates, signals.take(gateway.signalRate, at: loop.now).wait != nil { return }
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

    /// False when the session is not live, or lives on another loop.
    private func signal(_ signal: SignalText, from caller: Caller) -> Bool {
        guard let hash = SessionAddress.stableHash(tenant: caller.tenant, path: signal.session) else { return false }
        let registry = services.registry(ofHash: hash)
        guard registry.loop === loop else { return false }
        let previous = signals
        if configuration.enforcesRates, signals.take(gateway.signalRate, at: loop.now).wait != nil { return true }
        let isTold = registry.signal(signal, hash, from: caller, sender: ObjectIdentifier(self)) { fault in
            self.fault(nil, fault, session: String(decoding: signal.session, as: UTF8.self))
        }
        // The usual way takes it anew.
        if !isTold { signals = previous }
        return isTold
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
        timer?.cancel()
        guard let principal else { return }
        let left = Duration.microseconds(max(0, principal.expires.microseconds - loop.time.wallClock.microseconds))
        guard left > configuration.expiryWarning else { return warn(of: left) }
        // A closure that holds nothing but this object takes no memory.
        timer = loop.schedule(after: left - configuration.expiryWarning) { [self] in
            warn(of: configuration.expiryWarning)
        }
    }

    private func warn(of left: Duration) {
        send(ServerFrame.expiring(seconds: left.components.seconds))
        timer = loop.schedule(after: left) { [self] in expire() }
    }

    private func expire() {
        fault(nil, Fault(.expired))
        close(.expired)
    }

    /// A reader that takes nothing at all, while there is something to take, is given up.
    private func watchStall() {
        guard stall.isEmpty, unsentBytes > configuration.catchUpBytes else { return }
        let timer = loop.schedule(after: configuration.stallTimeout) { [self] in checkStall() }
        stall = Boxed(Stall(timer: timer, lastDrain: loop.time.now))
    }

    private func checkStall() {
        guard let lastDrain = stall.value?.lastDrain else { return }
        stall.removeValue()
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
        stall.change { $0.lastDrain = loop.time.now }
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

    /// Another device of the subject's has come, and the tenant lets a subject have one.
    func giveWay() {
        // No goaway: who obeys that comes back, and would close the new device in turn.
        fault(nil, Fault(.forbidden, "the subject has come with another device"))
        close(.loggedOut)
    }

    func connectionEnded() {
        peer = nil
        end()
    }

    private func end() {
        if case .closed = phase { return }
        if let principal {
            gateway.socketClosed(self, principal)
            gateway.leave(self, principal)
        }
        gateway.forget(self)
        phase = .closed
        timer?.cancel()
        stall.value?.timer.cancel()
        for subscription in subscriptions.all { subscription.close() }
        subscriptions = SubscriptionTable()
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
