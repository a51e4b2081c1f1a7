internal import HTTP1
internal import JSON

/// generateContent and streamGenerateContent (ai.google.dev/api/generate-content).
struct GeminiDialect: ModelDialect {
    let name = "gemini"

    func read(_ request: HTTPRequest, path: Substring) -> Result<ModelCall, HTTPRefusal> {
        let parts = path.split(separator: "/")
        guard request.method == .post, parts.count == 3, parts[0] == "v1beta" || parts[0] == "v1", parts[1] == "models",
            let colon = parts[2].lastIndex(of: ":")
        else { return .failure(HTTPRefusal(status: 404, message: "Requested entity was not found.")) }
        let method = parts[2][parts[2].index(after: colon)...]
        guard method == "generateContent" || method == "streamGenerateContent" else {
            return .failure(HTTPRefusal(status: 404, message: "Method not found."))
        }
        guard request.headers.first("x-goog-api-key")?.isEmpty == false || request.query["key"] != nil else {
            return .failure(
                HTTPRefusal(status: 403, message: "Method doesn't allow unregistered callers. Please use API Key."))
        }
        return Self.body(request).flatMap { json in
            guard let contents = json["contents"]?.array, !contents.isEmpty else {
                return .failure(
                    HTTPRefusal(status: 400, message: "* GenerateContentRequest.contents: contents is not specified"))
            }
            let system = Self.text((json["systemInstruction"] ?? json["system_instruction"])?["parts"])
            let tools = (json["tools"]?.array ?? []).flatMap { $0["functionDeclarations"]?.array ?? [] }
            let isResult = contents.last?["parts"]?.array?.contains { $0["functionResponse"] != nil } ?? false
            return .success(
                ModelCall(
                    model: String(parts[2][..<colon]), system: system,
                    question: contents.last { $0["role"]?.string != "model" && !Self.text($0["parts"]).isEmpty }
                        .map { Self.text($0["parts"]) } ?? "",
                    followsToolResult: isResult, toolNames: tools.compactMap { $0["name"]?.string },
                    streams: method == "streamGenerateContent", includesUsage: true,
                    inputTokens: contents.reduce(Self.tokens(system)) { $0 + Self.tokens(Self.text($1["parts"])) + 4 },
                    maxTokens: json["generationConfig"]?["maxOutputTokens"]?.integer.map(Int.init)))
        }
    }

    private static func chunk(
        _ call: ModelCall, _ id: String, _ parts: [JSONValue], finish: String?, output: Int
    ) -> JSONValue {
        var candidate: JSONObject = ["content": ["parts": .array(parts), "role": "model"]]
        if let finish { candidate["finishReason"] = .string(finish) }
        candidate["index"] = 0
        return [
            "candidates": [.object(candidate)],
            "usageMetadata": [
                "promptTokenCount": .integer(Int64(call.inputTokens)), "candidatesTokenCount": .integer(Int64(output)),
                "totalTokenCount": .integer(Int64(call.inputTokens + output)),
            ],
            "modelVersion": .string(call.model), "responseId": .string("r-" + id),
        ]
    }

    private static func part(_ tool: ModelBehaviour.ToolCall) -> JSONValue {
        let arguments: JSONValue
        do { arguments = try JSONParser.parse(tool.arguments) } catch { arguments = [:] }
        return ["functionCall": ["name": .string(tool.name), "args": arguments]]
    }

    func stream(_ piece: ModelPiece, _ call: ModelCall, id: String) -> [UInt8] {
        switch piece {
        case .begin: return []
        case .text(let text):
            return Self.events((nil, Self.chunk(call, id, [["text": .string(text)]], finish: nil, output: 1)))
        case .tool(let tool):
            return Self.events((nil, Self.chunk(call, id, [Self.part(tool)], finish: nil, output: 1)))
        case .end(let reason, let output):
            return Self.events(
                (
                    nil,
                    Self.chunk(
                        call, id, [["text": ""]], finish: reason == "length" ? "MAX_TOKENS" : "STOP", output: output)
                ))
        }
    }

    func answer(
        _ text: String, tool: ModelBehaviour.ToolCall?, reason: String, outputTokens: Int, _ call: ModelCall, id: String
    ) -> JSONValue {
        let parts = tool.map { [Self.part($0)] } ?? [["text": .string(text)]]
        return Self.chunk(call, id, parts, finish: reason == "length" ? "MAX_TOKENS" : "STOP", output: outputTokens)
    }

    func error(_ status: Int, _ message: String) -> JSONValue {
        let name =
            switch status {
            case 400: "INVALID_ARGUMENT"
            case 401: "UNAUTHENTICATED"
            case 403: "PERMISSION_DENIED"
            case 404: "NOT_FOUND"
            case 429: "RESOURCE_EXHAUSTED"
            case 503: "UNAVAILABLE"
            case 504: "DEADLINE_EXCEEDED"
            default: "INTERNAL"
            }
        return ["error": ["code": .integer(Int64(status)), "message": .string(message), "status": .string(name)]]
    }
}
