internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Primitives
internal import Reactor
internal import Transport
internal import WireProtocol

/// `/v1/lifecycles…`: what may become of a tenant's orders. Sala's own are there for everybody; a tenant's staff and services put
/// others beside them. An order keeps the one with which it was made.
enum LifecycleEndpoint {
    /// Lifecycles of its own that a tenant has.
    static let maxOwn = 64

    static let storeUnavailable = Fault(.overloaded, "the store is unavailable", retryAfter: .seconds(1))

    /// `{"lifecycles":[{"name":…,"builtIn":true},…]}`: Sala's own first.
    static func list(_ request: RoutedRequest) {
        request.withPrincipal { principal in
            request.gateway.own.facts.ids(of: .lifecycle, most: maxOwn, tenant: principal.tenant) { result in
                guard case .success(let names) = result else { return request.refuse(storeUnavailable) }
                // A later version of the server may have one that is called like a tenant's: its own counts.
                let own = names.filter { Lifecycle.builtIn($0) == nil }
                let rows = Lifecycle.allBuiltIn.map { row($0.name, true) } + own.map { row($0, false) }
                request.respond(json: ["lifecycles": .array(rows)])
            }
        }
    }

    private static func row(_ name: String, _ isBuiltIn: Bool) -> JSONValue {
        ["name": .string(name), "builtIn": .bool(isBuiltIn)]
    }

    /// The document.
    static func read(_ request: RoutedRequest, _ parameters: PathParameters) {
        request.withPrincipal { principal in
            request.gateway.lifecycle(named: parameters["name"] ?? "", tenant: principal.tenant) { result in
                switch result {
                case .failure(let fault): request.refuse(fault)
                case .success(nil): request.refuse(Fault(.noSuchSession, "there is no lifecycle of that name"))
                case .success(let lifecycle?): request.respond(json: lifecycle.json)
                }
            }
        }
    }

    /// Keeps the document of the body, which names the same lifecycle as the path: 201 when it is new, 200 in place of another. One
    /// that is wrong is 400, with the place of the mistake.
    static func set(_ request: RoutedRequest, _ parameters: PathParameters) {
        request.withPrincipal { principal in
            guard principal.caller.role.servesTenant else {
                return request.refuse(Fault(.forbidden, "lifecycles are declared by the platform's staff or service"))
            }
            let name = parameters["name"] ?? ""
            let lifecycle: Lifecycle
            do {
                guard Lifecycle.builtIn(name) == nil else {
                    throw Fault(.rejected, "that lifecycle is Sala's own and stays as it is")
                }
                lifecycle = try read(request.request.body, name)
            } catch let mistake as LifecycleFault {
                let fault = Fault(.invalidCommand, mistake.description)
                return request.exchange.respond(HTTPResponse(problem: fault, place: mistake.path))
            } catch let fault as Fault {
                return request.refuse(fault)
            } catch {
                return request.refuse(Fault(.malformed, "the body is not JSON"))
            }
            let document = lifecycle.json
            let fact = PlatformFact(PlatformFact.Key(.lifecycle, name), text: document.bytes)
            request.gateway.own.facts.put(fact, most: maxOwn, tenant: principal.tenant) { result in
                switch result {
                case .failure: request.refuse(storeUnavailable)
                case .success(.full):
                    request.refuse(Fault(.rejected, "a tenant has at most \(maxOwn) lifecycles of its own"))
                case .success(.replaced): request.respond(json: document)
                case .success(.created):
                    var response = HTTPResponse(status: .created, json: document.bytes)
                    response.headers.set("Location", "/v1/lifecycles/" + name)
                    request.exchange.respond(response)
                }
            }
        }
    }

    /// Throws `Fault`, `LifecycleFault` or `JSONError`.
    private static func read(_ body: [UInt8], _ name: String) throws -> Lifecycle {
        guard body.count <= Lifecycle.maxBytes else {
            throw Fault(.tooLarge, "a lifecycle has at most \(Lifecycle.maxBytes) bytes")
        }
        let lifecycle = try Lifecycle(json: JSONParser.parse(body))
        guard lifecycle.name == name else {
            throw LifecycleFault(path: "/name", detail: "it is the name in the path")
        }
        return lifecycle
    }
}

extension GatewayLoop {
    /// What may become of an order that names this lifecycle: Sala's own of that name, or the tenant's; nil when there is none. Called
    /// on the loop; the completion runs on it, in a later turn.
    func lifecycle(
        named name: String, tenant: String, _ completion: @escaping @Sendable (Result<Lifecycle?, Fault>) -> Void
    ) {
        loop.preconditionOnLoop()
        if let builtIn = Lifecycle.builtIn(name) { return loop.submit { completion(.success(builtIn)) } }
        guard Lifecycle.isName(name) else { return loop.submit { completion(.success(nil)) } }
        let key = PlatformFact.Key(.lifecycle, name)
        own.facts.facts([key], tenant: tenant) { result in
            switch result {
            case .failure: completion(.failure(LifecycleEndpoint.storeUnavailable))
            case .success(let facts):
                guard let text = facts[key] else { return completion(.success(nil)) }
                do {
                    completion(.success(try Lifecycle(json: JSONParser.parse(text))))
                } catch {
                    completion(.failure(Fault(.internal, "the lifecycle cannot be read any more")))
                }
            }
        }
    }
}
