internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Primitives
internal import Sessions
internal import Transport
internal import WireProtocol

/// `/v1/sessions/{kind}/{id}…`: the same sessions as over the socket, one request at a time.
enum SessionEndpoint {
    private static func withAddress(
        _ request: RoutedRequest, _ parameters: PathParameters, acceptsTicket: Bool = false,
        _ use: (Principal, SessionAddress) -> Void
    ) {
        request.withPrincipal(acceptsTicket: acceptsTicket) { principal in
            guard
                let address = SessionAddress(
                    tenant: principal.tenant, path: (parameters["kind"] ?? "") + "/" + (parameters["id"] ?? ""))
            else { return request.refuse(Fault(.noSuchSession)) }
            use(principal, address)
        }
    }

    static func snapshot(_ request: RoutedRequest, _ parameters: PathParameters) {
        withAddress(request, parameters) { principal, address in
            let exchange = request.exchange
            let answer: @Sendable (Result<(position: StreamPosition, state: [UInt8]), Fault>) -> Void = request.onLoop {
                result in
                switch result {
                case .failure(let fault): exchange.respond(HTTPResponse(problem: fault))
                case .success(let snapshot):
                    let tag = "\"\(snapshot.position.epoch):\(snapshot.position.offset)\""
                    let isKnown = EntityTag.isKnown(tag, in: exchange.request.headers.all("If-None-Match"))
                    var response =
                        isKnown
                        ? HTTPResponse(status: .notModified)
                        : HTTPResponse(status: .ok, json: document(address, snapshot.position, snapshot.state))
                    response.headers.set("ETag", tag)
                    response.headers.set("Cache-Control", "private, no-cache")
                    exchange.respond(response)
                }
            }
            let caller = principal.caller
            request.services.withRegistry(of: address) { $0.snapshot(address, caller, answer) }
        }
    }

    private static func document(_ address: SessionAddress, _ position: StreamPosition, _ state: [UInt8]) -> [UInt8] {
        var writer = JSONWriter(reserving: state.count + 128)
        writer.beginObject()
        writer.member("session", .string(address.path))
        writer.member("epoch", .string(position.epoch))
        writer.member("offset", .integer(position.offset))
        writer.name("state")
        writer.raw(state)
        writer.endObject()
        return writer.bytes
    }

    static func create(_ request: RoutedRequest, _ parameters: PathParameters) {
        withAddress(request, parameters) { principal, address in
            guard principal.caller.role.servesTenant else {
                return request.refuse(Fault(.forbidden, "sessions are created by the platform's staff or service"))
            }
            if let fault = request.gateway.refusalOfCommand(to: address) { return request.refuse(fault) }
            do {
                let body = request.request.body
                // Only amounts of money are read to the digit.
                let json = try address.kind == .payment ? JSONParser.parseExactly(body) : JSONParser.parse(body)
                guard address.kind == .order else {
                    let facts = try SessionFacts(address.kind, json: json)
                    if case .payment(let payment) = facts { try PaymentEndpoint.check(payment) }
                    if case .feed(let feed) = facts { try feed.check(id: address.id) }
                    return create(address, facts, for: request)
                }
                let name = try OrderFacts.lifecycleName(in: json)
                request.gateway.lifecycle(named: name, tenant: address.tenant) { result in
                    do {
                        let facts = try SessionFacts(.order, json: json, lifecycle: result.get())
                        create(address, facts, for: request)
                    } catch let reason as FaultReason {
                        request.refuse(Fault(reason, command: "PUT"))
                    } catch {
                        request.refuse(error as? Fault ?? Fault(.internal))
                    }
                }
            } catch let reason as FaultReason {
                return request.refuse(Fault(reason, command: "PUT"))
            } catch {
                return request.refuse(Fault(.malformed, "the body is not JSON"))
            }
        }
    }

    private static func create(_ address: SessionAddress, _ facts: SessionFacts, for request: RoutedRequest) {
        let exchange = request.exchange
        let answer: @Sendable (Result<SessionRegistry.CreateResult, Fault>) -> Void = request.onLoop { result in
            switch result {
            case .failure(let fault):
                let status: HTTPStatus? = fault.code == .rejected ? .conflict : nil
                exchange.respond(HTTPResponse(problem: fault, status: status))
            case .success(let outcome):
                var response = HTTPResponse(
                    status: outcome == .created ? .created : .ok,
                    json: JSONValue.object(["session": .string(address.path)]).bytes)
                response.headers.set("Location", "/v1/sessions/" + address.path)
                exchange.respond(response)
            }
        }
        request.services.withRegistry(of: address) { $0.create(address, facts, answer) }
    }

