import Domain
import JSON
import Primitives
import TestSupport
import Testing

@Suite("Outcomes of a reply")
struct ConversationOutcomeTests {
    private typealias World = ConversationWorld

    private func open() throws -> (World, String) {
        var world = World()
        try world.send("q")
        return (world, try #require(world.state.openReply?.reply))
    }

    @Test func completing() throws {
        var (world, reply) = try open()
        let outcome = ConversationOutcome.replyCompleted(
            reply: reply, text: "answer", finish: "stop", usage: World.usage)
        let decided = world.decide(outcome)
        let decision = try #require(decided)
        guard case .replyCompleted(reply, let message, World.usage, "stop") = decision.events[0] else {
            return record("other event")
        }
        #expect(message.role == .assistant && message.text == "answer")
        world.apply(decision)
        #expect(world.state.messages.last?.offset == 3 && world.state.messages.last?.reply == reply)
        #expect(world.decide(outcome) == nil, "once is enough")
    }

    @Test func breakingBeforeAndAfterTheFirstWord() throws {
        var (world, reply) = try open()
        #expect(
            world.decide(.replyBroken(reply: reply, text: "", fault: World.fault, usage: nil))?.events
                == [.replyFailed(reply: reply, fault: World.fault, usage: nil)])
        #expect(
            world.decide(.replyBroken(reply: reply, text: "so far", fault: World.fault, usage: World.usage))?.events
                == [.replyInterrupted(reply: reply, text: "so far", usage: World.usage)])
        #expect(
            world.decide(.replyAbandoned(reply: reply, text: ""))?.events == [
                .replyInterrupted(reply: reply, text: "", usage: nil)
            ])
    }

    @Test func anOutcomeOfAnotherReplyIsVoid() throws {
        var (world, _) = try open()
        #expect(world.decide(.replyCompleted(reply: "r_old", text: "x", finish: "stop", usage: World.usage)) == nil)
        #expect(world.decide(.replyBroken(reply: "r_old", text: "x", fault: World.fault, usage: nil)) == nil)
        #expect(world.decide(.replyAbandoned(reply: "r_old", text: "x")) == nil)
    }

    @Test(arguments: ["completed", "broken", "abandoned"])
    func whatWaitedIsAnsweredNext(outcome: String) throws {
        var (world, reply) = try open()
        try world.send("waiting")
        let outcomes: [String: ConversationOutcome] = [
            "completed": .replyCompleted(reply: reply, text: "x", finish: "stop", usage: World.usage),
            "broken": .replyBroken(reply: reply, text: "", fault: World.fault, usage: nil),
            "abandoned": .replyAbandoned(reply: reply, text: "x"),
        ]
        let found = try #require(outcomes[outcome])
        let decided = world.decide(found)
        let decision = try #require(decided)
        #expect(decision.events.last?.name == "reply.started")
        guard case .startReply(_, let prompt)? = decision.effects.last else { return record("nothing starts") }
        #expect(prompt.turns.contains { $0.text == "waiting" })
        world.apply(decision)
        #expect(world.state.queued.isEmpty && world.state.openReply != nil)
    }

    @Test func aProfileReportWithoutNewsIsVoid() throws {
        var (world, reply) = try open()
        let report = try #require(
            FinancialReport(text: #"{"monthly_income_baht":45000,"monthly_expenses_baht":null,"goals":null}"#))
        let decided = world.decide(.profileReported(reply: reply, report))
        let decision = try #require(decided)
        #expect(decision.events.first?.name == "profile.updated")
        world.apply(decision)
        #expect(world.decide(.profileReported(reply: reply, report)) == nil)
    }
}

@Suite("The state of a conversation")
struct ConversationStateTests {
    private typealias World = ConversationWorld

    @Test func keepsTheNewestMessagesOnly() throws {
        var world = World(ConversationFacts(owner: "u_1", hasAdvisor: false))
        for index in 0..<Conversation.maxMessages + 50 { try world.send("m\(index)") }
        #expect(world.state.messages.count == Conversation.maxMessages)
        #expect(world.state.messages.first?.text == "m50")
        #expect(world.state.messageCount == Int64(Conversation.maxMessages + 50))
        let large = String(repeating: "x", count: Conversation.maxMessageBytes)
        for _ in 0..<40 { try world.send(large) }
        #expect(world.state.messages.reduce(0) { $0 + $1.text.utf8.count } <= Conversation.maxTextBytes)
    }

    @Test func theSnapshotShowsTheNewestAndSaysThereIsMore() throws {
        var world = World(ConversationFacts(owner: "u_1", hasAdvisor: false, title: "t"))
        for index in 0..<Conversation.snapshotMessages { try world.send("m\(index)") }
        var state = try JSONParser.parse(world.state.snapshotState())
        #expect(state["hasMore"] == false && state["messages"]?.array?.count == Conversation.snapshotMessages)
        try world.send("one more")
        state = try JSONParser.parse(world.state.snapshotState())
        #expect(state["hasMore"] == true && state["messages"]?.array?.count == Conversation.snapshotMessages)
        #expect(state["messages"]?.array?.last?["text"] == "one more")
        #expect(state["status"] == "active" && state["title"] == "t" && state["owner"] == "u_1")
    }

