import HTTPClient
import JSON
import Ports
import Primitives
import Reactor
import TestSupport
import Testing

@testable import LanguageModels

@Suite("Provider models over HTTP", .timeLimit(.minutes(5)))
struct ProviderModelTests {
    private static func chunked(_ text: String) -> String { "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n" }
    private static let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    private static func chunk(_ text: String) -> String {
        chunked("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(text)\"},\"finish_reason\":null}]}\n\n")
    }
    private static let stop = chunked("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n")
    private static let done = chunked("data: [DONE]\n\n")
    private static let end = "0\r\n\r\n"

    @Test("a reply streams as it comes, and its connection serves the next one")
    func streams() throws {
        let world = try World { $0.answer(Self.head + Self.chunk("สวัส")) }
        for _ in 0..<2 {
            let reply = world.ask()
            #expect(reply.stream?.usageSoFar == nil)
            world.run { reply.events == [.text("สวัส")] }
            #expect(reply.stream?.usageSoFar?.outputTokens == 2)
            world.send(Self.chunk("ดี") + Self.stop + Self.done + Self.end)
            world.run { reply.events.count == 3 }
            guard case .finished(.stop, let usage)? = reply.events.last else { return }
            #expect(usage.outputTokens == 3 && !usage.isReported)
        }
        #expect(world.server.peers.count == 1)
        #expect(world.client.transferCount == 0)
    }

    @Test("an answer that never ends after [DONE] is cut after a second")
    func lingers() throws {
        let world = try World { $0.answer(Self.head + Self.chunk("a") + Self.stop + Self.done) }
        let reply = world.ask()
        world.run { reply.events.count == 2 }
        #expect(world.client.transferCount == 1)
        world.time.skip(.seconds(1))
        world.run { world.server.peers[0].isEnded }
        #expect(world.client.transferCount == 0)
        #expect(reply.events.count == 2)
    }

