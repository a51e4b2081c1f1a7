internal import HTTPClient
internal import LanguageModels
internal import Ports
internal import Primitives
internal import Reactor

/// Builds the chain of language models that a loop's advisors speak through.
enum Advisors {
    /// The configured providers in their configured order. On the client's loop.
    static func chain(_ configuration: Configuration, client: HTTPClient) -> ModelChain {
        var members: [ModelChain.Member] = []
        for name in configuration.providerOrder {
            guard let dialect = dialect(name, configuration) else { continue }
            members.append(ModelChain.Member(ProviderModel(client: client, dialect: dialect)))
        }
        return ModelChain(loop: client.loop, members: members)
    }

    private static func dialect(_ name: String, _ configuration: Configuration) -> (any ProviderDialect)? {
        switch name {
        case "openai":
            configuration.openai.map { provider in
                var settings = OpenAIDialect.Configuration(model: provider.model, key: provider.key)
                settings.baseURL = provider.baseURL
                return OpenAIDialect(settings)
            }
        case "anthropic":
            configuration.anthropic.map { provider in
                var settings = AnthropicDialect.Configuration(model: provider.model, key: provider.key)
                settings.baseURL = provider.baseURL
                return AnthropicDialect(settings)
            }
        case "gemini":
            configuration.gemini.map { provider in
                var settings = GeminiDialect.Configuration(model: provider.model, key: provider.key)
                settings.baseURL = provider.baseURL
                return GeminiDialect(settings)
            }
        default: nil
        }
    }
}
