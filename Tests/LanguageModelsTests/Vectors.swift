import Glibc
import HTTPClient
import JSON
import Ports
import Primitives
import Testing

@testable import LanguageModels

/// The files of `Protocol/vectors/language-models` and their values as ours.
enum Vectors {
    struct Unreadable: Error {
        let what: String
    }

    static func load(_ name: String) throws -> JSONValue {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let path = "/\(root)/Protocol/vectors/language-models/\(name).json"
        guard let file = fopen(path, "rb") else { throw Unreadable(what: path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return try JSONParser.parse(bytes)
    }

    static func list(_ file: String, _ member: String) throws -> [JSONValue] {
        let list = try load(file)[member]?.array ?? []
        guard !list.isEmpty else { throw Unreadable(what: "\(file): no \(member)") }
        return list
    }

    static func dialect(_ provider: String) throws -> any ProviderDialect {
        switch provider {
        case "openai": OpenAIDialect(.init(model: "gpt-4o-mini", key: Secret("k")))
        case "anthropic": AnthropicDialect(.init(model: "claude-haiku-4-5", key: Secret("k")))
        case "gemini": GeminiDialect(.init(model: "gemini-2.5-flash", key: Secret("k")))
        default: throw Unreadable(what: provider)
        }
    }

    static func request(_ value: JSONValue) throws -> ModelRequest {
        guard let system = value["system"]?.string, let temperature = value["temperature"]?.double,
            let tokens = value["maxOutputTokens"]?.integer
        else { throw Unreadable(what: "request") }
        return ModelRequest(
            system: system, turns: try (value["turns"]?.array ?? []).map(turn), temperature: temperature,
            maxOutputTokens: Int(tokens),
            tools: (value["tools"]?.array ?? []).map {
                ModelTool(
                    name: $0["name"]?.string ?? "", description: $0["description"]?.string ?? "",
                    parameters: $0["parameters"] ?? .null)
            }, timeout: .seconds(30))
    }

    private static func turn(_ value: JSONValue) throws -> ModelTurn {
        if let text = value["user"]?.string { return .user(text) }
        if let text = value["assistant"]?.string { return .assistant(text) }
        if let call = value["toolCall"] { return .toolCall(self.call(call)) }
        guard let result = value["toolResult"], let id = result["id"]?.string, let name = result["name"]?.string,
            let content = result["content"]?.string
        else { throw Unreadable(what: "turn") }
        return .toolResult(id: id, name: name, content: content)
    }

    static func call(_ value: JSONValue) -> ModelToolCall {
        ModelToolCall(
            id: value["id"]?.string ?? "", name: value["name"]?.string ?? "",
            arguments: value["arguments"]?.string ?? "", signature: value["signature"]?.string)
    }

    static func failure(_ value: JSONValue) throws -> ProviderFailure {
        guard let fault = value["fault"]?.string.flatMap(ProviderFault.init(rawValue:)),
            let isTransient = value["isTransient"]?.bool
        else { throw Unreadable(what: "failure") }
        let delay = value["retryAfterMilliseconds"]?.integer.map { Duration.milliseconds($0) }
        return isTransient ? .transient(fault, retryAfter: delay) : .permanent(fault)
    }

    static func event(_ value: JSONValue, provider: String, model: String) throws -> ModelEvent {
        func usage(_ value: JSONValue) throws -> ModelUsage {
            guard let input = value["inputTokens"]?.integer, let output = value["outputTokens"]?.integer,
                let isReported = value["isReported"]?.bool
            else { throw Unreadable(what: "usage") }
            return ModelUsage(
                provider: provider, model: model, inputTokens: input, outputTokens: output, isReported: isReported)
        }
        if let text = value["text"]?.string { return .text(text) }
        if let call = value["toolCall"] { return .toolCall(self.call(call)) }
        if let finished = value["finished"] {
            guard let reason = finished["reason"]?.string.flatMap(ModelFinish.init(rawValue:)) else {
                throw Unreadable(what: "reason")
            }
            return .finished(reason, try usage(finished))
        }
        guard let failed = value["failed"] else { throw Unreadable(what: "event") }
        return .failed(try failure(failed), try failed["usage"].map(usage))
    }
}
