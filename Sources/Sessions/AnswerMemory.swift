internal import Ports

/// The newest idempotency keys of a session and their first answers. Bounded; what falls out is still in the store.
struct AnswerMemory {
    static let capacity = 1024

    private var answers: [String: StoredAnswer] = [:]
    private var order: [String] = []
    /// False once a key may exist in the store that is not here.
    private(set) var isComplete: Bool

    /// `stored`: newest first, as the store gives them.
    init(stored: [StoredAnswer]) {
        isComplete = stored.count < loadedAnswerLimit
        for answer in stored.reversed() { insert(answer) }
    }

    subscript(key: String) -> StoredAnswer? { answers[key] }

    mutating func insert(_ answer: StoredAnswer) {
        guard answers.updateValue(answer, forKey: answer.key) == nil else { return }
        order.append(answer.key)
        guard answers.count > Self.capacity else { return }
        // In one sweep: half of them leave, so that the cost is spread.
        for key in order.prefix(Self.capacity / 2) { answers[key] = nil }
        order.removeFirst(Self.capacity / 2)
        isComplete = false
    }
}
