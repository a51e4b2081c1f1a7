package import JSON
package import Ports
package import Primitives

/// Anthropic's Messages API (`POST /v1/messages`, streamed), version 2023-06-01. Source: anthropic-sdk-python of 2026-08.
package struct AnthropicDialect: ProviderDialect {
    package struct Configuration: Sendable {
        package var model: String
        package var key: Secret
        /// Without a slash at the end; `/v1/messages` is added.
        package var baseURL = "https://api.anthropic.com"
        package var timeouts = ProviderTimeouts()

        package init(model: String, key: Secret) {
            self.model = model
            self.key = key
        }
    }

    private let configuration: Configuration

    package init(_ configuration: Configuration) { self.configuration = configuration }

    package var provider: String { "anthropic" }
    package var model: String { configuration.model }
    package var isConfigured: Bool { !configuration.key.isEmpty && !configuration.model.isEmpty }
    package var timeouts: ProviderTimeouts { configuration.timeouts }

    package func parts(of request: ModelRequest) -> ProviderRequest {
        ProviderRequest(
            url: configuration.baseURL + "/v1/messages",
            headers: [
                ("x-api-key", configuration.key.reveal()), ("anthropic-version", "2023-06-01"),
                ("Content-Type", "application/json"), ("Accept", "text/event-stream"),
            ],
            body: body(request).bytes)
    }

    package func decoder(for request: ModelRequest, limits: ReplyLimits) -> ReplyStreamDecoder {
        let reply = ReplyState(
            provider: provider, model: model, estimatedInputTokens: TokenEstimate.inputTokens(of: request),
            limits: limits)
        return ReplyStreamDecoder(AnthropicReplyDecoder(reply: reply), limits: limits)
    }

    /// The request's body.
    package func body(_ request: ModelRequest) -> JSONValue {
        var body: JSONObject = [
            "model": .string(model), "max_tokens": .integer(Int64(request.maxOutputTokens)),
            "messages": .array(TurnSequence(request.turns).messages.map(Self.message)), "stream": true,
            // The API's range ends at 1 where others' ends at 2.
            "temperature": .double(min(1, max(0, request.temperature))),
        ]
        if !request.system.isEmpty { body["system"] = .string(request.system) }
        if !request.tools.isEmpty {
            body["tools"] = .array(
                request.tools.map { tool in
                    [
                        "name": .string(tool.name), "description": .string(tool.description),
                        "input_schema": tool.parameters,
                    ]
                })
            body["tool_choice"] = ["type": "auto", "disable_parallel_tool_use": true]
        }
        return .object(body)
    }

    private static func message(_ message: TurnSequence.Message) -> JSONValue {
        var blocks: [JSONValue] = message.results.map {
            ["type": "tool_result", "tool_use_id": .string($0.id), "content": .string($0.content)]
        }
        // The API refuses text blocks of white space only.
        for text in message.texts {
            blocks.append(["type": "text", "text": .string(text.allSatisfy(\.isWhitespace) ? "…" : text)])
        }
        for call in message.calls {
            let input = JSONValue(whole: call.arguments).flatMap { $0.object == nil ? nil : $0 }
            blocks.append(
                [
                    "type": "tool_use", "id": .string(call.id), "name": .string(call.name),
                    "input": input ?? .object(JSONObject()),
                ])
        }
        return ["role": message.isModel ? "assistant" : "user", "content": .array(blocks)]
    }
}
