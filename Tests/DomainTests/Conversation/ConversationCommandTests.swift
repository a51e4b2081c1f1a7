import Domain
import JSON
import Primitives
import Testing

@Suite("Commands of a conversation (contract §4)")
struct ConversationCommandTests {
    private typealias World = ConversationWorld

    // MARK: Rights

    @Test(arguments: [
        "message.send", "reply.cancel", "reply.regenerate", "message.read", "conversation.rename",
        "conversation.archive", "conversation.delete",
    ])
    func aStrangerMayDoNothing(name: String) {
        var world = World()
        #expect(world.refusal(name, ["text": "x"], by: World.stranger) == .forbidden)
    }

    @Test func grantsOpenWhatTheyName() {
        let world = World()
        func caller(readable: Set<String> = [], writable: Set<String> = []) -> Caller {
            Caller(tenant: "jeco", subject: "g", role: .customer, readable: readable, writable: writable)
        }
        #expect(world.state.mayRead(World.owner) && world.state.mayRead(World.participant))
        #expect(world.state.mayRead(World.staff) && !world.state.mayRead(World.stranger))
        #expect(world.state.mayRead(caller(readable: ["conversation/c_1"])))
        #expect(world.state.mayRead(caller(writable: ["conversation/c_1"])))
        #expect(!world.state.mayRead(caller(readable: ["conversation/c_2", "order/c_1"])))
        var other = world
        #expect(other.refusal("message.send", ["text": "x"], by: caller(readable: ["conversation/c_1"])) == .forbidden)
        #expect(other.refusal("message.send", ["text": "x"], by: caller(writable: ["conversation/c_1"])) == nil)
    }

    @Test func onlyTheOwnerAndTheTenantsPeopleDelete() {
        var world = World()
        #expect(world.refusal("conversation.delete", by: World.participant) == .forbidden)
        let granted = Caller(tenant: "jeco", subject: "g", role: .customer, writable: ["conversation/c_1"])
        #expect(world.refusal("conversation.delete", by: granted) == .forbidden)
        #expect(world.refusal("conversation.delete", by: World.owner) == nil)
        #expect(world.refusal("conversation.delete", by: World.staff) == nil)
    }

    @Test func signalsAreTypingFromThoseWhoMayWrite() {
        let world = World()
        #expect(world.state.refusal(ofSignal: "typing", from: World.participant) == nil)
        #expect(world.state.refusal(ofSignal: "dance", from: World.participant) == .unknownCommand)
        #expect(world.state.refusal(ofSignal: "typing", from: World.stranger) == .forbidden)
    }

    @Test func anUnknownCommandIsUnknownToEveryone() {
        var world = World()
        #expect(world.refusal("message.sent") == .unknownCommand)
        #expect(world.refusal("", by: World.stranger) == .unknownCommand)
    }

    // MARK: message.send

    @Test func sendingStartsAReply() throws {
        var world = World()
        let decision = try world.decide("message.send", ["text": "hello"])
        #expect(decision.events.map(\.name) == ["message.created", "reply.started"])
        guard case .messageCreated(let message) = decision.events[0],
            case .replyStarted(let reply, let model, nil) = decision.events[1]
        else { return record("other events") }
        #expect(message.text == "hello" && message.author == "u_1" && message.role == .user && model == "model-1")
        #expect(decision.answer["message"]?.string == message.id && decision.answer["reply"]?.string == reply)
        guard case .startReply(reply, let prompt)? = decision.effects.first else { return record("no effect") }
        #expect(prompt.turns.map(\.text) == ["hello"] && !prompt.system.isEmpty)
        #expect(decision.effects.count == 1 && decision.preparations.isEmpty && !decision.erasesSession)
    }

    @Test func withoutAnAdvisorPeopleSpeakWithEachOther() throws {
        var world = World(ConversationFacts(owner: "u_1", hasAdvisor: false, participants: ["u_2"]))
        #expect(try world.send("hi") == ["message.created"])
        #expect(try world.send("ho", by: World.participant) == ["message.created"])
        #expect(world.refusal("reply.regenerate")?.kind == "rejected")
    }

