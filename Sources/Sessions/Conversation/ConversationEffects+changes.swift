package import Domain
package import Ports

extension ConversationEffects {
    package static func creationChanges(of state: Conversation) -> [StoredChange] { [.conversation(row(of: state))] }

    package static func changes(for event: ConversationEvent, offset: Int64, state: Conversation) -> [StoredChange] {
        switch event {
        case .messageCreated(let message): return [.conversation(row(of: state)), messageRow(message, offset)]
        case .replyStarted(let reply, _, _): return [.openReply(OpenReplyRow(reply: reply, text: ""))]
        case .replyCompleted(let reply, let message, let usage, _):
            return [.conversation(row(of: state)), messageRow(message, offset), .closeReply(reply: reply)]
                + usageRow(reply, usage, "completed", state)
        case .replyCancelled(let reply, _, let usage): return partial(reply, usage, "cancelled", offset, state)
        case .replyInterrupted(let reply, _, let usage): return partial(reply, usage, "interrupted", offset, state)
        case .replyFailed(let reply, _, let usage):
            return [.closeReply(reply: reply)] + usageRow(reply, usage, "failed", state)
        case .renamed, .archived: return [.conversation(row(of: state))]
        case .messageRead: return state.readership == nil ? [] : [.conversation(row(of: state))]
        case .profileUpdated, .productsRecommended, .deleted: return []
        }
    }

    package static func letters(for event: ConversationEvent, offset: Int64, state: Conversation) -> [Letter] {
        NotificationRules.letters(for: event, of: state)
    }

    package static func recovery(of state: Conversation, openReply: OpenReplyRow?) -> ConversationOutcome? {
        guard let open = state.openReply else { return nil }
        let text = openReply?.reply == open.reply ? openReply?.text ?? "" : ""
        return .replyAbandoned(reply: open.reply, text: text)
    }

    private static func partial(
        _ reply: String, _ usage: ReplyUsage?, _ outcome: String, _ offset: Int64, _ state: Conversation
    ) -> [StoredChange] {
        var changes: [StoredChange] = [.closeReply(reply: reply)]
        if let message = state.messages.last(where: { $0.reply == reply }), !message.text.isEmpty {
            changes += [messageRow(message, offset), .conversation(row(of: state))]
        }
        return changes + usageRow(reply, usage, outcome, state)
    }

    private static func messageRow(_ message: Message, _ offset: Int64) -> StoredChange {
        .message(
            MessageRow(
                id: message.id, offset: offset, role: message.role.rawValue, author: message.author,
                text: message.text, at: message.at, attachments: message.attachments))
    }

    private static func usageRow(
        _ reply: String, _ usage: ReplyUsage?, _ outcome: String, _ state: Conversation
    ) -> [StoredChange] {
        guard let usage, let at = state.messages.last?.at else { return [] }
        return [
            .usage(
                UsageRow(
                    reply: reply, provider: usage.provider, model: usage.model, inputTokens: usage.inputTokens,
                    outputTokens: usage.outputTokens, outcome: outcome, at: at))
        ]
    }

    /// The conversation as lists show it.
    package static func row(of state: Conversation) -> ConversationRow {
        // With the advisor, what failed has no text; between people a picture may have none.
        let newest = state.readership == nil ? state.messages.last { !$0.text.isEmpty } : state.messages.last
        return ConversationRow(
            owner: state.facts.owner, participants: state.facts.participants, title: state.title,
            isArchived: state.isArchived, createdAt: state.createdAt, lastMessageAt: newest?.at,
            preview: newest.map { String($0.text.prefix(120)) }, messageCount: state.messageCount,
            people: people(of: state))
    }

    private static func people(of state: Conversation) -> PeopleRow? {
        state.readership.map { readership in
            PeopleRow(
                booking: state.facts.booking,
                last: state.messages.last.map {
                    PeopleRow.Last(author: $0.author, kind: $0.kind, offset: $0.offset)
                },
                readers: readership.readers.map {
                    PeopleRow.Reader(subject: $0.subject, read: $0.read, unread: $0.unread)
                })
        }
    }
}
