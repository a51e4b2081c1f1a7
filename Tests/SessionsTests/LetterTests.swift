import Domain
import JSON
import Ports
import Primitives
import TestSupport
import Testing
import WireProtocol

@testable import Sessions

@Suite("Letters")
struct LetterTests {
    private let world: LetterWorld

    init() throws {
        world = try LetterWorld()
        world.run()
    }

    @Test("what an event tells another session is a command to it, and leaves nothing in the outbox")
    func delivery() throws {
        world.post(["a", "b"], from: "s0", to: "r0")
        world.post(["c"], from: "s0", to: "r1")
        world.run()
        #expect(try world.taken(by: "r0") == ["a", "b"])
        #expect(try world.taken(by: "r1") == ["c"])
        #expect(world.store.letters.count == 3)
        world.advance(by: .seconds(1))
        #expect(world.store.letters.isEmpty)
        #expect(world.outcomes.all == [.delivered, .delivered, .delivered])
    }

    @Test("nothing leaves before the event is durable")
    func gate() throws {
        world.journal(of: "s0") { $0.isManual = true }
        world.post(["a"], from: "s0", to: "r0")
        world.run()
        #expect(world.store.letters.isEmpty)
        #expect(try world.taken(by: "r0") == [])
        world.journal(of: "s0") { $0.fail(.unavailable) }
        world.advance(by: .seconds(60))
        #expect(try world.taken(by: "r0") == [])
    }

    @Test("a letter that nobody was told of is found by the next process")
    func restart() throws {
        world.journals { $0.isManual = true }
        world.post(["a"], from: "s0", to: "r0")
        world.run()
        world.crash(committing: 1)
        #expect(world.store.letters.count == 1)
        world.advance(by: .seconds(1))
        #expect(try world.taken(by: "r0") == ["a"])
        #expect(world.store.letters.isEmpty)
    }

    @Test("a crash between the target's commit and the removal of the letter repeats nothing")
    func removal() throws {
        world.post(["a", "b"], from: "s0", to: "r0")
        world.run()
        #expect(try world.taken(by: "r0") == ["a", "b"])
        for _ in 0..<3 {
            world.crash()
            world.run()
            #expect(world.store.letters.count == 2)
        }
        world.advance(by: .seconds(1))
        #expect(try world.taken(by: "r0") == ["a", "b"])
        #expect(world.store.letters.isEmpty)
    }

    @Test("a key is known however many commands were decided since")
    func keys() throws {
        world.post(["first"], from: "s0", to: "r0")
        world.run()
        for number in 0..<1_200 {
            world.command("take", ["text": .string("\(number)")], key: "k\(number)", to: "r0")
            world.run()
        }
        #expect(try world.taken(by: "r0").count == 1_201)
        // The row was never removed.
        world.crash()
        world.advance(by: .seconds(1))
        #expect(try world.taken(by: "r0").filter { $0 == "first" }.count == 1)
        #expect(world.store.letters.isEmpty)
    }

    @Test("what cannot be decided now is brought again, later and later, in its order")
    func postponed() throws {
        world.journal(of: "r0") { $0.fault = { $0.address == LetterWorld.address("r0") ? .unavailable : nil } }
        for text in ["a", "b", "c"] { world.post([text], from: "s0", to: "r0") }
        world.advance(by: .seconds(60))
        #expect(try world.taken(by: "r0") == [])
        #expect(world.outcomes.all.allSatisfy { $0 == .postponed })
        #expect(world.outcomes.all.count < 15, "\(world.outcomes.all.count) attempts in a minute")
        world.journal(of: "r0") { $0.fault = nil }
        world.advance(by: .seconds(40))
        #expect(try world.taken(by: "r0") == ["a", "b", "c"])
        #expect(world.store.letters.isEmpty)
    }

    @Test("one target that cannot be reached does not hold up the others")
    func independence() throws {
        world.journal(of: "r0") { $0.fault = { $0.address == LetterWorld.address("r0") ? .unavailable : nil } }
        for number in 0..<20 { world.post(["\(number)"], from: "s0", to: "r\(number % 2)") }
        world.advance(by: .seconds(5))
        #expect(try world.taken(by: "r1").count == 10)
        #expect(try world.taken(by: "r0") == [])
    }

    @Test("a letter that its target refuses for good is not brought again")
    func refused() throws {
        world.post(["a"], from: "s0", to: "r0", command: "nonsense")
        world.post(["b"], from: "s0", to: "r0")
        world.advance(by: .seconds(1))
        #expect(try world.taken(by: "r0") == ["b"])
        #expect(world.outcomes.all == [.refused, .delivered])
        #expect(world.store.letters.isEmpty)
    }