    @Test(arguments: Array(UInt64(1)...60) + [.random(in: 0...UInt64.max)])
    func checkpointsAndEventsReadBackAsTheyWere(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var world = World(
            ConversationFacts(
                owner: "u_1", hasAdvisor: !random.isOne(in: 5), participants: ["u_2"],
                title: random.isOne(in: 2) ? "t" : nil))
        var replayed = world.state
        for _ in 0..<60 {
            let decision: Decision<Conversation>?
            switch random.integer(0...9) {
            case 0...3:
                let texts = ["hi", "รายได้ 45,000 บาท", "I spend 20000 a month", "\"\\\n\u{0}\u{7F}😀", "e\u{301}"]
                decision = attempt(
                    &world, "message.send",
                    [
                        "text": .string(random.element(of: texts)),
                        "attachments": random.isOne(in: 4) ? [["a": 1.5]] : .null,
                    ])
            case 4:
                world.live.openText = random.text("abก😀", 0...5)
                world.live.openUsage = random.isOne(in: 2) ? World.usage : nil
                decision = attempt(&world, "reply.cancel", ["reply": JSONValue(world.state.openReply?.reply)])
            case 5: decision = attempt(&world, "reply.regenerate", [:])
            case 6: decision = attempt(&world, "message.read", ["offset": .integer(world.state.lastOffset)])
            case 7: decision = attempt(&world, "conversation.rename", ["title": .string(random.text("abc", 1...3))])
            default:
                guard let reply = world.state.openReply?.reply else { continue }
                decision = world.decide(
                    random.element(of: [
                        .replyCompleted(reply: reply, text: "x", finish: "stop", usage: World.usage),
                        .replyBroken(reply: reply, text: "part", fault: World.fault, usage: nil),
                        .replyBroken(reply: reply, text: "", fault: World.fault, usage: World.usage),
                    ]))
            }
            guard let decision else { continue }
            for event in decision.events {
                let read = ConversationEvent(name: event.name, data: try JSONParser.parse(event.data.bytes))
                #expect(read == event, "\(event.name), seed \(seed)")
                let offset = world.state.lastOffset + 1
                world.state.apply(event, offset: offset, at: world.now)
                if let read { replayed.apply(read, offset: offset, at: world.now) }
            }
            #expect(replayed == world.state, "replayed, seed \(seed)")
            let restored = Conversation(checkpoint: world.state.encode(), format: Conversation.checkpointFormat)
            #expect(restored == world.state, "restored, seed \(seed)")
        }
    }

    private func attempt(_ world: inout World, _ name: String, _ data: JSONValue) -> Decision<Conversation>? {
        do { return try world.decide(name, data) } catch { return nil }
    }

    @Test func archivedAndDeletedSurviveACheckpoint() throws {
        var world = World()
        try world.command("conversation.archive")
        #expect(Conversation(checkpoint: world.state.encode(), format: 1) == world.state)
        try world.command("conversation.delete")
        #expect(Conversation(checkpoint: world.state.encode(), format: 1)?.isDeleted == true)
    }

    @Test func aCheckpointOfAnotherFormOrFormatIsNotRead() throws {
        var world = World()
        try world.send("q")
        let bytes = world.state.encode()
        #expect(Conversation(checkpoint: bytes, format: 2) == nil)
        #expect(Conversation(checkpoint: [], format: 1) == nil)
        for cut in stride(from: 0, to: bytes.count, by: 7) {
            #expect(Conversation(checkpoint: Array(bytes[..<cut]), format: 1) == nil)
        }
        guard case .object(let whole) = try JSONParser.parse(bytes) else { return record("not an object") }
        for name in [
            "id", "owner", "advisor", "participants", "createdAtMicros", "messages", "messageCount", "queuedMessages",
            "reads", "lastOffset", "profile",
        ] {
            var part = whole
            part[name] = nil
            #expect(Conversation(checkpoint: JSONValue.object(part).bytes, format: 1) == nil, "without \(name)")
        }
        var part = whole
        part["messages"] = [["id": 1]]
        #expect(Conversation(checkpoint: JSONValue.object(part).bytes, format: 1) == nil)
    }

    @Test func anEventOfAnotherFormIsNotRead() {
        for name in [
            "message.created", "reply.started", "reply.completed", "reply.cancelled", "reply.interrupted",
            "reply.failed",
            "profile.updated", "products.recommended", "message.read", "conversation.renamed", "no.such",
        ] {
            #expect(ConversationEvent(name: name, data: .null) == nil, "\(name)")
            #expect(ConversationEvent(name: name, data: [:]) == nil || name == "profile.updated", "\(name)")
        }
    }
}
