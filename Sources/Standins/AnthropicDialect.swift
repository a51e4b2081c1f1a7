internal import HTTP1
internal import JSON

/// Messages (docs.anthropic.com/en/api/messages-streaming).
struct AnthropicDialect: ModelDialect {
    let name = "anthropic"

    func read(_ request: HTTPRequest, path: Substring) -> Result<ModelCall, HTTPRefusal> {
        guard path == "/v1/messages", request.method == .post else {
            return .failure(HTTPRefusal(status: 404, message: "Not found"))
        }
        guard request.headers.first("x-api-key")?.isEmpty == false || request.headers.first("Authorization") != nil
        else {
            return .failure(HTTPRefusal(status: 401, message: "x-api-key header is required"))
        }
        guard request.headers.first("anthropic-version") != nil else {
            return .failure(HTTPRefusal(status: 400, message: "anthropic-version: header is required"))
        }
        return Self.body(request).flatMap { json in
            guard let model = json["model"]?.string else {
                return .failure(HTTPRefusal(status: 400, message: "model: Field required"))
            }
            guard let maxTokens = json["max_tokens"]?.integer, maxTokens > 0 else {
                return .failure(HTTPRefusal(status: 400, message: "max_tokens: Field required"))
            }
            guard let messages = json["messages"]?.array, messages.first?["role"]?.string == "user" else {
                return .failure(HTTPRefusal(status: 400, message: "messages: first message must use the \"user\" role"))
            }
            let last = messages.last?["content"]?.array?.last?["type"]?.string
            let system = Self.text(json["system"])
            return .success(
                ModelCall(
                    model: model, system: system,
                    question: messages.last { $0["role"]?.string == "user" && !Self.text($0["content"]).isEmpty }
                        .map { Self.text($0["content"]) } ?? "",
                    followsToolResult: last == "tool_result",
                    toolNames: (json["tools"]?.array ?? []).compactMap { $0["name"]?.string },
                    streams: json["stream"]?.bool ?? false, includesUsage: true,
                    inputTokens: messages.reduce(Self.tokens(system)) {
                        $0 + Self.tokens(Self.text($1["content"])) + 4
                    },
                    maxTokens: Int(maxTokens)))
        }
    }

    private static func stop(_ reason: String) -> String {
        switch reason {
        case "tool": "tool_use"
        case "length": "max_tokens"
        default: "end_turn"
        }
    }

    private static func usage(_ call: ModelCall, _ output: Int) -> JSONValue {
        [
            "input_tokens": .integer(Int64(call.inputTokens)), "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0, "output_tokens": .integer(Int64(output)), "service_tier": "standard",
        ]
    }

    func stream(_ piece: ModelPiece, _ call: ModelCall, id: String) -> [UInt8] {
        switch piece {
        case .begin:
            return Self.events(
                (
                    "message_start",
                    [
                        "type": "message_start",
                        "message": [
                            "id": .string("msg_" + id), "type": "message", "role": "assistant",
                            "model": .string(call.model), "content": [], "stop_reason": nil, "stop_sequence": nil,
                            "usage": Self.usage(call, 1),
                        ],
                    ]
                ),
                (
                    "content_block_start",
                    ["type": "content_block_start", "index": 0, "content_block": ["type": "text", "text": ""]]
                ), ("ping", ["type": "ping"]))
        case .text(let text):
            return Self.events(
                (
                    "content_block_delta",
                    [
                        "type": "content_block_delta", "index": 0,
                        "delta": ["type": "text_delta", "text": .string(text)],
                    ]
                ))
        case .tool(let tool):
            return Self.events(
                (
                    "content_block_start",
                    [
                        "type": "content_block_start", "index": 1,
                        "content_block": [
                            "type": "tool_use", "id": .string("toolu_" + id), "name": .string(tool.name), "input": [:],
                        ],
                    ]
                ),
                (
                    "content_block_delta",
                    [
                        "type": "content_block_delta", "index": 1,
                        "delta": ["type": "input_json_delta", "partial_json": ""],
                    ]
                ),
                (
                    "content_block_delta",
                    [
                        "type": "content_block_delta", "index": 1,
                        "delta": ["type": "input_json_delta", "partial_json": .string(tool.arguments)],
                    ]
                ), ("content_block_stop", ["type": "content_block_stop", "index": 1]))
        case .end(let reason, let output):
            return Self.events(
                ("content_block_stop", ["type": "content_block_stop", "index": 0]),
                (
                    "message_delta",
                    [
                        "type": "message_delta",
                        "delta": ["stop_reason": .string(Self.stop(reason)), "stop_sequence": nil],
                        "usage": ["output_tokens": .integer(Int64(output))],
                    ]
                ), ("message_stop", ["type": "message_stop"]))
        }
    }

    func answer(
        _ text: String, tool: ModelBehaviour.ToolCall?, reason: String, outputTokens: Int, _ call: ModelCall, id: String
    ) -> JSONValue {
        var content: [JSONValue] = []
        if !text.isEmpty { content.append(["type": "text", "text": .string(text)]) }
        if let tool {
            let input: JSONValue
            do { input = try JSONParser.parse(tool.arguments) } catch { input = [:] }
            content.append(
                ["type": "tool_use", "id": .string("toolu_" + id), "name": .string(tool.name), "input": input])
        }
        return [
            "id": .string("msg_" + id), "type": "message", "role": "assistant", "model": .string(call.model),
            "content": .array(content), "stop_reason": .string(Self.stop(reason)), "stop_sequence": nil,
            "usage": Self.usage(call, outputTokens),
        ]
    }

    func error(_ status: Int, _ message: String) -> JSONValue {
        let type =
            switch status {
            case 401: "authentication_error"
            case 403: "permission_error"
            case 404: "not_found_error"
            case 413: "request_too_large"
            case 429: "rate_limit_error"
            case 504: "timeout_error"
            case 529: "overloaded_error"
            case 500...: "api_error"
            default: "invalid_request_error"
            }
        return [
            "type": "error", "error": ["type": .string(type), "message": .string(message)], "request_id": "req_standin",
        ]
    }
}
