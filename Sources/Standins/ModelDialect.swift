internal import HTTP1
internal import JSON

/// What a language model is asked, in any dialect.
struct ModelCall: Sendable {
    var model: String
    var system: String
    /// The newest user message.
    var question: String
    /// True when the newest turn is a tool's result: the model must speak now.
    var followsToolResult: Bool
    var toolNames: [String]
    var streams: Bool
    var includesUsage: Bool
    var inputTokens: Int
    var maxTokens: Int?
}

/// One piece of a streamed answer.
enum ModelPiece: Sendable {
    case begin
    case text(String)
    case tool(ModelBehaviour.ToolCall)
    /// `reason`: `stop`, `length` or `tool`.
    case end(reason: String, outputTokens: Int)
}

/// A provider's format: how it is asked, how it answers, how it fails.
protocol ModelDialect: Sendable {
    var name: String { get }
    /// What `request` asks; or the provider's own refusal.
    func read(_ request: HTTPRequest, path: Substring) -> Result<ModelCall, HTTPRefusal>
    /// The bytes of a piece in a stream.
    func stream(_ piece: ModelPiece, _ call: ModelCall, id: String) -> [UInt8]
    /// The whole answer, not streamed.
    func answer(
        _ text: String, tool: ModelBehaviour.ToolCall?, reason: String, outputTokens: Int, _ call: ModelCall, id: String
    ) -> JSONValue
    func error(_ status: Int, _ message: String) -> JSONValue
}

struct HTTPRefusal: Error {
    let status: Int
    let message: String
}

extension ModelDialect {
    static func events(_ lines: (event: String?, data: JSONValue)...) -> [UInt8] {
        var out: [UInt8] = []
        for line in lines {
            if let event = line.event { out += Array("event: \(event)\n".utf8) }
            out += Array("data: ".utf8) + line.data.bytes + [0x0A, 0x0A]
        }
        return out
    }

    static func body(_ request: HTTPRequest) -> Result<JSONValue, HTTPRefusal> {
        do {
            let json = try JSONParser.parse(request.body)
            guard json.object != nil else {
                return .failure(HTTPRefusal(status: 400, message: "the body is a JSON object"))
            }
            return .success(json)
        } catch {
            return .failure(HTTPRefusal(status: 400, message: "We could not parse the JSON body of your request."))
        }
    }

    /// All text of a content that is a string or an array of blocks.
    static func text(_ content: JSONValue?) -> String {
        if let text = content?.string { return text }
        return (content?.array ?? []).compactMap { $0["text"]?.string }.joined(separator: "\n")
    }

    /// Roughly as the providers count: what matters is that it is the same every time.
    static func tokens(_ text: String) -> Int { max(1, (text.utf8.count + 3) / 4) }
}
