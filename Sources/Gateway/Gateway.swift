internal import Authentication
internal import Domain
package import HTTP1
internal import JSON
internal import Primitives
internal import Reactor
package import Transport
internal import WireProtocol

/// The server's HTTP face: finds the route of each request and hands it to the endpoint that answers it.
package final class Gateway: Sendable {
    let loops: [GatewayLoop]
    private let routes: Router<RouteRow>
    /// Nil when rates are not enforced.
    private let limits: SharedLimits?
    private let observer: GatewayObserver
    private let configuration: GatewayConfiguration

    package init(
        services: GatewayServices, configuration: GatewayConfiguration, observer: GatewayObserver = GatewayObserver()
    ) {
        let limits =
            configuration.enforcesRates ? SharedLimits(configuration.clients, time: services.identity.time) : nil
        let tenantChanges = TenantChanges(services.loops[0], book: services.tenants)
        let openCredits = OpenCredits(startedAt: services.identity.time.now)
        let devices = SubjectDevices()
        let meters = Dictionary(
            uniqueKeysWithValues: configuration.pawnshopFacades.map { ($0, RequestMeter(services.identity.time)) })
        loops = services.loops.map {
            GatewayLoop(
                loop: $0.loop, services: services, configuration: configuration, observer: observer, limits: limits,
                tenantChanges: tenantChanges, openCredits: openCredits, devices: devices,
                meters: meters)
        }
        for gateway in loops { gateway.siblings = loops }
        routes = Route.table(configuration)
        self.configuration = configuration
        self.observer = observer
        self.limits = limits
    }

    /// What the listener's `HTTPLimits` need for its routes.
    package static var bodyAllowances: [BodyAllowance] {
        SlipServiceRoute.bodyAllowances + PaymentEndpoint.bodyAllowances + FoodieRoute.bodyAllowances
    }

    /// Begins to watch the load of the loops.
    package func start() {
        for gateway in loops { gateway.loop.execute { gateway.load.start() } }
        loops[0].loop.execute { [self] in loops[0].watchRevocations() }
    }

    /// Answers one request. Called on the connection's loop.
    package func receive(_ exchange: HTTPExchange) {
        let gateway = loops[exchange.loop.index]
        let path = path(of: exchange.request)
        let origin = gateway.services.identity.origins.verdict(
            on: exchange.request.headers.all("Origin"), tenant: tenant(of: exchange.request, path))
        var request = RoutedRequest(
            exchange: exchange, gateway: gateway, origin: origin, tenant: tenant(of: exchange.request, path))
        request.prepareAnswer(origin)
        switch routes.match(exchange.request.method, path) {
        case .found(let row, let parameters):
            request.servesGuests = row.route.servesGuests
            meter(request, row.route)
            // The cheapest first.
            if row.rate.isRefusedUnderLoad, let fault = gateway.refusalOfWork() {
                return row.route.refuse(request, fault)
            }
            if let fault = refusal(of: exchange, row.rate) { return row.route.refuse(request, fault) }
            guard !exchange.request.hasCodedBody else {
                var response = HTTPResponse(
                    problem: Fault(.unsupported, "bodies come without a content coding"), status: .unsupportedMediaType)
                response.headers.set("Accept-Encoding", "identity")
                return exchange.respond(response)
            }
            row.route.serve(request, parameters)
        case .notFound:
            if let fault = refusal(of: exchange, .general) { return request.refuse(fault) }
            exchange.respond(HTTPResponse(problem: Fault(.noSuchSession, "no such route"), status: .notFound))
        case .methodNotAllowed(let allowed):
            // A browser asks so before each request of a page, and it costs no more than its refusal: not counted.
            if exchange.request.method == .options { return preflight(request, allowed) }
            if let fault = refusal(of: exchange, .general) { return request.refuse(fault) }
            if let method = allowed.first, case .found(let row, let parameters) = routes.match(method, path),
                case .foodie(let route) = row.route
            {
                return route.refuseMethod(request, parameters, allowed: allowed)
            }
            var response = HTTPResponse(
                problem: Fault(.unsupported, "the route does not have this method"), status: .methodNotAllowed)
            response.headers.set("Allow", allowed.map(\.token).joined(separator: ", "))
            exchange.respond(response)
        }
    }

    /// Counts the request for the tenant's own eyes, whatever its answer is.
    private func meter(_ request: RoutedRequest, _ route: Route) {
        guard let tenant = request.tenant, let meter = request.gateway.meters[tenant], let endpoint = route.endpoint
        else { return }
        let method = request.request.method.token
        request.exchange.answered = { meter.record(method, endpoint, status: $0, after: $1) }
    }

    /// Counts the request against its client address; the answer, whatever it is, says how much is left.
    private func refusal(of exchange: HTTPExchange, _ rule: RateRule) -> Fault? {
        guard let limits, let rateClass = rule.rateClass(of: exchange.request) else { return nil }
        let verdict = limits.requests.take(rateClass, from: CountedAddress(exchange.peerAddress))
        exchange.commonHeaders += verdict.headers
        if let wait = verdict.reading.wait {
            observer.refused(.rate)
            return Fault(.rateLimited, "too many requests from this address", retryAfter: wait)
        }
        guard rateClass == .handshake, !limits.requests.takeHandshake() else { return nil }
        observer.refused(.handshakes)
        return Fault(.overloaded, "too many handshakes", retryAfter: loops[exchange.loop.index].retryDelay())
    }

    /// A tenant's own host name stands for its prefix.
    private func path(of request: HTTPRequest) -> HTTPPath {
        guard Self.isTenants(request.path.segments), let tenant = tenantOfHost(request) else { return request.path }
        do { return try HTTPPath("/t/" + tenant + request.path.raw) } catch { return request.path }
    }

    /// What a tenant's host name has of its own; everything else is the same under every name.
    private static func isTenants(_ segments: [String]) -> Bool {
        switch segments.first {
        case "api": true
        case "webhooks": segments.count == 2
        case "v1": TradeRoute.folders.contains(segments.dropFirst().first ?? "")
        case let first?: TradeRoute.folders.contains(first) || PawnshopRoute.folders.contains(first)
        case nil: false
        }
    }

    private func tenantOfHost(_ request: HTTPRequest) -> String? {
        guard !configuration.tenantHosts.isEmpty,
            let host = request.headers.first("Host")?.split(separator: ":").first.map(String.init)
        else { return nil }
        return configuration.tenantHosts[host.lowercased()]
    }

    /// Whose list of origins judges the request before its token is known: that of the tenant in the path, or of the one
    /// whose host name it is; nil when neither says.
    private func tenant(of request: HTTPRequest, _ path: HTTPPath) -> String? {
        if path.segments.count > 1, path.segments[0] == "t" { return path.segments[1] }
        return tenantOfHost(request)
    }

    /// What a page may do with a route (Fetch §3.2.2): said to pages of allowed origins only.
    private func preflight(_ request: RoutedRequest, _ allowed: [HTTPMethod]) {
        let methods = allowed.map(\.token).joined(separator: ", ")
        var response = HTTPResponse(status: .noContent)
        response.headers.set("Allow", methods)
        if request.origin == .allowed {
            response.headers.set("Access-Control-Allow-Methods", methods)
            response.headers.set("Access-Control-Allow-Headers", AnswerPolicy.requestFields)
            response.headers.set(
                "Access-Control-Max-Age", String(AnswerPolicy.maxPreflightAge.components.seconds))
        }
        request.exchange.respond(response)
    }

    /// Sends everyone away, spread over a moment, and closes. Open requests finish by themselves.
    package func drain(spread: Duration, deadline: Duration) {
        for gateway in loops { gateway.loop.execute { gateway.drain(spread: spread, deadline: deadline) } }
    }

}

