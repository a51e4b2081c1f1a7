import HTTPClient
import JSON
import Ports
import Primitives
import Reactor
import TestSupport
import Testing

@testable import Domain
@testable import LineAccounts

@Suite("Calls to LINE", .timeLimit(.minutes(5)))
struct LINECallTests {
    @Test("an image that LINE still prepares is pending, then there, then gone")
    func image() throws {
        let statuses = Holder<[Int]>()
        statuses.value = [202, 200, 404, 410]
        let world = try World { _ in .text(statuses.value?.removeFirst() ?? 0, "\u{1}bytes") }
        for expected in [FetchedImage.pending, .image(Array("\u{1}bytes".utf8)), .gone, .gone] {
            let answer: FetchedImage = try world.answer { $0.fetchImage(message: "17/..", $1) }
            #expect(answer == expected)
        }
        #expect(Set(world.log.requests.map(\.path)) == ["/content/v2/bot/message/17%2F%2E%2E/content"])
        #expect(world.log.requests.allSatisfy { $0.headers["authorization"] == "Bearer line-token" })
    }

    @Test("an image of four megabytes is fetched, a byte more is gone", arguments: [(0, true), (1, false)])
    func largest(_ more: Int, _ isFetched: Bool) throws {
        let bytes = [UInt8](repeating: 7, count: 4 * 1024 * 1024 + more)
        let world = try World { _ in .answer(200, bytes) }
        let answer: FetchedImage = try world.answer { $0.fetchImage(message: "17", $1) }
        #expect((answer == .image(bytes)) == isFetched)
        if !isFetched { #expect(answer == .gone) }
    }

    @Test("a refused token says nothing about the image", arguments: [401, 403, 400, 429, 500])
    func imageUnavailable(_ status: Int) throws {
        let world = try World { _ in .json(status, ["message": "x"]) }
        let answer: FetchedImage = try world.answer { $0.fetchImage(message: "17", $1) }
        #expect(answer == .unavailable)
    }

    @Test("a reply goes with its token, a push with its key")
    func tell() throws {
        let world = try World { _ in .json(200, ["sentMessages": [["id": "1"]]]) }
        let replied: TellingAnswer = try world.answer { $0.tell(Samples.telling(by: .reply), $1) }
        let pushed: TellingAnswer = try world.answer { $0.tell(Samples.telling(by: .push), $1) }
        #expect(replied == .accepted && pushed == .accepted)
        let (reply, push) = (world.log.requests[0], world.log.requests[1])
        #expect(reply.path == "/line/v2/bot/message/reply" && push.path == "/line/v2/bot/message/push")
        #expect(reply.json?["replyToken"]?.string == "reply-token")
        #expect(push.json?["to"]?.string == "U1")
        #expect(reply.headers["x-line-retry-key"] == nil)
        #expect(push.headers["x-line-retry-key"] == Samples.telling(by: .push).mark.key)
        #expect(reply.json?["messages"] == push.json?["messages"])
        #expect(reply.json?["messages"]?[0]?["text"]?.string?.contains("แล้วค่ะ") == true)
    }

    @Test("a reply without a token was not told")
    func noToken() throws {
        let world = try World { _ in .silence }
        let answer: TellingAnswer = try world.answer { $0.tell(Samples.telling(by: .reply, token: nil), $1) }
        #expect(answer == .tokenInvalid)
    }

    @Test(
        "each answer to a telling means one thing",
        arguments: [
            (400, "Invalid reply token", TellingAnswer.tokenInvalid, TellingAnswer.tokenInvalid),
            (400, "Failed to send messages", .refused, .refused), (401, "x", .refused, .refused),
            (403, "x", .refused, .refused), (413, "x", .refused, .refused),
            // A reply has no key, so LINE cannot know it again.
            (409, "The retry key is already accepted", .refused, .acceptedBefore),
            (429, "The API rate limit has been exceeded. Try again later.", .rateLimited, .rateLimited),
            (429, "You have reached your monthly limit.", .quotaExhausted, .quotaExhausted),
            (500, "x", .unclear, .unclear), (503, "x", .unclear, .unclear),
        ])
    func tellings(_ status: Int, _ message: String, _ replied: TellingAnswer, _ pushed: TellingAnswer) throws {
        let world = try World { _ in .json(status, ["message": .string(message)]) }
        let reply: TellingAnswer = try world.answer { $0.tell(Samples.telling(by: .reply), $1) }
        let push: TellingAnswer = try world.answer { $0.tell(Samples.telling(by: .push), $1) }
        #expect(reply == replied && push == pushed)
    }

    @Test("the tenant's first channel answers to its channel id, with its own token")
    func firstChannel() throws {
        var settings = World.settings()
        settings.tenant.lineChannelID = "1650000000"
        settings.tenant.lineChannelSecret = Secret("s")
        settings.tenant.lineAccessToken = Secret("first-token")
        let world = try World(settings: settings, oa: "1650000000") { _ in .text(202, "") }
        let answer: FetchedImage = try world.answer { $0.fetchImage(message: "17", $1) }
        #expect(answer == .pending)
        #expect(world.log.requests[0].headers["authorization"] == "Bearer first-token")
    }

    @Test("a changed token counts from the next call on")
    func changedToken() throws {
        let world = try World { _ in .text(202, "") }
        let _: FetchedImage = try world.answer { $0.fetchImage(message: "17", $1) }
        var channel = try #require(world.book[World.tenant]?.channels.first)
        channel.accessToken = Secret("other-token")
        world.book.apply(.channel(channel))
        let _: FetchedImage = try world.answer { $0.fetchImage(message: "17", $1) }
        #expect(world.log.requests.map { $0.headers["authorization"] } == ["Bearer line-token", "Bearer other-token"])
    }

    @Test("loading is shown, whatever comes of it", arguments: [202, 400, 500])
    func loading(_ status: Int) throws {
        let world = try World { _ in .text(status, "{}") }
        world.loop.enter { world.adapter.showLoading(user: "U1") }
        world.run(until: { world.log.count == 1 && world.client.transferCount == 0 })
        #expect(world.log.requests[0].path == "/line/v2/bot/chat/loading/start")
        #expect(world.log.requests[0].json == ["chatId": "U1", "loadingSeconds": 20])
    }

    @Test("the month's quota, and what is used of it")
    func quota() throws {
        for (quota, used, expected) in [
            (
                ["type": "limited", "value": 1000], 500,
                QuotaReport(name: "line", used: 500, limit: 1000, isExhausted: false)
            ),
            (
                ["type": "limited", "value": 500], 500,
                QuotaReport(name: "line", used: 500, limit: 500, isExhausted: true)
            ),
            (["type": "none"], 5, QuotaReport(name: "line", used: 5, limit: nil, isExhausted: false)),
            (["type": "other"], 5, nil),
        ] as [(JSONValue, Int64, QuotaReport?)] {
            let world = try World { request in
                request.path.hasSuffix("/consumption") ? .json(200, ["totalUsage": .integer(used)]) : .json(200, quota)
            }
            let answer: QuotaReport? = try world.answer { $0.readQuota($1) }
            #expect(answer == expected)
        }
        let half = try World { request in
            request.path.hasSuffix("/consumption") ? .text(500, "") : .json(200, ["type": "none"])
        }
        let answer: QuotaReport? = try half.answer { $0.readQuota($1) }
        #expect(answer == nil)
        #expect(half.log.count == 2)
    }
}
