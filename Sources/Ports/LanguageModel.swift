package import JSON

/// One step of what a model is shown.
package enum ModelTurn: Sendable, Equatable {
    case user(String)
    case assistant(String)
    /// The model asked for a tool …
    case toolCall(ModelToolCall)
    /// … and this is what the tool said (JSON or plain text).
    case toolResult(id: String, name: String, content: String)
}

package struct ModelToolCall: Sendable, Equatable {
    /// The provider's id; made up by the adapter where the provider has none (Gemini).
    package let id: String
    package let name: String
    /// Whole; JSON text that may still be invalid (a model wrote it). A property that the schema does not require may be
    /// `null` instead of absent.
    package let arguments: String
    /// Opaque text that the provider wants back with the call in the next request (Gemini's `thoughtSignature`).
    package let signature: String?

    package init(id: String, name: String, arguments: String, signature: String? = nil) {
        self.id = id
        self.name = name
        self.arguments = arguments
        self.signature = signature
    }
}

/// A tool in neutral form: `parameters` is a JSON Schema object with lower-case types; adapters translate.
package struct ModelTool: Sendable, Equatable {
    package let name: String
    package let description: String
    package let parameters: JSONValue

    package init(name: String, description: String, parameters: JSONValue) {
        self.name = name
        self.description = description
        self.parameters = parameters
    }
}

package struct ModelRequest: Sendable, Equatable {
    package var system: String
    package var turns: [ModelTurn]
    package var temperature: Double
    package var maxOutputTokens: Int
    package var tools: [ModelTool]
    /// From the call to the end of the reply.
    package var timeout: Duration

    package init(
        system: String, turns: [ModelTurn], temperature: Double, maxOutputTokens: Int, tools: [ModelTool],
        timeout: Duration
    ) {
        self.system = system
        self.turns = turns
        self.temperature = temperature
        self.maxOutputTokens = maxOutputTokens
        self.tools = tools
        self.timeout = timeout
    }
}

package struct ModelUsage: Sendable, Equatable {
    package var provider: String
    package var model: String
    package var inputTokens: Int64
    package var outputTokens: Int64
    /// False: the provider never said (a cut stream), the figures are our estimate.
    package var isReported: Bool

    package init(provider: String, model: String, inputTokens: Int64, outputTokens: Int64, isReported: Bool) {
        self.provider = provider
        self.model = model
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.isReported = isReported
    }
}

package enum ModelFinish: String, Sendable, Equatable {
    case stop, length, toolCalls = "tool_calls", filtered = "content_filter"
}

/// What a provider's failure means for us.
package enum ProviderFailure: Error, Sendable, Equatable {
    /// Trying again, or elsewhere, may help.
    case transient(ProviderFault, retryAfter: Duration?)
    /// It will not.
    case permanent(ProviderFault)
}

/// Says what went wrong without a word of the provider's own text (which may quote the conversation).
package enum ProviderFault: String, Sendable, Equatable {
    case unreachable, timeout, serverError, overloaded, rateLimited, quota, badCredentials, badRequest, notFound
    case policy, protocolViolation, cutOff, notConfigured
}

/// What a model sends back, in order: any number of `text` and `toolCall`, then exactly one `finished` or `failed`.
package enum ModelEvent: Sendable, Equatable {
    case text(String)
    case toolCall(ModelToolCall)
    case finished(ModelFinish, ModelUsage)
    /// `usage` as far as known: what was consumed until then.
    case failed(ProviderFailure, ModelUsage?)
}

/// Something under way that can be stopped.
package protocol Cancellation: AnyObject {
    /// Stops it at once; nothing is reported after this. Idempotent.
    func cancel()
}

/// A reply under way. After `cancel()` it still says what was consumed, so that a cancelled reply can be recorded.
package protocol ModelStream: Cancellation {
    /// What the reply has cost so far; nil while no provider has accepted the request. Until the provider has given its own
    /// figures they are estimated and `isReported` is false.
    var usageSoFar: ModelUsage? { get }
}

/// A model behind a provider's API, or an ordered chain of them. One instance a loop; confined to it.
package protocol LanguageModel: AnyObject, Sendable {
    /// The model that is tried first, for `reply.started`.
    var model: String { get }

    /// Streams one reply. `receive` runs on the loop, never inside this call.
    func stream(_ request: ModelRequest, _ receive: @escaping (ModelEvent) -> Void) -> any ModelStream
}
