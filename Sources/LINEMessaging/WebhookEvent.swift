package import Primitives

/// One event of a webhook (LINE Messaging API, "Webhook event objects", 2026-07).
package struct WebhookEvent: Equatable, Sendable {
    package enum Content: Equatable, Sendable {
        case message(WebhookMessage)
        case postback(data: String, parameters: [String: String])
        /// `isUnblocked`: the account had been blocked before.
        case follow(isUnblocked: Bool)
        /// The user blocked the account: nothing reaches them from now on.
        case unfollow
        case join, leave
        /// The user took a message back.
        case unsend(message: String)
        /// A type that is not acted on, or that LINE added later.
        case other(type: String)
    }

    /// What the event is known by when it comes again: `webhookEventId`, or, where a sender of the form before 2022 left it
    /// out, `message-` and the message's id.
    package let id: String
    /// When it happened; the same when it is delivered again. Deliveries may come in another order.
    package let timestamp: Timestamp
    /// A hint only: it may well be the first delivery that arrived.
    package let isRedelivery: Bool
    /// False: another module has the chat, and nothing may be sent.
    package let isActive: Bool
    package let source: WebhookSource?
    /// Can be used once, within a minute.
    package let replyToken: String?
    package let content: Content
}

/// Where an event happened. Ids are opaque and safe in a path.
package enum WebhookSource: Equatable, Sendable {
    case user(String)
    /// The user is not told for each event.
    case group(String, user: String?)
    case room(String, user: String?)
    case other(type: String)

    /// Whom a push reaches: the user, group or room.
    package var destination: String? {
        switch self {
        case .user(let id), .group(let id, _), .room(let id, _): id
        case .other: nil
        }
    }

    package var user: String? {
        switch self {
        case .user(let id): id
        case .group(_, let user), .room(_, let user): user
        case .other: nil
        }
    }
}

package struct WebhookMessage: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        case text(String)
        case image(WebhookMedia, set: ImageSet?)
        case video(WebhookMedia)
        case audio(WebhookMedia)
        /// The content is LINE's; `byteCount` as the sender's device said.
        case file(name: String, byteCount: Int64)
        case location(latitude: Double, longitude: Double)
        case sticker(package: String, sticker: String)
        case other(type: String)
    }

    /// Images that were sent together, in several events.
    package struct ImageSet: Equatable, Sendable {
        package let id: String
        /// From 1; nil when LINE does not tell.
        package let index: Int64?
        package let total: Int64?
    }

    /// A number too large for a `Double`, so a string; safe in a path.
    package let id: String
    package let kind: Kind
}

/// Who has the bytes of an image, video or audio message.
package enum WebhookMedia: Equatable, Sendable {
    /// LINE: they are downloaded by the message's id.
    case line
    /// Another server, and LINE does not have them. The URL is the sender's: it is never fetched as it is.
    case external(url: String)
    case other(type: String)
}
