internal import Authentication
internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor
internal import Transport
internal import WireProtocol

/// Pawn Shop's metrics: what its own routes here were asked, and nobody else's.
enum PawnshopMetrics {
    /// Endpoints that are shown as the most asked, or the slowest.
    static let maxEndpoints = 10
    /// Of the newest requests; the document's own number when none is asked for.
    static let maxRequests = 200
    static let usualRequests = 50

    static func summary(_ request: PawnshopRequest) throws(PawnshopRefusal) {
        let reading = try reading(request).reading
        let popular = reading.endpoints.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        request.envelope.succeed(
            "API metrics retrieved successfully",
            [
                "totalRequests": .integer(reading.total), "requestsToday": .integer(reading.today),
                "averageResponseTime": milliseconds(reading.average), "errorRate": share(reading.errorRate),
                "popularEndpoints": .array(popular.prefix(maxEndpoints).map(endpoint)),
            ])
    }

    static func api(_ request: PawnshopRequest) throws(PawnshopRefusal) {
        let reading = try reading(request).reading
        var statuses = JSONObject()
        for (status, count) in reading.statuses.sorted(by: { $0.key < $1.key }) {
            statuses[String(status)] = .integer(count)
        }
        var endpoints = JSONObject()
        for (name, endpoint) in reading.endpoints.sorted(by: { $0.key < $1.key }) {
            endpoints[name] = .integer(endpoint.count)
        }
        request.envelope.succeed(
            "API metrics retrieved successfully",
            [
                "timestamp": .string(request.routed.exchange.loop.time.wallClock.rfc3339),
                "environment": .string(request.routed.environment),
                "api": [
                    "requests": [
                        "total": .integer(reading.total), "averageResponseTime": milliseconds(reading.average),
                        "errorRate": share(reading.errorRate),
                    ],
                    "statusCodes": .object(statuses), "endpoints": .object(endpoints),
                ],
                "system": request.routed.systemFigures,
            ])
    }

    static func recent(_ request: PawnshopRequest) throws(PawnshopRefusal) {
        let meter = try reading(request)
        var limit = usualRequests
        if let text = request.query["limit"], !text.isEmpty {
            guard let number = Int(text), (1...maxRequests).contains(number) else {
                throw PawnshopRefusal([
                    FieldViolation(
                        field: "limit", message: "limit must be a number from 1 to \(maxRequests)", code: .range)
                ])
            }
            limit = number
        }
        request.envelope.succeed(
            "Recent requests retrieved successfully",
            .array(
                meter.reading.recent.prefix(limit).map { recent in
                    [
                        "timestamp": .string(recent.at.rfc3339), "method": .string(recent.method),
                        "endpoint": .string(recent.endpoint), "statusCode": .integer(Int64(recent.status)),
                        "responseTime": milliseconds(recent.duration),
                    ]
                }))
    }

    static func performance(_ request: PawnshopRequest) throws(PawnshopRefusal) {
        let reading = try reading(request).reading
        let slowest = reading.endpoints.sorted { ($1.value.average, $0.key) < ($0.value.average, $1.key) }
        func percentile(_ share: Double) -> JSONValue { reading.percentile(share).map(milliseconds) ?? .null }
        request.envelope.succeed(
            "Performance metrics retrieved successfully",
            [
                "totalRequests": .integer(reading.total), "averageResponseTime": milliseconds(reading.average),
                "errorRate": share(reading.errorRate),
                "responseTimes": [
                    "requests": .integer(Int64(reading.times.count)), "p50": percentile(0.5), "p95": percentile(0.95),
                    "p99": percentile(0.99),
                ],
                "slowestEndpoints": .array(slowest.prefix(maxEndpoints).map(endpoint)),
                "system": request.routed.systemFigures,
            ])
    }

    static func health(_ request: PawnshopRequest) throws(PawnshopRefusal) {
        _ = try reading(request)
        PawnshopHealth.answerDetailed(request.routed)
    }

    /// Where the server is tried out only: elsewhere nobody may take the figures from the others.
    static func reset(_ request: PawnshopRequest) throws(PawnshopRefusal) {
        let meter = try reading(request)
        guard request.routed.gateway.configuration.isDevelopment else {
            throw PawnshopRefusal(
                .forbidden, "INSUFFICIENT_PERMISSIONS", "Insufficient permissions",
                "Metrics are reset in development only")
        }
        meter.reset()
        request.envelope.succeed("Metrics reset successfully", nil)
    }

    private static func reading(_ request: PawnshopRequest) throws(PawnshopRefusal) -> RequestMeter {
        try request.principal.requireAdmin()
        try request.principal.require(.metrics)
        guard let meter = request.routed.gateway.meters[request.principal.tenant] else {
            throw PawnshopRefusal(Fault(.unsupported, "the tenant has no metrics"))
        }
        return meter
    }

    // MARK: Forms

    private static func endpoint(_ item: (key: String, value: RequestMeter.Endpoint)) -> JSONValue {
        [
            "endpoint": .string(item.key), "count": .integer(item.value.count),
            "averageTime": milliseconds(item.value.average),
        ]
    }

    /// With one decimal.
    private static func milliseconds(_ duration: Duration) -> JSONValue {
        .double((Double(duration.wholeNanoseconds) / 100_000).rounded() / 10)
    }

    /// 0…1, with four decimals.
    private static func share(_ value: Double) -> JSONValue { .double((value * 10_000).rounded() / 10_000) }
}

extension RoutedRequest {
    /// As the document calls it.
    var environment: String { gateway.configuration.isDevelopment ? "development" : "production" }

    /// Whole seconds since the start.
    var uptimeSeconds: Int64 { exchange.loop.time.now.since(gateway.startedAt).components.seconds }

    /// Of the whole process: memory in MiB, what its threads used of one processor since the start in percent, and seconds.
    var systemFigures: JSONValue {
        let figures = services.process()
        func mebibytes(_ bytes: Int64?) -> JSONValue {
            bytes.map { .double((Double($0) / 1_048_576 * 10).rounded() / 10) } ?? .null
        }
        func percent(_ part: Double?, of whole: Double?) -> JSONValue {
            guard let part, let whole, whole > 0 else { return .null }
            return .double((part / whole * 1_000).rounded() / 10)
        }
        let uptime = uptimeSeconds
        return [
            "memoryUsage": [
                "used": mebibytes(figures.memoryBytes), "total": mebibytes(figures.machineMemoryBytes),
                "percentage": percent(
                    figures.memoryBytes.map(Double.init), of: figures.machineMemoryBytes.map(Double.init)),
            ],
            "cpuUsage": percent(figures.cpuSeconds, of: Double(uptime)), "uptime": .integer(uptime),
        ]
    }
}
