package import JSON
package import Primitives

package enum PushPlatform: String, Sendable, CaseIterable {
    case android, ios, web
}

/// Where a person can be reached who is not connected.
package struct PushDevice: Sendable, Equatable {
    /// The person's own name for it, as their app has it.
    package let id: String
    /// What the push service knows it by. Whoever has it can write to the device: it is in the log, and in nothing that is shown.
    package let token: String
    package let platform: PushPlatform
    package let language: PushLanguage
    package let registeredAt: Timestamp

    package static let maxIDBytes = 64
    package static let maxTokenBytes = 2_048

    package init(id: String, token: String, platform: PushPlatform, language: PushLanguage, registeredAt: Timestamp) {
        self.id = id
        self.token = token
        self.platform = platform
        self.language = language
        self.registeredAt = registeredAt
    }

    /// The arguments of a `device.register`.
    init(command data: JSONValue, at now: Timestamp) throws(FaultReason) {
        let id = try Self.id(in: data)
        guard let token = data["token"]?.string, (1...Self.maxTokenBytes).contains(token.utf8.count),
            token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw .invalid("token has 1 to \(Self.maxTokenBytes) visible ASCII characters") }
        guard let platform = data["platform"]?.string.flatMap(PushPlatform.init(rawValue:)) else {
            throw .invalid("platform is one of \(PushPlatform.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        var language = PushLanguage.thai
        if let value = data["language"], !value.isNull {
            guard let known = value.string.flatMap(PushLanguage.init(rawValue:)) else {
                throw .invalid("language is th or en")
            }
            language = known
        }
        self.init(id: id, token: token, platform: platform, language: language, registeredAt: now)
    }

    static func id(in data: JSONValue) throws(FaultReason) -> String {
        guard let id = data["device"]?.string, SessionAddress.isValid(id: id), id.utf8.count <= maxIDBytes else {
            throw .invalid("device has 1 to \(maxIDBytes) of A-Z a-z 0-9 . _ ~ : @ -")
        }
        return id
    }

    /// Reached in the same way.
    func isSame(as other: PushDevice) -> Bool {
        id == other.id && token == other.token && platform == other.platform && language == other.language
    }

    /// What is shown of it.
    var shownObject: JSONObject {
        [
            "device": .string(id), "platform": .string(platform.rawValue), "language": .string(language.rawValue),
            "registeredAt": .string(registeredAt.rfc3339),
        ]
    }
}

extension PushDevice: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object = shownObject
        object["token"] = .string(token)
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            id: try fields.string("device"), token: try fields.string("token"), platform: try fields.choice("platform"),
            language: try fields.choice("language"), registeredAt: try fields.time("registeredAt"))
    }
}
