import JSON
import Ports
import Primitives
import Reactor
import TestSupport
import Testing
import WireProtocol

@testable import Domain
@testable import Sessions

@Suite("A reply from its first word to its end")
struct ReplyTests {
    private func world(_ text: String = "hi") throws -> (World, Follower, String) {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1"))
        let follower = world.follow()
        let reply = world.send(text).data("reply")
        return (world, follower, try #require(reply))
    }

    @Test func theWholeTextIsInTheLogAndTheDeltasAddUpToIt() throws {
        let (world, follower, reply) = try world()
        for word in ["สวัส", "ดี", "ครับ 👨‍👩‍👧 ", "e\u{301}", "."] {
            world.say(word)
            world.advance(by: .milliseconds(10))
        }
        world.finishReply()
        let completed = try #require(follower.frames("event").last)
        #expect(completed["name"] == "reply.completed")
        #expect(follower.text(of: reply) == completed["data"]?["message"]?["text"]?.string)
        #expect(completed["data"]?["usage"]?["outputTokens"] == 5)
        #expect(completed["data"]?["finish"] == "stop")
        #expect(world.openReply == nil)
        #expect(world.record?.openReplies.isEmpty == true)
        #expect(world.record?.messages.last?.text == follower.text(of: reply))
    }

    @Test func theFirstDeltaIsNotDelayedAndTheOthersAreCoalesced() throws {
        let (world, follower, reply) = try world()
        world.say("a")
        #expect(follower.frames("delta").count == 1)
        for index in 0..<100 {
            world.say("b\(index) ")
            world.advance(by: .milliseconds(1))
        }
        // 100 ms: the first one, and one for each 25 ms.
        #expect(follower.frames("delta").count == 5)
        world.advance(by: .milliseconds(25))
        #expect(follower.frames("delta").count <= 6)
        let text = try #require(follower.text(of: reply))
        #expect(text.hasSuffix("b99 "))
        // After a pause the next word is shown at once.
        world.advance(by: .milliseconds(100))
        world.say("c")
        #expect(follower.text(of: reply)?.hasSuffix("c") == true)
    }

    @Test("What is written of open replies is bounded for all of a loop together")
    func checkpointsOfManyReplies() throws {
        let replies = OpenReplies()
        for _ in 0..<2_999 { replies.began() }
        let world = try World()
        let address = SessionAddress(tenant: "t", kind: .conversation, id: "c")
        let effects = ConversationEffects(
            address: address, loop: world.loop, languageModel: world.model, openReplies: replies)
        let written = Counted()
        effects.attach(
            SessionPort<Conversation>(report: { _ in }, publish: { _, _, _ in }, store: { written.count += $0.count }))
        world.enter {
            effects.run(.startReply(reply: "r", prompt: AdvisorPrompt(system: "", turns: [], tools: [])))
            world.model.calls[0].say("word")
        }
        #expect(replies.count == 3_000)
        world.advance(by: .milliseconds(2_999))
        #expect(written.count == 0)
        world.advance(by: .milliseconds(1))
        #expect(written.count == 1)
        world.enter { effects.abandon() }
        #expect(replies.count == 2_999)
        #expect(OpenReplies().interval(atLeast: .milliseconds(900)) == .milliseconds(900))
    }

    @Test func positionsCountUTF16CodeUnits() throws {
        let (world, follower, _) = try world()
        world.say("😀")
        world.advance(by: .milliseconds(25))
        world.say("x")
        #expect(follower.frames("delta").map { $0["at"]?.integer } == [0, 2])
    }

    @Test func whoSubscribesInTheMiddleGetsAllSoFarAndThenExactlyTheRest() throws {
        let (world, first, reply) = try world()
        world.say("one ")
        world.say("two ")
        // "two " still waits to be sent.
        let second = world.follow()
        #expect(second.types == ["subscribed", "snapshot", "delta"])
        #expect(second.frames("delta")[0]["at"] == 0 && second.frames("delta")[0]["text"] == "one ")
        world.advance(by: .milliseconds(25))
        world.say("three")
        world.advance(by: .milliseconds(25))
        #expect(second.text(of: reply) == "one two three")
        #expect(first.text(of: reply) == "one two three")
        let third = world.follow(from: StreamPosition(epoch: world.record?.stream.epoch ?? "", offset: 1))
        #expect(third.types == ["subscribed", "event", "delta"])
        #expect(third.text(of: reply) == "one two three")
    }

    @Test func beforeTheFirstWordThereIsNothingToShow() throws {
        let (world, _, _) = try world()
        #expect(world.follow().types == ["subscribed", "snapshot"])
    }

    // MARK: Cancelling

    @Test func cancellingFreezesTheTextAndIsDurableBeforeTheProviderIsStopped() throws {
        let (world, follower, reply) = try world()
        world.say("shown ")
        world.say("soon")
        world.journal.isManual = true
        let answer = world.command("reply.cancel", ["reply": .string(reply)])
        let call = try #require(world.model.calls.first)
        #expect(!call.isCancelled && answer.isPending)
        world.say(" never")
        world.advance(by: .milliseconds(200))
        #expect(follower.text(of: reply) == "shown soon")
        world.settle()
        #expect(call.isCancelled && answer.ok != nil)
        let cancelled = try #require(follower.frames("event").last)
        #expect(cancelled["name"] == "reply.cancelled" && cancelled["data"]?["text"] == "shown soon")
        #expect(follower.text(of: reply) == "shown soon")
        #expect(world.openReply == nil && world.record?.openReplies.isEmpty == true)
    }

    @Test func aCancellationThatFailsLetsTheReplyGoOn() throws {
        let (world, follower, reply) = try world()
        world.say("one ")
        world.journal.isManual = true
        let answer = world.command("reply.cancel", ["reply": .string(reply)])
        world.say("two ")
        world.fail(.unavailable)
        #expect(answer.code == .overloaded)
        #expect(follower.text(of: reply) == "one two ")
        world.enter { world.journal.resume() }
        world.say("three")
        world.finishReply()
        #expect(follower.events.last == "reply.completed")
        #expect(follower.text(of: reply) == "one two three")
    }

    @Test func aReplyThatEndsWhileItsCancellationIsWrittenIsNotLostWhenThatFails() throws {
        let (world, follower, reply) = try world()
        world.say("whole")
        world.journal.isManual = true
        world.command("reply.cancel", ["reply": .string(reply)])
        world.finishReply()
        world.fail(.unavailable)
        world.enter { world.journal.resume() }
        world.advance(by: .seconds(10))
        #expect(world.openReply == nil, "a reply must not stay open for ever")
        #expect(follower.events.last == "reply.completed")
        #expect(follower.frames("event").last?["data"]?["message"]?["text"] == "whole")
    }

    @Test func aReplyThatEndsWhileItsCancellationIsWrittenStaysCancelled() throws {
        let (world, follower, reply) = try world()
        world.say("part")
        world.journal.isManual = true
        world.command("reply.cancel", ["reply": .string(reply)])
        world.say(" more")
        world.finishReply()
        world.enter { world.journal.resume() }
        world.advance(by: .seconds(10))
        #expect(follower.events.filter { $0.hasPrefix("reply.") } == ["reply.started", "reply.cancelled"])
        #expect(follower.frames("event").last?["data"]?["text"] == "part")
    }

    @Test func aCancellationAfterAnOutcomeThatCouldNotBeWrittenLosesNoText() throws {
        let (world, follower, reply) = try world()
        world.say("all of it")
        world.journal.isManual = true
        world.finishReply()
        world.fail(.unavailable)
        world.enter { world.journal.resume() }
        // The outcome is decided again in 250 ms; the user does not wait so long.
        let answer = world.command("reply.cancel", ["reply": .string(reply)])
        world.advance(by: .seconds(10))
        #expect(answer.results.count == 1)
        #expect(world.openReply == nil)
        let text = world.state()?.messages.last?.text
        #expect(text == "all of it")
        #expect(follower.events.filter { $0.hasPrefix("reply.") }.count == 2)
    }

    @Test func outcomesAreWrittenInTheEndHoweverLongTheStoreIsAway() throws {
        let (world, follower, _) = try world()
        world.say("text")
        world.journal.fault = { _ in .unavailable }
        world.finishReply()
        world.advance(by: .seconds(60))
        #expect(world.openReply != nil)
        #expect(follower.events.last == "reply.started")
        world.journal.fault = nil
        world.advance(by: .seconds(5))
        #expect(follower.events.last == "reply.completed")
        #expect(follower.frames("event").last?["data"]?["message"]?["text"] == "text")
    }

    @Test func messagesThatCameMeanwhileAreAnsweredByTheNextReply() throws {
        let (world, follower, reply) = try world("first")
        world.send("second")
        world.send("third")
        #expect(world.model.calls.count == 1)
        world.say("an")
        world.command("reply.cancel", ["reply": .string(reply)])
        #expect(Array(follower.events.suffix(2)) == ["reply.cancelled", "reply.started"])
        #expect(world.model.calls.count == 2)
        let turns = try #require(world.model.calls.last).request.turns
        #expect(turns.contains(.user("second")) && turns.contains(.user("third")))
        world.say("b")
        world.finishReply()
        #expect(world.openReply == nil && world.model.calls.count == 2)
    }

    // MARK: Failing

    @Test func aFailureBeforeTheFirstWordFailsTheReply() throws {
        let (world, follower, _) = try world()
        world.enter { world.model.calls[0].fail(.permanent(.quota)) }
        world.run()
        let event = try #require(follower.frames("event").last)
        #expect(event["name"] == "reply.failed" && event["data"]?["fault"]?["code"] == 2501)
        #expect(world.openReply == nil && world.record?.openReplies.isEmpty == true)
    }

    @Test func aFailureAfterwardsInterruptsItWithTheTextSoFar() throws {
        let (world, follower, reply) = try world()
        world.say("so ")
        world.say("far")
        world.enter { world.model.calls[0].fail() }
        world.run()
        let event = try #require(follower.frames("event").last)
        #expect(event["name"] == "reply.interrupted" && event["data"]?["text"] == "so far")
        #expect(follower.text(of: reply) == "so far")
        #expect(world.record?.messages.last?.text == "so far")
        #expect(world.record?.openReplies.isEmpty == true)
    }

    @Test func anAnswerWithoutAWordFails() throws {
        let (world, follower, _) = try world()
        world.finishReply()
        #expect(follower.events.last == "reply.failed")
    }

    @Test func aTextBeyondItsBoundIsCutAndTheProviderStopped() throws {
        let (world, follower, _) = try world()
        let piece = String(repeating: "x", count: 1000)
        for _ in 0..<70 { world.say(piece) }
        #expect(world.model.calls[0].isCancelled)
        #expect(follower.frames("event").last?["data"]?["finish"] == "length")
        #expect(world.openReply == nil)
    }

    // MARK: Tools

    @Test func aReplyThatOnlyCalledItsToolIsAskedAgain() throws {
        let (world, follower, _) = try world()
        world.enter {
            world.model.calls[0].report(
                .toolCall(ModelToolCall(id: "t1", name: AdvisorTool.recordProfile.name, arguments: "{}")))
            world.model.calls[0].finish(.toolCalls)
        }
        world.run()
        #expect(world.model.calls.count == 2)
        #expect(world.model.calls[1].request.turns.contains { if case .toolResult = $0 { true } else { false } })
        world.say("answer")
        world.finishReply()
        #expect(follower.events.last == "reply.completed")
        // Both rounds were paid for.
        #expect(follower.frames("event").last?["data"]?["usage"]?["inputTokens"] == 20)
    }

    @Test func aModelThatOnlyCallsToolsIsGivenUp() throws {
        let (world, follower, _) = try world()
        for _ in 0..<5 {
            world.enter {
                world.model.calls.last?.report(.toolCall(ModelToolCall(id: "t", name: "x", arguments: "")))
                world.model.calls.last?.finish(.toolCalls)
            }
            world.run()
        }
        #expect(world.model.calls.count == 3)
        #expect(follower.events.last == "reply.failed")
    }

    // MARK: Checkpoints and crashes

    @Test func theTextIsCheckpointedAtLeastEverySecondWhileItGrows() throws {
        let (world, _, reply) = try world()
        var shown: [(Duration, String)] = []
        var text = ""
        for step in 0..<50 {
            text += "w\(step) "
            world.say("w\(step) ")
            shown.append((.milliseconds(step * 100), text))
            world.advance(by: .milliseconds(100))
            let stored = world.record?.openReplies.first { $0.reply == reply }?.text ?? ""
            // What was shown a second ago is safe.
            if step >= 10 { #expect(stored.count >= shown[step - 10].1.count) }
            #expect(text.hasPrefix(stored))
        }
    }

    @Test func aCrashEndsTheOpenReplyWithTheCheckpointedTextAndStartsTheNext() throws {
        let (world, _, reply) = try world("first")
        world.send("second")
        world.say("before the crash")
        world.advance(by: .seconds(1))
        world.crash()
        let recovered = Box<Int>()
        world.enter {
            world.registry.recoverUnfinished { result in
                if case .success(let count) = result { recovered.value = count }
            }
        }
        world.run()
        #expect(recovered.value == 1)
        #expect(Array(world.log.suffix(2)) == ["reply.interrupted", "reply.started"])
        let interrupted = world.state()?.messages.first { $0.reply == reply }
        #expect(interrupted?.status == .interrupted && interrupted?.text == "before the crash")
        #expect(world.model.calls.count == 1)
        world.say("answer")
        world.finishReply()
        #expect(world.openReply == nil && world.record?.openReplies.isEmpty == true)
    }

    @Test func aReplyThatCouldNotBeEndedAtActivationIsEndedLater() throws {
        let (world, _, _) = try world()
        world.say("text")
        world.crash()
        world.journal.fault = { _ in .unavailable }
        #expect(world.state()?.openReply != nil)
        world.advance(by: .seconds(2))
        world.journal.fault = nil
        world.advance(by: .seconds(6))
        #expect(world.openReply == nil)
    }

    @Test func aSessionThatEndedInTroubleWithAnOpenReplyEndsItByItself() throws {
        let (world, _, _) = try world()
        world.say("text")
        world.journal.isManual = true
        world.send("more")
        world.fail(.unknown)
        #expect(world.model.calls[0].isCancelled)
        world.enter { world.journal.resume() }
        world.advance(by: .seconds(30))
        #expect(world.log.contains("reply.interrupted"), "whatever happens, an open reply comes to an end")
    }

    @Test func aSessionThatCannotBeLoadedAtStartIsTriedAgain() throws {
        let (world, _, _) = try world()
        world.say("text")
        world.crash()
        world.enter { world.registry.recoverUnfinished { _ in world.journal.readFailure = .overloaded } }
        world.run()
        #expect(world.log.last == "reply.started")
        world.journal.readFailure = nil
        world.advance(by: .seconds(10))
        #expect(world.log.last == "reply.interrupted")
    }

    @Test func aStaleRowIsRemoved() throws {
        let (world, _, _) = try world()
        world.say("text")
        world.finishReply()
        world.store.amend(World.address) { $0.openReplies = [OpenReplyRow(reply: "r_old", text: "x")] }
        world.crash()
        world.enter { world.registry.recoverUnfinished { _ in } }
        world.run()
        #expect(world.record?.openReplies.isEmpty == true)
        #expect(world.log.last == "reply.completed")
    }

    @Test func noTextIsStoredForAReplyOfADeletedSession() throws {
        let (world, follower, _) = try world()
        world.say("text")
        world.journal.isManual = true
        let answer = world.command("conversation.delete", key: "d")
        world.advance(by: .seconds(3))
        #expect(world.journal.waitingCount == 1, "nothing may stand behind the erasure")
        world.settle()
        #expect(answer.ok != nil && follower.ends == [.deleted])
        #expect(world.model.calls[0].isCancelled)
        #expect(world.store.records.isEmpty)
    }
}
