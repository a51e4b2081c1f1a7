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
        // HEAD is answered like a GET that asks for no upgrade; it cannot ask for one.
        guard request.request.method != .head else {
            return request.exchange.respond(HTTPResponse(OpeningHandshake.Refusal.upgradeRequired))
        }
        let handshake = OpeningHandshake.Request(request.request)
        // A token may stand among the sub-protocols; it is no protocol.
        let offered = handshake.subprotocols.filter { !$0.hasPrefix(TokenExtraction.subprotocolPrefix) }
        let compression = request.gateway.compression
        switch OpeningHandshake.answer(handshake, choosing: { $0 == subprotocol }, compressing: compression.answer) {
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
        _ request: RoutedRequest, _ acceptance: OpeningHandshake.Acceptance, _ principal: Principal?,
        speaksVersion: Bool
    ) {
        let socket = ClientSocket(
            gateway: request.gateway, principal: principal, origin: request.request.headers.all("Origin"))
        let compression = acceptance.compression.map {
            NegotiatedCompression($0, role: .server, pool: request.gateway.compression)
        }
        // Nothing arrives before this turn is over, so the socket knows its peer in time.
        socket.peer = request.exchange.upgradeToWebSocket(
            response: acceptance.response, receiver: socket, compression: compression)
        guard socket.peer != nil else { return }
        request.gateway.adopt(socket)
        guard speaksVersion else { return socket.close(.unsupportedVersion) }
        // A page cannot see the status of a refused handshake; a close code it can.
        do { socket.start(try request.gateway.slot(of: request.exchange.peerAddress)) } catch {
            socket.close(.tooManyConnections)
        }
    }
}

extension OpeningHandshake.Request {
    init(_ request: HTTPRequest) {
        let headers = request.headers
        self.init(
            isGet: request.method == .get, isHTTP11: request.version == .http11, hasBody: !request.body.isEmpty,
            upgrade: headers.all("Upgrade"), connection: headers.all("Connection"),
            key: headers.all("Sec-WebSocket-Key"), version: headers.all("Sec-WebSocket-Version"),
            subprotocol: headers.all("Sec-WebSocket-Protocol"),
            extensions: headers.all("Sec-WebSocket-Extensions"))
    }
}

extension HTTPResponse {
    init(_ refusal: OpeningHandshake.Refusal) {
        let fault: Fault =
            switch refusal {
            case .badRequest(let detail): Fault(.malformed, detail)
            case .methodNotAllowed: Fault(.malformed, "The handshake is a GET.")
            case .upgradeRequired: Fault(.unsupported, "This address speaks WebSocket.")
            case .versionUnsupported: Fault(.unsupported, "Only version 13 is spoken.")
            }
        self.init(problem: fault, status: HTTPStatus(code: refusal.status))
        for field in refusal.fields { headers.set(field.name, field.value) }
    }
}
