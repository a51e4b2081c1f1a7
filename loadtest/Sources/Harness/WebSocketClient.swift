internal import HTTP1
internal import Primitives
internal import WebSocket

/// Gets what a WebSocket reads.
protocol WebSocketClientOwner: AnyObject {
    func webSocketOpened()
    /// Valid during the call only.
    func webSocketReceived(text: UnsafeRawBufferPointer)
    /// Once; nothing comes after it. `code` nil: the connection broke without a Close frame.
    func webSocketClosed(code: UInt16?, why: String)
}

/// The client's side of one WebSocket (RFC 6455 §4.1): the only file here that knows the WebSocket core. Confined to the
/// driver's loop.
final class WebSocketClient: ByteStreamOwner {
    private enum State {
        /// Next: `open`, `closed`. The request is sent when the connection is there, and then forgotten.
        case handshake(HTTPResponseDecoder, request: [UInt8], accept: String)
        /// Next: `closed`.
        case open(WebSocketDecoder)
        /// Terminal; also while bytes are decoded, so that a decoder's buffers have one owner.
        case closed
    }

    private struct Receiver: WebSocketReceiving {
        let client: WebSocketClient
        var isInterested: Bool { !client.isClosed }
        func receiveText(_ payload: UnsafeRawBufferPointer) { client.owner?.webSocketReceived(text: payload) }
        func receiveBinary(_ payload: UnsafeRawBufferPointer) {}
        func receivePing(_ payload: UnsafeRawBufferPointer) { client.send(Array(payload), opcode: .pong) }
        func receivePong(_ payload: UnsafeRawBufferPointer) {}
        func receiveClose(code: CloseCode?, reason: [UInt8]) {
            client.finish(code: code?.rawValue, why: String(decoding: reason, as: UTF8.self))
        }
    }

    private let driver: Driver
    private let stream: ByteStream
    private var state: State
    private(set) var isClosed = false
    /// The handshake was answered; also when it is closed again.
    private(set) var wasOpened = false
    private weak var owner: (any WebSocketClientOwner)?

    init(
        to endpoint: Endpoint, target: HTTPTarget, subprotocol: String, driver: Driver, owner: any WebSocketClientOwner
    ) throws(LoadFailure) {
        self.driver = driver
        self.owner = owner
        let key = Base64.encode(driver.random.bytes(16))
        let request = HTTPRequest(
            method: .get, target: target,
            headers: [
                "Host": endpoint.authority, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key,
                "Sec-WebSocket-Version": "13", "Sec-WebSocket-Protocol": subprotocol,
            ])
        state = .handshake(
            HTTPResponseDecoder(), request: HTTPRequestEncoder.whole(request), accept: OpeningHandshake.accept(for: key)
        )
        do {
            stream = try ByteStream(to: endpoint, on: driver.loop)
            try stream.open(for: self)
        } catch {
            throw LoadFailure(.unavailable, "no connection to \(endpoint.authority): \(error)")
        }
    }

    func send(text: [UInt8]) { send(text, opcode: .text) }

    /// Ends the connection as a lost network would: without a Close frame, without telling the owner.
    func drop() {
        isClosed = true
        stream.close()
    }

    /// Reads no more, until `resume`: what the server sends stays with it.
    func pause() { stream.pause() }
    func resume() { stream.resume() }

    func streamOpened() {
        guard case .handshake(let decoder, let request, let accept) = state else { return }
        stream.write(request)
        state = .handshake(decoder, request: [], accept: accept)
    }

    func streamEnded(_ why: String) { finish(code: nil, why: why) }

    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        switch state {
        case .handshake(var decoder, _, let accept):
            state = .closed
            decoder.append(UnsafeRawBufferPointer(bytes).bytes)
            do {
                guard let response = try decoder.next(to: .get) else {
                    state = .handshake(decoder, request: [], accept: accept)
                    return
                }
                guard response.status == .switchingProtocols, response.headers.first("Sec-WebSocket-Accept") == accept
                else { return finish(code: nil, why: "the handshake was answered with \(response.status)") }
            } catch {
                return finish(code: nil, why: "the handshake's answer is not HTTP: \(error)")
            }
            state = .open(WebSocketDecoder(role: .client, limits: Self.limits))
            wasOpened = true
            owner?.webSocketOpened()
            var rest = decoder.takeRemainder()
            rest.withUnsafeMutableBytes { receive(frames: $0) }
        case .open: receive(frames: bytes)
        case .closed: break
        }
    }

    private static var limits: WebSocketLimits {
        var limits = WebSocketLimits()
        // A snapshot of a long conversation is larger than any frame that a server takes.
        limits.maxMessageBytes = 16 * 1024 * 1024
        return limits
    }

    private func receive(frames bytes: UnsafeMutableRawBufferPointer) {
        guard !bytes.isEmpty, case .open(var decoder) = state else { return }
        state = .closed
        var receiver = Receiver(client: self)
        do {
            try decoder.receive(bytes, into: &receiver)
            if !isClosed { state = .open(decoder) }
        } catch {
            finish(code: nil, why: "the server broke RFC 6455: \(error)")
        }
    }

    private func send(_ payload: [UInt8], opcode: Opcode) {
        stream.write(WebSocketEncoder.masked(opcode, payload, key: MaskingKey(from: driver.random)))
    }

    private func finish(code: UInt16?, why: String) {
        guard !isClosed else { return }
        isClosed = true
        stream.close()
        owner?.webSocketClosed(code: code, why: why)
    }
}
