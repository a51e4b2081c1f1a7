import JSON
import Primitives
import TestSupport
import Testing

@testable import LINEMessaging

/// One entry of a file in `Protocol/vectors/line`.
struct LINEVector: CustomTestStringConvertible, Sendable {
    let json: JSONValue
    var testDescription: String { json["name"]?.string ?? "?" }
    var expect: JSONValue { json["expect"] ?? .null }

    static func load(_ file: String) throws -> [LINEVector] {
        let list = try Vectors.documents("line").first { $0.name == file }?.value.array ?? []
        guard !list.isEmpty else { throw Vectors.Malformed(description: "no vectors in \(file)") }
        return list.map { LINEVector(json: $0) }
    }
}

@Suite("Webhooks of LINE")
struct WebhookTests {
    @Test("A signature proves exactly the bytes that it was made for", arguments: try LINEVector.load("signatures"))
    func signature(_ vector: LINEVector) throws {
        let secret = Secret(try #require(vector.json["secret"]?.string))
        let body = Array(try #require(vector.json["body"]?.string).utf8)
        let fields = try #require(vector.json["fields"]?.array).compactMap(\.string)
        let signature = try #require(WebhookSignature(channelSecret: secret))
        let outcome = Result { () throws(WebhookSignatureViolation) in try signature.verify(body, fields: fields) }
        switch outcome {
        case .success:
            #expect(vector.expect["isValid"]?.bool == true)
            #expect(signature.value(for: body) == fields.first)
        case .failure(let violation): #expect(vector.expect["violation"]?.string == violation.rawValue)
        }
    }

    @Test("No changed bit of body or signature passes")
    func everyBit() throws {
        let signature = try #require(WebhookSignature(channelSecret: Secret("0f1e2d3c4b5a69788796a5b4c3d2e1f0")))
        let body = Array(#"{"destination":"Ub0a7b0a7b0a7b0a7b0a7b0a7b0a7b0a7","events":[]}"#.utf8)
        let field = "HcR0TSWbfISM6taRHk0NTM9Lfot1mQ23SKfQzV4UFrQ="
        try signature.verify(body, fields: [field])
        for bit in 0..<body.count * 8 {
            var changed = body
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: WebhookSignatureViolation.mismatched) { try signature.verify(changed, fields: [field]) }
        }
        let text = Array(field.utf8)
        for bit in 0..<text.count * 8 {
            var changed = text
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let field = String(decoding: changed, as: UTF8.self)
            #expect(throws: WebhookSignatureViolation.self) { try signature.verify(body, fields: [field]) }
        }
    }

    @Test("A channel without a secret takes nothing")
    func noSecret() { #expect(WebhookSignature(channelSecret: Secret("")) == nil) }

    @Test("A body means what the vector says", arguments: try LINEVector.load("webhooks"))
    func body(_ vector: LINEVector) throws {
        var limits = WebhookLimits()
        if let bytes = vector.json["limits"]?["maxBodyBytes"]?.integer { limits.maxBodyBytes = Int(bytes) }
        let body = Array(try #require(vector.json["body"]?.string).utf8)
        let outcome = Result { () throws(WebhookViolation) in try WebhookDelivery(body, limits: limits) }
        let seen: JSONValue
        switch outcome {
        case .failure(let violation): seen = ["violation": Written.violation(violation)]
        case .success(let delivery):
            seen = [
                "destination": JSONValue(delivery.destination),
                "events": .array(delivery.events.map(Written.event)),
                "unreadable": .array(delivery.unreadable.map(Written.violation)),
            ]
        }
        #expect(Written.sorted(seen) == Written.sorted(vector.expect))
    }

    @Test("A violation says where, and nothing of what was sent")
    func description() {
        #expect(WebhookViolation(.missing, "events[2].message.id").description == "events[2].message.id: missing")
        #expect(WebhookViolation(.notJSON).description == "notJSON")
    }
}

/// Events as the vectors write them.
private enum Written {
    static func violation(_ violation: WebhookViolation) -> JSONValue {
        ["reason": .string(violation.reason.rawValue), "path": .string(violation.path)]
    }

    static func event(_ event: WebhookEvent) -> JSONValue {
        var object: JSONObject = [
            "id": .string(event.id), "timestampMilliseconds": .integer(event.timestamp.microseconds / 1_000),
            "isRedelivery": .bool(event.isRedelivery), "isActive": .bool(event.isActive),
            "source": event.source.map(source) ?? .null,
        ]
        object["replyToken"] = event.replyToken.map(JSONValue.string)
        switch event.content {
        case .message(let message): object["message"] = self.message(message)
        case .postback(let data, let parameters):
            var texts = JSONObject()
            for (name, text) in parameters { texts[name] = .string(text) }
            object["postback"] = ["data": .string(data), "parameters": .object(texts)]
        case .follow(let isUnblocked): object["follow"] = ["isUnblocked": .bool(isUnblocked)]
        case .unsend(let message): object["unsend"] = .string(message)
        case .unfollow: object["type"] = "unfollow"
        case .join: object["type"] = "join"
        case .leave: object["type"] = "leave"
        case .other(let type): object["type"] = .string(type)
        }
        return .object(object)
    }

    private static func source(_ source: WebhookSource) -> JSONValue {
        var object = JSONObject()
        switch source {
        case .user: break
        case .group(let id, _): object["group"] = .string(id)
        case .room(let id, _): object["room"] = .string(id)
        case .other(let type): object["other"] = .string(type)
        }
        object["user"] = source.user.map(JSONValue.string)
        return .object(object)
    }

    private static func message(_ message: WebhookMessage) -> JSONValue {
        var object: JSONObject = ["id": .string(message.id)]
        switch message.kind {
        case .text(let text): object["text"] = .string(text)
        case .image(let media, let set):
            object["image"] = self.media(media)
            object["set"] = set.map {
                ["id": .string($0.id), "index": JSONValue($0.index), "total": JSONValue($0.total)]
            }
        case .video(let media): object["video"] = self.media(media)
        case .audio(let media): object["audio"] = self.media(media)
        case .file(let name, let byteCount): object["file"] = [.string(name), .integer(byteCount)]
        case .location(let latitude, let longitude): object["location"] = [.double(latitude), .double(longitude)]
        case .sticker(let package, let sticker): object["sticker"] = .string("\(package)/\(sticker)")
        case .other(let type): object["other"] = .string(type)
        }
        return .object(object)
    }

    private static func media(_ media: WebhookMedia) -> JSONValue {
        switch media {
        case .line: "line"
        case .external(let url): .string(url)
        case .other(let type): .string("other:\(type)")
        }
    }

    /// With the members of every object by name, so that their order does not count.
    static func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let items): return .array(items.map(sorted))
        case .object(let object):
            var out = JSONObject()
            for member in object.members.sorted(by: { $0.name < $1.name }) { out[member.name] = sorted(member.value) }
            return .object(out)
        case .null, .bool, .integer, .double, .string: return value
        }
    }
}
