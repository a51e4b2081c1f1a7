import Ports
import Primitives
import Reactor
import Synchronization
import Testing

@testable import LanguageModels

@Suite("Model chain", .timeLimit(.minutes(5)))
struct ModelChainTests {
    private static let usage = ModelUsage(
        provider: "p", model: "m", inputTokens: 3, outputTokens: 2, isReported: true)
    private static let unreachable = ProviderFailure.transient(.unreachable, retryAfter: nil)

    @Test("a reply of the first provider passes through, never inside the call")
    func passes() throws {
        let world = try World(providers: 2)
        let reply = world.ask()
        #expect(reply.events.isEmpty)
        world.turn()
        world.say(
            0,
            [
                .text("a"), .toolCall(ModelToolCall(id: "c", name: "f", arguments: "{}")),
                .finished(.toolCalls, Self.usage),
            ])
        #expect(reply.events.count == 3)
        #expect(reply.events.last == .finished(.toolCalls, Self.usage))
        #expect(reply.stream?.usageSoFar == Self.usage)
        #expect(world.models[1].calls.isEmpty)
        #expect(world.chain.model == "model-0")
    }

    @Test("a failure before the first token is not seen; the next provider has the time that is left")
    func failsOver() throws {
        let world = try World(providers: 2)
        let reply = world.ask(timeout: .seconds(30))
        world.turn()
        world.skip(.seconds(4))
        world.say(0, [.failed(Self.unreachable, nil)])
        #expect(world.models[1].calls.last?.request.timeout == .seconds(26))
        world.say(1, [.text("b"), .finished(.stop, Self.usage)])
        #expect(reply.events == [.text("b"), .finished(.stop, Self.usage)])
    }

    @Test("a failure after the first token ends the reply")
    func noFailoverAfterToken() throws {
        let world = try World(providers: 2)
        let reply = world.ask()
        world.turn()
        world.say(0, [.text("a"), .failed(.transient(.cutOff, retryAfter: nil), Self.usage)])
        #expect(reply.events == [.text("a"), .failed(.transient(.cutOff, retryAfter: nil), Self.usage)])
        #expect(world.models[1].calls.isEmpty)
    }

    @Test("a policy's refusal is not taken elsewhere")
    func policy() throws {
        let world = try World(providers: 2)
        let reply = world.ask()
        world.turn()
        world.say(0, [.failed(.permanent(.policy), Self.usage)])
        #expect(reply.events == [.failed(.permanent(.policy), Self.usage)])
        #expect(world.models[1].calls.isEmpty)
    }

    @Test("when all fail the last failure is reported, with what was consumed on the way")
    func allFail() throws {
        let world = try World(providers: 2)
        let reply = world.ask()
        world.turn()
        world.say(0, [.failed(.transient(.cutOff, retryAfter: nil), Self.usage)])
        world.say(1, [.failed(.permanent(.quota), nil)])
        #expect(reply.events == [.failed(.permanent(.quota), Self.usage)])
    }

    @Test("a Retry-After that fits is waited for, then the provider is asked again")
    func waits() throws {
        let world = try World(providers: 1)
        let reply = world.ask()
        world.turn()
        world.say(0, [.failed(.transient(.rateLimited, retryAfter: .seconds(2)), nil)])
        world.skip(.milliseconds(1_999))
        #expect(world.models[0].calls.count == 1)
        world.skip(.milliseconds(1))
        #expect(world.models[0].calls.count == 2)
        world.say(0, [.finished(.stop, Self.usage)])
        #expect(reply.events == [.finished(.stop, Self.usage)])
    }

    @Test("the whole request's timeout covers all attempts, and stops the one that runs")
    func timeout() throws {
        let world = try World(providers: 2)
        let reply = world.ask(timeout: .seconds(30))
        world.turn()
        world.skip(.seconds(10))
        world.say(0, [.failed(Self.unreachable, nil)])
        world.models[1].calls[0].usageSoFar = Self.usage
        world.skip(.seconds(19))
        #expect(reply.events.isEmpty)
        world.skip(.seconds(1))
        #expect(reply.events == [.failed(.transient(.timeout, retryAfter: nil), Self.usage)])
        #expect(world.models[1].calls[0].isCancelled)
    }

    @Test("the timeout also ends a reply that is under way")
    func timeoutAfterToken() throws {
        let world = try World(providers: 1)
        let reply = world.ask(timeout: .seconds(30))
        world.turn()
        world.say(0, [.text("a")])
        world.skip(.seconds(30))
        #expect(reply.events == [.text("a"), .failed(.transient(.timeout, retryAfter: nil), nil)])
        world.say(0, [.text("late")])
        #expect(reply.events.count == 2)
    }

    @Test("cancel stops the provider at once, reports nothing, and keeps the usage")
    func cancel() throws {
        let world = try World(providers: 1)
        let reply = world.ask()
        world.turn()
        world.say(0, [.text("a")])
        world.models[0].calls[0].usageSoFar = Self.usage
        world.loop.enter {
            reply.stream?.cancel()
            reply.stream?.cancel()
        }
        #expect(world.models[0].calls[0].isCancelled)
        #expect(reply.stream?.usageSoFar == Self.usage)
        world.skip(.seconds(60))
        #expect(reply.events == [.text("a")])
    }

    @Test("cancel before the first turn and during a wait asks nobody")
    func cancelEarly() throws {
        let world = try World(providers: 1)
        let early = world.ask()
        world.loop.enter { early.stream?.cancel() }
        world.turn()
        #expect(world.models[0].calls.isEmpty)
        let waiting = world.ask()
        world.turn()
        world.say(0, [.failed(.transient(.rateLimited, retryAfter: .seconds(2)), nil)])
        world.loop.enter { waiting.stream?.cancel() }
        world.skip(.seconds(10))
        #expect(world.models[0].calls.count == 1)
        #expect(waiting.events.isEmpty)
    }

