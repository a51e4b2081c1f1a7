internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor
internal import Transport
internal import WireProtocol

/// Pawn Shop's health checks, of what Sala knows: the database, and whether a language model can be asked. What the platform calls
/// besides is not ours to judge, and null.
enum PawnshopHealth {
    static let message = "System health check completed"
    /// Of the document that the answers follow.
    static let version = "1.0.0"

    static func answer(_ routed: RoutedRequest) { answer(routed, more: [:]) }

    static func answerDetailed(_ routed: RoutedRequest) { answer(routed, more: ["system": routed.systemFigures]) }

    private static func answer(_ routed: RoutedRequest, more: JSONObject) {
        let report = routed.services.readiness()
        let isReady = report.isReady && !routed.gateway.isDraining
        let now = JSONValue.string(routed.exchange.loop.time.wallClock.rfc3339)
        func service(_ name: String) -> JSONValue {
            guard let check = report.checks.first(where: { $0.name == name }) else { return .null }
            // It is watched all the time, not asked now: there is no time of an answer.
            return [
                "status": .string(check.state == "ok" ? "healthy" : "unhealthy"), "responseTime": .null,
                "lastChecked": now,
            ]
        }
        let hasModels = report.checks.first { $0.name == "providers" }.map { $0.state == "ok" } ?? true
        let status = !isReady ? "unhealthy" : hasModels ? "healthy" : "degraded"
        var data: JSONObject = [
            "status": .string(status), "timestamp": now, "uptime": .integer(routed.uptimeSeconds),
            "version": .string(version), "environment": .string(routed.environment),
            "services": [
                "database": service("database"),
                "externalAPIs": ["goldPriceAPI": .null, "pawnShopAPI": .null, "openAI": service("providers")],
            ],
            "performance": ["score": .null, "recommendations": []],
        ]
        for member in more.members { data[member.name] = member.value }
        let envelope = PawnshopEnvelope(routed)
        guard isReady else {
            return envelope.refuse(
                PawnshopRefusal(
                    .serviceUnavailable, "DATABASE_ERROR", "Service temporarily unavailable",
                    "The store is unavailable",
                    retryAfterSeconds: 1))
        }
        envelope.succeed(message, .object(data))
    }
}
