internal import Authentication
internal import Domain
internal import HTTP1
internal import Ports
internal import Transport
internal import WireProtocol

/// Pawn Shop's routes of chat, tokens, activity log, metrics and health, with the paths and the envelope of the platform's document.
/// Its parts write the same routes with and without `/api` and `/v1`: both are there, below `/t/{tenant}` and on its host names.
enum PawnshopRoute: Sendable {
    case chat, chatSend, conversations, deleteConversation, history, clearHistory
    case logout, session, me
    case activities, activityStatistics, activitiesOfUser, activity, cleanUpActivities, deleteActivities
    case metrics, metricsOfAPI, recentRequests, performance, systemHealth, resetMetrics
    case health, detailedHealth

    /// First segments of their paths on the tenant's host names, besides `api`.
    static let folders: Set<String> = ["chat", "auth", "activity", "activity-logs"]

    /// Where it stands, as the tenant's metrics name it.
    var endpoint: String {
        switch self {
        case .chat: "/api/v1/chat"
        case .chatSend: "/api/v1/chat/send"
        case .conversations: "/api/v1/chat/conversations"
        case .deleteConversation: "/api/v1/chat/conversations/:conversationId"
        case .history, .clearHistory: "/api/v1/chat/history"
        case .logout: "/api/auth/logout"
        case .session: "/api/auth/session"
        case .me: "/api/auth/me"
        case .activities, .deleteActivities: "/api/v1/activity-logs"
        case .activityStatistics: "/api/v1/activity-logs/stats"
        case .activitiesOfUser: "/api/v1/activity-logs/user/:userId"
        case .activity: "/api/v1/activity-logs/:id"
        case .cleanUpActivities: "/api/v1/activity-logs/cleanup"
        case .metrics: "/api/metrics"
        case .metricsOfAPI: "/api/metrics/api"
        case .recentRequests: "/api/metrics/requests"
        case .performance: "/api/metrics/performance"
        case .systemHealth: "/api/metrics/health"
        case .resetMetrics: "/api/metrics/reset"
        case .health: "/api/health"
        case .detailedHealth: "/api/health/detailed"
        }
    }

    func refuse(_ routed: RoutedRequest, _ fault: Fault) { PawnshopEnvelope(routed).refuse(PawnshopRefusal(fault)) }

    func serve(_ routed: RoutedRequest, _ parameters: PathParameters) {
        let envelope = PawnshopEnvelope(routed)
        let tenant = parameters["tenant"] ?? ""
        guard routed.gateway.configuration.pawnshopFacades.contains(tenant) else {
            return envelope.refuse(PawnshopRefusal(Fault(.noSuchSession, "the tenant has no such façade")))
        }
        do throws(PawnshopRefusal) {
            switch self {
            // Probes have no token.
            case .health: return PawnshopHealth.answer(routed)
            case .detailedHealth: return PawnshopHealth.answerDetailed(routed)
            case .logout: return try PawnshopTokens.logout(routed, tenant)
            case .session: return try PawnshopTokens.session(routed, tenant)
            case .me: return try PawnshopTokens.me(routed, tenant)
            case .chat, .chatSend, .conversations, .deleteConversation, .history, .clearHistory, .activities,
                .activityStatistics, .activitiesOfUser, .activity, .cleanUpActivities, .deleteActivities, .metrics,
                .metricsOfAPI, .recentRequests, .performance, .systemHealth, .resetMetrics:
                try serve(
                    PawnshopRequest(
                        routed: routed, parameters: parameters, envelope: envelope,
                        principal: try Self.bearer(of: routed, tenant)))
            }
        } catch {
            envelope.refuse(error)
        }
    }

    private static func bearer(of routed: RoutedRequest, _ tenant: String) throws(PawnshopRefusal) -> Principal {
        do throws(Fault) {
            guard let found = try routed.token() else { throw Fault(.unauthenticated) }
            return try routed.admit(routed.services.identity.verify(found.token), of: tenant)
        } catch {
            throw error == Fault(.unauthenticated) ? .noToken : PawnshopRefusal(error)
        }
    }

    private func serve(_ request: PawnshopRequest) throws(PawnshopRefusal) {
        switch self {
        case .chat: try PawnshopChat.send(request, .json)
        case .chatSend: try PawnshopChat.send(request, .text)
        case .conversations: try PawnshopChat.list(request)
        case .deleteConversation: try PawnshopChat.delete(request)
        case .history: try PawnshopChat.history(request)
        case .clearHistory: try PawnshopChat.clearHistory(request)
        case .activities: try PawnshopActivities.list(request)
        case .activityStatistics: try PawnshopActivities.statistics(request)
        case .activitiesOfUser: try PawnshopActivities.ofUser(request)
        case .activity: try PawnshopActivities.one(request)
        case .cleanUpActivities: try PawnshopActivities.cleanUp(request)
        case .deleteActivities: try PawnshopActivities.delete(request)
        case .metrics: try PawnshopMetrics.summary(request)
        case .metricsOfAPI: try PawnshopMetrics.api(request)
        case .recentRequests: try PawnshopMetrics.recent(request)
        case .performance: try PawnshopMetrics.performance(request)
        case .systemHealth: try PawnshopMetrics.health(request)
        case .resetMetrics: try PawnshopMetrics.reset(request)
        case .logout, .session, .me, .health, .detailedHealth: break
        }
    }
}

/// A request of one of those routes, from a bearer of the tenant.
struct PawnshopRequest: Sendable {
    let routed: RoutedRequest
    let parameters: PathParameters
    let envelope: PawnshopEnvelope
    let principal: Principal

    var query: HTTPQuery { routed.request.query }

    func refuse(_ fault: Fault) { envelope.refuse(PawnshopRefusal(fault)) }

    /// The store did not answer.
    func refuse(_ failure: StoreFailure) {
        envelope.refuse(
            PawnshopRefusal(
                .serviceUnavailable, "DATABASE_ERROR", "Service temporarily unavailable", "The store is unavailable",
                retryAfterSeconds: 1))
    }
}

extension RoutedRequest {
    /// The bearer, if it is one of that tenant's.
    func admit(_ principal: Principal, of tenant: String) throws(Fault) -> Principal {
        let admitted = try admit(principal)
        guard admitted.tenant == tenant else { throw Fault(.forbidden, "the token is another tenant's") }
        return admitted
    }
}
