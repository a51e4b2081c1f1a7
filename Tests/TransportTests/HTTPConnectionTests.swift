import HTTP1
import Primitives
import Reactor
import Synchronization
import TestSupport
import Testing
import Transport
import WebSocket

@Suite("HTTP connections (RFC 9112 §9)", .overBothWires)
struct HTTPConnectionTests {
    private func get(_ path: String, _ more: String = "") -> String { "GET \(path) HTTP/1.1\r\nHost: h\r\n\(more)\r\n" }

    // MARK: Persistence and pipelining

    @Test func aConnectionServesOneRequestAfterTheOther() throws {
        let world = try TransportWorld()
        world.answer = { $0.respond("you asked \($0.request.path.raw)") }
        let client = try world.client()
        for path in ["/a", "/b", "/c"] {
            client.send(get(path))
            #expect(world.until([client]) { client.text.hasSuffix("you asked \(path)") })
            _ = client.take(.max)
        }
        #expect(world.counts.opened.withLock { $0 } == 1 && !client.isOver)
    }

    @Test func pipelinedRequestsAreAnsweredInOrderAlsoWhenTheFirstAnswerComesLate() throws {
        let world = try TransportWorld()
        let client = try world.client()
        client.send(get("/1") + get("/2") + get("/3"))
        world.settle(client)
        #expect(world.exchanges.count == 1, "one at a time")
        world.enter { world.exchanges[0].respond("one") }
        world.until([client]) { world.exchanges.count == 2 }
        world.enter { world.exchanges[1].respond("two") }
        world.until([client]) { world.exchanges.count == 3 }
        world.enter { world.exchanges[2].respond("three") }
        #expect(world.until([client]) { client.text.hasSuffix("three") })
        let order = ["one", "two", "three"].compactMap { client.text.ranges(of: "\r\n\r\n\($0)").first?.lowerBound }
        #expect(order.count == 3 && order == order.sorted())
    }

    @Test func manyPipelinedRequestsDoNotDeepenTheStack() throws {
        let world = try TransportWorld()
        world.answer = { $0.respond(HTTPResponse(status: .noContent)) }
        let client = try world.client()
        client.send(String(repeating: get("/"), count: 5_000))
        #expect(world.until([client]) { world.counts.statuses.withLock { $0.count } == 5_000 })
    }

