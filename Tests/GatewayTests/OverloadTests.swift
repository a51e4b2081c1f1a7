import Domain
import JSON
import Primitives
import Reactor
import Sessions
import TestSupport
import Testing
import Transport

@testable import Gateway

@Suite("Load of a loop")
struct LoadGaugeTests {
    private let limits = OverloadLimits()

    private func gauge(_ samples: [Int], from start: LoadGauge? = nil) -> LoadGauge {
        var gauge = start ?? LoadGauge(limits)
        for sample in samples { gauge.measure(lag: .milliseconds(sample), backlog: 0) }
        return gauge
    }

    @Test func aLoopThatIsABitLateOrOnceVeryLateIsNotOverloaded() {
        #expect(!gauge(Array(repeating: 190, count: 1_000)).isLagging)
        #expect(!gauge([60_000]).isLagging)
        #expect(!gauge([0, 60_000, 0, 0, 0, 0, 60_000, 0, 0, 0, 0, 60_000]).isLagging)
    }

    @Test func oneThatIsLateForAWhileIs() {
        #expect(gauge(Array(repeating: 400, count: 6)).isLagging)
        #expect(!gauge(Array(repeating: 400, count: 3)).isLagging)
        #expect(gauge(Array(repeating: 210, count: 100)).isLagging)
    }

    @Test func itEndsWellBelowWhereItBegan() {
        let overloaded = gauge(Array(repeating: 400, count: 10))
        #expect(overloaded.isLagging)
        #expect(gauge(Array(repeating: 100, count: 1_000), from: overloaded).isLagging, "between the two, it stays")
        #expect(!gauge(Array(repeating: 30, count: 40), from: overloaded).isLagging)
        #expect(gauge(Array(repeating: 30, count: 3), from: overloaded).isLagging)
        #expect(!gauge(Array(repeating: 100, count: 1_000)).isLagging, "between the two, it does not begin")
    }

    @Test func theBacklogHasTwoThresholdsToo() {
        var gauge = LoadGauge(limits)
        var verdicts: [Bool] = []
        for backlog in [0, 1_024, 1_025, 600, 257, 256, 600, 1_024] {
            gauge.measure(lag: .zero, backlog: backlog)
            verdicts.append(gauge.isBacklogged)
        }
        #expect(verdicts == [false, false, true, true, true, false, false, false])
        #expect(!gauge.isLagging)
    }
}

@Suite("Overload")
struct OverloadTests {
    private static let conversation = SessionAddress(tenant: "jeco", kind: .conversation, id: "c_1")

    private func world() throws -> GatewayWorld {
        let world = try GatewayWorld()
        world.enter { world.gateway.start() }
        return world
    }

    /// Makes the loop serve what is ready so late, so many times.
    private func lag(_ world: GatewayWorld, _ lag: Duration, times: Int) {
        for _ in 0..<times {
            world.time.advance(by: .milliseconds(100))
            world.enter { world.loop.turn(waitingAtMost: .zero) }
            world.time.advance(by: lag)
            world.enter { world.loop.turn(waitingAtMost: .zero) }
        }
    }

