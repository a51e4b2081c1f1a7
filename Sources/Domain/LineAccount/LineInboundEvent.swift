package import JSON
package import Primitives

/// One event of a LINE webhook whose signature was right, as the session takes it.
package struct LineInboundEvent: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        /// An image in a chat with one user that LINE holds for us: a slip, perhaps.
        case image(message: String)
        /// Recorded and not acted upon; LINE's `type` (`follow`, `text`, `postback`, `image` elsewhere …).
        case other(type: String)
    }
    /// `webhookEventId`: the same on every delivery.
    package let id: String
    /// When it happened, by LINE's clock: the same on every delivery.
    package let at: Timestamp
    package let user: String?
    package let replyToken: String?
    package let content: Content

    package static let maxIDBytes = 64
    package static let maxTokenBytes = 256

    package init(id: String, at: Timestamp, user: String?, replyToken: String?, content: Content) {
        self.id = id
        self.at = at
        self.user = user
        self.replyToken = replyToken
        self.content = content
    }
}

extension LineInboundEvent: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = ["id": .string(id), "at": .string(at.rfc3339)]
        object["user"] = user.map(JSONValue.string)
        object["replyToken"] = replyToken.map(JSONValue.string)
        switch content {
        case .image(let message):
            object["type"] = "image"
            object["message"] = .string(message)
        case .other(let type): object["type"] = .string(type)
        }
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        func text(_ name: String, _ limit: Int) throws(JSONFieldFailure) -> String? {
            guard let text = try fields.string(ifPresent: name) else { return nil }
            guard (1...limit).contains(text.utf8.count) else { throw JSONFieldFailure(field: name) }
            return text
        }
        guard let id = try text("id", Self.maxIDBytes) else { throw JSONFieldFailure(field: "id") }
        guard let type = try text("type", Self.maxIDBytes) else { throw JSONFieldFailure(field: "type") }
        let message = try text("message", Self.maxIDBytes)
        self.init(
            id: id, at: try fields.time("at"), user: try text("user", Self.maxIDBytes),
            replyToken: try text("replyToken", Self.maxTokenBytes),
            content: message.map { .image(message: $0) } ?? .other(type: type))
    }
}
