import HTTPClient
import Primitives
import Reactor
import TestSupport
import Testing

@Suite("Transfers (HTTPClient)", .timeLimit(.minutes(5)))
struct HTTPTransferTests {
    @Test("reports head, body and completion in order, never inside start")
    func order() throws {
        let world = try World {
            $0.answer("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello")
        }
        let call = world.get()
        #expect(call.events.isEmpty)
        world.run { call.isOver }
        #expect(call.head?.status == 200)
        #expect(call.head?["content-type"] == "text/plain")
        #expect(call.text == "hello")
        #expect(call.events.last == .completed)
        #expect(world.client.transferCount == 0)
    }

    @Test("sends method, headers and body as given, and nothing that waits for 100 Continue")
    func requestBytes() throws {
        let body = [UInt8](repeating: 0x61, count: 5000)
        var seen = ""
        let world = try World { peer in
            guard peer.hasRequest(bodyBytes: 5000) else { return }
            seen = peer.receivedText
            peer.answer(plain(""))
        }
        let call = world.start(
            HTTPClientRequest(
                method: .post, url: world.server.url + "/v1/x?y=1", headers: [("X-Key", "k"), ("X-Empty", "")],
                body: body))
        world.run { call.isOver }
        #expect(seen.hasPrefix("POST /v1/x?y=1 HTTP/1.1\r\n"))
        #expect(seen.contains("\r\nX-Key: k\r\n"))
        #expect(seen.contains("\r\nX-Empty:\r\n"))
        #expect(seen.contains("\r\nContent-Length: 5000\r\n"))
        #expect(!seen.lowercased().contains("expect:"))
        #expect(!seen.lowercased().contains("content-type:"))
        #expect(seen.hasSuffix(String(decoding: body, as: UTF8.self)))
    }

    @Test("every method goes out under its name", arguments: [HTTPMethod.get, .head, .post, .put, .patch, .delete])
    func methods(_ method: HTTPMethod) throws {
        var line = ""
        let world = try World { peer in
            guard peer.hasRequest() else { return }
            line = String(peer.receivedText.prefix { $0 != " " })
            peer.answer("HTTP/1.1 204 No Content\r\n\r\n")
        }
        let call = world.start(HTTPClientRequest(method: method, url: world.server.url))
        world.run { call.isOver }
        #expect(line == method.rawValue)
        #expect(call.head?.status == 204)
    }

    @Test("pieces of a chunked body arrive as they are sent; trailers are dropped")
    func chunked() throws {
        let world = try World { peer in
            guard peer.hasRequest() else { return }
            peer.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        }
        let call = world.get()
        world.run { call.text == "abc" }
        #expect(!call.isOver)
        world.loop.enter { world.server.peers[0].send("2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n") }
        world.run { call.isOver }
        #expect(call.text == "abcde")
        #expect(call.events.last == .completed)
    }

