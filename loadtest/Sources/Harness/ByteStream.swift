internal import Primitives
internal import Reactor

/// Gets what a byte stream reads.
protocol ByteStreamOwner: AnyObject {
    func streamOpened()
    /// Valid during the call only; may be changed.
    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer)
    /// Once; nothing comes after it.
    func streamEnded(_ why: String)
}

/// One connection to the server, as a client: TCP, and TLS over it where the endpoint says so. Confined to the driver's loop. Writes at once what the socket takes.
final class ByteStream: Pollable {
    /// Unsent bytes beyond which the server does not read fast enough to be worth measuring: the stream ends.
    private static let maxPendingBytes = 4 * 1024 * 1024

    private enum State {
        case connecting
        /// TLS shakes hands.
        case securing
        case open, closed
    }

    private let loop: EventLoop
    private let wire: Wire
    private var registration: Registration?
    private var state = State.connecting
    private var pending: [UInt8] = []
    private var isPaused = false
    private weak var owner: (any ByteStreamOwner)?

    init(to endpoint: Endpoint, on loop: EventLoop) throws(SystemError) {
        self.loop = loop
        wire = try Wire(to: endpoint)
    }

    func open(for owner: any ByteStreamOwner) throws(SystemError) {
        self.owner = owner
        registration = try loop.register(wire.descriptor, for: [.readable, .writable], self)
    }

    func write(_ bytes: [UInt8]) {
        guard state != .closed else { return }
        guard pending.count + bytes.count <= Self.maxPendingBytes else { return end("the server does not read") }
        pending += bytes
        if state == .open, pending.count == bytes.count { flush() }
    }

    /// Reads no more, until `resume`.
    func pause() {
        isPaused = true
        setInterest()
    }

    func resume() {
        isPaused = false
        setInterest()
        if state == .open, wire.hasUnread { loop.afterwards { [self] in if state == .open, !isPaused { read() } } }
    }

    /// Ends the stream without telling its owner. The descriptor is closed when the last reference goes.
    func close() {
        if let registration { loop.deregister(registration) }
        registration = nil
        state = .closed
        pending = []
        wire.shutdownWrite()
    }

    func becomeReady(_ readiness: Readiness) {
        if state == .connecting {
            if let error = wire.pendingError { return end("connect: \(error)") }
            state = .securing
            if wire.isReady { opened() } else { read() }
        }
        // A broken connection is told of again and again until it is closed; what it still holds is lost then.
        if state == .open, isPaused, readiness.contains(.closed) { return end("the connection broke") }
        if readiness.contains(wire.sendAwaits) { flush() }
        let canRead = readiness.contains(wire.receiveAwaits) || readiness.contains(.closed)
        if canRead, state == .securing || state == .open && !isPaused { read() }
    }

    private func opened() {
        state = .open
        setInterest()
        owner?.streamOpened()
    }

    private func read() {
        let result = wire.receive(into: loop.readBuffer)
        if state == .securing, wire.isReady { opened() }
        guard state != .closed else { return }
        switch result {
        case .moved(let count):
            owner?.streamReceived(UnsafeMutableRawBufferPointer(rebasing: loop.readBuffer[..<count]))
            // The selector will not tell of these; the others' bytes come first.
            if wire.hasUnread { loop.afterwards { [self] in if state == .open, !isPaused { read() } } }
        case .wouldBlock: setInterest()
        case .ended: end("the server closed the connection")
        case .failed(let error): end(state == .securing ? "TLS: \(wire.complaint ?? "\(error)")" : "read: \(error)")
        }
    }

    private func flush() {
        guard state == .open else { return }
        var sent = 0
        while sent < pending.count {
            let result = pending.withUnsafeBytes { wire.send(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
            switch result {
            case .moved(let count):
                sent += count
                continue
            case .failed(let error): return end("write: \(error)")
            case .wouldBlock, .ended: break
            }
            break
        }
        // Nothing is kept of what is sent: tens of thousands of these are idle.
        if sent == pending.count { pending = [] } else { pending.removeFirst(sent) }
        setInterest()
    }

    private func setInterest() {
        guard let registration else { return }
        var interest: Readiness = isPaused ? .nothing : wire.receiveAwaits
        if !pending.isEmpty, state == .open { interest.formUnion(wire.sendAwaits) }
        loop.change(registration, to: interest)
    }

    private func end(_ why: String) {
        guard state != .closed else { return }
        close()
        owner?.streamEnded(why)
    }
}