    @Test("cancel closes the provider's connection within 100 ms and keeps the cost")
    func cancel() throws {
        let world = try World { $0.answer(Self.head + Self.chunk("hello")) }
        let reply = world.ask()
        world.run { reply.events.count == 1 }
        world.loop.enter {
            reply.stream?.cancel()
            // At most 100 ms of waiting.
            for _ in 0..<20 where !world.server.peers[0].isEnded { world.loop.turn(waitingAtMost: .milliseconds(5)) }
        }
        #expect(world.server.peers[0].isEnded)
        #expect(
            reply.stream?.usageSoFar
                == ModelUsage(
                    provider: "openai", model: "gpt-4o-mini", inputTokens: 9, outputTokens: 2, isReported: false))
        #expect(reply.events.count == 1)
    }

    @Test("an error answer is mapped by its body and headers, and costs nothing")
    func errorAnswer() throws {
        let world = try World {
            let body =
                "{\"error\":{\"message\":\"m\",\"type\":\"requests\",\"param\":null,\"code\":\"rate_limit_exceeded\"}}"
            $0.answer("HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        }
        let reply = world.ask()
        world.run { !reply.events.isEmpty }
        #expect(reply.events == [.failed(.transient(.rateLimited, retryAfter: .seconds(7)), nil)])
        #expect(reply.stream?.usageSoFar == nil)
    }

    @Test("an error answer that breaks off is mapped by its status")
    func brokenErrorAnswer() throws {
        let world = try World { peer in
            guard peer.hasRequest() else { return }
            peer.answer("HTTP/1.1 503 No\r\nRetry-After: 2\r\nContent-Length: 100\r\n\r\n{\"err")
            peer.close()
        }
        let reply = world.ask()
        world.run { !reply.events.isEmpty }
        #expect(reply.events == [.failed(.transient(.overloaded, retryAfter: .seconds(2)), nil)])
    }

    @Test("a connection that breaks in the middle is cut off, with the cost so far")
    func cutOff() throws {
        let world = try World { $0.answer(Self.head + Self.chunk("hello")) }
        let reply = world.ask()
        world.run { reply.events.count == 1 }
        world.loop.enter { world.server.peers[0].close(reset: true) }
        world.run { reply.events.count == 2 }
        let usage = ModelUsage(
            provider: "openai", model: "gpt-4o-mini", inputTokens: 9, outputTokens: 2, isReported: false)
        #expect(reply.events.last == .failed(.transient(.cutOff, retryAfter: nil), usage))
    }

    @Test("a connection that breaks after the reason to stop has brought the whole reply")
    func cutAfterFinish() throws {
        let world = try World { $0.answer(Self.head + Self.chunk("hello") + Self.stop) }
        let reply = world.ask()
        world.run { reply.events.count == 1 }
        world.loop.enter { world.server.peers[0].close(reset: true) }
        world.run { reply.events.count == 2 }
        guard case .finished(.stop, _)? = reply.events.last else {
            Issue.record("\(reply.events)")
            return
        }
    }

    @Test("silence before and within the answer is a timeout")
    func silence() throws {
        let silent = try World { _ in }
        let never = silent.ask()
        silent.run { silent.server.peers.first?.hasRequest() == true }
        silent.time.skip(.seconds(13))
        silent.run { !never.events.isEmpty }
        #expect(never.events == [.failed(.transient(.timeout, retryAfter: nil), nil)])

        let stalling = try World { $0.answer(Self.head + Self.chunk("hello")) }
        let reply = stalling.ask()
        stalling.run { reply.events.count == 1 }
        stalling.time.skip(.seconds(13))
        stalling.run { reply.events.count == 2 }
        guard case .failed(.transient(.timeout, nil), _?)? = reply.events.last else {
            Issue.record("\(reply.events)")
            return
        }
    }

    @Test("a model without key, or with one that cannot be sent, is not configured; nothing is sent")
    func notConfigured() throws {
        for key in ["", "line\nbreak"] {
            let world = try World { _ in }
            let reply = world.ask(key: key)
            #expect(reply.events.isEmpty)
            world.run { !reply.events.isEmpty }
            #expect(reply.events == [.failed(.permanent(.notConfigured), nil)])
            #expect(world.server.peers.isEmpty)
        }
    }

    @Test("a chain over HTTP goes from a broken provider to the next before the first token")
    func chain() throws {
        let world = try World { peer in
            guard peer.hasRequest() else { return }
            if peer.receivedText.hasPrefix("POST /broken") {
                peer.answer("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
            } else {
                peer.answer(Self.head + Self.chunk("b") + Self.stop + Self.done + Self.end)
            }
        }
        let chain = ModelChain(
            loop: world.loop, members: [.init(world.model(path: "/broken")), .init(world.model(path: "/fine"))])
        let reply = Reply()
        reply.stream = world.loop.enter { chain.stream(World.request) { reply.events.append($0) } }
        world.run { reply.events.count == 2 }
        #expect(reply.events.first == .text("b"))
    }
}

private final class Reply {
    var stream: (any ModelStream)?
    var events: [ModelEvent] = []
}

/// One loop, one client and one raw server that plays a provider.
private final class World {
    static let request = ModelRequest(
        system: "", turns: [.user("hi")], temperature: 0, maxOutputTokens: 10, tools: [], timeout: .seconds(30))

    let time = WarpTime()
    let loop: EventLoop
    let client: HTTPClient
    let server: RawServer

    init(_ script: @escaping (RawServer.Peer) -> Void) throws {
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

    func model(path: String = "", key: String = "k") -> ProviderModel {
        var configuration = OpenAIDialect.Configuration(model: "gpt-4o-mini", key: Secret(key))
        configuration.baseURL = server.url + path
        return ProviderModel(client: client, dialect: OpenAIDialect(configuration))
    }

    func ask(key: String = "k") -> Reply {
        let reply = Reply()
        let model = model(key: key)
        reply.stream = loop.enter { model.stream(Self.request) { reply.events.append($0) } }
        return reply
    }

    func send(_ text: String) { loop.enter { server.peers.last?.send(text) } }

    func run(until condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation) {
        let limit = SystemTime().now.advanced(by: .seconds(20))
        loop.enter {
            while !condition() {
                guard SystemTime().now < limit else {
                    Issue.record("did not happen within 20 s", sourceLocation: sourceLocation)
                    return
                }
                loop.turn(waitingAtMost: .milliseconds(5))
            }
        }
    }
}
