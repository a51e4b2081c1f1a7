package import Domain
package import HTTPClient
internal import JSON
package import Ports
package import Primitives

/// The requests to a tenant's own back end (`Protocol/backend.yaml`). Pure: `HTTPClient` sends them; `BackEndAnswers` reads what
/// comes back.
package struct BackEndAPI: Sendable {
    private let baseURL: String
    private let token: Secret?
    private let limits: BackEndLimits

    /// `baseURL`: without a slash at the end. `token`: of the administrator's session; nil only for a login.
    package init(baseURL: String, token: Secret?, limits: BackEndLimits = BackEndLimits()) {
        self.baseURL = baseURL
        self.token = token
        self.limits = limits
    }

    package func login(_ credentials: BackEndLogin) -> HTTPClientRequest {
        var body: JSONObject = [
            "username": .string(credentials.username), "password": .string(credentials.password.reveal()),
        ]
        body["captchaId"] = credentials.captchaID.map(JSONValue.string)
        body["captchaCode"] = credentials.captchaCode.map(JSONValue.string)
        return post("/auth/login", body)
    }

    package func logout() -> HTTPClientRequest { post("/auth/logout", [:]) }

    package func session() -> HTTPClientRequest { get("/session") }

    package func accounts() -> HTTPClientRequest { get("/accounts") }

    /// nil when nothing is known that a user could be found by.
    package func users(_ sender: SlipParty) -> HTTPClientRequest? {
        guard sender.thaiName != nil || sender.englishName != nil || sender.account != nil else { return nil }
        var body = JSONObject()
        body["nameTh"] = sender.thaiName.map(JSONValue.string)
        body["nameEn"] = sender.englishName.map(JSONValue.string)
        body["maskedAccount"] = sender.account.map(JSONValue.string)
        body["bank"] = sender.bank.map { .string($0.text) }
        return post("/users/search", body)
    }

    /// On a connection of its own: libcurl would send it again when a kept one turns out to be closed, and if then nobody
    /// accepts a connection, it would look as if nothing had been sent.
    /// `transaction` is for the back end's own records.
    package func submit(_ order: CreditOrder, transaction: String) -> HTTPClientRequest {
        let body: JSONObject = [
            "userId": .string(order.user), "toAccountId": .string(order.account),
            "amount": .string(order.amount.decimal), "currency": "THB", "bank": .string(order.reference.bank.text),
            "transRef": .string(order.reference.transRef), "transaction": .string(transaction),
        ]
        var request = post("/credits", body)
        request.headers.append(("Idempotency-Key", order.key))
        request.needsFreshConnection = true
        return request
    }

    /// What became of the order.
    package func credit(_ order: CreditOrder) -> HTTPClientRequest {
        get("/credits/\(PercentEncoding.segment(order.key))")
    }

    private func get(_ path: String) -> HTTPClientRequest {
        HTTPClientRequest(
            method: .get, url: baseURL + path, headers: authorization, timeouts: limits.timeouts,
            maxBodyBytes: limits.maxAnswerBytes)
    }

    private func post(_ path: String, _ body: JSONObject) -> HTTPClientRequest {
        HTTPClientRequest(
            method: .post, url: baseURL + path, headers: authorization + [("Content-Type", "application/json")],
            body: JSONValue.object(body).bytes, timeouts: limits.timeouts, maxBodyBytes: limits.maxAnswerBytes)
    }

    private var authorization: [(name: String, value: String)] {
        [("Accept", "application/json")] + (token.map { [("Authorization", "Bearer \($0.reveal())")] } ?? [])
    }
}
