import HTTPClient
import Primitives
import Reactor
import TestSupport
import Testing

@Suite("Failures and timeouts (HTTPClient)", .timeLimit(.minutes(5)))
struct TransportFailureTests {
    @Test("nobody listening is unreachable")
    func unreachable() throws {
        let world = try World { _ in }
        // A listener that is gone: its port refuses.
        let port = try ListeningSocket(host: "127.0.0.1", port: 0, backlog: 1, sharesPort: false).port
        let call = world.start(HTTPClientRequest(url: "http://127.0.0.1:\(port)/"))
        world.run { call.isOver }
        #expect(call.events == [.failed(.unreachable)])
    }

    @Test("a name that does not resolve is unreachable")
    func unknownName() throws {
        let world = try World { _ in }
        let call = world.start(HTTPClientRequest(url: "http://no-such-host.invalid/"))
        world.run { call.isOver }
        #expect(call.events == [.failed(.unreachable)])
    }

    @Test(
        "what cannot be sent is an invalid request",
        arguments: [
            HTTPClientRequest(url: ""), HTTPClientRequest(url: "file:///etc/passwd"),
            HTTPClientRequest(url: "gopher://h/"),
            HTTPClientRequest(url: "http://h/a b"), HTTPClientRequest(url: "http://h/\r\nX: y"),
            HTTPClientRequest(url: "http://h:99999/"),
            HTTPClientRequest(url: "http://h/", headers: [("X", "a\r\nY: b")]),
            HTTPClientRequest(url: "http://h/", headers: [("X Y", "a")]),
            HTTPClientRequest(url: "http://h/", headers: [("", "a")]),
        ])
    func invalid(_ request: HTTPClientRequest) throws {
        let world = try World { _ in }
        let call = world.start(request)
        world.run { call.isOver }
        #expect(call.events == [.failed(.invalidRequest)])
    }

    @Test("a reset in the middle of the body is cut off, after what came was reported")
    func resetMidBody() throws {
        let world = try World { peer in
            guard peer.hasRequest() else { return }
            peer.answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npartial")
        }
        let call = world.get()
        world.run { call.text == "partial" }
        world.loop.enter { world.server.peers[0].close(reset: true) }
        world.run { call.isOver }
        #expect(call.failure == .cutOff)
    }

    @Test("an end before the declared length, or inside a chunk, is cut off")
    func shortBody() throws {
        for answer in [
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", "",
        ] {
            let world = try World { peer in
                guard peer.hasRequest() else { return }
                peer.answer(answer)
                peer.close()
            }
            let call = world.get()
            world.run { call.isOver }
            #expect(call.failure == .cutOff, "\(answer.debugDescription)")
        }
    }

    @Test("what is not HTTP is a protocol violation")
    func garbage() throws {
        let world = try World { peer in
            guard peer.hasRequest() else { return }
            peer.answer("\u{1}\u{2}garbage garbage garbage\r\n\r\n")
            peer.close()
        }
        let call = world.get()
        world.run { call.isOver }
        #expect(call.failure == .protocolViolation)
    }

    @Test("a head beyond the limit is too large")
    func largeHead() throws {
        let world = try World(configure: { $0.maxHeadBytes = 2000 }) {
            $0.answer("HTTP/1.1 200 OK\r\nX: \(String(repeating: "x", count: 2000))\r\nContent-Length: 0\r\n\r\n")
        }
        let call = world.get()
        world.run { call.isOver }
        #expect(call.events == [.failed(.tooLarge)])
    }

    @Test("a body beyond the limit is too large, one of exactly the limit is not")
    func largeBody() throws {
        let world = try World { $0.answer(plain(String(repeating: "x", count: 1000))) }
        let exact = world.get(maxBodyBytes: 1000)
        world.run { exact.isOver }
        #expect(exact.events.last == .completed)
        let beyond = world.get(maxBodyBytes: 999)
        world.run { beyond.isOver }
        #expect(beyond.failure == .tooLarge)
    }

    @Test("a server that says nothing runs into the first-byte timeout, not earlier")
    func firstByteTimeout() throws {
        let world = try World { _ in }
        let call = world.get(timeouts: HTTPTimeouts(firstByte: .seconds(5)))
        world.run { world.server.peers.first?.hasRequest() == true }
        world.time.skip(.milliseconds(4_500))
        world.settle()
        #expect(!call.isOver)
        world.time.skip(.milliseconds(600))
        world.run { call.isOver }
        #expect(call.failure == .timeout(.firstByte))
        world.run { world.server.peers[0].isEnded }
    }

    @Test("bytes that keep coming hold off the idle timeout, a gap does not")
    func idleTimeout() throws {
        let world = try World { $0.answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n") }
        let call = world.get(timeouts: HTTPTimeouts(idle: .seconds(5), total: .seconds(100)))
        world.run { call.head != nil }
        for count in 1...4 {
            world.time.skip(.seconds(4))
            world.loop.enter { world.server.peers[0].send("x") }
            world.run { call.body.count == count }
        }
        #expect(!call.isOver)
        world.time.skip(.milliseconds(5_100))
        world.run { call.isOver }
        #expect(call.failure == .timeout(.idle))
    }

    @Test("the total timeout ends a transfer that makes progress")
    func totalTimeout() throws {
        let world = try World { $0.answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n") }
        let call = world.get(timeouts: HTTPTimeouts(idle: .seconds(5), total: .seconds(9)))
        world.run { call.head != nil }
        for _ in 0..<2 {
            world.time.skip(.seconds(4))
            world.loop.enter { world.server.peers[0].send("x") }
            world.settle()
        }
        #expect(!call.isOver)
        world.time.skip(.milliseconds(1_100))
        world.run { call.isOver }
        #expect(call.failure == .timeout(.total))
        #expect(call.text == "xx")
    }

    @Test("a transfer that gets no connection runs into the connect timeout")
    func connectTimeout() throws {
        let world = try World(configure: { $0.maxConnectionsPerHost = 1 }) { _ in }
        let first = world.get()
        world.run { world.server.peers.first?.hasRequest() == true }
        let second = world.get(timeouts: HTTPTimeouts(connect: .seconds(3)))
        world.settle()
        world.time.skip(.milliseconds(3_100))
        world.run { second.isOver }
        #expect(second.events == [.failed(.timeout(.connect))])
        #expect(!first.isOver)
    }

    @Test("time that the consumer holds the transfer is not the provider's gap, but counts for the total")
    func pausedTime() throws {
        let world = try World { $0.answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx") }
        let call = world.get(timeouts: HTTPTimeouts(idle: .seconds(5), total: .seconds(20)))
        world.run { call.text == "x" }
        world.loop.enter { call.transfer?.pause() }
        world.time.skip(.seconds(10))
        world.settle()
        #expect(!call.isOver)
        world.time.skip(.seconds(11))
        world.run { call.isOver }
        #expect(call.failure == .timeout(.total))
    }
}
