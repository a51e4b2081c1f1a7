internal import HTTPClient
internal import Primitives
internal import Reactor

/// Asks a provider for its list of models: is it there, and does it accept the key? Costs nothing.
struct ProviderCheck {
    let name: String
    let provider: Configuration.Provider

    enum Outcome: Sendable, Equatable {
        case fine
        case wrong(String)
    }

    func run(on client: HTTPClient) -> Outcome {
        let (url, headers) = question
        return client.loop.await { done in
            let request = HTTPClientRequest(
                url: url, headers: headers,
                timeouts: HTTPTimeouts(
                    connect: .seconds(3), firstByte: .seconds(5), idle: .seconds(5), total: .seconds(8)))
            client.collect(request) { result in
                switch result {
                case .success(let response): done(Self.judge(response.head.status))
                case .failure(let failure): done(.wrong("no answer (\(failure.name))"))
                }
            }
        }
    }

    private var question: (url: String, headers: [(name: String, value: String)]) {
        let key = provider.key.reveal()
        return switch name {
        case "anthropic":
            (provider.baseURL + "/v1/models", [("x-api-key", key), ("anthropic-version", "2023-06-01")])
        case "gemini": (provider.baseURL + "/models", [("x-goog-api-key", key)])
        default: (provider.baseURL + "/models", [("Authorization", "Bearer " + key)])
        }
    }

    private static func judge(_ status: Int) -> Outcome {
        switch status {
        case 200..<300: .fine
        // Gemini says 400 to a key that it does not know.
        case 400, 401, 403: .wrong("the key is not accepted (HTTP \(status))")
        case 404: .wrong("there is no such API at its base URL (HTTP 404)")
        case 429: .wrong("the quota is used up (HTTP 429)")
        default: .wrong("it answers HTTP \(status)")
        }
    }
}
