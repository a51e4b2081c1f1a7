import Authentication
import Domain
import HTTPClient
import JSON
import Ports
import Primitives
import Testing

@testable import PushMessaging

@Suite("Firebase Cloud Messaging")
struct FirebaseMessagingTests {
    private static let now = Timestamp(seconds: 1_795_230_000)
    private static let token = FirebaseMessaging.AccessToken(secret: Secret("ya29.t"), freshUntil: now)
    /// Signs nothing here.
    private static func firebase() throws -> FirebaseMessaging {
        FirebaseMessaging(
            FirebaseMessaging.Configuration(
                project: "demo-shop", clientEmail: "sala@demo-shop.iam.gserviceaccount.com", keyID: "k1",
                privateKey: try .hs256(Secret(String(repeating: "s", count: 32)))))
    }

    private static func message(
        _ platform: PushPlatform, body: String = "มีข้อความใหม่ 1 ข้อความ", data: JSONObject = ["type": "order"],
        isUrgent: Bool = false
    ) -> PushMessage {
        PushMessage(
            token: "dEvIcEtOkEn", platform: platform, title: "ร้านตัวอย่าง", body: body, data: data,
            collapse: "n_1", badge: 3, isUrgent: isUrgent)
    }

    private func response(_ status: Int, _ body: String, _ fields: [(String, String)] = []) -> HTTPResponse {
        HTTPResponse(
            head: HTTPResponseHead(
                status: status, fields: fields.map { HTTPResponseHead.Field(name: $0.0, value: $0.1) }),
            body: Array(body.utf8))
    }

    private func error(_ status: Int, _ name: String, _ code: String? = nil, message: String = "") -> String {
        let details =
            code.map {
                #","details":[{"@type":"type.googleapis.com/google.rpc.BadRequest"},{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"\#($0)"}]"#
            } ?? ""
        return #"{"error":{"code":\#(status),"message":"\#(message)","status":"\#(name)"\#(details)}}"#
    }

