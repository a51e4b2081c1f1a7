internal import Authentication
internal import Domain
internal import HTTP1
internal import Transport
internal import WebSocket
internal import WireProtocol

/// `GET /v1/socket`: the opening handshake, with the origin and whatever credentials it brings.
enum WebSocketEndpoint {
    static let subprotocol = "sala.v1.json"

    static func open(_ request: RoutedRequest) {
        guard !request.gateway.isDraining else { return request.refuse(Fault(.draining, retryAfter: .seconds(1))) }
        guard request.origin != .refused else { return request.refuse(Fault(.originRefused)) }
        let handshake = OpeningHandshake.Request(request.request)
        let offered = handshake.subprotocols
        switch OpeningHandshake.answer(handshake, choosing: { $0 == subprotocol }) {
        case .refuse(let refusal): request.exchange.respond(HTTPResponse(refusal))
        case .accept(let acceptance):
            let principal: Principal?
            do {
                principal = try request.authenticate(acceptsTicket: true)
            } catch {
                // Credentials may also come with hello; those that are given must be right.
                guard error == Fault(.unauthenticated) else { return request.refuse(error) }
                principal = nil
            }
            accept(request, acceptance, principal, speaksVersion: offered.isEmpty || acceptance.subprotocol != nil)
        }
    }

    private static func accept(
        _ request: RoutedRequest, _ acceptance: OpeningHandshake.Acceptance, _ principal: Principal?, speaksVersion: Bool
    ) {
        // The socket needs the peer and the peer the socket; the box is filled before anything can arrive.
        final class Box { var peer: WebSocketPeer? }
        let box = Box()
        let socket = ClientSocket(gateway: request.gateway, principal: principal, peer: { box.peer })
        box.peer = request.exchange.upgradeToWebSocket(
            response: acceptance.responseBytes(date: request.exchange.loop.time.wallClock), receiver: socket)
        guard box.peer != nil else { return }
        request.gateway.adopt(socket)
        if speaksVersion { socket.start() } else { socket.close(.unsupportedVersion) }
    }
}

/// `GET /v1/echo`: sends every message back, for conformance tests and benchmarks. `sala dev` only.
enum EchoEndpoint {
    static func open(_ request: RoutedRequest) {
        switch OpeningHandshake.answer(OpeningHandshake.Request(request.request), choosing: { _ in false }) {
        case .refuse(let refusal): request.exchange.respond(HTTPResponse(refusal))
        case .accept(let acceptance):
            let echo = Echo()
            echo.peer = request.exchange.upgradeToWebSocket(
                response: acceptance.responseBytes(date: request.exchange.loop.time.wallClock), receiver: echo)
        }
    }

    private final class Echo: WebSocketReceiver {
        var peer: WebSocketPeer?

        func receiveText(_ message: UnsafeRawBufferPointer) { peer?.sendText(Array(message)) }
        func receiveBinary(_ message: UnsafeRawBufferPointer) { peer?.send(WebSocketEncoder.binary(Array(message))) }
        func outputDrained() {}
        func connectionEnded() { peer = nil }
    }
}
