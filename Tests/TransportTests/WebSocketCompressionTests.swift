import Reactor
import TestSupport
import Testing
import Transport
import WebSocket

/// Keeps what comes.
private final class Receiver: WebSocketReceiver {
    var peer: WebSocketPeer?
    var texts: [String] = []
    var ends = 0

    func receiveText(_ message: UnsafeRawBufferPointer) { texts.append(String(decoding: message, as: UTF8.self)) }
    func receiveBinary(_ message: UnsafeRawBufferPointer) {}
    func outputDrained() {}
    func connectionEnded() { ends += 1 }
}

@Suite("Compression on a connection (RFC 7692)")
struct WebSocketCompressionTests {
    private static let long = String(repeating: "a text that repeats itself; ", count: 40)

    /// A world whose answer to every request is a WebSocket with the next of the parameters.
    private final class Sockets {
        let world: TransportWorld
        let pool: CompressionPool
        var receivers: [Receiver] = []

        init(contextBytes: Int = 0, limits: WebSocketLimits? = nil, _ parameters: CompressionParameters?...) throws {
            var policy = CompressionPolicy()
            policy.maxContextBytes = contextBytes
            let pool = CompressionPool(policy: policy)
            self.pool = pool
            world = try TransportWorld()
            var rest = parameters[...]
            world.answer = { [unowned self] exchange in
                let receiver = Receiver()
                let compression = rest.removeFirst().map { NegotiatedCompression($0, role: .server, pool: pool) }
                receiver.peer = exchange.upgradeToWebSocket(
                    response: Array("HTTP/1.1 101 x\r\n\r\n".utf8), receiver: receiver, compression: compression,
                    limits: limits)
                receivers.append(receiver)
            }
        }

        func connect() throws -> RawClient {
            let client = try world.client()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(world.until([client]) { client.takeHead() != nil })
            return client
        }

        func frames(_ count: Int, _ client: RawClient) -> [ClientFrames.Frame] {
            var frames: [ClientFrames.Frame] = []
            world.until([client]) {
                frames += client.takeFrames()
                return frames.count >= count || client.isOver
            }
            return frames
        }
    }

    /// A client's reading of server frames, with what it remembers between them.
    private struct Reader: WebSocketReceiving {
        private var decoder: WebSocketDecoder
        private var texts: [String] = []
        var isInterested: Bool { true }

        init(_ parameters: CompressionParameters) {
            let compression = NegotiatedCompression(parameters, role: .client, pool: CompressionPool())
            decoder = WebSocketDecoder(role: .client, compression: compression)
        }

        mutating func text(_ frame: ClientFrames.Frame) throws -> String? {
            var bytes: [UInt8] = []
            frame.payload.withUnsafeBytes {
                WebSocketEncoder.append(.text, $0, isCompressed: frame.isCompressed, to: &bytes)
            }
            var decoder = decoder
            try bytes.withUnsafeMutableBytes { try decoder.receive($0, into: &self) }
            self.decoder = decoder
            return texts.popLast()
        }

        mutating func receiveText(_ payload: UnsafeRawBufferPointer) {
            texts.append(String(decoding: payload, as: UTF8.self))
        }
        mutating func receiveBinary(_ payload: UnsafeRawBufferPointer) {}
        mutating func receivePing(_ payload: UnsafeRawBufferPointer) {}
        mutating func receivePong(_ payload: UnsafeRawBufferPointer) {}
        mutating func receiveClose(code: CloseCode?, reason: [UInt8]) {}
    }

    private func compress(_ text: String) -> [UInt8] {
        let client = NegotiatedCompression(CompressionParameters(), role: .client, pool: CompressionPool())
        return Array(text.utf8).withUnsafeBytes { client.compress($0) }
    }

    @Test("long messages are compressed both ways, short ones go as they are")
    func bothWays() throws {
        let sockets = try Sockets(CompressionParameters())
        let client = try sockets.connect()
        client.send(ClientFrames.frame(0x41, compress(Self.long)) + ClientFrames.text("plain"))
        let receiver = sockets.receivers[0]
        #expect(sockets.world.until([client]) { receiver.texts == [Self.long, "plain"] })
        sockets.world.enter {
            receiver.peer?.sendText(Array(Self.long.utf8))
            receiver.peer?.sendText(Array("short".utf8))
            Array(Self.long.utf8).withUnsafeBytes { receiver.peer?.send(.binary, $0) }
        }
        let frames = sockets.frames(3, client)
        #expect(frames.map(\.isCompressed) == [true, false, true])
        #expect(frames.map(\.opcode) == [1, 1, 2])
        #expect(frames[0].payload.count < Self.long.utf8.count / 5)
        var reader = Reader(CompressionParameters())
        #expect(try frames.prefix(2).map { try reader.text($0) } == [Self.long, "short"])
    }

