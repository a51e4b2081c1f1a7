package import JSON
package import Ports
package import Primitives

/// OpenAI's Chat Completions (`POST /chat/completions`, streamed), also spoken by many other vendors and local servers.
/// Source: openai-openapi `openapi.yaml` 2.3.0.
package struct OpenAIDialect: ProviderDialect {
    package struct Configuration: Sendable {
        package var model: String
        package var key: Secret
        /// Without a slash at the end.
        package var baseURL = "https://api.openai.com/v1"
        /// Under which name usage is recorded, for vendors that speak the dialect.
        package var provider = "openai"
        /// Some reasoning models refuse any temperature but their own.
        package var sendsTemperature = true
        package var timeouts = ProviderTimeouts()

        package init(model: String, key: Secret) {
            self.model = model
            self.key = key
        }
    }

    private let configuration: Configuration

    package init(_ configuration: Configuration) { self.configuration = configuration }

    package var provider: String { configuration.provider }
    package var model: String { configuration.model }
    package var isConfigured: Bool { !configuration.key.isEmpty && !configuration.model.isEmpty }
    package var timeouts: ProviderTimeouts { configuration.timeouts }

    package func parts(of request: ModelRequest) -> ProviderRequest {
        ProviderRequest(
            url: configuration.baseURL + "/chat/completions",
            headers: [
                ("Authorization", "Bearer " + configuration.key.reveal()), ("Content-Type", "application/json"),
                ("Accept", "text/event-stream"),
            ],
            body: body(request).bytes)
    }

    package func decoder(for request: ModelRequest, limits: ReplyLimits) -> ReplyStreamDecoder {
        let reply = ReplyState(
            provider: provider, model: model, estimatedInputTokens: TokenEstimate.inputTokens(of: request),
            limits: limits)
        return ReplyStreamDecoder(OpenAIReplyDecoder(reply: reply), limits: limits)
    }

    /// The request's body.
    package func body(_ request: ModelRequest) -> JSONValue {
        var body: JSONObject = [
            "model": .string(model), "messages": .array(messages(request)), "stream": true,
            "stream_options": ["include_usage": true],
            "max_completion_tokens": .integer(Int64(request.maxOutputTokens)),
        ]
        if configuration.sendsTemperature { body["temperature"] = .double(request.temperature) }
        if !request.tools.isEmpty {
            body["tools"] = .array(request.tools.map(Self.tool))
            body["tool_choice"] = "auto"
            body["parallel_tool_calls"] = false
        }
        return .object(body)
    }

    private func messages(_ request: ModelRequest) -> [JSONValue] {
        var messages: [JSONValue] = []
        if !request.system.isEmpty { messages.append(["role": "system", "content": .string(request.system)]) }
        for message in TurnSequence(request.turns).messages {
            if message.isModel {
                messages.append(Self.assistant(message))
                continue
            }
            // The answers come first: they must follow the calls at once.
            for result in message.results {
                messages.append(
                    ["role": "tool", "tool_call_id": .string(result.id), "content": .string(result.content)])
            }
            if !message.texts.isEmpty { messages.append(["role": "user", "content": .string(message.text)]) }
        }
        return messages
    }

    private static func assistant(_ message: TurnSequence.Message) -> JSONValue {
        var object: JSONObject = [
            "role": "assistant", "content": message.texts.isEmpty ? .null : .string(message.text),
        ]
        if !message.calls.isEmpty {
            object["tool_calls"] = .array(
                message.calls.map { call in
                    [
                        "id": .string(call.id), "type": "function",
                        "function": [
                            "name": .string(call.name),
                            "arguments": .string(call.arguments.isEmpty ? "{}" : call.arguments),
                        ],
                    ]
                })
        }
        return .object(object)
    }

    private static func tool(_ tool: ModelTool) -> JSONValue {
        [
            "type": "function",
            "function": [
                "name": .string(tool.name), "description": .string(tool.description),
                "parameters": StrictSchema.translate(tool.parameters), "strict": true,
            ],
        ]
    }
}
