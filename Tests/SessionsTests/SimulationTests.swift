import Domain
import JSON
import Ports
import Primitives
import Reactor
import TestSupport
import Testing
import WireProtocol

@testable import Sessions

/// Random commands, failures of the store and crashes, by seed, in virtual time. What must hold whatever happens:
/// what was acknowledged is in the log exactly once; offsets have no gap; a subscriber sees exactly the log, in order;
/// the live state is what the store would give; no reply stays open.
@Suite("Simulation of a session")
struct SimulationTests {
    static let seeds: [UInt64] = Array(1...300) + [.random(in: 0...UInt64.max)]

    @Test(arguments: seeds)
    func theInvariantsHold(seed: UInt64) throws {
        var simulation = try Simulation(seed: seed)
        try simulation.run(steps: 120)
    }
}

private struct Simulation {
    /// A command with a key that its client repeats until it is answered for good.
    private struct Intent {
        let text: String
        let key: String
        var answers: [Answer]
    }

    private let seed: UInt64
    private var random: SeededRandom
    private let world: World
    private var intents: [Intent] = []
    private var reader: Reader
    /// How often each text stands in the log, as far as it was read.
    private var occurrences: [String: Int] = [:]
    private var readRecords = 0

    init(seed: UInt64) throws {
        self.seed = seed
        random = SeededRandom(seed: seed)
        var configuration = SessionRegistry.Configuration()
        configuration.idleTimeout = .seconds(20)
        configuration.sweepInterval = .seconds(3)
        world = try World(seed: seed, configuration: configuration)
        reader = Reader()
        start()
    }

    private func start() {
        world.enter { world.registry.start() }
    }

    mutating func run(steps: Int) throws {
        for _ in 0..<steps {
            step()
            world.journal.isManual = random.isOne(in: 2)
            try check()
        }
        try quiesce()
    }

    private mutating func step() {
        switch random.integer(1...100) {
        case 1...22:
            let intent = Intent(text: "m\(intents.count)", key: "k\(intents.count)", answers: [])
            intents.append(intent)
            submit(intents.count - 1)
        case 23...30: if !intents.isEmpty { submit(random.integer(0...intents.count - 1)) }
        case 31...48: world.say(random.text("abc กขค😀e\u{301}", 1...12))
        case 49...54: world.finishReply()
        case 55...57:
            world.enter { world.model.calls.last?.fail() }
            world.run()
        case 58...62:
            if let reply = world.state()?.openReply?.reply { world.command("reply.cancel", ["reply": .string(reply)]) }
        case 63: world.command("reply.regenerate")
        case 64: world.command("conversation.rename", ["title": .string("t\(random.integer(0...3))")])
        case 65: world.command("message.read", ["offset": .integer(Int64(random.integer(0...20)))])
        case 66...70: fail()
        case 71...76:
            world.enter { world.journal.commit() }
            world.run()
        case 77...82:
            world.enter { world.journal.deliver() }
            world.run()
        case 83...85:
            world.crash(committing: random.integer(0...3))
            start()
            reader.lostConnection()
            world.enter { world.registry.recoverUnfinished { _ in } }
            world.run()
        case 86...88: reader.leave(world)
        case 89...92: reader.connect(world)
        case 93...94: world.advance(by: .seconds(random.integer(1...30)))
        default: world.advance(by: .milliseconds(random.integer(0...400)))
        }
    }

    private mutating func submit(_ index: Int) {
        intents[index].answers.append(world.send(intents[index].text, key: intents[index].key))
    }

    private mutating func fail() {
        let failure = random.element(of: [StoreFailure.unavailable, .unavailable, .overloaded, .unknown, .conflict])
        // An ambiguous write may have happened.
        if failure == .unknown, random.isOne(in: 2) {
            world.enter { world.journal.loseAnswer() }
            world.run()
        } else {
            world.fail(failure)
        }
    }

    // MARK: Invariants

