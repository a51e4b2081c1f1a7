/// A decision being made: the events so far, and the state that they lead to.
struct ConversationDraft {
    private(set) var next: Conversation
    var decision = Decision<Conversation>()
    private let live: ConversationLive
    private let context: DecisionContext

    init(_ conversation: Conversation, _ live: ConversationLive, _ context: DecisionContext) {
        next = conversation
        self.live = live
        self.context = context
    }

    mutating func add(_ event: ConversationEvent) {
        decision.events.append(event)
        next.apply(event, offset: next.lastOffset + 1, at: context.now)
    }

    /// Begins a reply to all that was said so far; its name is returned.
    mutating func startReply(replacing replaced: String?) -> String {
        let reply = context.identifier("r")
        add(.replyStarted(reply: reply, model: live.model, replaces: replaced))
        decision.effects.append(.startReply(reply: reply, prompt: next.advisorPrompt(of: live.persona)))
        return reply
    }

    /// Ends the open reply and, when messages waited for it, begins the next one.
    mutating func endReply(with event: ConversationEvent) {
        let isAwaited = !next.queued.isEmpty
        add(event)
        if isAwaited, !next.isArchived { _ = startReply(replacing: nil) }
    }

    /// Changes the financial profile; what is new about it, and about the products that suit it, becomes events.
    mutating func updateProfile(_ change: (inout FinancialProfile) -> Bool) {
        var profile = next.profile
        guard live.persona.readsFinances, change(&profile) else { return }
        add(.profileUpdated(profile))
        let products = ProductCatalogue.recommendations(for: profile)
        if products != next.products { add(.productsRecommended(products)) }
    }
}

extension Conversation {
    /// What the advisor is shown now: the newest turns that fit its budget, without what was replaced.
    func advisorPrompt(of persona: AdvisorPersona) -> AdvisorPrompt {
        let turns = messages.compactMap { message -> AdvisorTurn? in
            guard !message.isReplaced, !message.text.isEmpty else { return nil }
            return AdvisorTurn(
                role: message.role == .user ? .user : .assistant, author: message.author, text: message.text)
        }
        return AdvisorPrompt(
            system: persona.systemPrompt(profile: profile),
            turns: HistoryWindow.cut(turns, budget: Advisor.historyTokens), tools: persona.tools)
    }
}
