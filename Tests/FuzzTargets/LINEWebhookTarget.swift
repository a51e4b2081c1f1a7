import HTTPClient
import JSON
import LINEMessaging
import Primitives
import TestSupport

extension FuzzTarget {
    /// A webhook's body. Flag 1: limits so tight that small inputs reach them. Flag 2: LINE's answer to a call instead; the
    /// other flags choose its status.
    static let lineWebhook = FuzzTarget(
        "line-webhook",
        words: [
            "\"destination\":\"", "\"events\":[{", "\"type\":\"message\"", "\"message\":{", "\"type\":\"image\"",
            "\"contentProvider\":{\"type\":\"external\",\"originalContentUrl\":\"", "\"webhookEventId\":\"",
            "\"timestamp\":17", "\"deliveryContext\":{\"isRedelivery\":true}", "\"source\":{\"type\":\"group\"",
            "\"groupId\":\"", "\"userId\":\"U", "\"replyToken\":\"", "\"postback\":{\"data\":\"", "\"params\":{",
            "\"unsend\":{\"messageId\":\"", "\"imageSet\":{", "\"sentMessages\":[{\"id\":\"", "\"totalUsage\":",
        ]
    ) { input in
        if input.has(2) { return try checkAnswers(input) }
        var limits = WebhookLimits()
        if input.has(1) {
            limits.maxBodyBytes = 1_024
            limits.maxEvents = 2
            limits.maxIdentifierBytes = 12
            limits.maxTextBytes = 16
            limits.maxParameters = 1
        }
        let delivery: WebhookDelivery
        do throws(WebhookViolation) { delivery = try WebhookDelivery(input.payload, limits: limits) } catch { return }
        let items = try JSONParser.parse(input.payload)["events"]?.array ?? []
        try expect(items.count == delivery.events.count + delivery.unreadable.count, "\(items.count) events")
        try expect(items.count <= limits.maxEvents && input.payload.count <= limits.maxBodyBytes, "a bound")
        try expect(delivery.unreadable.allSatisfy { $0.path.hasPrefix("events[") }, "\(delivery.unreadable)")
        for event in delivery.events { try check(event, limits) }
    } seeds: {
        let documents = try Vectors.documents("line")
        let bodies = documents.first { $0.name == "webhooks" }?.value.array ?? []
        let answers = documents.first { $0.name == "answers" }?.value.array ?? []
        return bodies.compactMap(\.["body"]?.string).filter { $0.utf8.count <= 2_048 }.flatMap { body in
            [0, 1].map { FuzzInput.bytes(flags: $0, body.utf8) }
        }
            + answers.compactMap(\.["input"]?["body"]?.string).flatMap { body in
                statuses.indices.map { FuzzInput.bytes(flags: UInt8(2 | $0 << 2), body.utf8) }
            }
    }

    private static let statuses = [200, 202, 400, 401, 404, 409, 429, 500]

    private static func check(_ event: WebhookEvent, _ limits: WebhookLimits) throws {
        // The one id that we make has eight bytes more.
        var identifiers = [event.id.hasPrefix("message-") ? String(event.id.dropFirst(8)) : event.id]
        var texts: [String] = []
        if let source = event.source { identifiers += [source.destination, source.user].compactMap(\.self) }
        switch event.content {
        case .message(let message):
            identifiers.append(message.id)
            switch message.kind {
            case .text(let text): texts.append(text)
            case .image(.external(let url), _), .video(.external(let url)), .audio(.external(let url)):
                texts.append(url)
            case .file(let name, let byteCount):
                texts.append(name)
                try expect(byteCount >= 0, "\(byteCount) bytes")
            case .sticker(let package, let sticker): identifiers += [package, sticker]
            case .image, .video, .audio, .location, .other: break
            }
        case .postback(let data, let parameters):
            texts.append(data)
            texts += parameters.values
            try expect(parameters.count <= limits.maxParameters, "\(parameters.count) parameters")
        case .unsend(let message): identifiers.append(message)
        case .follow, .unfollow, .join, .leave, .other: break
        }
        for identifier in identifiers {
            try expect((1...limits.maxIdentifierBytes).contains(identifier.utf8.count), identifier)
            try expect(!identifier.contains("/") && identifier != "..", identifier)
            try expect(identifier.utf8.allSatisfy { (0x21...0x7E).contains($0) }, identifier)
        }
        try expect(texts.allSatisfy { $0.utf8.count <= limits.maxTextBytes }, "a text too long")
        try expect(event.timestamp.microseconds >= 0, "\(event.timestamp)")
        try expect(event.replyToken?.utf8.contains { $0 <= 0x20 || $0 > 0x7E } != true, "a reply token")
    }

    /// Readers of answers: a success only for a status of success.
    private static func checkAnswers(_ input: FuzzInput) throws {
        let status = statuses[Int(input.flags >> 2) % statuses.count]
        let response = HTTPResponse(head: HTTPResponseHead(status: status), body: input.payload)
        switch SendAnswer(response) {
        case .accepted(let messages, _):
            try expect(status < 300 && messages.count <= OutgoingMessages.maxCount, "accepted with \(status)")
        case .acceptedBefore: try expect(status == 409, "accepted before with \(status)")
        case .failed(let failure): try expect(status >= 400 && failure != .notSent, "\(failure) with \(status)")
        }
        if case .ready(let bytes, _) = ContentAnswer(response) {
            try expect(status == 200 && bytes == input.payload && !bytes.isEmpty, "content with \(status)")
        }
        try expect((CallAnswer(response) == .done) == (status < 300), "done with \(status)")
        let quota = Result { () throws(MessagingFailure) in try Quota(response) }
        if case .success(.limited(let value)) = quota { try expect(status == 200 && value >= 0, "\(value)") }
        let consumption = Result { () throws(MessagingFailure) in try Consumption(response) }
        if case .success(let value) = consumption { try expect(status == 200 && value.total >= 0, "\(value)") }
        let profile = Result { () throws(MessagingFailure) in try Profile(response) }
        if case .success(let value) = profile { try expect(status == 200, "\(value)") }
    }
}
