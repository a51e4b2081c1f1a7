internal import JSON
internal import Primitives

/// How a stand-in behaves, set through `POST /_control/{name}`. Members that are not given keep their value.
struct Behaviour: Sendable, Equatable {
    /// Before anything is answered.
    var latency = Duration.zero
    /// The share of calls that fail, 0…1, with `failureStatus`.
    var failRate = 0.0
    var failureStatus = 500
    /// Every call is answered with this status; nil behaves.
    var status: Int?
    /// Calls are taken and never answered.
    var hangs = false
    /// The connection breaks after so many bytes of a body.
    var disconnectAfterBytes: Int?
    /// `Retry-After` of failing answers, in seconds.
    var retryAfterSeconds: Int?

    // Language models.
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
    static let maxDelay = 600_000.0

    /// Changes what `json` names. The message says what is wrong with it.
    mutating func change(_ json: JSONValue) throws(BehaviourError) {
        guard let members = json.object else { throw BehaviourError("the body is a JSON object") }
        for member in members.members {
            let value = member.value
            switch member.name {
            case "latencyMs": latency = try Self.milliseconds(member)
            case "failRate":
                guard let rate = value.double, (0...1).contains(rate) else {
                    throw BehaviourError("failRate is 0 to 1")
                }
                failRate = rate
            case "status": status = try Self.status(member)
            case "failStatus": failureStatus = try Self.status(member) ?? 500
            case "hang":
                guard let flag = value.bool else { throw BehaviourError("hang is true or false") }
                hangs = flag
            case "disconnectAfterBytes": disconnectAfterBytes = try Self.count(member)
            case "retryAfterSeconds": retryAfterSeconds = try Self.count(member)
            case "tokens":
                tokens = try Self.count(member)
                if let tokens, tokens > Self.maxTokens { throw BehaviourError("tokens is at most \(Self.maxTokens)") }
            case "tokensPerSecond":
                guard let rate = value.double, rate > 0, rate <= 1_000_000 else {
                    throw BehaviourError("tokensPerSecond is a positive number")
                }
                tokensPerSecond = rate
            case "firstTokenMs": firstToken = try Self.milliseconds(member)
            case "text":
                guard value.isNull || value.string != nil else { throw BehaviourError("text is a string or null") }
                text = value.string
            case "toolCall":
                if value.isNull {
                    toolCall = nil
                } else if let name = value["name"]?.string, let arguments = value["arguments"] {
                    toolCall = ToolCall(name: name, arguments: arguments.string ?? arguments.text)
                } else {
                    throw BehaviourError("toolCall is {name, arguments} or null")
                }
            default: throw BehaviourError("unknown member '\(member.name.prefix(40))'")
            }
        }
    }

    private static func milliseconds(_ member: JSONObject.Member) throws(BehaviourError) -> Duration {
        guard let number = member.value.double, (0...maxDelay).contains(number) else {
            throw BehaviourError("\(member.name) is 0 to \(Int(maxDelay)) milliseconds")
        }
        return .microseconds(Int64(number * 1000))
    }

    private static func count(_ member: JSONObject.Member) throws(BehaviourError) -> Int? {
        if member.value.isNull { return nil }
        guard let number = member.value.integer, (0...1_000_000_000).contains(number) else {
            throw BehaviourError("\(member.name) is a whole number, not negative, or null")
        }
        return Int(number)
    }

    private static func status(_ member: JSONObject.Member) throws(BehaviourError) -> Int? {
        if member.value.isNull { return nil }
        guard let number = member.value.integer, (200...599).contains(number) else {
            throw BehaviourError("\(member.name) is an HTTP status from 200 to 599, or null")
        }
        return number == 200 ? nil : Int(number)
    }

    /// As `GET /_control/{name}` shows it.
    var json: JSONValue {
        [
            "latencyMs": .double(latency.inSeconds * 1000), "failRate": .double(failRate),
            "failStatus": .integer(Int64(failureStatus)), "status": JSONValue(status.map(Int64.init)),
            "hang": .bool(hangs), "disconnectAfterBytes": JSONValue(disconnectAfterBytes.map(Int64.init)),
            "retryAfterSeconds": JSONValue(retryAfterSeconds.map(Int64.init)),
            "tokens": JSONValue(tokens.map(Int64.init)),
            "tokensPerSecond": .double(tokensPerSecond), "firstTokenMs": .double(firstToken.inSeconds * 1000),
            "text": JSONValue(text),
            "toolCall": toolCall.map { ["name": .string($0.name), "arguments": .string($0.arguments)] } ?? .null,
        ]
    }
}

struct BehaviourError: Error {
    let detail: String
    init(_ detail: String) { self.detail = detail }
}
