import JSON
import Ports
import Primitives
import TestSupport
import Testing

@testable import Gateway

@Suite("Pawn Shop's activity log, metrics and health")
struct PawnshopAdministrationTests {
    private let shop: PawnshopWorld

    init() throws { shop = try PawnshopWorld { $0.isDevelopment = true } }

    // MARK: Activity log

    @Test(
        "The log as the document shows it, at each of its addresses",
        arguments: ["/activity-logs", "/api/v1/activity/logs"])
    func activities(path: String) throws {
        shop.answerAlways("ค่ะ")
        let id = try shop.converse("x")
        #expect(try shop.ask("POST", "/api/auth/logout", "done", token: try shop.token("8")).status == 200)
        let all = try shop.administer("GET", path + "?limit=1", "activities")
        #expect(all.message == "Activity logs retrieved successfully")
        #expect(all.data["stats"]?["totalItems"] == 2 && all.data["stats"]?["hasNextPage"] == true)
        let newest = all.data["items"]?[0]
        #expect(newest?["activity"] == "LOGOUT" && newest?["userId"] == 8 && newest?["ipAddress"] == "127.0.0.1")
        let second = try shop.administer("GET", path + "?limit=1&page=2", "activities").data["items"]?[0]
        #expect(second?["action"] == "CREATE" && second?["entityType"] == "Conversation")
        #expect(second?["entityId"]?.string == id && second?["details"] == [:])
        #expect(second?["user"] == ["id": 7, "fullName": .null, "email": .null])
        let number = try #require(second?["id"]?.integer)
        let one = try shop.administer("GET", path + "/\(number)", "activity-answer")
        #expect(one.data["activityLog"] == second)
        for missing in ["999", "0", "-1", "x"] {
            #expect(try shop.administer("GET", path + "/" + missing, nil).status == 404)
        }
        let statistics = try shop.administer("GET", path + "/stats", "activity-statistics")
        #expect(statistics.data["totalActivities"] == 2 && statistics.data["uniqueUsers"] == 2)
        #expect(statistics.data["byActivity"]?.array?.count == 2)
    }

    @Test("Filters by every name that the document has for them")
    func filters() throws {
        let path = "/api/v1/activity-logs?"
        let day = try #require(Timestamp(rfc3339: "2026-11-01T00:00:00+07:00"))
        func query(_ text: String) throws -> ActivityQuery {
            #expect(try shop.administer("GET", path + text, "activities").status == 200)
            return try #require(shop.world.activities.queries.last)
        }
        for names in [("startDate", "endDate"), ("dateFrom", "dateTo")] {
            let asked = try query("\(names.0)=2026-11-01&\(names.1)=2026-11-01&page=2&limit=20")
            #expect(asked.from == day && asked.until == day.advanced(by: .seconds(86_400)))
            #expect(asked.page == 2 && asked.size == 20 && asked.tenant == "pawnshop")
        }
        #expect(try query("userId=7&activity=LOGOUT&entityType=Token&search=x").subject == "7")
        let last = try #require(shop.world.activities.queries.last)
        #expect(last.activity == "LOGOUT" && last.entityType == "Token" && last.text == "x")
        #expect(try query("action=CREATE&tableName=Conversation").activity == "CREATE")
        #expect(try query("success=true").activity == nil)
        let count = shop.world.activities.queries.count
        let failed = try shop.administer("GET", path + "success=false", "activities")
        #expect(failed.data["items"] == [] && shop.world.activities.queries.count == count)
        for wrong in [
            "startDate=2026-13-01", "endDate=2026-02-30", "dateFrom=1", "success=maybe", "limit=0", "page=-1",
        ] {
            let answer = try shop.administer("GET", path + wrong, nil)
            #expect(answer.status == 400 && answer.fields == [String(wrong.prefix { $0 != "=" })])
        }
    }

