internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor
internal import Transport

/// Liveness, readiness, metrics.
enum HealthEndpoint {
    static func health(_ request: RoutedRequest) {
        request.respond(json: ["status": "ok", "time": .string(request.exchange.loop.time.wallClock.rfc3339)])
    }

    /// 503 while something that work needs is missing, or while the server drains.
    static func ready(_ request: RoutedRequest) {
        let report = request.services.readiness()
        let isReady = report.isReady && !request.gateway.isDraining
        var checks = JSONObject()
        for check in report.checks { checks[check.name] = .string(check.state) }
        let state = request.gateway.isDraining ? "draining" : isReady ? "ready" : "unavailable"
        var response = HTTPResponse(
            status: isReady ? .ok : .serviceUnavailable,
            json: JSONValue.object(["status": .string(state), "checks": .object(checks)]).bytes)
        if !isReady { response.headers.set("Retry-After", "1") }
        request.exchange.respond(response)
    }

    static func metrics(_ request: RoutedRequest) {
        var response = HTTPResponse(status: .ok, body: request.services.metricsText())
        response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        request.exchange.respond(response)
    }
}
