package import Primitives
package import Reactor
package import TLS

/// Answers a request through its exchange, now or later. Called on the connection's loop.
package typealias RequestReceiver = @Sendable (HTTPExchange) -> Void

/// Accepts connections on one port and deals them out to the loops in turn. Confined to the loop that accepts.
package final class Listener: Pollable, @unchecked Sendable {
    private let socket: ListeningSocket
    private let loop: EventLoop
    private let loops: [EventLoop]
    private let groups: [ConnectionGroup]
    private let configuration: ServerConfiguration
    private var registration: Registration?
    private var next = 0
    private var isDraining = false

    package var port: UInt16 { socket.port }

    /// Binds at once, so that a busy port is an error here; `start()` begins to accept. With `tls` every connection
    /// speaks TLS, with the context that is current when it is accepted.
    package init(
        host: String, port: UInt16, loops: [EventLoop], configuration: ServerConfiguration,
        tls: ReplaceableTLSContext? = nil, observer: TransportObserver = TransportObserver(),
        receive: @escaping RequestReceiver
    ) throws(SystemError) {
        precondition(!loops.isEmpty, "a listener needs a loop")
        socket = try ListeningSocket(host: host, port: port, backlog: configuration.backlog, sharesPort: false)
        self.loops = loops
        loop = loops[0]
        self.configuration = configuration
        groups = loops.map {
            ConnectionGroup(loop: $0, configuration: configuration, tls: tls, observer: observer, receive: receive)
        }
    }

    package func start() {
        loop.execute { [self] in
            guard registration == nil, !isDraining else { return }
            do {
                registration = try loop.register(socket.descriptor, for: .readable, self)
            } catch {
                // Out of descriptors for epoll itself: the next try comes with the timer.
                loop.schedule(after: .milliseconds(100)) { [self] in start() }
            }
        }
    }

    package func becomeReady(_ readiness: Readiness) {
        // A bounded number at a time: a storm of connects must not starve those that are open.
        for _ in 0..<64 {
            switch socket.accept() {
            case .accepted(let connection, let address): deal(connection, address)
            case .wouldBlock: return
            case .failed(let error):
                if error.isOutOfDescriptors { pause() }
                return
            }
        }
    }

    private func deal(_ connection: consuming Socket, _ address: String) {
        let index = next
        next = (next + 1) % loops.count
        let group = groups[index]
        let parcel = SocketParcel(connection)
        loops[index].execute { group.adopt(parcel.take(), from: address) }
    }

    /// Descriptors ran out: connections wait in the kernel's queue until some are free again.
    private func pause() {
        guard let registration else { return }
        loop.deregister(registration)
        self.registration = nil
        loop.schedule(after: .milliseconds(100)) { [self] in start() }
    }

    /// Accepts no more. Open connections stay.
    package func stopAccepting(_ completion: @escaping @Sendable () -> Void = {}) {
        loop.execute { [self] in
            isDraining = true
            if let registration { loop.deregister(registration) }
            registration = nil
            completion()
        }
    }

    /// The connections of each loop.
    package var connectionGroups: [ConnectionGroup] { groups }
}

/// Carries an owned socket into a closure that must be copyable. Taken exactly once, on the receiving loop.
private final class SocketParcel: @unchecked Sendable {
    private var socket: Socket?

    init(_ socket: consuming Socket) { self.socket = consume socket }

    func take() -> Socket {
        guard let taken = socket.take() else { preconditionFailure("a parcel is opened once") }
        return taken
    }
}

/// The open connections of one loop. Confined to it.
package final class ConnectionGroup: @unchecked Sendable {
    package let loop: EventLoop
    let configuration: ServerConfiguration
    private let tls: ReplaceableTLSContext?
    let observer: TransportObserver
    let receive: RequestReceiver
    let writeBuffer = WriteBuffer()
    private var connections: [ObjectIdentifier: Connection] = [:]

    init(
        loop: EventLoop, configuration: ServerConfiguration, tls: ReplaceableTLSContext?, observer: TransportObserver,
        receive: @escaping RequestReceiver
    ) {
        self.loop = loop
        self.configuration = configuration
        self.tls = tls
        self.observer = observer
        self.receive = receive
    }

    package var count: Int { connections.count }

    func adopt(_ socket: consuming Socket, from address: String) {
        loop.preconditionOnLoop()
        guard connections.count < configuration.maxConnections else {
            socket.resetOnClose()
            return
        }
        guard let channel = Channel.make(socket, tls?.current) else { return }
        let connection = Connection(channel: channel, peerAddress: address, group: self)
        guard connection.open() else { return }
        connections[ObjectIdentifier(connection)] = connection
        observer.opened()
    }

    func release(_ connection: Connection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        observer.closed()
    }

    /// Ends every connection as soon as what it is doing is done, and the rest at `deadline`; then calls `completion`.
    package func drain(until deadline: Instant, _ completion: @escaping @Sendable () -> Void) {
        loop.preconditionOnLoop()
        let isOver = loop.time.now >= deadline
        for connection in Array(connections.values) where isOver || connection.isIdleHTTP { connection.close() }
        guard !connections.isEmpty else { return completion() }
        loop.schedule(after: .milliseconds(20)) { [self] in drain(until: deadline, completion) }
    }
}
