internal import JSON
internal import Ports

/// Chat Completions chunks → reply. Lenient, because many vendors speak the dialect: absent members, `choices: []`, a usage
/// object in any chunk, a missing `[DONE]` and missing indexes are all taken.
struct OpenAIReplyDecoder: ReplyDecoder {
    var reply: ReplyState

    mutating func receive(name: String, data: [UInt8]) {
        if data.elementsEqual("[DONE]".utf8) { return reply.end() }
        guard let chunk = parse(data) else { return }
        if let error = chunk.errorObject { return reply.fail(failure(of: error)) }
        if let model = chunk["model"]?.string, !model.isEmpty { reply.model = model }
        for choice in chunk["choices"]?.array ?? [] where (choice["index"]?.integer ?? 0) == 0 { receive(choice) }
        guard let usage = chunk["usage"], let output = usage["completion_tokens"]?.integer else { return }
        reply.inputTokens = usage["prompt_tokens"]?.integer ?? reply.inputTokens
        reply.outputTokens = output
        reply.isOutputFinal = true
    }

    private mutating func receive(_ choice: JSONValue) {
        if let delta = choice["delta"] {
            if let text = delta["content"]?.string, !text.isEmpty {
                reply.isOutputFinal = false
                reply.text(text)
            }
            if let refusal = delta["refusal"]?.string {
                reply.isRefused = true
                reply.hiddenText(refusal)
            }
            for call in delta["tool_calls"]?.array ?? [] { receive(call: call) }
        }
        switch choice["finish_reason"]?.string {
        case nil, "": break
        case "length": reply.finish = .length
        case "tool_calls", "function_call": reply.finish = .toolCalls
        case "content_filter": reply.finish = .filtered
        default: reply.finish = .stop
        }
    }

    private mutating func receive(call: JSONValue) {
        let id = call["id"]?.string
        // Without an index, an id begins a new call and its absence goes on with the last.
        let next = Int64(reply.callCount)
        let key = call["index"]?.integer ?? (id?.isEmpty == false ? next : reply.lastCallKey ?? next)
        reply.call(key, id: id, name: call["function"]?["name"]?.string)
        if let piece = call["function"]?["arguments"]?.string { reply.arguments(key, piece) }
    }

    func failure(of error: JSONValue, status: Int?) -> ProviderFailure? {
        let words = [error["code"]?.string, error["type"]?.string].compactMap(\.self)
        for word in words {
            switch word {
            case "insufficient_quota", "billing_hard_limit_reached", "billing_not_active": return .permanent(.quota)
            case "invalid_api_key", "authentication_error", "permission_error": return .permanent(.badCredentials)
            case "content_filter", "content_policy_violation": return .permanent(.policy)
            case "model_not_found": return .permanent(.notFound)
            case "context_length_exceeded": return .permanent(.badRequest)
            case "rate_limit_exceeded", "tokens", "requests": return .transient(.rateLimited, retryAfter: nil)
            case "overloaded_error", "engine_overloaded": return .transient(.overloaded, retryAfter: nil)
            case "server_error": return status == nil ? .transient(.serverError, retryAfter: nil) : nil
            case "invalid_request_error": return status == nil ? .permanent(.badRequest) : nil
            default: continue
            }
        }
        // Some vendors put the status into the error.
        let number = error["code"]?.integer.flatMap { Int(exactly: $0) }
        guard status == nil, let number, (400..<600).contains(number) else { return nil }
        return ProviderFailure(status: number, retryAfter: nil)
    }
}