/// A request on its way to an endpoint.
struct RoutedRequest {
    let exchange: HTTPExchange
    let gateway: GatewayLoop
    let origin: OriginPolicy.Verdict
    /// Whose façade the address or the host name says; nil when neither does.
    var tenant: String?
    /// Else role `guest` is refused, whatever the endpoint asks for: most take any subject for somebody of the tenant's.
    var servesGuests = false

    var request: HTTPRequest { exchange.request }
    var services: GatewayServices { gateway.services }

    func refuse(_ fault: Fault) { exchange.respond(HTTPResponse(problem: fault)) }

    func respond(_ status: HTTPStatus = .ok, json: JSONValue) {
        exchange.respond(HTTPResponse(status: status, json: json.bytes))
    }

    /// Answers with something that only the asker may know.
    func respond(_ status: HTTPStatus = .ok, secret: JSONValue) {
        var response = HTTPResponse(status: status, json: secret.bytes)
        response.headers.set("Cache-Control", "no-store, no-transform")
        exchange.respond(response)
    }

    /// The bearer of the request's token, wherever it may stand; with `ticket`, also of a one-time ticket.
    func authenticate(acceptsTicket: Bool = false) throws(Fault) -> Principal {
        if let found = try token() { return try admit(services.identity.verify(found.token)) }
        if acceptsTicket, let ticket = request.query["ticket"] { return try redeem(ticket) }
        throw Fault(.unauthenticated)
    }

