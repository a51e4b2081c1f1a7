import Domain
import JSON
import Ports
import Primitives
import TestSupport
import Testing

@testable import Gateway

/// Orders and bookings as the platforms' front ends read them, from rows that a test says are stored.
@Suite("Façades of orders")
struct OrderFacadeTests {
    private let world: GatewayWorld

    init() throws { world = try GatewayWorld { $0.enforcesRates = false } }

    private struct Answer {
        let raw: TestAnswer
        let json: JSONValue
        var status: Int { raw.status }
        var body: JSONValue { json["body"] ?? .null }
        var data: JSONValue { json["data"] ?? .null }
        /// BaanFoodie's, TrustTrade's, or the number of JECO's.
        var code: String {
            json["code"]?.string ?? json["error"]?["code"]?.string ?? json["error"]?["code"]?.integer.map(String.init)
                ?? ""
        }
    }

    /// - Parameter schema: of an answer that is no refusal.
    private func ask(
        _ method: String = "GET", _ path: String, _ schema: String, _ body: String = "", tenant: String,
        as subject: String, role: String
    ) throws -> Answer {
        let token = try world.token(subject: subject, role: role, tenant: tenant)
        let raw = try world.ask(method, "/t/\(tenant)" + path, ["Authorization: Bearer " + token], body: body)
        let answer = Answer(raw: raw, json: try JSONParser.parse(raw.body))
        let isRefusal = answer.status >= 300 || tenant == "baanfoodie" && answer.code != "OK"
        let refusal = ["baanfoodie": "foodie.refusal", "jeco": "jeco.error", "trusttrade": "trade.error"][tenant] ?? ""
        #expect(
            try JSONSchema.violations(
                of: answer.json, (isRefusal ? refusal : schema) + ".schema.json", isClosed: tenant == "baanfoodie")
                == [])
        if !isRefusal { #expect(raw["Cache-Control"] == "no-store, no-transform") }
        return answer
    }

    private func row(
        _ id: String, of customer: String = "u_1", provider: String? = nil, _ status: String, display: String? = nil,
        payment: String? = nil, branch: String? = nil, state: JSONValue = [:]
    ) -> OrderRow {
        let at = world.time.wallClock
        return OrderRow(
            id: id, customer: customer, provider: provider, rider: "r_1", lifecycle: "baanfoodie", status: status,
            displayStatus: display ?? status, payment: payment, branch: branch, state: state.bytes, createdAt: at,
            updatedAt: at.advanced(by: .seconds(5)), offset: 3)
    }

    // MARK: BaanFoodie

    private func foodie(
        _ path: String, _ schema: String = "order-answer", _ body: JSONValue? = nil, method: String = "GET",
        as subject: String = "u_1", role: String = "customer"
    ) throws -> Answer {
        let text = body.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
        return try ask(
            method, "/api" + path, "foodie." + schema, text, tenant: "baanfoodie", as: subject, role: role)
    }

    private static let state: JSONValue = [
        "details": ["items": [["menuId": 7]], "branchLocation": ["lat": 1]],
        "destination": ["lat": 13.7, "lng": 100.5],
        "branch": ["lat": 13.8, "lng": 100.6],
    ]

    /// The transaction 981 of the customer u_1.
    private func transaction() throws {
        let branch: JSONValue = ["company_id": 3, "name": "สาขาสยาม", "payment_id": "0812345678"]
        #expect(try foodie("/branches/12", "branch-answer", branch, method: "PUT", role: "service").code == "OK")
        let order: JSONValue = [
            "companyId": 3, "branchId": 12, "txnType": "deposit", "methodId": 1, "amount": "345.25",
        ]
        let made = try foodie("/transaction/create", "transaction-answer", order, method: "POST")
        #expect(made.body["id"] == 981)
    }

