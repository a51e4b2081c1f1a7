package import HTTPClient
package import Ports
package import Primitives

/// The calls that open, look at and end an administrator's session at a tenant's back end, for who sits at a form. One instance a
/// loop, confined to it (hence `@unchecked Sendable`). Every completion runs once, on the client's loop and in a later turn, within `BackEndLimits.totalTimeout`.
package final class AdminSessions: BackEndAdministration, @unchecked Sendable {
    private let client: HTTPClient
    private let limits: BackEndLimits

    package init(client: HTTPClient, limits: BackEndLimits = BackEndLimits()) {
        self.client = client
        self.limits = limits
    }

    /// `baseURL`: without a slash at the end.
    package func login(
        _ credentials: BackEndLogin, at baseURL: String, _ completion: @escaping (LoginAnswer) -> Void
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

    // MARK: BackEndAdministration

    package func login(
        _ login: BackEndLogin, baseURL: String, _ completion: @escaping @Sendable (BackEndLoginAnswer) -> Void
    ) {
        self.login(login, at: baseURL) { answer in
            switch answer {
            case .loggedIn(let session):
                completion(
                    .success(
                        token: session.token, refreshToken: session.refreshToken, expiresAt: session.expiresAt,
                        username: session.username))
            case .refused(let message): completion(.refused(message: message))
            case .unavailable: completion(.unavailable)
            }
        }
    }

    package func logout(_ token: Secret, baseURL: String, _ completion: @escaping @Sendable (_ isOver: Bool) -> Void) {
        logout(token, at: baseURL) { completion($0 == .done) }
    }

    package func validate(
        _ token: Secret, baseURL: String, _ completion: @escaping @Sendable (BackEndSessionState) -> Void
    ) {
        look(at: token, at: baseURL) { answer in
            switch answer {
            case .active: completion(.active)
            case .expired: completion(.expired)
            case .unavailable: completion(.unavailable)
            }
        }
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
