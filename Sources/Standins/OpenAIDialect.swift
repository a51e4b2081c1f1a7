internal import HTTP1
internal import JSON

/// Chat Completions (platform.openai.com/docs/api-reference/chat).
struct OpenAIDialect: ModelDialect {
    let name = "openai"

    func read(_ request: HTTPRequest, path: Substring) -> Result<ModelCall, HTTPRefusal> {
        guard path == "/v1/chat/completions" else {
            return .failure(HTTPRefusal(status: 404, message: "Invalid URL (\(request.method.token) \(path))"))
        }
        guard request.method == .post else {
            return .failure(HTTPRefusal(status: 405, message: "Not allowed to \(request.method.token) on \(path)."))
        }
        guard let bearer = request.headers.first("Authorization"), bearer.hasPrefix("Bearer "), bearer.count > 7 else {
            return .failure(HTTPRefusal(status: 401, message: "You didn't provide an API key."))
        }
        return Self.body(request).flatMap { json in
            guard let model = json["model"]?.string else {
                return .failure(HTTPRefusal(status: 400, message: "you must provide a model parameter"))
            }
            guard let messages = json["messages"]?.array, !messages.isEmpty else {
                return .failure(HTTPRefusal(status: 400, message: "Missing required parameter: 'messages'."))
            }
            let text = messages.map { Self.text($0["content"]) }
            return .success(
                ModelCall(
                    model: model,
                    system: messages.first { $0["role"]?.string == "system" || $0["role"]?.string == "developer" }
                        .map { Self.text($0["content"]) } ?? "",
                    question: messages.last { $0["role"]?.string == "user" }.map { Self.text($0["content"]) } ?? "",
                    followsToolResult: messages.last?["role"]?.string == "tool",
                    toolNames: (json["tools"]?.array ?? []).compactMap { $0["function"]?["name"]?.string },
                    streams: json["stream"]?.bool ?? false,
                    includesUsage: json["stream_options"]?["include_usage"]?.bool ?? false,
                    inputTokens: text.reduce(0) { $0 + Self.tokens($1) + 4 },
                    maxTokens: (json["max_completion_tokens"] ?? json["max_tokens"])?.integer.map(Int.init)))
        }
    }

    private static func chunk(_ call: ModelCall, _ id: String, _ choices: [JSONValue], usage: JSONValue? = nil)
        -> JSONValue
    {
        var members: JSONObject = [
            "id": .string("chatcmpl-" + id), "object": "chat.completion.chunk", "created": 1_795_230_000,
            "model": .string(call.model), "system_fingerprint": "fp_standin", "choices": .array(choices),
        ]
        if call.includesUsage { members["usage"] = usage ?? .null }
        return .object(members)
    }

    private static func choice(_ delta: JSONValue, finish: String? = nil) -> JSONValue {
        ["index": 0, "delta": delta, "logprobs": nil, "finish_reason": JSONValue(finish)]
    }

    private static func finish(_ reason: String) -> String { reason == "tool" ? "tool_calls" : reason }

    private static func usage(_ call: ModelCall, _ output: Int) -> JSONValue {
        [
            "prompt_tokens": .integer(Int64(call.inputTokens)), "completion_tokens": .integer(Int64(output)),
            "total_tokens": .integer(Int64(call.inputTokens + output)),
            "prompt_tokens_details": ["cached_tokens": 0, "audio_tokens": 0],
            "completion_tokens_details": [
                "reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            ],
        ]
    }

    func stream(_ piece: ModelPiece, _ call: ModelCall, id: String) -> [UInt8] {
        switch piece {
        case .begin:
            return Self.events((nil, Self.chunk(call, id, [Self.choice(["role": "assistant", "content": ""])])))
        case .text(let text): return Self.events((nil, Self.chunk(call, id, [Self.choice(["content": .string(text)])])))
        case .tool(let tool):
            let head: JSONValue = [
                "tool_calls": [
                    [
                        "index": 0, "id": .string("call_" + id), "type": "function",
                        "function": ["name": .string(tool.name), "arguments": ""],
                    ]
                ]
            ]
            let middle = tool.arguments.index(tool.arguments.startIndex, offsetBy: tool.arguments.count / 2)
            func part(_ text: Substring) -> JSONValue {
                ["tool_calls": [["index": 0, "function": ["arguments": .string(String(text))]]]]
            }
            return Self.events(
                (nil, Self.chunk(call, id, [Self.choice(head)])),
                (nil, Self.chunk(call, id, [Self.choice(part(tool.arguments[..<middle]))])),
                (nil, Self.chunk(call, id, [Self.choice(part(tool.arguments[middle...]))])))
        case .end(let reason, let output):
            var out = Self.events((nil, Self.chunk(call, id, [Self.choice([:], finish: Self.finish(reason))])))
            if call.includesUsage {
                out += Self.events((nil, Self.chunk(call, id, [], usage: Self.usage(call, output))))
            }
            return out + Array("data: [DONE]\n\n".utf8)
        }
    }

    func answer(
        _ text: String, tool: ModelBehaviour.ToolCall?, reason: String, outputTokens: Int, _ call: ModelCall, id: String
    ) -> JSONValue {
        var message: JSONObject = ["role": "assistant", "content": tool == nil ? .string(text) : .null, "refusal": nil]
        if let tool {
            message["tool_calls"] = [
                [
                    "id": .string("call_" + id), "type": "function",
                    "function": ["name": .string(tool.name), "arguments": .string(tool.arguments)],
                ]
            ]
        }
        return [
            "id": .string("chatcmpl-" + id), "object": "chat.completion", "created": 1_795_230_000,
            "model": .string(call.model),
            "choices": [
                [
                    "index": 0, "message": .object(message), "logprobs": nil,
                    "finish_reason": .string(Self.finish(reason)),
                ]
            ],
            "usage": Self.usage(call, outputTokens),
        ]
    }

    func error(_ status: Int, _ message: String) -> JSONValue {
        let (type, code): (String, JSONValue) =
            switch status {
            case 401: ("invalid_request_error", "invalid_api_key")
            case 404: ("invalid_request_error", "model_not_found")
            case 429: ("requests", "rate_limit_exceeded")
            case 500...: ("server_error", nil)
            default: ("invalid_request_error", nil)
            }
        return ["error": ["message": .string(message), "type": .string(type), "param": nil, "code": code]]
    }
}