    @Test func theAdvisorDoesNotAnswerTheTenantsPeople() throws {
        var world = World()
        #expect(try world.send("I take over", by: World.staff) == ["message.created"])
        let service = Caller(tenant: "jeco", subject: "backend", role: .service)
        #expect(try world.send("on behalf", by: service) == ["message.created", "reply.started"])
    }

    @Test func textsHaveBounds() {
        var world = World()
        let longest = String(repeating: "ก", count: Conversation.maxMessageBytes / 3)
        #expect(world.refusal("message.send", ["text": .string(longest)]) == nil)
        #expect(world.refusal("message.send", ["text": .string(longest + "กก")])?.kind == "tooLarge")
        for blank in ["", " ", "\n\t\u{3000}\u{A0}"] {
            #expect(world.refusal("message.send", ["text": .string(blank)])?.kind == "invalid")
        }
        #expect(world.refusal("message.send", [:])?.kind == "invalid")
        #expect(world.refusal("message.send", ["text": 5])?.kind == "invalid")
        #expect(world.refusal("message.send", .null)?.kind == "invalid")
        #expect(world.refusal("message.send", ["x"])?.kind == "invalid")
    }

    @Test func attachmentsArePassedThroughWithinBounds() throws {
        var world = World()
        let attachment: JSONValue = ["kind": "image", "url": "https://example.com/1"]
        let decision = try world.decide("message.send", ["text": "", "attachments": [attachment]])
        guard case .messageCreated(let message) = decision.events[0] else { return record("no message") }
        #expect(message.attachments == [attachment])
        let eleven = JSONValue.array(Array(repeating: attachment, count: Conversation.maxAttachments + 1))
        #expect(world.refusal("message.send", ["text": "x", "attachments": eleven])?.kind == "invalid")
        #expect(world.refusal("message.send", ["text": "x", "attachments": ["s"]])?.kind == "invalid")
        #expect(world.refusal("message.send", ["text": "x", "attachments": [:]])?.kind == "invalid")
        let large: JSONValue = [["a": .string(String(repeating: "x", count: Conversation.maxAttachmentBytes))]]
        #expect(world.refusal("message.send", ["text": "x", "attachments": large])?.kind == "tooLarge")
        #expect(world.refusal("message.send", ["text": "", "attachments": []])?.kind == "invalid")
        #expect(world.refusal("message.send", ["text": "x", "attachments": .null]) == nil)
    }

