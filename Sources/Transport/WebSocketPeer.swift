internal import Primitives
package import Reactor
package import WebSocket

/// Gets what a WebSocket peer sends. Called on the connection's loop.
package protocol WebSocketReceiver: AnyObject {
    /// A whole text message; valid UTF-8; the bytes are valid during the call only.
    func receiveText(_ message: UnsafeRawBufferPointer)
    func receiveBinary(_ message: UnsafeRawBufferPointer)
    /// Queued bytes have left.
    func outputDrained()
    /// The connection is over. Called once, whatever the cause.
    func connectionEnded()
}

/// The WebSocket side of one connection: frames in, frames out, ping and close. Confined to the connection's loop.
package final class WebSocketPeer: @unchecked Sendable {
    private var connection: Connection?
    private var receiver: (any WebSocketReceiver)?
    private var decoder: WebSocketDecoder
    private var closing = ClosingHandshake()
    private var keepAlive: KeepAlive
    private var timer: ScheduledTimer?
    private let configuration: ServerConfiguration
    package let loop: EventLoop
    /// The client's, as of the handshake (`HTTPExchange.peerAddress`).
    package let peerAddress: String

    init(
        connection: Connection, peerAddress: String, configuration: ServerConfiguration,
        receiver: any WebSocketReceiver
    ) {
        self.connection = connection
        self.configuration = configuration
        self.receiver = receiver
        loop = connection.loop
        self.peerAddress = peerAddress
        decoder = WebSocketDecoder(role: .server, limits: configuration.webSocket)
        keepAlive = KeepAlive(
            interval: configuration.pingInterval, timeout: configuration.pongTimeout, now: connection.loop.time.now)
    }

    package var isOpen: Bool { connection != nil && !closing.hasBegun }
    package var unsentBytes: Int { connection?.unsentBytes ?? 0 }

    func start() { watch() }

    // MARK: Sending

    /// A whole frame, header included, as `WebSocketEncoder` makes it. Shared bytes are not copied.
    package func send(_ frame: [UInt8]) {
        guard let connection, !closing.hasBegun else { return }
        connection.write(frame)
    }

    package func sendText(_ text: [UInt8]) { send(WebSocketEncoder.text(text)) }

    /// Begins (or answers) the closing handshake.
    package func close(_ code: CloseCode, _ reason: String) {
        guard let connection else { return }
        switch closing.sendClose(at: loop.time.now, timeout: configuration.closeTimeout) {
        case .send:
            connection.write(WebSocketEncoder.close(code, reason: reason))
            watch()
        case .ignore: break
        }
    }

    /// Ends without a handshake: the peer cannot or will not take part in one.
    package func drop() { connection?.close() }

    // MARK: Receiving

    func received(_ bytes: UnsafeMutableRawBufferPointer) {
        keepAlive.receive(at: loop.now)
        var inbox = Inbox(peer: self)
        do {
            try decoder.receive(bytes, into: &inbox)
        } catch {
            connection?.group.observer.violated("websocket")
            fail(error)
        }
    }

    private func fail(_ violation: WebSocketViolation) {
        guard let connection else { return }
        close(violation.closeCode, violation.reason)
        end(connection)
    }

    /// Ends the connection once our bytes have left, at the latest at the closing handshake's deadline: the peer may not read.
    private func end(_ connection: Connection) {
        connection.closeWhenFlushed()
        watch()
    }

    fileprivate func received(close code: CloseCode?) {
        guard let connection else { return }
        switch closing.receiveClose(code, at: loop.time.now, timeout: configuration.closeTimeout) {
        case .reply(let code):
            connection.write(code.map { WebSocketEncoder.close($0, reason: "") } ?? WebSocketEncoder.close())
            end(connection)
        case .finish: end(connection)
        case .ignore: break
        }
    }

    private struct Inbox: WebSocketReceiving {
        let peer: WebSocketPeer

        var isInterested: Bool { !peer.closing.isOver && peer.connection != nil }
        mutating func receiveText(_ payload: UnsafeRawBufferPointer) {
            if !peer.closing.hasBegun { peer.receiver?.receiveText(payload) }
        }
        mutating func receiveBinary(_ payload: UnsafeRawBufferPointer) {
            if !peer.closing.hasBegun { peer.receiver?.receiveBinary(payload) }
        }
        mutating func receivePing(_ payload: UnsafeRawBufferPointer) {
            // A flood of pings that is not read must not fill memory: one unread pong is enough (RFC 6455 §5.5.3).
            if peer.unsentBytes < 64 * 1024 { peer.send(WebSocketEncoder.pong(payload)) }
        }
        mutating func receivePong(_ payload: UnsafeRawBufferPointer) {}
        mutating func receiveClose(code: CloseCode?, reason: [UInt8]) { peer.received(close: code) }
    }

    func outputDrained() { receiver?.outputDrained() }

    func transportEnded() { connection?.close() }

    /// The connection lingers: nothing is received or sent any more.
    func detach() { connectionClosed() }

    func connectionClosed() {
        guard connection != nil else { return }
        connection = nil
        timer?.cancel()
        timer = nil
        let receiver = receiver
        self.receiver = nil
        receiver?.connectionEnded()
    }

    // MARK: Time

    /// One timer for heartbeat and closing: it looks when it fires, so that traffic costs no rescheduling.
    private func watch() {
        timer?.cancel()
        let deadline = closing.deadline ?? keepAlive.nextDeadline
        timer = loop.schedule(after: deadline.since(loop.time.now)) { [weak self] in self?.tick() }
    }

    private func tick() {
        timer = nil
        let now = loop.time.now
        if closing.hasBegun {
            switch closing.tick(at: now) {
            case .wait: break
            case .expire: return drop()
            }
        } else {
            switch keepAlive.tick(at: now) {
            case .none: break
            case .ping: send(WebSocketEncoder.ping([]))
            case .timedOut: return close(CloseCode(4003), "connection.noAnswer")
            }
        }
        watch()
    }
}
