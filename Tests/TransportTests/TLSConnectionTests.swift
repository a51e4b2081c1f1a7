import COpenSSL
import HTTP1
import Primitives
import Synchronization
import TLS
import TestSupport
import Testing
import Transport

@Suite("TLS connections", .overTLS)
struct TLSConnectionTests {
    private let certificates: TestCertificates

    init() throws { certificates = try TestCertificates.shared.get() }

    private func get(_ path: String = "/", _ more: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: h\r\n\(more)\r\n"
    }

    // MARK: Who does not speak TLS as it should

    @Test func plainHTTPIsClosedCleanlyAndCounted() throws {
        let world = try TransportWorld()
        let client = try world.client(nil)
        // Much stands behind the first line: without lingering, unread bytes would turn our close into a reset.
        client.send(get() + String(repeating: "x", count: 200_000))
        #expect(world.until([client]) { client.isOver })
        #expect(client.isEnded && !client.isReset && client.received.isEmpty)
        #expect(world.counts.violations.withLock { $0 } == ["tls"])
        #expect(world.openCount == 1, "lingering")
        client.close()
        #expect(world.until([]) { world.openCount == 0 })
        #expect(world.exchanges.isEmpty)
    }

    @Test func whoBreaksTLSAndStaysIsDroppedAfterAWhile() throws {
        let world = try TransportWorld()
        let client = try world.client(nil)
        client.send("hello\r\n\r\n")
        world.until([client]) { client.isEnded }
        world.advance(.seconds(3), client)
        #expect(world.openCount == 0)
    }

    @Test(arguments: [TLS1_VERSION, TLS1_1_VERSION]) func oldVersionsGetTheirAlert(version: Int32) throws {
        let world = try TransportWorld()
        var offer = certificates.offer
        (offer.minVersion, offer.maxVersion) = (version, version)
        let client = try world.client(offer)
        #expect(world.until([client]) { client.isOver })
        #expect(client.tls?.failure == "tlsv1 alert protocol version" && !client.isReset)
        #expect(world.counts.violations.withLock { $0 } == ["tls"])
    }

    @Test func aCertificateThatTheClientDoesNotTrustIsNoViolation() throws {
        let world = try TransportWorld()
        let client = try world.client(try TestCertificates().offer)
        #expect(client.tls?.failure == "certificate verify failed")
        #expect(world.until([client]) { world.openCount == 0 })
        #expect(world.counts.violations.withLock { $0 } == [])
    }

    @Test func aDamagedRecordEndsTheConnectionAndTellsWhoWasAnswering() throws {
        let world = try TransportWorld()
        let client = try world.client()
        client.send(get())
        world.until([client]) { world.exchanges.count == 1 }
        let gone = Box(0)
        world.exchanges[0].peerGone = { gone.value += 1 }
        client.sendRaw([23, 3, 3, 0, 20] + [UInt8](repeating: 1, count: 20))
        #expect(world.until([client]) { client.isOver })
        #expect(client.tls?.failure == "sslv3 alert bad record mac" && !client.isReset)
        #expect(gone.value == 1 && world.counts.violations.withLock { $0 } == ["tls"])
        world.enter { world.exchanges[0].respond("to nobody") }
        client.close()
        #expect(world.until([]) { world.openCount == 0 })
    }

    // MARK: Time

    @Test(arguments: [[], [22], [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]] as [[UInt8]])
    func aHandshakeHasTheTimeOfAHead(start: [UInt8]) throws {
        let world = try TransportWorld()
        let client = try world.client(nil)
        client.send(start)
        world.settle(client)
        for _ in 0..<9 { world.advance(.seconds(1), client) }
        #expect(world.openCount == 1 && !client.isOver)
        world.advance(.seconds(2), client)
        #expect(world.until([client]) { client.isOver && world.openCount == 0 })
        #expect(world.counts.violations.withLock { $0 } == [])
    }

    @Test func aHandshakeThatComesByteByByteGetsNoMoreTime() throws {
        let world = try TransportWorld()
        let client = try world.client(nil)
        let hello = ClientTLS(certificates.offer).takeOutput()
        for index in 0..<10 {
            client.send([hello[index]])
            world.settle(client)
            world.advance(.seconds(1), client)
        }
        world.advance(.seconds(1), client)
        #expect(world.until([client]) { world.openCount == 0 })
    }

    // MARK: The end

    @Test func closeNotifyComesBeforeTheEnd() throws {
        let world = try TransportWorld()
        world.answer = { $0.respond("bye") }
        let client = try world.client()
        client.send(get("/", "Connection: close\r\n"))
        #expect(world.until([client]) { client.isEnded })
        #expect(client.text.hasSuffix("bye") && client.tls?.isCloseNotified == true)
    }

    @Test func anIdleConnectionIsToldThatItIsClosed() throws {
        let world = try TransportWorld()
        world.answer = { $0.respond("x") }
        let client = try world.client()
        client.send(get())
        world.until([client]) { client.text.hasSuffix("x") }
        world.settle(client)
        world.advance(.seconds(76), client)
        #expect(world.until([client]) { client.isEnded })
        #expect(client.tls?.isCloseNotified == true && !client.isReset)
    }

    @Test func anAnswerThatIsBrokenOffHasNoCloseNotify() throws {
        let world = try TransportWorld()
        let client = try world.client()
        client.send(get())
        world.until([client]) { world.exchanges.count == 1 }
        world.enter { world.exchanges[0].abort() }
        #expect(world.until([client]) { client.isReset })
        #expect(client.tls?.isCloseNotified == false)
    }

