import Domain
import JSON
import Ports
import Primitives
import Sessions
import TestSupport
import Testing

@testable import Gateway

/// AI TrustTrade's chats, from the platform's document: §7.1's routes, §4.3's fields, §7.2's envelope.
@Suite("TrustTrade's chats")
struct TradeChatTests {
    private struct Answer {
        let status: Int
        let body: JSONValue
        var data: JSONValue { body["data"] ?? .null }
        var code: String? { body["error"]?["code"]?.string }
        var fields: [String] { body["error"]?["details"]?.array?.compactMap { $0["field"]?.string } ?? [] }
    }

    private let world: GatewayWorld

    init() throws { world = try GatewayWorld() }

    private func ask(
        _ method: String, _ path: String, _ body: String = "", as subject: String = "u_1", role: String = "customer",
        schema: String? = nil, fields: [String] = []
    ) throws -> Answer {
        let token = try world.token(subject: subject, role: role, tenant: "trusttrade")
        let answer = try world.ask(
            method, "/t/trusttrade/v1" + path, ["Authorization: Bearer " + token] + fields, body: body)
        let json = try JSONParser.parse(answer.body)
        let form = answer.status < 300 ? schema : "trade.error"
        if let form { #expect(try JSONSchema.violations(of: json, form + ".schema.json") == []) }
        #expect(json["success"]?.bool == (answer.status < 300) && json["meta"]?["timestamp"]?.string != nil)
        return Answer(status: answer.status, body: json)
    }

    private func book(_ id: String = "b-1", provider: String? = "p_1") {
        let now = world.time.wallClock
        world.orderRows.rows["trusttrade", default: []].append(
            OrderRow(
                id: id, customer: "u_1", provider: provider, rider: nil, lifecycle: "trusttrade-booking",
                status: "accepted", displayStatus: "accepted", payment: nil, branch: nil, state: Array("{}".utf8),
                createdAt: now, updatedAt: now, offset: 1))
    }

    private func open(_ id: String = "b-1") throws {
        book(id)
        #expect(try ask("POST", "/chats", #"{"bookingId":"\#(id)"}"#).status == 201)
    }

    @discardableResult
    private func send(_ text: String, as subject: String = "u_1", to chat: String = "b-1") throws -> JSONValue {
        let role = subject.hasPrefix("p") ? "provider" : "customer"
        let sent = try ask(
            "POST", "/chats/\(chat)/messages", #"{"content":"\#(text)"}"#, as: subject, role: role,
            schema: "trade.message")
        #expect(sent.status == 201)
        return sent.data
    }

    // MARK: Opening

    @Test("A booking's chat is opened by either side, once")
    func opening() throws {
        book()
        let made = try ask("POST", "/chats", #"{"bookingId":"b-1"}"#, schema: "trade.chat")
        #expect(made.status == 201)
        #expect(made.data["id"]?.string == "b-1" && made.data["bookingId"]?.string == "b-1")
        #expect(
            made.data["participants"] == [
                ["userId": "u_1", "role": "consumer"], ["userId": "p_1", "role": "provider"],
            ])
        #expect(made.data["lastMessage"] == .null && made.data["unreadCount"] == ["consumerId": 0, "providerId": 0])
        let again = try ask(
            "POST", "/chats", #"{"bookingId":"b-1"}"#, as: "p_1", role: "provider", schema: "trade.chat")
        #expect(again.status == 200 && again.data["createdAt"] == made.data["createdAt"])
    }

    @Test("Not by others, not without a provider, not for no booking")
    func refusedOpening() throws {
        book()
        book("b-2", provider: nil)
        #expect(try ask("POST", "/chats", #"{"bookingId":"b-1"}"#, as: "u_9").code == "FORBIDDEN")
        let early = try ask("POST", "/chats", #"{"bookingId":"b-2"}"#)
        #expect(early.status == 409 && early.code == "INVALID_STATE")
        let none = try ask("POST", "/chats", #"{"bookingId":"b-9"}"#)
        #expect(none.status == 404 && none.code == "NOT_FOUND")
        let empty = try ask("POST", "/chats", "{}")
        #expect(empty.status == 400 && empty.code == "VALIDATION_ERROR" && empty.fields == ["bookingId"])
        let named = try ask("POST", "/chats", #"{"bookingId":"b-1","consumerId":"u_1","providerId":"p_1"}"#)
        #expect(named.code == "FORBIDDEN")
        let half = try ask("POST", "/chats", #"{"bookingId":"b 1","consumerId":"u_1"}"#, role: "service")
        #expect(half.fields == ["bookingId", "providerId"])
        #expect(try ask("POST", "/chats", "[]").code == "VALIDATION_ERROR")
        world.orderRows.failure = .unavailable
        let away = try ask("POST", "/chats", #"{"bookingId":"b-1"}"#)
        #expect(away.status == 503 && away.code == "SERVICE_UNAVAILABLE")
    }

    @Test("The platform names both for a booking of its own; other names for it later are refused")
    func openedByPlatform() throws {
        let body = #"{"bookingId":"x-1","consumerId":"u_1","providerId":"p_1"}"#
        #expect(try ask("POST", "/chats", body, role: "service", schema: "trade.chat").status == 201)
        let other = #"{"bookingId":"x-1","consumerId":"u_2","providerId":"p_1"}"#
        #expect(try ask("POST", "/chats", other, role: "service").code == "INVALID_STATE")
        let same = #"{"bookingId":"x-2","consumerId":"u_2","providerId":"u_2"}"#
        #expect(try ask("POST", "/chats", same, role: "service").fields == ["providerId"])
    }

    // MARK: Reading

    @Test("A chat is for its two and for the platform; one with the advisor is none")
    func reading() throws {
        try open()
        for (subject, role) in [("u_1", "customer"), ("p_1", "provider"), ("s_1", "staff")] {
            #expect(try ask("GET", "/chats/b-1", as: subject, role: role, schema: "trade.chat").status == 200)
        }
        #expect(try ask("GET", "/chats/b-1", as: "u_9").code == "FORBIDDEN")
        #expect(try ask("GET", "/chats/b-9").code == "NOT_FOUND")
        #expect(try ask("GET", "/chats/a%20b").code == "NOT_FOUND")
        let advised = SessionAddress(tenant: "trusttrade", kind: .conversation, id: "c_1")
        world.services.withRegistry(of: advised) {
            $0.create(advised, .conversation(ConversationFacts(owner: "u_1"))) { _ in }
        }
        world.settle()
        #expect(try ask("GET", "/chats/c_1").code == "NOT_FOUND")
        #expect(try ask("GET", "/chats/c_1/messages").code == "NOT_FOUND")
    }

    @Test("The list: newest activity first, with what was said last and what is unread, paged")
    func listing() throws {
        for id in ["b-1", "b-2", "b-3"] { try open(id) }
        world.time.advance(by: .seconds(1))
        try send("one", to: "b-2")
        world.time.advance(by: .seconds(1))
        try send("two", as: "p_1", to: "b-1")
        let first = try ask("GET", "/chats?limit=2", schema: "trade.chats")
        #expect(first.data.array?.compactMap { $0["id"]?.string } == ["b-1", "b-2"])
        #expect(
            first.body["pagination"] == [
                "page": 1, "limit": 2, "total": 3, "totalPages": 2, "hasNext": true, "hasPrev": false,
            ])
        let newest = try #require(first.data.array?.first)
        #expect(newest["lastMessage"]?["senderId"]?.string == "p_1" && newest["lastMessage"]?["text"]?.string == "two")
        #expect(newest["unreadCount"] == ["consumerId": 1, "providerId": 0])
        let rest = try ask("GET", "/chats?limit=2&page=2", schema: "trade.chats")
        #expect(rest.data.array?.compactMap { $0["id"]?.string } == ["b-3"])
        #expect(try ask("GET", "/chats?page=7").data == [])
        #expect(try ask("GET", "/chats", as: "u_9").data == [])
    }

    @Test("Whose list it is; pages that are none")
    func listRights() throws {
        #expect(try ask("GET", "/chats?userId=u_2").code == "FORBIDDEN")
        #expect(try ask("GET", "/chats", as: "s_1", role: "staff").fields == ["userId"])
        #expect(try ask("GET", "/chats?userId=u_1", as: "s_1", role: "staff", schema: "trade.chats").status == 200)
        #expect(try ask("GET", "/chats?page=0&limit=101").fields == ["page", "limit"])
        world.directory.failure = .unavailable
        #expect(try ask("GET", "/chats").status == 503)
    }

    // MARK: Messages

    @Test("A message, its answer, and both read back newest first")
    func messages() throws {
        try open()
        let sent = try send("สวัสดีครับ ว่างวันไหน")
        #expect(sent["senderId"]?.string == "u_1" && sent["messageType"]?.string == "text")
        #expect(sent["content"]?.string == "สวัสดีครับ ว่างวันไหน" && sent["chatRoomId"]?.string == "b-1")
        #expect(sent["isRead"]?.bool == false && sent["readAt"] == .null && sent["fileUrl"] == .null)
        try send("Monday", as: "p_1")
        let listed = try ask("GET", "/chats/b-1/messages?limit=1", schema: "trade.messages")
        #expect(listed.data.array?.compactMap { $0["content"]?.string } == ["Monday"])
        #expect(listed.body["pagination"]?["total"]?.integer == 2)
        #expect(try ask("GET", "/chats/b-1/messages", as: "u_9").code == "FORBIDDEN")
        #expect(try ask("GET", "/chats/b-1/messages?limit=x").fields == ["limit"])
    }

    @Test("A picture")
    func picture() throws {
        try open()
        let body = """
            {"messageType":"image","fileUrl":"https://f.example/1.jpg","fileName":"1.jpg","fileType":"image/jpeg","fileSize":48211}
            """
        let sent = try ask("POST", "/chats/b-1/messages", body, schema: "trade.message")
        #expect(sent.status == 201 && sent.data["messageType"]?.string == "image" && sent.data["content"]?.string == "")
        #expect(sent.data["fileUrl"]?.string == "https://f.example/1.jpg" && sent.data["fileSize"]?.integer == 48_211)
        let listed = try ask("GET", "/chats/b-1/messages", schema: "trade.messages").data.array
        #expect(listed == [sent.data])
        let chat = try ask("GET", "/chats/b-1", schema: "trade.chat").data
        #expect(chat["lastMessage"]?["messageType"]?.string == "image")
    }

    @Test(
        "What is wrong with a message is said field by field",
        arguments: [
            ("{}", ["content"]), (#"{"content":""}"#, ["content"]), (#"{"content":"  "}"#, ["content"]),
            (#"{"content":7}"#, ["content"]), (#"{"messageType":"video","content":"x"}"#, ["messageType"]),
            (#"{"messageType":"file"}"#, ["fileUrl", "fileName", "fileType", "fileSize"]),
            (
                #"{"messageType":"file","fileUrl":"http://f.example/1","fileName":"1","fileType":"a/b","fileSize":1}"#,
                ["file"]
            ),
            (
                #"{"messageType":"image","fileUrl":"https://f.example/1","fileName":"1","fileType":"a/b","fileSize":1}"#,
                ["file"]
            ),
        ])
    func wrongMessage(body: String, fields: [String]) throws {
        try open()
        let refused = try ask("POST", "/chats/b-1/messages", body)
        #expect(refused.status == 400 && refused.code == "VALIDATION_ERROR" && refused.fields == fields)
    }

    @Test("The same key is the same message; a stranger sends none")
    func sending() throws {
        try open()
        let key = ["Idempotency-Key: k-1"]
        let one = try ask("POST", "/chats/b-1/messages", #"{"content":"x"}"#, fields: key)
        let two = try ask("POST", "/chats/b-1/messages", #"{"content":"x"}"#, fields: key)
        #expect(one.data["id"] == two.data["id"] && two.status == 201)
        let other = try ask("POST", "/chats/b-1/messages", #"{"content":"y"}"#, fields: key)
        #expect(other.code == "IDEMPOTENCY_KEY_REUSED")
        #expect(try ask("GET", "/chats/b-1/messages").body["pagination"]?["total"]?.integer == 1)
        #expect(try ask("POST", "/chats/b-1/messages", #"{"content":"x"}"#, as: "u_9").code == "FORBIDDEN")
        #expect(
            try ask("POST", "/chats/b-9/messages", #"{"content":"x"}"#, as: "p_1", role: "provider").code == "NOT_FOUND"
        )
    }

    // MARK: Read state

    @Test("Reading: all, or up to a message; the other sees it")
    func marking() throws {
        try open()
        let first = try send("one")
        world.time.advance(by: .seconds(2))
        try send("two")
        let part = try ask(
            "PUT", "/chats/b-1/read", #"{"messageId":"\#(first["id"]?.string ?? "")"}"#, as: "p_1", role: "provider",
            schema: "trade.chat")
        #expect(part.status == 200 && part.data["unreadCount"] == ["consumerId": 0, "providerId": 1])
        let seen = try ask("GET", "/chats/b-1/messages").data.array ?? []
        #expect(seen.map { $0["isRead"]?.bool } == [false, true])
        #expect(seen.last?["readAt"]?.string == world.time.wallClock.rfc3339 && seen.first?["readAt"] == .null)
        let all = try ask("PUT", "/chats/b-1/read", as: "p_1", role: "provider", schema: "trade.chat")
        #expect(all.data["unreadCount"] == ["consumerId": 0, "providerId": 0])
        #expect(try ask("PUT", "/chats/b-1/read", #"{"messageId":"m_9"}"#).fields == ["messageId"])
        #expect(try ask("PUT", "/chats/b-1/read", as: "u_9").code == "FORBIDDEN")
    }

    @Test("Nothing to read is read")
    func nothing() throws {
        try open()
        #expect(try ask("PUT", "/chats/b-1/read", schema: "trade.chat").status == 200)
    }
}
