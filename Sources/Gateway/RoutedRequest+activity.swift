internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Primitives
internal import Reactor
internal import Transport

extension RoutedRequest {
    /// The line of the activity log that says that the bearer did this; nil where the tenant has no such log.
    func activity(
        _ activity: Activity, by principal: Principal, of entity: String?, _ details: JSONObject = [:]
    ) -> ActivityRow? {
        guard gateway.configuration.activityTenants.contains(principal.tenant) else { return nil }
        let agent = request.headers.first("User-Agent").map {
            String(decoding: $0.utf8.prefix(ActivityRow.maxUserAgentBytes), as: UTF8.self)
        }
        var details = details
        details["role"] = .string(principal.role.rawValue)
        return ActivityRow(
            subject: principal.subject, activity: activity, entity: entity, details: details,
            address: exchange.peerAddress, userAgent: agent, at: exchange.loop.time.wallClock)
    }
}
