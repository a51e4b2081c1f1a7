import Domain
import JSON
import Ports
import Primitives
import TestSupport
import Testing
import WireProtocol

@testable import Sessions

@Suite("People who talk with each other")
struct PeopleSessionTests {
    private static let other = Caller(tenant: "jeco", subject: "u_2", role: .provider)
    private static let facts = ConversationFacts(
        owner: "u_1", hasAdvisor: false, participants: ["u_2"], booking: "b-1")

    private func chat(idleTimeout: Duration = .seconds(300)) throws -> World {
        var configuration = SessionRegistry.Configuration()
        configuration.idleTimeout = idleTimeout
        let world = try World(configuration: configuration)
        world.enter { world.registry.start() }
        world.create(Self.facts)
        return world
    }

    private func presence(_ state: String, by caller: Caller, _ world: World) -> Fault? {
        let box = Box<Fault>()
        world.enter {
            world.registry.signal(World.address, "presence", ["state": .string(state)], from: caller, sender: nil) {
                box.value = $0
            }
        }
        world.run()
        return box.value
    }

    private func acknowledge(_ offset: Int64, by caller: Caller, _ world: World) {
        world.enter { world.registry.acknowledge(World.address, offset, from: caller) }
        world.run()
    }

    private func presences(_ follower: Follower) -> [String] {
        follower.frames("signal").filter { $0["name"]?.string == "presence" }
            .map { "\($0["from"]?.string ?? "") \($0["data"]?["state"]?.string ?? "")" }
    }

    private func deliveries(_ follower: Follower) -> [JSONValue?] {
        follower.frames("value").filter { $0["name"]?.string == "delivery" }.map { $0["data"]?["people"] }
    }

    // MARK: Presence

    @Test("Who is there is told once, and is gone when nothing more is said")
    func presenceLives() throws {
        let world = try chat()
        let follower = world.follow(as: Self.other)
        #expect(presence("online", by: World.customer, world) == nil)
        world.advance(by: .seconds(Presence.lifeSeconds - 1))
        #expect(presence("online", by: World.customer, world) == nil)
        #expect(presences(follower) == ["u_1 online"])
        world.advance(by: .seconds(Presence.lifeSeconds - 1))
        #expect(presences(follower) == ["u_1 online"])
        world.advance(by: .seconds(1))
        #expect(presences(follower) == ["u_1 online", "u_1 offline"])
        world.advance(by: .seconds(600))
        #expect(presences(follower).count == 2)
    }

    @Test("Who comes later learns who is there; who goes away says so")
    func presenceAtOpening() throws {
        let world = try chat()
        #expect(presence("away", by: World.customer, world) == nil)
        let follower = world.follow(as: Self.other)
        #expect(presences(follower) == ["u_1 away"])
        #expect(presence("offline", by: World.customer, world) == nil)
        #expect(presence("offline", by: World.customer, world) == nil)
        #expect(presences(follower) == ["u_1 away", "u_1 offline"])
        #expect(presences(world.follow(as: Self.other)).isEmpty)
    }

    @Test("Others' and unknown states are refused")
    func refusals() throws {
        let world = try chat()
        #expect(presence("online", by: World.staff, world)?.code == .forbidden)
        #expect(presence("busy", by: World.customer, world)?.code == .invalidCommand)
        world.create(
            ConversationFacts(owner: "u_1"), at: SessionAddress(tenant: "jeco", kind: .conversation, id: "c_2"))
    }

    @Test("A chat that nobody follows is let go, whoever was there")
    func letGo() throws {
        let world = try chat(idleTimeout: .seconds(10))
        #expect(presence("online", by: World.customer, world) == nil)
        world.advance(by: .seconds(60))
        #expect(world.registry.liveCount == 0)
    }

    // MARK: Delivery

