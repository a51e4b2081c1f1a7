import Primitives
import Reactor
import TestSupport
import Testing

/// A loop on virtual time that the test drives by hand.
final class LoopWorld: @unchecked Sendable {
    let time = VirtualTime()
    let loop: EventLoop
    var log: [String] = []

    init() throws { loop = try EventLoop(index: 0, time: time, readBufferBytes: 64) }

    func turn() { loop.enter { loop.turn(waitingAtMost: .zero) } }

    @discardableResult
    func schedule(_ milliseconds: Int, _ name: String) -> ScheduledTimer {
        loop.enter { loop.schedule(after: .milliseconds(milliseconds)) { [self] in log.append(name) } }
    }

    func advance(_ milliseconds: Int) {
        time.advance(by: .milliseconds(milliseconds))
        turn()
    }
}

@Suite("Timers of a loop")
struct TimerTests {
    @Test func fireInOrderOfDeadlineThenOfScheduling() throws {
        let world = try LoopWorld()
        for (delay, name) in [(30, "c"), (10, "a1"), (20, "b"), (10, "a2"), (10, "a3")] { world.schedule(delay, name) }
        world.advance(9)
        #expect(world.log.isEmpty)
        world.advance(1)
        #expect(world.log == ["a1", "a2", "a3"])
        world.advance(1_000)
        #expect(world.log == ["a1", "a2", "a3", "b", "c"])
        world.advance(1_000)
        #expect(world.log.count == 5)
    }

    @Test func aCancelledTimerNeverFires() throws {
        let world = try LoopWorld()
        let first = world.schedule(10, "a")
        let second = world.schedule(10, "b")
        first.cancel()
        first.cancel()
        world.advance(10)
        #expect(world.log == ["b"])
        second.cancel()
        world.advance(10)
        #expect(world.log == ["b"])
        #expect(world.loop.enter { world.loop.nextDeadline() } == nil)
    }

    @Test func aTimerMayCancelAnotherThatIsDueInTheSameTurn() throws {
        let world = try LoopWorld()
        let victim = Victim()
        world.loop.enter { _ = world.loop.schedule(after: .milliseconds(5)) { victim.timer?.cancel() } }
        victim.timer = world.schedule(5, "victim")
        world.advance(5)
        #expect(world.log.isEmpty)
    }

    @Test func whatATimerSchedulesForNowWaitsForTheNextTurn() throws {
        let world = try LoopWorld()
        world.loop.enter { world.rescheduling(limit: 3) }
        world.advance(0)
        #expect(world.log == ["1"])
        world.turn()
        #expect(world.log == ["1", "2"])
        world.turn()
        world.turn()
        #expect(world.log == ["1", "2", "3"])
    }

    @Test func theNextDeadlineLooksPastWhatWasCancelled() throws {
        let world = try LoopWorld()
        let start = world.time.now
        let early = world.schedule(1, "a")
        world.schedule(7, "b")
        #expect(world.loop.enter { world.loop.nextDeadline() } == start.advanced(by: .milliseconds(1)))
        early.cancel()
        #expect(world.loop.enter { world.loop.nextDeadline() } == start.advanced(by: .milliseconds(7)))
    }

    @Test func manyCancelledTimersAreNotKept() throws {
        let world = try LoopWorld()
        world.schedule(1_000_000, "last")
        let witness = Witness()
        for _ in 0..<50_000 {
            // Far away, so that it never surfaces by itself.
            let held = Held(witness)
            world.loop.enter { world.loop.schedule(after: .seconds(500)) { held.touch() } }.cancel()
        }
        #expect(witness.alive == 0, "what a cancelled timer held is let go at once")
        world.time.advance(by: .seconds(2_000))
        world.turn()
        #expect(world.log == ["last"])
    }

    @Test(arguments: [UInt64(1), 2, 3, .random(in: 0...UInt64.max)])
    func agreeWithASortedListWhateverIsScheduledAndCancelled(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let world = try LoopWorld()
        var expected: [(deadline: Int, number: Int)] = []
        var timers: [Int: ScheduledTimer] = [:]
        var clock = 0
        var fired: [String] = []
        for number in 0..<5_000 {
            let delay = random.integer(0...200)
            timers[number] = world.schedule(delay, "\(number)")
            expected.append((clock + delay, number))
            if random.isOne(in: 2) {
                let victim = random.integer(max(0, number - 50)...number)
                timers[victim]?.cancel()
                expected.removeAll { $0.number == victim }
            }
            if random.isOne(in: 10) {
                let step = random.integer(0...30)
                clock += step
                world.advance(step)
                let due = expected.filter { $0.deadline <= clock }.sorted {
                    ($0.deadline, $0.number) < ($1.deadline, $1.number)
                }
                fired += due.map { "\($0.number)" }
                expected.removeAll { $0.deadline <= clock }
                #expect(world.log == fired, "seed \(seed)")
            }
        }
    }
}

private final class Victim {
    var timer: ScheduledTimer?
}

private final class Witness {
    var alive = 0
}

private final class Held {
    private let witness: Witness
    init(_ witness: Witness) {
        self.witness = witness
        witness.alive += 1
    }
    deinit { witness.alive -= 1 }
    func touch() {}
}

extension LoopWorld {
    fileprivate func rescheduling(limit: Int) {
        loop.schedule(after: .zero) { [self] in
            log.append("\(log.count + 1)")
            if log.count < limit { rescheduling(limit: limit) }
        }
    }
}
