package import JSON
package import Primitives

/// What a notification is about.
package enum NotificationType: String, Sendable, CaseIterable {
    case booking, payment, message, review, order, loan, system

    /// Pushed in quiet hours, too: money and the account itself do not wait for the morning.
    package var isUrgent: Bool { self == .payment || self == .system }
}

/// A text in the languages that people are told things in.
package struct BilingualText: Sendable, Equatable {
    package let th: String
    package let en: String

    package init(th: String, en: String) {
        self.th = th
        self.en = en
    }

    /// The same in both.
    package init(_ text: String) { self.init(th: text, en: text) }

    package subscript(language: PushLanguage) -> String {
        switch language {
        case .thai: th
        case .english: en
        }
    }
}

package enum PushLanguage: String, Sendable, CaseIterable {
    case thai = "th"
    case english = "en"
}

/// One thing that a person is told.
package struct Notification: Sendable, Equatable {
    package let id: String
    package let type: NotificationType
    package let title: BilingualText
    package let body: BilingualText
    /// What it is about: the platform's own, kept and given back.
    package let data: JSONObject?
    package let createdAt: Timestamp
    package internal(set) var readAt: Timestamp?

    package static let maxTitleCharacters = 120
    package static let maxBodyCharacters = 500
    package static let maxDataBytes = 1_024

    package init(
        id: String, type: NotificationType, title: BilingualText, body: BilingualText, data: JSONObject? = nil,
        createdAt: Timestamp, readAt: Timestamp? = nil
    ) {
        self.id = id
        self.type = type
        self.title = title
        self.body = body
        self.data = data
        self.createdAt = createdAt
        self.readAt = readAt
    }

    /// The arguments of a `notification.create`.
    init(command data: JSONValue, id: String, at now: Timestamp) throws(FaultReason) {
        guard let type = data["type"]?.string.flatMap(NotificationType.init(rawValue:)) else {
            throw .invalid("type is one of \(NotificationType.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        var object: JSONObject?
        if let value = data["data"], !value.isNull {
            guard let members = value.object, value.bytes.count <= Self.maxDataBytes else {
                throw .invalid("data is an object of at most \(Self.maxDataBytes) bytes")
            }
            object = members
        }
        self.init(
            id: id, type: type, title: try BilingualText(data["title"], "title", 1...Self.maxTitleCharacters),
            body: try BilingualText(data["body"], "body", 0...Self.maxBodyCharacters), data: object, createdAt: now)
    }
}

extension BilingualText {
    /// A text for both languages, or an object with `th` and `en`; a missing body is an empty one.
    fileprivate init(
        _ json: JSONValue?, _ name: String, _ characters: ClosedRange<Int>
    ) throws(FaultReason) {
        let given = json.flatMap { $0.isNull ? nil : $0 }
        guard let given else {
            guard characters.contains(0) else { throw .invalid("\(name) is missing") }
            self.init("")
            return
        }
        let th = given.string ?? given["th"]?.string
        let en = given.string ?? given["en"]?.string
        guard let th, let en, characters.contains(th.count), characters.contains(en.count),
            max(th.utf8.count, en.utf8.count) <= characters.upperBound * 8
        else {
            throw .invalid(
                "\(name) is a text, or an object of th and en, each of \(characters.lowerBound) to "
                    + "\(characters.upperBound) characters")
        }
        self.init(th: th, en: en)
    }
}

extension BilingualText: JSONWritable, JSONReadable {
    package var object: JSONObject { ["th": .string(th), "en": .string(en)] }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(th: try fields.string("th"), en: try fields.string("en"))
    }
}

extension Notification: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = [
            "id": .string(id), "type": .string(type.rawValue), "title": title.json, "body": body.json,
        ]
        object["data"] = data.map(JSONValue.object)
        object["createdAt"] = .string(createdAt.rfc3339)
        object["readAt"] = readAt.map { .string($0.rfc3339) }
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            id: try fields.string("id"), type: try fields.choice("type"), title: try fields.part("title"),
            body: try fields.part("body"), data: fields.value(ifPresent: "data")?.object,
            createdAt: try fields.time("createdAt"), readAt: try fields.time(ifPresent: "readAt"))
    }
}

extension Letter {
    /// Tells a person something, in their inbox; nil when the subject can have none (`Inbox.id(of:)`).
    package static func notification(
        to subject: String, _ type: NotificationType, title: BilingualText, body: BilingualText,
        data: JSONObject? = nil
    ) -> Letter? {
        guard let id = Inbox.id(of: subject) else { return nil }
        var members: JSONObject = ["type": .string(type.rawValue), "title": title.json, "body": body.json]
        members["data"] = data.map(JSONValue.object)
        return Letter(to: .inbox, id, "notification.create", .object(members))
    }
}
