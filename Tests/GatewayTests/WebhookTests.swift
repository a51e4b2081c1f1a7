import Domain
import JSON
import LINEMessaging
import Ports
import Primitives
import TestSupport
import Testing

@testable import Gateway

@Suite("LINE's webhook")
struct WebhookTests {
    private static let secret = Secret("0f1e2d3c4b5a69788796a5b4c3d2e1f0")
    private static let path = "/webhook/company_a/oa-1"
    private static let image =
        #"{"destination":"U1","events":[{"type":"message","mode":"active","timestamp":1795230001000,"#
        + #""webhookEventId":"01M7Y0QSV804HMASW9NF6YY001","deliveryContext":{"isRedelivery":false},"#
        + #""source":{"type":"user","userId":"Uc0ffee"},"replyToken":"r1","message":{"type":"image","#
        + #""id":"550000000000000002","quoteToken":"q","contentProvider":{"type":"line"}}}]}"#

    private func world(_ configure: (inout GatewayConfiguration) -> Void = { _ in }) throws -> GatewayWorld {
        let world = try GatewayWorld(configure)
        let at = world.time.wallClock
        world.tenants.replace(
            [
                TenantSettings(
                    tenant: SlipTenant(
                        id: "company_a", name: "A", apiBaseURL: "http://b", lineChannelID: "1234",
                        lineChannelSecret: Self.secret, lineAccessToken: Secret("t"), createdAt: at, updatedAt: at),
                    channels: [
                        LineChannel(
                            tenant: "company_a", id: "oa-1", name: "OA one", channelID: "1", channelSecret: Self.secret,
                            accessToken: Secret("t"), createdAt: at)
                    ])
            ], shared: [])
        return world
    }

    private func signature(_ body: String) throws -> String {
        "X-Line-Signature: " + (try #require(WebhookSignature(channelSecret: Self.secret))).value(for: Array(body.utf8))
    }

    private func log(_ world: GatewayWorld, _ id: String = "oa-1") -> [String] {
        let address = SessionAddress(tenant: "company_a", kind: .lineAccount, id: id)
        return (world.store.records[address]?.log ?? []).map(\.name)
    }

    @Test("A signed event is answered with 200 once it is in the log, also the first of an account")
    func accepted() throws {
        let world = try world()
        let answer = try world.ask("POST", Self.path, [try signature(Self.image)], body: Self.image)
        #expect(answer.status == 200 && answer.body == Array("OK".utf8))
        #expect(log(world).first == "slip.received")
        let before = log(world).count { $0 == "slip.received" }
        #expect(try world.ask("POST", Self.path, [try signature(Self.image)], body: Self.image).status == 200)
        #expect(log(world).count { $0 == "slip.received" } == before, "delivered again")
    }

    @Test("A tenant's first channel answers to its channel id")
    func channelID() throws {
        let world = try world()
        let answer = try world.ask("POST", "/webhook/company_a/1234", [try signature(Self.image)], body: Self.image)
        #expect(answer.status == 200)
        #expect(log(world, "1234").first == "slip.received")
    }

    @Test("The verify call of LINE's console has no events")
    func verify() throws {
        let world = try world()
        let body = #"{"destination":"U1","events":[]}"#
        #expect(try world.ask("POST", Self.path, [try signature(body)], body: body).status == 200)
        #expect(log(world).isEmpty)
    }

    @Test("What is not signed is not read")
    func unsigned() throws {
        let world = try world()
        let good = try signature(Self.image)
        for fields in [
            [], ["X-Line-Signature: "], ["X-Line-Signature: !!"], [String(good.dropLast(4))], [good, good],
            [try signature("")], [try signature(Self.image + " ")],
        ] {
            let answer = try world.ask("POST", Self.path, fields, body: Self.image)
            #expect(answer.status == 401, "\(fields)")
            #expect(try JSONParser.parse(answer.body)["code"] == 2100)
        }
        #expect(log(world).isEmpty)
        for body in ["", "x", "[]", "{}", #"{"events":1}"#] {
            #expect(try world.ask("POST", Self.path, [try signature(body)], body: body).status == 400, "\(body)")
        }
        #expect(try world.ask("POST", "/webhook/company_a/none", [good], body: Self.image).status == 404)
        #expect(try world.ask("POST", "/webhook/jeco/oa-1", [good], body: Self.image).status == 404)
        #expect(try world.ask("GET", Self.path).status == 405)
    }

    @Test("Who signs is never limited; who does not, is")
    func rates() throws {
        let world = try world { $0.clients.badSignaturesPerMinute = 3 }
        for _ in 0..<3 { #expect(try world.ask("POST", Self.path, body: Self.image).status == 401) }
        let refused = try world.ask("POST", Self.path, body: Self.image)
        #expect(refused.status == 429 && refused.headers["retry-after"] != nil)
        #expect(try world.ask("POST", Self.path, [try signature(Self.image)], body: Self.image).status == 200)
        #expect(world.counts.refusals.count { $0 == .signature } == 4)
    }

    @Test("A store that cannot write answers 503, and LINE delivers again")
    func unavailable() throws {
        let world = try world()
        #expect(try world.ask("POST", Self.path, [try signature(Self.image)], body: Self.image).status == 200)
        world.enter { world.journal.fault = { _ in .unavailable } }
        let body = Self.image.replacing("YY001", with: "YY002")
        let answer = try world.ask("POST", Self.path, [try signature(body)], body: body)
        #expect(answer.status == 503 && answer.headers["retry-after"] != nil)
    }
}
