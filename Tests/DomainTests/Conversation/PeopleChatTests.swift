import JSON
import Primitives
import Testing

@testable import Domain

@Suite("A chat of people with each other")
struct PeopleChatTests {
    private typealias World = ConversationWorld

    private static func world() -> World {
        World(ConversationFacts(owner: "u_1", hasAdvisor: false, participants: ["u_2"], booking: "b-1"))
    }

    private static let picture: JSONValue = [
        "type": "image", "url": "https://files.example/7.jpg", "contentType": "image/jpeg", "size": 48_211,
        "name": "ห้องครัว.jpg",
    ]

    @Test("Facts name the booking; one that is no id is refused")
    func facts() throws {
        let json: JSONValue = ["owner": "u_1", "advisor": false, "participants": ["u_2", "u_1"], "booking": "b-1"]
        let facts = try ConversationFacts(json: json)
        #expect(facts.booking == "b-1" && facts.members == ["u_1", "u_2"])
        for booking: JSONValue in ["", "a b", 7] {
            #expect(throws: FaultReason.self) {
                try ConversationFacts(json: ["owner": "u_1", "advisor": false, "booking": booking])
            }
        }
    }

    @Test("The snapshot says who has read how much; with an advisor it does not")
    func snapshot() throws {
        var world = Self.world()
        try world.send("สวัสดีครับ")
        try world.send("ค่ะ", by: World.participant)
        try world.send("พรุ่งนี้ว่างไหมครับ")
        let state = try JSONParser.parse(world.state.snapshotState())
        #expect(state["booking"]?.string == "b-1")
        #expect(
            state["people"] == [
                ["subject": "u_1", "read": 0, "delivered": 0, "unread": 1],
                ["subject": "u_2", "read": 0, "delivered": 0, "unread": 2],
            ])
        let advised = try JSONParser.parse(World().state.snapshotState())
        #expect(advised["people"] == nil && advised["booking"] == nil)
    }

    @Test("Reading says what is left to read")
    func reading() throws {
        var world = Self.world()
        for _ in 0..<3 { try world.send("x") }
        let decision = try world.decide("message.read", ["offset": 2], by: World.participant)
        #expect(decision.events == [.messageRead(by: "u_2", offset: 2, unread: 1)])
        world.apply(decision)
        #expect(world.state.readership?["u_2"]?.unread == 1)
        #expect(try world.decide("message.read", ["offset": 1], by: World.participant).events.isEmpty)
        // Staff may look, and are not counted.
        let staff = try world.decide("message.read", ["offset": 3], by: World.staff)
        #expect(staff.events == [.messageRead(by: "s_1", offset: 3)])
    }

    @Test("A checkpoint is the state, and one from before readers were counted is taken up")
    func checkpoint() throws {
        var world = Self.world()
        try world.send("a")
        try world.send("b", by: World.participant)
        try world.command("message.read", ["offset": 1], by: World.participant)
        world.state.apply(.delivered(subject: "u_1", offset: 2))
        let bytes = world.state.encode()
        #expect(Conversation(checkpoint: bytes, format: Conversation.checkpointFormat) == world.state)
        guard case .object(var old) = try JSONParser.parse(bytes) else { return }
        old["people"] = nil
        let earlier = Conversation(
            checkpoint: JSONValue.object(old).bytes, format: Conversation.checkpointFormat)
        #expect(earlier?.readership?.readers.map(\.unread) == [1, 0])
        #expect(earlier?.readership?["u_2"]?.read == 1)
    }

    @Test("An event with what is left reads back")
    func event() {
        let event = ConversationEvent.messageRead(by: "u_2", offset: 7, unread: 3)
        #expect(ConversationEvent(name: event.name, data: event.data) == event)
        #expect(event.data["unread"]?.integer == 3)
    }

    @Test("Who has read everything is told of a new message; of those behind it, not until they have read")
    func announced() throws {
        var world = Self.world()
        func told(_ world: World) throws -> [String] {
            let message = try #require(world.state.messages.last)
            return NotificationRules.letters(for: .messageCreated(message), of: world.state).map(\.id)
        }
        try world.send("a")
        #expect(try told(world) == ["u_2"])
        let letter = NotificationRules.letters(
            for: .messageCreated(try #require(world.state.messages.last)), of: world.state)[0]
        #expect(
            letter.data["type"]?.string == "message" && letter.data["data"]?["session"]?.string == "conversation/c_1")
        // What was written is not on a locked screen.
        #expect(!String(decoding: letter.data.bytes, as: UTF8.self).contains("\"a\""))
        try world.send("b")
        #expect(try told(world).isEmpty)
        try world.command("message.read", ["offset": 2], by: World.participant)
        try world.send("c", by: World.participant)
        #expect(try told(world) == ["u_1"])
        try world.send("d")
        #expect(try told(world) == ["u_2"])
        var advised = World()
        try advised.send("e")
        #expect(try told(advised).isEmpty)
    }

    // MARK: Files

    @Test("A picture goes with or without words; what else its sender says of it stays behind")
    func picture() throws {
        var world = Self.world()
        guard case .object(var given) = Self.picture else { return }
        given["onclick"] = "alert(1)"
        let decision = try world.decide("message.send", ["text": "", "attachments": [.object(given)]])
        guard case .messageCreated(let message)? = decision.events.first else {
            Issue.record("no message")
            return
        }
        #expect(message.attachments == [Self.picture] && message.kind == "image")
        world.apply(decision)
        #expect(world.state.messages.last?.kind == "image")
    }

    @Test(
        "What is sent is what it says it is",
        arguments: [
            ("url", "http://files.example/7.jpg"), ("url", "javascript:alert(1)"),
            ("url", "https://"), ("url", "https:///7.jpg"), ("url", "https://user@files.example/7.jpg"),
            ("url", "https://files.example/a b"), ("url", "https://files.example/\"><script>"), ("url", .null),
            ("contentType", "text/html"), ("contentType", "image/"), ("contentType", "image/png; charset=x"),
            ("contentType", "image"), ("size", 0), ("size", -1), ("size", 104_857_601), ("size", "7"), ("size", 1.5),
            ("name", ""), ("name", "../../etc/passwd"), ("name", "a\\b"), ("name", "a\u{0}b"), ("name", ".."),
            ("name", "a\u{202E}gpj.exe"), ("name", .null),
        ] as [(String, JSONValue)])
    func wrongFile(member: String, value: JSONValue) {
        var world = Self.world()
        guard case .object(var file) = Self.picture else { return }
        file[member] = value
        let refusal = world.refusal("message.send", ["text": "x", "attachments": [.object(file)]])
        guard case .invalid(let detail)? = refusal else {
            Issue.record("\(member): \(String(describing: refusal))")
            return
        }
        #expect(detail.contains(member))
    }

    @Test("What is neither a picture nor a file is the platform's own, and passed through")
    func otherAttachment() throws {
        var world = Self.world()
        let place: JSONValue = ["type": "location", "lat": 13.75, "lng": 100.5]
        try world.command("message.send", ["text": "", "attachments": [place, ["a": 1]]])
        #expect(world.state.messages.last?.attachments == [place, ["a": 1]])
        #expect(world.state.messages.last?.kind == "text")
    }

    @Test("A file may be of any type; the bounds are in")
    func bounds() throws {
        var world = Self.world()
        let url = "https://f.example/" + String(repeating: "a", count: MessageAttachment.maxURLBytes - 18)
        let file: JSONValue = [
            "type": "file", "url": .string(url), "contentType": "application/vnd.ms-excel", "size": 104_857_600,
            "name": .string(String(repeating: "n", count: MessageAttachment.maxNameBytes)),
        ]
        #expect(world.refusal("message.send", ["text": "", "attachments": [file]]) == nil)
        guard case .object(var longer) = file else { return }
        longer["url"] = .string(url + "a")
        #expect(world.refusal("message.send", ["text": "", "attachments": [.object(longer)]])?.kind == "invalid")
    }

    // MARK: Without an event

    @Test("Presence is for those of the chat, and for chats of people")
    func presence() throws {
        let world = Self.world()
        func signal(_ data: JSONValue, by caller: Caller, to world: World = world) throws -> [ConversationEffect]? {
            try world.state.decide(
                signal: "presence", data, from: caller, live: world.live,
                DecisionContext(now: world.now, identifier: { $0 }))?.effects
        }
        #expect(try signal(["state": "away"], by: World.owner) == [.tellPresence(of: "u_1", .away)])
        #expect(throws: FaultReason.forbidden) { try signal(["state": "online"], by: World.staff) }
        #expect(throws: FaultReason.invalid("state is online, away or offline")) {
            try signal(["state": "busy"], by: World.owner)
        }
        #expect(throws: FaultReason.unknownCommand) { try signal(["state": "online"], by: World.owner, to: World()) }
    }

    @Test("An acknowledgement counts when it is news, and from those of the chat")
    func acknowledgements() throws {
        var world = Self.world()
        try world.send("x")
        let context = DecisionContext(now: world.now, identifier: { $0 })
        let decision = world.state.decide(acknowledgement: 1, from: World.participant, live: world.live, context)
        #expect(decision?.measurements == [.delivered(subject: "u_2", offset: 1)])
        #expect(decision?.effects == [.tellDelivery(["u_1": 0, "u_2": 1])] && decision?.events == [])
        world.state.apply(.delivered(subject: "u_2", offset: 1))
        #expect(world.state.decide(acknowledgement: 1, from: World.participant, live: world.live, context) == nil)
        #expect(world.state.decide(acknowledgement: 1, from: World.staff, live: world.live, context) == nil)
        #expect(world.state.hearsAcknowledgements && !World().state.hearsAcknowledgements)
    }
}