    @Test("cancel from within an event stops the rest of them")
    func cancelWithin() throws {
        let world = try World(providers: 1)
        let reply = world.ask()
        reply.also = { _ in reply.stream?.cancel() }
        world.turn()
        world.say(0, [.text("a"), .text("b"), .finished(.stop, Self.usage)])
        #expect(reply.events == [.text("a")])
    }

    @Test("a broken provider is left alone, probed once after its time, and taken back")
    func breaker() throws {
        let world = try World(providers: 2)
        for _ in 0..<5 {
            _ = world.ask()
            world.turn()
            world.say(0, [.failed(Self.unreachable, nil)])
            world.say(1, [.finished(.stop, Self.usage)])
        }
        #expect(world.models[0].calls.count == 5)
        _ = world.ask()
        world.turn()
        #expect(world.models[0].calls.count == 5)
        #expect(world.models[1].calls.count == 6)
        world.skip(.seconds(15))
        _ = world.ask()
        _ = world.ask()
        world.turn()
        #expect(world.models[0].calls.count == 6)
        world.say(0, [.text("back")])
        _ = world.ask()
        world.turn()
        #expect(world.models[0].calls.count == 7)
    }

    @Test("each call to a provider is observed once, with its outcome, first token and cost")
    func observes() throws {
        let world = try World(providers: 2)
        let reply = world.ask()
        world.turn()
        world.skip(.seconds(1))
        world.say(0, [.failed(.transient(.cutOff, retryAfter: nil), Self.usage)])
        world.skip(.seconds(2))
        world.say(1, [.text("a")])
        world.skip(.seconds(3))
        world.loop.enter { reply.stream?.cancel() }
        #expect(
            world.attempts.all == [
                ModelAttempt(
                    provider: "p0", model: "m", outcome: .failed(.transient(.cutOff, retryAfter: nil)),
                    firstToken: nil, duration: .seconds(1), usage: Self.usage),
                ModelAttempt(
                    provider: "p1", model: "model-1", outcome: .cancelled, firstToken: .seconds(2),
                    duration: .seconds(5), usage: nil),
            ])
    }

    @Test("a chain without members is not configured")
    func empty() throws {
        let world = try World(providers: 0)
        let reply = world.ask()
        world.turn()
        #expect(reply.events == [.failed(.permanent(.notConfigured), nil)])
    }
}

// MARK: The world around a chain

/// A clock that only the test moves. Confined to the test's thread.
private final class ManualTime: TimeSource {
    private let nanoseconds = Atomic<UInt64>(1_000_000_000)
    var now: Instant { Instant(nanoseconds: nanoseconds.load(ordering: .relaxed)) }
    var wallClock: Timestamp { Timestamp(seconds: 1_795_230_000) }
    func skip(_ duration: Duration) { nanoseconds.add(UInt64(duration.wholeNanoseconds), ordering: .relaxed) }
}

/// A model that says what the test tells it to. Confined to the test's thread.
private final class ScriptedModel: LanguageModel, @unchecked Sendable {
    final class Call: ModelStream {
        let request: ModelRequest
        let receive: (ModelEvent) -> Void
        var isCancelled = false
        var usageSoFar: ModelUsage?

        init(_ request: ModelRequest, _ receive: @escaping (ModelEvent) -> Void) {
            self.request = request
            self.receive = receive
        }

        func cancel() { isCancelled = true }
    }

    let model: String
    var calls: [Call] = []

    init(_ model: String) { self.model = model }

    func stream(_ request: ModelRequest, _ receive: @escaping (ModelEvent) -> Void) -> any ModelStream {
        let call = Call(request, receive)
        calls.append(call)
        return call
    }
}

private final class Reply {
    var stream: (any ModelStream)?
    var events: [ModelEvent] = []
    var also: (ModelEvent) -> Void = { _ in }
}

/// Confined to the test's thread.
private final class Attempts: @unchecked Sendable {
    var all: [ModelAttempt] = []
}

private struct World {
    let time = ManualTime()
    let loop: EventLoop
    let models: [ScriptedModel]
    let chain: ModelChain
    let attempts = Attempts()

    init(providers: Int) throws {
        loop = try EventLoop(index: 0, time: time)
        models = (0..<providers).map { ScriptedModel("model-\($0)") }
        var configuration = ModelChain.Configuration()
        configuration.observe = { [attempts] in attempts.all.append($0) }
        chain = ModelChain(
            loop: loop,
            members: models.enumerated().map { ModelChain.Member(provider: "p\($0.offset)", model: $0.element) },
            configuration: configuration)
    }

    func ask(timeout: Duration = .seconds(30)) -> Reply {
        let reply = Reply()
        let request = ModelRequest(
            system: "", turns: [.user("hi")], temperature: 0, maxOutputTokens: 10, tools: [], timeout: timeout)
        reply.stream = loop.enter {
            chain.stream(request) { event in
                reply.events.append(event)
                reply.also(event)
            }
        }
        return reply
    }

    func turn() { loop.enter { for _ in 0..<4 { loop.turn(waitingAtMost: .zero) } } }

    func skip(_ duration: Duration) {
        time.skip(duration)
        turn()
    }

    /// The provider's latest call says this; a cancelled one may still do so, the chain must not listen.
    func say(_ provider: Int, _ events: [ModelEvent]) {
        loop.enter { for event in events { models[provider].calls.last?.receive(event) } }
        turn()
    }
}
