internal import Ports

/// A conversation in the form that every provider accepts: it begins with the user, the two sides alternate, each tool call
/// is answered in the next message and each answer has its call. Pure.
///
/// What a caller's history may lack is mended: empty texts, calls without an answer (a reply was cancelled) and answers
/// without a call (the history was cut) are left out, neighbours of one side are merged, and a history that begins with the
/// model gets a first word.
struct TurnSequence: Equatable {
    struct Result: Equatable {
        let id: String
        let name: String
        let content: String
    }

    struct Message: Equatable {
        let isModel: Bool
        var texts: [String] = []
        /// The model's, after its texts.
        var calls: [ModelToolCall] = []
        /// The user's, before its texts.
        var results: [Result] = []

        var isEmpty: Bool { texts.isEmpty && calls.isEmpty && results.isEmpty }
        var text: String { texts.joined(separator: "\n\n") }
    }

    /// Stands where the beginning of a cut history was.
    static let firstWord = "(Earlier messages are left out.)"

    private(set) var messages: [Message] = []

    /// Ids are given anew (`call_1`, …): each provider has its own idea of their form, and the call may have been another's.
    init(_ turns: [ModelTurn]) {
        for turn in turns { append(turn) }
        dropUnmatched()
        renameCalls()
        if messages.first?.isModel == true { messages.insert(Message(isModel: false, texts: [Self.firstWord]), at: 0) }
    }

    private mutating func append(_ turn: ModelTurn) {
        switch turn {
        case .user(let text): merge(Message(isModel: false, texts: text.isEmpty ? [] : [text]))
        case .assistant(let text): merge(Message(isModel: true, texts: text.isEmpty ? [] : [text]))
        case .toolCall(let call): merge(Message(isModel: true, calls: [call]))
        case .toolResult(let id, let name, let content):
            merge(Message(isModel: false, results: [Result(id: id, name: name, content: content)]))
        }
    }

    private mutating func merge(_ message: Message) {
        guard !message.isEmpty else { return }
        guard let last = messages.indices.last, messages[last].isModel == message.isModel else {
            return messages.append(message)
        }
        messages[last].texts += message.texts
        messages[last].calls += message.calls
        messages[last].results += message.results
    }

    private mutating func dropUnmatched() {
        var kept: [Message] = []
        for (index, message) in messages.enumerated() {
            var message = message
            let before = index > 0 ? messages[index - 1].calls : []
            let after = index + 1 < messages.count ? messages[index + 1].results : []
            message.calls.removeAll { call in !after.contains { $0.id == call.id } }
            message.results.removeAll { result in !before.contains { $0.id == result.id } }
            kept.append(message)
        }
        messages = []
        for message in kept { merge(message) }
    }

    private mutating func renameCalls() {
        var count = 0
        for index in messages.indices {
            var names: [String: String] = [:]
            messages[index].calls = messages[index].calls.map { call in
                count += 1
                names[call.id] = "call_\(count)"
                return ModelToolCall(
                    id: "call_\(count)", name: call.name, arguments: call.arguments, signature: call.signature)
            }
            guard index + 1 < messages.count else { continue }
            messages[index + 1].results = messages[index + 1].results.map {
                Result(id: names[$0.id] ?? $0.id, name: $0.name, content: $0.content)
            }
        }
    }
}
