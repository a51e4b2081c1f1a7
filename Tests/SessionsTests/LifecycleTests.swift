import Domain
import JSON
import Ports
import Primitives
import Reactor
import TestSupport
import Testing
import WireProtocol

@testable import Sessions

@Suite("Activating, letting go, erasing, draining")
struct LifecycleTests {
    private static var impatient: SessionRegistry.Configuration {
        var configuration = SessionRegistry.Configuration()
        configuration.idleTimeout = .seconds(10)
        configuration.sweepInterval = .seconds(1)
        return configuration
    }

    private func world() throws -> World {
        let world = try World(configuration: Self.impatient)
        world.enter { world.registry.start() }
        world.create(ConversationFacts(owner: "u_1"))
        return world
    }

    // MARK: Creating

    @Test func theSameFactsAgainExistAndOthersAreRejected() throws {
        let world = try World()
        let facts = ConversationFacts(owner: "u_1", participants: ["u_2"], title: "t")
        let first = world.create(facts)
        let again = world.create(facts)
        let other = world.create(ConversationFacts(owner: "u_2"))
        #expect(first.results == [.success(.created)])
        #expect(again.results == [.success(.existed)])
        #expect(other.results.count == 1)
        if case .failure(let fault)? = other.results.first { #expect(fault.code == .rejected) } else { Issue.record() }
    }

    @Test func aCreationThatIsNotYetDurableDoesNotExistForOthers() throws {
        let world = try World()
        world.journal.isManual = true
        let facts = ConversationFacts(owner: "u_1")
        let first = world.create(facts)
        let second = world.create(facts)
        #expect(first.results.isEmpty && second.results.isEmpty)
        world.fail(.unavailable)
        for answer in [first, second] {
            #expect(answer.results.count == 1)
            if case .success? = answer.results.first { Issue.record("it was never made") }
        }
    }

    @Test func aCreatedSessionIsThereAfterACrash() throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1", participants: ["u_2"], title: "t"))
        world.crash()
        #expect(world.state()?.facts.participants == ["u_2"])
        #expect(world.record?.conversation?.title == "t")
        #expect(world.send("hi").offset == 1)
    }

    @Test func requestsThatArriveDuringALoadAreServedInOrder() throws {
        let world = try World()
        world.send("first")
        world.finishReply()
        world.crash()
        world.journal.holdsReads = true
        let a = world.send("a")
        let follower = world.follow()
        let b = world.send("b")
        #expect(world.journal.heldReads == 1, "one load for all of them")
        world.enter { world.journal.resume() }
        world.run()
        #expect(a.ok != nil && b.ok != nil)
        #expect((a.offset ?? 0) < (b.offset ?? 0))
        #expect(follower.refusals.isEmpty && follower.offsets.contains(b.offset ?? -1))
    }

    @Test func theFirstOfSeveralMessagesToAnAbsentSessionCreatesItForAll() throws {
        let world = try World()
        world.journal.holdsReads = true
        let a = world.send("a")
        let b = world.send("b")
        let stranger = world.send("c", by: World.stranger)
        world.enter { world.journal.resume() }
        world.run()
        #expect(a.offset == 1 && b.offset == 3)
        #expect(stranger.code == .forbidden)
        #expect(world.state()?.facts.owner == "u_1")
    }

    @Test func aLoadThatFailsIsToldAndTriedAnewForTheNext() throws {
        let world = try World()
        world.send("x")
        world.crash()
        world.journal.readFailure = .unavailable
        #expect(world.send("a").fault?.isRetryable == true)
        #expect(world.follow().refusals.map(\.isRetryable) == [true])
        world.journal.readFailure = nil
        #expect(world.send("a").ok != nil)
    }

    @Test func aSessionThatCannotBeReadIsNotTouched() throws {
        let world = try World()
        world.send("x")
        world.store.amend(World.address) { $0.checkpoints = [CheckpointRow(offset: 0, format: 99, state: [1])] }
        world.crash()
        #expect(world.send("a").code == .internal)
        world.store.amend(World.address) { $0.checkpoints = [] }
        #expect(world.send("a").code == .internal)
        #expect(world.registry.liveCount == 0)
    }