    @Test func messagesWaitWhileAReplyIsOpenUpToABound() throws {
        var world = World()
        try world.send("first")
        for index in 0..<Conversation.maxQueued { #expect(try world.send("m\(index)") == ["message.created"]) }
        #expect(world.refusal("message.send", ["text": "x"])?.kind == "busy")
        #expect(world.state.queued.count == Conversation.maxQueued)
        #expect(world.complete() == ["reply.completed", "reply.started"])
        #expect(world.state.queued.isEmpty && world.refusal("message.send", ["text": "x"]) == nil)
    }

    @Test func thePromptHoldsWhatWasSaidWithoutWhatWasReplaced() throws {
        var world = World()
        try world.send("question")
        world.complete("bad answer")
        try world.command("reply.regenerate")
        world.complete("good answer")
        let decision = try world.decide("message.send", ["text": "next"])
        guard case .startReply(_, let prompt)? = decision.effects.first else { return record("no effect") }
        #expect(prompt.turns.map(\.text) == ["question", "good answer", "next"])
        #expect(prompt.turns.map(\.role) == [.user, .assistant, .user])
    }

    // MARK: reply.cancel

    @Test func cancellingFreezesWhatWasShown() throws {
        var world = World()
        try world.send("q")
        let reply = try #require(world.state.openReply?.reply)
        world.live.openText = "half an"
        world.live.openUsage = World.usage
        let decision = try world.decide("reply.cancel", ["reply": .string(reply)])
        #expect(decision.events == [.replyCancelled(reply: reply, text: "half an", usage: World.usage)])
        #expect(decision.preparations == [.holdReply(reply: reply)])
        #expect(decision.effects == [.stopReply(reply: reply)])
        world.apply(decision)
        #expect(world.state.openReply == nil)
        #expect(world.state.messages.last?.text == "half an" && world.state.messages.last?.status == .cancelled)
        #expect(world.refusal("reply.cancel", ["reply": .string(reply)])?.kind == "tooLate")
    }

    @Test func cancellingStartsWhatWaits() throws {
        var world = World()
        try world.send("one")
        try world.send("two")
        let reply = try #require(world.state.openReply?.reply)
        let decision = try world.decide("reply.cancel", ["reply": .string(reply)])
        #expect(decision.events.map(\.name) == ["reply.cancelled", "reply.started"])
        guard decision.effects.count == 2, case .stopReply(reply) = decision.effects[0],
            case .startReply = decision.effects[1]
        else { return record("the old one is stopped before the new one starts") }
    }

    @Test func onlyAnOpenReplyIsCancelled() throws {
        var world = World()
        #expect(world.refusal("reply.cancel", ["reply": "r_none"])?.kind == "rejected")
        #expect(world.refusal("reply.cancel", [:])?.kind == "invalid")
        try world.send("q")
        #expect(world.refusal("reply.cancel", ["reply": "r_none"])?.kind == "rejected")
        let reply = try #require(world.state.openReply?.reply)
        world.complete()
        #expect(world.refusal("reply.cancel", ["reply": .string(reply)])?.kind == "tooLate")
    }

    // MARK: reply.regenerate

    @Test func regeneratingReplacesTheNewestReply() throws {
        var world = World()
        try world.send("q")
        let first = try #require(world.state.openReply?.reply)
        #expect(world.refusal("reply.regenerate")?.kind == "rejected")
        world.complete("one")
        let decision = try world.decide("reply.regenerate")
        guard case .replyStarted(let second, _, first)? = decision.events.first else { return record("not replaced") }
        #expect(decision.answer["reply"]?.string == second && second != first)
        world.apply(decision)
        #expect(world.state.messages.first { $0.reply == first }?.isReplaced == true)
        world.complete("two")
        #expect(world.state.lastReply?.text == "two")
    }

    @Test func afterANewerMessageItSimplyAnswers() throws {
        var world = World()
        try world.send("q")
        world.complete("a")
        try world.send("from staff", by: World.staff)
        let decision = try world.decide("reply.regenerate")
        guard case .replyStarted(_, _, nil)? = decision.events.first else { return record("replaced") }
    }

    @Test func aFailedReplyIsReplacedToo() throws {
        var world = World()
        try world.send("q")
        let reply = try #require(world.state.openReply?.reply)
        let failed = world.decide(.replyBroken(reply: reply, text: "", fault: World.fault, usage: nil))
        world.apply(try #require(failed))
        let decision = try world.decide("reply.regenerate")
        guard case .replyStarted(_, _, reply)? = decision.events.first else { return record("not replaced") }
    }

    @Test func withoutAMessageThereIsNothingToRegenerate() {
        var world = World()
        #expect(world.refusal("reply.regenerate")?.kind == "rejected")
    }

    // MARK: The rest

    @Test func readingMovesForwardOnly() throws {
        var world = World()
        try world.send("q")
        #expect(try world.command("message.read", ["offset": 2]) == ["message.read"])
        #expect(try world.command("message.read", ["offset": 2]) == [])
        #expect(try world.command("message.read", ["offset": 1]) == [])
        #expect(try world.command("message.read", ["offset": 1], by: World.participant) == ["message.read"])
        #expect(world.state.reads == ["u_1": 2, "u_2": 1])
        #expect(world.refusal("message.read", ["offset": 99])?.kind == "invalid")
        #expect(world.refusal("message.read", ["offset": -1])?.kind == "invalid")
        #expect(world.refusal("message.read", ["offset": "1"])?.kind == "invalid")
        #expect(world.refusal("message.read", ["offset": 1.5])?.kind == "invalid")
    }

    @Test func readPositionsAreBounded() throws {
        var world = World()
        try world.send("q")
        for index in 0..<Conversation.maxReads + 10 {
            world.state.apply(
                .messageRead(by: "p\(index)", offset: Int64(index + 1)), offset: world.state.lastOffset + 1,
                at: world.now)
        }
        #expect(world.state.reads.count == Conversation.maxReads)
        #expect(world.state.reads["p0"] == nil && world.state.reads["p\(Conversation.maxReads + 9)"] != nil)
    }

    @Test func renamingToTheSameTitleChangesNothing() throws {
        var world = World()
        #expect(try world.command("conversation.rename", ["title": "t"]) == ["conversation.renamed"])
        #expect(try world.command("conversation.rename", ["title": "t"]) == [])
        for wrong: JSONValue in [
            [:], ["title": .null], ["title": ""], ["title": 1], ["title": .string(String(repeating: "x", count: 121))],
        ] {
            #expect(world.refusal("conversation.rename", wrong)?.kind == "invalid")
        }
        // A character may be many bytes, a title may not.
        #expect(
            world.refusal("conversation.rename", ["title": .string("e" + String(repeating: "\u{301}", count: 2000))])?
                .kind == "invalid")
    }

    @Test func anArchivedConversationTakesNoMessages() throws {
        var world = World()
        try world.send("q")
        #expect(try world.command("conversation.archive") == ["conversation.archived"])
        #expect(try world.command("conversation.archive") == [])
        #expect(world.refusal("message.send", ["text": "x"])?.kind == "rejected")
        #expect(world.refusal("reply.regenerate")?.kind == "rejected")
        // Its open reply still ends, and nothing begins.
        #expect(world.complete() == ["reply.completed"])
        #expect(world.refusal("conversation.rename", ["title": "x"]) == nil)
    }

    @Test func deletingStopsTheReplyAndErases() throws {
        var world = World()
        try world.send("q")
        let reply = try #require(world.state.openReply?.reply)
        let decision = try world.decide("conversation.delete")
        #expect(decision.events == [.deleted] && decision.erasesSession)
        #expect(decision.effects == [.stopReply(reply: reply)])
        world.apply(decision)
        #expect(world.refusal("message.send", ["text": "x"])?.kind == "rejected")
        #expect(world.refusal("conversation.delete")?.kind == "rejected")
        #expect(world.decide(.replyCompleted(reply: reply, text: "x", finish: "stop", usage: World.usage)) == nil)
    }
}

@Suite("Facts of a conversation")
struct ConversationFactsTests {
    private func kind(_ json: JSONValue) -> String? {
        do {
            _ = try ConversationFacts(json: json)
            return nil
        } catch {
            return error.kind
        }
    }

    @Test func areReadFromThePut() throws {
        let facts = try ConversationFacts(
            json: ["owner": "u_1", "advisor": false, "participants": ["u_2", "u_1", "u_2"], "title": "t", "new": 1])
        #expect(facts == ConversationFacts(owner: "u_1", hasAdvisor: false, participants: ["u_2"], title: "t"))
        #expect(try ConversationFacts(json: ["owner": "u", "title": .null]) == ConversationFacts(owner: "u"))
    }

    @Test func areRefusedWhenTheyAreNotInTheirForm() {
        let many = JSONValue.array((0...ConversationFacts.maxParticipants).map { .string("p\($0)") })
        for wrong: JSONValue in [
            [], "x", [:], ["owner": ""], ["owner": 1], ["owner": .string(String(repeating: "x", count: 129))],
            ["owner": "u", "advisor": "yes"], ["owner": "u", "participants": "p"], ["owner": "u", "participants": [1]],
            ["owner": "u", "participants": [""]], ["owner": "u", "participants": many], ["owner": "u", "title": 1],
            ["owner": "u", "title": ""],
        ] { #expect(kind(wrong) == "invalid", "\(wrong.text)") }
    }
}
