internal import HTTPClient
internal import JSON
internal import Primitives
internal import Reactor

/// Carries webhooks to the server, as the companies do. Confined to the stand-ins' loop.
final class WebhookPost {
    /// Bytes of the server's answer that are read.
    static let maxAnswerBytes = 64 * 1024
    /// How long the server may take. LINE counts an error after about two seconds, but tells nobody how long it waits.
    static let maxWait = Duration.seconds(30)

    struct Outcome {
        /// 0 without an answer.
        let status: Int
        /// Why there is none.
        let failure: String?
        let duration: Duration

        var json: JSONObject {
            var members: JSONObject = [
                "status": .integer(Int64(status)), "ms": .double((duration.inSeconds * 100_000).rounded() / 100),
            ]
            if let failure { members["failure"] = .string(failure) }
            return members
        }
    }

    private let loop: EventLoop
    private let userAgent: String
    private let authoritiesPath: String?
    private var client: HTTPClient?

    init(loop: EventLoop, userAgent: String, authoritiesPath: String?) {
        self.loop = loop
        self.userAgent = userAgent
        self.authoritiesPath = authoritiesPath
    }

    /// - Parameter headers: those that prove where it comes from.
    func send(
        _ body: [UInt8], to url: String, headers: [(String, String)], _ completion: @escaping (Outcome) -> Void
    ) {
        guard let client = connected() else {
            return completion(Outcome(status: 0, failure: "no HTTP client", duration: .zero))
        }
        var request = HTTPClientRequest(
            method: .post, url: url,
            headers: [("Content-Type", "application/json; charset=utf-8")] + headers, body: body,
            maxBodyBytes: Self.maxAnswerBytes)
        request.timeouts = HTTPTimeouts(firstByte: Self.maxWait, total: Self.maxWait)
        let start = loop.time.now
        client.collect(request) { [loop] result in
            let duration = loop.time.now.since(start)
            switch result {
            case .success(let response):
                completion(Outcome(status: response.head.status, failure: nil, duration: duration))
            case .failure(let failure):
                completion(Outcome(status: 0, failure: failure.name, duration: duration))
            }
        }
    }

    /// Made for the first webhook.
    private func connected() -> HTTPClient? {
        if let client { return client }
        var configuration = HTTPClient.Configuration()
        configuration.userAgent = userAgent
        configuration.authoritiesPath = authoritiesPath
        do throws(HTTPClientFailure) { client = try HTTPClient(loop: loop, configuration: configuration) } catch {
            return nil
        }
        return client
    }
}
