internal import HTTP1
internal import JSON
package import Primitives
package import Reactor
internal import Transport

/// HTTP servers that speak the documented formats of the companies that Sala calls, closely enough that the companies' own
/// client libraries work against them. For `sala dev`, tests and load: one listener, a path prefix each, and
/// `/_control/{name}` to set how they behave. All state is confined to one loop.
package final class StandinServer: @unchecked Sendable {
    /// Bytes of a request's body: the largest slip image that EasySlip takes, in base64, and a little, so that it is the
    /// stand-in that refuses a larger one.
    static let maxBodyBytes = 8 * 1024 * 1024
    /// Of one address: a load test has one, with a connection for each open reply.
    package static let maxConnections = 8192

    private var gates: [String: StandinGate] = [:]
    private var listener: Listener?

    package var port: UInt16 { listener?.port ?? 0 }

    package init(
        host: String, port: UInt16, loop: EventLoop, random: any RandomSource,
        configuration: Configuration = Configuration()
    ) throws(SystemError) {
        var server = ServerConfiguration()
        server.http.maxBodyBytes = Self.maxBodyBytes
        server.maxConnectionsPerAddress = Self.maxConnections
        // A client of ours keeps its connections; what it has asked may take long.
        server.keepAliveTimeout = .seconds(600)
        listener = try Listener(host: host, port: port, loops: [loop], configuration: server) { [weak self] in
            self?.receive($0)
        }
        let models = [OpenAIDialect() as any ModelDialect, AnthropicDialect(), GeminiDialect()].map(ModelStandin.init)
        let backend = BackendStandin(random: random)
        let desk = SlipDesk(book: SlipBook()) { backend.account($0) }
        let line = LineStandin(configuration, desk: desk, backend: backend, loop: loop, random: random)
        desk.content = { [weak line] in line?.records.contents[$0]?.bytes }
        let services =
            [
                line, backend, EasySlipStandin(desk: desk), SlipOKStandin(configuration, desk: desk, loop: loop),
                BankStandin(desk: desk, loop: loop), GoldStandin(loop: loop),
                FirebaseStandin(loop: loop, random: random),
            ] as [any Standin]
        let gateways =
            [
                TwoC2PStandin(configuration, loop: loop, random: random),
                OmiseStandin(configuration, loop: loop, random: random),
                PayMongoStandin(configuration, loop: loop, random: random),
            ] as [any Standin]
        for standin in models as [any Standin] + services + gateways {
            gates[standin.name] = StandinGate(standin, loop: loop, random: random)
        }
    }

    package func start() { listener?.start() }
    package func stop() { listener?.stopAccepting() }

    private func receive(_ exchange: HTTPExchange) {
        let path = exchange.request.path
        switch path.segments.first {
        case nil, "":
            exchange.respond(.json(.ok, ["standins": .array(gates.keys.sorted().map(JSONValue.string))]))
        case "_control":
            let rest = path.segments.dropFirst()
            guard let gate = rest.first.flatMap({ gates[$0] }) else {
                return exchange.respond(.json(.notFound, ["error": "no such stand-in"]))
            }
            gate.control(exchange, rest.dropFirst())
        case let name?:
            guard let gate = gates[name] else {
                return exchange.respond(.json(.notFound, ["error": "no such stand-in"]))
            }
            gate.receive(exchange, path: path.raw.dropFirst(name.count + 1))
        }
    }
}

extension HTTPResponse {
    static func json(_ status: HTTPStatus, _ body: JSONValue) -> HTTPResponse {
        var response = HTTPResponse(status: status, body: body.bytes)
        response.headers.set("Content-Type", "application/json")
        return response
    }
}