    @Test func aGapInTheStoredLogIsNotReadOver() throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1", hasAdvisor: false))
        for index in 0..<3 { world.send("m\(index)") }
        world.store.amend(World.address) { $0.log.remove(at: 1) }
        world.crash()
        #expect(world.send("a").code == .internal)
    }

    @Test func theLiveStateAndTheStoredStateAreTheSame() throws {
        let world = try World()
        world.advance(by: .microseconds(1_234_567))
        world.send("my income is 45,000 baht")
        world.say("thanks")
        world.finishReply()
        world.command("message.read", ["offset": 2])
        #expect(try world.reloaded() == world.state())
    }

    // MARK: Letting go

    @Test func onlyAnIdleSessionIsLetGo() throws {
        let world = try world()
        let follower = world.follow()
        world.advance(by: .seconds(60))
        #expect(world.registry.liveCount == 1, "someone follows it")
        world.unfollow(follower)
        world.send("hi")
        world.advance(by: .seconds(60))
        #expect(world.registry.liveCount == 1, "a reply is open")
        world.say("answer")
        world.finishReply()
        world.advance(by: .seconds(5))
        #expect(world.registry.liveCount == 1, "not idle for long enough")
        world.advance(by: .seconds(10))
        #expect(world.registry.liveCount == 0)
        #expect(world.endedCount.count == 1)
    }

    @Test func itLeavesACheckpointOfItsNewestState() throws {
        let world = try world()
        world.send("hi")
        world.say("answer")
        world.finishReply()
        let state = world.state()
        world.advance(by: .seconds(20))
        #expect(world.registry.liveCount == 0)
        #expect(world.record?.checkpoints.last?.offset == state?.lastOffset)
        #expect(world.state() == state)
    }

    @Test func aCommandThatArrivesWhileItIsLetGoIsNotLost() throws {
        let world = try world()
        world.send("hi")
        world.say("answer")
        world.finishReply()
        world.journal.isManual = true
        world.advance(by: .seconds(11))
        #expect(world.registry.liveCount == 1 && world.journal.waitingCount == 1)
        let answer = world.send("again")
        world.settle(2)
        #expect(answer.ok != nil && world.registry.liveCount == 1)
        #expect(world.model.calls.count == 2)
    }

    @Test func aCheckpointIsWrittenEvery256Events() throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1", hasAdvisor: false))
        for index in 0..<600 { world.send("m\(index)") }
        #expect(world.record?.checkpoints.map(\.offset) == [256, 512])
        #expect(try world.reloaded() == world.state())
    }

    @Test func aCheckpointThatFailedIsTriedAgain() throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1", hasAdvisor: false))
        world.journal.fault = { entry in entry.records.isEmpty ? .unavailable : nil }
        for index in 0..<300 { world.send("m\(index)") }
        #expect(world.record?.checkpoints.map(\.offset) == [0])
        world.journal.fault = nil
        for _ in 0..<32 { world.send("next") }
        #expect((world.record?.checkpoints.last?.offset ?? 0) > 256)
        let attempts = world.journal.appended.count { $0.records.isEmpty && !$0.createsStream }
        #expect(attempts <= 3, "a large state is not written anew with each event")
    }

    // MARK: Erasing

    @Test func erasingTellsSubscribersAndRefusesWhatComesLater() throws {
        let world = try world()
        world.send("secret")
        world.say("answer")
        let follower = world.follow()
        let answer = world.command("conversation.delete", key: "d")
        #expect(answer.results.count == 1 && answer.ok != nil)
        #expect(follower.events.last == "conversation.deleted" || follower.events.isEmpty)
        #expect(follower.ends == [.deleted])
        #expect(world.store.records.isEmpty)
        #expect(world.model.calls[0].isCancelled)
        #expect(world.send("later").code == .noSuchSession)
        #expect(world.follow().refusals.map(\.code) == [.noSuchSession])
        let created = world.create(ConversationFacts(owner: "u_1"))
        if case .failure(let fault)? = created.results.first {
            #expect(fault.code == .rejected)
        } else {
            Issue.record()
        }
    }

    @Test func theDeletingCommandRepeatedGetsItsFirstAnswer() throws {
        let world = try world()
        world.send("x")
        let first = world.command("conversation.delete", key: "d")
        let again = world.command("conversation.delete", key: "d")
        #expect(again.ok == first.ok)
        #expect(world.command("conversation.delete", key: "other").code == .noSuchSession)
        #expect(world.command("conversation.delete").code == .noSuchSession)
        world.crash()
        #expect(world.command("conversation.delete", key: "d").ok == first.ok)
    }

    @Test func commandsBehindAnErasureAreAnsweredOnce() throws {
        let world = try world()
        world.journal.isManual = true
        let erase = world.command("conversation.delete", key: "d")
        let repeated = world.command("conversation.delete", key: "d")
        let behind = world.send("behind")
        world.settle()
        #expect(erase.results.count == 1 && erase.ok != nil)
        #expect(repeated.results.count == 1 && repeated.ok != nil)
        #expect(behind.results.count == 1 && behind.fault != nil)
    }

    @Test func anErasureThatFailsLeavesTheSessionAsItWas() throws {
        let world = try world()
        world.send("x")
        world.say("y")
        let follower = world.follow()
        world.journal.isManual = true
        let answer = world.command("conversation.delete")
        world.fail(.unavailable)
        #expect(answer.code == .overloaded && follower.ends.isEmpty)
        world.enter { world.journal.resume() }
        world.finishReply()
        world.advance(by: .seconds(5))
        #expect(follower.events.last == "reply.completed")
    }

    @Test func aReplyThatEndsWhileAnErasureFailsIsNotLost() throws {
        let world = try world()
        world.send("x")
        world.say("y")
        world.journal.isManual = true
        world.command("conversation.delete")
        world.finishReply()
        world.fail(.unavailable)
        world.enter { world.journal.resume() }
        world.advance(by: .seconds(5))
        #expect(world.openReply == nil && world.log.last == "reply.completed")
    }

    // MARK: Draining

    @Test func drainingRefusesNewCommandsAndFinishesWhatIsUnderWay() throws {
        let world = try world()
        world.send("hi")
        world.say("half ")
        let done = Box<Bool>()
        world.enter {
            world.registry.drain(interruptAfter: .seconds(5), deadline: .seconds(10)) { done.value = true }
        }
        world.advance(by: .seconds(1))
        #expect(world.send("late").code == .draining)
        #expect(done.value == nil)
        world.say("whole")
        world.finishReply()
        world.advance(by: .milliseconds(100))
        #expect(done.value == true)
        #expect(world.log.last == "reply.completed")
        #expect(world.record?.checkpoints.last?.offset == Int64(world.log.count))
    }

    @Test func repliesThatTakeTooLongEndAsInterruptedAlsoThoseThatWaited() throws {
        let world = try world()
        world.send("hi")
        world.send("waiting")
        world.say("half")
        let done = Box<Bool>()
        world.enter {
            world.registry.drain(interruptAfter: .seconds(5), deadline: .seconds(10)) { done.value = true }
        }
        world.advance(by: .seconds(6))
        #expect(done.value == true)
        #expect(world.log.contains("reply.interrupted"))
        #expect(try world.reloaded()?.openReply == nil)
    }

    @Test func drainingEndsAtItsDeadlineWhateverTheStoreDoes() throws {
        let world = try world()
        world.journal.isManual = true
        world.send("hi")
        let done = Box<Bool>()
        world.enter {
            world.registry.drain(interruptAfter: .seconds(1), deadline: .seconds(3)) { done.value = true }
        }
        world.advance(by: .seconds(4))
        #expect(done.value == true)
    }
}
