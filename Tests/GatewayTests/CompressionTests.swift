import Domain
import JSON
import Reactor
import Sessions
import TestSupport
import Testing
import Transport
import WebSocket
import WireProtocol

@testable import Gateway

@Suite("Compression of sockets (RFC 7692)")
struct CompressionTests {
    private static let conversation = SessionAddress(tenant: "jeco", kind: .conversation, id: "c_1")
    private static let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"

    /// A client that sees the frames as they come.
    private func open(_ world: GatewayWorld, path: String = "/v1/socket", _ more: String) throws -> (RawClient, String)
    {
        let client = try RawClient(port: world.listener.port)
        client.send(
            "GET \(path) HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: \(ClientFrames.key)\r\nSec-WebSocket-Version: 13\r\n\(more)\r\n")
        var head: String?
        until(world, [client]) {
            head = client.takeHead()
            return head != nil
        }
        return (client, try #require(head))
    }

    @discardableResult
    private func until(_ world: GatewayWorld, _ clients: [RawClient], _ condition: () -> Bool) -> Bool {
        world.until([]) {
            for client in clients { client.poll() }
            return condition()
        }
    }

    private func frame(_ world: GatewayWorld, _ client: RawClient, holding part: String) throws -> ClientFrames.Frame {
        var found: ClientFrames.Frame?
        until(world, [client]) {
            found = client.takeFrames().first { text($0).contains(part) } ?? found
            return found != nil
        }
        return try #require(found)
    }

    /// What a frame says once it is inflated.
    private func text(_ frame: ClientFrames.Frame) -> String {
        guard frame.isCompressed else { return frame.text }
        struct Reader: WebSocketReceiving {
            var text = ""
            var isInterested: Bool { true }
            mutating func receiveText(_ payload: UnsafeRawBufferPointer) {
                text = String(decoding: payload, as: UTF8.self)
            }
            mutating func receiveBinary(_ payload: UnsafeRawBufferPointer) { receiveText(payload) }
            mutating func receivePing(_ payload: UnsafeRawBufferPointer) {}
            mutating func receivePong(_ payload: UnsafeRawBufferPointer) {}
            mutating func receiveClose(code: CloseCode?, reason: [UInt8]) {}
        }
        var limits = WebSocketLimits()
        limits.maxMessageBytes = 1 << 24
        var reader = Reader()
        var decoder = WebSocketDecoder(
            role: .client, limits: limits,
            compression: NegotiatedCompression(CompressionParameters(), role: .client, pool: CompressionPool()))
        var bytes: [UInt8] = []
        frame.payload.withUnsafeBytes { WebSocketEncoder.append(.text, $0, isCompressed: true, to: &bytes) }
        do {
            try bytes.withUnsafeMutableBytes { try decoder.receive($0, into: &reader) }
        } catch { Issue.record(error) }
        return reader.text
    }

    @Test func theHandshakeSaysWhatIsSpoken() throws {
        let world = try GatewayWorld()
        let answer =
            "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"
        #expect(try open(world, Self.offer).1.contains(answer))
        #expect(try !open(world, "").1.contains("Extensions"))
        let (_, declined) = try open(
            world, "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8\r\n")
        #expect(declined.hasPrefix("HTTP/1.1 101 ") && !declined.contains("Extensions"))
        #expect(try open(world, "Sec-WebSocket-Extensions: permessage-deflate;\r\n").1.hasPrefix("HTTP/1.1 400 "))
        let off = try GatewayWorld { $0.compression.isEnabled = false }
        #expect(try !open(off, Self.offer).1.contains("Extensions"))
    }

    @Test func anEventIsCompressedOnceForAllItsSubscribers() throws {
        let world = try GatewayWorld()
        world.enter {
            world.registry.create(Self.conversation, .conversation(ConversationFacts(owner: "u_1", hasAdvisor: false)))
            { _ in }
        }
        world.settle()
        let hello =
            #"{"type":"hello","token":"\#(try world.token())","subscribe":[{"id":1,"session":"conversation/c_1"}]}"#
        let protocolField = "Sec-WebSocket-Protocol: sala.v1.json\r\n"
        let clients = try [Self.offer, Self.offer, ""].map { try open(world, protocolField + $0).0 }
        for client in clients {
            client.send(ClientFrames.text(hello))
            _ = try frame(world, client, holding: #""type":"snapshot""#)
        }
        let compressed = NegotiatedCompression(CompressionParameters(), role: .client, pool: CompressionPool())
        let command =
            #"{"type":"command","id":2,"session":"conversation/c_1","name":"message.send","data":{"text":"\#(String(repeating: "long ", count: 300))"}}"#
        clients[0].send(ClientFrames.frame(0x41, Array(command.utf8).withUnsafeBytes { compressed.compress($0) }))
        let events = try clients.map { try frame(world, $0, holding: #""type":"event""#) }
        #expect(events.map(\.isCompressed) == [true, true, false])
        #expect(events[0].payload == events[1].payload)
        #expect(events[0].payload.count < events[2].payload.count / 4)
        #expect(text(events[0]) == events[2].text)
        #expect(events[2].text.contains("long long"))
    }

    @Test func aPublicationIsCompressedByTheFirstWhoNeedsIt() {
        let publication = Publication(.signal(sender: nil), json: [1, 2], framing: .none)
        var calls = 0
        for _ in 0..<3 {
            let bytes = publication.compressed { json in
                calls += 1
                return json + [UInt8(calls)]
            }
            #expect(bytes == [1, 2, 1])
        }
        #expect(calls == 1)
    }

    @Test func echoSendsBackCompressedWhateverTheSize() throws {
        let world = try GatewayWorld { $0.isDevelopment = true }
        let (client, _) = try open(world, path: "/v1/echo", Self.offer)
        client.send(ClientFrames.text("short"))
        let short = try frame(world, client, holding: "short")
        #expect(short.isCompressed)
        // More than an ordinary socket takes, in more frames.
        let large = String(repeating: "0123456789", count: 20_000)
        let frames = stride(from: 0, to: 200_000, by: 100).map { start in
            ClientFrames.frame(
                start == 0 ? 1 : 0, Array(repeating: Array("0123456789".utf8), count: 10).flatMap { $0 },
                isFinal: start == 199_900)
        }
        client.send(frames.flatMap { $0 })
        let echoed = try frame(world, client, holding: "0123456789")
        #expect(echoed.isCompressed && text(echoed) == large)
    }
}
