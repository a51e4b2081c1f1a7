import Domain
import JSON
import Primitives
import Testing

/// A conversation that decides and applies at once, as if every write succeeded.
struct ConversationWorld {
    static let owner = Caller(tenant: "jeco", subject: "u_1", role: .customer)
    static let participant = Caller(tenant: "jeco", subject: "u_2", role: .customer)
    static let stranger = Caller(tenant: "jeco", subject: "u_9", role: .customer)
    static let staff = Caller(tenant: "jeco", subject: "s_1", role: .staff)

    var state: Conversation
    var live = ConversationLive(model: "model-1")
    var now = Timestamp(seconds: 1_795_000_000)
    private var names = 0

    init(_ facts: ConversationFacts = ConversationFacts(owner: "u_1", participants: ["u_2"])) {
        state = Conversation(id: "c_1", facts: facts, createdAt: now)
    }

    private mutating func context() -> DecisionContext {
        now = now.advanced(by: .milliseconds(1))
        names += 1000
        let base = names
        let counter = Counter()
        return DecisionContext(now: now) { prefix in
            counter.count += 1
            return "\(prefix)_\(base + counter.count)"
        }
    }

    mutating func decide(
        _ name: String, _ data: JSONValue = [:], by caller: Caller = owner
    ) throws(FaultReason) -> Decision<Conversation> {
        try state.decide(SessionCommand(caller: caller, name: name, data: data), live: live, context())
    }

    mutating func decide(_ outcome: ConversationOutcome) -> Decision<Conversation>? {
        state.decide(outcome, live: live, context())
    }

    mutating func apply(_ decision: Decision<Conversation>) {
        for event in decision.events { state.apply(event, offset: state.lastOffset + 1, at: now) }
    }

    /// Decides and applies; the names of the events.
    @discardableResult
    mutating func command(
        _ name: String, _ data: JSONValue = [:], by caller: Caller = owner
    ) throws(FaultReason) -> [String] {
        let decision = try decide(name, data, by: caller)
        apply(decision)
        return decision.events.map(\.name)
    }

    @discardableResult
    mutating func send(_ text: String, by caller: Caller = owner) throws(FaultReason) -> [String] {
        try command("message.send", ["text": .string(text)], by: caller)
    }

    @discardableResult
    mutating func complete(_ text: String = "answer") -> [String] {
        guard let reply = state.openReply?.reply,
            let decision = decide(.replyCompleted(reply: reply, text: text, finish: "stop", usage: Self.usage))
        else { return [] }
        apply(decision)
        return decision.events.map(\.name)
    }

    /// Why the command is refused; nil when it is not.
    mutating func refusal(
        _ name: String, _ data: JSONValue = [:], by caller: Caller = owner
    ) -> FaultReason? {
        do {
            _ = try decide(name, data, by: caller)
            return nil
        } catch {
            return error
        }
    }

    static let usage = ReplyUsage(provider: "p", model: "model-1", inputTokens: 3, outputTokens: 4)
    static let fault = ReplyFault(code: 2500, name: "provider.unavailable", detail: "d", isRetryable: true)
}

private final class Counter {
    var count = 0
}

extension FaultReason {
    /// The case without its words.
    var kind: String {
        switch self {
        case .invalid: "invalid"
        case .unknownCommand: "unknownCommand"
        case .forbidden: "forbidden"
        case .rejected: "rejected"
        case .tooLate: "tooLate"
        case .tooLarge: "tooLarge"
        case .busy: "busy"
        }
    }
}

/// Fails the test that calls it.
func record(_ comment: Comment) { Issue.record(comment) }
