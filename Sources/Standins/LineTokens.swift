internal import JSON
internal import Primitives

/// Reply tokens: each works once, for its channel, and for a minute.
struct ReplyTokens {
    static let maxTokens = 20_000

    private struct Issue {
        let channel: String
        let user: String
        let at: Instant
    }

    private var issued = Recent<String, Issue>(maxEntries: maxTokens)

    mutating func issue(_ token: String, channel: String, user: String, at now: Instant) {
        issued.note(Issue(channel: channel, user: user, at: now), for: token)
    }

    /// The user who is answered; nil when the token is unknown, used, another channel's, or older than `lifetime`.
    mutating func use(_ token: String, channel: String, at now: Instant, lifetime: Duration) -> String? {
        guard let issue = issued[token], issue.channel == channel else { return nil }
        issued.remove(token)
        return now.since(issue.at) <= lifetime ? issue.user : nil
    }
}

/// Retry keys of requests that were accepted: they are known for 24 hours, by channel and call.
struct RetryKeys {
    static let maxKeys = 20_000
    static let lifetime = Duration.seconds(86_400)

    struct Key: Hashable {
        let channel: String
        let call: String
        let key: String
    }

    struct Acceptance {
        let request: String
        /// As the first answer listed them; nil when it listed none.
        let sentMessages: JSONValue?
        let at: Instant
    }

    private var accepted = Recent<Key, Acceptance>(maxEntries: maxKeys)

    mutating func accept(_ key: Key, _ acceptance: Acceptance) { accepted.note(acceptance, for: key) }

    func acceptance(_ key: Key, at now: Instant) -> Acceptance? {
        accepted[key].flatMap { now.since($0.at) < Self.lifetime ? $0 : nil }
    }

    /// A UUID: hexadecimal digits with dashes.
    static func isKey(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [8, 4, 4, 4, 12]
            && parts.allSatisfy { $0.utf8.allSatisfy { LineIdentifier.isHex($0) } }
    }
}

/// The forms of LINE's identifiers.
enum LineIdentifier {
    /// Bytes of a user's id that a control may name. LINE's have 33.
    static let maxUserBytes = 64

    static func isHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// `U`, `C` or `R` and 32 hexadecimal digits. Tests may name users more freely, as a control lets them.
    static func isDestination(_ text: String) -> Bool {
        guard let first = text.utf8.first, [0x55, 0x43, 0x52].contains(first) else { return false }
        return text.utf8.count == 33 && text.utf8.dropFirst().allSatisfy(isHex)
    }

    static func isUser(_ text: String) -> Bool {
        text.hasPrefix("U") && (2...maxUserBytes).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
            }
    }

    /// A UUID of version 4 (RFC 9562 §5.4).
    static func uuid(_ random: any RandomSource) -> String {
        var bytes = random.bytes(16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let text = Hex.text(bytes)
        var rest = text[...]
        return [8, 4, 4, 4, 12].map { size in
            defer { rest = rest.dropFirst(size) }
            return String(rest.prefix(size))
        }.joined(separator: "-")
    }

    /// A ULID: 48 bits of milliseconds and 80 of chance, in Crockford's base 32.
    static func ulid(at now: Timestamp, _ random: any RandomSource) -> String {
        let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
        let milliseconds = UInt64(clamping: now.microseconds / 1_000)
        let time = (0..<10).map { alphabet[Int(milliseconds >> UInt64(45 - 5 * $0) & 31)] }
        return String(decoding: time + random.bytes(16).map { alphabet[Int($0 & 31)] }, as: UTF8.self)
    }
}
