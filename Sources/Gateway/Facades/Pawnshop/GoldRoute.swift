internal import Authentication
internal import Domain
internal import HTTP1
internal import Transport
internal import WireProtocol

/// Pawn Shop's routes of the gold price, below `/t/{tenant}/api/v1` and on the tenant's own host names. The document describes them in
/// three chapters that differ; an answer has what each of them shows.
enum GoldRoute: Sendable {
    case latest, current, history
    /// `POST /gold-price/sync`, and `POST /sync-pawn-data/gold-prices`.
    case sync

    func refuse(_ routed: RoutedRequest, _ fault: Fault) { PawnshopEnvelope(routed).refuse(PawnshopRefusal(fault)) }

    func serve(_ routed: RoutedRequest, _ parameters: PathParameters) {
        let envelope = PawnshopEnvelope(routed)
        let tenant = parameters["tenant"] ?? ""
        guard routed.gateway.configuration.pawnshopFacades.contains(tenant) else {
            return envelope.refuse(PawnshopRefusal(Fault(.noSuchSession, "the tenant has no such façade")))
        }
        do throws(PawnshopRefusal) {
            let principal: Principal
            do throws(Fault) { principal = try routed.authenticate() } catch { throw PawnshopRefusal(error) }
            guard principal.tenant == tenant else {
                throw PawnshopRefusal(Fault(.forbidden, "the token is another tenant's"))
            }
            try GoldRight(self).check(principal)
            let request = GoldRequest(routed: routed, envelope: envelope, tenant: tenant)
            switch self {
            case .latest: GoldReading.latest(request)
            case .current: GoldReading.current(request)
            case .history: try GoldReading.history(request)
            case .sync: GoldSync.start(request)
            }
        } catch {
            envelope.refuse(error)
        }
    }
}

/// A request of one of those routes, from a bearer who may make it.
struct GoldRequest: Sendable {
    let routed: RoutedRequest
    let envelope: PawnshopEnvelope
    let tenant: String

    var address: SessionAddress { SessionAddress(tenant: tenant, kind: .feed, id: FeedFacts.goldID) }
    /// Who it is for the feed: what the bearer may do has been looked at, as the platform sees it.
    var caller: Caller { Caller(tenant: tenant, subject: "gold-price", role: .service) }

    func refuse(_ fault: Fault) {
        // There is a route, so it is the price that is not there.
        guard fault.code == .noSuchSession else { return envelope.refuse(PawnshopRefusal(fault)) }
        envelope.refuse(PawnshopRefusal(.notFound, "NOT_FOUND", "No gold price available", "nothing was announced yet"))
    }
}

/// What a route asks of the bearer: a menu and a permission of the platform's own, from the token (`menuPermissions`, `permissions`).
///
/// The platform's back end and its administrators need neither. A token of staff that says nothing of menus or permissions is one that
/// was not made by the platform: it may read.
struct GoldRight {
    private let menus: [String]
    private let permission: String?
    private let isReading: Bool

    init(_ route: GoldRoute) {
        switch route {
        // The document asks for a token only.
        case .current: (menus, permission, isReading) = ([], nil, true)
        case .latest, .history: (menus, permission, isReading) = (["Reports"], "READ:Report", true)
        case .sync: (menus, permission, isReading) = (["Gold Price", "Sync Data"], "SYNC:Data", false)
        }
    }

    func check(_ principal: Principal) throws(PawnshopRefusal) {
        switch principal.role {
        case .admin, .service, .operator: return
        case .staff:
            let saysNothing = principal.standing.map { $0.menus.isEmpty && $0.permissions.isEmpty } ?? true
            if saysNothing, isReading { return }
        case .customer, .provider, .rider, .guest: break
        }
        let menus = principal.standing?.menus ?? []
        guard self.menus.isEmpty || self.menus.contains(where: menus.contains) else {
            let names = self.menus.map { "'\($0)'" }.joined(separator: " or ")
            throw PawnshopRefusal(
                .forbidden, "MENU_ACCESS_DENIED", "Insufficient permissions",
                "You need access to the \(names) menu to perform this action")
        }
        guard let permission, principal.standing?.permissions.contains(permission) != true else { return }
        throw PawnshopRefusal(
            .forbidden, "INSUFFICIENT_PERMISSIONS", "Insufficient permissions",
            "You need '\(permission)' permission to perform this action")
    }
}
