package import HTTPClient
package import Primitives

/// The calls that open, look at and end an administrator's session at a tenant's back end, for who sits at a form. One instance a
/// loop. Every completion runs once, on the client's loop and in a later turn, within `BackEndLimits.totalTimeout`.
package struct AdminSessions: Sendable {
    private let client: HTTPClient
    private let limits: BackEndLimits

    package init(client: HTTPClient, limits: BackEndLimits = BackEndLimits()) {
        self.client = client
        self.limits = limits
    }

    /// `baseURL`: without a slash at the end.
    package func login(
        _ credentials: AdminCredentials, at baseURL: String, _ completion: @escaping (LoginAnswer) -> Void
    ) {
        let request = BackEndAPI(baseURL: baseURL, token: nil, limits: limits).login(credentials)
        ask(request, BackEndAnswers(limits: limits).login, otherwise: .unavailable, completion)
    }

    package func logout(_ token: Secret, at baseURL: String, _ completion: @escaping (LogoutAnswer) -> Void) {
        let request = BackEndAPI(baseURL: baseURL, token: token, limits: limits).logout()
        ask(request, BackEndAnswers(limits: limits).logout, otherwise: .unavailable, completion)
    }

    /// Whether the session is still good.
    package func look(at token: Secret, at baseURL: String, _ completion: @escaping (SessionAnswer) -> Void) {
        let request = BackEndAPI(baseURL: baseURL, token: token, limits: limits).session()
        ask(request, BackEndAnswers(limits: limits).session, otherwise: .unavailable, completion)
    }

    private func ask<Answer>(
        _ request: HTTPClientRequest, _ read: @escaping (HTTPResponse) -> Answer, otherwise: Answer,
        _ completion: @escaping (Answer) -> Void
    ) {
        client.collect(request) { result in
            switch result {
            case .success(let response): completion(read(response))
            case .failure: completion(otherwise)
            }
        }
    }
}
