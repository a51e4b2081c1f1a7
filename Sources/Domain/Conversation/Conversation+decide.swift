package import JSON
internal import Primitives

/// What a conversation wants done outside.
package enum ConversationEffect: Sendable, Equatable {
    /// Ask the model; every outcome names `reply`.
    case startReply(reply: String, prompt: AdvisorPrompt)
    /// Stop the model's call; nothing more of this reply is wanted.
    case stopReply(reply: String)
    /// Keep the reply's text from growing until its end is durable. A preparation: `resumeReply` takes it back.
    case holdReply(reply: String)
    /// Tell the others that somebody is there, or not any more.
    case tellPresence(of: String, Presence)
    /// Tell how far messages have been delivered, by subject.
    case tellDelivery([String: Int64])
}

/// What people let each other know of themselves, for a while (`signal` of that name).
package enum Presence: String, Sendable, CaseIterable {
    case online, away, offline

    package static let signal = "presence"
    /// Who is `online` or `away` says so again within this many seconds; else they are `offline`.
    package static let lifeSeconds: Int64 = 45
}

/// What a conversation knows without an event.
package enum ConversationMeasurement: Sendable, Equatable {
    /// One of the person's devices has everything up to there.
    case delivered(subject: String, offset: Int64)
}

/// What the advisor is shown for one reply.
package struct AdvisorPrompt: Sendable, Equatable {
    package let system: String
    package let turns: [AdvisorTurn]
    /// What the model may call.
    package let tools: [AdvisorTool]
}

/// How the model's call for a reply went on.
package enum ConversationOutcome: Sendable, Equatable {
    case replyCompleted(reply: String, text: String, finish: String, usage: ReplyUsage)
    /// The provider failed after `text` had been shown (empty: before the first word).
    case replyBroken(reply: String, text: String, fault: ReplyFault, usage: ReplyUsage?)
    /// The reply was open when the process that ran it ended; `text` is what was checkpointed.
    case replyAbandoned(reply: String, text: String)
    /// The model reported what it understood of the person's finances (tool call).
    case profileReported(reply: String, FinancialReport)
}

/// What decisions see of the replies that run.
package struct ConversationLive: Sendable, Equatable {
    /// The model that would answer now.
    package var model: String
    /// The text of the open reply so far, as shown, and what it has consumed.
    package var openText: String
    package var openUsage: ReplyUsage?
    /// Who answers.
    package var persona: AdvisorPersona

    package init(
        model: String, openText: String = "", openUsage: ReplyUsage? = nil, persona: AdvisorPersona = .financial
    ) {
        self.model = model
        self.persona = persona
        self.openText = openText
        self.openUsage = openUsage
    }
}

extension Conversation {
    /// A customer's own first message makes the conversation.
    package static func facts(madeBy command: SessionCommand) -> ConversationFacts? {
        guard command.name == "message.send", command.caller.role == .customer else { return nil }
        return ConversationFacts(owner: command.caller.subject)
    }

    package static var erasingCommand: String? { "conversation.delete" }

    package func audience(of caller: Caller) -> Everyone? {
        let mayRead =
            caller.role.servesTenant || isMember(caller.subject) || caller.readable.contains(path)
            || caller.writable.contains(path)
        return mayRead ? .everyone : nil
    }

    private func mayWrite(_ caller: Caller) -> Bool {
        caller.role.servesTenant || isMember(caller.subject) || caller.writable.contains(path)
    }

    private var path: String { Self.kind.rawValue + "/" + id }

    package func refusal(ofSignal name: String, from caller: Caller) -> FaultReason? {
        guard mayWrite(caller) else { return .forbidden }
        return name == "typing" ? nil : .unknownCommand
    }

    package static func takes(signal name: String) -> Bool { name == Presence.signal }

    package func decide(
        signal name: String, _ data: JSONValue, from caller: Caller, live: ConversationLive,
        _ context: DecisionContext
    ) throws(FaultReason) -> Decision<Conversation>? {
        guard let readership, name == Presence.signal else { throw .unknownCommand }
        guard readership[caller.subject] != nil else { throw .forbidden }
        guard let presence = data["state"]?.string.flatMap(Presence.init(rawValue:)) else {
            throw .invalid("state is online, away or offline")
        }
        return Decision(effects: [.tellPresence(of: caller.subject, presence)])
    }

    package var hearsAcknowledgements: Bool { readership != nil }

