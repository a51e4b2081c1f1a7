internal import Primitives

extension WebhookEvent {
    init(_ event: WebhookReader) throws(WebhookViolation) {
        let type = try event.requiredIdentifier("type")
        content = try Content(type, event)
        if let id = try event.identifier("webhookEventId", required: false) {
            self.id = id
        } else if case .message(let message) = content {
            id = "message-" + message.id
        } else {
            throw event.violation(.missing, "webhookEventId")
        }
        let (microseconds, overflow) = try event.requiredCount("timestamp").multipliedReportingOverflow(by: 1_000)
        guard !overflow else { throw event.violation(.malformed, "timestamp") }
        timestamp = Timestamp(microseconds: microseconds)
        isRedelivery = try event.child("deliveryContext")?.bool("isRedelivery") ?? false
        isActive = try event.text("mode") ?? "active" == "active"
        source = try event.child("source").map { source throws(WebhookViolation) in try WebhookSource(source) }
        replyToken = try event.token("replyToken")
    }
}

extension WebhookEvent.Content {
    fileprivate init(_ type: String, _ event: WebhookReader) throws(WebhookViolation) {
        switch type {
        case "message": self = .message(try WebhookMessage(event.requiredChild("message")))
        case "postback":
            let postback = try event.requiredChild("postback")
            self = .postback(data: try postback.requiredText("data"), parameters: try postback.texts("params"))
        case "follow": self = .follow(isUnblocked: try event.child("follow")?.bool("isUnblocked") ?? false)
        case "unfollow": self = .unfollow
        case "join": self = .join
        case "leave": self = .leave
        case "unsend": self = .unsend(message: try event.requiredChild("unsend").requiredIdentifier("messageId"))
        default: self = .other(type: type)
        }
    }
}

extension WebhookSource {
    fileprivate init(_ source: WebhookReader) throws(WebhookViolation) {
        switch try source.requiredIdentifier("type") {
        case "user": self = .user(try source.requiredIdentifier("userId"))
        case "group":
            self = .group(
                try source.requiredIdentifier("groupId"), user: try source.identifier("userId", required: false))
        case "room":
            self = .room(
                try source.requiredIdentifier("roomId"), user: try source.identifier("userId", required: false))
        case let type: self = .other(type: type)
        }
    }
}

extension WebhookMessage {
    fileprivate init(_ message: WebhookReader) throws(WebhookViolation) {
        id = try message.requiredIdentifier("id")
        switch try message.requiredIdentifier("type") {
        case "text": kind = .text(try message.requiredText("text"))
        case "image": kind = .image(try WebhookMedia(of: message), set: try ImageSet(of: message))
        case "video": kind = .video(try WebhookMedia(of: message))
        case "audio": kind = .audio(try WebhookMedia(of: message))
        case "file":
            kind = .file(name: try message.requiredText("fileName"), byteCount: try message.requiredCount("fileSize"))
        case "location":
            kind = .location(
                latitude: try message.requiredNumber("latitude"), longitude: try message.requiredNumber("longitude"))
        case "sticker":
            kind = .sticker(
                package: try message.requiredIdentifier("packageId"),
                sticker: try message.requiredIdentifier("stickerId"))
        case let type: kind = .other(type: type)
        }
    }
}

extension WebhookMessage.ImageSet {
    fileprivate init?(of message: WebhookReader) throws(WebhookViolation) {
        guard let set = try message.child("imageSet") else { return nil }
        id = try set.requiredIdentifier("id")
        index = try set.count("index")
        total = try set.count("total")
    }
}

extension WebhookMedia {
    fileprivate init(of message: WebhookReader) throws(WebhookViolation) {
        let provider = try message.requiredChild("contentProvider")
        switch try provider.requiredIdentifier("type") {
        case "line": self = .line
        case "external": self = .external(url: try provider.requiredText("originalContentUrl"))
        case let type: self = .other(type: type)
        }
    }
}
