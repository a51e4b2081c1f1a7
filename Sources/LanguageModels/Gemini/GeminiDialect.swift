package import JSON
package import Ports
package import Primitives

/// Gemini's `streamGenerateContent` with server-sent events and an API key. Source: python-genai of 2026-08.
package struct GeminiDialect: ProviderDialect {
    package struct Configuration: Sendable {
        package var model: String
        package var key: Secret
        /// Without a slash at the end; `/models/{model}:streamGenerateContent` is added.
        package var baseURL = "https://generativelanguage.googleapis.com/v1beta"
        package var timeouts = ProviderTimeouts()

        package init(model: String, key: Secret) {
            self.model = model
            self.key = key
        }
    }

    private let configuration: Configuration

    package init(_ configuration: Configuration) { self.configuration = configuration }

    package var provider: String { "gemini" }
    package var model: String { configuration.model }
    package var isConfigured: Bool { !configuration.key.isEmpty && !configuration.model.isEmpty }
    package var timeouts: ProviderTimeouts { configuration.timeouts }

    package func parts(of request: ModelRequest) -> ProviderRequest {
        ProviderRequest(
            url: "\(configuration.baseURL)/models/\(model):streamGenerateContent?alt=sse",
            headers: [
                ("x-goog-api-key", configuration.key.reveal()), ("Content-Type", "application/json"),
                ("Accept", "text/event-stream"),
            ],
            body: body(request).bytes)
    }

    package func decoder(for request: ModelRequest, limits: ReplyLimits) -> ReplyStreamDecoder {
        let reply = ReplyState(
            provider: provider, model: model, estimatedInputTokens: TokenEstimate.inputTokens(of: request),
            limits: limits)
        return ReplyStreamDecoder(GeminiReplyDecoder(reply: reply), limits: limits)
    }

    /// The request's body.
    package func body(_ request: ModelRequest) -> JSONValue {
        var body: JSONObject = [
            "contents": .array(TurnSequence(request.turns).messages.map(Self.content)),
            "generationConfig": [
                "temperature": .double(request.temperature),
                "maxOutputTokens": .integer(Int64(request.maxOutputTokens)),
            ],
        ]
        if !request.system.isEmpty { body["systemInstruction"] = ["parts": [["text": .string(request.system)]]] }
        if !request.tools.isEmpty {
            body["tools"] = [["functionDeclarations": .array(request.tools.map(Self.declaration))]]
            body["toolConfig"] = ["functionCallingConfig": ["mode": "AUTO"]]
        }
        return .object(body)
    }

    private static func content(_ message: TurnSequence.Message) -> JSONValue {
        var parts: [JSONValue] = message.results.map {
            ["functionResponse": ["name": .string($0.name), "response": response($0.content)]]
        }
        parts += message.texts.map { ["text": .string($0)] }
        parts += message.calls.map { call in
            let arguments = JSONValue(whole: call.arguments).flatMap { $0.object == nil ? nil : $0 }
            var part: JSONObject = [
                "functionCall": ["name": .string(call.name), "args": arguments ?? .object(JSONObject())]
            ]
            part["thoughtSignature"] = call.signature.map(JSONValue.string)
            return .object(part)
        }
        return ["role": message.isModel ? "model" : "user", "parts": .array(parts)]
    }

    /// The API takes objects only.
    private static func response(_ content: String) -> JSONValue {
        guard let value = JSONValue(whole: content) else { return ["result": .string(content)] }
        return value.object == nil ? ["result": value] : value
    }

    private static func declaration(_ tool: ModelTool) -> JSONValue {
        var declaration: JSONObject = ["name": .string(tool.name), "description": .string(tool.description)]
        // An object without properties is refused; a function without parameters is not.
        if tool.parameters["properties"]?.object?.members.isEmpty == false {
            declaration["parameters"] = OpenAPISchema.translate(tool.parameters)
        }
        return .object(declaration)
    }
}
