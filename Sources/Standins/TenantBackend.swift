internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor
internal import Transport

/// One tenant's own back end: accounts, users, sessions, and the credits that it has given. Confined to the stand-ins' loop.
final class TenantBackend {
    /// Sessions and captchas that are known; the oldest are forgotten.
    static let maxSessions = 1_000

    struct Settings: Equatable {
        /// Answers of credits are lost: the credit stands, the connection breaks.
        var losesAnswers = false
        /// How many of them; nil: all.
        var lostTimes: Int?
        /// Credits are refused with these words.
        var refusal: String?
    }

    let tenant: String
    var settings: Settings
    var accounts: [BackendAccount]
    var users: [BackendUser]
    private(set) var ledger = CreditLedger()
    private var sessions = Recent<String, String>(maxEntries: maxSessions)
    private var ended = Recent<String, Bool>(maxEntries: maxSessions)
    private var captchas = Recent<String, String>(maxEntries: maxSessions)
    /// Until sessions expire, any token is one: a test need not log in.
    private var takesAnyToken = true
    private let random: any RandomSource

    init(_ tenant: String, _ settings: Settings, random: any RandomSource) {
        self.tenant = tenant
        self.settings = settings
        self.random = random
        accounts = BackendPeople.accounts(of: tenant)
        users = BackendPeople.users(of: tenant)
    }

    /// As at the start, but for the ledger.
    func reset(_ settings: Settings) {
        self.settings = settings
        accounts = BackendPeople.accounts(of: tenant)
        users = BackendPeople.users(of: tenant)
        takesAnyToken = true
        ended.removeAll()
    }

    func clearLedger() { ledger = CreditLedger() }

    /// Every session ends; from now on only what a login gave is one.
    func expireSessions() {
        takesAnyToken = false
        sessions.removeAll()
    }

    /// The customer who uses that LINE account: always the same one.
    func user(ofLINE user: String) -> BackendUser? {
        users.isEmpty ? nil : users[Int(BackendPeople.fingerprint(user) % UInt64(users.count))]
    }

    // MARK: Calls

    /// `path`: behind `/backend/{tenant}`.
    func receive(_ call: StandinCall, _ path: [String]) {
        let method = call.request.method
        switch (method, path.joined(separator: "/")) {
        case (.get, "auth/captcha"): return captcha(call)
        case (.post, "auth/login"): return login(call)
        default: break
        }
        guard let token = bearer(call.request), isSession(token) else {
            return call.respond(.refusal(.unauthorized, "Session expired"))
        }
        switch (method, path.first, path.dropFirst().first) {
        case (.post, "auth", "logout") where path.count == 2:
            sessions.remove(token)
            ended.note(true, for: token)
            call.respond(HTTPResponse(status: .noContent))
        case (.get, "session", nil):
            call.respond(
                .json(
                    .ok, ["username": .string(sessions[token] ?? "admin"), "tenant": .string(tenant), "active": true]))
        case (.get, "accounts", nil):
            call.respond(.json(.ok, ["accounts": .array(accounts.map(\.json))]))
        case (.post, "users", "search") where path.count == 2: search(call)
        case (.post, "credits", nil): credit(call)
        case (.get, "credits", let key?) where path.count == 2:
            guard let credit = ledger[key] else { return call.respond(.refusal(.notFound, "No such credit")) }
            call.respond(.json(.ok, credit.answer))
        default: call.respond(.refusal(.notFound, "Not found"))
        }
    }

    private func bearer(_ request: HTTPRequest) -> String? {
        guard let value = request.headers.first("Authorization"), value.hasPrefix("Bearer ") else { return nil }
        let token = String(value.dropFirst(7))
        return token.isEmpty ? nil : token
    }

    private func isSession(_ token: String) -> Bool {
        ended[token] == nil && (takesAnyToken || sessions[token] != nil)
    }

    private func captcha(_ call: StandinCall) {
        let id = random.identifier("captcha")
        let code = String(10_000 + random.uint64() % 90_000)
        captchas.note(code, for: id)
        let picture = """
            <svg xmlns="http://www.w3.org/2000/svg" width="160" height="60"><rect width="160" height="60" fill="#eee"/>\
            <text x="80" y="42" font-size="34" text-anchor="middle" letter-spacing="4">\(code)</text></svg>
            """
        call.respond(
            .json(
                .ok,
                [
                    "captchaId": .string(id), "code": .string(code),
                    "image": .string("data:image/svg+xml;base64," + Base64.encode(picture.utf8)),
                ]))
    }

