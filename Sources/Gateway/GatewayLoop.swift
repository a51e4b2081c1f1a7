internal import Authentication
internal import Domain
internal import Ports
internal import Primitives
internal import Reactor
internal import WebSocket
package import WireProtocol

/// Counts for telemetry, called on gateway loops.
package struct GatewayObserver: Sendable {
    package var socketOpened: @Sendable () -> Void
    package var socketClosed: @Sendable () -> Void
    package var faulted: @Sendable (FaultCode) -> Void
    package var answered: @Sendable (Duration) -> Void
    package var refused: @Sendable (RefusalReason) -> Void
    /// One measurement of a loop's lag.
    package var lagged: @Sendable (Duration) -> Void
    /// A loop began or ceased to refuse new work, or new commands.
    package var loadChanged: @Sendable (_ isLagging: Bool, _ isBacklogged: Bool) -> Void
    /// A webhook with a right signature, and how many of its events could not be read.
    package var webhookReceived: @Sendable (_ events: Int, _ unreadable: Int) -> Void

    package init(
        socketOpened: @escaping @Sendable () -> Void = {}, socketClosed: @escaping @Sendable () -> Void = {},
        faulted: @escaping @Sendable (FaultCode) -> Void = { _ in },
        answered: @escaping @Sendable (Duration) -> Void = { _ in },
        refused: @escaping @Sendable (RefusalReason) -> Void = { _ in },
        lagged: @escaping @Sendable (Duration) -> Void = { _ in },
        loadChanged: @escaping @Sendable (Bool, Bool) -> Void = { _, _ in },
        webhookReceived: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
    ) {
        self.socketOpened = socketOpened
        self.socketClosed = socketClosed
        self.faulted = faulted
        self.answered = answered
        self.refused = refused
        self.lagged = lagged
        self.loadChanged = loadChanged
        self.webhookReceived = webhookReceived
    }
}

/// The address or the subject has as many sockets and streams as it may have.
struct TooManySockets: Error {
    /// For an event stream; a socket is closed with 4101.
    var fault: Fault {
        Fault(.rateLimited, "as many sockets and streams are open as may be", retryAfter: .seconds(10))
    }
}

/// The gateway's part on one loop: the sockets and streams that live there. Confined to it.
final class GatewayLoop: @unchecked Sendable {
    let loop: EventLoop
    let services: GatewayServices
    let configuration: GatewayConfiguration
    let observer: GatewayObserver
    let compression: CompressionPool
    /// Nil when rates are not enforced.
    let limits: SharedLimits?
    let load: LoadMonitor
    private var sockets = Roster<ClientSocket>()
    private var streams: [ObjectIdentifier: EventStream] = [:]
    private(set) var isDraining = false
    private var revocationWatch: RevocationWatch?
    /// What one socket may send, of each kind.
    let commandRate, frameRate, signalRate: RateLimit
    /// Codes answers while the loop waits, so at the least work for each byte.
    let gzip = GzipEncoder(level: 1)
    /// The gateway's parts on all loops, this one included. Set once, before the first request.
    var siblings: [GatewayLoop] = []

    /// For all loops.
    let tenantChanges: TenantChanges
    let openCredits: OpenCredits
    let devices: SubjectDevices
    /// By tenant; of those that are shown what their routes were asked.
    let meters: [String: RequestMeter]
    let startedAt: Instant
    /// Of tenants whose scan routes were asked for: as many as there are tenants at most.
    private var slipServices: [String: any LineAccountServices] = [:]

    init(
        loop: EventLoop, services: GatewayServices, configuration: GatewayConfiguration, observer: GatewayObserver,
        limits: SharedLimits?, tenantChanges: TenantChanges, openCredits: OpenCredits, devices: SubjectDevices,
        meters: [String: RequestMeter]
    ) {
        self.loop = loop
        self.tenantChanges = tenantChanges
        self.openCredits = openCredits
        self.devices = devices
        self.meters = meters
        startedAt = services.identity.time.now
        self.services = services
        self.configuration = configuration
        self.observer = observer
        compression = CompressionPool(policy: configuration.compression)
        self.limits = limits
        commandRate = RateLimit(configuration.commandsPerSecond, per: .seconds(1), burst: configuration.commandBurst)
        frameRate = RateLimit(configuration.framesPerSecond, per: .seconds(1), burst: configuration.frameBurst)
        signalRate = RateLimit(
            configuration.signalsPerSecond, per: .seconds(1), burst: configuration.signalsPerSecond * 2)
        load = LoadMonitor(
            loop: loop, limits: configuration.overload, backlog: services.loops[loop.index].backlog, observer: observer)
    }

    /// What the scan routes of a tenant of the book call.
    func slipServices(of tenant: String) -> any LineAccountServices {
        if let services = slipServices[tenant] { return services }
        // Tenants that were deleted leave room for new ones. What is under way for them ends by itself: somebody waits for it.
        slipServices = slipServices.filter { services.tenants[$0.key] != nil }
        let made = own.slipServices(tenant)
        slipServices[tenant] = made
        return made
    }

    // MARK: Refusing