    private mutating func check() throws {
        let log = world.record?.log ?? []
        for record in log[readRecords...] where record.name == "message.created" {
            occurrences[try JSONParser.parse(record.data)["message"]?["text"]?.string ?? "", default: 0] += 1
        }
        readRecords = log.count
        #expect(log.map(\.offset) == Array(1..<Int64(log.count) + 1), "offsets, seed \(seed)")
        reader.check(log, seed)
        for intent in intents {
            let stored = occurrences[intent.text] ?? 0
            #expect(stored <= 1, "\(intent.key) stands \(stored) times in the log, seed \(seed)")
            for answer in intent.answers {
                #expect(answer.results.count <= 1, "answered twice, seed \(seed)")
                if answer.ok != nil { #expect(stored == 1, "\(intent.key) was acknowledged and is lost, seed \(seed)") }
                if answer.code == .keyReused { Issue.record("the same command is another one, seed \(seed)") }
            }
            #expect(Set(intent.answers.compactMap(\.offset)).count <= 1, "two answers to one key, seed \(seed)")
        }
    }

    /// Everything works again, and time goes by: then nothing may be under way.
    private mutating func quiesce() throws {
        world.enter { world.journal.resume() }
        reader.connect(world)
        for _ in 0..<20 {
            world.advance(by: .seconds(2))
            world.say("last ")
            world.finishReply()
        }
        world.enter { world.registry.recoverUnfinished { _ in } }
        world.advance(by: .seconds(10))
        for _ in 0..<3 {
            world.finishReply()
            world.advance(by: .seconds(2))
        }
        reader.connect(world)
        try check()
        guard let stored = try world.reloaded() else { return }
        #expect(stored.openReply == nil && world.record?.openReplies.isEmpty == true, "a reply is open, seed \(seed)")
        #expect(stored.queued.isEmpty, "a message waits for ever, seed \(seed)")
        #expect(world.state() == stored, "memory and store differ, seed \(seed)")
        let log = world.record?.log ?? []
        #expect(reader.position == Int64(log.count), "the reader is behind, seed \(seed)")
        try checkReplies(log)
        // Every client repeats its command and learns what became of it.
        for index in intents.indices {
            let known = intents[index].answers.compactMap(\.offset).first
            submit(index)
            world.finishReply()
            world.advance(by: .milliseconds(300))
            let answer = intents[index].answers.last
            if let known { #expect(answer?.offset == known, "another answer, seed \(seed)") }
        }
        try check()
    }

    /// Each reply that began ended once.
    private func checkReplies(_ log: [LogRecord]) throws {
        var open: String?
        for record in log where record.name.hasPrefix("reply.") {
            let reply = try JSONParser.parse(record.data)["reply"]?.string
            if record.name == "reply.started" {
                #expect(open == nil, "two replies at once, seed \(seed)")
                open = reply
            } else {
                #expect(open == reply, "\(record.name) without a start, seed \(seed)")
                open = nil
            }
        }
        #expect(open == nil, "seed \(seed)")
    }
}

/// A client that follows the session, loses its connection and comes back from where it stood.
private struct Reader {
    private var follower: Follower?
    private var seen: [Int64: String] = [:]
    private(set) var position: Int64?
    private var epoch: String?
    private var taken = 0

    mutating func lostConnection() {
        take()
        follower = nil
    }

    mutating func leave(_ world: World) {
        guard let follower else { return }
        world.unfollow(follower)
        lostConnection()
    }

    mutating func connect(_ world: World) {
        if let follower, follower.ends.isEmpty, follower.refusals.isEmpty, follower.frames.count > 0 { return take() }
        lostConnection()
        let from = position.flatMap { offset in epoch.map { StreamPosition(epoch: $0, offset: offset) } }
        follower = world.follow(from: from, checkingSchemas: false)
        taken = 0
        take()
    }

    private mutating func take() {
        guard let follower else { return }
        for frame in follower.frames[taken...] {
            switch frame["type"]?.string {
            case "snapshot":
                position = frame["offset"]?.integer
                epoch = frame["epoch"]?.string
            case "event":
                guard let offset = frame["offset"]?.integer, let name = frame["name"]?.string else { break }
                #expect(offset == (position ?? -1) + 1, "a gap or a repetition")
                position = offset
                seen[offset] = name
            default: break
            }
        }
        taken = follower.frames.count
    }

    /// All that was seen is in the log as it was seen.
    func check(_ log: [LogRecord], _ seed: UInt64) {
        var copy = self
        copy.take()
        for (offset, name) in copy.seen {
            #expect(
                offset <= log.count && log[Int(offset) - 1].name == name,
                "event \(offset) was seen and is not there, seed \(seed)")
        }
    }
}