    package func decide(
        acknowledgement offset: Int64, from caller: Caller, live: ConversationLive, _ context: DecisionContext
    ) -> Decision<Conversation>? {
        guard var readership, let reader = readership[caller.subject], offset > reader.delivered else { return nil }
        readership.delivered(caller.subject, to: offset)
        return Decision(
            effects: [.tellDelivery(readership.deliveries)],
            measurements: [.delivered(subject: caller.subject, offset: offset)])
    }

    package func decide(
        _ command: SessionCommand, live: ConversationLive, _ context: DecisionContext
    ) throws(FaultReason) -> Decision<Conversation> {
        guard Self.commands.contains(command.name) else { throw .unknownCommand }
        guard mayWrite(command.caller) else { throw .forbidden }
        guard !isDeleted else { throw .rejected("the conversation was deleted") }
        switch command.name {
        case "message.send": return try send(command, live, context)
        case "reply.cancel": return try cancel(command, live, context)
        case "reply.regenerate": return try regenerate(live, context)
        case "message.read": return try read(command)
        case "conversation.rename":
            guard let title = try ConversationFacts.title(command.data["title"], isRequired: true) else {
                throw .invalid("title is missing")
            }
            return Decision(events: title == self.title ? [] : [.renamed(title: title)])
        case "conversation.archive":
            return Decision(events: isArchived ? [] : [.archived])
        default: return try delete(command)
        }
    }

    private static let commands: Set<String> = [
        "message.send", "reply.cancel", "reply.regenerate", "message.read", "conversation.rename",
        "conversation.archive", "conversation.delete",
    ]

    // MARK: Commands

    private func send(
        _ command: SessionCommand, _ live: ConversationLive, _ context: DecisionContext
    ) throws(FaultReason) -> Decision<Conversation> {
        guard !isArchived else { throw .rejected("the conversation is archived") }
        let message = try newMessage(command, context)
        guard facts.hasAdvisor, !command.caller.role.isAdvisorsColleague else {
            return Decision(events: [.messageCreated(message)], answer: ["message": .string(message.id)])
        }
        guard openReply == nil || queued.count < Self.maxQueued else {
            throw .busy("\(Self.maxQueued) messages already wait for the advisor")
        }
        var draft = ConversationDraft(self, live, context)
        draft.decision.answer = ["message": .string(message.id)]
        draft.add(.messageCreated(message))
        draft.updateProfile { $0.apply(FinancialReader.findings(in: message.text, asked: profile.intent)) }
        if openReply == nil {
            let reply = draft.startReply(replacing: nil)
            draft.decision.answer = ["message": .string(message.id), "reply": .string(reply)]
        }
        return draft.decision
    }

    private func newMessage(_ command: SessionCommand, _ context: DecisionContext) throws(FaultReason) -> Message {
        guard let text = command.data["text"]?.string else { throw .invalid("text is missing or not a string") }
        guard text.utf8.count <= Self.maxMessageBytes else {
            throw .tooLarge("text has at most \(Self.maxMessageBytes) bytes of UTF-8")
        }
        var attachments: JSONValue?
        if let value = command.data["attachments"], !value.isNull {
            guard let items = value.array, items.count <= Self.maxAttachments, items.allSatisfy({ $0.object != nil })
            else {
                throw .invalid("attachments is an array of at most \(Self.maxAttachments) objects")
            }
            guard value.bytes.count <= Self.maxAttachmentBytes else {
                throw .tooLarge("attachments have at most \(Self.maxAttachmentBytes) bytes of JSON")
            }
            if !items.isEmpty { attachments = facts.hasAdvisor ? value : .array(try Self.checked(items)) }
        }
        let isBlank = text.unicodeScalars.allSatisfy { $0.properties.isWhitespace }
        guard !isBlank || attachments != nil else { throw .invalid("text is empty") }
        return Message(
            id: context.identifier("m"), role: .user, author: command.caller.subject, text: text, at: context.now,
            attachments: attachments)
    }

    /// A picture or a file is shown to somebody else: it is what it says, and nothing more. Attachments of other types are the platform's
    /// own, and passed through.
    private static func checked(_ items: [JSONValue]) throws(FaultReason) -> [JSONValue] {
        var checked: [JSONValue] = []
        for item in items {
            let isFile = item["type"]?.string.flatMap(MessageAttachment.Kind.init(rawValue:)) != nil
            checked.append(isFile ? try MessageAttachment(json: item).json : item)
        }
        return checked
    }