    /// A place among the sockets and streams of an address. Throws when it has as many as it may have; nil without limits.
    func slot(of address: String) throws(TooManySockets) -> SharedLimits.AddressSlot? {
        do { return try limits?.addresses.take(CountedAddress(address)) } catch {
            observer.refused(.sockets)
            throw TooManySockets()
        }
    }

    /// The same among those of a subject.
    func slot(of principal: Principal) throws(TooManySockets) -> SharedLimits.SubjectSlot? {
        do { return try limits?.subjects.take(SharedLimits.Subject(principal)) } catch {
            observer.refused(.subject)
            throw TooManySockets()
        }
    }

    /// Counts a webhook that was not signed; how long the address has to wait when it was one too many.
    func waitAfterBadSignature(from address: String) -> Duration? {
        limits?.requests.take(.badSignature, from: CountedAddress(address)).reading.wait
    }

    /// Why this loop takes no new request or socket now; nil when it does.
    func refusalOfWork() -> Fault? {
        guard load.refusesWork else { return nil }
        observer.refused(.overload)
        return Fault(.overloaded, retryAfter: retryDelay())
    }

    /// Why no new command to this address is taken now. Its home loop does the work, so its load counts as much as ours.
    func refusalOfCommand(to address: SessionAddress) -> Fault? {
        let home = siblings[services.homeIndex(of: address)].load
        guard load.refusesWork || home.refusesCommands else { return nil }
        observer.refused(load.refusesWork || home.refusesWork ? .overload : .backlog)
        let limits = configuration.overload
        return Fault(.overloaded, retryAfter: delay(between: limits.minCommandRetry, and: limits.maxCommandRetry))
    }

    /// A moment of its own for each who is sent away, so that they do not all come back together.
    func retryDelay() -> Duration {
        delay(between: configuration.overload.minRetry, and: configuration.overload.maxRetry)
    }

    private func delay(between least: Duration, and most: Duration) -> Duration {
        let span = max(1, (most - least).wholeMillisecondsRoundedUp)
        return least + .milliseconds(Int64(services.random.uint64() % UInt64(span)))
    }

    var own: LoopServices { services.loops[loop.index] }

    func adopt(_ socket: ClientSocket) { sockets.insert(socket) }
    func forget(_ socket: ClientSocket) { sockets.remove(socket) }
    func adopt(_ stream: EventStream) { streams[ObjectIdentifier(stream)] = stream }
    func forget(_ stream: EventStream) { streams[ObjectIdentifier(stream)] = nil }

    func socketOpened(_ socket: ClientSocket, _ principal: Principal) { observer.socketOpened() }
    func socketClosed(_ socket: ClientSocket, _ principal: Principal) { observer.socketClosed() }

    /// Sockets of an earlier device are closed, where the tenant lets a subject have one.
    func takeOver(_ socket: ClientSocket, _ principal: Principal, device: String?) {
        guard configuration.singleDeviceTenants.contains(principal.tenant) else { return }
        let place = SubjectDevices.Place(gateway: self, socket: socket)
        for earlier in devices.enter(SharedLimits.Subject(principal), device: device, place) {
            earlier.gateway.loop.execute { earlier.socket.giveWay() }
        }
    }

    func leave(_ socket: ClientSocket, _ principal: Principal) {
        guard configuration.singleDeviceTenants.contains(principal.tenant) else { return }
        devices.leave(SharedLimits.Subject(principal), socket)
    }

    /// Begins to learn what other processes revoke. One loop does it for all.
    func watchRevocations() {
        loop.preconditionOnLoop()
        let watch = RevocationWatch(self)
        revocationWatch = watch
        watch.start()
    }

    /// Closes what a revoked token opened, on every loop.
    func revokeEverywhere(_ token: TokenIdentifier, _ cause: Revocation.Cause) {
        for sibling in siblings { sibling.loop.execute { sibling.revoke(token, cause) } }
    }

    /// Ends what the token opened. Linear in the loop's connections; revocations are rare.
    func revoke(_ token: TokenIdentifier, _ cause: Revocation.Cause) {
        loop.preconditionOnLoop()
        let reason: CloseReason =
            switch cause {
            case .revoked: .revoked
            case .loggedOut: .loggedOut
            }
        for socket in sockets.members where socket.bearer?.tokenIdentifier == token { socket.close(reason) }
        for stream in Array(streams.values) where stream.principal.tokenIdentifier == token {
            stream.finish(Fault(.revoked))
        }
    }

    /// `goaway` to everyone, each with a moment of its own within `spread`, then close.
    func drain(spread: Duration, deadline: Duration) {
        loop.preconditionOnLoop()
        isDraining = true
        let milliseconds = max(1, UInt64(spread.wholeMillisecondsRoundedUp))
        for socket in sockets.members {
            let delay = Duration.milliseconds(Int64(services.random.uint64() % milliseconds))
            socket.goAway(why: "draining", reconnectAfter: delay, deadline: deadline)
            loop.schedule(after: delay) { [weak socket] in socket?.close(.draining) }
        }
        for stream in Array(streams.values) { stream.finish(Fault(.draining, retryAfter: .seconds(1))) }
    }

    var socketCount: Int { sockets.count }
}
