package import Ports
internal import Primitives
package import Reactor

/// Providers in order of preference, as one model: until the first token a failure moves on to the next one; after it the
/// reply is that provider's. One instance a loop.
///
/// Sendable because every entry point demands the loop's own thread (`preconditionOnLoop`).
package final class ModelChain: LanguageModel, @unchecked Sendable {
    package struct Member: Sendable {
        package let provider: String
        package let model: any LanguageModel

        package init(provider: String, model: any LanguageModel) {
            self.provider = provider
            self.model = model
        }

        package init(_ model: ProviderModel) { self.init(provider: model.provider, model: model) }
    }

    let loop: EventLoop
    let members: [Member]
    let configuration: Configuration
    var health: [ProviderHealth]

    /// On any thread. Without members every request fails with `notConfigured`.
    package init(loop: EventLoop, members: [Member], configuration: Configuration = Configuration()) {
        self.loop = loop
        self.members = members
        self.configuration = configuration
        health = members.map { _ in
            ProviderHealth(
                maxFailures: configuration.maxFailures, window: configuration.failureWindow,
                openTime: configuration.openTime)
        }
    }

    package var model: String { members.first?.model.model ?? "" }

    /// True when at least one provider could be asked right now: for readiness.
    package var isAvailable: Bool {
        loop.preconditionOnLoop()
        let now = loop.time.now
        return health.contains { $0.availability(at: now) == .available }
    }

    package func stream(_ request: ModelRequest, _ receive: @escaping (ModelEvent) -> Void) -> any ModelStream {
        loop.preconditionOnLoop()
        let stream = ChainStream(chain: self, request: request, receive)
        loop.afterwards { stream.begin() }
        return stream
    }
}
