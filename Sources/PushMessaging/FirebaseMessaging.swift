package import Authentication
internal import Domain
package import HTTPClient
package import JSON
package import Ports
package import Primitives

/// Firebase Cloud Messaging, HTTP v1: one project's requests and what the answers mean. Pure; `FirebasePush` carries the calls.
/// (firebase.google.com/docs/cloud-messaging/send/v1-api, and the client libraries' own sources.)
package struct FirebaseMessaging: Sendable {
    package struct Configuration: Sendable {
        /// Of the service account's file: `project_id`, `client_email`, `private_key_id`, `private_key`, `token_uri`.
        package var project: String
        package var clientEmail: String
        package var keyID: String?
        package var privateKey: SigningKey
        package var tokenURL = "https://oauth2.googleapis.com/token"
        /// Without a slash at the end.
        package var baseURL = "https://fcm.googleapis.com"
        package var timeouts = HTTPTimeouts()
        package var maxAnswerBytes = 64 * 1024

        package init(project: String, clientEmail: String, keyID: String?, privateKey: SigningKey) {
            self.project = project
            self.clientEmail = clientEmail
            self.keyID = keyID
            self.privateKey = privateKey
        }

        /// Reads a service account's file; `url`, if it is there, stands for Google's own host. nil: something is missing, or the
        /// key is none.
        package init?(serviceAccount json: JSONValue) {
            guard let project = json["project_id"]?.string, let email = json["client_email"]?.string,
                let pem = json["private_key"]?.string, !project.isEmpty, !email.isEmpty,
                project.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x2F })
            else { return nil }
            do throws(KeyFailure) {
                self.init(
                    project: project, clientEmail: email, keyID: json["private_key_id"]?.string,
                    privateKey: try .rs256(pem: Secret(pem)))
            } catch {
                return nil
            }
            if let url = json["token_uri"]?.string { tokenURL = url }
            if let url = json["url"]?.string { baseURL = url.hasSuffix("/") ? String(url.dropLast()) : url }
        }
    }

    /// What opens the service for a while.
    package struct AccessToken: Sendable {
        package let secret: Secret
        /// From then on another one is asked for.
        package let freshUntil: Timestamp
    }

    /// What the service said to a push.
    package enum Answer: Sendable, Equatable {
        case settled(PushAnswer)
        /// The access token does not count any more.
        case unauthenticated
    }

    static let scope = "https://www.googleapis.com/auth/firebase.messaging"
    static let assertionLifetime: Int64 = 3_600
    /// An access token is given up so long before it ends.
    static let tokenMargin: Int64 = 300
    /// FCM's own of a message.
    static let maxPayloadBytes = 4_096
    /// What is left of a text when the message is too long.
    static let maxCutCharacters = 160
    /// How long the service tries to reach the device.
    static let timeToLive: Int64 = 86_400
    /// After QUOTA_EXCEEDED without a `Retry-After`.
    static let quotaPause = Duration.seconds(60)

    private let configuration: Configuration

    package init(_ configuration: Configuration) { self.configuration = configuration }

    // MARK: The access token (RFC 7523)

    package func tokenRequest(at now: Timestamp) throws(KeyFailure) -> HTTPClientRequest {
        let signer = JWTSigner(key: configuration.privateKey, keyID: configuration.keyID)
        let claims: JSONObject = [
            "iss": .string(configuration.clientEmail), "scope": .string(Self.scope),
            "aud": .string(configuration.tokenURL), "iat": .integer(now.seconds),
            "exp": .integer(now.seconds + Self.assertionLifetime),
        ]
        let assertion = try signer.sign(claims)
        let form = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=\(assertion.reveal())"
        return HTTPClientRequest(
            method: .post, url: configuration.tokenURL,
            headers: [("Content-Type", "application/x-www-form-urlencoded")], body: Array(form.utf8),
            timeouts: configuration.timeouts, maxBodyBytes: configuration.maxAnswerBytes)
    }

    /// nil when the answer has no token.
    package func accessToken(_ response: HTTPResponse, at now: Timestamp) -> AccessToken? {
        guard response.head.isSuccess, let json = Self.json(response.body),
            let token = json["access_token"]?.string, !token.isEmpty,
            token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        let lifetime = min(max(json["expires_in"]?.integer ?? 0, 0), 86_400)
        let fresh = max(lifetime - Self.tokenMargin, lifetime / 2)
        return AccessToken(secret: Secret(token), freshUntil: now.advanced(by: .seconds(fresh)))
    }

    // MARK: Sending

    package func send(_ message: PushMessage, with token: AccessToken, at now: Timestamp) -> HTTPClientRequest {
        HTTPClientRequest(
            method: .post, url: "\(configuration.baseURL)/v1/projects/\(configuration.project)/messages:send",
            headers: [
                ("Authorization", "Bearer \(token.secret.reveal())"), ("Content-Type", "application/json"),
            ],
            body: Self.payload(message, at: now), timeouts: configuration.timeouts,
            maxBodyBytes: configuration.maxAnswerBytes)
    }

    /// At most `maxPayloadBytes`: what is too long loses the end of its text, then what only helps to open it.
    static func payload(_ message: PushMessage, at now: Timestamp) -> [UInt8] {
        let whole = payload(message, message.body, message.data, at: now)
        guard whole.count > maxPayloadBytes else { return whole }
        let cut =
            message.body.count > maxCutCharacters ? message.body.prefix(maxCutCharacters - 1) + "…" : message.body[...]
        let shorter = payload(message, String(cut), message.data, at: now)
        guard shorter.count > maxPayloadBytes else { return shorter }
        var data = JSONObject()
        for name in ["type", "notification", "session"] { data[name] = message.data[name] }
        return payload(message, String(cut), data, at: now)
    }

    private static func payload(
        _ message: PushMessage, _ body: String, _ data: JSONObject, at now: Timestamp
    ) -> [UInt8] {
        var target: JSONObject = [
            "token": .string(message.token), "notification": ["title": .string(message.title), "body": .string(body)],
            "data": .object(allowed(data)),
        ]
        switch message.platform {
        case .android:
            target["android"] = [
                "priority": .string(message.isUrgent ? "high" : "normal"), "ttl": .string("\(timeToLive)s"),
                "collapse_key": .string(message.collapse),
                "notification": [
                    "tag": .string(message.collapse), "notification_count": .integer(Int64(message.badge)),
                ],
            ]
        case .ios:
            target["apns"] = [
                "headers": [
                    "apns-priority": "10", "apns-push-type": "alert", "apns-collapse-id": .string(message.collapse),
                    "apns-expiration": .string(String(now.seconds + timeToLive)),
                ],
                "payload": ["aps": ["sound": "default", "badge": .integer(Int64(message.badge))]],
            ]
        case .web:
            target["webpush"] = [
                "headers": [
                    "TTL": .string(String(timeToLive)), "Urgency": .string(message.isUrgent ? "high" : "normal"),
                    "Topic": .string(String(message.collapse.prefix(32))),
                ],
                "notification": ["tag": .string(message.collapse)],
            ]
        }
        return JSONValue.object(["message": .object(target)]).bytes
    }

    /// Names that the service keeps for itself are left out.
    private static func allowed(_ data: JSONObject) -> JSONObject {
        var allowed = JSONObject()
        for member in data.members {
            let name = member.name
            guard name != "from", name != "message_type", !name.hasPrefix("google."), !name.hasPrefix("gcm."),
                case .string = member.value
            else { continue }
            allowed[name] = member.value
        }
        return allowed
    }

    // MARK: Answers

    package func answer(_ response: HTTPResponse) -> Answer {
        if response.head.isSuccess { return .settled(.accepted) }
        let error = Self.json(response.body)?["error"]
        let own = error?["details"]?.array?.first {
            $0["@type"]?.string == "type.googleapis.com/google.firebase.fcm.v1.FcmError"
        }
        let code = own?["errorCode"]?.string ?? error?["status"]?.string
        let wait = response.head["retry-after"].flatMap { Int64($0) }.map { Duration.seconds(min(max($0, 0), 86_400)) }
        switch (code, response.head.status) {
        case ("UNREGISTERED", _), ("SENDER_ID_MISMATCH", _): return .settled(.unregistered)
        case ("INVALID_ARGUMENT", _):
            let isAboutToken = error?["message"]?.string?.contains("registration token") ?? false
            return .settled(isAboutToken ? .unregistered : .refused)
        case ("THIRD_PARTY_AUTH_ERROR", _), ("APNS_AUTH_ERROR", _): return .settled(.refused)
        case ("UNAUTHENTICATED", _), (nil, 401): return .unauthenticated
        case ("QUOTA_EXCEEDED", _), ("RESOURCE_EXHAUSTED", _), (_, 429):
            return .settled(.unavailable(retryAfter: wait ?? Self.quotaPause))
        case (_, 408), (_, 500...): return .settled(.unavailable(retryAfter: wait))
        default: return .settled(.refused)
        }
    }

    private static func json(_ body: [UInt8]) -> JSONValue? {
        do { return try JSONParser.parse(body) } catch { return nil }
    }
}