    @Test("without the extension nothing is compressed, and RSV1 is 1002")
    func notNegotiated() throws {
        let sockets = try Sockets(nil)
        let client = try sockets.connect()
        sockets.world.enter { sockets.receivers[0].peer?.sendText(Array(Self.long.utf8)) }
        #expect(sockets.frames(1, client).map(\.text) == [Self.long])
        client.send(ClientFrames.frame(0x41, compress("x")))
        #expect(sockets.frames(1, client).map(\.closeCode) == [1002])
    }

    @Test(
        "what is wrong with a compressed message ends the connection with its code",
        arguments: [
            (ClientFrames.frame(0x41, [0x06, 0, 0]), 1007), (ClientFrames.frame(0x41, [0xF2, 0x48]), 1007),
            (ClientFrames.frame(0x41, [0x00, 0x01, 0x00, 0xFE, 0xFF, 0xFF, 0x00]), 1007),
            (ClientFrames.frame(0x01, [0x61], isFinal: false) + ClientFrames.frame(0x40, [0]), 1002),
            (ClientFrames.frame(0x49, [0]), 1002),
        ] as [([UInt8], UInt16)])
    func violations(_ bytes: [UInt8], _ code: UInt16) throws {
        let sockets = try Sockets(CompressionParameters())
        let client = try sockets.connect()
        client.send(bytes)
        #expect(sockets.frames(1, client).map(\.closeCode) == [code])
        #expect(sockets.receivers[0].texts.isEmpty)
    }

    @Test("a bomb is 1009, under the limits that the socket was given")
    func bomb() throws {
        var limits = WebSocketLimits()
        limits.maxMessageBytes = 2_000
        let sockets = try Sockets(limits: limits, CompressionParameters(), CompressionParameters())
        let fitting = try sockets.connect()
        fitting.send(ClientFrames.frame(0x41, compress(String(repeating: "a", count: 2_000))))
        #expect(sockets.world.until([fitting]) { sockets.receivers[0].texts.map(\.utf8.count) == [2_000] })
        let client = try sockets.connect()
        client.send(ClientFrames.frame(0x41, compress(String(repeating: "a", count: 200_000))))
        #expect(sockets.frames(1, client).map(\.closeCode) == [1009])
    }

    @Test("a shared frame is made once for those that compress alike; the others get their own")
    func shared() throws {
        let context = CompressionParameters(serverKeepsContext: true)
        let small = CompressionParameters(serverWindowBits: 9)
        let alike = CompressionParameters()
        let sockets = try Sockets(alike, alike, nil, small, context)
        let clients = try (0..<5).map { _ in try sockets.connect() }
        var made: [[UInt8]] = []
        func send(_ text: String) {
            let text = Array(text.utf8)
            sockets.world.enter {
                for peer in sockets.receivers.compactMap(\.peer) {
                    guard peer.compresses(text.count) else {
                        peer.send(WebSocketEncoder.text(text))
                        continue
                    }
                    peer.sendShared(text[...]) { make in
                        if made.isEmpty { made.append(make(text[...])) }
                        return made[0]
                    }
                }
            }
        }
        send(Self.long)
        let first = try clients.map { try #require(sockets.frames(1, $0).first) }
        #expect(first.map(\.isCompressed) == [true, true, false, true, true])
        #expect(made.count == 1 && made[0].suffix(first[0].payload.count) == first[0].payload[...])
        #expect(first[0] == first[1])
        #expect(first[2].text == Self.long)
        var readers = [alike, alike, alike, small, context].map { Reader($0) }
        for index in readers.indices { #expect(try readers[index].text(first[index]) == Self.long) }

        made = []
        send(Self.long)
        let second = try clients.map { try #require(sockets.frames(1, $0).first) }
        #expect(second[0] == first[0])
        #expect(second[4].payload.count < first[4].payload.count / 2, "a context remembers")
        for index in readers.indices { #expect(try readers[index].text(second[index]) == Self.long) }

        send("short")
        #expect(
            try clients.map { try #require(sockets.frames(1, $0).first).text } == Array(repeating: "short", count: 5))
    }

    @Test("memory for contexts comes back with the connection")
    func contextsEnd() throws {
        let context = CompressionParameters(serverKeepsContext: true, clientKeepsContext: true)
        let sockets = try Sockets(contextBytes: 1 << 20, context)
        let client = try sockets.connect()
        #expect(sockets.pool.contextBytes == Deflater.memoryBytes(windowBits: 15) + Inflater.memoryBytes)
        client.close(reset: true)
        #expect(sockets.world.until([]) { sockets.receivers[0].ends == 1 })
        #expect(sockets.pool.contextBytes == 0)
    }
}