    @Test func aPeerThatEndsWithoutCloseNotifyGetsItsAnswer() throws {
        let world = try TransportWorld()
        let client = try world.client()
        client.send(get())
        client.halfCloseRaw()
        world.until([client]) { world.exchanges.count == 1 }
        world.settle(client)
        world.enter { world.exchanges[0].respond("all the same") }
        #expect(world.until([client]) { client.isEnded })
        #expect(client.text.hasSuffix("all the same") && client.tls?.isCloseNotified == true)
        #expect(world.until([client]) { world.openCount == 0 })
    }

    /// The end is known, nobody reads any more, and the answer is not there yet: a reset must be seen all the same.
    @Test func aPeerThatEndsAndThenBreaksOffIsForgotten() throws {
        let world = try TransportWorld()
        let client = try world.client()
        client.send(get())
        client.tls?.closeNotify()
        client.poll()
        world.until([client]) { world.exchanges.count == 1 }
        world.settle(client)
        client.close(reset: true)
        #expect(world.until([]) { world.openCount == 0 })
    }

    // MARK: Bytes

    @Test func largeBodiesComeWholeBothWays() throws {
        let world = try TransportWorld()
        world.answer = { $0.respond(HTTPResponse(status: .ok, body: $0.request.body.reversed())) }
        let client = try world.client()
        let body = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 16) }
        let head = "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: \(body.count)\r\n\r\n"
        client.send(Array(head.utf8) + body)
        #expect(world.until([client]) { client.isEnded })
        #expect(client.received.starts(with: "HTTP/1.1 200 ".utf8))
        #expect(client.received.suffix(body.count).elementsEqual(body.reversed()))
    }

    /// The loop's buffer is full within a record: the rest waits inside OpenSSL, and the kernel has nothing more to tell of.
    @Test func bytesThatDoNotFitTheBufferAreReadInTheNextTurn() throws {
        let world = try TransportWorld(readBufferBytes: 4_096)
        world.answer = { $0.respond("got \($0.request.body.count)") }
        let client = try world.client()
        let body = String(repeating: "x", count: 10_000)
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        #expect(world.until([client]) { client.text.hasSuffix("got 10000") })
    }

    @Test func recordsThatComeByteByByteMakeARequest() throws {
        let world = try TransportWorld()
        world.answer = { $0.respond("got \($0.request.body.count)") }
        let client = try world.client()
        client.maxWrite = 1
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n" + String(repeating: "b", count: 100))
        #expect(world.until([client]) { client.text.hasSuffix("got 100") })
    }

    @Test func manySmallWritesArriveInOrderAndInFewRecords() throws {
        let world = try TransportWorld()
        let client = try world.client()
        client.send(get())
        world.until([client]) { world.exchanges.count == 1 }
        world.enter { world.exchanges[0].startStreaming(.ok, [:]) }
        world.until([client]) { client.takeHead() != nil }
        let pieces = (0..<2_000).map { "piece \($0);" }
        let before = client.rawCount
        world.enter { for piece in pieces { world.exchanges[0].write(Array(piece.utf8)) } }
        let chunks = pieces.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }.joined()
        #expect(world.until([client]) { client.received.count == chunks.utf8.count })
        #expect(client.text == chunks)
        // A record has 22 bytes of its own with TLS 1.3.
        #expect(client.rawCount - before < chunks.utf8.count + 22 * (chunks.utf8.count / 16_384 + 2))
    }

    @Test func aSlowReaderGetsEveryByte() throws {
        let world = try TransportWorld()
        let client = try world.client()
        client.reads = false
        // More than both kernels' buffers hold.
        let body = [UInt8](repeating: 7, count: 12_000_000)
        client.send(get("/", "Connection: close\r\n"))
        world.until([client]) { world.exchanges.count == 1 }
        world.enter { world.exchanges[0].respond(HTTPResponse(status: .ok, body: body)) }
        world.settle(client)
        #expect(!client.isEnded && client.received.isEmpty)
        world.advance(.seconds(29), client)
        client.reads = true
        #expect(world.until([client]) { client.isEnded })
        #expect(client.received.suffix(body.count) == body[...] && client.tls?.isCloseNotified == true)
    }

    // MARK: Certificates and tickets

    @Test func aNewCertificateIsForNewConnectionsAndOldOnesStay() throws {
        let world = try TransportWorld()
        world.answer = { $0.respond("answer to \($0.request.path.raw)") }
        let old = try world.client()
        old.send(get("/before"))
        world.until([old]) { old.text.hasSuffix("/before") }
        world.tls?.replace(with: try certificates.context())
        let new = try world.client()
        for client in [old, new] { client.send(get("/after")) }
        #expect(world.until([old, new]) { old.text.hasSuffix("/after") && new.text.hasSuffix("/after") })
        #expect(old.tls?.serial != new.tls?.serial && !old.isOver)
        #expect(world.counts.opened.withLock { $0 } == 2)
    }

    @Test func aClientThatComesBackResumes() throws {
        let world = try TransportWorld()
        world.answer = { $0.respond("x") }
        var offer = certificates.offer
        for isResumed in [false, true, true] {
            let client = try world.client(offer)
            client.send(get())
            #expect(world.until([client]) { client.text.hasSuffix("x") })
            #expect(client.tls?.isResumed == isResumed)
            offer.session = client.tls?.session
            client.close()
        }
    }

    @Test func anOutdatedProtocolListIsRefused() throws {
        let world = try TransportWorld()
        var offer = certificates.offer
        offer.protocols = ["h2"]
        let client = try world.client(offer)
        #expect(world.until([client]) { client.isOver })
        #expect(client.tls?.failure == "tlsv1 alert no application protocol")
    }
}

private final class Box<Value> {
    var value: Value
    init(_ value: Value) { self.value = value }
}
