internal import HTTPClient
internal import JSON
package import Ports
internal import Primitives

/// How one provider's API is spoken: requests out, streams and errors in. Pure; holds the configuration.
package protocol ProviderDialect: Sendable {
    /// `openai`, `anthropic`, `gemini`: for usage records and metrics.
    var provider: String { get }
    var model: String { get }
    /// False when there is no key or base URL: the model then fails with `notConfigured` without a call.
    var isConfigured: Bool { get }
    var timeouts: ProviderTimeouts { get }

    /// The request's parts; the caller adds the timeouts.
    func parts(of request: ModelRequest) -> ProviderRequest
    /// A fresh decoder for the answer to `request`.
    func decoder(for request: ModelRequest, limits: ReplyLimits) -> ReplyStreamDecoder
}

/// An HTTP request as a dialect makes it. Always a POST of JSON. Its description shows nothing: headers hold the key.
package struct ProviderRequest: Sendable, CustomStringConvertible, CustomReflectable {
    package let url: String
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]

    package var description: String { "provider request" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// How patient a provider's adapter is; the whole request's timeout comes with the request.
package struct ProviderTimeouts: Sendable {
    /// Until the request can be written. 3 s: a dead provider must leave time to ask the next.
    package var connect = Duration.seconds(3)
    /// Until the head of the answer. Providers send it before or with the first token.
    package var firstByte = Duration.seconds(12)
    /// The longest gap in the stream; providers that think longer send pings.
    package var idle = Duration.seconds(12)

    package init() {}
}
