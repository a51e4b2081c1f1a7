package import Domain
internal import HTTPClient
internal import Ports
internal import Primitives
internal import Reactor

extension LineAccountAdapter {
    package func loadAccounts(_ completion: @escaping @Sendable (AccountsAnswer) -> Void) {
        loop.preconditionOnLoop()
        guard let session else { return answer(.adminExpired, completion) }
        let source = TenantAccounts.Source(
            tenant: address.tenant, baseURL: session.baseURL, token: session.token)
        let joined = accounts.join(source, on: loop) { [self] listed in
            if !isClosed { completion(accountsAnswer(listed, to: session)) }
        }
        switch joined {
        case .leads: load(source)
        case .waits: break
        case .refused: answer(.unavailable, completion)
        }
    }

    /// For everybody who waits, so it goes on when this session is let go.
    private func load(_ source: TenantAccounts.Source) {
        let api = BackEndAPI(baseURL: source.baseURL, token: source.token, limits: limits)
        client.collect(api.accounts()) { [accounts, limits, loop] result in
            let answer =
                switch result {
                case .success(let response): BackEndAnswers(limits: limits).accounts(response)
                case .failure: AccountListAnswer.unavailable
                }
            accounts.finish(source, answer, at: loop.time.wallClock)
        }
    }

    private func accountsAnswer(_ answer: AccountListAnswer, to session: BackEndSession) -> AccountsAnswer {
        switch answer {
        case .listed:
            // As it is kept: a newer one may have come, and the mappings may have changed.
            guard let list = settings.flatMap({ accounts.list(for: $0) }) else { return .unavailable }
            return .loaded(list)
        case .unavailable: return .unavailable
        case .expired: return isExpired(session) ? .adminExpired : .unavailable
        }
    }

    package func searchUsers(_ sender: SlipParty, _ completion: @escaping @Sendable (UsersAnswer) -> Void) {
        loop.preconditionOnLoop()
        guard let session else { return answer(.adminExpired, completion) }
        guard let request = session.api(limits).users(sender) else { return answer(.found([]), completion) }
        send(request) { [self] result in
            guard case .success(let response) = result else { return completion(.unavailable) }
            let answer = BackEndAnswers(limits: limits).users(response)
            completion(answer != .adminExpired || isExpired(session) ? answer : .unavailable)
        }
    }

    package func submit(
        _ order: CreditOrder, transaction: String, _ completion: @escaping @Sendable (CreditAnswer) -> Void
    ) {
        loop.preconditionOnLoop()
        guard let session else { return answer(.adminExpired, completion) }
        send(session.api(limits).submit(order, transaction: transaction)) { [self] result in
            switch result {
            case .success(let response):
                let answer = BackEndAnswers(limits: limits).credit(response, to: order)
                // A session that was replaced meanwhile: nothing was made, as if nothing had been sent.
                completion(answer != .adminExpired || isExpired(session) ? answer : .unsent)
            case .failure(let failure): completion(BackEndAnswers(limits: limits).credit(failure))
            }
        }
    }

    package func ask(_ order: CreditOrder, _ completion: @escaping @Sendable (CreditAskAnswer) -> Void) {
        loop.preconditionOnLoop()
        guard let session else { return answer(.adminExpired, completion) }
        send(session.api(limits).credit(order)) { [self] result in
            guard case .success(let response) = result else { return completion(.unclear) }
            let answer = BackEndAnswers(limits: limits).asked(response, about: order)
            completion(answer != .adminExpired || isExpired(session) ? answer : .unclear)
        }
    }

    // MARK: The administrator's session

    /// Where and in whose name a call is made.
    struct BackEndSession: Equatable, Sendable {
        let baseURL: String
        let token: Secret

        func api(_ limits: BackEndLimits) -> BackEndAPI { BackEndAPI(baseURL: baseURL, token: token, limits: limits) }
    }

    /// nil when there is no tenant, or nobody is logged in for it.
    private var session: BackEndSession? {
        guard let settings, let row = settings.adminSession, row.status == .active, !row.token.isEmpty else {
            return nil
        }
        return BackEndSession(baseURL: settings.tenant.apiBaseURL, token: row.token)
    }

    /// The back end has refused `session`. False when there is another one by now: then the call may be made again in its name,
    /// and nobody has to log in. Else the store hears of it.
    private func isExpired(_ session: BackEndSession) -> Bool {
        let current = self.session
        guard current == nil || current == session else { return false }
        if current != nil { reportExpired(address.tenant) }
        return true
    }
}
