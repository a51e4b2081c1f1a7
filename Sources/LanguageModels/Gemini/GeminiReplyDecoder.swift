internal import JSON
internal import Ports

/// `generateContent` chunks → reply. There is no end marker: the reply is whole when the stream ends after a finish reason.
/// Candidates, content and parts may each be missing.
struct GeminiReplyDecoder: ReplyDecoder {
    var reply: ReplyState
    private var responseID: String?

    init(reply: ReplyState) { self.reply = reply }

    mutating func receive(name: String, data: [UInt8]) {
        guard let chunk = parse(data) else { return }
        if let error = chunk.errorObject { return reply.fail(failure(of: error)) }
        if let model = chunk["modelVersion"]?.string, !model.isEmpty { reply.model = model }
        responseID = chunk["responseId"]?.string ?? responseID
        let candidate = chunk["candidates"]?.array?.first { ($0["index"]?.integer ?? 0) == 0 }
        for part in candidate?["content"]?["parts"]?.array ?? [] { receive(part) }
        receive(usage: chunk["usageMetadata"])
        if let reason = candidate?["finishReason"]?.string { receive(reason: reason) }
        if candidate == nil, let reason = chunk["promptFeedback"]?["blockReason"]?.string,
            reason != "BLOCK_REASON_UNSPECIFIED"
        {
            reply.isRefused = true
            reply.finish = .filtered
            reply.end()
        }
    }

    private mutating func receive(_ part: JSONValue) {
        reply.isOutputFinal = false
        if let call = part["functionCall"] {
            let number = reply.callCount
            let id = call["id"]?.string ?? responseID.map { "\($0)-\(number + 1)" }
            reply.call(
                Int64(number), id: id, name: call["name"]?.string, signature: part["thoughtSignature"]?.string)
            if let arguments = call["args"] { reply.arguments(Int64(number), arguments.text) }
        } else if let text = part["text"]?.string {
            if part["thought"]?.bool == true { reply.hiddenText(text) } else { reply.text(text) }
        }
    }

    /// Cumulative: the last figures count. Thinking is output, what tools' answers cost is input.
    private mutating func receive(usage: JSONValue?) {
        guard let usage, let input = usage["promptTokenCount"]?.integer else { return }
        reply.inputTokens = input &+ (usage["toolUsePromptTokenCount"]?.integer ?? 0)
        reply.outputTokens =
            (usage["candidatesTokenCount"]?.integer ?? 0) &+ (usage["thoughtsTokenCount"]?.integer ?? 0)
        reply.isOutputFinal = true
    }

    private mutating func receive(reason: String) {
        switch reason {
        case "", "FINISH_REASON_UNSPECIFIED": break
        case "MAX_TOKENS": reply.finish = .length
        case "SAFETY", "RECITATION", "LANGUAGE", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
            "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "IMAGE_OTHER", "NO_IMAGE":
            reply.finish = .filtered
        // The model blundered; asked again, or elsewhere, it may not.
        case "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS":
            reply.fail(.transient(.protocolViolation, retryAfter: nil))
        default: reply.finish = .stop
        }
    }

    func failure(of error: JSONValue, status: Int?) -> ProviderFailure? {
        let details = error["details"]?.array ?? []
        if details.contains(where: { Self.isDailyQuota($0) }) { return .permanent(.quota) }
        if details.contains(where: { $0["reason"]?.string?.hasPrefix("API_KEY_") == true }) {
            return .permanent(.badCredentials)
        }
        let delay = details.lazy.compactMap { $0["retryDelay"]?.string }.first.flatMap(RetryAfter.delay(protobuf:))
        switch error["status"]?.string {
        case "RESOURCE_EXHAUSTED": return .transient(.rateLimited, retryAfter: delay)
        case "UNAVAILABLE": return .transient(.overloaded, retryAfter: delay)
        case "DEADLINE_EXCEEDED": return .transient(.timeout, retryAfter: delay)
        case "INTERNAL", "CANCELLED", "UNKNOWN", "ABORTED": return .transient(.serverError, retryAfter: delay)
        case "UNAUTHENTICATED", "PERMISSION_DENIED": return .permanent(.badCredentials)
        case "NOT_FOUND": return .permanent(.notFound)
        case "INVALID_ARGUMENT" where error["message"]?.string?.hasPrefix("API key") == true:
            return .permanent(.badCredentials)
        case "INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE": return .permanent(.badRequest)
        default: break
        }
        guard let code = status ?? error["code"]?.integer.flatMap({ Int(exactly: $0) }) else { return nil }
        return ProviderFailure(status: code, retryAfter: delay)
    }

    /// A quota that comes back tomorrow is, for today's requests, gone.
    private static func isDailyQuota(_ detail: JSONValue) -> Bool {
        (detail["violations"]?.array ?? []).contains { $0["quotaId"]?.string?.contains("PerDay") == true }
    }
}
