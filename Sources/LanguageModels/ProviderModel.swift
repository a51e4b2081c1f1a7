package import HTTPClient
package import Ports
internal import Reactor

/// A model behind one provider's API. One instance a loop.
///
/// Sendable because every entry point demands the client's loop (`preconditionOnLoop`).
package final class ProviderModel: LanguageModel, @unchecked Sendable {
    private let client: HTTPClient
    private let dialect: any ProviderDialect
    private let limits: ReplyLimits

    package init(client: HTTPClient, dialect: any ProviderDialect, limits: ReplyLimits = ReplyLimits()) {
        self.client = client
        self.dialect = dialect
        self.limits = limits
    }

    package var model: String { dialect.model }
    /// For metrics and usage records.
    package var provider: String { dialect.provider }

    package func stream(_ request: ModelRequest, _ receive: @escaping (ModelEvent) -> Void) -> any ModelStream {
        client.loop.preconditionOnLoop()
        let stream = ProviderStream(
            loop: client.loop, decoder: dialect.decoder(for: request, limits: limits), limits: limits, receive)
        guard dialect.isConfigured else {
            client.loop.afterwards { stream.receive(failure: .permanent(.notConfigured)) }
            return stream
        }
        let parts = dialect.parts(of: request)
        let timeouts = HTTPTimeouts(
            connect: dialect.timeouts.connect, firstByte: dialect.timeouts.firstByte, idle: dialect.timeouts.idle,
            total: request.timeout)
        stream.transfer = client.start(
            HTTPClientRequest(
                method: .post, url: parts.url, headers: parts.headers, body: parts.body, timeouts: timeouts,
                maxBodyBytes: limits.maxBodyBytes)
        ) { [stream] in stream.receive($0) }
        return stream
    }
}
