import Domain
import JSON
import Ports
import Primitives
import Reactor
import TestSupport
import Testing

@testable import Gateway

@Suite("Pawn Shop's chat")
struct PawnshopChatTests {
    private let shop: PawnshopWorld

    init() throws { shop = try PawnshopWorld() }

    private static let chat = "/api/v1/chat"
    private static let question = #"{"message":"ช่วยอธิบายเรื่องการจำนำทองคำหน่อยครับ"}"#

    @Test("An answer as JSON, in the document's form; the next message goes on with the conversation")
    func json() throws {
        shop.answerAlways("สวัสดีค่ะ ", "จำนำทองได้ค่ะ")
        let first = try shop.ask("POST", Self.chat, "chat-answer", Self.question)
        #expect(first.status == 200 && first.message == "Chat response generated successfully")
        #expect(first.data["response"] == "สวัสดีค่ะ จำนำทองได้ค่ะ" && first.data["isComplete"] == true)
        let id = try #require(first.data["conversationId"]?.string)
        let next = try shop.ask(
            "POST", "/api/chat", "chat-answer", #"{"message":"ดอกเบี้ยเท่าไร","conversationId":"\#(id)"}"#)
        #expect(next.data["conversationId"]?.string == id)
        #expect(shop.world.model.calls.last?.request.turns.count == 3, "the model sees what was said before")
    }

    @Test("The shop's assistant answers, not JECO's advisor: nothing of a person's finances is asked for or kept")
    func persona() throws {
        shop.answerAlways("ค่ะ")
        let id = try shop.converse("รายได้ผม 45,000 บาทต่อเดือน ค่าใช้จ่าย 20,000 บาทต่อเดือน อยากเก็บเงินดาวน์บ้าน")
        let asked = try #require(shop.world.model.calls.last?.request)
        #expect(asked.system.contains("pawn shops") && !asked.system.contains("JECO") && asked.tools.isEmpty)
        let address = SessionAddress(tenant: "pawnshop", kind: .conversation, id: id)
        let names = shop.world.store.records[address]?.log.map(\.name)
        #expect(names == ["message.created", "reply.started", "reply.completed"])
    }

    @Test("An answer as plain text, in chunks, whole whatever was said before anybody listened")
    func text() throws {
        shop.answerAlways("สวัสดีค่ะ ", "จำนำทอง", "ได้ค่ะ 🙏")
        let answer = try shop.ask("POST", Self.chat + "/send", nil, Self.question)
        #expect(answer.status == 200 && answer.raw["Content-Type"] == "text/plain; charset=utf-8")
        #expect(answer.raw["Transfer-Encoding"] == "chunked")
        #expect(answer.raw["X-Conversation-ID"]?.hasPrefix("conv_") == true)
        #expect(Self.unchunked(answer.raw.body) == "สวัสดีค่ะ จำนำทองได้ค่ะ 🙏")
    }

    @Test(
        "What the client asks for by name counts more than the route",
        arguments: [
            ("/chat", "text/plain", "text/plain; charset=utf-8"), ("/chat", "*/*", "application/json"),
            ("/chat/send", "application/json, text/plain, */*", "application/json"),
            ("/chat/send", "*/*", "text/plain; charset=utf-8"),
        ])
    func negotiation(path: String, accept: String, type: String) throws {
        shop.answerAlways("ค่ะ")
        let answer = try shop.ask("POST", "/api/v1" + path, nil, Self.question, fields: ["Accept: " + accept])
        #expect(answer.raw["Content-Type"] == type)
    }

    @Test("An answer that breaks off: JSON says so, plain text never looks whole")
    func broken() throws {
        shop.world.model.called = { [loop = shop.world.loop] call in
            loop.afterwards {
                call.say("สวัสดี")
                call.fail()
            }
        }
        let json = try shop.ask("POST", Self.chat, "chat-answer", Self.question)
        #expect(json.data["isComplete"] == false && json.data["response"] == "สวัสดี")
        let text = try shop.ask("POST", Self.chat + "/send", nil, Self.question)
        #expect(text.status == 200 && Self.unchunked(text.raw.body) == nil, "there is no last chunk")
    }

    @Test(
        "A model that does not answer is refused in the envelope, in either form", arguments: ["/chat", "/chat/send"])
    func unavailable(path: String) throws {
        shop.world.model.called = { [loop = shop.world.loop] call in loop.afterwards { call.fail() } }
        let answer = try shop.ask("POST", "/api/v1" + path, nil, Self.question)
        #expect(answer.status == 502 && answer.message == "Chat service temporarily unavailable")
        #expect(answer.code == "EXTERNAL_API_ERROR")
    }

    @Test(
        "What is wrong with a message",
        arguments: [
            ("{}", "REQUIRED_FIELD_MISSING", ["message"]), (#"{"message":""}"#, "VALIDATION_ERROR", ["message"]),
            (#"{"message":7}"#, "VALIDATION_ERROR", ["message"]),
            (#"{"message":"x","conversationId":"a b"}"#, "VALIDATION_ERROR", ["conversationId"]),
            (#"{"message":"x","conversationId":5}"#, "VALIDATION_ERROR", ["conversationId"]),
            ("[]", "VALIDATION_ERROR", []), ("nonsense", "VALIDATION_ERROR", []),
        ])
    func refusals(body: String, code: String, fields: [String]) throws {
        let answer = try shop.ask("POST", Self.chat, nil, body)
        #expect(answer.status == 400 && answer.code == code && answer.fields == fields)
        #expect(answer.body["error"]?["details"]?[fields.first ?? "none"]?.string != nil || fields.isEmpty)
    }

    @Test("Only who may open the menu, and only the tenant's")
    func rights() throws {
        shop.answerAlways("ค่ะ")
        let routes = [
            ("POST", Self.chat, Self.question), ("POST", Self.chat + "/send", Self.question),
            ("GET", Self.chat + "/conversations", ""), ("DELETE", Self.chat + "/conversations/conv_1", ""),
            ("GET", Self.chat + "/history?conversationId=c", ""),
            ("DELETE", Self.chat + "/history?conversationId=c", ""),
        ]
        let stranger = try shop.world.token(tenant: "jeco", more: ["menuPermissions": ["Chat"]])
        for (method, path, body) in routes {
            let closed = try shop.ask(method, path, nil, body, token: try shop.token("8", ["menuPermissions": ["Log"]]))
            #expect(closed.status == 403 && closed.code == "MENU_ACCESS_DENIED")
            let nobody = try shop.ask(method, path, nil, body, token: "")
            #expect(nobody.status == 401 && nobody.message == "Access denied: No token provided")
            #expect(nobody.raw["WWW-Authenticate"] != nil)
            let other = try shop.ask(method, path, nil, body, token: stranger)
            #expect(other.status == 403 && other.code == "INSUFFICIENT_PERMISSIONS")
            let wrong = try shop.ask(method, path, nil, body, token: "abc.def.ghi")
            #expect(wrong.status == 401 && wrong.code == "INVALID_CREDENTIALS")
        }
        let shown: JSONObject = ["menuPermissions": [["id": 1, "name": "Chat"]]]
        let named = try shop.ask(
            "GET", Self.chat + "/conversations", "conversations", token: try shop.token("9", shown))
        #expect(named.status == 200, "the document shows menus as objects, too")
        #expect(try shop.world.ask("POST", "/t/jeco/api/v1/chat").status == 404, "another tenant has no such route")
    }

    @Test("A person's own conversations, counted, searched, page by page")
    func list() throws {
        shop.answerAlways("ค่ะ")
        var ids: [String] = []
        for index in 0..<5 {
            ids.append(try shop.converse("คำถามที่ \(index)" + (index == 3 ? " เรื่องทองคำแท่ง" : "")))
            shop.world.advance(.seconds(1))
        }
        let others = try shop.token("8")
        _ = try shop.converse("ของคนอื่น", others)
        let first = try shop.ask("GET", Self.chat + "/conversations?page=1&limit=2", "conversations")
        #expect(first.message == "Conversations retrieved successfully")
        #expect((first.data["items"]?.array ?? []).compactMap { $0["id"]?.string } == [ids[4], ids[3]])
        #expect(
            first.data["stats"]
                == [
                    "totalItems": 5, "totalPages": 3, "currentPage": 1, "itemsPerPage": 2, "hasNextPage": true,
                    "hasPreviousPage": false,
                ])
        let line = first.data["items"]?[0]
        #expect(line?["title"] == "คำถามที่ 4" && line?["lastMessage"] == "ค่ะ" && line?["messageCount"] == 2)
        let last = try shop.ask("GET", Self.chat + "/conversations?page=3&limit=2", "conversations")
        #expect((last.data["items"]?.array ?? []).compactMap { $0["id"]?.string } == [ids[0]])
        #expect(last.data["stats"]?["hasNextPage"] == false && last.data["stats"]?["hasPreviousPage"] == true)
        let found = try shop.ask(
            "GET", Self.chat + "/conversations?search=%E0%B8%97%E0%B8%AD%E0%B8%87", "conversations")
        #expect((found.data["items"]?.array ?? []).compactMap { $0["id"]?.string } == [ids[3]])
        let behind = try shop.ask("GET", Self.chat + "/conversations?page=9&limit=2", "conversations")
        #expect(behind.data["items"] == [] && behind.data["stats"]?["totalItems"] == 5)
        for wrong in ["page=0", "page=x", "limit=0", "limit=101", "page=1000001"] {
            let answer = try shop.ask("GET", Self.chat + "/conversations?" + wrong, nil)
            #expect(answer.status == 400 && answer.fields == [String(wrong.prefix { $0 != "=" })])
        }
    }

    @Test("A conversation's history, the oldest first, for its owner alone")
    func history() throws {
        shop.answerAlways("คำตอบ")
        let id = try shop.converse("คำถาม")
        _ = try shop.ask("POST", Self.chat, "chat-answer", #"{"message":"อีกข้อ","conversationId":"\#(id)"}"#)
        let all = try shop.ask("GET", "/chat/history?conversationId=\(id)", "history")
        #expect(all.message == "Chat history retrieved successfully" && all.data["totalMessages"] == 4)
        #expect(all.body["pagination"] == ["page": 1, "limit": 20, "total": 4, "totalPages": 1])
        let said = (all.data["messages"]?.array ?? []).map { [$0["role"]?.string, $0["content"]?.string] }
        #expect(said == [["user", "คำถาม"], ["assistant", "คำตอบ"], ["user", "อีกข้อ"], ["assistant", "คำตอบ"]])
        let second = try shop.ask("GET", "/api/chat/history?conversationId=\(id)&page=2&limit=3", "history")
        #expect((second.data["messages"]?.array ?? []).count == 1 && second.body["pagination"]?["totalPages"] == 2)
        #expect(try shop.ask("GET", "/chat/history", nil).code == "REQUIRED_FIELD_MISSING")
        #expect(try shop.ask("GET", "/chat/history?conversationId=conv_none", nil).status == 404)
        // Not even for who serves the tenant.
        let other = try shop.ask(
            "GET", "/chat/history?conversationId=\(id)", nil, token: try shop.token("8", role: "admin"))
        #expect(other.status == 403)
    }

    @Test("A conversation that is deleted is gone; its line in the activity log stays, without what was said")
    func deleting() throws {
        shop.answerAlways("ความลับ")
        let (one, two) = (try shop.converse("รหัสลับ 1234"), try shop.converse("อีกเรื่อง"))
        let other = try shop.ask("DELETE", Self.chat + "/conversations/\(one)", nil, token: try shop.token("8"))
        #expect(other.status == 403)
        let gone = try shop.ask("DELETE", Self.chat + "/conversations/\(one)", "done")
        #expect(gone.status == 200 && gone.message == "Conversation deleted successfully")
        #expect(try shop.ask("DELETE", Self.chat + "/conversations/\(one)", nil).status == 404)
        let cleared = try shop.ask("DELETE", "/chat/history?conversationId=\(two)", "done")
        #expect(cleared.message == "Chat history cleared successfully")
        #expect(try shop.ask("GET", Self.chat + "/conversations", "conversations").data["items"] == [])
        let log = shop.world.store.activities
        #expect(log.map(\.activity.name) == ["CHAT_MESSAGE", "CHAT_MESSAGE", "CHAT_DELETE", "CHAT_DELETE"])
        #expect(log.map(\.entity) == [one, two, one, two] && log.allSatisfy { $0.subject == "7" })
        for row in log { #expect(!"\(row)".contains("ลับ")) }
    }

    @Test("On the tenant's own host names without the prefix, with the document's folders and without")
    func hosts() throws {
        let shop = try PawnshopWorld { $0.tenantHosts = ["h": "pawnshop"] }
        shop.answerAlways("ค่ะ")
        let bearer = ["Authorization: Bearer " + (try shop.token())]
        for path in ["/api/v1/chat", "/api/chat", "/chat", "/t/pawnshop/chat"] {
            #expect(
                try shop.read(shop.world.ask("POST", path, bearer, body: Self.question), "chat-answer").status == 200)
        }
        #expect(
            try shop.read(shop.world.ask("GET", "/api/v1/chat/conversations", bearer), "conversations").status == 200)
        #expect(try shop.read(shop.world.ask("GET", "/auth/me", bearer), "me").status == 200)
        #expect(try shop.read(shop.world.ask("GET", "/api/health"), "health").status == 200)
    }

    /// What the chunks say; nil when the last one is missing.
    private static func unchunked(_ bytes: [UInt8]) -> String? {
        var rest = bytes[...]
        var content: [UInt8] = []
        while let end = rest.firstIndex(of: 0x0D) {
            guard let length = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16) else { return nil }
            let start = end + 2
            guard length > 0 else { return String(decoding: content, as: UTF8.self) }
            guard rest.endIndex >= start + length + 2 else { return nil }
            content += rest[start..<start + length]
            rest = rest[(start + length + 2)...]
        }
        return nil
    }
}
