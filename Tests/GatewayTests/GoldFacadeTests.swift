import Authentication
import Domain
import JSON
import Ports
import Primitives
import Reactor
import Sessions
import TestSupport
import Testing
import Transport

@testable import Gateway

@Suite("Pawn Shop's gold price")
struct GoldFacadeTests {
    private static let base = "/t/pawnshop/api/v1"
    private static let address = SessionAddress(tenant: "pawnshop", kind: .feed, id: "gold")

    private struct Answer {
        let status: Int
        let body: JSONValue
        var data: JSONValue { body["data"] ?? .null }
        var code: String? { body["error"]?["code"]?.string }
    }

    private func token(
        _ world: GatewayWorld, role: String, menus: [String]? = nil, permissions: [String]? = nil,
        tenant: String = "pawnshop"
    ) throws -> String {
        let now = world.time.wallClock.seconds
        var claims: JSONObject = [
            "iss": "test", "aud": "sala", "tenant": .string(tenant), "sub": "u_1", "role": .string(role),
            "iat": .integer(now - 60), "exp": .integer(now + 3_600), "jti": "gold",
        ]
        claims["menuPermissions"] = menus.map { .array($0.map(JSONValue.string)) }
        claims["permissions"] = permissions.map { .array($0.map(JSONValue.string)) }
        return try JWTSigner(key: try .hs256(GatewayWorld.secret), keyID: "k").sign(claims).reveal()
    }

