internal import HTTPClient
internal import LanguageModels
internal import Ports
internal import Primitives
internal import Reactor

/// Builds the chain of language models that a loop's advisors speak through.
enum Advisors {
    static func chain(_ configuration: Configuration, client: HTTPClient, random: any RandomSource) -> any LanguageModel
    {
        Unconfigured(loop: client.loop)
    }
}

private final class Unconfigured: LanguageModel, @unchecked Sendable {
    let loop: EventLoop
    init(loop: EventLoop) { self.loop = loop }
    var model: String { "none" }
    final class Stream: ModelStream { func cancel() {}; var usageSoFar: ModelUsage? { nil } }
    func stream(_ request: ModelRequest, _ receive: @escaping (ModelEvent) -> Void) -> any ModelStream {
        loop.afterwards { receive(.failed(.permanent(.notConfigured), nil)) }
        return Stream()
    }
}
