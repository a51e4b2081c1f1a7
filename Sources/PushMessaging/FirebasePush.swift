internal import Authentication
package import HTTPClient
package import Ports
internal import Primitives
internal import Reactor

/// Pushes through one project of Firebase Cloud Messaging. Confined to its client's loop.
///
/// One access token for all: it is asked for when the first push needs it, and again when it grows old or does not count any more.
package final class FirebasePush: PushService, @unchecked Sendable {
    /// Pushes that wait for an access token.
    package static let maxWaiting = 1_024

    private struct Waiting {
        let message: PushMessage
        /// Its token was refused before.
        let isSecond: Bool
        let completion: @Sendable (PushAnswer) -> Void
    }

    private let client: HTTPClient
    private let firebase: FirebaseMessaging
    private var token: FirebaseMessaging.AccessToken?
    private var waiting: [Waiting] = []
    private var isAsking = false

    package init(client: HTTPClient, _ configuration: FirebaseMessaging.Configuration) {
        self.client = client
        firebase = FirebaseMessaging(configuration)
    }

    package func push(_ message: PushMessage, _ completion: @escaping @Sendable (PushAnswer) -> Void) {
        client.loop.preconditionOnLoop()
        push(Waiting(message: message, isSecond: false, completion: completion))
    }

    private var now: Timestamp { client.loop.time.wallClock }

    private func push(_ push: Waiting) {
        if let token, token.freshUntil > now { return send(push, token) }
        guard waiting.count < Self.maxWaiting else { return push.completion(.unavailable(retryAfter: nil)) }
        waiting.append(push)
        askForToken()
    }

    private func askForToken() {
        guard !isAsking else { return }
        let request: HTTPClientRequest
        do throws(KeyFailure) { request = try firebase.tokenRequest(at: now) } catch { return release(.refused) }
        isAsking = true
        client.collect(request) { [self] result in
            isAsking = false
            switch result {
            case .failure: release(.unavailable(retryAfter: nil))
            case .success(let response):
                token = firebase.accessToken(response, at: now)
                guard let token else {
                    let isOurs = (400..<500).contains(response.head.status) && response.head.status != 429
                    return release(isOurs ? .refused : .unavailable(retryAfter: nil))
                }
                let ready = waiting
                waiting = []
                for push in ready { send(push, token) }
            }
        }
    }

    /// Nobody gets a token.
    private func release(_ answer: PushAnswer) {
        let lost = waiting
        waiting = []
        for push in lost { push.completion(answer) }
    }

    private func send(_ push: Waiting, _ token: FirebaseMessaging.AccessToken) {
        client.collect(firebase.send(push.message, with: token, at: now)) { [self] result in
            switch result {
            case .failure(.invalidRequest): push.completion(.refused)
            case .failure: push.completion(.unavailable(retryAfter: nil))
            case .success(let response):
                switch firebase.answer(response) {
                case .settled(let answer): push.completion(answer)
                case .unauthenticated:
                    if self.token?.secret == token.secret { self.token = nil }
                    // A new token that does not count either is no passing trouble.
                    guard !push.isSecond else { return push.completion(.refused) }
                    self.push(Waiting(message: push.message, isSecond: true, completion: push.completion))
                }
            }
        }
    }
}
