import Primitives
import Testing
import WebSocket

@Suite("Opening handshake of a client (RFC 6455 §4.1)")
struct ClientHandshakeTests {
    private struct Zeros: RandomSource {
        func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
    }

    private let handshake = ClientHandshake(subprotocols: ["a", "b"], from: Zeros())

    private var response: ClientHandshake.Response {
        ClientHandshake.Response(
            status: 101, upgrade: ["WebSocket"], connection: ["upgrade"],
            accept: [OpeningHandshake.accept(for: handshake.key)], subprotocol: ["b"])
    }

    @Test("the request's fields")
    func fields() {
        #expect(
            handshake.fields.map { "\($0.name): \($0.value)" } == [
                "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: a, b",
            ])
        #expect(ClientHandshake(from: Zeros()).fields.count == 4)
    }

    @Test("our own server accepts it")
    func ownServer() throws {
        func lines(_ name: String) -> [String] { handshake.fields.filter { $0.name == name }.map(\.value) }
        let request = OpeningHandshake.Request(
            isGet: true, isHTTP11: true, hasBody: false, upgrade: lines("Upgrade"), connection: lines("Connection"),
            key: lines("Sec-WebSocket-Key"), version: lines("Sec-WebSocket-Version"),
            subprotocol: lines("Sec-WebSocket-Protocol"))
        guard case .accept(let acceptance) = OpeningHandshake.answer(request, choosing: { $0 == "b" }) else {
            Issue.record("refused")
            return
        }
        #expect(acceptance.accept == OpeningHandshake.accept(for: handshake.key))
        #expect(acceptance.subprotocol == "b")
    }

    @Test("a right answer opens, with or without a sub-protocol")
    func opens() throws {
        var response = response
        #expect(try handshake.receive(response) == "b")
        response.subprotocol = []
        #expect(try handshake.receive(response) == nil)
    }

    @Test("a wrong answer does not")
    func refuses() {
        func failure(_ change: (inout ClientHandshake.Response) -> Void) -> ClientHandshake.Failure? {
            var response = response
            change(&response)
            do throws(ClientHandshake.Failure) {
                _ = try handshake.receive(response)
                return nil
            } catch {
                return error
            }
        }
        #expect(failure { $0.status = 200 } == .notSwitching)
        #expect(failure { $0.upgrade = [] } == .notUpgraded)
        #expect(failure { $0.upgrade = ["h2c"] } == .notUpgraded)
        #expect(failure { $0.connection = ["close"] } == .notUpgraded)
        #expect(failure { $0.accept = [] } == .wrongAccept)
        #expect(failure { $0.accept += $0.accept } == .wrongAccept)
        #expect(failure { $0.accept = ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="] } == .wrongAccept)
        #expect(failure { $0.subprotocol = ["c"] } == .unknownSubprotocol)
        #expect(failure { $0.subprotocol = ["a", "b"] } == .unknownSubprotocol)
        #expect(failure { $0.extensions = ["permessage-deflate"] } == .unknownExtension)
    }
}