    private func login(_ call: StandinCall) {
        guard let json = call.request.json, let username = json["username"]?.string, !username.isEmpty,
            let password = json["password"]?.string, !password.isEmpty, let captcha = json["captchaId"]?.string,
            let code = json["captchaCode"]?.string
        else {
            return call.respond(
                .refusal(.badRequest, "username, password, captchaId and captchaCode are needed"))
        }
        // A captcha is good for one try; the demo's for any number.
        guard code == (captcha == "demo" ? "12345" : captchas.remove(captcha)) else {
            return call.respond(.refusal(.badRequest, "Captcha is wrong"))
        }
        guard password != "wrong" else {
            return call.respond(.refusal(.unauthorized, "Username or password is wrong"))
        }
        let token = random.identifier("session")
        sessions.note(username, for: token)
        let expiry = call.exchange.loop.time.wallClock.advanced(by: .seconds(86_400))
        call.respond(
            .json(
                .ok,
                [
                    "token": .string(token), "refreshToken": .string(random.identifier("refresh")),
                    "expiresAt": .string(expiry.rfc3339), "username": .string(username),
                ]))
    }

    private func search(_ call: StandinCall) {
        guard let json = call.request.json, json.object != nil else {
            return call.respond(.refusal(.badRequest, "The body is a JSON object"))
        }
        let found = BackendSearch(json).results(in: users)
        call.respond(.json(.ok, ["users": .array(found.map(\.json))]))
    }

    private func credit(_ call: StandinCall) {
        if let refusal = settings.refusal { return call.respond(.refusal(.badRequest, refusal)) }
        guard let key = call.request.headers.first("Idempotency-Key"), !key.isEmpty, key.utf8.count <= 200 else {
            return call.respond(.refusal(.badRequest, "Idempotency-Key is missing"))
        }
        let request: CreditRequest
        do throws(BehaviourError) { request = try CreditRequest(call.request.json ?? .null) } catch {
            return call.respond(.refusal(.badRequest, error.detail))
        }
        guard users.contains(where: { $0.id == request.userID }) else {
            return call.respond(.refusal(.badRequest, "No such user"))
        }
        guard accounts.contains(where: { $0.id == request.toAccountID }) else {
            return call.respond(.refusal(.badRequest, "No such account"))
        }
        let outcome = ledger.post(request, key: key, at: call.exchange.loop.time.wallClock)
        guard !losesThisAnswer() else { return call.disconnect() }
        switch outcome {
        case .credited(let credit): call.respond(.json(.created, credit.answer))
        case .repeated(let credit): call.respond(.json(.ok, credit.answer))
        case .keyReused:
            call.respond(.refusal(.unprocessableContent, "The key was used for another order"))
        case .conflict(let credit):
            call.respond(
                .json(.conflict, ["id": .string(credit.id), "message": "This transfer has a credit already"]))
        case .full: call.respond(.refusal(.serviceUnavailable, "The ledger is full"))
        }
    }

    private func losesThisAnswer() -> Bool {
        guard settings.losesAnswers else { return false }
        guard let times = settings.lostTimes else { return true }
        settings.lostTimes = max(0, times - 1)
        return times > 0
    }
}

extension CreditLedger.Credit {
    var answer: JSONValue {
        ["id": .string(id), "amount": .string(request.amount.decimal), "userId": .string(request.userID)]
    }
}

extension BackendAccount {
    var json: JSONValue {
        [
            "id": .string(id), "accountNumber": .string(party.account), "bank": .string(party.bank.code),
            "nameTh": JSONValue(party.nameTh), "nameEn": JSONValue(party.nameEn),
        ]
    }
}

extension BackendUser {
    var json: JSONValue {
        [
            "id": .string(id), "memberCode": .string(memberCode),
            "fullname": .string(party.nameTh ?? party.nameEn ?? ""), "bankAccount": .string(party.account),
            "bank": .string(party.bank.code), "phone": .string(phone),
        ]
    }
}

extension HTTPResponse {
    /// `{"message": …}`.
    static func refusal(_ status: HTTPStatus, _ message: String) -> HTTPResponse {
        .json(status, ["message": .string(message)])
    }
}

extension HTTPRequest {
    /// The body; nil when it is not JSON.
    var json: JSONValue? {
        do { return try JSONParser.parse(body) } catch { return nil }
    }
}