    private func ask(_ world: GatewayWorld, _ line: String, _ token: String? = nil) throws -> String {
        let client = try RawClient(port: world.listener.port)
        let bearer = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        client.send("\(line) HTTP/1.1\r\nHost: h\r\n\(bearer)Content-Length: 0\r\nConnection: close\r\n\r\n")
        #expect(
            world.until([]) {
                client.poll()
                return client.isOver
            })
        return client.text
    }

    private func command(_ client: TestSocket, _ id: Int) {
        client.say(
            #"{"type":"command","id":\#(id),"session":"conversation/c_1","name":"conversation.rename","data":{"title":"\#(id)"}}"#
        )
    }

    @Test func aLoopThatIsLateRefusesNewWorkEarlyAndGoesOnWithWhatItHas() throws {
        let world = try world()
        let client = try world.greet()
        client.say(
            #"{"type":"command","id":1,"session":"conversation/c_1","name":"message.send","data":{"text":"x"}}"#)
        client.say(#"{"type":"subscribe","id":2,"session":"conversation/c_1"}"#)
        #expect(world.until([client]) { client.first("snapshot") != nil && client.answer(1) != nil })
        let waiting = try world.connect()
        lag(world, .milliseconds(400), times: 8)

        let refused = try ask(world, "GET /v1/sessions/conversation/c_1", try world.token())
        #expect(refused.hasPrefix("HTTP/1.1 503 ") && refused.contains("Retry-After: "))
        #expect(refused.contains(#""code":2002"#))
        #expect(try world.connect().head?.hasPrefix("HTTP/1.1 503 ") == true)
        for line in ["GET /health", "GET /health/ready", "GET /metrics"] {
            #expect(try ask(world, line).hasPrefix("HTTP/1.1 200 "))
        }
        waiting.say(#"{"type":"hello","token":"\#(try world.token())"}"#)
        #expect(world.until([waiting]) { waiting.closeCode == 4100 })
        #expect(waiting.first("welcome") == nil)
        command(client, 3)
        #expect(world.until([client]) { client.faultCode(3) == 2002 })
        let wait = try #require(client.answer(3)?["retryAfterMs"]?.integer)
        #expect((500...2_000).contains(wait))

        // What is under way goes on: frames, acknowledgements, subscriptions.
        client.say(#"{"type":"ack","session":"conversation/c_1","offset":1}"#)
        client.say(#"{"type":"ping","n":5}"#)
        client.say(#"{"type":"subscribe","id":4,"session":"conversation/c_1"}"#)
        #expect(world.until([client]) { client.first("pong") != nil && client.answer(4)?["type"] == "subscribed" })
        let before = client.frames("signal").count
        world.enter {
            world.registry.signal(
                Self.conversation, "typing", [:], from: Caller(tenant: "jeco", subject: "u_1", role: .customer),
                sender: nil
            ) { _ in }
        }
        #expect(world.until([client]) { client.frames("signal").count > before })
        #expect(client.closeCode == nil)
        #expect(Set(world.counts.refusals) == [.overload])

        lag(world, .zero, times: 30)
        #expect(try ask(world, "GET /v1/sessions/conversation/c_1", try world.token()).hasPrefix("HTTP/1.1 200 "))
        #expect(try world.connect().isUpgraded)
        command(client, 6)
        #expect(world.until([client]) { client.answer(6)?["type"] == "ok" })
    }

    @Test func aJournalThatIsBehindRefusesCommandsOnly() throws {
        let world = try world()
        let client = try world.greet()
        client.say(
            #"{"type":"command","id":1,"session":"conversation/c_1","name":"message.send","data":{"text":"x"}}"#)
        #expect(world.until([client]) { client.answer(1) != nil })
        world.backlog.all = [2_000]
        lag(world, .zero, times: 1)
        command(client, 2)
        #expect(world.until([client]) { client.faultCode(2) == 2002 })
        let token = try world.token()
        let post = "POST /v1/sessions/conversation/c_1/commands"
        #expect(try ask(world, post, token).hasPrefix("HTTP/1.1 503 "))
        #expect(try ask(world, "GET /v1/sessions/conversation/c_1", token).hasPrefix("HTTP/1.1 200 "))
        let other = try world.greet()
        other.say(#"{"type":"subscribe","id":1,"session":"conversation/c_1"}"#)
        #expect(world.until([other]) { other.first("snapshot") != nil })
        #expect(world.counts.refusals == [.backlog, .backlog])
        world.backlog.all = []
        lag(world, .zero, times: 1)
        command(client, 3)
        #expect(world.until([client]) { client.answer(3)?["type"] == "ok" })
    }

    @Test func anOverloadThatBeginsAndEndsIsTold() throws {
        let world = try world()
        lag(world, .milliseconds(400), times: 8)
        lag(world, .zero, times: 30)
        #expect(world.counts.loads == [true, false])
    }
}