    private func ask(
        _ world: GatewayWorld, _ method: String, _ path: String, token: String? = nil, schema: String? = nil
    ) throws -> Answer {
        let token = try token ?? self.token(world, role: "admin")
        let answer = try world.ask(method, Self.base + path, ["Authorization: Bearer " + token])
        let json = try JSONParser.parse(answer.body)
        let form = answer.status < 300 ? schema : "pawnshop.error"
        if let form { #expect(try JSONSchema.violations(of: json, form + ".schema.json") == []) }
        #expect(json["success"]?.bool == (answer.status < 300))
        return Answer(status: answer.status, body: json)
    }

    /// A price that is announced at this very moment of the world.
    private func price(_ baht: Int64, _ world: GatewayWorld, buy: Int64? = nil) -> GoldAnswer {
        func satang(_ count: Int64) -> Satang { Satang(count) ?? .zero }
        return .price(
            GoldPrice(
                id: "\(baht)", round: 1, announcedAt: world.time.wallClock,
                bar: GoldPrice.Pair(buy: satang((buy ?? baht - 200) * 100), sell: satang(baht * 100)),
                ornament: GoldPrice.Pair(buy: satang(baht * 100 - 153_036), sell: satang((baht + 800) * 100)),
                change: GoldPrice.Change(previous: -5_000, day: 10_000)))
    }

    /// With a feed, and its first price.
    private func world(_ baht: Int64? = 66_400) throws -> GatewayWorld {
        let world = try GatewayWorld()
        world.enter { if let baht { world.gold.answer = price(baht, world) } }
        world.services.withRegistry(of: Self.address) { $0.create(Self.address, .feed(.gold)) { _ in } }
        world.settle()
        return world
    }

    @Test("The latest price is told as both chapters show it")
    func latest() throws {
        let world = try world()
        let latest = try ask(world, "GET", "/gold-price/latest", schema: "pawnshop.gold-latest")
        #expect(latest.status == 200 && latest.body["message"] == "Latest gold price retrieved successfully")
        #expect(latest.data["goldBarBuy"] == 66_200 && latest.data["goldBarSell"] == 66_400)
        #expect(latest.data["goldJewelryBuy"]?.double == 64_869.64 && latest.data["goldJewelrySell"] == 67_200)
        #expect(latest.data["comparePrevious"] == "-50" && latest.data["compareYesterday"] == "+100")
        #expect(latest.data["goldPrice"]?["buyPrice"] == 66_200 && latest.data["goldPrice"]?["id"] == 1)
        #expect(latest.data["goldPrice"]?["date"]?.string == BangkokClock.date(of: world.time.wallClock))
        let current = try ask(world, "GET", "/gold-price/current", schema: "pawnshop.gold-current")
        #expect(current.data["sellPrice"] == 66_400 && current.data["isActive"] == true)
    }

    @Test("Asked by hand it says what was, what is, and by how much it changed")
    func sync() throws {
        let world = try world()
        world.time.advance(by: .seconds(60))
        world.enter { world.gold.answer = price(66_550, world) }
        let changed = try ask(world, "POST", "/gold-price/sync", schema: "pawnshop.gold-sync")
        #expect(changed.status == 200)
        #expect(changed.data["previousPrice"] == ["buyPrice": 66_200, "sellPrice": 66_400])
        #expect(changed.data["currentPrice"] == ["buyPrice": 66_350, "sellPrice": 66_550])
        #expect(changed.data["change"] == ["amount": 150, "percentage": 0.23])
        let same = try ask(world, "POST", "/sync-pawn-data/gold-prices", schema: "pawnshop.gold-sync")
        #expect(same.data["previousPrice"] == same.data["currentPrice"] && same.data["change"]?["amount"] == 0)

        world.enter { world.gold.answer = price(79_680, world) }
        let held = try ask(world, "POST", "/gold-price/sync", schema: "pawnshop.gold-sync")
        #expect(held.status == 202 && held.data["heldPrice"]?["sellPrice"] == 79_680)
        #expect(held.data["currentPrice"]?["sellPrice"] == 66_550)

        for (failure, status) in [(GoldFailure.unreachable, 502), (.refused, 502), (.unreadable, 502)] {
            world.enter { world.gold.answer = .failure(failure) }
            let failed = try ask(world, "POST", "/gold-price/sync")
            #expect(failed.status == status && failed.code == "EXTERNAL_API_ERROR")
        }
    }

    @Test("Two who ask at once are told of one question")
    func joined() throws {
        let world = try world()
        world.enter { world.gold.answer = nil }
        let before = world.gold.fetches
        let token = try token(world, role: "admin")
        let clients = try (0..<2).map { _ in
            let client = try RawClient(port: world.listener.port)
            client.send(
                Array(
                    """
                    POST \(Self.base)/gold-price/sync HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\
                    Authorization: Bearer \(token)\r\nContent-Length: 0\r\n\r\n
                    """.utf8))
            return client
        }
        for _ in 0..<50 {
            for client in clients { client.poll() }
            world.enter { world.loop.turn(waitingAtMost: .milliseconds(1)) }
        }
        #expect(world.gold.fetches == before + 1)
        world.enter { world.gold.answerNow(price(66_500, world)) }
        for client in clients {
            for _ in 0..<1_000 where !client.isOver {
                client.poll()
                world.enter { world.loop.turn(waitingAtMost: .milliseconds(1)) }
            }
            #expect(String(decoding: client.received, as: UTF8.self).contains(#""sellPrice":66500"#))
        }
        #expect(world.gold.fetches == before + 1)
    }

    @Test("The history comes in pages, by days, either way round")
    func history() throws {
        let world = try world(66_000)
        for step in 1...11 {
            world.time.advance(by: .seconds(4 * 3_600))
            world.enter { world.gold.answer = price(66_000 + Int64(step) * 50, world) }
            #expect(try ask(world, "POST", "/gold-price/sync").status == 200)
        }
        let all = try ask(world, "GET", "/gold-price/history", schema: "pawnshop.gold-history")
        #expect(all.data.array?.count == 12)
        #expect(all.body["pagination"] == ["page": 1, "limit": 100, "total": 12, "totalPages": 1])
        #expect(all.data[0]?["sellPrice"] == 66_550 && all.data[0]?["priceChange"] == 50)
        #expect(all.data[0]?["percentageChange"]?.double == 0.08)
        let second = try ask(world, "GET", "/gold-price/history?page=2", schema: "pawnshop.gold-history")
        #expect(second.body["pagination"] == ["page": 2, "limit": 10, "total": 12, "totalPages": 2])
        #expect(second.data.array?.compactMap { $0["sellPrice"]?.integer } == [66_050, 66_000])
        let oldest = try ask(world, "GET", "/gold-price/history?sortOrder=asc&limit=1", schema: "pawnshop.gold-history")
        #expect(oldest.data[0]?["sellPrice"] == 66_000 && oldest.body["pagination"]?["totalPages"] == 12)
        let first = try #require(oldest.data[0]?["date"]?.string)
        for names in [("startDate", "endDate"), ("dateFrom", "dateTo")] {
            let day = try ask(
                world, "GET", "/gold-price/history?\(names.0)=\(first)&\(names.1)=\(first)",
                schema: "pawnshop.gold-history")
            let dates = (day.data.array ?? []).compactMap { $0["date"]?.string }
            #expect(!dates.isEmpty && dates.count < 12 && Set(dates) == [first])
        }
        let none = try ask(world, "GET", "/gold-price/history?endDate=2020-01-01", schema: "pawnshop.gold-history")
        #expect(none.data == [] && none.body["pagination"]?["totalPages"] == 0)
    }

    @Test(
        "What cannot be asked for is told by its name",
        arguments: [
            ("page=0", "page"), ("page=x", "page"), ("limit=0", "limit"), ("limit=501", "limit"),
            ("startDate=2026-13-01", "startDate"), ("endDate=yesterday", "endDate"), ("dateFrom=2026-1-1", "dateFrom"),
            ("startDate=2026-02-02&endDate=2026-02-01", "endDate"), ("dateFrom=2026-02-02&dateTo=2026-02-01", "dateTo"),
            ("sortOrder=up", "sortOrder"),
        ])
    func invalid(_ query: String, _ field: String) throws {
        let refused = try ask(try world(), "GET", "/gold-price/history?" + query)
        #expect(refused.status == 400 && refused.code == "VALIDATION_ERROR")
        #expect(refused.body["errors"]?[0]?["field"]?.string == field)
        #expect(refused.body["error"]?["details"]?[field]?.string != nil)
    }

    @Test("Who may do what the platform's token says")
    func rights() throws {
        let world = try world()
        let reports = ["/gold-price/latest", "/gold-price/history"]
        func status(_ method: String, _ path: String, _ token: String) throws -> (Int, String?) {
            let answer = try ask(world, method, path, token: token)
            return (answer.status, answer.code)
        }
        let customer = try token(world, role: "customer")
        let reader = try token(world, role: "customer", menus: ["Reports"], permissions: ["READ:Report"])
        let staff = try token(world, role: "staff")
        let chatter = try token(world, role: "staff", menus: ["Chat"], permissions: ["READ:Report"])
        let halfway = try token(world, role: "staff", menus: ["Reports"], permissions: ["READ:User"])
        for path in reports {
            #expect(try status("GET", path, customer) == (403, "MENU_ACCESS_DENIED"))
            #expect(try status("GET", path, reader) == (200, nil))
            #expect(try status("GET", path, staff) == (200, nil))
            #expect(try status("GET", path, chatter) == (403, "MENU_ACCESS_DENIED"))
            #expect(try status("GET", path, halfway) == (403, "INSUFFICIENT_PERMISSIONS"))
        }
        #expect(try status("GET", "/gold-price/current", customer) == (200, nil))
        for path in ["/gold-price/sync", "/sync-pawn-data/gold-prices"] {
            #expect(try status("POST", path, staff) == (403, "MENU_ACCESS_DENIED"))
            #expect(try status("POST", path, reader) == (403, "MENU_ACCESS_DENIED"))
            for menu in ["Gold Price", "Sync Data"] {
                let synchronizer = try token(world, role: "staff", menus: [menu], permissions: ["SYNC:Data"])
                #expect(try status("POST", path, synchronizer) == (200, nil))
                let looker = try token(world, role: "staff", menus: [menu])
                #expect(try status("POST", path, looker) == (403, "INSUFFICIENT_PERMISSIONS"))
            }
            #expect(try status("POST", path, try token(world, role: "service")) == (200, nil))
        }
        #expect(try status("GET", "/gold-price/current", "not.a.token").0 == 401)
        #expect(try status("GET", "/gold-price/current", try token(world, role: "admin", tenant: "jeco")).0 == 403)
    }

    @Test("Without a feed there is no price, and without a façade no route")
    func absent() throws {
        let world = try GatewayWorld()
        for path in ["latest", "current"] {
            let answer = try ask(world, "GET", "/gold-price/" + path)
            #expect(answer.status == 404 && answer.body["message"] == "No gold price available")
        }
        #expect(try ask(world, "POST", "/gold-price/sync").status == 404)
        #expect(try ask(world, "GET", "/gold-price/history").data == [])
        let elsewhere = try world.ask(
            "GET", "/t/jeco/api/v1/gold-price/latest",
            ["Authorization: Bearer " + (try token(world, role: "admin", tenant: "jeco"))])
        #expect(elsewhere.status == 404)
        // A feed that nobody has told anything yet.
        let empty = try self.world(nil)
        #expect(try ask(empty, "GET", "/gold-price/latest").status == 404)
    }

    @Test("On the tenant's own host name the routes stand without its prefix")
    func hosts() throws {
        let world = try GatewayWorld({ $0.tenantHosts = ["h": "pawnshop"] })
        world.enter { world.gold.answer = price(66_400, world) }
        world.services.withRegistry(of: Self.address) { $0.create(Self.address, .feed(.gold)) { _ in } }
        world.settle()
        let fields = ["Authorization: Bearer " + (try token(world, role: "admin"))]
        for (method, path) in [
            ("GET", "gold-price/latest"), ("POST", "gold-price/sync"), ("GET", "gold-price/history"),
        ] {
            #expect(try world.ask(method, "/api/v1/" + path, fields).status == 200, "\(path)")
        }
    }

    @Test("A feed is made by the platform; the gold price has its own id")
    func creation() throws {
        let world = try GatewayWorld()
        func put(_ id: String, _ body: String, role: String = "service") throws -> Int {
            try world.ask(
                "PUT", "/v1/sessions/feed/" + id, ["Authorization: Bearer " + (try token(world, role: role))],
                body: body
            ).status
        }
        #expect(try put("promotions", #"{"title":"โปรโมชัน","read":["customer"],"history":5}"#) == 201)
        #expect(try put("promotions", #"{"title":"โปรโมชัน","read":["customer"],"history":5}"#) == 200)
        #expect(try put("promotions", "{}") == 409)
        #expect(try put("promotions2", "{}", role: "customer") == 403)
        #expect(try put("other", #"{"source":"gold"}"#) == 400)
        #expect(try put("gold", "{}") == 400)
        #expect(try put("gold", #"{"source":"gold"}"#) == 201)
    }
}
