internal import HTTP1
internal import JSON
package import Primitives
package import Reactor
internal import Transport

/// HTTP servers that speak the documented formats of the companies that Sala calls, closely enough that the companies' own
/// client libraries work against them. For `sala dev`, tests and load: one listener, a path prefix each, and
/// `/_control/{name}` to set how they behave. All state is confined to one loop.
package final class StandinServer: @unchecked Sendable {
    private let loop: EventLoop
    private let random: any RandomSource
    private var standins: [String: Standin] = [:]
    private var listener: Listener?

    package var port: UInt16 { listener?.port ?? 0 }

    package init(host: String, port: UInt16, loop: EventLoop, random: any RandomSource) throws(SystemError) {
        self.loop = loop
        self.random = random
        var configuration = ServerConfiguration()
        configuration.http.maxBodyBytes = 4 * 1024 * 1024
        // A client of ours keeps its connections; what it has asked may take long.
        configuration.keepAliveTimeout = .seconds(600)
        listener = try Listener(host: host, port: port, loops: [loop], configuration: configuration) { [weak self] in
            self?.receive($0)
        }
        for dialect in [OpenAIDialect() as any ModelDialect, AnthropicDialect(), GeminiDialect()] {
            standins[dialect.name] = Standin(dialect: dialect, loop: loop, random: random)
        }
    }

    package func start() { listener?.start() }
    package func stop() { listener?.stopAccepting() }

    private func receive(_ exchange: HTTPExchange) {
        let segments = exchange.request.path.raw.split(separator: "/", maxSplits: 2).map(String.init)
        guard let first = segments.first else {
            return exchange.respond(.json(.ok, ["standins": .array(standins.keys.sorted().map(JSONValue.string))]))
        }
        if first == "_control" {
            return control(
                exchange, Array(exchange.request.path.raw.split(separator: "/").dropFirst()).map(String.init))
        }
        guard let standin = standins[first] else {
            return exchange.respond(.json(.notFound, ["error": "no such stand-in"]))
        }
        standin.receive(exchange, rest: exchange.request.path.raw.dropFirst(first.count + 1))
    }

    private func control(_ exchange: HTTPExchange, _ path: [String]) {
        guard let name = path.first, let standin = standins[name] else {
            return exchange.respond(.json(.notFound, ["error": "no such stand-in"]))
        }
        switch (exchange.request.method, path.dropFirst().first) {
        case (.post, nil):
            do {
                try standin.change(JSONParser.parse(exchange.request.body))
                exchange.respond(.json(.ok, standin.behaviour.json))
            } catch let error as BehaviourError {
                exchange.respond(.json(.badRequest, ["error": .string(error.detail)]))
            } catch {
                exchange.respond(.json(.badRequest, ["error": "the body is not JSON"]))
            }
        case (.get, nil): exchange.respond(.json(.ok, standin.behaviour.json))
        case (.delete, nil):
            standin.reset()
            exchange.respond(HTTPResponse(status: .noContent))
        case (.get, "calls"): exchange.respond(.json(.ok, ["calls": .array(standin.calls)]))
        case (.delete, "calls"):
            standin.clearCalls()
            exchange.respond(HTTPResponse(status: .noContent))
        default: exchange.respond(.json(.notFound, ["error": "no such control"]))
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
