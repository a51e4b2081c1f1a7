import HTTP1
import Primitives
import Proxies
import Synchronization
import TestSupport
import Testing
import Transport
import WebSocket

@Suite("Whose request it is, behind proxies")
struct ClientAddressTests {
    private static let request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
    /// TCP over IPv4 from 192.0.2.1.
    private static let header: [UInt8] =
        [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, 0x21, 0x11, 0, 12]
        + [192, 0, 2, 1, 198, 51, 100, 2, 0xDC, 0x04, 0x01, 0xBB]
    private static let local: [UInt8] =
        [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, 0x20, 0x00, 0, 0]

    private func world(_ trusted: String, speakProxyProtocol: Bool = false) throws -> TransportWorld {
        let blocks = try TrustedProxies.blocks(trusted).get()
        let world = try TransportWorld { $0.proxies = TrustedProxies(blocks, speakProxyProtocol: speakProxyProtocol) }
        world.answer = { $0.respond("\($0.peerAddress) \($0.isSecure.map(String.init) ?? "?")") }
        return world
    }

    private func told(_ trusted: String, _ fields: String) throws -> String {
        let world = try world(trusted)
        let client = try world.client()
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n")
        #expect(world.until([client]) { client.text.contains("\r\n\r\n") })
        return String(client.text.split(separator: "\r\n").last ?? "")
    }

    @Test func aProxysWordCounts() throws {
        #expect(
            try told("127.0.0.0/8", "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n") == "192.0.2.7 true")
        #expect(try told("127.0.0.1", "Forwarded: for=192.0.2.7;proto=http\r\n") == "192.0.2.7 false")
        #expect(try told("127.0.0.1", "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 192.0.2.7\r\n") == "192.0.2.7 ?")
    }

    @Test func nobodyElsesDoes() throws {
        for trusted in ["", "10.0.0.0/8"] {
            let fields =
                "X-Forwarded-For: 192.0.2.7\r\nForwarded: for=192.0.2.7;proto=https\r\nX-Forwarded-Proto: https\r\n"
            #expect(try told(trusted, fields) == "127.0.0.1 ?")
        }
    }

    @Test func theHeaderOfTheConnectionNamesTheClientHoweverItIsCut() throws {
        for cut in [0, 1, 11, 15, 27, 28, 29] {
            let world = try world("127.0.0.1", speakProxyProtocol: true)
            let client = try world.client()
            let bytes = Self.header + Array(Self.request.utf8)
            client.send(Array(bytes[..<cut]))
            world.settle(client)
            #expect(world.exchanges.isEmpty && !client.isOver)
            client.send(Array(bytes[cut...]) + Array(Self.request.utf8))
            #expect(world.until([client]) { client.text.ranges(of: "\r\n\r\n192.0.2.1 ?").count == 2 }, "cut at \(cut)")
        }
    }

    @Test func aHealthCheckIsTheProxysOwn() throws {
        let world = try world("127.0.0.1", speakProxyProtocol: true)
        let client = try world.client()
        client.send(Self.local + Array(Self.request.utf8))
        #expect(world.until([client]) { client.text.hasSuffix("127.0.0.1 ?") })
    }

    @Test func aProxyThatIsNamedByAProxyIsLookedBehind() throws {
        let world = try world("127.0.0.1, 192.0.2.1", speakProxyProtocol: true)
        let client = try world.client()
        client.send(Self.header + Array("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 203.0.113.5\r\n\r\n".utf8))
        #expect(world.until([client]) { client.text.hasSuffix("203.0.113.5 ?") })
    }

    @Test func aConnectionThatBeginsOtherwiseIsDroppedWithoutAWord() throws {
        for bytes in [
            Array(Self.request.utf8), Array("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n".utf8), Self.header.map { $0 ^ 1 },
        ] {
            let world = try world("127.0.0.1", speakProxyProtocol: true)
            let client = try world.client()
            client.send(bytes + Array(Self.request.utf8))
            #expect(world.until([client]) { client.isOver })
            #expect(client.received.isEmpty && world.exchanges.isEmpty && world.openCount == 0)
            #expect(world.counts.violations.withLock { $0 } == ["proxy"])
        }
    }

    @Test func halfAHeaderIsNotWaitedForLongerThanAHead() throws {
        let world = try world("127.0.0.1", speakProxyProtocol: true)
        let client = try world.client()
        client.send(Array(Self.header.dropLast()))
        world.settle(client)
        world.advance(.seconds(9), client)
        #expect(!client.isOver)
        world.advance(.seconds(2), client)
        #expect(world.until([client]) { client.isOver } && client.received.isEmpty)
    }

    @Test func aHeaderFromWhoIsNotTrustedIsNoRequest() throws {
        let world = try world("10.0.0.0/8", speakProxyProtocol: true)
        let client = try world.client()
        client.send(Self.header + Array(Self.request.utf8))
        #expect(world.until([client]) { client.text.hasPrefix("HTTP/1.1 400 ") })
        let other = try world.client()
        other.send(Self.request)
        #expect(world.until([other]) { other.text.hasSuffix("127.0.0.1 ?") })
    }

    @Test func aSocketHasItsHandshakesClient() throws {
        final class Receiver: WebSocketReceiver {
            func receiveText(_ message: UnsafeRawBufferPointer) {}
            func receiveBinary(_ message: UnsafeRawBufferPointer) {}
            func outputDrained() {}
            func connectionEnded() {}
        }
        final class Seen: @unchecked Sendable { var address: String? }
        let world = try world("127.0.0.1")
        let seen = Seen()
        let receiver = Receiver()
        world.answer = { seen.address = $0.upgradeToWebSocket(response: [], receiver: receiver)?.peerAddress }
        let client = try world.client()
        client.send("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n")
        #expect(world.until([client]) { seen.address == "192.0.2.7" })
    }
}
