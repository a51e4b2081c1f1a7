import HTTP1
import Primitives
import Reactor
import TestSupport
import Testing
import Transport
import WebSocket

@Suite("WebSocket connections that end (RFC 6455 §7.1)", .overBothWires)
struct WebSocketClosingTests {
    /// More than the kernel buffers of a connection hold, so that a peer that does not read leaves some of it with us.
    fileprivate static let unreadBytes = 64 * 1024 * 1024

    /// The server's side; confined to the test's one loop.
    private final class Inbox: WebSocketReceiver, @unchecked Sendable {
        var peer: WebSocketPeer?
        var hasEnded = false

        func receiveText(_ message: UnsafeRawBufferPointer) {
            peer?.send(WebSocketEncoder.binary([UInt8](repeating: 0, count: WebSocketClosingTests.unreadBytes)))
        }
        func receiveBinary(_ message: UnsafeRawBufferPointer) {}
        func outputDrained() {}
        func connectionEnded() { hasEnded = true }
    }

    /// One loop with a listener and a client that reads only when it is told to.
    private final class World {
        let time = WarpTime()
        let loop: EventLoop
        let inbox = Inbox()
        private let listener: Listener
        private var client: Socket?

        init() throws {
            let loop = try EventLoop(index: 0, time: time)
            let inbox = inbox
            var configuration = ServerConfiguration()
            // What is unread here is to end by time, not by size.
            configuration.maxOutputBytes = 4 * WebSocketClosingTests.unreadBytes
            listener = try Listener(
                host: "127.0.0.1", port: 0, loops: [loop], configuration: configuration
            ) { exchange in
                inbox.peer = exchange.upgradeToWebSocket(
                    response: Array("HTTP/1.1 101 Switching Protocols\r\n\r\n".utf8), receiver: inbox)
            }
            self.loop = loop
            listener.start()
            client = try Socket.connecting(to: "127.0.0.1", port: listener.port)
            send(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
            run { inbox.peer != nil }
        }

        func send(_ bytes: [UInt8]) {
            run { bytes.withUnsafeBytes { client?.send($0) } == .moved(bytes.count) }
        }

        func send(_ opcode: Opcode, _ payload: [UInt8]) {
            send(WebSocketEncoder.masked(opcode, payload, key: MaskingKey(0x0102_0304)))
        }

        /// The server has more to say than the connection takes.
        func fill() {
            send(.text, [0x61])
            run { inbox.peer.map { $0.unsentBytes > 0 } ?? false }
            settle()
        }

        /// Turns the loop until `condition` holds; records an issue when it does not within ten real seconds.
        func run(until condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation) {
            let limit = SystemTime().now.advanced(by: .seconds(10))
            loop.enter {
                while !condition() {
                    guard SystemTime().now < limit else {
                        Issue.record("did not happen within 10 s", sourceLocation: sourceLocation)
                        return
                    }
                    loop.turn(waitingAtMost: .milliseconds(5))
                }
            }
        }

        /// Runs what is ready now, a few turns of it.
        func settle() { loop.enter { for _ in 0..<20 { loop.turn(waitingAtMost: .milliseconds(1)) } } }

        func skip(_ duration: Duration) {
            time.skip(duration)
            settle()
        }
    }

    @Test("a peer that closes and then reads nothing is dropped after the closing timeout")
    func unreadAnswer() throws {
        let world = try World()
        world.fill()
        world.send(.close, [0x03, 0xE8])
        world.settle()
        try #require(world.inbox.peer?.unsentBytes ?? 0 > 0)
        #expect(world.inbox.peer?.isOpen == false)
        world.skip(.seconds(4))
        #expect(!world.inbox.hasEnded)
        world.skip(.seconds(2))
        #expect(world.inbox.hasEnded)
    }

    @Test("a peer that breaks the protocol and reads nothing is dropped, though it goes on sending")
    func unreadViolation() throws {
        let world = try World()
        world.fill()
        world.send([0xFF])
        world.settle()
        #expect(world.inbox.peer?.isOpen == false)
        world.skip(.seconds(4))
        #expect(!world.inbox.hasEnded)
        world.send([0xFF])
        world.skip(.seconds(2))
        #expect(world.inbox.hasEnded)
    }

    @Test("a peer that does not answer our close is dropped after the closing timeout")
    func unansweredClose() throws {
        let world = try World()
        world.loop.enter { world.inbox.peer?.close(.normal, "over") }
        world.skip(.seconds(4))
        world.send(.text, Array("more".utf8))
        #expect(!world.inbox.hasEnded)
        world.skip(.seconds(2))
        #expect(world.inbox.hasEnded)
    }
}
