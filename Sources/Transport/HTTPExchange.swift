package import HTTP1
package import Primitives
internal import Proxies
package import Reactor
package import WebSocket

/// One request and its answer. Confined to the connection's loop; the answer may come later, from there.
package final class HTTPExchange: @unchecked Sendable {
    package let request: HTTPRequest
    /// The client's numeric address: the connection's, or what proxies of ours say that they had it from.
    package let peerAddress: String
    /// Whether the client spoke TLS to the proxy in front; nil when no proxy of ours says.
    package let isSecure: Bool?
    package let loop: EventLoop
    package let startedAt: Instant
    private var connection: Connection?
    /// Made for the first byte of an answer; a handshake that is accepted needs none.
    private var encoder: HTTPResponseEncoder?
    private var isStreaming = false
    private var hasAnswered = false
    /// Headers that every answer of this exchange carries, whoever gives it.
    package var commonHeaders: [(name: String, value: String)] = []
    /// Has the last word on every answer before it is written. Of a streamed one (`isWhole` is false) only the head counts.
    package var complete: ((_ request: HTTPRequest, _ response: inout HTTPResponse, _ isWhole: Bool) -> Void)?
    /// Called once, when the head of the answer is on its way.
    package var answered: ((_ status: Int, _ after: Duration) -> Void)?
    /// Called once when the peer is gone before the answer is complete.
    package var peerGone: (() -> Void)?
    /// Called while streaming, when queued bytes have left.
    package var drained: (() -> Void)?

    init(request: HTTPRequest, connection: Connection) {
        self.request = request
        self.connection = connection
        let client = connection.group.configuration.proxies.client(of: request, from: connection.peerAddress)
        peerAddress = client.address
        isSecure = client.isSecure
        loop = connection.loop
        startedAt = connection.loop.time.now
    }

    /// Encodes a part of the answer.
    private func encode(_ body: (inout HTTPResponseEncoder) -> [UInt8]) -> [UInt8] {
        var encoder =
            self.encoder ?? HTTPResponseEncoder(answering: request, date: HTTPDate.format(loop.time.wallClock))
        defer { self.encoder = encoder }
        return body(&encoder)
    }

    private var closesConnection: Bool { encoder?.closesConnection ?? !request.keepsAlive }

    /// True until the answer is complete or the peer is gone.
    package var isOpen: Bool { connection != nil && !hasAnswered }
    /// Bytes that the peer has not taken yet.
    package var unsentBytes: Int { connection?.unsentBytes ?? 0 }

    /// The whole answer. The second answer to one request is dropped: the first stands.
    package func respond(_ response: HTTPResponse) {
        loop.preconditionOnLoop()
        guard let connection, !hasAnswered, !isStreaming else { return }
        hasAnswered = true
        var response = response
        for (name, value) in commonHeaders { response.headers.set(name, value) }
        complete?(request, &response, true)
        connection.write(encode { $0.whole(response) })
        observe(response.status.code)
        connection.exchangeEnded(closes: closesConnection)
    }

    /// Begins an answer whose body comes in chunks; `write` and then `finish` follow.
    package func startStreaming(_ status: HTTPStatus, _ headers: HTTPHeaders) {
        loop.preconditionOnLoop()
        guard let connection, !hasAnswered, !isStreaming else { return }
        isStreaming = true
        var response = HTTPResponse(status: status, headers: headers)
        for (name, value) in commonHeaders { response.headers.set(name, value) }
        complete?(request, &response, false)
        connection.write(encode { $0.head(status, response.headers) })
        observe(status.code)
    }

    package func write(_ bytes: [UInt8]) {
        guard let connection, isStreaming, !hasAnswered, !bytes.isEmpty else { return }
        connection.write(encode { $0.chunk(bytes) })
    }

    package func finish() {
        guard let connection, isStreaming, !hasAnswered else { return }
        hasAnswered = true
        connection.write(encode { $0.end() })
        connection.exchangeEnded(closes: closesConnection)
    }

    /// Breaks the answer off: the peer sees a reset, never a short body that looks whole.
    package func abort() { connection?.abort() }

    /// Answers with the given 101 and hands the connection over. `compression` is what that answer says; `limits` stand in
    /// place of the listener's.
    package func upgradeToWebSocket(
        response: [UInt8], receiver: any WebSocketReceiver, compression: NegotiatedCompression? = nil,
        limits: WebSocketLimits? = nil
    ) -> WebSocketPeer? {
        guard let connection, !hasAnswered, !isStreaming else { return nil }
        hasAnswered = true
        observe(101)
        return connection.upgrade(response: response, receiver: receiver, compression: compression, limits: limits)
    }

    private func observe(_ status: Int) {
        let duration = loop.time.now.since(startedAt)
        answered?(status, duration)
        answered = nil
        connection?.group.observer.requested(request.method.token, status, duration)
    }

    func outputDrained() { drained?() }

    func detach() {
        connection = nil
        peerGone = nil
        drained = nil
    }

    func connectionClosed() {
        let gone = hasAnswered ? nil : peerGone
        detach()
        gone?()
    }
}

extension TrustedProxies {
    /// The client of a request that came over a connection from `peer`.
    fileprivate func client(of request: HTTPRequest, from peer: String) -> Client {
        guard !blocks.isEmpty else { return Client(address: peer, isSecure: nil) }
        let headers = request.headers
        return client(
            peer: peer, forwarded: headers.all("Forwarded"), xForwardedFor: headers.all("X-Forwarded-For"),
            xForwardedProto: headers.all("X-Forwarded-Proto"))
    }
}