    static func command(_ request: RoutedRequest, _ parameters: PathParameters) {
        withAddress(request, parameters) { principal, address in
            if let fault = request.gateway.refusalOfCommand(to: address) { return request.refuse(fault) }
            let keys = request.request.headers.all("Idempotency-Key")
            guard keys.count <= 1 else { return request.refuse(Fault(.invalidCommand, "one Idempotency-Key, please")) }
            let command: CommandRequest
            do throws(FrameRefusal) {
                command = try ClientFrame.command(body: request.request.body, session: address.path, key: keys.first)
            } catch {
                return request.refuse(error.fault)
            }
            let exchange = request.exchange
            let answer: @Sendable (Result<CommandAnswer, Fault>) -> Void = request.onLoop { result in
                switch result {
                case .failure(let fault): exchange.respond(HTTPResponse(problem: fault))
                case .success(let answer):
                    exchange.respond(
                        HTTPResponse(
                            status: .ok, json: ServerFrame.ok(id: command.id, offset: answer.offset, data: answer.body))
                    )
                }
            }
            let ticket = CommandTicket(
                command: SessionCommand(caller: principal.caller, name: command.name, data: command.data),
                key: command.key, answer: answer)
            request.services.withRegistry(of: address) { $0.submit(address, ticket) }
        }
    }

    static func log(_ request: RoutedRequest, _ parameters: PathParameters) {
        withAddress(request, parameters) { principal, address in
            let maxPage = request.gateway.configuration.maxLogPage
            guard let after = number(request, "after", 0), let limit = number(request, "limit", 100), after >= 0,
                (1...Int64(maxPage)).contains(limit)
            else { return request.refuse(Fault(.badPosition, "after is 0 or more, limit is 1 to \(maxPage)")) }
            let exchange = request.exchange
            let answer: @Sendable (Result<SessionLogPage, Fault>) -> Void = request.onLoop { result in
                switch result {
                case .failure(let fault): exchange.respond(HTTPResponse(problem: fault))
                case .success(let page):
                    var writer = JSONWriter(reserving: 16 * 1024)
                    writer.beginObject()
                    writer.member("epoch", .string(page.epoch))
                    writer.name("events")
                    writer.beginArray()
                    for event in page.events { writer.raw(event) }
                    writer.endArray()
                    writer.member("next", JSONValue(page.next))
                    writer.endObject()
                    exchange.respond(HTTPResponse(status: .ok, json: writer.bytes))
                }
            }
            let caller = principal.caller
            request.services.withRegistry(of: address) {
                $0.log(address, caller, after: after, limit: Int(limit), answer)
            }
        }
    }

    private static func number(_ request: RoutedRequest, _ name: String, _ absent: Int64) -> Int64? {
        guard let text = request.request.query[name] else { return absent }
        return Int64(text)
    }

    static func events(_ request: RoutedRequest, _ parameters: PathParameters) {
        withAddress(request, parameters, acceptsTicket: true) { principal, address in
            var from: StreamPosition?
            if let position = request.request.headers.first("Last-Event-ID") ?? request.request.query["lastEventId"] {
                guard let colon = position.lastIndex(of: ":"),
                    let offset = Int64(position[position.index(after: colon)...]), offset >= 0
                else { return request.refuse(Fault(.badPosition, "Last-Event-ID is epoch:offset")) }
                from = StreamPosition(epoch: String(position[..<colon]), offset: offset)
            }
            guard let mode = DeliveryMode(rawValue: request.request.query["mode"] ?? "all") else {
                return request.refuse(Fault(.malformed, "mode is 'all' or 'latest'"))
            }
            let bounds = SubscribeRequest.maxHzBounds
            let maxHz = request.request.query["maxHz"].flatMap(Double.init) ?? SubscribeRequest.defaultMaxHz
            guard maxHz.isFinite, maxHz > 0 else {
                return request.refuse(Fault(.malformed, "maxHz is a positive number"))
            }
            EventStream(gateway: request.gateway, exchange: request.exchange, principal: principal).start(
                address,
                SubscribeRequest(
                    id: nil, session: address.path, from: from, mode: mode,
                    maxHz: min(max(maxHz, bounds.lowerBound), bounds.upperBound)))
        }
    }
}