    @Test("an interim answer is not reported")
    func interim() throws {
        let world = try World {
            $0.answer("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + plain("ok"))
        }
        let call = world.get()
        world.run { call.isOver }
        #expect(call.events.count == 3)
        #expect(call.head?.status == 200)
        #expect(call.head?["link"] == nil)
    }

    @Test("a redirect is an answer like any other")
    func redirect() throws {
        let world = try World { $0.answer("HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n") }
        let call = world.get()
        world.run { call.isOver }
        #expect(call.head?.status == 302)
        #expect(world.server.peers.count == 1)
    }

    @Test("a kept-alive connection serves the next request")
    func reuse() throws {
        let world = try World { $0.answer(plain("x")) }
        for _ in 0..<5 {
            let call = world.get()
            world.run { call.isOver }
            #expect(call.text == "x")
        }
        #expect(world.server.peers.count == 1)
    }

    @Test("a kept-alive connection that the server closed is replaced")
    func staleConnection() throws {
        let world = try World { $0.answer(plain("x")) }
        let first = world.get()
        world.run { first.isOver }
        world.loop.enter { world.server.peers[0].close() }
        let second = world.get()
        world.run { second.isOver }
        #expect(second.text == "x")
        #expect(world.server.peers.count == 2)
    }

    @Test("a request that must not be repeated gets a connection of its own")
    func freshConnection() throws {
        let world = try World { $0.answer(plain("x")) }
        let first = world.get()
        world.run { first.isOver }
        let second = world.start(
            HTTPClientRequest(method: .post, url: world.server.url, body: [1], needsFreshConnection: true))
        world.run { second.isOver }
        #expect(world.server.peers.count == 2)
    }

    @Test("200 transfers at once all get their own answer")
    func parallel() throws {
        let world = try World { peer in
            guard peer.hasRequest() else { return }
            let path = peer.receivedText.split(separator: " ")[1]
            peer.answer(plain(String(path)))
        }
        let calls = (0..<200).map { world.get("/\($0)") }
        world.run { calls.allSatisfy(\.isOver) }
        for (index, call) in calls.enumerated() { #expect(call.text == "/\(index)") }
        #expect(world.client.transferCount == 0)
    }

    @Test("more transfers than connections to a host wait for a free one")
    func hostLimit() throws {
        var most = 0
        var server: RawServer?
        let world = try World(configure: { $0.maxConnectionsPerHost = 3 }) { peer in
            most = max(most, server?.openCount ?? 0)
            peer.answer(plain("x"))
        }
        server = world.server
        let calls = (0..<30).map { _ in world.get() }
        world.run { calls.allSatisfy(\.isOver) }
        #expect(calls.allSatisfy { $0.text == "x" })
        #expect(most == 3)
        #expect(world.server.peers.count == 3)
        server = nil
    }

    @Test("beyond the limit of transfers in flight a start fails as overloaded, later")
    func overloaded() throws {
        let world = try World(configure: { $0.maxTransfersInFlight = 2 }) { $0.answer(plain("x")) }
        let calls = (0..<3).map { _ in world.get() }
        #expect(calls[2].events.isEmpty)
        world.run { calls.allSatisfy(\.isOver) }
        #expect(calls[2].failure == .overloaded)
        #expect(calls[0].text == "x" && calls[1].text == "x")
        let again = world.get()
        world.run { again.isOver }
        #expect(again.text == "x")
    }

    @Test("observers hear host, method and outcome of each transfer, once")
    func observation() throws {
        let heard = Heard()
        let world = try World(configure: { configuration in configuration.observe = { heard.all.append($0) } }) {
            if $0.receivedText.hasPrefix("GET /hang") { return }
            $0.answer("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")
        }
        let call = world.get()
        world.run { call.isOver }
        let hanging = world.get("/hang")
        world.settle()
        world.loop.enter { hanging.transfer?.cancel() }
        let refused = world.start(HTTPClientRequest(url: "ftp://127.0.0.1/"))
        world.run { refused.isOver }
        #expect(heard.all.map(\.outcome) == [.answered(status: 503), .cancelled, .failed(.invalidRequest)])
        #expect(heard.all.allSatisfy { $0.host == "127.0.0.1" && $0.method == .get })
    }

    @Test("collect gives the whole answer at once")
    func collect() throws {
        let world = try World { $0.answer("HTTP/1.1 400 Bad\r\nContent-Length: 3\r\n\r\nbad") }
        var result: Result<HTTPResponse, TransportFailure>?
        world.loop.enter { _ = world.client.collect(HTTPClientRequest(url: world.server.url)) { result = $0 } }
        world.run { result != nil }
        #expect(try result?.get().head.status == 400)
        #expect(try result?.get().body == Array("bad".utf8))
    }
}

/// Confined to the loop's thread, which is the test's.
private final class Heard: @unchecked Sendable {
    var all: [HTTPObservation] = []
}
