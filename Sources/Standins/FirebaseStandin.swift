internal import Authentication
internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor
internal import Transport

/// Firebase Cloud Messaging, HTTP v1, and the token endpoint of Google's accounts, below `/fcm`. Confined to the stand-ins' loop.
final class FirebaseStandin: Standin {
    /// Access tokens that are known, and messages that are kept for `/_control/fcm/sent`.
    static let maxTokens = 1_000
    static let maxSent = 10_000
    /// FCM's own of a message.
    static let maxPayloadBytes = 4_096

    let name = "fcm"
    private let loop: EventLoop
    private let random: any RandomSource
    private var tokens = Recent<String, Timestamp>(maxEntries: maxTokens)
    private var sent = Recent<String, JSONObject>(maxEntries: maxSent)
    private var unregistered: Set<String> = []
    private var tokenSeconds = 3_599

    init(loop: EventLoop, random: any RandomSource) {
        self.loop = loop
        self.random = random
    }

    func failure(_ status: Int) -> HTTPResponse {
        switch status {
        case 401: Refusal(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.").response
        case 404: Refusal.unregistered.response
        case 429: Refusal(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", "QUOTA_EXCEEDED").response
        case 503: Refusal(503, "UNAVAILABLE", "The service is currently unavailable.", "UNAVAILABLE").response
        default:
            Refusal(status, status < 500 ? "INVALID_ARGUMENT" : "INTERNAL", "Failing as told.", "INTERNAL").response
        }
    }

    func change(_ members: JSONObject) throws(BehaviourError) {
        var (unregistered, seconds, forgets) = (self.unregistered, tokenSeconds, false)
        for member in members.members {
            switch member.name {
            case "unregistered": unregistered = Set(try member.texts())
            case "tokenSeconds": seconds = try member.count() ?? 3_599
            case "expireTokens": forgets = try member.flag()
            default: throw .unknown(member)
            }
        }
        (self.unregistered, tokenSeconds) = (unregistered, seconds)
        if forgets { tokens.removeAll() }
    }

    var settings: JSONObject {
        [
            "unregistered": .array(unregistered.sorted().map(JSONValue.string)),
            "tokenSeconds": .integer(Int64(tokenSeconds)), "sent": .integer(Int64(sent.count)),
        ]
    }

    /// Access tokens and what was sent stay.
    func reset() {
        unregistered = []
        tokenSeconds = 3_599
    }

    func control(_ exchange: HTTPExchange, _ path: ArraySlice<String>) -> Bool {
        guard path.elementsEqual(["sent"]) else { return false }
        switch exchange.request.method {
        case .get:
            let token = exchange.request.query["token"]
            let found = sent.values.filter { token == nil || $0["token"]?.string == token }
            exchange.respond(.json(.ok, ["sent": .array(found.map(JSONValue.object))]))
        case .delete:
            sent.removeAll()
            exchange.respond(HTTPResponse(status: .noContent))
        default: return false
        }
        return true
    }

    // MARK: Calls

    func receive(_ call: StandinCall) {
        let path = Array(call.segments)
        do throws(Refusal) {
            switch (call.request.method, path.count, path.last) {
            case (.post, 1, "token"): call.respond(.json(.ok, .object(try makeToken(call.request))))
            case (.post, 4, "messages:send") where path[0] == "v1" && path[1] == "projects":
                call.respond(.json(.ok, .object(try send(call.request, project: path[2]))))
            default: throw Refusal(404, "NOT_FOUND", "Requested entity was not found.")
            }
        } catch { call.respond(error.response) }
    }

    /// The assertion's claims are looked at; whose signature it has, nobody here can tell.
    private func makeToken(_ request: HTTPRequest) throws(Refusal) -> JSONObject {
        let fields = StandinFields.object(of: request)
        guard fields?["grant_type"]?.string == "urn:ietf:params:oauth:grant-type:jwt-bearer" else {
            throw Refusal(400, oauth: "unsupported_grant_type", "Invalid grant_type.")
        }
        let parts = (fields?["assertion"]?.string ?? "").split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[2].isEmpty, let header = Self.part(parts[0]), let claims = Self.part(parts[1]),
            header["alg"]?.string == "RS256", claims["iss"]?.string?.isEmpty == false,
            claims["scope"]?.string?.contains("firebase.messaging") == true,
            claims["aud"]?.string?.hasSuffix("/token") == true,
            let issued = claims["iat"]?.integer, let expires = claims["exp"]?.integer
        else { throw Refusal(400, oauth: "invalid_grant", "Invalid JWT.") }
        let now = loop.time.wallClock.seconds
        guard issued <= now + 300, expires > now, expires - issued <= 3_600 else {
            throw Refusal(
                400, oauth: "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.")
        }
        let token = "ya29." + random.identifier("standin")
        tokens.note(Timestamp(seconds: now + Int64(tokenSeconds)), for: token)
        return ["access_token": .string(token), "expires_in": .integer(Int64(tokenSeconds)), "token_type": "Bearer"]
    }

    private static func part(_ text: Substring) -> JSONObject? {
        guard let bytes = Base64.decodeURLSafe(text.utf8) else { return nil }
        do { return try JSONParser.parse(bytes).object } catch { return nil }
    }

    private func send(_ request: HTTPRequest, project: String) throws(Refusal) -> JSONObject {
        let field = request.headers.first("Authorization") ?? ""
        guard field.hasPrefix("Bearer "), let end = tokens[String(field.dropFirst(7))], end > loop.time.wallClock else {
            throw Refusal(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        }
        guard request.body.count <= Self.maxPayloadBytes + 512, let body = request.json,
            let message = body["message"]?.object
        else { throw Refusal(400, "INVALID_ARGUMENT", "Invalid JSON payload received.", "INVALID_ARGUMENT") }
        guard let token = message["token"]?.string, !token.isEmpty, message["topic"] == nil, message["condition"] == nil
        else {
            throw Refusal(
                400, "INVALID_ARGUMENT", "Exactly one of token, topic or condition is required", "INVALID_ARGUMENT")
        }
        for member in message["data"]?.object?.members ?? [] {
            guard member.value.string != nil, member.name != "from", !member.name.hasPrefix("google.") else {
                throw Refusal(400, "INVALID_ARGUMENT", "Invalid data payload key: \(member.name)", "INVALID_ARGUMENT")
            }
        }
        guard !unregistered.contains(token) else { throw Refusal.unregistered }
        let id = "projects/\(project)/messages/0:" + random.identifier("m")
        if body["validate_only"]?.bool != true {
            sent.note(
                [
                    "name": .string(id), "project": .string(project), "token": .string(token),
                    "title": message["notification"]?["title"] ?? .null,
                    "body": message["notification"]?["body"] ?? .null, "data": message["data"] ?? [:],
                    "message": .object(message), "at": .string(loop.time.wallClock.rfc3339),
                ], for: id)
        }
        return ["name": .string(id)]
    }
}

/// An error in Google's form.
private struct Refusal: Error {
    let response: HTTPResponse

    init(_ status: Int, _ name: String, _ message: String, _ code: String? = nil) {
        var error: JSONObject = [
            "code": .integer(Int64(status)), "message": .string(message), "status": .string(name),
        ]
        if let code {
            error["details"] = [
                [
                    "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": .string(code),
                ]
            ]
        }
        response = .json(HTTPStatus(code: status) ?? .internalServerError, ["error": .object(error)])
    }

    /// The token endpoint's (RFC 6749 §5.2).
    init(_ status: Int, oauth name: String, _ description: String) {
        response = .json(
            HTTPStatus(code: status) ?? .badRequest,
            ["error": .string(name), "error_description": .string(description)])
    }

    static var unregistered: Refusal {
        Refusal(404, "NOT_FOUND", "Requested entity was not found.", "UNREGISTERED")
    }
}