    @Test("letters beyond what memory takes come from the table, in order")
    func overflow() throws {
        world.journal(of: "r0") { $0.fault = { $0.address == LetterWorld.address("r0") ? .unavailable : nil } }
        var expected: [String] = []
        for round in 0..<30 {
            let texts = (0..<100).map { "\(round)/\($0)" }
            expected += texts
            world.post(texts, from: "s0", to: "r0")
            world.run()
        }
        #expect(world.store.letters.count == 3_000)
        world.journal(of: "r0") { $0.fault = nil }
        for _ in 0..<100 where !world.store.letters.isEmpty { world.advance(by: .seconds(1)) }
        #expect(try world.taken(by: "r0") == expected)
        #expect(world.store.letters.isEmpty)
    }

    @Test("erasing a session takes what was on its way to it; an erasure itself tells nobody")
    func erasure() throws {
        world.post(["before"], from: "s0", to: "r0")
        world.advance(by: .seconds(1))
        world.journal(of: "r0") { $0.isManual = true }
        world.command("erase", to: "r0")
        world.run()
        world.post(["after"], from: "s0", to: "r0")
        world.run()
        world.journal(of: "r0") { $0.resume() }
        world.journal(of: "s0") { $0.resume() }
        world.advance(by: .seconds(60))
        #expect(world.store.records[LetterWorld.address("r0")] == nil)
        #expect(world.store.letters.isEmpty)
        #expect(world.outcomes.all.last == .refused)
    }

    @Test("after a commit of which the session was never told, earlier letters still come first")
    func ambiguous() throws {
        world.post(["0"], from: "s0", to: "r0")
        world.advance(by: .seconds(1))
        world.journal(of: "s0") { $0.isManual = true }
        world.post(["1"], from: "s0", to: "r0")
        world.run()
        world.journal(of: "s0") {
            $0.loseAnswer()
            $0.resume()
        }
        world.run()
        world.post(["2"], from: "s0", to: "r0")
        world.advance(by: .seconds(60))
        #expect(try world.taken(by: "r0") == ["0", "1", "2"])
    }

    static let seeds: [UInt64] = Array(1...300) + [.random(in: 0...UInt64.max)]

    @Test(arguments: seeds)
    func everyLetterExactlyOnce(seed: UInt64) throws {
        var simulation = try LetterSimulation(seed: seed)
        try simulation.run()
    }
}

/// Random posts, failures and crashes; in the end each letter of each event that is in a log was taken exactly once, in order.
private struct LetterSimulation {
    private static let senders = ["s0", "s1", "s2"]
    private static let receivers = ["r0", "r1", "s0"]
    private let seed: UInt64
    private let world: LetterWorld
    private var random: SeededRandom
    private var count = 0

    init(seed: UInt64) throws {
        self.seed = seed
        random = SeededRandom(seed: seed)
        world = try LetterWorld(seed: seed, idleTimeout: .seconds(5))
    }

    mutating func run() throws {
        for _ in 0..<80 {
            step()
            let isManual = random.isOne(in: 2)
            world.journals { $0.isManual = isManual }
        }
        world.journals { $0.resume() }
        for _ in 0..<40 { world.advance(by: .seconds(10)) }
        #expect(world.store.letters.isEmpty, "letters are left, seed \(seed)")
        for receiver in Self.receivers {
            let taken = try world.taken(by: receiver)
            let posted = try Self.senders.map { try world.posted(by: $0, to: receiver) }
            #expect(taken.sorted() == posted.flatMap(\.self).sorted(), "to \(receiver), seed \(seed)")
            for (sender, texts) in zip(Self.senders, posted) {
                #expect(taken.filter { $0.hasPrefix(sender) } == texts, "\(sender) to \(receiver), seed \(seed)")
            }
        }
    }

    private mutating func step() {
        let target = random.element(of: Self.senders + Self.receivers)
        switch random.integer(1...100) {
        case 1...35:
            let sender = random.element(of: Self.senders)
            let texts = (0..<random.integer(1...3)).map { "\(sender) \(count).\($0)" }
            count += 1
            world.post(texts, from: sender, to: random.element(of: Self.receivers), key: "k\(count)")
        case 36...45: world.run()
        case 46...55: world.journal(of: target) { $0.commit() }
        case 56...65: world.journal(of: target) { $0.deliver() }
        case 66...75:
            let failure = random.element(of: [StoreFailure.unavailable, .overloaded, .unknown, .conflict])
            let isWritten = failure == .unknown && random.isOne(in: 2)
            world.journal(of: target) { if isWritten { $0.loseAnswer() } else { $0.fail(failure) } }
        case 76...82: world.crash(committing: random.integer(0...3))
        case 83...86:
            let isFailing = random.isOne(in: 2)
            world.journal(of: target) { $0.readFailure = isFailing ? .unavailable : nil }
            if isFailing { world.advance(by: .milliseconds(random.integer(0...2_000))) }
            world.journal(of: target) { $0.readFailure = nil }
        case 87...90: world.advance(by: .seconds(random.integer(1...40)))
        default: world.advance(by: .milliseconds(random.integer(0...300)))
        }
    }
}
