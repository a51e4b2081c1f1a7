import Domain
import HTTPClient
import JSON
import LineAccounts
import Primitives
import TestSupport

extension FuzzTarget {
    /// An answer of a tenant's back end: the flags choose its status and the call. Only what it surely said counts, and whatever it
    /// said fits into the log.
    static let backEnd = FuzzTarget(
        "back-end",
        words: [
            "\"accounts\":[{", "\"accountNumber\":\"", "\"users\":[{", "\"fullname\":\"", "\"memberCode\":\"",
            "\"bankAccount\":\"", "\"bank\":\"KBANK\"", "\"id\":\"", "\"amount\":\"500.00\"", "\"userId\":\"USER123\"",
            "\"message\":\"", "\"token\":\"", "\"refreshToken\":null", "\"expiresAt\":\"2026-11-21T10:02:15Z\"",
            "\"username\":\"", "\\u0000",
        ]
    ) { input in
        let status = statuses[Int(input.flags & 7)]
        let response = HTTPResponse(head: HTTPResponseHead(status: status), body: input.payload)
        let answers = BackEndAnswers(limits: limits)
        switch calls[Int(input.flags >> 3) % calls.count] {
        case "credit": try check(answers.credit(response, to: order), status, input)
        case "ask": try check(answers.asked(response, about: order), status, input)
        case "accounts":
            guard case .listed(let accounts) = answers.accounts(response) else { return }
            try expect(status == 200 && accounts.count <= limits.maxAccounts, "\(accounts.count) with \(status)")
            for account in accounts {
                try checkTexts([account.id], most: limits.maxIDBytes)
                try checkTexts([account.number, account.thaiName, account.englishName], most: limits.maxTextBytes)
            }
        case "users":
            guard case .found(let users) = answers.users(response) else { return }
            try expect(status == 200 && users.count <= limits.maxUsers, "\(users.count) with \(status)")
            for user in users {
                try checkTexts([user.id, user.memberCode], most: limits.maxIDBytes)
                try checkTexts([user.fullName, user.bankAccount], most: limits.maxTextBytes)
            }
        case "login":
            switch answers.login(response) {
            case .loggedIn(let login):
                try expect(status == 200, "logged in with \(status)")
                try checkTexts([login.username], most: limits.maxIDBytes)
                for token in [login.token, login.refreshToken].compactMap(\.self) {
                    try expect(token.reveal().utf8.allSatisfy { (0x21...0x7E).contains($0) }, "a token")
                    try expect((1...limits.maxTokenBytes).contains(token.reveal().utf8.count), "a token's length")
                }
            case .refused(let message):
                try expect(status == 400 || status == 401, "refused with \(status)")
                try checkTexts([message], most: limits.maxTextBytes)
            case .unavailable: break
            }
        default:
            if case .active(let username) = answers.session(response) {
                try expect(status == 200, "active with \(status)")
                try checkTexts([username], most: limits.maxIDBytes)
            }
        }
    } seeds: {
        try Vectors.load("backend").compactMap { vector in
            guard let status = vector["input"]?["status"]?.integer, let body = vector["input"]?["body"]?.string,
                let call = vector["call"]?.string.flatMap({ calls.firstIndex(of: $0) }), body.utf8.count <= 2_048
            else { return nil }
            let flag = statuses.firstIndex(of: Int(status)) ?? 0
            return FuzzInput.bytes(flags: UInt8(call << 3 | flag), body.utf8)
        }
    }

    private static let calls = ["credit", "ask", "accounts", "users", "login", "session"]
    private static let statuses = [200, 201, 400, 401, 404, 409, 429, 500]

    /// So tight that small inputs reach them.
    private static let limits: BackEndLimits = {
        var limits = BackEndLimits()
        limits.maxAccounts = 3
        limits.maxUsers = 3
        limits.maxIDBytes = 12
        limits.maxTextBytes = 32
        limits.maxTokenBytes = 32
        return limits
    }()

    private static let order: CreditOrder = {
        guard let bank = BankCode("004"), let amount = Satang(50_000),
            let reference = SlipReference(bank: bank, transRef: "015275120000AKR00001")
        else { preconditionFailure("a good reference") }
        return CreditOrder(
            key: CreditOrder.key(of: reference), attempt: 1, reference: reference, amount: amount, account: "ACC123",
            user: "USER123")
    }()

    private static func check(_ answer: CreditAnswer, _ status: Int, _ input: FuzzInput) throws {
        switch answer {
        case .accepted(let reference):
            let json = try JSONParser.parse(input.payload)
            let amount = json["amount"]?.string.flatMap { Satang(decimal: $0) }
            try expect((status == 200 || status == 201) && amount == order.amount, "accepted with \(status)")
            try checkTexts([reference], most: limits.maxIDBytes)
        case .duplicate:
            let json = try JSONParser.parse(input.payload)
            try expect(status == 409 && json["message"]?.string != nil, "a duplicate with \(status)")
        case .refused: try expect(status == 400 || status == 404, "refused with \(status)")
        case .adminExpired: try expect(status == 401, "expired with \(status)")
        case .unsent: throw Violated("an answer to nothing")
        case .unclear: break
        }
    }

    private static func check(_ answer: CreditAskAnswer, _ status: Int, _ input: FuzzInput) throws {
        switch answer {
        case .found(_, let reference):
            let json = try JSONParser.parse(input.payload)
            try expect(status == 200 && json["userId"]?.string == order.user, "found with \(status)")
            try checkTexts([reference], most: limits.maxIDBytes)
        case .absent:
            let json = try JSONParser.parse(input.payload)
            try expect(status == 404 && json["message"]?.string != nil, "absent with \(status)")
        case .adminExpired: try expect(status == 401, "expired with \(status)")
        case .unclear: break
        }
    }

    /// Texts that may stand in the log.
    private static func checkTexts(_ texts: [String?], most: Int) throws {
        for text in texts.compactMap(\.self) {
            try expect((1...most).contains(text.utf8.count), "a text of \(text.utf8.count) bytes")
            try expect(!text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }, "a control character")
        }
    }
}