    @Test("the access token is asked for with a signed assertion (RFC 7523)")
    func assertion() throws {
        let request = try Self.firebase().tokenRequest(at: Self.now)
        #expect(request.url == "https://oauth2.googleapis.com/token" && request.method == .post)
        let form = String(decoding: request.body, as: UTF8.self)
        let prefix = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="
        #expect(form.hasPrefix(prefix))
        let parts = form.dropFirst(prefix.count).split(separator: ".")
        try #require(parts.count == 3)
        let claims = try JSONParser.parse(try #require(Base64.decodeURLSafe(parts[1].utf8)))
        #expect(claims["iss"]?.string == "sala@demo-shop.iam.gserviceaccount.com")
        #expect(claims["scope"]?.string == "https://www.googleapis.com/auth/firebase.messaging")
        #expect(claims["aud"]?.string == "https://oauth2.googleapis.com/token")
        #expect(claims["iat"]?.integer == 1_795_230_000 && claims["exp"]?.integer == 1_795_233_600)
        let header = try JSONParser.parse(try #require(Base64.decodeURLSafe(parts[0].utf8)))
        #expect(header["kid"]?.string == "k1")
    }

    @Test("an access token is used until five minutes before its end")
    func tokens() throws {
        let firebase = try Self.firebase()
        let good = response(200, #"{"access_token":"ya29.x","expires_in":3599,"token_type":"Bearer"}"#)
        let token = try #require(firebase.accessToken(good, at: Self.now))
        #expect(token.freshUntil == Self.now.advanced(by: .seconds(3_299)))
        for (status, body) in [(400, #"{"error":"invalid_grant"}"#), (200, "{}"), (200, "<html>"), (200, "")] {
            #expect(firebase.accessToken(response(status, body), at: Self.now) == nil)
        }
    }

    @Test("a push has one target, texts as data, and the collapse id of each platform")
    func payloads() throws {
        let firebase = try Self.firebase()
        let request = firebase.send(Self.message(.android, isUrgent: true), with: Self.token, at: Self.now)
        #expect(request.url == "https://fcm.googleapis.com/v1/projects/demo-shop/messages:send")
        #expect(request.headers.contains { $0.name == "Authorization" && $0.value == "Bearer ya29.t" })
        let android = try JSONParser.parse(request.body)["message"]
        #expect(android?["token"]?.string == "dEvIcEtOkEn" && android?["data"]?["type"]?.string == "order")
        #expect(android?["notification"]?["title"]?.string == "ร้านตัวอย่าง")
        #expect(android?["android"]?["collapse_key"]?.string == "n_1")
        #expect(android?["android"]?["priority"]?.string == "high")
        let ios = try JSONParser.parse(FirebaseMessaging.payload(Self.message(.ios), at: Self.now))["message"]
        #expect(ios?["apns"]?["headers"]?["apns-collapse-id"]?.string == "n_1")
        #expect(ios?["apns"]?["payload"]?["aps"]?["badge"]?.integer == 3 && ios?["android"] == nil)
        let web = try JSONParser.parse(FirebaseMessaging.payload(Self.message(.web), at: Self.now))["message"]
        #expect(web?["webpush"]?["headers"]?["TTL"]?.string == "86400")
    }

    @Test("names that the service keeps for itself are left out, and so is what is no text")
    func data() throws {
        let data: JSONObject = [
            "from": "x", "message_type": "x", "google.a": "x", "gcm.b": "x", "session": "order/1", "count": 3,
        ]
        let body = FirebaseMessaging.payload(Self.message(.android, data: data), at: Self.now)
        #expect(try JSONParser.parse(body)["message"]?["data"] == ["session": "order/1"])
    }

    @Test("a message that is too long loses the end of its text, then its data", arguments: PushPlatform.allCases)
    func size(platform: PushPlatform) throws {
        let long = String(repeating: "ก", count: 500)
        let wide: JSONObject = [
            "type": "order", "notification": "n_1", "session": "order/1",
            "x": .string(String(repeating: "a", count: 900)),
        ]
        let message = PushMessage(
            token: String(repeating: "t", count: 1_500), platform: platform,
            title: String(repeating: "ข", count: 120), body: long, data: wide, collapse: "n_1", badge: 1,
            isUrgent: false)
        let body = FirebaseMessaging.payload(message, at: Self.now)
        #expect(body.count <= 4_096)
        let json = try JSONParser.parse(body)["message"]
        #expect(json?["notification"]?["body"]?.string?.hasSuffix("…") == true)
        #expect(json?["data"]?["session"]?.string == "order/1")
    }

    @Test("what the answers mean")
    func answers() throws {
        let firebase = try Self.firebase()
        func answer(_ status: Int, _ body: String, _ fields: [(String, String)] = []) -> FirebaseMessaging.Answer {
            firebase.answer(response(status, body, fields))
        }
        #expect(answer(200, #"{"name":"projects/demo-shop/messages/0:1"}"#) == .settled(.accepted))
        #expect(answer(404, error(404, "NOT_FOUND", "UNREGISTERED")) == .settled(.unregistered))
        #expect(answer(403, error(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH")) == .settled(.unregistered))
        let invalid = "The registration token is not a valid FCM registration token"
        #expect(
            answer(400, error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", message: invalid)) == .settled(.unregistered)
        )
        #expect(
            answer(400, error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", message: "bad data")) == .settled(.refused))
        #expect(answer(401, error(401, "UNAUTHENTICATED")) == .unauthenticated)
        #expect(answer(401, "") == .unauthenticated)
        #expect(answer(401, error(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR")) == .settled(.refused))
        #expect(
            answer(429, error(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), [("retry-after", "7")])
                == .settled(.unavailable(retryAfter: .seconds(7))))
        #expect(
            answer(429, error(429, "RESOURCE_EXHAUSTED")) == .settled(.unavailable(retryAfter: .seconds(60))))
        #expect(answer(503, error(503, "UNAVAILABLE", "UNAVAILABLE")) == .settled(.unavailable(retryAfter: nil)))
        #expect(answer(500, "<html>") == .settled(.unavailable(retryAfter: nil)))
        #expect(answer(403, error(403, "PERMISSION_DENIED")) == .settled(.refused))
        // A 404 of a wrong project is no word about the device.
        #expect(answer(404, error(404, "NOT_FOUND")) == .settled(.refused))
    }

    @Test("a service account that is none is not taken")
    func accounts() {
        #expect(FirebaseMessaging.Configuration(serviceAccount: ["project_id": "p"]) == nil)
        #expect(
            FirebaseMessaging.Configuration(
                serviceAccount: ["project_id": "p", "client_email": "a@b", "private_key": "none"]) == nil)
    }
}
