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

/// One TCP connection to the server, as a client. Confined to the driver's loop. Writes at once what the socket takes.
final class ByteStream: Pollable {
    /// Unsent bytes beyond which the server does not read fast enough to be worth measuring: the stream ends.
    private static let maxPendingBytes = 4 * 1024 * 1024

    private enum State {
        case connecting, open, closed
    }

    private let loop: EventLoop
    private let socket: Socket
    private var registration: Registration?
    private var state = State.connecting
    private var pending: [UInt8] = []
    private weak var owner: (any ByteStreamOwner)?

    init(to endpoint: Endpoint, on loop: EventLoop) throws(SystemError) {
        self.loop = loop
        socket = try Socket.connecting(toIPv4: endpoint.host, port: endpoint.port)
    }

    func open(for owner: any ByteStreamOwner) throws(SystemError) {
        self.owner = owner
        registration = try loop.register(socket.descriptor, for: [.readable, .writable], self)
    }

    func write(_ bytes: [UInt8]) {
        guard state != .closed else { return }
        guard pending.count + bytes.count <= Self.maxPendingBytes else { return end("the server does not read") }
        pending += bytes
        if state == .open, pending.count == bytes.count { flush() }
    }

    /// Ends the stream without telling its owner. The descriptor is closed when the last reference goes.
    func close() {
        if let registration { loop.deregister(registration) }
        registration = nil
        state = .closed
        pending = []
        socket.shutdownWrite()
    }

    func becomeReady(_ readiness: Readiness) {
        if state == .connecting {
            if let error = socket.pendingError { return end("connect: \(error)") }
            state = .open
            setInterest()
            owner?.streamOpened()
        }
        if readiness.contains(.writable) { flush() }
        if state == .open, readiness.contains(.readable) || readiness.contains(.closed) { read() }
    }

    private func read() {
        switch socket.receive(into: loop.readBuffer) {
        case .moved(let count):
            owner?.streamReceived(UnsafeMutableRawBufferPointer(rebasing: loop.readBuffer[..<count]))
        case .wouldBlock: break
        case .ended: end("the server closed the connection")
        case .failed(let error): end("read: \(error)")
        }
    }

    private func flush() {
        guard state == .open else { return }
        var sent = 0
        while sent < pending.count {
            let result = pending.withUnsafeBytes { socket.send(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
            switch result {
            case .moved(let count):
                sent += count
                continue
            case .failed(let error): return end("write: \(error)")
            case .wouldBlock, .ended: break
            }
            break
        }
        pending.removeFirst(sent)
        setInterest()
    }

    private func setInterest() {
        guard let registration else { return }
        loop.change(registration, to: pending.isEmpty ? .readable : [.readable, .writable])
    }

    private func end(_ why: String) {
        guard state != .closed else { return }
        close()
        owner?.streamEnded(why)
    }
}
