internal import JSON
internal import Ports

/// What the streams of all providers have in common: text goes out as it comes, tool calls once they are whole, usage is
/// kept or estimated, and exactly one end is reported. Pure.
///
/// Tool calls are reported at the end of the reply: a stream that breaks in the middle of one has shown nothing of it, so it
/// can still be asked of another provider.
struct ReplyState: Sendable {
    private struct Call: Sendable {
        let key: Int64
        var id: String
        var name: String
        var arguments: String
        var signature: String?
    }

    private let provider: String
    private let limits: ReplyLimits
    private let estimatedInputTokens: Int64
    /// The configured model, then what the provider says it is.
    var model: String
    /// The reason why the model stopped; the reply is whole once it is known.
    var finish: ModelFinish?
    /// The provider held its model back: a refusal, or a filter before or after the model.
    var isRefused = false
    /// As the provider said last.
    var inputTokens: Int64?
    var outputTokens: Int64?
    /// True when `outputTokens` covers all that came.
    var isOutputFinal = false

    private var estimate = TokenEstimate.Counter()
    private var hasText = false
    private var calls: [Call] = []
    private var argumentBytes = 0
    private var events: [ModelEvent] = []
    private(set) var isOver = false

    init(provider: String, model: String, estimatedInputTokens: Int64, limits: ReplyLimits) {
        self.provider = provider
        self.model = model
        self.estimatedInputTokens = estimatedInputTokens
        self.limits = limits
    }

    /// What is to be reported since the last call.
    mutating func takeEvents() -> [ModelEvent] {
        defer { events.removeAll() }
        return events
    }

    var usage: ModelUsage {
        let isReported = inputTokens != nil && outputTokens != nil && isOutputFinal
        let output = isOutputFinal ? outputTokens ?? estimate.tokens : max(outputTokens ?? 0, estimate.tokens)
        return ModelUsage(
            provider: provider, model: model, inputTokens: max(0, inputTokens ?? estimatedInputTokens),
            outputTokens: max(0, output), isReported: isReported)
    }

    mutating func text(_ text: String) {
        guard !isOver, !text.isEmpty else { return }
        estimate.add(text)
        hasText = true
        events.append(.text(text))
    }

    /// Text that costs tokens but is not shown (a refusal's wording).
    mutating func hiddenText(_ text: String) { estimate.add(text) }

    /// A tool call begins, or one of that key gets its id and name.
    mutating func call(_ key: Int64, id: String?, name: String?, signature: String? = nil) {
        guard !isOver else { return }
        if let index = calls.firstIndex(where: { $0.key == key }) {
            if let id, !id.isEmpty { calls[index].id = id }
            if let name, !name.isEmpty { calls[index].name = name }
            return
        }
        guard calls.count < limits.maxToolCalls else { return fail(.transient(.protocolViolation, retryAfter: nil)) }
        calls.append(Call(key: key, id: id ?? "", name: name ?? "", arguments: "", signature: signature))
    }

    /// The next piece of a call's arguments; a call that never began is ignored.
    mutating func arguments(_ key: Int64, _ piece: String) {
        guard !isOver, let index = calls.firstIndex(where: { $0.key == key }) else { return }
        argumentBytes += piece.utf8.count
        guard argumentBytes <= limits.maxArgumentBytes else {
            return fail(.transient(.protocolViolation, retryAfter: nil))
        }
        estimate.add(piece)
        calls[index].arguments += piece
    }

    func hasArguments(_ key: Int64) -> Bool { calls.contains { $0.key == key && !$0.arguments.isEmpty } }
    var callCount: Int { calls.count }
    var lastCallKey: Int64? { calls.last?.key }

    /// The provider said that the reply is over, or the stream ended after a reason to stop was given.
    mutating func end() {
        guard !isOver else { return }
        let reason = finish ?? .stop
        if isRefused || reason == .filtered, !hasText { return fail(.permanent(.policy)) }
        if isRefused { return finish(.filtered) }
        let whole = wholeCalls(reason)
        for call in whole { events.append(.toolCall(call)) }
        finish(whole.isEmpty ? (reason == .toolCalls ? .stop : reason) : (reason == .length ? .length : .toolCalls))
    }

    mutating func fail(_ failure: ProviderFailure) {
        guard !isOver else { return }
        isOver = true
        events.append(.failed(failure, usage))
    }

    private mutating func finish(_ finish: ModelFinish) {
        isOver = true
        events.append(.finished(finish, usage))
    }

    /// A reply that hit its length may have cut its last call: what does not parse is then dropped. Otherwise the model
    /// wrote it so, and the caller tells it.
    private func wholeCalls(_ reason: ModelFinish) -> [ModelToolCall] {
        guard reason != .filtered else { return [] }
        var whole: [ModelToolCall] = []
        for (index, call) in calls.enumerated() where !call.name.isEmpty {
            let arguments = call.arguments.isEmpty ? "{}" : call.arguments
            if reason == .length, JSONValue(whole: arguments)?.object == nil { continue }
            let id = call.id.isEmpty ? "call_\(index + 1)" : call.id
            whole.append(ModelToolCall(id: id, name: call.name, arguments: arguments, signature: call.signature))
        }
        return whole
    }
}

extension JSONValue {
    /// The text as one value; nil when it is not JSON.
    init?(whole text: String) { self.init(whole: Array(text.utf8)) }

    init?(whole bytes: [UInt8]) {
        do throws(JSONError) { self = try JSONParser.parse(bytes) } catch { return nil }
    }
}
