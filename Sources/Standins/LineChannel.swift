internal import HTTP1
internal import JSON
internal import LINEMessaging
internal import Primitives
internal import SlipQR

/// One Official Account's channel as LINE keeps it. Confined to the stand-ins' loop.
final class LineChannel {
    let account: StandinServer.LineAccount
    /// Set through the API; nil: where the configuration says.
    var endpoint: String?
    /// Messages that were pushed: one for each who was to get it.
    var usage = 0

    init(_ account: StandinServer.LineAccount) { self.account = account }

    var id: String { account.tenant + "/" + account.oa }

    func webhookURL(_ serverURL: String) -> String {
        endpoint ?? "\(serverURL)/webhook/\(account.tenant)/\(account.oa)"
    }

    /// `x-line-signature` of a webhook's body.
    func signature(of body: [UInt8]) -> String {
        WebhookSignature(channelSecret: account.channelSecret)?.value(for: body) ?? ""
    }
}

/// The content of a message that a user sent.
struct LineContent {
    let channel: String
    let bytes: [UInt8]
    /// The slip that the picture shows.
    let code: SlipQR?
    /// How often it was asked for and not ready yet.
    var pendingTimes = 0

    /// By the first bytes.
    var type: String {
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
        return bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) ? "image/png" : "application/octet-stream"
    }
}

/// What customers sent and were told, as far as the stand-in remembers. Confined to its loop.
struct LineRecords {
    static let maxMessages = 20_000
    /// Of all pictures that are held.
    static let maxContentBytes = 64 * 1024 * 1024
    static let maxEvents = 10_000
    static let maxSent = 5_000
    /// Of all messages that customers were told.
    static let maxSentBytes = 32 * 1024 * 1024

    struct Event {
        let channel: String
        let json: JSONObject
        /// What the control's answer said of it.
        let facts: JSONObject
    }

    var contents = Recent<String, LineContent>(maxEntries: maxMessages, maxBytes: maxContentBytes)
    /// The newest message that shows a slip.
    var messageOfSlip = Recent<SlipQR, String>(maxEntries: maxMessages)
    var events = Recent<String, Event>(maxEntries: maxEvents)
    /// Tokens to mark a message as read, with the channel.
    var readTokens = Recent<String, String>(maxEntries: maxEvents)
    private(set) var sent = Recent<UInt64, JSONObject>(maxEntries: maxSent, maxBytes: maxSentBytes)
    private var sentCount: UInt64 = 0

    mutating func note(
        sent messages: JSONValue, to user: String, way: String, account: StandinServer.LineAccount, at now: Timestamp
    ) {
        sentCount += 1
        sent.note(
            [
                "tenant": .string(account.tenant), "oa": .string(account.oa), "user": .string(user),
                "way": .string(way), "messages": messages, "at": .string(now.rfc3339),
            ], for: sentCount, bytes: messages.bytes.count)
    }

    mutating func clearSent() { sent.removeAll() }
}
