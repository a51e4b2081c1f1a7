import JSON
import Testing
import WebSocket

@Suite("Opening handshake (RFC 6455 §4)")
struct OpeningHandshakeTests {
    private func request(_ vector: WebSocketVector) throws -> OpeningHandshake.Request {
        let request = try vector.require("request")
        func lines(_ name: String) throws -> [String] {
            let items = try #require(request[name]?.array, "\(vector.name): \(name)")
            return items.compactMap(\.string)
        }
        return OpeningHandshake.Request(
            isGet: request["method"]?.string == "GET", isHTTP11: request["version"]?.string == "1.1",
            hasBody: request["body"]?.bool ?? false, upgrade: try lines("upgrade"),
            connection: try lines("connection"), key: try lines("key"), version: try lines("webSocketVersion"),
            subprotocol: try lines("subprotocol"))
    }

    @Test("what the server answers", arguments: try WebSocketVector.load("opening-handshakes"))
    func answers(_ vector: WebSocketVector) throws {
        let speaks = try #require(vector["speaks"]?.array).compactMap(\.string)
        let expected = try vector.require("expect")
        switch OpeningHandshake.answer(try request(vector), choosing: speaks.contains) {
        case .accept(let acceptance):
            #expect(expected["status"]?.integer == 101, "\(vector.name)")
            #expect(acceptance.accept == expected["accept"]?.string)
            #expect(acceptance.subprotocol == expected["subprotocol"]?.string)
        case .refuse(let refusal):
            #expect(expected["status"]?.integer == Int64(refusal.status), "\(vector.name)")
        }
    }

    @Test("the whole response")
    func response() {
        let request = OpeningHandshake.Request(
            isGet: true, isHTTP11: true, hasBody: false, upgrade: ["websocket"], connection: ["Upgrade"],
            key: ["dGhlIHNhbXBsZSBub25jZQ=="], version: ["13"], subprotocol: ["chat, superchat"])
        guard case .accept(let acceptance) = OpeningHandshake.answer(request, choosing: { $0 == "chat" }) else {
            Issue.record("refused")
            return
        }
        let expected =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n"
        #expect(String(decoding: acceptance.response, as: UTF8.self) == expected)
    }

    @Test("offers of compression reach who answers them, and the answer stands in the response")
    func compression() {
        var request = OpeningHandshake.Request(
            isGet: true, isHTTP11: true, hasBody: false, upgrade: ["websocket"], connection: ["Upgrade"],
            key: ["dGhlIHNhbXBsZSBub25jZQ=="], version: ["13"], subprotocol: [],
            extensions: ["first; a=1", "permessage-deflate; server_max_window_bits=10"])
        let pool = CompressionPool()
        func answer(_ compress: ([ExtensionOffer]) -> CompressionParameters?) -> OpeningHandshake.Answer {
            OpeningHandshake.answer(request, choosing: { _ in false }, compressing: compress)
        }
        guard case .accept(let acceptance) = answer(pool.answer), case .accept(let plain) = answer({ _ in nil }) else {
            Issue.record("refused")
            return
        }
        #expect(acceptance.compression == CompressionParameters(serverWindowBits: 10))
        let line =
            "\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
            + "server_max_window_bits=10\r\n\r\n"
        #expect(String(decoding: acceptance.response, as: UTF8.self).hasSuffix(line))
        #expect(plain.compression == nil)
        #expect(!String(decoding: plain.response, as: UTF8.self).contains("Extensions"))
        request.extensions = ["permessage-deflate;"]
        guard case .refuse(.badRequest) = answer(pool.answer) else {
            Issue.record("a malformed field must fail the handshake")
            return
        }
    }

    @Test("a refused version names ours, a plain request the protocol, another method the right one")
    func refusals() {
        func named(_ refusal: OpeningHandshake.Refusal, _ field: String) -> String? {
            refusal.fields.first { $0.name == field }?.value
        }
        #expect(named(.versionUnsupported, "Sec-WebSocket-Version") == "13")
        #expect(named(.upgradeRequired, "Upgrade") == "websocket")
        #expect(named(.methodNotAllowed, "Allow") == "GET")
        #expect(OpeningHandshake.Refusal.badRequest("").fields.isEmpty)
    }
}
