import HTTPClient
import Ports
import Primitives
import Reactor
import TestSupport
import Testing

@testable import PublicFiles

@Suite("Files of the public internet")
struct PublicFileFetchTests {
    /// One loop, one client, a server on the loopback address.
    private final class World {
        let time = WarpTime()
        let loop: EventLoop
        let client: HTTPClient
        let server: RawServer

        init(
            _ script: @escaping (RawServer.Peer) -> Void = {
                $0.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
            }
        )
            throws
        {
            let loop = try EventLoop(index: 0, time: time)
            self.loop = loop
            client = try HTTPClient(loop: loop)
            server = try loop.enter { Result { try RawServer(loop, script) } }.get()
        }

        deinit {
            loop.enter {
                client.close()
                server.close()
            }
        }

        var port: Substring { server.url.split(separator: ":").last ?? "" }

        func fetch(
            _ url: String, admitsLoopback: Bool = true, _ limits: PublicFileLimits = PublicFileLimits(),
            sourceLocation: SourceLocation = #_sourceLocation
        ) -> PublicFileAnswer? {
            let fetch = PublicFileFetch(client: client, limits: limits, admitsLoopback: admitsLoopback)
            let answer = Answer()
            let end = SystemTime().now.advanced(by: .seconds(20))
            loop.enter {
                fetch.fetch(url) { answer.value = $0 }
                if answer.value != nil { Issue.record("answered inside the call", sourceLocation: sourceLocation) }
                while answer.value == nil, SystemTime().now < end { loop.turn(waitingAtMost: .milliseconds(5)) }
            }
            if answer.value == nil { Issue.record("no answer within 20 s", sourceLocation: sourceLocation) }
            return answer.value
        }
    }

    /// Written on the loop that the test drives by hand.
    private final class Answer: @unchecked Sendable {
        var value: PublicFileAnswer?
    }

    @Test("A file comes whole")
    func whole() throws {
        let world = try World()
        #expect(world.fetch(world.server.url + "/a.jpg") == .file(Array("hi".utf8)))
        #expect(world.server.peers.first?.receivedText.isEmpty == true)
    }

    @Test("This machine is not the public internet, under any of its names")
    func loopback() throws {
        let world = try World()
        for host in [
            "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::ffff:127.0.0.1]", "[::1]",
            "0.0.0.0", "[::]",
        ] {
            #expect(world.fetch("http://\(host):\(world.port)/", admitsLoopback: false) == .notPublic, "\(host)")
        }
        #expect(world.server.peers.isEmpty, "nobody was connected to")
    }

    @Test("Networks of its own are not either, and development changes nothing in that")
    func networks() throws {
        let world = try World()
        for host in ["10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "[fd00::1]", "[fe80::1]"]
        {
            #expect(world.fetch("http://\(host)/") == .notPublic, "\(host)")
        }
    }

    @Test("A redirect is judged like the first address")
    func redirect() throws {
        let world = try World { peer in
            guard peer.hasRequest() else { return }
            let path = peer.receivedText.split(separator: " ")[1]
            let location = path == "/in" ? "http://169.254.169.254/latest/meta-data/" : "/file"
            peer.answer(
                path == "/file"
                    ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
                    : "HTTP/1.1 302 Found\r\nLocation: \(location)\r\nContent-Length: 0\r\n\r\n")
        }
        #expect(world.fetch(world.server.url + "/in") == .notPublic)
        #expect(world.fetch(world.server.url + "/on") == .file(Array("hi".utf8)))
    }

    @Test("Redirects end", arguments: [3, 4])
    func redirects(count: Int) throws {
        let world = try World { peer in
            guard peer.hasRequest(), let left = Int(peer.receivedText.split(separator: " ")[1].dropFirst()) else {
                return
            }
            peer.answer(
                left == 0
                    ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
                    : "HTTP/1.1 307 On\r\nLocation: /\(left - 1)\r\nContent-Length: 0\r\n\r\n")
        }
        let answer = world.fetch(world.server.url + "/\(count)")
        #expect(answer == (count <= PublicFileLimits().maxRedirects ? .file(Array("hi".utf8)) : .unavailable))
    }

    @Test(
        "A redirect leads to http and https only",
        arguments: ["file:///etc/passwd", "gopher://127.0.0.1/", "ftp://h/", "//"])
    func schemes(location: String) throws {
        let world = try World { $0.answer("HTTP/1.1 302 F\r\nLocation: \(location)\r\nContent-Length: 0\r\n\r\n") }
        #expect(world.fetch(world.server.url + "/") == .unavailable)
    }

    @Test(
        "What is no such URL is not fetched",
        arguments: [
            "", "slip.jpg", "file:///etc/passwd", "ftp://h/x", "gopher://h/", "http://", "http://user:pw@h/",
            "http://user@h/", "http://h /", "http://h\n/", "javascript:alert(1)",
            "http://h/" + String(repeating: "a", count: 2_048),
        ])
    func notURLs(url: String) throws {
        #expect(try World().fetch(url) == .notAURL)
    }

    @Test("No more than the limit is taken, declared or not", arguments: [true, false])
    func tooLarge(isDeclared: Bool) throws {
        let world = try World { peer in
            guard peer.hasRequest() else { return }
            peer.forgetReceived()
            peer.send("HTTP/1.1 200 OK\r\n\(isDeclared ? "Content-Length: 4096\r\n" : "")\r\n")
            peer.send([UInt8](repeating: 7, count: 4096))
            if !isDeclared { peer.close() }
        }
        var limits = PublicFileLimits()
        limits.maxBytes = 4095
        #expect(world.fetch(world.server.url + "/", limits) == .tooLarge)
        limits.maxBytes = 4096
        #expect(world.fetch(world.server.url + "/", limits) == .file([UInt8](repeating: 7, count: 4096)))
    }

    @Test("Any other answer than 200 is none", arguments: [204, 206, 304, 404, 500])
    func statuses(status: Int) throws {
        let world = try World { $0.answer("HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\r\n") }
        #expect(world.fetch(world.server.url + "/") == .unavailable)
    }

    @Test("The time is one for all redirects")
    func time() throws {
        let time = Kept()
        let world = try World { peer in
            guard peer.hasRequest() else { return }
            time.hops += 1
            time.warp?.skip(.seconds(6))
            peer.answer("HTTP/1.1 302 F\r\nLocation: /\(time.hops)\r\nContent-Length: 0\r\n\r\n")
        }
        time.warp = world.time
        #expect(world.fetch(world.server.url + "/") == .unavailable)
        #expect(time.hops < 4)
    }

    private final class Kept: @unchecked Sendable {
        var hops = 0
        var warp: WarpTime?
    }

    @Test("A connection that is there already is not taken: its address was not asked about")
    func reuse() throws {
        let world = try World()
        let done = Answer()
        world.loop.enter {
            world.client.collect(HTTPClientRequest(url: world.server.url + "/")) { _ in done.value = .unavailable }
            let end = SystemTime().now.advanced(by: .seconds(20))
            while done.value == nil, SystemTime().now < end { world.loop.turn(waitingAtMost: .milliseconds(5)) }
        }
        #expect(world.server.peers.count == 1)
        #expect(world.fetch(world.server.url + "/", admitsLoopback: false) == .notPublic)
        #expect(world.server.peers.count == 1)
    }
}
