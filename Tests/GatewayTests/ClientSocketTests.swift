import Authentication
import Domain
import JSON
import Ports
import Primitives
import Reactor
import Sessions
import TestSupport
import Testing
import Transport
import WireProtocol

@testable import Gateway

@Suite("A client's socket (contract §4)")
struct ClientSocketTests {
    private static let conversation = SessionAddress(tenant: "jeco", kind: .conversation, id: "c_1")

    // MARK: Hello

    @Test func helloIsWelcomed() throws {
        let world = try GatewayWorld()
        let client = try world.greet()
        #expect(client.head?.contains("sala.v1.json") == true)
        let welcome = try #require(client.first("welcome"))
        #expect(welcome["tenant"] == "jeco" && welcome["subject"] == "u_1" && welcome["role"] == "customer")
        #expect(welcome["limits"]?["maxFrameBytes"] == 65_536)
        #expect(world.counts.opened == 1)
    }

    @Test func aTokenOfTheHandshakeIsEnough() throws {
        let world = try GatewayWorld()
        let client = try world.connect("Authorization: Bearer \(try world.token())\r\n")
        client.say(#"{"type":"hello"}"#)
        #expect(world.until([client]) { client.first("welcome")?["subject"] == "u_1" })
    }

    @Test func withoutAHelloTheSocketIsClosed4502() throws {
        let world = try GatewayWorld()
        let client = try world.connect()
        world.advance(.seconds(9), client)
        #expect(client.closeCode == nil)
        world.advance(.seconds(2), client)
        #expect(world.until([client]) { client.closeCode == 4502 })
    }

    @Test func anythingBeforeHelloIs2204AndTheSocketStays() throws {
        let world = try GatewayWorld()
        let client = try world.connect()
        client.say(#"{"type":"subscribe","id":3,"session":"conversation/c_1"}"#)
        client.say(#"{"type":"ping","n":1}"#)
        #expect(world.until([client]) { client.frames("fault").count == 2 })
        #expect(client.faultCode(3) == 2204 && client.frames("pong").isEmpty && client.closeCode == nil)
        client.say(#"{"type":"hello","token":"\#(try world.token())"}"#)
        #expect(world.until([client]) { client.first("welcome") != nil })
    }

    @Test func aBadTokenIs2100And4500() throws {
        let world = try GatewayWorld()
        for hello in [#"{"type":"hello","token":"nonsense"}"#, #"{"type":"hello"}"#] {
            let client = try world.connect()
            client.say(hello)
            #expect(world.until([client]) { client.closeCode == 4500 })
            #expect(client.first("fault")?["code"] == 2100)
        }
    }

    @Test func anExpiredTokenIs2101And4200() throws {
        let world = try GatewayWorld()
        let client = try world.connect()
        client.say(#"{"type":"hello","token":"\#(try world.token(expiresIn: -600))"}"#)
        #expect(world.until([client]) { client.closeCode == 4200 })
        #expect(client.first("fault")?["code"] == 2101)
    }

    @Test func aRevokedTokenIs2103And4507() throws {
        let world = try GatewayWorld()
        let token = try world.token()
        let principal = try world.services.identity.verify(Secret(token))
        try world.services.identity.revoke(principal.tokenIdentifier, expires: principal.expires)
        let client = try world.connect()
        client.say(#"{"type":"hello","token":"\#(token)"}"#)
        #expect(world.until([client]) { client.closeCode == 4507 })
        #expect(client.first("fault")?["code"] == 2103)
    }

    @Test func aTokenThatIsRevokedBetweenTheHandshakeAndHelloIsRefused() throws {
        let world = try GatewayWorld()
        let token = try world.token()
        let client = try world.connect("Authorization: Bearer \(token)\r\n")
        let principal = try world.services.identity.verify(Secret(token))
        try world.services.identity.revoke(principal.tokenIdentifier, expires: principal.expires)
        client.say(#"{"type":"hello"}"#)
        #expect(world.until([client]) { client.closeCode == 4507 })
        #expect(client.first("welcome") == nil)
    }

    @Test func aSecondHelloIsAFault() throws {
        let world = try GatewayWorld()
        let client = try world.greet()
        client.say(#"{"type":"hello","token":"x"}"#)
        #expect(world.until([client]) { client.first("fault")?["code"] == 2200 })
        #expect(client.closeCode == nil)
    }

    @Test func revokingClosesOpenSocketsOfThatTokenOnly() throws {
        let world = try GatewayWorld()
        let token = try world.token(identifier: "t-gone")
        let gone = try world.greet(token)
        let stays = try world.greet(try world.token(identifier: "t-stays"))
        let rest = try RawClient(port: world.listener.port)
        rest.send(
            "POST /v1/tokens/revoke HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer \(token)\r\nContent-Length: 0\r\n\r\n")
        #expect(
            world.until([gone, stays]) {
                rest.poll()
                return gone.closeCode == 4507
            })
        world.settle(gone, stays)
        #expect(stays.closeCode == nil && rest.text.hasPrefix("HTTP/1.1 2"))
    }

    // MARK: Frames

    @Test func malformedFramesAreFaultsAndBeyondTheBoundTheSocketIsClosed4501() throws {
        let world = try GatewayWorld { $0.maxMalformedFrames = 3 }
        let client = try world.greet()
        for count in 1...2 {
            client.say("not json")
            #expect(world.until([client]) { client.frames("fault").count == count })
            #expect(client.closeCode == nil)
        }
        client.say(#"{"id":1}"#)
        #expect(world.until([client]) { client.closeCode == 4501 })
        #expect(client.frames("fault").map { $0["code"]?.integer } == [2200, 2200, 2200])
        #expect(world.counts.closed == 1)
    }

    @Test func anUnknownTypeIs2201AndBinaryIs2203() throws {
        let world = try GatewayWorld()
        let client = try world.greet()
        client.say(#"{"type":"dance","id":9}"#)
        client.raw.send(ClientFrames.frame(2, [1, 2]))
        #expect(world.until([client]) { client.frames("fault").count == 2 })
        #expect(client.faultCode(9) == 2201 && client.frames("fault")[1]["code"] == 2203)
    }

    @Test func aFrameBeyondTheLimitEndsTheSocket1009() throws {
        let world = try GatewayWorld { $0.maxFrameBytes = 1_000 }
        let client = try world.greet()
        client.say(String(repeating: "x", count: 1_001))
        #expect(world.until([client]) { client.closeCode == 1009 })
    }

    @Test func pingIsAnsweredWithItsNumber() throws {
        let world = try GatewayWorld()
        let client = try world.greet()
        client.say(#"{"type":"ping","n":7}"#)
        #expect(world.until([client]) { client.first("pong")?["n"] == 7 })
    }

    @Test func tooManyCommandsAreRefusedAndTooManyFramesCloseTheSocket() throws {
        let world = try GatewayWorld {
            $0.commandsPerSecond = 1
            $0.commandBurst = 2
            $0.framesPerSecond = 1
            $0.frameBurst = 10
        }
        let client = try world.greet()
        for id in 1...3 {
            client.say(
                #"{"type":"command","id":\#(id),"session":"conversation/c_1","name":"message.send","data":{"text":"x"}}"#
            )
        }
        #expect(world.until([client]) { client.answer(3) != nil && client.answer(2) != nil })
        #expect(client.faultCode(3) == 2406 && (client.answer(3)?["retryAfterMs"]?.integer ?? 0) > 0)
        #expect(client.answer(1)?["type"] == "ok" && client.answer(2)?["type"] == "ok")
        for _ in 0..<10 { client.say(#"{"type":"ping","n":1}"#) }
        #expect(world.until([client]) { client.closeCode == 4102 })
    }

    // MARK: Commands

    @Test func aCommandIsAnsweredOnceItIsDurable() throws {
        let world = try GatewayWorld()
        let client = try world.greet()
        world.journal.isManual = true
        client.say(
            #"{"type":"command","id":4,"session":"conversation/c_1","name":"message.send","key":"k","data":{"text":"hi"}}"#
        )
        world.settle(client)
        #expect(client.answer(4) == nil && world.journal.waitingCount == 1)
        world.enter { world.journal.settle() }
        #expect(world.until([client]) { client.answer(4)?["type"] == "ok" })
        #expect(client.answer(4)?["offset"] == 1 && client.answer(4)?["data"]?["reply"]?.string != nil)
        #expect(world.store.records[Self.conversation]?.log.count == 2)
    }

    @Test func anAddressThatIsNoneIs2301() throws {
        let world = try GatewayWorld()
        let client = try world.greet()
        for (id, session) in [
            (1, "nonsense"), (2, "conversation/"), (3, "conversation/a b"), (4, "dance/1"), (5, "conversation/../x"),
        ] {
            client.say(#"{"type":"command","id":\#(id),"session":"\#(session)","name":"message.send"}"#)
            client.say(#"{"type":"subscribe","id":\#(id + 10),"session":"\#(session)"}"#)
        }
        #expect(world.until([client]) { client.frames("fault").count == 10 })
        #expect(client.frames("fault").allSatisfy { $0["code"] == 2301 })
    }

    // MARK: Subscriptions

    @Test func helloMayCarrySubscriptions() throws {
        let world = try GatewayWorld()
        let writer = try world.greet()
        writer.say(
            #"{"type":"command","id":1,"session":"conversation/c_1","name":"message.send","data":{"text":"hi"}}"#)
        #expect(world.until([writer]) { writer.answer(1) != nil })
        let reader = try world.greet(
            subscribe: #"[{"id":1,"session":"conversation/c_1"},{"id":2,"session":"conversation/none"}]"#)
        #expect(world.until([reader]) { reader.first("snapshot") != nil && reader.faultCode(2) != nil })
        #expect(reader.answer(1)?["outcome"] == "snapshot" && reader.faultCode(2) == 2301)
    }

    private func subscribed(_ world: GatewayWorld) throws -> TestSocket {
        let client = try world.greet()
        client.say(
            #"{"type":"command","id":1,"session":"conversation/c_1","name":"message.send","data":{"text":"hi"}}"#)
        client.say(#"{"type":"subscribe","id":2,"session":"conversation/c_1"}"#)
        #expect(world.until([client]) { client.first("snapshot") != nil && client.answer(1) != nil })
        return client
    }

    private func rename(_ world: GatewayWorld, _ title: String) {
        world.enter {
            world.registry.submit(
                Self.conversation,
                CommandTicket(
                    command: SessionCommand(
                        caller: Caller(tenant: "jeco", subject: "s", role: .staff), name: "conversation.rename",
                        data: ["title": .string(title)]),
                    key: nil, answer: { _ in }))
        }
    }

    @Test func unsubscribingIsToldAndNothingComesAfterIt() throws {
        let world = try GatewayWorld()
        let client = try subscribed(world)
        client.say(#"{"type":"unsubscribe","id":3,"session":"conversation/c_1"}"#)
        #expect(world.until([client]) { client.answer(3) != nil })
        #expect(client.first("unsubscribed")?["why"] == "requested" && client.answer(3)?["type"] == "ok")
        let before = client.offsets
        rename(world, "t")
        world.settle(client)
        #expect(client.offsets == before)
        client.say(#"{"type":"unsubscribe","id":4,"session":"conversation/c_1"}"#)
        #expect(world.until([client]) { client.faultCode(4) == 2301 })
    }

    @Test func subscribingAgainOnTheSameSocketIsServedOnce() throws {
        let world = try GatewayWorld()
        let client = try subscribed(world)
        client.say(#"{"type":"subscribe","id":5,"session":"conversation/c_1"}"#)
        client.say(#"{"type":"unsubscribe","session":"conversation/c_1"}"#)
        client.say(#"{"type":"subscribe","id":6,"session":"conversation/c_1"}"#)
        #expect(world.until([client]) { client.answer(6) != nil })
        let before = client.offsets.count
        rename(world, "t")
        #expect(world.until([client]) { client.offsets.count > before })
        world.settle(client)
        #expect(client.offsets.count == before + 1)
    }

    @Test func subscriptionsHaveABound() throws {
        let world = try GatewayWorld { $0.maxSubscriptions = 1 }
        let client = try subscribed(world)
        client.say(#"{"type":"subscribe","id":7,"session":"conversation/c_2"}"#)
        #expect(world.until([client]) { client.faultCode(7) == 2303 })
        client.say(#"{"type":"subscribe","id":8,"session":"conversation/c_1"}"#)
        #expect(world.until([client]) { client.answer(8)?["type"] == "subscribed" })
    }

    @Test func aDeletedSessionUnsubscribes() throws {
        let world = try GatewayWorld()
        let client = try subscribed(world)
        client.say(#"{"type":"command","id":9,"session":"conversation/c_1","name":"conversation.delete"}"#)
        #expect(world.until([client]) { client.first("unsubscribed") != nil && client.answer(9) != nil })
        #expect(client.first("unsubscribed")?["why"] == "deleted" && client.answer(9)?["type"] == "ok")
        client.say(#"{"type":"subscribe","id":10,"session":"conversation/c_1"}"#)
        #expect(world.until([client]) { client.faultCode(10) == 2301 })
    }

    @Test func signalsGoToTheOthersOnly() throws {
        let world = try GatewayWorld()
        let one = try subscribed(world)
        let two = try world.greet(subscribe: #"[{"session":"conversation/c_1"}]"#)
        #expect(world.until([one, two]) { two.first("snapshot") != nil })
        one.say(#"{"type":"signal","session":"conversation/c_1","name":"typing"}"#)
        #expect(world.until([one, two]) { two.first("signal") != nil })
        world.settle(one, two)
        #expect(one.first("signal") == nil && two.first("signal")?["from"] == "u_1")
    }

    @Test func aSocketThatEndsLeavesItsSessionsAlsoThoseThatWereNotOpenYet() throws {
        var sessions = SessionRegistry.Configuration()
        sessions.idleTimeout = .seconds(5)
        sessions.sweepInterval = .seconds(1)
        let world = try GatewayWorld(sessions: sessions)
        let writer = try subscribed(world)
        world.enter { world.model.calls.last?.fail() }
        writer.raw.close(reset: true)
        for _ in 0..<10 { world.advance(.seconds(1)) }
        #expect(world.registry.liveCount == 0)
        world.journal.holdsReads = true
        let reader = try world.greet(subscribe: #"[{"session":"conversation/c_1"}]"#)
        world.settle(reader)
        reader.raw.close(reset: true)
        world.settle()
        world.enter { world.journal.resume() }
        world.settle()
        #expect(world.registry.liveCount == 1)
        for _ in 0..<10 { world.advance(.seconds(1)) }
        #expect(world.registry.liveCount == 0, "a subscriber that is gone holds the session")
    }

    // MARK: Tokens that end

    @Test func anExpiringTokenIsToldAndARefreshKeepsTheSocket() throws {
        let world = try GatewayWorld()
        let client = try world.greet(try world.token(expiresIn: 100))
        world.advance(.seconds(41), client)
        #expect(world.until([client]) { client.first("expiring")?["seconds"] == 60 })
        client.say(#"{"type":"refresh","id":5,"token":"\#(try world.token(identifier: "t-2"))"}"#)
        #expect(world.until([client]) { client.answer(5)?["type"] == "ok" })
        world.advance(.seconds(100), client)
        #expect(client.closeCode == nil)
        // The heartbeat is not the matter here.
        client.raw.send(ClientFrames.frame(10, []))
    }

    @Test func withoutARefreshItIsClosed4200() throws {
        let world = try GatewayWorld()
        let client = try world.greet(try world.token(expiresIn: 20))
        #expect(world.until([client]) { client.first("expiring") != nil })
        world.advance(.seconds(21), client)
        #expect(world.until([client]) { client.closeCode == 4200 })
        #expect(client.frames("fault").last?["code"] == 2101)
    }

    @Test func aRefreshWithAnotherSubjectsOrABadTokenIsRefusedAndTheOldOneStays() throws {
        let world = try GatewayWorld()
        let client = try world.greet()
        client.say(#"{"type":"refresh","id":5,"token":"\#(try world.token(subject: "u_2"))"}"#)
        client.say(#"{"type":"refresh","id":6,"token":"bad"}"#)
        #expect(world.until([client]) { client.answer(6) != nil })
        #expect(client.faultCode(5) == 2102 && client.faultCode(6) == 2100 && client.closeCode == nil)
    }

    // MARK: Draining

    @Test func drainingSendsEveryoneAwayWithinItsSpread() throws {
        let world = try GatewayWorld()
        let clients = try (0..<5).map { _ in try world.greet() }
        world.gateway.drain(spread: .seconds(2), deadline: .seconds(10))
        #expect(world.until(clients) { clients.allSatisfy { $0.first("goaway") != nil } })
        for client in clients { #expect((client.first("goaway")?["reconnectAfterMs"]?.integer ?? .max) < 2_000) }
        world.advance(.seconds(3))
        #expect(world.until(clients) { clients.allSatisfy { $0.closeCode == 4001 } })
        let late = try world.connect()
        #expect(late.head?.hasPrefix("HTTP/1.1 503 ") == true)
    }
}