    @Test("Acknowledgements are gathered and told together, and a checkpoint keeps them")
    func delivery() throws {
        let world = try chat()
        let (mine, theirs) = (world.follow(), world.follow(as: Self.other))
        #expect(deliveries(mine).isEmpty)
        world.send("a")
        world.send("b")
        acknowledge(1, by: Self.other, world)
        acknowledge(2, by: Self.other, world)
        acknowledge(2, by: World.customer, world)
        #expect(deliveries(mine).isEmpty)
        world.advance(by: .milliseconds(200))
        #expect(deliveries(mine) == [["u_1": 2, "u_2": 2]])
        #expect(deliveries(theirs).count == 1)
        // Of what was not sent it says nothing; nor does a stranger.
        acknowledge(3, by: Self.other, world)
        acknowledge(2, by: World.staff, world)
        world.advance(by: .seconds(5))
        #expect(deliveries(mine).count == 1)
        world.crash()
        #expect(world.state()?.readership?.deliveries == ["u_1": 2, "u_2": 2])
        #expect(
            deliveries(world.follow(from: StreamPosition(epoch: world.record?.stream.epoch ?? "", offset: 2))) == [
                ["u_1": 2, "u_2": 2]
            ])
    }

    @Test("With the advisor nobody counts who has what")
    func advisor() throws {
        let world = try World()
        let follower = world.follow(as: World.customer)
        world.send("a")
        world.follow(with: follower)
        acknowledge(1, by: World.customer, world)
        world.advance(by: .seconds(5))
        #expect(deliveries(follower).isEmpty && world.state()?.readership == nil)
    }

    // MARK: Lists

    @Test("The row says what was said last, and what each has not read")
    func row() throws {
        let world = try chat()
        #expect(world.record?.conversation?.people?.readers.map(\.unread) == [0, 0])
        #expect(world.record?.conversation?.people?.last == nil)
        world.send("สวัสดีครับ")
        world.command(
            "message.send",
            [
                "text": "",
                "attachments": [
                    [
                        "type": "image", "url": "https://f.example/1", "contentType": "image/png", "size": 7,
                        "name": "1.png",
                    ]
                ],
            ], by: Self.other)
        var row = try #require(world.record?.conversation)
        #expect(row.people?.booking == "b-1" && row.people?.readers.map(\.unread) == [1, 1])
        #expect(row.people?.last == PeopleRow.Last(author: "u_2", kind: "image", offset: 2) && row.preview == "")
        #expect(world.record?.messages.last?.attachments?.array?.count == 1)
        world.command("message.read", ["offset": 2], by: World.customer)
        row = try #require(world.record?.conversation)
        #expect(
            row.people?.readers == [
                PeopleRow.Reader(subject: "u_1", read: 2, unread: 0),
                PeopleRow.Reader(subject: "u_2", read: 0, unread: 1),
            ])
    }

    /// Messages, readings, failures of the store and crashes, by seed: in the end the counts are those of the log, in the state and
    /// in the row.
    @Test("Counts are the log's, whatever happens", arguments: 1...60 as ClosedRange<UInt64>)
    func simulation(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let world = try chat()
        let people = [World.customer, Self.other]
        for step in 0..<150 {
            let who = people[Int.random(in: 0...1, using: &random)]
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<9: world.send("m\(step)", key: "k\(step)", by: who)
            case 9..<13:
                let newest = world.record?.log.last?.offset ?? 0
                world.command(
                    "message.read", ["offset": .integer(Int64.random(in: 0...newest, using: &random))], by: who)
            case 13: world.journal.isManual.toggle()
            case 14: world.settle(Int.random(in: 1...4, using: &random))
            case 15: if world.journal.isManual { world.fail(.unavailable) }
            case 16: world.crash(committing: world.journal.isManual ? Int.random(in: 0...2, using: &random) : 0)
            case 17: acknowledge(world.record?.log.last?.offset ?? 0, by: who, world)
            default: world.advance(by: .milliseconds(500))
            }
        }
        world.journal.isManual = false
        world.settle(1_000)
        world.advance(by: .seconds(10))
        var (read, unread) = (["u_1": Int64(0), "u_2": 0], ["u_1": Int64(0), "u_2": 0])
        var written: [(offset: Int64, author: String)] = []
        for record in world.record?.log ?? [] {
            let data = try JSONParser.parse(record.data)
            if let author = data["message"]?["author"]?.string { written.append((record.offset, author)) }
            if let by = data["by"]?.string, let offset = data["offset"]?.integer {
                read[by] = offset
                #expect(data["unread"]?.integer == Int64(written.count { $0.offset > offset && $0.author != by }))
            }
        }
        for (person, offset) in read {
            unread[person] = Int64(written.count { $0.offset > offset && $0.author != person })
        }
        let state = try #require(world.state()?.readership)
        for reader in state.readers {
            #expect(reader.read == read[reader.subject] && reader.unread == unread[reader.subject], "seed \(seed)")
        }
        #expect(world.record?.conversation?.people?.readers.map(\.unread) == state.readers.map(\.unread))
    }
}
