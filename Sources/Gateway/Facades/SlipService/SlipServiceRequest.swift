internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Transport
internal import WireProtocol

/// A request of one of the slip service's routes, from a bearer who may use them.
///
/// An operator may ask about every tenant; an administrator about their own, and is told the same of one that does not exist as of
/// one that is another's. Below `/t/{tenant}` that tenant is the one that is asked about.
struct SlipServiceRequest: Sendable {
    let routed: RoutedRequest
    let parameters: PathParameters
    let envelope: SlipServiceEnvelope
    let principal: Principal

    init(
        _ routed: RoutedRequest, _ parameters: PathParameters, _ envelope: SlipServiceEnvelope
    ) throws(SlipServiceRefusal) {
        do throws(Fault) { principal = try routed.authenticate() } catch { throw SlipServiceRefusal(error) }
        guard principal.role == .operator || principal.role == .admin else { throw .forbidden }
        self.routed = routed
        self.parameters = parameters
        self.envelope = envelope
        if let pathTenant, !isOperator, pathTenant != principal.tenant { throw .forbidden }
    }

    var isOperator: Bool { principal.role == .operator }
    var http: HTTPRequest { routed.request }
    var gateway: GatewayLoop { routed.gateway }
    var own: LoopServices { routed.gateway.own }
    var book: TenantBook { routed.services.tenants }

    /// Of `/t/{tenant}`; nil at the root.
    var pathTenant: String? { parameters["tenant"] }

    /// The id of a tenant that the bearer may ask about; it need not exist.
    func permit(_ id: String) throws(SlipServiceRefusal) -> String {
        guard isOperator || id == principal.tenant else { throw .forbidden }
        guard TextRule.id.isValid(id), pathTenant == nil || id == pathTenant else { throw .noTenant(Self.shown(id)) }
        return id
    }

    /// The tenant of the route's `{tenantId}`.
    func tenant() throws(SlipServiceRefusal) -> TenantSettings { try tenant(parameters["tenantId"] ?? "") }

    func tenant(_ id: String) throws(SlipServiceRefusal) -> TenantSettings {
        let id = try permit(id)
        guard let settings = book[id] else { throw .noTenant(id) }
        return settings
    }

    /// The tenant that a body or a query names; where neither does, that of the path, or an administrator's own.
    func tenant(named id: String?) throws(SlipServiceRefusal) -> TenantSettings {
        guard let id = id ?? pathTenant ?? (isOperator ? nil : principal.tenant) else {
            throw .invalid("tenantId", "is missing")
        }
        return try tenant(id)
    }

    /// Refusals repeat ids only when they are ones.
    private static func shown(_ id: String) -> String { TextRule.id.isValid(id) ? id : "of that name" }

    // MARK: Answering

    func respond(_ json: JSONValue) { respond(.ok, json) }

    func respond(_ status: HTTPStatus, _ json: JSONValue) { routed.respond(status, secret: json) }

    func refuse(_ refusal: SlipServiceRefusal) { routed.exchange.respond(refusal.response(envelope)) }

    /// Runs `body`, and answers with what it refuses.
    func attempt(_ body: () throws(SlipServiceRefusal) -> Void) {
        do throws(SlipServiceRefusal) { try body() } catch { refuse(error) }
    }

    /// Makes a change and answers, on the request's loop, when it is durable.
    func change(_ decide: @escaping TenantChanges.Decision, done: @escaping @Sendable () -> Void) {
        let completion: @Sendable (SlipServiceRefusal?) -> Void = routed.onLoop { refusal in
            if let refusal { refuse(refusal) } else { done() }
        }
        gateway.tenantChanges.submit(decide, completion)
    }
}
