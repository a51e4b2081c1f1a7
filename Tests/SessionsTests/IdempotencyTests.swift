import Domain
import JSON
import Ports
import Primitives
import Reactor
import TestSupport
import Testing
import WireProtocol

@testable import Sessions

@Suite("Idempotency keys")
struct IdempotencyTests {
    @Test func theSameCommandUnderTheSameKeyGetsTheFirstAnswerAgain() throws {
        let world = try World()
        let first = world.send("hi", key: "k")
        let again = world.send("hi", key: "k")
        #expect(first.ok != nil && again.ok == first.ok)
        #expect(world.log == ["message.created", "reply.started"])
    }

    @Test func alsoWhileTheFirstIsInFlight() throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1"))
        world.journal.isManual = true
        let first = world.send("hi", key: "k")
        let again = world.send("hi", key: "k")
        #expect(again.isPending && world.journal.waitingCount == 1)
        world.settle()
        #expect(first.ok != nil && again.ok == first.ok)
    }

    @Test func anotherCommandUnderTheKeyIsRefused() throws {
        let world = try World()
        world.send("hi", key: "k")
        #expect(world.send("other", key: "k").code == .keyReused)
        #expect(world.command("conversation.archive", key: "k").code == .keyReused)
        // Another subject's command is another command.
        #expect(world.send("hi", key: "k", by: World.staff).code == .keyReused)
    }

    @Test func anotherCommandUnderAKeyInFlightIsRefusedOnceTheFirstIsDurable() throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1"))
        world.journal.isManual = true
        let first = world.send("hi", key: "k")
        let other = world.send("other", key: "k")
        world.settle()
        #expect(first.ok != nil && other.code == .keyReused)
    }

    @Test func aKeyWhoseCommandFailedIsFree() throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1"))
        world.journal.isManual = true
        world.send("hi", key: "k")
        world.fail(.unavailable)
        let other = world.send("other", key: "k")
        world.settle()
        #expect(other.ok != nil)
    }

    @Test func aCommandThatChangesNothingIsRememberedToo() throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1", title: "t"))
        let first = world.command("conversation.rename", ["title": "t"], key: "k")
        #expect(first.offset == 0)
        world.command("conversation.rename", ["title": "u"])
        #expect(world.command("conversation.rename", ["title": "t"], key: "k").ok == first.ok)
        #expect(world.state()?.title == "u")
    }

    @Test func keysSurviveACrash() throws {
        let world = try World()
        let first = world.send("hi", key: "k")
        world.crash()
        #expect(world.send("hi", key: "k").ok == first.ok)
        #expect(world.send("other", key: "k").code == .keyReused)
    }

    @Test func aKeyOlderThanMemoryIsLookedUpAndCommandsBehindItKeepTheirOrder() throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1", hasAdvisor: false))
        let first = world.send("m0", key: "k0")
        for index in 1...loadedAnswerLimit { world.send("m\(index)", key: "k\(index)") }
        world.crash()
        // Live again, with the newest keys only.
        #expect(world.state() != nil)
        world.journal.holdsReads = true
        let again = world.send("m0", key: "k0")
        let reused = world.send("x", key: "k0")
        let fresh = world.send("fresh", key: "new")
        let last = world.send("last")
        #expect(again.isPending && fresh.isPending && last.isPending)
        world.enter { world.journal.resume() }
        world.run()
        #expect(again.ok == first.ok)
        #expect(reused.code == .keyReused)
        #expect(fresh.offset == Int64(loadedAnswerLimit) + 2)
        #expect(last.offset == Int64(loadedAnswerLimit) + 3)
    }

    @Test func aKeyInMemoryNeedsNoLookUp() throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1", hasAdvisor: false))
        for index in 0...loadedAnswerLimit { world.send("m\(index)", key: "k\(index)") }
        world.crash()
        #expect(world.state() != nil)
        let reads = world.journal.readCount
        #expect(world.send("m\(loadedAnswerLimit)", key: "k\(loadedAnswerLimit)").ok != nil)
        #expect(world.journal.readCount == reads)
    }

    @Test func aLookUpThatFailsIsTold() throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1", hasAdvisor: false))
        for index in 0...loadedAnswerLimit { world.send("m\(index)", key: "k\(index)") }
        world.crash()
        #expect(world.state() != nil)
        world.journal.readFailure = .unavailable
        #expect(world.send("x", key: "unknown").fault?.isRetryable == true)
        world.journal.readFailure = nil
        #expect(world.send("x", key: "unknown").ok != nil)
    }

    @Test func commandsBehindALookUpAreAnsweredWhenTheSessionEnds() throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1", hasAdvisor: false))
        for index in 0...loadedAnswerLimit { world.send("m\(index)", key: "k\(index)") }
        world.crash()
        #expect(world.state() != nil)
        world.journal.isManual = true
        world.send("in flight", key: "k\(loadedAnswerLimit)x")
        world.journal.holdsReads = true
        let inFlight = world.send("no key")
        let lookedUp = world.send("x", key: "old")
        let behind = world.send("y")
        world.enter {
            world.journal.answerReads()
            world.journal.settle(0)
        }
        world.run()
        _ = inFlight
        world.fail(.fenced)
        world.enter { world.journal.answerReads() }
        world.run()
        #expect(lookedUp.results.count == 1)
        #expect(behind.results.count == 1)
    }

    @Test func memoryIsBoundedAndWhatFellOutIsStillFound() {
        func answer(_ index: Int) -> StoredAnswer {
            StoredAnswer(key: "k\(index)", fingerprint: [], offset: Int64(index), body: [])
        }
        var memory = AnswerMemory(stored: [answer(1), answer(0)])
        #expect(memory.isComplete && memory["k0"]?.offset == 0)
        for index in 2...AnswerMemory.capacity { memory.insert(answer(index)) }
        // One beyond the capacity: the older half left.
        #expect(!memory.isComplete)
        #expect(memory["k0"] == nil && memory["k\(AnswerMemory.capacity)"] != nil)
        memory.insert(answer(AnswerMemory.capacity))
        #expect(memory["k\(AnswerMemory.capacity / 2 + 1)"] != nil)
        #expect(!AnswerMemory(stored: (0..<loadedAnswerLimit).map(answer)).isComplete)
    }
}
