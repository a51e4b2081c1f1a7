internal import HTTP1
internal import Transport
internal import WebSocket

/// `GET /v1/echo`: sends every message back, for conformance tests and benchmarks. `sala dev` only.
///
/// What is compressed and what is large is part of what it is there to test, so it has bounds of its own, and sends back
/// compressed whatever was negotiated so, however small.
enum EchoEndpoint {
    /// Bytes of a message: twice the largest of the conformance suite.
    static let maxMessageBytes = 32 * 1024 * 1024
    /// Frames of a message: the suite sends 4 MiB in frames of 64 bytes.
    static let maxFragments: Int32 = 128 * 1024

    static func open(_ request: RoutedRequest) {
        let pool = request.gateway.compression
        let handshake = OpeningHandshake.Request(request.request)
        switch OpeningHandshake.answer(handshake, choosing: { _ in false }, compressing: pool.answer) {
        case .refuse(let refusal): request.exchange.respond(HTTPResponse(refusal))
        case .accept(let acceptance):
            var limits = WebSocketLimits()
            limits.maxMessageBytes = maxMessageBytes
            limits.maxFragments = maxFragments
            let compression = acceptance.compression.map {
                NegotiatedCompression($0, role: .server, pool: pool, minMessageBytes: 0)
            }
            let echo = Echo()
            echo.peer = request.exchange.upgradeToWebSocket(
                response: acceptance.response, receiver: echo, compression: compression, limits: limits)
        }
    }

    private final class Echo: WebSocketReceiver {
        var peer: WebSocketPeer?

        func receiveText(_ message: UnsafeRawBufferPointer) { peer?.send(.text, message) }
        func receiveBinary(_ message: UnsafeRawBufferPointer) { peer?.send(.binary, message) }
        func outputDrained() {}
        func connectionEnded() { peer = nil }
    }
}
