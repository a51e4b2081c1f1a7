package import Primitives
internal import Proxies
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
    private let observer: TransportObserver
    private let slots: SlotTable<CountedAddress>
    private var registration: Registration?
    private var next = 0
    private var isDraining = false
    private var reserve = DescriptorReserve()
    /// Since when there has been no descriptor for a connection.
    private var isOutSince: Instant?

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
        self.observer = observer
        slots = SlotTable(
            maxTotal: configuration.maxConnections, maxPerKey: configuration.maxConnectionsPerAddress)
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
                loop.schedule(after: configuration.acceptPause) { [self] in start() }
            }
        }
    }

    /// Connections that are accepted, or reset for want of descriptors, in one turn: a storm must not starve who is connected.
    private static let maxAcceptsPerTurn = 64

    package func becomeReady(_ readiness: Readiness) {
        for _ in 0..<Self.maxAcceptsPerTurn {
            switch socket.accept() {
            case .accepted(let connection, let address):
                isOutSince = nil
                deal(connection, address)
            case .wouldBlock: return
            case .failed(let error):
                if error.isOutOfDescriptors { outOfDescriptors() }
                return
            }
        }
    }

    /// Others may be done in a moment, so connections wait in the kernel's queue at first. When that has lasted, the
    /// descriptor in reserve is used to take them one by one and reset them: they learn at once, and do not hang until
    /// their own time is over.
    private func outOfDescriptors() {
        let since = isOutSince ?? loop.time.now
        isOutSince = since
        reserve.refill()
        if loop.time.now.since(since) >= configuration.acceptPatience { shed() }
        pause()
    }

    private func shed() {
        for _ in 0..<Self.maxAcceptsPerTurn where reserve.isHeld {
            reserve.release()
            // Closed at the end of the scope, before the reserve is taken again.
            guard resetNext() else { break }
            observer.refused(.descriptors)
            reserve.refill()
        }
        reserve.refill()
    }

    private func resetNext() -> Bool {
        guard case .accepted(let connection, _) = socket.accept() else { return false }
        connection.resetOnClose()
        return true
    }

    /// One too many is reset. An answer would keep what there is too little of for as long as the peer takes to read it, and
    /// a peer that speaks TLS could not read it at all.
    private func deal(_ connection: consuming Socket, _ address: String) {
        let slot: ConnectionSlot
        do throws(SlotTable<CountedAddress>.Refusal) {
            // What comes through a proxy of ours is many clients.
            slot = try slots.take(configuration.proxies.contains(peer: address) ? nil : CountedAddress(address))
        } catch {
            connection.resetOnClose()
            return observer.refused(error == .total ? .connections : .address)
        }
        let index = next
        next = (next + 1) % loops.count
        let group = groups[index]
        guard loops[index] !== loop else { return group.adopt(connection, from: address, slot) }
        let parcel = SocketParcel(connection)
        loops[index].execute { group.adopt(parcel.take(), from: address, slot) }
    }

    /// Accepts nothing for a moment; a listener that cannot accept stays ready, and asking it again and again is work.
    private func pause() {
        guard let registration else { return }
        loop.deregister(registration)
        self.registration = nil
        loop.schedule(after: configuration.acceptPause) { [self] in start() }
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

/// A connection's place among those of its listener and of its address.
typealias ConnectionSlot = SlotTable<CountedAddress>.Slot

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
    /// False: every channel is plain.
    let speaksTLS: Bool
    let observer: TransportObserver
    let receive: RequestReceiver
    let writeBuffer = WriteBuffer()
    /// Whatever ends one ends in `release`.
    private var connections = Roster<Connection>()

    init(
        loop: EventLoop, configuration: ServerConfiguration, tls: ReplaceableTLSContext?, observer: TransportObserver,
        receive: @escaping RequestReceiver
    ) {
        self.loop = loop
        self.configuration = configuration
        self.tls = tls
        speaksTLS = tls != nil
        self.observer = observer
        self.receive = receive
    }

    package var count: Int { connections.count }

    func adopt(_ socket: consuming Socket, from address: String, _ slot: ConnectionSlot) {
        loop.preconditionOnLoop()
        guard let channel = Channel.make(socket, tls?.current) else { return }
        let connection = Connection(channel: channel, peerAddress: address, slot: slot, group: self)
        guard connection.open() else { return }
        connections.insert(connection)
        observer.opened()
    }

    func release(_ connection: Connection) {
        guard connections.remove(connection) else { return }
        observer.closed()
    }

    /// Ends every connection as soon as what it is doing is done, and the rest at `deadline`; then calls `completion`.
    package func drain(until deadline: Instant, _ completion: @escaping @Sendable () -> Void) {
        loop.preconditionOnLoop()
        let isOver = loop.time.now >= deadline
        for connection in connections.members where isOver || connection.isIdleHTTP { connection.close() }
        guard !connections.isEmpty else { return completion() }
        loop.schedule(after: .milliseconds(20)) { [self] in drain(until: deadline, completion) }
    }
}
