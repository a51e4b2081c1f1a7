import JSON
import Primitives
import TestSupport
import Testing

@testable import Gateway

@Suite("Rates and bounds of one socket")
struct SocketRateTests {
    private func command(_ client: TestSocket, _ id: Int) {
        client.say(
            #"{"type":"command","id":\#(id),"session":"conversation/c_1","name":"message.send","data":{"text":"\#(id)"}}"#
        )
    }

    @Test func afterTheWaitThatAFaultNamesTheNextCommandIsTaken() throws {
        let world = try GatewayWorld {
            $0.commandsPerSecond = 2
            $0.commandBurst = 3
        }
        let client = try world.greet()
        for id in 1...4 { command(client, id) }
        #expect(world.until([client]) { (1...4).allSatisfy { client.answer($0) != nil } })
        #expect((1...3).allSatisfy { client.answer($0)?["type"] == "ok" } && client.faultCode(4) == 2406)
        let wait = try #require(client.answer(4)?["retryAfterMs"]?.integer)
        #expect((1...500).contains(wait))
        world.advance(.milliseconds(wait), client)
        command(client, 5)
        command(client, 6)
        #expect(world.until([client]) { client.answer(5)?["type"] == "ok" && client.faultCode(6) == 2406 })
    }

    @Test func soManyCommandsMayWaitForTheirAnswer() throws {
        let world = try GatewayWorld {
            $0.enforcesRates = false
            $0.maxCommandsInFlight = 2
        }
        let client = try world.greet()
        world.journal.isManual = true
        for id in 1...3 { command(client, id) }
        #expect(world.until([client]) { client.faultCode(3) == 2002 })
        #expect(client.answer(3)?["retryAfterMs"]?.integer != nil && client.answer(1) == nil && client.answer(2) == nil)
        world.enter { world.journal.settle() }
        world.settle(client)
        world.enter { world.journal.settle() }
        #expect(world.until([client]) { client.answer(1) != nil && client.answer(2) != nil })
        world.journal.isManual = false
        command(client, 4)
        #expect(world.until([client]) { client.answer(4) != nil && client.faultCode(4) != 2002 })
    }

    @Test func framesAtTheAllowedPaceNeverEndASocket() throws {
        let world = try GatewayWorld {
            $0.framesPerSecond = 10
            $0.frameBurst = 5
        }
        let client = try world.greet()
        for number in 0..<100 {
            client.say(#"{"type":"ping","n":\#(number)}"#)
            world.settle(client)
            world.time.advance(by: .milliseconds(100))
        }
        #expect(client.frames("pong").count == 100 && client.closeCode == nil)
    }

    @Test func signalsBeyondTheirRateAreDroppedInSilence() throws {
        let world = try GatewayWorld { $0.signalsPerSecond = 1 }
        let one = try world.greet()
        command(one, 1)
        #expect(world.until([one]) { one.answer(1) != nil })
        let two = try world.greet(subscribe: #"[{"session":"conversation/c_1"}]"#)
        #expect(world.until([one, two]) { two.first("snapshot") != nil })
        func signal(_ count: Int) {
            for _ in 0..<count { one.say(#"{"type":"signal","session":"conversation/c_1","name":"typing"}"#) }
            world.settle(one, two)
        }
        signal(5)
        #expect(two.frames("signal").count == 2)
        world.advance(.seconds(1), one, two)
        signal(5)
        #expect(two.frames("signal").count == 3)
        #expect(one.frames("fault").isEmpty && one.closeCode == nil)
    }
}