    @Test("For administrators who may; a person sees what they did themselves")
    func rights() throws {
        let some: [(String, JSONObject)] = [
            ("staff", PawnshopWorld.everything), ("admin", ["permissions": ["READ:ActivityLog"]]),
            ("admin", ["menuPermissions": ["Log"]]), ("customer", [:]),
        ]
        for (role, claims) in some {
            let token = try shop.token("5", role: role, claims)
            for path in ["/activity-logs", "/activity-logs/stats", "/activity-logs/1"] {
                #expect(try shop.ask("GET", path, nil, token: token).status == 403)
            }
            #expect(try shop.ask("DELETE", "/activity-logs/cleanup", nil, token: token).status == 403)
            #expect(try shop.ask("GET", "/activity-logs/user/5", "activities", token: token).status == 200)
            let other = try shop.ask("GET", "/activity-logs/user/6", "activities", token: token)
            #expect(other.status == (role == "admin" ? 200 : 403))
        }
        let reader: JSONObject = ["menuPermissions": ["Log"], "permissions": ["READ:ActivityLog"]]
        let token = try shop.token("5", role: "admin", reader)
        #expect(try shop.ask("GET", "/activity-logs", "activities", token: token).status == 200)
        let deletion = try shop.ask("DELETE", "/activity-logs?olderThan=30", nil, token: token)
        #expect(deletion.status == 403 && deletion.code == "INSUFFICIENT_PERMISSIONS")
        let service = try shop.token("backend", role: "service", [:])
        #expect(try shop.ask("GET", "/activity-logs", "activities", token: service).status == 200)
    }

    @Test("A clean-up forgets what is older, and is written down")
    func cleanUp() throws {
        let old = shop.world.time.wallClock
        shop.world.store.record(ActivityRow(subject: "7", activity: .logout, entity: nil, at: old))
        shop.world.time.advance(by: .seconds(91 * 86_400))
        let done = try shop.administer("DELETE", "/activity-logs/cleanup", "activity-cleanup")
        #expect(done.data == ["deletedCount": 1, "days": 90])
        #expect(shop.world.store.activities.map(\.activity) == [.cleanUp])
        #expect(shop.world.store.activities.first?.details["days"] == 90)
        _ = try shop.administer("DELETE", "/api/v1/activity/logs/cleanup?days=1", "activity-cleanup")
        _ = try shop.administer("DELETE", "/activity-logs?olderThan=30", "activity-cleanup")
        let asked = shop.world.activities.cleanedUp.map { shop.world.time.wallClock.seconds - $0.seconds }
        #expect(asked == [90, 1, 30].map { $0 * 86_400 })
        for wrong in ["0", "x", "3651", "-5"] {
            #expect(try shop.administer("DELETE", "/activity-logs/cleanup?days=" + wrong, nil).fields == ["days"])
        }
    }

    @Test("A store that does not answer is 503")
    func unavailable() throws {
        shop.world.activities.failure = .unavailable
        for (method, path) in [("GET", ""), ("GET", "/1"), ("GET", "/stats"), ("DELETE", "/cleanup")] {
            let answer = try shop.administer(method, "/activity-logs" + path, nil)
            #expect(answer.status == 503 && answer.code == "DATABASE_ERROR" && answer.raw["Retry-After"] == "1")
        }
    }

    // MARK: Metrics

