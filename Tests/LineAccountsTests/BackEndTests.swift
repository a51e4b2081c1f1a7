import Domain
import HTTPClient
import JSON
import Ports
import Primitives
import TestSupport
import Testing

@testable import LineAccounts

@Suite("A tenant's back end: requests and what answers mean")
struct BackEndTests {
    struct Vector: CustomTestStringConvertible, Sendable {
        let json: JSONValue
        var testDescription: String { json["name"]?.string ?? "?" }
    }

    static func vectors() throws -> [Vector] { try Vectors.load("backend").map { Vector(json: $0) } }

    @Test("An answer means what the vector says", arguments: try vectors())
    func answer(_ vector: Vector) throws {
        let status = try #require(vector.json["input"]?["status"]?.integer)
        let body = try #require(vector.json["input"]?["body"]?.string)
        let response = HTTPResponse(head: HTTPResponseHead(status: Int(status)), body: Array(body.utf8))
        let answers = BackEndAnswers()
        let meaning: JSONObject =
            switch try #require(vector.json["call"]?.string) {
            case "login": Written.login(answers.login(response))
            case "logout": ["answer": answers.logout(response) == .done ? "done" : "unavailable"]
            case "session": Written.session(answers.session(response))
            case "accounts": Written.accounts(answers.accounts(response))
            case "users": Written.users(answers.users(response))
            case "credit": Written.credit(answers.credit(response, to: try order(vector.json["order"])))
            case "ask": Written.asked(answers.asked(response, about: try order(vector.json["order"])))
            case let call: throw Vectors.Malformed(description: "\(call) is no call")
            }
        #expect(sorted(.object(meaning)) == sorted(try #require(vector.json["expect"])))
    }

    private func order(_ json: JSONValue?) throws -> CreditOrder {
        let bank = try #require(BankCode("004"))
        return CreditOrder(
            key: try #require(json?["key"]?.string), attempt: Int(json?["attempt"]?.integer ?? 1),
            reference: try #require(SlipReference(bank: bank, transRef: "015275120000AKR00001")),
            amount: try #require(json?["amount"]?.string.flatMap { Satang(decimal: $0) }), account: "ACC123",
            user: try #require(json?["user"]?.string))
    }

    /// With the members of every object by name, so that their order does not count.
    private func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            var out = JSONObject()
            for member in object.members.sorted(by: { $0.name < $1.name }) { out[member.name] = sorted(member.value) }
            return .object(out)
        case .array(let items): return .array(items.map(sorted))
        default: return value
        }
    }

    @Test("A body beyond the bound is not read, whatever it says")
    func bound() throws {
        let body =
            Array(#"{"accounts":[],"padding":""#.utf8) + [UInt8](repeating: 0x61, count: 1 << 20) + Array("\"}".utf8)
        let response = HTTPResponse(head: HTTPResponseHead(status: 200), body: body)
        #expect(BackEndAnswers().accounts(response) == .unavailable)
    }

    @Test("What may have left this machine is unclear, what has not is unsent")
    func failures() {
        let answers = BackEndAnswers()
        for failure in [TransportFailure.unreachable, .tlsFailure, .timeout(.connect), .overloaded, .invalidRequest] {
            #expect(answers.credit(failure) == .unsent, "\(failure)")
        }
        for failure in [
            TransportFailure.timeout(.firstByte), .timeout(.idle), .timeout(.total), .cutOff, .tooLarge,
            .protocolViolation,
        ] {
            #expect(answers.credit(failure) == .unclear, "\(failure)")
        }
    }

    // MARK: Requests

    private let api = BackEndAPI(baseURL: "https://b.example/api", token: Secret("t0ken"))

    private func expectRequest(
        _ request: HTTPClientRequest, _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil,
        schema: String? = nil, more: [(name: String, value: String)] = [], isAuthorized: Bool = true,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var headers: [(name: String, value: String)] = [("Accept", "application/json")]
        if isAuthorized { headers.append(("Authorization", "Bearer t0ken")) }
        if body != nil { headers.append(("Content-Type", "application/json")) }
        #expect(request.method == method, sourceLocation: sourceLocation)
        #expect(request.url == "https://b.example/api" + path, sourceLocation: sourceLocation)
        #expect(request.headers.elementsEqual(headers + more) { $0 == $1 }, sourceLocation: sourceLocation)
        #expect(request.timeouts.total == .seconds(10), sourceLocation: sourceLocation)
        #expect(request.maxBodyBytes == 1 << 20, sourceLocation: sourceLocation)
        guard let body else {
            #expect(request.body.isEmpty, sourceLocation: sourceLocation)
            return
        }
        let sent = try JSONParser.parse(request.body)
        #expect(sorted(sent) == sorted(body), sourceLocation: sourceLocation)
        if let schema {
            #expect(try JSONSchema.violations(of: sent, schema) == [], sourceLocation: sourceLocation)
        }
    }

    @Test("Sessions are opened, looked at and ended")
    func sessions() throws {
        let anonymous = BackEndAPI(baseURL: "https://b.example/api", token: nil)
        try expectRequest(
            anonymous.login(
                BackEndLogin(username: "admin", password: Secret("p\"w"), captchaID: "c", captchaCode: "1")),
            .post, "/auth/login",
            ["username": "admin", "password": "p\"w", "captchaId": "c", "captchaCode": "1"],
            schema: "backend.login.schema.json", isAuthorized: false)
        try expectRequest(
            anonymous.login(BackEndLogin(username: "admin", password: Secret("p"))), .post, "/auth/login",
            ["username": "admin", "password": "p"], schema: "backend.login.schema.json", isAuthorized: false)
        try expectRequest(api.logout(), .post, "/auth/logout", [:])
        try expectRequest(api.session(), .get, "/session")
        try expectRequest(api.accounts(), .get, "/accounts")
    }

    @Test("A search names what is known of the sender, and nobody is searched for by a bank alone")
    func search() throws {
        let bank = try #require(BankCode("004"))
        let whole = SlipParty(
            thaiName: "นาย สมชาย ท", englishName: "MR. SOMCHAI T", bank: bank, account: "xxx-x-x1234-x", proxy: "xxx")
        try expectRequest(
            try #require(api.users(whole)), .post, "/users/search",
            [
                "nameTh": "นาย สมชาย ท", "nameEn": "MR. SOMCHAI T", "maskedAccount": "xxx-x-x1234-x", "bank": "004",
            ], schema: "backend.user-search.schema.json")
        try expectRequest(
            try #require(api.users(SlipParty(account: "x1"))), .post, "/users/search", ["maskedAccount": "x1"],
            schema: "backend.user-search.schema.json")
        #expect(api.users(SlipParty(bank: bank, proxy: "xxx")) == nil)
    }

    @Test("A credit carries its key, on a connection of its own")
    func credit() throws {
        let bank = try #require(BankCode("004"))
        let reference = try #require(SlipReference(bank: bank, transRef: "A/b?c#%.."))
        let order = CreditOrder(
            key: CreditOrder.key(of: reference), attempt: 2, reference: reference,
            amount: try #require(Satang(123_450)), account: "ACC123", user: "USER123")
        let request = api.submit(order, transaction: "t_1")
        try expectRequest(
            request, .post, "/credits",
            [
                "userId": "USER123", "toAccountId": "ACC123", "amount": "1234.50", "currency": "THB", "bank": "004",
                "transRef": "A/b?c#%..", "transaction": "t_1",
            ], schema: "backend.credit-order.schema.json", more: [("Idempotency-Key", "slip-004-A/b?c#%..")])
        #expect(request.needsFreshConnection)
        try expectRequest(api.credit(order), .get, "/credits/slip-004-A%2Fb%3Fc%23%25%2E%2E")
    }

    @Test("Banks are known by digits and by short names, and no other word passes for one")
    func banks() {
        for (text, code) in [
            ("004", "004"), ("kbank", "004"), ("SCB", "014"), ("TTB", "011"), ("076", "011"), ("TBANK", "011"),
            ("TRUEMONEYWALLET", "TRUEMONEYWALLET"), ("TrueMoney", "TRUEMONEYWALLET"),
        ] {
            #expect(BankCode(named: text)?.text == code, "\(text)")
        }
        for text in ["", "4", "Kasikorn", "กสิกร", "0004", "๐๐๔", "KBANK "] {
            #expect(BankCode(named: text) == nil, "\(text)")
        }
    }
}

/// Answers in the form of the vectors.
private enum Written {
    static func login(_ answer: LoginAnswer) -> JSONObject {
        switch answer {
        case .loggedIn(let login):
            var object: JSONObject = [
                "answer": "loggedIn", "username": .string(login.username), "token": .string(login.token.reveal()),
            ]
            object["refreshToken"] = login.refreshToken.map { .string($0.reveal()) }
            object["expiresAt"] = login.expiresAt.map { .string($0.rfc3339) }
            return object
        case .refused(let message):
            var object: JSONObject = ["answer": "refused"]
            object["message"] = message.map(JSONValue.string)
            return object
        case .unavailable: return ["answer": "unavailable"]
        }
    }

    static func session(_ answer: SessionAnswer) -> JSONObject {
        switch answer {
        case .active(let username): ["answer": "active", "username": .string(username)]
        case .expired: ["answer": "expired"]
        case .unavailable: ["answer": "unavailable"]
        }
    }

    static func accounts(_ answer: AccountListAnswer) -> JSONObject {
        switch answer {
        case .listed(let accounts):
            let items = accounts.map { account -> JSONValue in
                var object: JSONObject = ["id": .string(account.id), "number": .string(account.number)]
                object["bank"] = account.bank.map { .string($0.text) }
                object["nameThai"] = account.thaiName.map(JSONValue.string)
                object["nameEnglish"] = account.englishName.map(JSONValue.string)
                return .object(object)
            }
            return ["answer": "loaded", "accounts": .array(items)]
        case .expired: return ["answer": "adminExpired"]
        case .unavailable: return ["answer": "unavailable"]
        }
    }

    static func users(_ answer: UsersAnswer) -> JSONObject {
        switch answer {
        case .found(let users):
            let items = users.map { user -> JSONValue in
                var object: JSONObject = ["id": .string(user.id), "fullName": .string(user.fullName)]
                object["memberCode"] = user.memberCode.map(JSONValue.string)
                object["bankAccount"] = user.bankAccount.map(JSONValue.string)
                object["bank"] = user.bank.map { .string($0.text) }
                return .object(object)
            }
            return ["answer": "found", "users": .array(items)]
        case .unavailable: return ["answer": "unavailable"]
        case .adminExpired: return ["answer": "adminExpired"]
        }
    }

    static func credit(_ answer: CreditAnswer) -> JSONObject {
        switch answer {
        case .accepted(let reference): ["answer": "accepted", "reference": JSONValue(reference)]
        case .duplicate: ["answer": "duplicate"]
        case .refused: ["answer": "refused"]
        case .adminExpired: ["answer": "adminExpired"]
        case .unsent: ["answer": "unsent"]
        case .unclear: ["answer": "unclear"]
        }
    }

    static func asked(_ answer: CreditAskAnswer) -> JSONObject {
        switch answer {
        case .found(let amount, let reference):
            ["answer": "found", "amount": .string(amount.decimal), "reference": JSONValue(reference)]
        case .absent: ["answer": "absent"]
        case .unclear: ["answer": "unclear"]
        case .adminExpired: ["answer": "adminExpired"]
        }
    }
}
