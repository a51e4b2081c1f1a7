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
    /// How messages are compressed; nil: they are not.
    private let compression: NegotiatedCompression?
    package let loop: EventLoop
    package let peerAddress: String

    init(
        connection: Connection, configuration: ServerConfiguration, receiver: any WebSocketReceiver,
        compression: NegotiatedCompression?
    ) {
        self.connection = connection
        self.compression = compression
        self.configuration = configuration
        self.receiver = receiver
        loop = connection.loop
        peerAddress = connection.peerAddress
        decoder = WebSocketDecoder(role: .server, limits: configuration.webSocket, compression: compression)
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

    package func sendText(_ text: [UInt8]) { send(message(.text, text)) }

    package func sendBinary(_ bytes: [UInt8]) { send(message(.binary, bytes)) }

    /// Whether a message of so many bytes is compressed here. What many peers get goes to those that do not as one frame for
    /// all (`send`), to the others by `sendShared`.
    package func compresses(_ byteCount: Int) -> Bool { compression?.compresses(byteCount) ?? false }

    /// A text message that many peers get, to one that `compresses` it. `shared` is asked for the frame by those that
    /// compress all alike, and may keep what it makes, by what it is given, for the others.
    package func sendShared(_ text: [UInt8], _ shared: (_ make: ([UInt8]) -> [UInt8]) -> [UInt8]) {
        guard let compression, compression.sharesFrames, isOpen else { return sendText(text) }
        send(shared { text in text.withUnsafeBytes { WebSocketEncoder.compressed(.text, $0, by: compression) } })
    }

    /// A whole frame, compressed where that was negotiated and is worth it. With a context what is made here must be sent, so
    /// nothing is made for a peer that is closing.
    private func message(_ opcode: Opcode, _ payload: [UInt8]) -> [UInt8] {
        guard let compression, isOpen, compression.compresses(payload.count) else {
            return WebSocketEncoder.frame(opcode, payload)
        }
        return payload.withUnsafeBytes { WebSocketEncoder.compressed(opcode, $0, by: compression) }
    }

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
        compression?.end()
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
