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
///
/// Its timer holds it, until the connection is over (see `Connection` on weak references).
package final class WebSocketPeer: @unchecked Sendable {
    // An idle connection is little more than this object and its neighbours: what can be had elsewhere is not kept.
    private var connection: Connection?
    private var receiver: (any WebSocketReceiver)?
    private var timer: ScheduledTimer?
    private let group: ConnectionGroup
    /// How messages are compressed; nil: they are not.
    private let compression: NegotiatedCompression?
    private var keepAlive: KeepAlive
    private var closing = ClosingHandshake()
    /// Either side's Close frame was there: no message goes either way any more.
    private var isClosing = false { didSet { connection?.takesMessages = false } }
    private var decoder: WebSocketDecoder
    private var configuration: ServerConfiguration { group.configuration }
    package var loop: EventLoop { group.loop }

    init(
        connection: Connection, receiver: any WebSocketReceiver, compression: NegotiatedCompression?,
        limits: WebSocketLimits
    ) {
        self.connection = connection
        self.compression = compression
        group = connection.group
        self.receiver = receiver
        decoder = WebSocketDecoder(role: .server, limits: limits, compression: compression)
        keepAlive = KeepAlive(now: connection.loop.time.now)
    }

    /// For what is delivered in bulk; see `Connection.deliver`.
    package var transport: Connection? { connection }
    package var peerAddress: String? { connection?.peerAddress }
    package var isOpen: Bool { connection != nil && !isClosing }
    package var unsentBytes: Int { connection?.unsentBytes ?? 0 }

    func start() { watch() }

    // MARK: Sending

    /// A whole frame, header included, as `WebSocketEncoder` makes it. Shared bytes are not copied.
    package func send(_ frame: [UInt8]) {
        guard let connection, !isClosing else { return }
        connection.write(frame)
    }

    package func sendText(_ text: [UInt8]) { text.withUnsafeBytes { send(.text, $0) } }

    /// A whole message, which is copied; compressed where that was negotiated and is worth it.
    package func send(_ opcode: Opcode, _ payload: UnsafeRawBufferPointer) {
        loop.preconditionOnLoop()
        // With a context what is compressed must be sent, so nothing is made for a peer that is closing.
        guard let connection, !isClosing else { return }
        if let compression, compression.compresses(payload.count) {
            connection.write(WebSocketEncoder.compressed(opcode, payload, by: compression))
        } else {
            connection.write(opcode, payload)
        }
    }

    /// Whether a message of so many bytes is compressed here. What many peers get goes to those that do not as one frame for
    /// all (`send`), to the others by `sendShared`.
    package func compresses(_ byteCount: Int) -> Bool { compression?.compresses(byteCount) ?? false }

    /// Messages of at most so many bytes are never compressed here.
    package var maxPlainBytes: Int { compression?.maxPlainBytes ?? .max }

    /// A text message that many peers get, to one that `compresses` it. `shared` is asked for the frame by those that
    /// compress all alike, and may keep what it makes, by what it is given, for the others.
    package func sendShared(
        _ text: ArraySlice<UInt8>, _ shared: (_ make: (ArraySlice<UInt8>) -> [UInt8]) -> [UInt8]
    ) {
        guard let compression, compression.sharesFrames, isOpen else { return text.withUnsafeBytes { send(.text, $0) } }
        send(shared { text in text.withUnsafeBytes { WebSocketEncoder.compressed(.text, $0, by: compression) } })
    }

    /// Begins (or answers) the closing handshake.
    package func close(_ code: CloseCode, _ reason: String) {
        guard let connection else { return }
        isClosing = true
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
        var cursor = 0
        // Taken out for the loop, so that each message does not pay for exclusive access to this object's property. The copy
        // left behind holds nothing, so that the decoder's buffers have one owner.
        var decoder = WebSocketDecoder(role: .server, limits: configuration.webSocket)
        swap(&decoder, &self.decoder)
        defer { self.decoder = decoder }
        // Held for the loop, not anew for each message; who lets go of it ends the loop.
        guard let receiver else { return }
        do {
            while let found = try decoder.next(bytes, &cursor) {
                switch found {
                case .borrowed(let opcode, let payload): received(opcode, payload, receiver)
                case .owned(let opcode, let payload): payload.withUnsafeBytes { received(opcode, $0, receiver) }
                case .close(let code, _): received(close: code)
                }
                // What follows the end of the handshake is dropped unread (RFC 6455 §5.5.1).
                if connection == nil || isClosing && closing.isOver { return decoder.end() }
            }
        } catch {
            connection?.group.observer.violated("websocket")
            fail(error)
        }
    }

    @inline(__always)
    private func received(
        _ opcode: Opcode, _ payload: UnsafeRawBufferPointer, _ receiver: any WebSocketReceiver
    ) {
        switch opcode {
        case .text: if !isClosing { receiver.receiveText(payload) }
        case .binary: if !isClosing { receiver.receiveBinary(payload) }
        // A flood of pings that is not read must not fill memory: one unread pong is enough (RFC 6455 §5.5.3).
        case .ping: if unsentBytes < Self.maxUnsentBytesForPong { send(.pong, payload) }
        case .pong, .continuation, .close: break
        }
    }

    /// Unsent output of a peer beyond which its pings are not answered.
    private static let maxUnsentBytesForPong = 64 * 1024

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

    private func received(close code: CloseCode?) {
        guard let connection else { return }
        isClosing = true
        switch closing.receiveClose(code, at: loop.time.now, timeout: configuration.closeTimeout) {
        case .reply(let code):
            connection.write(code.map { WebSocketEncoder.close($0, reason: "") } ?? WebSocketEncoder.close())
            end(connection)
        case .finish: end(connection)
        case .ignore: break
        }
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
        guard connection != nil else { return }
        let deadline = closing.deadline ?? keepAlive.nextDeadline(configuration.keepAlive)
        timer = loop.schedule(after: deadline.since(loop.time.now)) { [self] in tick() }
    }

    private func tick() {
        timer = nil
        let now = loop.time.now
        if isClosing {
            switch closing.tick(at: now) {
            case .wait: break
            case .expire: return drop()
            }
        } else {
            switch keepAlive.tick(configuration.keepAlive, at: now) {
            case .none: break
            case .ping: send(.ping, UnsafeRawBufferPointer(start: nil, count: 0))
            case .timedOut: return close(CloseCode(4003), "connection.noAnswer")
            }
        }
        watch()
    }
}
