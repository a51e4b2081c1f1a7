import Domain
import JSON
import Ports
import Primitives
import Reactor
import TestSupport
import Testing
import WireProtocol

@testable import Sessions

@Suite("The output gate: nothing leaves before it is durable")
struct OutputGateTests {
    @Test func noAnswerNoPublicationAndNoEffectLeaveBeforeTheCommit() throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1"))
        let follower = world.follow()
        world.journal.isManual = true
        let answer = world.send("hello", key: "k1")
        #expect(answer.isPending)
        #expect(follower.types == ["subscribed", "snapshot"])
        #expect(world.model.calls.isEmpty)
        #expect(world.state()?.messages.isEmpty == true)
        // Durable, but the session has not been told.
        world.enter { world.journal.commit() }
        world.run()
        #expect(answer.isPending && follower.events.isEmpty && world.model.calls.isEmpty)
        world.enter { world.journal.deliver() }
        world.run()
        #expect(answer.offset == 1)
        #expect(follower.events == ["message.created", "reply.started"])
        #expect(world.model.calls.count == 1)
    }

    @Test func laterCommandsAreDecidedOnWhatIsPending() throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1"))
        world.journal.isManual = true
        let first = world.send("one")
        let second = world.send("two")
        let third = world.command("conversation.rename", ["title": "t"])
        #expect(world.journal.waitingCount == 3)
        world.settle(3)
        #expect([first.offset, second.offset, third.offset] == [1, 3, 4])
        // The second found the reply of the first open, and waits for it.
        #expect(world.log == ["message.created", "reply.started", "message.created", "conversation.renamed"])
    }

    @Test func answersComeInTheOrderOfTheCommands() throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1"))
        world.journal.isManual = true
        let rename = world.command("conversation.rename", ["title": "t"])
        // Changes nothing on the pending state, so there is nothing to write: it waits for what it was decided on.
        let again = world.command("conversation.rename", ["title": "t"])
        #expect(again.isPending)
        world.settle()
        #expect(rename.offset == 1)
        #expect(again.offset == 1)
    }

    @Test func aRefusalThatRestsOnPendingStateWaitsForItToo() throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1"))
        world.journal.isManual = true
        let archive = world.command("conversation.archive")
        let refused = world.send("too late?")
        #expect(refused.isPending)
        world.fail(.unavailable)
        #expect(archive.code == .overloaded)
        // It was never archived: the refusal was void, and the client may try again.
        #expect(refused.fault?.isRetryable == true)
        let accepted = world.send("in time")
        world.settle()
        #expect(accepted.offset == 1)
    }

    @Test func aRefusalWithNothingBeforeItIsImmediate() throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1"))
        world.journal.isManual = true
        #expect(world.send("").code == .invalidCommand)
        #expect(world.command("no.such").code == .unknownType)
        #expect(world.send("hi", by: World.stranger).code == .forbidden)
        #expect(world.journal.waitingCount == 0)
    }
}

@Suite("Rollback: a failed write leaves memory as if it never happened")
struct RollbackTests {
    @Test(arguments: [StoreFailure.unavailable, .overloaded])
    func everyWaitingCommandIsFaultedAndTheStateIsTheCommittedOne(failure: StoreFailure) throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1"))
        world.send("kept", key: "k0")
        world.say("answer")
        world.finishReply()
        let before = world.state()
        let follower = world.follow()
        let frames = follower.frames.count
        world.journal.isManual = true
        let answers = [
            world.send("one", key: "k1"), world.send("two", key: "k2"),
            world.command("conversation.rename", ["title": "t"]), world.send("one", key: "k1"),
        ]
        world.fail(failure)
        for answer in answers { #expect(answer.fault?.isRetryable == true) }
        #expect(world.state() == before)
        #expect(follower.frames.count == frames)
        #expect(follower.ends.isEmpty)
        #expect(world.model.calls.count == 1)
        // The offsets and the keys are free again.
        let again = world.send("one", key: "k1")
        world.settle()
        #expect(again.offset == (before?.lastOffset ?? 0) + 1)
        #expect(follower.offsets == follower.offsets.sorted())
    }

    @Test func whatWasCommittedBeforeTheFailureStays() throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1", hasAdvisor: false))
        world.journal.isManual = true
        let first = world.send("one")
        let second = world.send("two")
        let third = world.send("three")
        world.settle()
        world.fail(.unavailable)
        #expect(first.offset == 1)
        #expect(second.code == .overloaded && third.code == .overloaded)
        let fourth = world.send("four")
        world.settle()
        #expect(fourth.offset == 2)
        #expect(world.state()?.messages.map(\.text) == ["one", "four"])
    }

    @Test(arguments: [StoreFailure.unknown, .conflict, .fenced])
    func aFailureThatLeavesTheStoreUnknownEndsTheSession(failure: StoreFailure) throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1"))
        let follower = world.follow()
        world.journal.isManual = true
        let answer = world.send("hi")
        world.fail(failure)
        #expect(answer.fault?.isRetryable == true)
        #expect(follower.ends == [.unavailable])
        #expect(world.registry.liveCount == 0)
        // The next command finds what the store has.
        world.enter { world.journal.resume() }
        #expect(world.send("again").offset == 1)
    }

    /// What was committed and not told of may be unfinished, and nobody else looks until the next start.
    @Test(arguments: [(StoreFailure.unknown, 1), (.conflict, 1), (.fenced, 0)])
    func aSessionWhoseLogMayHoldMoreIsLoadedAgain(failure: StoreFailure, liveCount: Int) throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1", hasAdvisor: false))
        world.journal.isManual = true
        world.send("hi")
        world.fail(failure)
        #expect(world.registry.liveCount == 0)
        world.enter { world.journal.resume() }
        world.advance(by: .seconds(2))
        #expect(world.registry.liveCount == liveCount)
    }

    @Test func aFailedCreationLeavesNothingBehind() throws {
        let world = try World()
        world.journal.isManual = true
        let answer = world.send("first")
        let behind = world.send("second")
        world.fail(.unavailable)
        #expect(answer.code == .overloaded && behind.code == .overloaded)
        #expect(world.registry.liveCount == 0)
        world.enter { world.journal.resume() }
        #expect(world.send("first").offset == 1)
        #expect(world.log.first == "message.created")
    }

    @Test func theFirstEntryCreatesTheSessionWithItsCheckpoint() throws {
        let world = try World()
        world.journal.isManual = true
        world.send("first")
        let entry = try #require(world.journal.waitingEntries.first)
        #expect(entry.createsStream)
        #expect(entry.records.map(\.offset) == [1, 2])
        let checkpoint = entry.changes.contains { if case .checkpoint(let row) = $0 { row.offset == 0 } else { false } }
        #expect(checkpoint)
        world.settle()
        #expect(try world.reloaded() == world.state())
    }

    @Test func aRefusedFirstMessageCreatesNothing() throws {
        let world = try World()
        #expect(world.send("").code == .invalidCommand)
        #expect(world.registry.liveCount == 0 && world.store.records.isEmpty)
        #expect(world.send("hi", by: World.staff).code == .noSuchSession)
        #expect(world.command("conversation.rename", ["title": "t"]).code == .noSuchSession)
    }

    @Test func tooManyCommandsInFlightAreRefusedAsBusy() throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1", hasAdvisor: false))
        world.journal.isManual = true
        let answers = (0..<256).map { world.send("m\($0)") }
        let beyond = world.send("one too many")
        #expect(beyond.code == .overloaded)
        world.enter { world.journal.settleAll() }
        #expect(answers.allSatisfy { $0.ok != nil })
    }
}
