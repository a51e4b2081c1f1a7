import HTTP1
import Primitives
import Reactor
import Synchronization
import TestSupport
import Testing
import Transport
import WebSocket

/// Writes down what comes and says what it is told to.
private final class Receiver: WebSocketReceiver {
    var peer: WebSocketPeer?
    var texts: [String] = []
    var binaries: [[UInt8]] = []
    var drains = 0
    var ends = 0
    var react: ((String) -> Void)?

    func receiveText(_ message: UnsafeRawBufferPointer) {
        let text = String(decoding: message, as: UTF8.self)
        texts.append(text)
        react?(text)
    }
    func receiveBinary(_ message: UnsafeRawBufferPointer) { binaries.append(Array(message)) }
    func outputDrained() { drains += 1 }
    func connectionEnded() { ends += 1 }
}

@Suite("WebSocket connections (RFC 6455)", .overBothWires)
struct WebSocketConnectionTests {
    private static let handshake =
        "GET /socket HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Key: \(ClientFrames.key)\r\nSec-WebSocket-Version: 13\r\n\r\n"

    private static let answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: \(ClientFrames.accept)\r\n\r\n"

    private func open(
        sending more: [UInt8] = [], readBufferBytes: Int = EventLoop.maxReadBytes,
        _ configure: (inout ServerConfiguration) -> Void = { _ in }, _ prepare: (Receiver) -> Void = { _ in }
    ) throws -> (TransportWorld, RawClient, Receiver) {
        let world = try TransportWorld(readBufferBytes: readBufferBytes, configure)
        let receiver = Receiver()
        prepare(receiver)
        world.answer = { exchange in
            receiver.peer = exchange.upgradeToWebSocket(response: Array(Self.answer.utf8), receiver: receiver)
        }
        let client = try world.client()
        client.send(Array(Self.handshake.utf8) + more)
        #expect(world.until([client]) { client.received.count >= Self.answer.utf8.count })
        #expect(client.take(Self.answer.utf8.count) == Array(Self.answer.utf8))
        return (world, client, receiver)
    }

    @Test func framesBehindTheHandshakeAreReadAfterThe101() throws {
        let (world, client, receiver) = try open(sending: ClientFrames.text("early") + ClientFrames.text("bird")) { _ in
        } _: { receiver in
            receiver.react = { [unowned receiver] text in receiver.peer?.sendText(Array("re: \(text)".utf8)) }
        }
        #expect(world.until([client]) { receiver.texts == ["early", "bird"] })
        world.settle(client)
        #expect(client.takeFrames().map(\.text) == ["re: early", "re: bird"])
    }

