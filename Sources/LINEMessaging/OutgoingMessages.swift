package import JSON

/// The messages of one call: one to five (LINE Messaging API, "Send reply message", 2026-07).
package struct OutgoingMessages: Equatable, Sendable {
    package static let maxCount = 5

    package let messages: [OutgoingMessage]

    /// Nil when there is none, or more than `maxCount`.
    package init?(_ messages: [OutgoingMessage]) {
        guard (1...Self.maxCount).contains(messages.count) else { return nil }
        self.messages = messages
    }

    package init(_ message: OutgoingMessage) { messages = [message] }

    var json: JSONValue { .array(messages.map(\.json)) }
}

/// A message that the account sends.
package enum OutgoingMessage: Equatable, Sendable {
    /// Not empty, else LINE refuses it; beyond `maxTextUnits` it is cut.
    case text(String)
    /// `contents`: a bubble or carousel. `altText`, which notifications show, is cut beyond `maxAltTextUnits`.
    case flex(altText: String, contents: JSONValue)

    /// UTF-16 code units of a text message.
    package static let maxTextUnits = 5_000
    /// UTF-16 code units of what stands for a Flex message where it cannot be shown.
    package static let maxAltTextUnits = 400

    var json: JSONValue {
        switch self {
        case .text(let text): ["type": "text", "text": .string(Self.cut(text, Self.maxTextUnits))]
        case .flex(let altText, let contents):
            ["type": "flex", "altText": .string(Self.cut(altText, Self.maxAltTextUnits)), "contents": contents]
        }
    }

    /// The longest beginning of whole characters that has at most so many UTF-16 code units.
    private static func cut(_ text: String, _ maxUnits: Int) -> String {
        guard text.utf16.count > maxUnits else { return text }
        var end = text.startIndex
        var units = 0
        while end < text.endIndex {
            let next = text.index(after: end)
            units += text.utf16.distance(from: end, to: next)
            guard units <= maxUnits else { break }
            end = next
        }
        return String(text[..<end])
    }
}