    @Test("BaanFoodie: a list has the rows of the document, numbers as numbers, the bearer's own alone")
    func foodieList() throws {
        world.orderRows.rows["baanfoodie"] = [
            row("441", "PENDING", display: "EXPIRED", payment: "981", branch: "12", state: Self.state),
            row("o-2", "COMPLETED"), row("9", of: "u_2", "PENDING"),
        ]
        let all = try foodie("/order/list", "orders-answer")
        #expect(all.body["pagination"] == ["page": 1, "size": 2, "total": 2])
        let first = all.body["orders"]?[0]
        #expect(first?["id"] == 441 && first?["branch_id"] == 12 && first?["txn_id"] == 981)
        #expect(first?["status"] == "PENDING" && first?["displayStatus"] == "EXPIRED")
        #expect(
            first?["order_details"]
                == [
                    "items": [["menuId": 7]], "branchLocation": ["lat": 1],
                    "customerLocation": ["lat": 13.7, "lng": 100.5],
                ], "the platform's own names are kept")
        let second = all.body["orders"]?[1]
        #expect(second?["id"] == "o-2" && second?["branch_id"]?.isNull == true && second?["txn_id"]?.isNull == true)
        let page = try foodie("/order/list?page=2&size=1", "orders-answer")
        #expect(page.body["orders"]?.array?.count == 1 && page.body["orders"]?[0]?["id"] == "o-2")
        #expect(page.body["pagination"] == ["page": 2, "size": 1, "total": 2])
        #expect(world.orderRows.queries.last == OrderQuery(.customer("u_1"), page: 2, size: 1))
        for wrong in ["page=0", "page=x", "size=0", "size=101", "size="] {
            #expect(try foodie("/order/list?" + wrong, "orders-answer").code == "BAD_REQUEST", "\(wrong)")
        }
        #expect(try foodie("/order/list", "orders-answer", as: "u_9").body["pagination"]?["total"] == 0)
    }

    @Test("BaanFoodie: an order comes with the transaction that pays it, for its customer and the platform alone")
    func foodieDetails() throws {
        try transaction()
        world.orderRows.rows["baanfoodie"] = [
            row("441", "PENDING", payment: "981"), row("442", "PENDING"), row("443", "PENDING", payment: "no such"),
            row("444", of: "u_2", "PENDING", payment: "981"),
        ]
        let order = try foodie("/order/details?orderId=441")
        #expect(order.body["id"] == 441 && order.body["txn"]?["id"] == 981 && order.body["slipMeta"]?.isNull == true)
        #expect(order.body["txnDisplayStatus"] == "PENDING")
        for id in ["442", "443"] {
            let order = try foodie("/order/details?orderId=" + id)
            #expect(order.body["txn"]?.isNull == true && order.body["txnDisplayStatus"]?.isNull == true)
        }
        #expect(try foodie("/order/details?orderId=444", as: "u_2").body["txn"]?.isNull == true, "another's payment")
        #expect(try foodie("/order/details?orderId=444").code == "NOT_FOUND")
        #expect(try foodie("/order/details?orderId=a%20b").status == 404)
        #expect(try foodie("/order/details?orderId=444", as: "r_1", role: "rider").code == "NOT_FOUND")
        #expect(try foodie("/order/details?orderId=441", as: "s", role: "staff").body["txn"]?["id"] == 981)
        #expect(try foodie("/order/details").code == "BAD_REQUEST")
    }

    @Test("BaanFoodie: the order of a transaction, and a transaction with its order")
    func foodieOfTransaction() throws {
        try transaction()
        #expect(try foodie("/order/by-transaction?txnId=981").body.isNull)
        #expect(try foodie("/transaction/details?txnId=981", "details-answer").body["order"]?.isNull == true)
        world.orderRows.rows["baanfoodie"] = [
            row("442", "PREPARE", payment: "981"), row("441", "PENDING", payment: "981"),
        ]
        let newest = try foodie("/order/by-transaction?txnId=981")
        #expect(newest.body["id"] == 442 && newest.body["txn"]?["id"] == 981)
        let details = try foodie("/transaction/details?txnId=981", "details-answer")
        #expect(details.body["order"]?["id"] == 442 && details.body["order"]?["txn"] == nil)
        for unknown in ["5", "a%20b"] {
            let answer = try foodie("/order/by-transaction?txnId=" + unknown)
            #expect(answer.status == 200 && answer.code == "TRANSACTION_NOT_FOUND" && answer.body.isNull)
        }
        #expect(try foodie("/order/by-transaction?txnId=981", as: "u_2").code == "TRANSACTION_NOT_FOUND")
        #expect(try foodie("/order/by-transaction").code == "BAD_REQUEST")
        world.orderRows.rows["baanfoodie"] = [row("443", of: "u_2", "PENDING", payment: "981")]
        #expect(try foodie("/order/by-transaction?txnId=981").body.isNull, "another's order on one's payment")
    }

    @Test("BaanFoodie: a store that does not answer is 500")
    func foodieStore() throws {
        try transaction()
        world.orderRows.failure = .unavailable
        for path in [
            "/order/list", "/order/details?orderId=441", "/order/by-transaction?txnId=981",
            "/transaction/details?txnId=981",
        ] {
            let answer = try foodie(path)
            #expect(
                answer.status == 500 && answer.code == "INTERNAL_ERROR" && answer.raw["Retry-After"] == "1", "\(path)")
        }
    }

    // MARK: JECO

    private func jeco(_ path: String, _ schema: String, as subject: String = "u_1", role: String = "customer") throws
        -> Answer
    {
        try ask("GET", "/api/v1/orders" + path, "jeco." + schema, tenant: "jeco", as: subject, role: role)
    }

    @Test("JECO: a customer's own orders in pages, with what the platform gave beside")
    func jecoOrders() throws {
        world.orderRows.rows["jeco"] =
            [
                row(
                    "order_xyz", "shipped",
                    state: [
                        "number": "ORD-1", "display": ["label": ["th": "ส่งแล้ว", "en": "On its way"]],
                        "details": ["total": 32_565, "orderId": "not ours"],
                        "history": [["status": "pending", "at": "2026-11-21T10:00:00+07:00"]],
                        "steps": [["status": "pending"]], "rider": ["name": "สมชาย"],
                    ])
            ] + (1...4).map { row("o\($0)", "pending") } + [row("foreign", of: "u_2", "pending")]
        let first = try jeco("?limit=2", "orders")
        #expect(first.data["items"]?.array?.map { $0["orderId"]?.string } == ["order_xyz", "o1"])
        #expect(first.data["items"]?[0]?["total"] == 32_565 && first.data["items"]?[0]?["orderNumber"] == "ORD-1")
        #expect(first.data["pagination"] == ["nextCursor": "2", "hasMore": true, "total": 5])
        let last = try jeco("?limit=2&cursor=3", "orders")
        #expect(last.data["items"]?.array?.map { $0["orderId"]?.string } == ["o4"])
        #expect(last.data["pagination"] == ["nextCursor": nil, "hasMore": false, "total": 5])
        #expect(try jeco("?limit=2&page=3", "orders").data == last.data)
        #expect(try jeco("", "orders").data["items"]?.array?.count == 5)
        for (wrong, code) in [("limit=51", "2400"), ("limit=0", "2400"), ("cursor=x", "2304"), ("page=0", "2304")] {
            #expect(try jeco("?" + wrong, "orders").code == code, "\(wrong)")
        }
        let one = try jeco("/order_xyz", "order")
        #expect(one.data["status"] == "shipped" && one.data["label"]?["en"] == "On its way")
        #expect(one.data["history"]?.array?.count == 1 && one.data["rider"]?["name"] == "สมชาย")
        #expect(one.data["destination"]?.isNull == true && one.data["orderId"] == "order_xyz")
        #expect(try jeco("/foreign", "order").status == 404)
        #expect(try jeco("/order_xyz", "order", as: "s", role: "staff").status == 404, "the customer's own only")
        #expect(try jeco("/none", "order").code == "2301")
        world.orderRows.failure = .unavailable
        for path in ["", "/order_xyz"] { #expect(try jeco(path, "order").status == 503) }
    }

    // MARK: TrustTrade

    private func trade(
        _ path: String, _ schema: String = "booking", _ body: String = "", method: String = "GET",
        as subject: String = "u_1", role: String = "customer"
    ) throws -> Answer {
        try ask(method, path, "trade." + schema, body, tenant: "trusttrade", as: subject, role: role)
    }

    @Test("TrustTrade: bookings of who booked and of who was booked, in pages")
    func bookings() throws {
        world.orderRows.rows["trusttrade"] = [
            row("b3", of: "p_1", "pending"), row("b2", provider: "p_1", "accepted"),
            row("b1", provider: "p_2", "pending"),
        ]
        func ids(_ query: String, as subject: String, role: String = "customer") throws -> [String?]? {
            try trade("/bookings" + query, "bookings", as: subject, role: role).data.array?.map { $0["id"]?.string }
        }
        #expect(try ids("", as: "u_1") == ["b2", "b1"])
        #expect(try ids("?status=pending", as: "u_1") == ["b1"])
        #expect(try ids("", as: "p_1", role: "provider") == ["b2"])
        #expect(try ids("?consumerId=p_1", as: "p_1", role: "provider") == ["b3"])
        #expect(try ids("?providerId=p_1", as: "p_1") == ["b2"])
        #expect(try ids("?providerId=p_2", as: "s", role: "staff") == ["b1"])
        #expect(try ids("?consumerId=u_1", as: "s", role: "service") == ["b2", "b1"])
        let page = try trade("/v1/bookings?page=2&limit=1", "bookings")
        #expect(page.json["pagination"]?["totalPages"] == 2 && page.json["pagination"]?["hasPrev"] == true)
        #expect(page.json["pagination"]?["hasNext"] == false && page.data[0]?["id"] == "b1")
        for wrong in ["page=0", "limit=101", "status=open"] {
            #expect(try trade("/bookings?" + wrong, "bookings").code == "VALIDATION_ERROR", "\(wrong)")
        }
        for wrong in ["", "?consumerId=u_1&providerId=p_1"] {
            #expect(try trade("/bookings" + wrong, "bookings", as: "s", role: "staff").code == "VALIDATION_ERROR")
        }
        for foreign in ["consumerId=u_2", "providerId=p_1"] {
            #expect(try trade("/bookings?" + foreign, "bookings").code == "FORBIDDEN")
        }
        world.orderRows.failure = .unavailable
        #expect(try trade("/bookings", "bookings").code == "SERVICE_UNAVAILABLE")
    }

    @Test("TrustTrade: one booking, for both sides and the platform's own")
    func booking() throws {
        world.orderRows.rows["trusttrade"] = [
            row(
                "b1", provider: "p_1", "cancelled", payment: "txn_1",
                state: [
                    "details": ["title": "Cleaning"], "destination": ["address": "Makati"],
                    "cancellation": ["reason": "ill"],
                    "history": [["status": "pending", "at": "2026-11-21T10:00:00+07:00"]],
                ])
        ]
        let booking = try trade("/bookings/b1")
        #expect(booking.data["title"] == "Cleaning" && booking.data["location"] == "Makati")
        #expect(booking.data["cancellationReason"] == "ill" && booking.data["transactionId"] == "txn_1")
        #expect(booking.data["history"]?.array?.count == 1)
        #expect(try trade("/bookings/b1", as: "p_1", role: "provider").data == booking.data)
        #expect(try trade("/bookings/b1", as: "s", role: "admin").data == booking.data)
        for (subject, role) in [("u_2", "customer"), ("p_2", "provider"), ("r_1", "rider")] {
            let refused = try trade("/bookings/b1", as: subject, role: role)
            #expect(refused.status == 403 && refused.code == "FORBIDDEN")
        }
        #expect(try trade("/bookings/none").code == "NOT_FOUND" && trade("/bookings/a%20b").status == 404)
    }

    @Test("TrustTrade: a transition's words are checked before the session is asked", arguments: ["accept", "cancel"])
    func words(change: String) throws {
        for body in [#"{"note":""}"#, #"{"reason":7}"#, #"{"note":"\#(String(repeating: "x", count: 501))"}"#] {
            let refused = try trade("/bookings/b1/" + change, "booking", body, method: "PUT")
            #expect(refused.status == 400 && refused.code == "VALIDATION_ERROR")
            #expect(refused.json["error"]?["details"]?.array?.count == 1)
        }
        #expect(try trade("/bookings/b1/" + change, "booking", "[]", method: "PUT").status == 400)
        #expect(try trade("/bookings/a%20b/" + change, method: "PUT").code == "NOT_FOUND")
        #expect(try trade("/bookings/none/" + change, method: "PUT").code == "NOT_FOUND", "no such session")
    }

    private func book(_ id: String) throws {
        let token = try world.token(subject: "back", role: "service", tenant: "trusttrade")
        let made = try world.ask(
            "PUT", "/v1/sessions/order/" + id, ["Authorization: Bearer " + token],
            body: #"{"customer":"u_1","provider":"p_1","lifecycle":"trusttrade","details":{"title":"Cleaning"}}"#)
        #expect(made.status == 201)
    }

    private func change(
        _ id: String, _ change: String, _ body: String = "", as subject: String = "p_1", role: String = "provider"
    ) throws -> Answer {
        try trade("/bookings/\(id)/" + change, "booking", body, method: "PUT", as: subject, role: role)
    }

    @Test("TrustTrade: a transition is the session's to decide, and its answer is the booking after it")
    func transitions() throws {
        try book("b1")
        let early = try change("b1", "complete")
        #expect(early.status == 409 && early.code == "INVALID_STATE", "nobody accepted it yet")
        let taken = try change("b1", "accept", as: "u_1", role: "customer")
        #expect(taken.status == 403 && taken.code == "FORBIDDEN", "a customer accepts nothing")
        #expect(try change("b1", "accept", as: "p_2").code == "FORBIDDEN")
        let accepted = try change("b1", "accept", #"{"note":"see you"}"#)
        #expect(accepted.status == 200 && accepted.data["status"] == "accepted" && accepted.data["title"] == "Cleaning")
        #expect(accepted.data["history"]?.array?.last?["note"] == "see you")
        #expect(accepted.data["history"]?.array?.last?["subject"] == nil, "who it was is the platform's to know")
        #expect(try change("b1", "accept").code == "INVALID_STATE" && change("b1", "reject").code == "INVALID_STATE")
        #expect(try change("b1", "complete").data["status"] == "completed")
        #expect(try change("b1", "cancel", as: "u_1", role: "customer").code == "INVALID_STATE")

        try book("b2")
        #expect(try change("b2", "reject", #"{"reason":"ill"}"#).data["status"] == "rejected")
        try book("b3")
        let cancelled = try change("b3", "cancel", as: "u_1", role: "customer")
        #expect(cancelled.data["status"] == "cancelled" && cancelled.data["cancellationReason"] == "no reason given")
        let log = world.store.records[SessionAddress(tenant: "trusttrade", kind: .order, id: "b3")]?.log.map(\.name)
        #expect(log == ["status.changed", "order.cancelled"])
    }

    @Test("TrustTrade: the same key is the same transition")
    func key() throws {
        try book("b1")
        let token = try world.token(subject: "p_1", role: "provider", tenant: "trusttrade")
        for _ in 0..<2 {
            let answer = try world.ask(
                "PUT", "/t/trusttrade/bookings/b1/accept",
                ["Authorization: Bearer " + token, "Idempotency-Key: k1"])
            #expect(answer.status == 200)
        }
        let log = world.store.records[SessionAddress(tenant: "trusttrade", kind: .order, id: "b1")]?.log
        #expect(log?.count == 1)
    }

    // MARK: Who

    @Test("Every route wants a token of its tenant, and other tenants have no such route")
    func rights() throws {
        for (tenant, paths) in [
            ("baanfoodie", ["/api/order/list", "/api/order/details", "/api/order/by-transaction"]),
            ("jeco", ["/api/v1/orders", "/api/v1/orders/x"]), ("trusttrade", ["/bookings", "/v1/bookings/x"]),
        ] {
            for path in paths {
                #expect(try world.ask("GET", "/t/\(tenant)" + path).status == 401, "\(path)")
                let foreign = ["Authorization: Bearer " + (try world.token(role: "service", tenant: "company_b"))]
                #expect(try world.ask("GET", "/t/\(tenant)" + path, foreign).status == 403, "\(path)")
                #expect(try world.ask("GET", "/t/company_b" + path, foreign).status == 404, "\(path)")
            }
        }
    }
}