    @Test func messagesGoBothWaysHoweverTheyAreCut() throws {
        let (world, client, receiver) = try open()
        let bytes =
            ClientFrames.frame(1, Array("he".utf8), isFinal: false) + ClientFrames.frame(9, [7])
            + ClientFrames.frame(0, Array("llo".utf8)) + ClientFrames.frame(2, [1, 2, 3])
        for byte in bytes {
            client.send([byte])
            world.enter { world.loop.turn(waitingAtMost: .milliseconds(1)) }
        }
        #expect(world.until([client]) { receiver.binaries == [[1, 2, 3]] })
        #expect(receiver.texts == ["hello"])
        world.enter {
            receiver.peer?.sendText(Array("one".utf8))
            receiver.peer?.sendText([UInt8](repeating: 0x61, count: 70_000))
        }
        var frames: [ClientFrames.Frame] = []
        #expect(
            world.until([client]) {
                frames += client.takeFrames()
                return frames.count == 3
            })
        #expect(frames.map(\.opcode) == [10, 1, 1] && frames[0].payload == [7])
        #expect(frames[1].text == "one" && frames[2].payload.count == 70_000)
    }

    @Test func aFloodIsReadInPiecesBetweenWhichOthersHaveTheirTurn() throws {
        let (world, client, receiver) = try open(readBufferBytes: 1024)
        let frame = ClientFrames.text(String(repeating: "x", count: 94))
        let count = 200
        client.send(Array(repeatElement(frame, count: count).joined()))
        var most = 0
        var turns = 0
        while receiver.texts.count < count, turns < 4_000 {
            let before = receiver.texts.count
            world.enter { world.loop.turn(waitingAtMost: .milliseconds(1)) }
            client.poll()
            most = max(most, receiver.texts.count - before)
            turns += 1
        }
        #expect(receiver.texts.count == count)
        // What a piece begins in the middle of counts in the turn that ends it; what TLS has deciphered already may be a
        // second piece of a turn.
        #expect(most >= 1 && most <= 2 * 1024 / frame.count + 1)
    }

    @Test func theClientsCloseIsAnsweredAndTheConnectionEnds() throws {
        let (world, client, receiver) = try open()
        client.send(ClientFrames.close(1000) + ClientFrames.text("after the end"))
        #expect(world.until([client]) { client.isEnded })
        let frames = client.takeFrames()
        #expect(frames.map(\.closeCode) == [1000])
        client.close()
        #expect(world.until([]) { world.openCount == 0 })
        #expect(receiver.ends == 1 && receiver.texts.isEmpty)
    }

    @Test func aCloseWithoutACodeIsAnsweredWithoutOne() throws {
        let (world, client, _) = try open()
        client.send(ClientFrames.close(nil))
        #expect(world.until([client]) { client.isEnded })
        let frames = client.takeFrames()
        #expect(frames.count == 1 && frames[0].opcode == 8 && frames[0].payload.isEmpty)
    }

    @Test func ourCloseWaitsForTheClients() throws {
        let (world, client, receiver) = try open()
        world.enter {
            receiver.peer?.sendText(Array("last".utf8))
            receiver.peer?.close(CloseCode(4001), "server.draining")
            receiver.peer?.sendText(Array("too late".utf8))
            receiver.peer?.close(CloseCode(4000), "again")
        }
        world.settle(client)
        let frames = client.takeFrames()
        #expect(frames.map(\.opcode) == [1, 8] && frames[1].closeCode == 4001)
        #expect(String(decoding: frames[1].payload.dropFirst(2), as: UTF8.self) == "server.draining")
        #expect(!client.isOver && receiver.peer?.isOpen == false)
        // What the client still says is not heard.
        client.send(ClientFrames.text("wait"))
        world.settle(client)
        #expect(receiver.texts.isEmpty)
        client.send(ClientFrames.close(4001))
        #expect(world.until([client]) { client.isEnded })
        client.close()
        #expect(world.until([]) { world.openCount == 0 && receiver.ends == 1 })
    }

    @Test func aClientThatDoesNotAnswerOurCloseIsDropped() throws {
        let (world, client, receiver) = try open()
        world.enter { receiver.peer?.close(CloseCode(4001), "") }
        world.settle(client)
        world.advance(.seconds(4), client)
        #expect(world.openCount == 1)
        world.advance(.seconds(2), client)
        #expect(world.until([client]) { client.isOver && world.openCount == 0 })
        #expect(receiver.ends == 1)
    }

    @Test func aClientThatVanishesEndsTheConnectionOnce() throws {
        let (world, client, receiver) = try open()
        client.close(reset: true)
        #expect(world.until([]) { receiver.ends == 1 && world.openCount == 0 })
        world.enter {
            receiver.peer?.sendText(Array("hello?".utf8))
            receiver.peer?.close(CloseCode(4000), "")
            receiver.peer?.drop()
        }
        #expect(receiver.ends == 1)
    }

    // MARK: Violations

    @Test(
        arguments: [
            ([0x81, 0x05, 0x68, 0x65, 0x6C, 0x6C, 0x6F], UInt16(1002)),  // not masked
            ([0xC1, 0x80, 0, 0, 0, 0], 1002),  // RSV1 without an extension
            ([0x83, 0x80, 0, 0, 0, 0], 1002),  // a reserved opcode
            ([0x81, 0x82, 0, 0, 0, 0, 0xC0, 0x80], 1007),  // not UTF-8
        ] as [([UInt8], UInt16)])
    func aViolationIsToldWithItsCodeAndTheConnectionEnds(bytes: [UInt8], code: UInt16) throws {
        let (world, client, receiver) = try open()
        client.send(bytes + ClientFrames.text("more"))
        #expect(world.until([client]) { client.isEnded })
        #expect(client.takeFrames().map(\.closeCode) == [code])
        #expect(world.counts.violations.withLock { $0 } == ["websocket"])
        client.close()
        #expect(world.until([]) { world.openCount == 0 && receiver.ends == 1 })
        #expect(receiver.texts.isEmpty)
    }

    @Test func aMessageBeyondItsLimitIs1009BeforeItIsRead() throws {
        let (world, client, _) = try open { $0.webSocket.maxMessageBytes = 1_000 }
        client.send(Array(ClientFrames.frame(1, [UInt8](repeating: 0x61, count: 1_001)).prefix(20)))
        #expect(world.until([client]) { client.isEnded })
        #expect(client.takeFrames().map(\.closeCode) == [1009])
    }

    // MARK: Heartbeat

    @Test func aSilentClientIsPingedAndAnAnswerKeepsIt() throws {
        let (world, client, _) = try open()
        world.advance(.seconds(24), client)
        #expect(client.takeFrames().isEmpty)
        world.advance(.seconds(2), client)
        world.settle(client)
        #expect(client.takeFrames().map(\.opcode) == [9])
        client.send(ClientFrames.frame(10, []))
        world.settle(client)
        world.advance(.seconds(11), client)
        #expect(client.takeFrames().isEmpty && !client.isOver)
    }

    @Test func aClientThatDoesNotAnswerIsClosed4003() throws {
        let (world, client, receiver) = try open()
        world.advance(.seconds(26), client)
        world.settle(client)
        world.advance(.seconds(11), client)
        world.settle(client)
        #expect(client.takeFrames().map { $0.closeCode ?? UInt16($0.opcode) } == [9, 4003])
        world.advance(.seconds(6), client)
        #expect(world.until([client]) { receiver.ends == 1 && world.openCount == 0 })
    }

    @Test func aTalkingClientIsNotPinged() throws {
        let (world, client, _) = try open()
        for _ in 0..<10 {
            world.advance(.seconds(20), client)
            client.send(ClientFrames.text("x"))
            world.settle(client)
        }
        #expect(client.takeFrames().isEmpty)
    }

    // MARK: Slow readers

    @Test func aFloodOfPingsThatIsNotReadDoesNotFillMemory() throws {
        let (world, client, receiver) = try open()
        client.reads = false
        let pings = Array((0..<2_000).map { _ in ClientFrames.frame(9, [UInt8](repeating: 1, count: 125)) }.joined())
        for _ in 0..<60 {
            client.send(pings)
            world.enter { world.loop.turn(waitingAtMost: .zero) }
        }
        #expect((receiver.peer?.unsentBytes ?? .max) < 80 * 1024)
    }

    @Test func aReaderThatTakesNothingIsResetBeyondTheBound() throws {
        let (world, client, receiver) = try open { $0.maxOutputBytes = 1024 * 1024 }
        client.reads = false
        let frame = WebSocketEncoder.text([UInt8](repeating: 0x61, count: 60_000))
        var most = 0
        for _ in 0..<500 where world.openCount == 1 {
            world.enter {
                receiver.peer?.send(frame)
                most = max(most, receiver.peer?.unsentBytes ?? 0)
                world.loop.turn(waitingAtMost: .zero)
            }
        }
        #expect(world.openCount == 0 && receiver.ends == 1)
        #expect(most <= 1024 * 1024 + 70_000)
        #expect(world.counts.violations.withLock { $0 } == ["slow"])
    }

    @Test func aReaderThatSaysGoodbyeAndReadsNothingIsDropped() throws {
        let (world, client, receiver) = try open()
        client.reads = false
        world.enter { for _ in 0..<100 { receiver.peer?.sendText([UInt8](repeating: 0x61, count: 60_000)) } }
        world.settle(client)
        client.send(ClientFrames.close(1000))
        world.settle(client)
        #expect(world.openCount == 1 && receiver.peer?.isOpen == false)
        for _ in 0..<10 { world.advance(.seconds(31), client) }
        #expect(world.openCount == 0 && receiver.ends == 1, "it would stay for ever")
    }

    @Test func aReaderThatCatchesUpIsToldOf() throws {
        let (world, client, receiver) = try open()
        client.reads = false
        world.enter { for _ in 0..<50 { receiver.peer?.sendText([UInt8](repeating: 0x61, count: 100_000)) } }
        world.settle(client)
        let before = receiver.drains
        #expect((receiver.peer?.unsentBytes ?? 0) > 0)
        client.reads = true
        #expect(world.until([client]) { receiver.peer?.unsentBytes == 0 })
        #expect(receiver.drains > before)
        #expect(world.until([client]) { client.received.count == 50 * 100_010 })
    }
}
