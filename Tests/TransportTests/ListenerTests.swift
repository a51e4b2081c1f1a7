import Glibc
import HTTP1
import Primitives
import Reactor
import Synchronization
import TestSupport
import Testing
import Transport
import WebSocket

@Suite("The listener")
struct ListenerTests {
    @Test func connectionsBeyondTheLimitAreResetAndRoomIsUsedAgain() throws {
        let world = try TransportWorld { $0.maxConnections = 2 }
        let first = try world.client()
        let second = try world.client()
        let third = try world.client()
        #expect(world.until([third]) { third.isReset })
        #expect(world.openCount == 2 && !first.isOver && !second.isOver)
        first.close()
        #expect(world.until([second]) { world.openCount == 1 })
        let fourth = try world.client()
        #expect(!fourth.isOver && world.openCount == 2)
        #expect(world.counts.refusals.withLock { $0 } == [.connections])
    }

    @Test func oneAddressHasABoundOfItsOwn() throws {
        let world = try TransportWorld { $0.maxConnectionsPerAddress = 2 }
        let open = [try world.client(), try world.client()]
        let third = try world.client()
        #expect(world.until([third]) { third.isReset })
        #expect(world.counts.refusals.withLock { $0 } == [.address] && open.allSatisfy { !$0.isOver })
    }

    /// With a bound of one, each new connection shows that the one before gave its slot back, and only once.
    @Test func aSlotIsGivenBackOnceHoweverTheConnectionEnds() throws {
        let world = try TransportWorld {
            $0.maxConnections = 1
            $0.headTimeout = .seconds(1)
        }
        let ends: [(String, (RawClient) -> Void)] = [
            ("the client closes", { $0.close() }), ("the client resets", { $0.close(reset: true) }),
            ("the client half-closes", { $0.halfClose() }), ("the client is too slow", { _ in }),
            ("the request is malformed", { $0.send("nonsense\r\n\r\n") }),
            ("the answer closes", { $0.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n") }),
            ("the server aborts", { $0.send("GET /abort HTTP/1.1\r\nHost: h\r\n\r\n") }),
        ]
        world.answer = { $0.request.path.raw == "/abort" ? $0.abort() : $0.respond("x") }
        for (name, end) in ends {
            let client = try world.client()
            #expect(world.openCount == 1 && !client.isOver, "before: \(name)")
            let tooMany = try RawClient(port: world.listener.port)
            #expect(world.until([tooMany]) { tooMany.isReset }, "before: \(name)")
            end(client)
            world.settle(client)
            // Deadlines of the head and of the linger.
            for _ in 0..<4 where world.openCount > 0 { world.advance(.seconds(2), client) }
            #expect(world.openCount == 0, "\(name)")
        }
        #expect(world.counts.opened.withLock { $0 } == ends.count)
        #expect(world.counts.closed.withLock { $0 } == ends.count)
    }

    /// In a process of its own, whose descriptors are really used up.
    @Test func withoutDescriptorsConnectionsWaitThenAreResetAndOthersAreServedLater() async {
        await #expect(processExitsWith: .success) {
            let world = try TransportWorld()
            world.answer = { $0.respond("served") }
            let early = try world.client()
            let waiting = [try RawClient(port: world.listener.port), try RawClient(port: world.listener.port)]
            let fillers = try Descriptors.useUp()
            for client in waiting { world.settle(client) }
            #expect(world.openCount == 1 && waiting.allSatisfy { !$0.isOver }, "they wait in the kernel")
            #expect(!world.loop.hasWork, "nothing asks again and again")
            early.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(world.until([early]) { early.text.hasSuffix("served") }, "who is connected is served")
            world.advance(.seconds(1))
            for client in waiting { world.settle(client) }
            #expect(waiting.allSatisfy { !$0.isOver })
            world.advance(.seconds(1))
            #expect(world.until(waiting) { waiting.allSatisfy(\.isReset) }, "in the end they are told")
            #expect(world.counts.refusals.withLock { $0 } == [.descriptors, .descriptors])
            Descriptors.free(fillers)
            let late = try RawClient(port: world.listener.port)
            late.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            world.advance(.milliseconds(100))
            #expect(world.until([late]) { late.text.hasSuffix("served") }, "and then it goes on")
        }
    }

    @Test func aDescriptorThatIsFreeInTimeServesThoseThatWait() async {
        await #expect(processExitsWith: .success) {
            let world = try TransportWorld()
            world.answer = { $0.respond("served") }
            let waiting = try RawClient(port: world.listener.port)
            let fillers = try Descriptors.useUp()
            waiting.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            world.settle(waiting)
            world.advance(.seconds(1))
            world.settle(waiting)
            #expect(world.openCount == 0 && !waiting.isOver)
            // A few: the process's own threads may take one, too.
            Descriptors.free(fillers.suffix(8))
            world.advance(.milliseconds(100))
            #expect(world.until([waiting]) { waiting.text.hasSuffix("served") })
            #expect(world.counts.refusals.withLock { $0 }.isEmpty)
        }
    }

    @Test func afterStoppingNobodyIsAcceptedAndOpenConnectionsStay() throws {
        let world = try TransportWorld()
        world.answer = { $0.respond("still here") }
        let client = try world.client()
        world.enter { world.listener.stopAccepting() }
        let late = try RawClient(port: world.listener.port)
        world.settle(late)
        #expect(world.openCount == 1)
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(world.until([client]) { client.text.hasSuffix("still here") })
    }

    @Test func drainingClosesTheIdleAtOnceAndTheOthersWhenTheyAreDoneOrTheTimeIsOver() throws {
        let world = try TransportWorld()
        let idle = try world.client()
        let busy = try world.client()
        busy.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        world.until([busy]) { world.exchanges.count == 1 }
        let done = Mutex(false)
        let group = world.listener.connectionGroups[0]
        world.enter { group.drain(until: world.time.now.advanced(by: .seconds(5))) { done.withLock { $0 = true } } }
        #expect(world.until([idle, busy]) { idle.isOver })
        #expect(world.openCount == 1 && !done.withLock { $0 })
        world.enter { world.exchanges[0].respond("done") }
        #expect(world.until([busy]) { busy.text.hasSuffix("done") })
        world.advance(.milliseconds(40), busy)
        #expect(world.until([busy]) { done.withLock { $0 } && busy.isEnded })
    }

    @Test func aStormOfConnectionsIsAcceptedOverSeveralTurns() throws {
        let world = try TransportWorld()
        let clients = try (0..<200).map { _ in try RawClient(port: world.listener.port) }
        #expect(world.until(clients) { world.openCount == 200 })
    }
}

/// The descriptors of this process.
private enum Descriptors {
    /// Opens what may still be opened; a bound of its own keeps that short.
    static func useUp() throws -> [Int32] {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = min(limit.rlim_max, 256)
        try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
        var opened: [Int32] = []
        while case let descriptor = dup(0), descriptor >= 0 { opened.append(descriptor) }
        try #require(errno == EMFILE && !opened.isEmpty)
        return opened
    }

    static func free(_ descriptors: some Sequence<Int32>) { for descriptor in descriptors { close(descriptor) } }
}
