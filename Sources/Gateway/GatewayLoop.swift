internal import Authentication
internal import Domain
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

    package init(
        socketOpened: @escaping @Sendable () -> Void = {}, socketClosed: @escaping @Sendable () -> Void = {},
        faulted: @escaping @Sendable (FaultCode) -> Void = { _ in },
        answered: @escaping @Sendable (Duration) -> Void = { _ in }
    ) {
        self.socketOpened = socketOpened
        self.socketClosed = socketClosed
        self.faulted = faulted
        self.answered = answered
    }
}

/// The gateway's part on one loop: the sockets and streams that live there. Confined to it.
final class GatewayLoop: @unchecked Sendable {
    let loop: EventLoop
    let services: GatewayServices
    let configuration: GatewayConfiguration
    let observer: GatewayObserver
    let compression: CompressionPool
    private var sockets: [ObjectIdentifier: ClientSocket] = [:]
    private var streams: [ObjectIdentifier: EventStream] = [:]
    private(set) var isDraining = false
    /// Codes answers while the loop waits, so at the least work for each byte.
    let gzip = GzipEncoder(level: 1)
    /// The gateway's parts on all loops, this one included. Set once, before the first request.
    var siblings: [GatewayLoop] = []

    init(
        loop: EventLoop, services: GatewayServices, configuration: GatewayConfiguration, observer: GatewayObserver
    ) {
        self.loop = loop
        self.services = services
        self.configuration = configuration
        self.observer = observer
        compression = CompressionPool(policy: configuration.compression)
    }

    var own: LoopServices { services.loops[loop.index] }

    func adopt(_ socket: ClientSocket) { sockets[ObjectIdentifier(socket)] = socket }
    func forget(_ socket: ClientSocket) { sockets[ObjectIdentifier(socket)] = nil }
    func adopt(_ stream: EventStream) { streams[ObjectIdentifier(stream)] = stream }
    func forget(_ stream: EventStream) { streams[ObjectIdentifier(stream)] = nil }

    func socketOpened(_ socket: ClientSocket, _ principal: Principal) { observer.socketOpened() }
    func socketClosed(_ socket: ClientSocket, _ principal: Principal) { observer.socketClosed() }

    /// Closes what a revoked token opened, on every loop.
    func revokeEverywhere(_ token: TokenIdentifier) {
        for sibling in siblings { sibling.loop.execute { sibling.revoke(token) } }
    }

    /// Ends what the token opened. Linear in the loop's connections; revocations are rare.
    func revoke(_ token: TokenIdentifier) {
        loop.preconditionOnLoop()
        for socket in Array(sockets.values) where socket.bearer?.tokenIdentifier == token { socket.close(.revoked) }
        for stream in Array(streams.values) where stream.principal.tokenIdentifier == token {
            stream.finish(Fault(.revoked))
        }
    }

    /// `goaway` to everyone, each with a moment of its own within `spread`, then close.
    func drain(spread: Duration, deadline: Duration) {
        loop.preconditionOnLoop()
        isDraining = true
        let milliseconds = max(1, UInt64(spread.wholeMillisecondsRoundedUp))
        for socket in Array(sockets.values) {
            let delay = Duration.milliseconds(Int64(services.random.uint64() % milliseconds))
            socket.goAway(why: "draining", reconnectAfter: delay, deadline: deadline)
            loop.schedule(after: delay) { [weak socket] in socket?.close(.draining) }
        }
        for stream in Array(streams.values) { stream.finish(Fault(.draining, retryAfter: .seconds(1))) }
    }

    var socketCount: Int { sockets.count }
}
