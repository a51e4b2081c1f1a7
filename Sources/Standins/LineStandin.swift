internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor
internal import Transport

/// LINE's Messaging API (line-openapi of 2026-07-01), API host and content host under one prefix, and what sends its webhooks.
/// Confined to the stand-ins' loop.
final class LineStandin: Standin {
    /// LINE's, of a request.
    static let maxRequestBytes = 2 * 1024 * 1024
    static let maxRecipients = 500

    struct Settings: Equatable {
        var quotaExhausted = false
        var rateLimited = false
        /// Messages of a month; nil: no limit.
        var quota: Int?
        /// How often content is answered with 202 before it is there.
        var contentPendingTimes = 0
        var contentGone = false
        /// Users who blocked every account.
        var blocked: Set<String> = []
        /// Users whom nothing can be sent to.
        var unknown: Set<String> = []
        var replyTokenSeconds = 60
    }

    let name = "line"
    let loop: EventLoop
    let random: any RandomSource
    let channels: [LineChannel]
    let desk: SlipDesk
    let backend: BackendStandin
    var own = Settings()
    var records = LineRecords()
    var replyTokens = ReplyTokens()
    var retryKeys = RetryKeys()
    private var messageCount: UInt64 = 0
    private(set) var webhooks: LineWebhooks?

    init(
        _ configuration: StandinServer.Configuration, desk: SlipDesk, backend: BackendStandin, loop: EventLoop,
        random: any RandomSource
    ) {
        self.loop = loop
        self.random = random
        self.desk = desk
        self.backend = backend
        channels = configuration.lineAccounts.map(LineChannel.init)
        webhooks = LineWebhooks(configuration, line: self)
    }

    func admit(_ exchange: HTTPExchange) {
        exchange.commonHeaders.append(("X-Line-Request-Id", LineIdentifier.uuid(random)))
    }

    func failure(_ status: Int) -> HTTPResponse {
        let refusal: LineRefusal =
            switch status {
            case 429: .tooManyRequests
            case 401: .authentication
            default: LineRefusal(status, "An error occurred on the server")
            }
        return .json(HTTPStatus(code: status) ?? .internalServerError, refusal.json)
    }

    // MARK: Controls

    func change(_ members: JSONObject) throws(BehaviourError) {
        var next = own
        for member in members.members {
            switch member.name {
            case "quotaExhausted": next.quotaExhausted = try member.flag()
            case "rateLimited": next.rateLimited = try member.flag()
            case "quota": next.quota = try member.count()
            case "contentPendingTimes": next.contentPendingTimes = try member.count() ?? 0
            case "contentGone": next.contentGone = try member.flag()
            case "blocked": next.blocked = Set(try member.texts())
            case "unknown": next.unknown = Set(try member.texts())
            case "replyTokenSeconds": next.replyTokenSeconds = try member.count() ?? 60
            default: throw .unknown(member)
            }
        }
        own = next
    }

    /// With the accounts, so that a script can act as any of them.
    var settings: JSONObject {
        [
            "quotaExhausted": .bool(own.quotaExhausted), "rateLimited": .bool(own.rateLimited),
            "quota": JSONValue(own.quota.map(Int64.init)),
            "contentPendingTimes": .integer(Int64(own.contentPendingTimes)), "contentGone": .bool(own.contentGone),
            "blocked": .array(own.blocked.sorted().map(JSONValue.string)),
            "unknown": .array(own.unknown.sorted().map(JSONValue.string)),
            "replyTokenSeconds": .integer(Int64(own.replyTokenSeconds)),
            "accounts": .array(
                channels.map {
                    [
                        "tenant": .string($0.account.tenant), "oa": .string($0.account.oa),
                        "channelId": .string($0.account.channelID),
                        "accessToken": .string($0.account.accessToken.reveal()),
                        "destination": .string($0.account.destination), "usage": .integer(Int64($0.usage)),
                    ]
                }),
        ]
    }

    /// What customers sent and were told stays: messages may still be under way.
    func reset() {
        own = Settings()
        for channel in channels {
            channel.endpoint = nil
            channel.usage = 0
        }
    }

    func control(_ exchange: HTTPExchange, _ path: ArraySlice<String>) -> Bool {
        guard path.count == 1 else { return false }
        switch (exchange.request.method, path.first) {
        case (.get, "sent"):
            let query = exchange.request.query
            let sent = records.sent.values.filter { entry in
                ["tenant", "oa", "user", "way"].allSatisfy { query[$0] == nil || query[$0] == entry[$0]?.string }
            }
            exchange.respond(.json(.ok, ["sent": .array(sent.map(JSONValue.object))]))
        case (.delete, "sent"):
            records.clearSent()
            exchange.respond(HTTPResponse(status: .noContent))
        case (.post, "webhook"): webhooks?.control(exchange)
        default: return false
        }
        return true
    }

    // MARK: For calls and webhooks

    func channel(tenant: String?, oa: String?) -> LineChannel? {
        channels.first { (tenant == nil || $0.account.tenant == tenant) && (oa == nil || $0.account.oa == oa) }
    }

    /// A message's id: more than 53 bits, rising, never the same in two runs.
    func nextMessageID() -> String {
        messageCount += 1
        let milliseconds = UInt64(clamping: loop.time.wallClock.microseconds / 1_000)
        return String(milliseconds * 100_000 + messageCount % 100_000)
    }
}
