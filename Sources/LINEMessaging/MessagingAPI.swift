package import HTTPClient
internal import JSON
package import Primitives

/// The requests of one channel (LINE Messaging API, line-openapi of 2026-07-01). Pure: `HTTPClient` sends them, and the types
/// that read the answers stand beside.
package struct MessagingAPI: Sendable {
    package struct Configuration: Sendable {
        package var accessToken: Secret
        /// Everything but content. Without a slash at the end.
        package var baseURL = "https://api.line.me"
        /// Content only; the two hosts do not answer for each other.
        package var contentBaseURL = "https://api-data.line.me"
        package var timeouts = HTTPTimeouts()
        /// Of a JSON answer; the longest that we ask for is a profile.
        package var maxAnswerBytes = 256 * 1024
        /// Of a message's content: the largest slip image that providers take.
        package var maxContentBytes = 4 * 1024 * 1024

        package init(accessToken: Secret) { self.accessToken = accessToken }
    }

    private let configuration: Configuration

    package init(_ configuration: Configuration) { self.configuration = configuration }

    /// Answers an event; free of charge. The token works once, within a minute of the webhook. There is no retry key: when it
    /// is not clear what became of it, the same reply may be tried again, and `invalidReplyToken` then says nothing. On a
    /// connection of its own: a repetition by libcurl would find the token used, as if nobody had been answered.
    package func reply(_ messages: OutgoingMessages, token: String) -> HTTPClientRequest {
        var request = post("/v2/bot/message/reply", ["replyToken": .string(token), "messages": messages.json])
        request.needsFreshConnection = true
        return request
    }

    /// Sends to a user, group or room; counts against the month's quota. The key stands on the first attempt, too.
    package func push(_ messages: OutgoingMessages, to destination: String, key: RetryKey) -> HTTPClientRequest {
        var request = post("/v2/bot/message/push", ["to": .string(destination), "messages": messages.json])
        request.headers.append(("X-Line-Retry-Key", key.text))
        return request
    }

    /// Shows that something is under way, until the next message or so long: a multiple of 5 s from 5 to 60, to which
    /// `seconds` is brought. In a chat with one user only.
    package func showLoading(user: String, seconds: Int) -> HTTPClientRequest {
        let step = 5
        let whole = (min(max(seconds, step), 60) + step - 1) / step * step
        return post("/v2/bot/chat/loading/start", ["chatId": .string(user), "loadingSeconds": .integer(Int64(whole))])
    }

    /// The bytes of an image, video, audio or file message whose provider is LINE.
    package func content(message: String) -> HTTPClientRequest {
        var request = get(
            "/v2/bot/message/\(PercentEncoding.segment(message))/content", host: configuration.contentBaseURL)
        request.maxBodyBytes = configuration.maxContentBytes
        return request
    }

    package func profile(user: String) -> HTTPClientRequest { get("/v2/bot/profile/\(PercentEncoding.segment(user))") }

    /// How many messages the month allows.
    package func quota() -> HTTPClientRequest { get("/v2/bot/message/quota") }

    /// How many of them are used, about.
    package func consumption() -> HTTPClientRequest { get("/v2/bot/message/quota/consumption") }

    private func get(_ path: String, host: String? = nil) -> HTTPClientRequest {
        HTTPClientRequest(
            method: .get, url: (host ?? configuration.baseURL) + path, headers: [authorization],
            timeouts: configuration.timeouts, maxBodyBytes: configuration.maxAnswerBytes)
    }

    private func post(_ path: String, _ body: JSONValue) -> HTTPClientRequest {
        HTTPClientRequest(
            method: .post, url: configuration.baseURL + path,
            headers: [authorization, ("Content-Type", "application/json")], body: body.bytes,
            timeouts: configuration.timeouts, maxBodyBytes: configuration.maxAnswerBytes)
    }

    private var authorization: (name: String, value: String) {
        ("Authorization", "Bearer \(configuration.accessToken.reveal())")
    }
}
