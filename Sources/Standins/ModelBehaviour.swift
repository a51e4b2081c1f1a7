internal import JSON
internal import Primitives

/// How a language model speaks, set through `POST /_control/{name}` beside what all stand-ins have.
struct ModelBehaviour: Sendable, Equatable {
    /// Tokens of a reply; nil: as many as the text has.
    var tokens: Int?
    var tokensPerSecond = 40.0
    var firstToken = Duration.milliseconds(120)
    /// What every reply says; nil: an answer to what was asked.
    var text: String?
    /// Called before the text, when the request offers a tool of that name.
    var toolCall: ToolCall?

    struct ToolCall: Sendable, Equatable {
        var name: String
        /// JSON text.
        var arguments: String
    }

    static let maxTokens = 100_000

    mutating func change(_ member: JSONObject.Member) throws(BehaviourError) {
        let value = member.value
        switch member.name {
        case "tokens":
            tokens = try member.count()
            if let tokens, tokens > Self.maxTokens { throw BehaviourError("tokens is at most \(Self.maxTokens)") }
        case "tokensPerSecond":
            guard let rate = value.double, rate > 0, rate <= 1_000_000 else {
                throw BehaviourError("tokensPerSecond is a positive number")
            }
            tokensPerSecond = rate
        case "firstTokenMs": firstToken = try member.milliseconds()
        case "text": text = try member.text()
        case "toolCall":
            if value.isNull {
                toolCall = nil
            } else if let name = value["name"]?.string, let arguments = value["arguments"] {
                toolCall = ToolCall(name: name, arguments: arguments.string ?? arguments.text)
            } else {
                throw BehaviourError("toolCall is {name, arguments} or null")
            }
        default: throw .unknown(member)
        }
    }

    var json: JSONObject {
        [
            "tokens": JSONValue(tokens.map(Int64.init)), "tokensPerSecond": .double(tokensPerSecond),
            "firstTokenMs": .double(firstToken.inSeconds * 1000), "text": JSONValue(text),
            "toolCall": toolCall.map { ["name": .string($0.name), "arguments": .string($0.arguments)] } ?? .null,
        ]
    }
}
