internal import JSON
internal import Ports

/// Messages API events → reply. Unknown events, blocks and deltas are ignored, as the API asks.
struct AnthropicReplyDecoder: ReplyDecoder {
    var reply: ReplyState

    mutating func receive(name: String, data: [UInt8]) {
        guard let event = parse(data) else { return }
        switch event["type"]?.string ?? name {
        case "message_start":
            if let model = event["message"]?["model"]?.string, !model.isEmpty { reply.model = model }
            if let usage = event["message"]?["usage"] { receive(usage: usage) }
        case "content_block_start": begin(event)
        case "content_block_delta": receive(event)
        case "message_delta": receive(messageDelta: event)
        case "message_stop": reply.end()
        case "error": reply.fail(failure(of: event["error"] ?? .null))
        default: break
        }
    }

    private mutating func begin(_ event: JSONValue) {
        guard let index = event["index"]?.integer, let block = event["content_block"] else { return }
        switch block["type"]?.string {
        case "text": reply.text(block["text"]?.string ?? "")
        case "tool_use":
            reply.call(index, id: block["id"]?.string, name: block["name"]?.string)
            if let input = block["input"], input.object?.members.isEmpty == false { reply.arguments(index, input.text) }
        default: break
        }
    }

    private mutating func receive(_ event: JSONValue) {
        guard let index = event["index"]?.integer, let delta = event["delta"] else { return }
        switch delta["type"]?.string {
        case "text_delta": reply.text(delta["text"]?.string ?? "")
        case "input_json_delta": reply.arguments(index, delta["partial_json"]?.string ?? "")
        default: break
        }
    }

    private mutating func receive(messageDelta event: JSONValue) {
        if let usage = event["usage"] {
            receive(usage: usage)
            if usage["output_tokens"]?.integer != nil { reply.isOutputFinal = true }
        }
        switch event["delta"]?["stop_reason"]?.string {
        case nil: break
        case "max_tokens", "model_context_window_exceeded": reply.finish = .length
        case "tool_use": reply.finish = .toolCalls
        case "refusal":
            reply.finish = .filtered
            reply.isRefused = true
        default: reply.finish = .stop
        }
    }

    /// Figures are cumulative: the last ones count. What a cache served is input, too.
    private mutating func receive(usage: JSONValue) {
        if let output = usage["output_tokens"]?.integer { reply.outputTokens = output }
        guard let input = usage["input_tokens"]?.integer else { return }
        reply.inputTokens =
            input &+ (usage["cache_creation_input_tokens"]?.integer ?? 0)
            &+ (usage["cache_read_input_tokens"]?.integer ?? 0)
    }

    func failure(of error: JSONValue, status: Int?) -> ProviderFailure? {
        switch error["type"]?.string {
        case "rate_limit_error": .transient(.rateLimited, retryAfter: nil)
        case "overloaded_error": .transient(.overloaded, retryAfter: nil)
        case "timeout_error": .transient(.timeout, retryAfter: nil)
        case "api_error": .transient(.serverError, retryAfter: nil)
        case "billing_error": .permanent(.quota)
        case "authentication_error", "permission_error": .permanent(.badCredentials)
        case "not_found_error": .permanent(.notFound)
        case "invalid_request_error", "request_too_large": .permanent(.badRequest)
        default: nil
        }
    }
}