    private func cancel(
        _ command: SessionCommand, _ live: ConversationLive, _ context: DecisionContext
    ) throws(FaultReason) -> Decision<Conversation> {
        guard let reply = command.data["reply"]?.string else { throw .invalid("reply is missing or not a string") }
        guard let open = openReply, open.reply == reply else {
            if messages.contains(where: { $0.reply == reply }) { throw .tooLate("the reply has ended") }
            throw .rejected("no such reply is open")
        }
        var draft = ConversationDraft(self, live, context)
        draft.decision.answer = ["reply": .string(reply)]
        draft.decision.preparations = [.holdReply(reply: reply)]
        draft.decision.effects = [.stopReply(reply: reply)]
        draft.endReply(with: .replyCancelled(reply: reply, text: live.openText, usage: live.openUsage))
        return draft.decision
    }

    private func regenerate(
        _ live: ConversationLive, _ context: DecisionContext
    ) throws(FaultReason) -> Decision<Conversation> {
        guard !isArchived else { throw .rejected("the conversation is archived") }
        guard facts.hasAdvisor else { throw .rejected("the conversation has no advisor") }
        guard openReply == nil else { throw .rejected("a reply is open") }
        guard messages.contains(where: { $0.role == .user }) else { throw .rejected("there is nothing to reply to") }
        // Only a reply to the newest message is replaced; after a newer message the advisor simply answers.
        let replaced = messages.last?.role == .assistant ? messages.last?.reply : nil
        var draft = ConversationDraft(self, live, context)
        draft.decision.answer = ["reply": .string(draft.startReply(replacing: replaced))]
        return draft.decision
    }

    private func read(_ command: SessionCommand) throws(FaultReason) -> Decision<Conversation> {
        guard let offset = command.data["offset"]?.integer, offset >= 0 else {
            throw .invalid("offset is missing or not a number")
        }
        guard offset <= lastOffset else { throw .invalid("offset is beyond the newest event, \(lastOffset)") }
        let by = command.caller.subject
        let isNews = offset > reads[by] ?? 0
        guard isNews else { return Decision() }
        let unread = readership.flatMap { $0[by] == nil ? nil : $0.unread(of: by, readingTo: offset) }
        return Decision(events: [.messageRead(by: by, offset: offset, unread: unread)])
    }

    private func delete(_ command: SessionCommand) throws(FaultReason) -> Decision<Conversation> {
        guard command.caller.subject == facts.owner || command.caller.role.servesTenant else { throw .forbidden }
        let stop = openReply.map { [ConversationEffect.stopReply(reply: $0.reply)] } ?? []
        return Decision(events: [.deleted], effects: stop, erasesSession: true)
    }

    // MARK: Outcomes

    package func decide(
        _ outcome: ConversationOutcome, live: ConversationLive, _ context: DecisionContext
    ) -> Decision<Conversation>? {
        guard !isDeleted else { return nil }
        var draft = ConversationDraft(self, live, context)
        switch outcome {
        case .replyCompleted(let reply, let text, let finish, let usage):
            guard openReply?.reply == reply else { return nil }
            let message = Message(
                id: context.identifier("m"), role: .assistant, author: Advisor.author, text: text, at: context.now,
                reply: reply)
            draft.endReply(with: .replyCompleted(reply: reply, message: message, usage: usage, finish: finish))
        case .replyBroken(let reply, let text, let fault, let usage):
            guard openReply?.reply == reply else { return nil }
            draft.endReply(
                with: text.isEmpty
                    ? .replyFailed(reply: reply, fault: fault, usage: usage)
                    : .replyInterrupted(reply: reply, text: text, usage: usage))
        case .replyAbandoned(let reply, let text):
            guard openReply?.reply == reply else { return nil }
            draft.endReply(with: .replyInterrupted(reply: reply, text: text, usage: nil))
        case .profileReported(_, let report):
            draft.updateProfile { $0.apply(report) }
            if draft.decision.events.isEmpty { return nil }
        }
        return draft.decision
    }
}

extension Role {
    /// People who serve the tenant speak in a conversation themselves; the advisor does not answer them.
    fileprivate var isAdvisorsColleague: Bool {
        switch self {
        case .staff, .admin, .operator: true
        case .customer, .provider, .rider, .service, .guest: false
        }
    }
}
