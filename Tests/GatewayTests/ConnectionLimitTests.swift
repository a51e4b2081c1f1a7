import JSON
import Primitives
import TestSupport
import Testing
import Transport

@testable import Gateway

@Suite("Sockets and streams of one client")
struct ConnectionLimitTests {
    private func world(sockets: Int = 100, subject: Int = 100) throws -> GatewayWorld {
        try GatewayWorld {
            $0.clients.maxSockets = sockets
            $0.clients.maxSocketsPerSubject = subject
        }
    }

    private func hello(_ world: GatewayWorld, _ client: TestSocket, _ subject: String) throws {
        client.say(#"{"type":"hello","token":"\#(try world.token(subject: subject))"}"#)
    }

    @Test func aSubjectHasSoManySocketsAndTheNextIsClosed4101OnHello() throws {
        let world = try world(subject: 2)
        let open = [try world.greet(), try world.greet()]
        let third = try world.connect()
        try hello(world, third, "u_1")
        #expect(world.until([third]) { third.closeCode == 4101 })
        #expect(third.first("welcome") == nil && world.counts.refusals == [.subject])
        let other = try world.connect()
        try hello(world, other, "u_2")
        #expect(world.until([other]) { other.first("welcome") != nil })
        #expect(open.allSatisfy { $0.closeCode == nil })
    }

    @Test func anAddressHasSoManySocketsAndTheNextIsClosed4101() throws {
        let world = try world(sockets: 2)
        let open = [try world.greet(), try world.connect()]
        let third = try world.connect()
        #expect(world.until([third]) { third.closeCode == 4101 })
        #expect(open.allSatisfy { $0.closeCode == nil } && world.counts.refusals == [.sockets])
    }

    @Test func theOneThatIsTooManyTakesNoPlace() throws {
        let world = try world(subject: 1)
        let first = try world.greet()
        for _ in 0..<3 {
            let next = try world.connect()
            try hello(world, next, "u_1")
            #expect(world.until([next]) { next.closeCode == 4101 })
        }
        first.raw.close(reset: true)
        world.settle()
        _ = try world.greet()
    }

    /// With a bound of one, each new socket shows that the one before gave its places back.
    @Test func placesAreGivenBackHoweverTheSocketEnds() throws {
        let world = try GatewayWorld {
            $0.clients.maxSockets = 1
            $0.clients.maxSocketsPerSubject = 1
            $0.maxMalformedFrames = 1
        }
        let ends: [(String, (TestSocket) throws -> Void)] = [
            ("the client's Close frame", { $0.raw.send(ClientFrames.close(1000)) }),
            ("the client's reset", { $0.raw.close(reset: true) }),
            ("the client's end", { $0.raw.close() }),
            ("a malformed frame", { $0.say("nonsense") }),
            ("a frame that breaks WebSocket", { $0.raw.send([0xFF, 0xFF]) }),
            ("the token's end", { world.advance(.seconds(4_000), $0) }),
        ]
        for (name, end) in ends {
            let client = try world.greet()
            let tooMany = try world.connect()
            #expect(world.until([tooMany]) { tooMany.closeCode == 4101 }, "before: \(name)")
            try end(client)
            world.settle(client)
        }
        let unheard = try world.connect()
        world.advance(.seconds(11), unheard)
        #expect(world.until([unheard]) { unheard.closeCode == 4502 })
        _ = try world.greet()
    }

    @Test func aRefreshedTokenTakesNoSecondPlace() throws {
        let world = try world(subject: 1)
        let client = try world.greet()
        for id in 1...3 {
            client.say(#"{"type":"refresh","id":\#(id),"token":"\#(try world.token(identifier: "t-\(id)"))"}"#)
            #expect(world.until([client]) { client.answer(Int64(id))?["type"] == "ok" })
        }
        client.raw.close(reset: true)
        world.settle()
        _ = try world.greet()
    }

    @Test func eventStreamsCountAsWell() throws {
        let world = try world(subject: 1)
        let writer = try world.greet(try world.token(subject: "u_2"))
        writer.say(#"{"type":"command","id":1,"session":"conversation/c_1","name":"message.send","data":{"text":"x"}}"#)
        #expect(world.until([writer]) { writer.answer(1) != nil })
        func stream() throws -> RawClient {
            let client = try RawClient(port: world.listener.port)
            let token = try world.token(role: "staff")
            client.send(
                "GET /v1/sessions/conversation/c_1/events HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer \(token)\r\n\r\n"
            )
            #expect(
                world.until([]) {
                    client.poll()
                    return client.text.contains("\r\n\r\n")
                })
            return client
        }
        let first = try stream()
        #expect(first.text.hasPrefix("HTTP/1.1 200 "))
        let second = try stream()
        #expect(second.text.hasPrefix("HTTP/1.1 429 ") && second.text.contains("Retry-After: 10\r\n"))
        // One that only half-closes still reads.
        first.close(reset: true)
        world.settle()
        #expect(try stream().text.hasPrefix("HTTP/1.1 200 "))
    }

    @Test func handshakesOfAllAddressesHaveAPace() throws {
        let world = try GatewayWorld { $0.clients.maxHandshakesPerSecond = 2 }
        #expect(try world.connect().isUpgraded && world.connect().isUpgraded)
        let third = try world.connect()
        #expect(third.head?.hasPrefix("HTTP/1.1 503 ") == true && world.counts.refusals == [.handshakes])
        let wait = third.head?.split(separator: "\r\n").first { $0.hasPrefix("Retry-After: ") }
        let seconds = try #require(wait.flatMap { Int($0.dropFirst(13)) })
        #expect((5...30).contains(seconds))
        world.advance(.milliseconds(500))
        #expect(try world.connect().isUpgraded)
    }

    @Test func withoutRatesThereIsNoBound() throws {
        let world = try GatewayWorld {
            $0.enforcesRates = false
            $0.clients = ClientLimits()
            $0.clients.maxSockets = 1
            $0.clients.maxSocketsPerSubject = 1
            $0.clients.maxHandshakesPerSecond = 1
        }
        for _ in 0..<4 { _ = try world.greet() }
    }
}