    @Test func aPeerThatPipelinesWithoutEndIsNotReadBeyondTheBound() throws {
        let world = try TransportWorld { $0.maxPipelinedBytes = 16 * 1024 }
        let client = try world.client()
        client.send(get("/first"))
        world.until([client]) { world.exchanges.count == 1 }
        let body = String(repeating: "x", count: 60_000)
        let request = Array("POST /more HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
        // More than both kernels' buffers hold.
        for _ in 0..<400 {
            client.send(request)
            world.enter { world.loop.turn(waitingAtMost: .zero) }
        }
        world.settle(client)
        #expect(client.unsentCount > 0 && world.exchanges.count == 1)
        world.answer = { $0.respond(HTTPResponse(status: .noContent)) }
        world.enter { world.exchanges[0].respond("late") }
        #expect(world.until([client]) { world.counts.statuses.withLock { $0.count } == 401 }, "it goes on where it was")
    }

    @Test func closeIsHonouredBothWays() throws {
        let world = try TransportWorld()
        world.answer = { $0.respond("bye") }
        let client = try world.client()
        client.send(get("/", "Connection: close\r\n"))
        #expect(world.until([client]) { client.isEnded })
        #expect(client.text.lowercased().contains("connection: close") && client.text.hasSuffix("bye"))
        client.close()
        #expect(world.until([]) { world.openCount == 0 })
    }

    @Test func aHalfClosedClientStillGetsItsAnswer() throws {
        let world = try TransportWorld()
        let client = try world.client()
        client.send(get("/slow"))
        client.halfClose()
        world.until([client]) { world.exchanges.count == 1 }
        world.settle(client)
        #expect(!client.isOver)
        world.enter { world.exchanges[0].respond("worth the wait") }
        #expect(world.until([client]) { client.isEnded && client.text.hasSuffix("worth the wait") })
        #expect(world.until([client]) { world.openCount == 0 })
    }

    @Test func pipelinedRequestsOfAHalfClosedClientAreAllAnswered() throws {
        let world = try TransportWorld()
        let client = try world.client()
        client.send(get("/1") + get("/2"))
        client.halfClose()
        world.until([client]) { world.exchanges.count == 1 }
        world.settle(client)
        world.enter { world.exchanges[0].respond("one") }
        world.until([client]) { world.exchanges.count == 2 }
        world.enter { world.exchanges[1].respond("two") }
        #expect(world.until([client]) { client.isEnded })
        #expect(client.text.contains("one") && client.text.hasSuffix("two"))
    }

    @Test func theEndOfTheInputDoesNotOvertakeRequestsThatCameBeforeIt() throws {
        let world = try TransportWorld()
        world.answer = { $0.respond("an answer") }
        let client = try world.client()
        client.send(String(repeating: get("/"), count: 50))
        client.halfClose()
        #expect(world.until([client]) { client.isEnded })
        #expect(client.text.ranges(of: "an answer").count == 50)
        #expect(world.until([client]) { world.openCount == 0 })
    }

    @Test func anAnswerIsSeenWholeAlsoWhenTheNextRequestBreaksOff() throws {
        let world = try TransportWorld()
        let body = String(repeating: "x", count: 4_000_000)
        world.answer = { $0.respond(body) }
        let client = try world.client()
        client.send(get("/") + "GET / HT")
        client.halfClose()
        #expect(world.until([client]) { client.isEnded })
        #expect(client.text.hasSuffix(body) && !client.isReset)
        #expect(world.until([client]) { world.openCount == 0 })
    }

    @Test func aClientThatLeavesInTheMiddleOfARequestIsForgotten() throws {
        let world = try TransportWorld()
        let client = try world.client()
        client.send("GET / HTTP/1.1\r\nHost:")
        world.settle(client)
        client.halfClose()
        #expect(world.until([client]) { world.openCount == 0 })
        #expect(world.exchanges.isEmpty)
    }

    @Test func whoWaitsForAnAnswerIsToldWhenThePeerIsGone() throws {
        let world = try TransportWorld()
        let client = try world.client()
        client.send(get("/"))
        world.until([client]) { world.exchanges.count == 1 }
        let gone = Mutex(0)
        world.exchanges[0].peerGone = { gone.withLock { $0 += 1 } }
        client.close(reset: true)
        #expect(world.until([]) { gone.withLock { $0 } == 1 })
        #expect(!world.exchanges[0].isOpen)
        world.enter { world.exchanges[0].respond("to nobody") }
        #expect(world.openCount == 0)
    }

    // MARK: Peers that break the protocol

    @Test func aMalformedRequestIsRefusedAndTheAnswerIsSeenWhole() throws {
        let world = try TransportWorld()
        let client = try world.client()
        // Much follows the mistake: without lingering, unread bytes would turn our close into a reset.
        client.send("GET / HTTP/1.1\r\nbroken header\r\n\r\n" + String(repeating: "x", count: 200_000))
        #expect(world.until([client]) { client.isOver })
        #expect(client.isEnded && !client.isReset)
        #expect(client.text.hasPrefix("HTTP/1.1 400 ") && client.text.contains("application/problem+json"))
        #expect(world.counts.violations.withLock { $0 } == ["http"])
        #expect(world.openCount == 1, "lingering")
        client.close()
        #expect(world.until([]) { world.openCount == 0 })
    }

    @Test func lingeringEnds() throws {
        let world = try TransportWorld()
        let client = try world.client()
        client.send("nonsense\r\n\r\n")
        world.until([client]) { client.isEnded }
        #expect(world.openCount == 1)
        world.advance(.seconds(3), client)
        #expect(world.openCount == 0)
    }

    @Test func whatWasAskedBeforeTheMistakeIsStillAnswered() throws {
        let world = try TransportWorld()
        world.answer = { $0.respond("good") }
        let client = try world.client()
        client.send(get("/") + "broken\r\n\r\n")
        #expect(world.until([client]) { client.isEnded })
        #expect(client.text.contains("good") && client.text.contains("HTTP/1.1 400 "))
        client.close()
    }

    // MARK: Time

    @Test func aHeadThatDoesNotComeInTimeIs408() throws {
        let world = try TransportWorld()
        let client = try world.client()
        client.send("GET / HTTP/1.1\r\n")
        world.settle(client)
        for _ in 0..<9 {
            world.advance(.seconds(1), client)
            // A byte now and then does not help (Slowloris).
            client.send("X")
            world.settle(client)
        }
        #expect(!client.isOver && client.received.isEmpty)
        world.advance(.seconds(2), client)
        #expect(world.until([client]) { client.isEnded })
        #expect(client.text.hasPrefix("HTTP/1.1 408 "))
        client.close()
    }

    @Test func aConnectionThatNeverSaysAnythingIsClosed() throws {
        let world = try TransportWorld()
        let client = try world.client()
        world.advance(.seconds(11), client)
        #expect(world.until([client]) { client.isOver && world.openCount == 0 })
        #expect(client.received.isEmpty)
    }

    @Test func anIdleConnectionIsClosedAfterItsKeepAliveTime() throws {
        let world = try TransportWorld()
        world.answer = { $0.respond("x") }
        let client = try world.client()
        client.send(get("/"))
        world.until([client]) { client.text.hasSuffix("x") }
        world.settle(client)
        world.advance(.seconds(74), client)
        #expect(world.openCount == 1)
        world.advance(.seconds(2), client)
        #expect(world.until([client]) { client.isEnded && world.openCount == 0 })
    }

    @Test func aBodyMustComeAtALeastRate() throws {
        let world = try TransportWorld {
            $0.bodyGrace = .seconds(5)
            $0.minBodyBytesPerSecond = 100
        }
        world.answer = { $0.respond("thanks") }
        let slow = try world.client()
        let steady = try world.client()
        let head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3000\r\n\r\n"
        slow.send(head)
        steady.send(head)
        world.settle(slow, steady)
        for _ in 0..<15 {
            world.advance(.seconds(1), slow, steady)
            slow.send("x")
            steady.send(String(repeating: "x", count: 200))
            world.settle(slow, steady)
        }
        #expect(world.until([slow, steady]) { slow.isEnded && steady.text.hasSuffix("thanks") })
        #expect(slow.text.hasPrefix("HTTP/1.1 408 ") && steady.text.hasPrefix("HTTP/1.1 200 "))
        slow.close()
    }

    @Test func aSlowServerIsNotAPeersFault() throws {
        let world = try TransportWorld()
        let client = try world.client()
        client.send(get("/"))
        world.until([client]) { world.exchanges.count == 1 }
        world.advance(.seconds(600), client)
        #expect(!client.isOver)
        world.enter { world.exchanges[0].respond("at last") }
        #expect(world.until([client]) { client.text.hasSuffix("at last") })
    }

    @Test func aPeerThatDoesNotReadItsAnswerIsDropped() throws {
        let world = try TransportWorld()
        let client = try world.client()
        client.reads = false
        client.send(get("/"))
        world.until([client]) { world.exchanges.count == 1 }
        world.enter {
            world.exchanges[0].respond(HTTPResponse(status: .ok, body: [UInt8](repeating: 1, count: 30_000_000)))
        }
        world.settle(client)
        #expect(world.openCount == 1)
        world.advance(.seconds(31), client)
        world.advance(.seconds(31), client)
        #expect(world.openCount == 0)
    }

    // MARK: Continue, streaming, abort

    @Test func aClientThatAsksFirstIsToldToContinueOnce() throws {
        let world = try TransportWorld()
        world.answer = { $0.respond("got \($0.request.body.count)") }
        let client = try world.client()
        client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        #expect(world.until([client]) { client.text == "HTTP/1.1 100 Continue\r\n\r\n" })
        world.settle(client)
        client.send("ab")
        world.settle(client)
        client.send("cd")
        #expect(world.until([client]) { client.text.hasSuffix("got 4") })
        #expect(client.text.ranges(of: "100 Continue").count == 1)
    }

    @Test func aStreamedAnswerComesInChunksAndTheConnectionGoesOn() throws {
        let world = try TransportWorld()
        let client = try world.client()
        client.send(get("/stream"))
        world.until([client]) { world.exchanges.count == 1 }
        let exchange = world.exchanges[0]
        world.enter { exchange.startStreaming(.ok, ["Content-Type": "text/plain"]) }
        world.until([client]) { client.text.hasSuffix("\r\n\r\n") }
        #expect(client.text.lowercased().contains("transfer-encoding: chunked"))
        world.enter { exchange.write(Array("hello".utf8)) }
        #expect(world.until([client]) { client.text.hasSuffix("5\r\nhello\r\n") })
        world.enter {
            exchange.write([])
            exchange.write(Array("world!".utf8))
            exchange.finish()
            exchange.write(Array("too late".utf8))
            exchange.finish()
        }
        #expect(world.until([client]) { client.text.hasSuffix("6\r\nworld!\r\n0\r\n\r\n") })
        client.send(get("/next"))
        #expect(world.until([client]) { world.exchanges.count == 2 })
    }

    @Test func anAnswerThatIsBrokenOffIsAResetNotAShortBody() throws {
        let world = try TransportWorld()
        let client = try world.client()
        client.send(get("/stream"))
        world.until([client]) { world.exchanges.count == 1 }
        world.enter {
            world.exchanges[0].startStreaming(.ok, [:])
            world.exchanges[0].write(Array("half".utf8))
        }
        world.until([client]) { client.text.hasSuffix("half\r\n") }
        world.enter { world.exchanges[0].abort() }
        #expect(world.until([client]) { client.isReset })
        #expect(world.openCount == 0)
    }

    @Test func theFirstAnswerStands() throws {
        let world = try TransportWorld()
        let client = try world.client()
        client.send(get("/"))
        world.until([client]) { world.exchanges.count == 1 }
        world.enter {
            world.exchanges[0].respond("first")
            world.exchanges[0].respond("second")
            world.exchanges[0].startStreaming(.ok, [:])
        }
        world.settle(client)
        #expect(client.text.hasSuffix("first") && client.text.ranges(of: "HTTP/1.1").count == 1)
    }

    @Test func aStreamIsToldWhenItsBytesHaveLeft() throws {
        let world = try TransportWorld()
        let client = try world.client()
        client.send(get("/stream"))
        world.until([client]) { world.exchanges.count == 1 }
        let drained = Mutex(0)
        world.exchanges[0].drained = { drained.withLock { $0 += 1 } }
        world.enter {
            world.exchanges[0].startStreaming(.ok, [:])
            #expect(world.exchanges[0].unsentBytes > 0)
        }
        #expect(world.until([client]) { drained.withLock { $0 } > 0 })
        #expect(world.exchanges[0].unsentBytes == 0)
    }
}