    @Test("What the tenant's routes were asked, whatever the answer, and nobody else's")
    func metrics() throws {
        _ = try shop.world.ask("GET", "/t/jeco/api/v1/chat/conversations")
        _ = try shop.world.ask("GET", "/health")
        let path = "/api/v1/chat/conversations"
        for _ in 0..<3 { _ = try shop.ask("GET", path, "conversations") }
        _ = try shop.ask("GET", path, nil, token: "")
        _ = try shop.ask("DELETE", path + "/conv_none", nil)
        let summary = try shop.administer("GET", "/api/metrics", "metrics")
        #expect(summary.message == "API metrics retrieved successfully")
        #expect(summary.data["totalRequests"] == 5 && summary.data["requestsToday"] == 5)
        #expect(summary.data["errorRate"]?.double == 0)
        #expect(summary.data["popularEndpoints"]?[0]?["endpoint"]?.string == "GET " + path)
        #expect(summary.data["popularEndpoints"]?[0]?["count"] == 4)
        let api = try shop.administer("GET", "/api/metrics/api", "metrics-api")
        #expect(api.data["api"]?["statusCodes"] == ["200": 4, "401": 1, "404": 1])
        #expect(api.data["api"]?["endpoints"]?["DELETE \(path)/:conversationId"] == 1)
        let memory = api.data["system"]?["memoryUsage"]
        #expect(
            memory?["used"]?.double == 128 && memory?["total"]?.double == 512 && memory?["percentage"]?.double == 25)
        #expect(api.data["environment"] == "development")
        let recent = try shop.administer("GET", "/api/metrics/requests?limit=2", "requests")
        #expect(recent.data.array?.count == 2 && recent.data[0]?["endpoint"] == "/api/metrics/api")
        #expect(try shop.administer("GET", "/api/metrics/requests?limit=201", nil).fields == ["limit"])
        let performance = try shop.administer("GET", "/api/metrics/performance", "performance")
        #expect(performance.data["responseTimes"]?["requests"]?.integer == 9)
        shop.world.time.advance(by: .seconds(86_400))
        let tomorrow = try shop.administer("GET", "/api/metrics", "metrics")
        #expect(tomorrow.data["requestsToday"] == 0 && tomorrow.data["totalRequests"] == 10)
    }

    @Test("Metrics are for administrators with the menu; only a development server forgets them")
    func metricRights() throws {
        let paths = ["", "/api", "/requests", "/performance", "/health"]
        for path in paths {
            #expect(try shop.administer("GET", "/api/metrics" + path, nil).status == 200)
            let staff = try shop.token("5", ["menuPermissions": ["Metrics"]])
            #expect(try shop.ask("GET", "/api/metrics" + path, nil, token: staff).status == 403)
            let closed = try shop.token("5", role: "admin", ["menuPermissions": ["Chat"]])
            #expect(try shop.ask("GET", "/api/metrics" + path, nil, token: closed).code == "MENU_ACCESS_DENIED")
        }
        for path in ["/api/metrics", "/api/metrics/reset"] {
            #expect(try shop.administer("DELETE", path, "done").status == 200)
            // The request that asked for it is counted already anew.
            #expect(try shop.administer("GET", "/api/metrics", "metrics").data["totalRequests"] == 1)
            let production = try PawnshopWorld()
            #expect(try production.administer("DELETE", path, nil).status == 403)
        }
    }

    @Test("The meter keeps the newest, and percentiles of them")
    func meter() {
        let time = VirtualTime()
        let meter = RequestMeter(time)
        for index in 1...1_500 {
            meter.record("GET", "/x", status: index % 10 == 0 ? 500 : 200, after: .milliseconds(index))
        }
        let reading = meter.reading
        #expect(reading.total == 1_500 && reading.failures == 150 && reading.errorRate == 0.1)
        #expect(reading.recent.count == 200 && reading.recent.first?.duration == .milliseconds(1_500))
        #expect(reading.recent.last?.duration == .milliseconds(1_301))
        #expect(reading.times.count == 1_000 && reading.percentile(0.5) == .milliseconds(1_001))
        #expect(reading.percentile(0.99) == .milliseconds(1_491) && reading.average == .microseconds(750_500))
        meter.reset()
        #expect(meter.reading.total == 0 && meter.reading.percentile(0.5) == nil)
    }

    // MARK: Health

    @Test("Health without a token: what is true of the database and the models, nothing of what is not ours")
    func health() throws {
        let checks = [("database", "ok"), ("providers", "ok")].map { (name: $0.0, state: $0.1) }
        shop.world.readiness.all.append(ReadinessReport(isReady: true, checks: checks))
        shop.world.time.advance(by: .seconds(61))
        let well = try shop.ask("GET", "/api/health", "health", token: "")
        #expect(well.status == 200 && well.message == "System health check completed")
        #expect(well.data["status"] == "healthy" && well.data["uptime"] == 61)
        #expect(well.data["services"]?["database"]?["status"] == "healthy")
        #expect(well.data["services"]?["externalAPIs"]?["goldPriceAPI"] == .null)
        #expect(well.data["system"] == nil)
        let detailed = try shop.ask("GET", "/api/health/detailed", "health", token: "")
        #expect(detailed.data["system"]?["uptime"] == 61)
        let without = [("database", "ok"), ("providers", "unavailable")].map { (name: $0.0, state: $0.1) }
        shop.world.readiness.all.append(ReadinessReport(isReady: true, checks: without))
        #expect(try shop.ask("GET", "/api/health", "health", token: "").data["status"] == "degraded")
        shop.world.readiness.all.append(ReadinessReport(isReady: false, checks: [("database", "unavailable")]))
        let ill = try shop.ask("GET", "/api/health", nil, token: "")
        #expect(ill.status == 503 && ill.code == "DATABASE_ERROR" && ill.raw["Retry-After"] == "1")
    }
}
