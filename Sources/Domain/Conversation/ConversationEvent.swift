package import JSON
internal import Primitives

/// What a reply consumed, as it stands in events and in the usage table.
package struct ReplyUsage: Sendable, Equatable {
    package var provider: String
    package var model: String
    package var inputTokens: Int64
    package var outputTokens: Int64

    package init(provider: String, model: String, inputTokens: Int64, outputTokens: Int64) {
        self.provider = provider
        self.model = model
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
    }

    var json: JSONValue {
        [
            "provider": .string(provider), "model": .string(model), "inputTokens": .integer(inputTokens),
            "outputTokens": .integer(outputTokens),
        ]
    }

    init?(json: JSONValue) {
        guard let provider = json["provider"]?.string, let model = json["model"]?.string,
            let input = json["inputTokens"]?.integer, let output = json["outputTokens"]?.integer
        else { return nil }
        self.init(provider: provider, model: model, inputTokens: input, outputTokens: output)
    }
}

/// A fault inside an event (`reply.failed`): the code's number and name are given where the outcome is made.
package struct ReplyFault: Sendable, Equatable {
    package var code: Int64
    package var name: String
    package var detail: String
    package var isRetryable: Bool

    package init(code: Int64, name: String, detail: String, isRetryable: Bool) {
        self.code = code
        self.name = name
        self.detail = detail
        self.isRetryable = isRetryable
    }

    var json: JSONValue {
        [
            "code": .integer(code), "name": .string(name), "detail": .string(detail), "retryable": .bool(isRetryable),
        ]
    }

    init?(json: JSONValue) {
        guard let code = json["code"]?.integer, let name = json["name"]?.string, let detail = json["detail"]?.string,
            let isRetryable = json["retryable"]?.bool
        else { return nil }
        self.init(code: code, name: name, detail: detail, isRetryable: isRetryable)
    }
}

/// What happens in a conversation (contract: the table of §4, `Protocol/asyncapi.yaml`).
package enum ConversationEvent: SessionEvent {
    case messageCreated(Message)
    /// `replaces`: the reply that a regeneration takes the place of.
    case replyStarted(reply: String, model: String, replaces: String?)
    case replyCompleted(reply: String, message: Message, usage: ReplyUsage, finish: String)
    case replyCancelled(reply: String, text: String, usage: ReplyUsage?)
    case replyInterrupted(reply: String, text: String, usage: ReplyUsage?)
    case replyFailed(reply: String, fault: ReplyFault, usage: ReplyUsage?)
    case profileUpdated(FinancialProfile)
    case productsRecommended([ProductRecommendation])
    /// `unread`: what is left for the reader, where people talk with each other.
    case messageRead(by: String, offset: Int64, unread: Int64? = nil)
    case renamed(title: String)
    case archived
    case deleted

    package var name: String {
        switch self {
        case .messageCreated: "message.created"
        case .replyStarted: "reply.started"
        case .replyCompleted: "reply.completed"
        case .replyCancelled: "reply.cancelled"
        case .replyInterrupted: "reply.interrupted"
        case .replyFailed: "reply.failed"
        case .profileUpdated: "profile.updated"
        case .productsRecommended: "products.recommended"
        case .messageRead: "message.read"
        case .renamed: "conversation.renamed"
        case .archived: "conversation.archived"
        case .deleted: "conversation.deleted"
        }
    }

    package var data: JSONValue {
        switch self {
        case .messageCreated(let message): return ["message": message.eventForm]
        case .replyStarted(let reply, let model, let replaces):
            var members: JSONObject = ["reply": .string(reply), "model": .string(model)]
            if let replaces { members["replaces"] = .string(replaces) }
            return .object(members)
        case .replyCompleted(let reply, let message, let usage, let finish):
            return [
                "reply": .string(reply), "message": message.eventForm, "usage": usage.json, "finish": .string(finish),
            ]
        case .replyCancelled(let reply, let text, let usage), .replyInterrupted(let reply, let text, let usage):
            var members: JSONObject = ["reply": .string(reply), "text": .string(text)]
            if let usage { members["usage"] = usage.json }
            return .object(members)
        case .replyFailed(let reply, let fault, let usage):
            var members: JSONObject = ["reply": .string(reply), "fault": fault.json]
            if let usage { members["usage"] = usage.json }
            return .object(members)
        case .profileUpdated(let profile):
            return ["profile": profile.json, "intent": .string(profile.intent.rawValue)]
        case .productsRecommended(let products): return ["products": .array(products.map(\.json))]
        case .messageRead(let by, let offset, let unread):
            var members: JSONObject = ["by": .string(by), "offset": .integer(offset)]
            if let unread { members["unread"] = .integer(unread) }
            return .object(members)
        case .renamed(let title): return ["title": .string(title)]
        case .archived, .deleted: return [:]
        }
    }

    package init?(name: String, data: JSONValue) {
        let usage = data["usage"].flatMap(ReplyUsage.init(json:))
        switch (name, data["reply"]?.string) {
        case ("message.created", _):
            guard let message = data["message"].flatMap(Message.init(json:)) else { return nil }
            self = .messageCreated(message)
        case ("reply.started", let reply?):
            guard let model = data["model"]?.string else { return nil }
            self = .replyStarted(reply: reply, model: model, replaces: data["replaces"]?.string)
        case ("reply.completed", let reply?):
            guard var message = data["message"].flatMap(Message.init(json:)), let usage,
                let finish = data["finish"]?.string
            else { return nil }
            message.reply = reply
            self = .replyCompleted(reply: reply, message: message, usage: usage, finish: finish)
        case ("reply.cancelled", let reply?):
            guard let text = data["text"]?.string else { return nil }
            self = .replyCancelled(reply: reply, text: text, usage: usage)
        case ("reply.interrupted", let reply?):
            guard let text = data["text"]?.string else { return nil }
            self = .replyInterrupted(reply: reply, text: text, usage: usage)
        case ("reply.failed", let reply?):
            guard let fault = data["fault"].flatMap(ReplyFault.init(json:)) else { return nil }
            self = .replyFailed(reply: reply, fault: fault, usage: usage)
        case ("profile.updated", _):
            guard let profile = data["profile"].flatMap(FinancialProfile.init(json:)) else { return nil }
            self = .profileUpdated(profile)
        case ("products.recommended", _):
            guard let items = data["products"]?.array else { return nil }
            let products = items.compactMap(ProductRecommendation.init(json:))
            guard products.count == items.count else { return nil }
            self = .productsRecommended(products)
        case ("message.read", _):
            guard let by = data["by"]?.string, let offset = data["offset"]?.integer else { return nil }
            self = .messageRead(by: by, offset: offset, unread: data["unread"]?.integer)
        case ("conversation.renamed", _):
            guard let title = data["title"]?.string else { return nil }
            self = .renamed(title: title)
        case ("conversation.archived", _): self = .archived
        case ("conversation.deleted", _): self = .deleted
        default: return nil
        }
    }
}
