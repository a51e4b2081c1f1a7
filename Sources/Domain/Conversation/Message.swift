package import JSON
package import Primitives

/// One message of a conversation.
package struct Message: Sendable, Equatable {
    package enum Author: String, Sendable {
        /// A person; `author` says who.
        case user
        /// The advisor.
        case assistant
    }

    /// How an assistant's message ended. A user's message is always `completed`.
    package enum Status: String, Sendable {
        case completed, cancelled, interrupted, failed
    }

    package let id: String
    package let role: Author
    package let author: String
    package let text: String
    package let at: Timestamp
    /// Where its event stands in the log; 0 until it does.
    package var offset: Int64
    package var status: Status
    /// The reply that this message is the outcome of.
    package var reply: String?
    /// A later reply took this one's place (`reply.regenerate`): it is not part of the history that a model sees.
    package var isReplaced: Bool
    /// What the client attached: a JSON array, passed through.
    package var attachments: JSONValue?

    package init(
        id: String, role: Author, author: String, text: String, at: Timestamp, offset: Int64 = 0,
        status: Status = .completed, reply: String? = nil, isReplaced: Bool = false, attachments: JSONValue? = nil
    ) {
        self.id = id
        self.role = role
        self.author = author
        self.text = text
        self.at = at
        self.offset = offset
        self.status = status
        self.reply = reply
        self.isReplaced = isReplaced
        self.attachments = attachments
    }

    /// What people see it as: `image` or `file` by its first attachment, else `text`.
    package var kind: String {
        let kind = attachments?.array?.first?["type"]?.string.flatMap(MessageAttachment.Kind.init(rawValue:))
        return kind?.rawValue ?? "text"
    }

    /// `{id,role,author,text,at,attachments?}`: the message inside an event.
    package var eventForm: JSONValue {
        var members: JSONObject = [
            "id": .string(id), "role": .string(role.rawValue), "author": .string(author), "text": .string(text),
            "at": .string(at.rfc3339),
        ]
        if let attachments { members["attachments"] = attachments }
        return .object(members)
    }

    /// The event form with what the state knows besides.
    package var stateForm: JSONValue {
        guard case .object(var members) = eventForm else { return .null }
        members["offset"] = .integer(offset)
        members["status"] = .string(status.rawValue)
        if let reply { members["reply"] = .string(reply) }
        if isReplaced { members["replaced"] = true }
        return .object(members)
    }

    /// Reads either form.
    package init?(json: JSONValue) {
        guard let id = json["id"]?.string, let role = json["role"]?.string.flatMap(Author.init(rawValue:)),
            let author = json["author"]?.string, let text = json["text"]?.string,
            let at = json["at"]?.string.flatMap({ Timestamp(rfc3339: $0) })
        else { return nil }
        self.init(
            id: id, role: role, author: author, text: text, at: at, offset: json["offset"]?.integer ?? 0,
            status: json["status"]?.string.flatMap(Status.init(rawValue:)) ?? .completed,
            reply: json["reply"]?.string, isReplaced: json["replaced"]?.bool ?? false,
            attachments: json["attachments"])
    }
}