    /// The one token of the request, not verified; nil when it has none.
    func token() throws(Fault) -> TokenExtraction? {
        let headers = request.headers
        // A browser names no origin to the page's own when it only reads there, but says that it is the same in a field that no
        // page can set (Fetch Metadata §2.3). Who forges it is no browser, and adds no cookie by itself.
        let isOwnPage = origin == .absent && headers.all("Sec-Fetch-Site") == ["same-origin"]
        return try TokenExtraction.extract(
            from: TokenExtraction.Request(
                authorization: headers.all("Authorization"), cookie: headers.all("Cookie"),
                webSocketProtocol: headers.all("Sec-WebSocket-Protocol"), origin: isOwnPage ? .allowed : origin))
    }

    /// Whom the ticket stands for; it is used up.
    func redeem(_ ticket: String) throws(Fault) -> Principal { try admit(services.identity.redeem(ticket: ticket)) }

    /// A page may use the tokens of a tenant that lists its origin, whoever gave them to it. The refusal itself is
    /// nothing that such a page may read.
    func admit(_ principal: Principal) throws(Fault) -> Principal {
        guard services.identity.origins.verdict(on: request.headers.all("Origin"), tenant: principal.tenant) != .refused
        else {
            prepareAnswer(.refused)
            throw Fault(.originRefused)
        }
        guard principal.role != .guest || servesGuests else {
            throw Fault(.forbidden, "a link gives no right to this")
        }
        return principal
    }

    /// Every answer from now on is completed for a page of that standing.
    func prepareAnswer(_ origin: OriginPolicy.Verdict) {
        // The policy is made when there is an answer: a handshake that is accepted has none.
        exchange.complete = { [gateway] request, response, isWhole in
            let policy = AnswerPolicy(
                request, origin: origin, encoder: gateway.gzip,
                strictTransportSeconds: gateway.configuration.strictTransportSeconds)
            policy.complete(&response, isWhole: isWhole)
        }
    }

    /// Answers with the fault when the body of `authenticated` cannot be reached.
    func withPrincipal(acceptsTicket: Bool = false, _ use: (Principal) -> Void) {
        do throws(Fault) {
            use(try authenticate(acceptsTicket: acceptsTicket))
        } catch {
            refuse(error)
        }
    }

    /// A sink for results that come from another loop: runs `use` on the exchange's own.
    func onLoop<Value: Sendable>(_ use: @escaping @Sendable (Value) -> Void) -> @Sendable (Value) -> Void {
        let loop = exchange.loop
        return { value in loop.execute { use(value) } }
    }
}

extension HTTPStatus {
    /// The status of a fault's answer (`Protocol/faults.json`).
    init(_ fault: Fault) { self = HTTPStatus(code: fault.httpStatus) ?? .internalServerError }
}

extension HTTPResponse {
    /// An RFC 9457 problem document; `place` is a JSON pointer to what is wrong in the request's.
    init(problem fault: Fault, status: HTTPStatus? = nil, place: String? = nil) {
        let status = status ?? HTTPStatus(fault)
        self.init(status: status, body: fault.problemDocument(status: status.code, place: place))
        headers.set("Content-Type", "application/problem+json")
        headers.set("Cache-Control", "no-store")
        if let seconds = fault.retryAfterSeconds { headers.set("Retry-After", String(seconds)) }
        if self.status.code == 401 { headers.set("WWW-Authenticate", #"Bearer realm="sala""#) }
    }

    init(status: HTTPStatus, json: [UInt8]) {
        self.init(status: status, body: json)
        headers.set("Content-Type", "application/json")
        headers.set("Cache-Control", "no-store")
    }
}
