package import Domain
package import HTTPClient
internal import JSON
package import Primitives

/// What became of a login.
package enum LoginAnswer: Sendable, Equatable {
    case loggedIn(AdminLogin)
    /// Wrong credentials or captcha; with the back end's own words, where it has any.
    case refused(message: String?)
    case unavailable
}

/// A session that the back end has opened.
package struct AdminLogin: Sendable, Equatable {
    package let username: String
    package let token: Secret
    package let refreshToken: Secret?
    package let expiresAt: Timestamp?
}

package enum LogoutAnswer: Sendable, Equatable { case done, unavailable }

package enum SessionAnswer: Sendable, Equatable {
    case active(username: String)
    case expired
    case unavailable
}

/// The tenant's accounts as the back end lists them.
package enum AccountListAnswer: Sendable, Equatable {
    case listed([TenantAccount])
    case expired
    case unavailable
}

/// Reads the back end's answers (`Protocol/backend.yaml`). Pure.
///
/// The one rule: only what the back end surely said is taken as its word. A page of a proxy in front of it, an answer that is
/// not the agreed JSON, or about something else than was asked, is none; and where an answer might be about money, "not clear" is
/// an answer of its own. One unreadable item makes a list unreadable: without it, another could pass for the only one.
package struct BackEndAnswers: Sendable {
    private let limits: BackEndLimits

    package init(limits: BackEndLimits = BackEndLimits()) { self.limits = limits }

    package func login(_ response: HTTPResponse) -> LoginAnswer {
        switch response.head.status {
        case 200:
            guard let json = object(response), let token = token(json["token"]), let username = id(json["username"])
            else { return .unavailable }
            return .loggedIn(
                AdminLogin(
                    username: username, token: token, refreshToken: self.token(json["refreshToken"]),
                    expiresAt: json["expiresAt"]?.string.flatMap { Timestamp(rfc3339: $0) }))
        case 400, 401: return .refused(message: object(response).flatMap { text($0["message"]) })
        default: return .unavailable
        }
    }

    /// A session that is over already is as good as ended.
    package func logout(_ response: HTTPResponse) -> LogoutAnswer {
        response.head.status == 204 || response.head.status == 200 || response.head.status == 401 ? .done : .unavailable
    }

    package func session(_ response: HTTPResponse) -> SessionAnswer {
        switch response.head.status {
        case 200:
            guard let json = object(response), let username = id(json["username"]) else { return .unavailable }
            return .active(username: username)
        // The end of the administrator's session stops all slips, so it has to be the back end that says so.
        case 401 where hasMessage(response): return .expired
        default: return .unavailable
        }
    }

    package func accounts(_ response: HTTPResponse) -> AccountListAnswer {
        switch response.head.status {
        case 200:
            let accounts = list(response, "accounts", limits.maxAccounts) { item -> TenantAccount? in
                guard let id = id(item["id"]), let number = text(item["accountNumber"]) else { return nil }
                return TenantAccount(
                    id: id, number: number, bank: bank(item["bank"]), thaiName: text(item["nameTh"]),
                    englishName: text(item["nameEn"]))
            }
            return accounts.map(AccountListAnswer.listed) ?? .unavailable
        // The end of the administrator's session stops all slips, so it has to be the back end that says so.
        case 401 where hasMessage(response): return .expired
        default: return .unavailable
        }
    }

    package func users(_ response: HTTPResponse) -> UsersAnswer {
        switch response.head.status {
        case 200:
            let users = list(response, "users", limits.maxUsers) { item -> UserCandidate? in
                guard let id = id(item["id"]), let fullName = text(item["fullname"]) else { return nil }
                return UserCandidate(
                    id: id, memberCode: self.id(item["memberCode"]), fullName: fullName,
                    bankAccount: text(item["bankAccount"]), bank: bank(item["bank"]))
            }
            return users.map(UsersAnswer.found) ?? .unavailable
        case 401 where hasMessage(response): return .adminExpired
        default: return .unavailable
        }
    }

    /// To the submission of `order`. An answer that does not say whose credit it is counts where it can be no other's: not where
    /// a later submission gets the answer of an earlier one, which may have been for another user.
    package func credit(_ response: HTTPResponse, to order: CreditOrder) -> CreditAnswer {
        switch response.head.status {
        case 200, 201:
            let isFirst = response.head.status == 201 || order.attempt == 1
            guard let credit = self.credit(response), credit.amount == order.amount,
                credit.user == order.user || credit.user == nil && isFirst
            else { return .unclear }
            return .accepted(reference: credit.id)
        case 401: return hasMessage(response) ? .adminExpired : .unclear
        // A verdict on the slip, so it has to be the back end's own.
        case 409: return hasMessage(response) ? .duplicate : .unclear
        // Nobody has judged it; something may stand between us and the back end that will let it through later.
        case 408, 425, 429: return .unclear
        case 400..<500: return .refused
        default: return .unclear
        }
    }

    package func credit(_ failure: TransportFailure) -> CreditAnswer { failure.mayHaveArrived ? .unclear : .unsent }

    /// To the question what became of `order`. A credit under its key for somebody else is not its credit, and not its absence.
    package func asked(_ response: HTTPResponse, about order: CreditOrder) -> CreditAskAnswer {
        switch response.head.status {
        case 200:
            guard let credit = credit(response), credit.user == order.user else { return .unclear }
            return .found(credit.amount, reference: credit.id)
        case 401: return hasMessage(response) ? .adminExpired : .unclear
        case 404: return hasMessage(response) ? .absent : .unclear
        default: return .unclear
        }
    }

    // MARK: Parts

    private struct Credit {
        let id: String
        let amount: Satang
        let user: String?
    }

    private func credit(_ response: HTTPResponse) -> Credit? {
        guard let json = object(response), let id = id(json["id"]),
            let amount = json["amount"]?.string.flatMap({ Satang(decimal: $0) })
        else { return nil }
        let isNamed = json["userId"].map { !$0.isNull } ?? false
        let user = self.id(json["userId"])
        guard isNamed == (user != nil) else { return nil }
        return Credit(id: id, amount: amount, user: user)
    }

    private func hasMessage(_ response: HTTPResponse) -> Bool { object(response)?["message"]?.string != nil }

    private func list<Item>(
        _ response: HTTPResponse, _ name: String, _ most: Int, _ read: (JSONValue) -> Item?
    ) -> [Item]? {
        guard let items = object(response)?[name]?.array, items.count <= most else { return nil }
        let read = items.compactMap(read)
        return read.count == items.count ? read : nil
    }

    private func object(_ response: HTTPResponse) -> JSONObject? {
        guard response.body.count <= limits.maxAnswerBytes else { return nil }
        do throws(JSONError) { return try JSONParser.parse(response.body).object } catch { return nil }
    }

    private func id(_ value: JSONValue?) -> String? { SlipText.clean(value?.string, maxBytes: limits.maxIDBytes) }

    private func text(_ value: JSONValue?) -> String? { SlipText.clean(value?.string, maxBytes: limits.maxTextBytes) }

    private func bank(_ value: JSONValue?) -> BankCode? { text(value).flatMap { BankCode(named: $0) } }

    /// Visible ASCII, as a header field needs it.
    private func token(_ value: JSONValue?) -> Secret? {
        guard let text = value?.string, (1...limits.maxTokenBytes).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        return Secret(text)
    }
}

/// Texts from outside on their way into the log.
enum SlipText {
    /// nil for one that is empty, longer than the bound, or has control characters: PostgreSQL stores no NUL, and no name has any.
    static func clean(_ text: String?, maxBytes: Int) -> String? {
        guard let text, (1...maxBytes).contains(text.utf8.count),
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
        else { return nil }
        return text
    }
}
