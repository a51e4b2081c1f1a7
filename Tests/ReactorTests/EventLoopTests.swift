import Primitives
import Reactor
import Synchronization
import TestSupport
import Testing

@Suite("A loop's turns")
struct EventLoopTests {
    @Test func workThatIsLeftOnTheLoopRunsInOrderAndNewWorkWaitsATurn() throws {
        let world = try LoopWorld()
        world.loop.enter {
            world.loop.afterwards {
                world.log.append("a")
                world.loop.afterwards { world.log.append("c") }
            }
            world.loop.submit { world.log.append("b") }
        }
        world.turn()
        #expect(world.log == ["a", "b"])
        #expect(world.loop.enter { world.loop.hasWork })
        world.turn()
        #expect(world.log == ["a", "b", "c"])
        #expect(!world.loop.enter { world.loop.hasWork })
    }

    @Test func workThatAlwaysLeavesMoreDoesNotStarveTimers() throws {
        let world = try LoopWorld()
        func again() {
            world.loop.afterwards {
                world.log.append("work")
                again()
            }
        }
        world.loop.enter { again() }
        world.schedule(3, "timer")
        for _ in 0..<5 { world.advance(1) }
        #expect(world.log.filter { $0 == "work" }.count == 5)
        #expect(world.log.contains("timer"))
    }

    @Test func executeRunsAtOnceOnTheLoopAndLaterFromElsewhere() throws {
        let world = try LoopWorld()
        world.loop.enter {
            world.loop.execute { world.log.append("here") }
            world.log.append("after")
        }
        world.loop.execute { world.log.append("elsewhere") }
        #expect(world.log == ["here", "after"])
        world.turn()
        #expect(world.log == ["here", "after", "elsewhere"])
    }

    @Test func observersOfATurnsEndAreToldOnceEach() throws {
        let world = try LoopWorld()
        let observer = Observer(world)
        world.loop.enter { world.loop.atTurnEnd(observer) }
        world.turn()
        world.turn()
        #expect(world.log == ["end"])
        observer.asksAgain = true
        world.loop.enter { world.loop.atTurnEnd(observer) }
        world.turn()
        #expect(world.log == ["end", "end"], "an observer that asks again is told in the next turn")
        observer.asksAgain = false
        world.turn()
        #expect(world.log == ["end", "end", "end"])
    }

    @Test func whatIsDealtOutIsDealtOutBeforeAnythingIsWritten() throws {
        let world = try LoopWorld()
        let order = Order()
        let writer = Told { order.names.append("written") }
        let distributor = Told {
            order.names.append("dealt out")
            // For the output that this leads to there is time in the same turn.
            world.loop.atTurnEnd(writer)
        }
        world.loop.enter {
            world.loop.distributeAtTurnEnd(distributor)
            #expect(world.loop.hasWork)
            world.loop.turn(waitingAtMost: .zero)
            #expect(!world.loop.hasWork)
        }
        #expect(order.names == ["dealt out", "written"])
    }

    @Test func whereManyWaitToDealOutTheyAreToldBeforeTheTurnIsOver() throws {
        let world = try LoopWorld()
        let order = Order()
        var all: [Told] = []
        // Who asks while they are told is not told inside of that.
        let late = Told { order.names.append("late") }
        for index in 0..<EventLoop.maxWaitingDistributors {
            all.append(
                Told {
                    order.names.append("\(index)")
                    if index == 0 { world.loop.distributeAtTurnEnd(late) }
                })
        }
        world.loop.enter {
            for distributor in all.dropLast() { world.loop.distributeAtTurnEnd(distributor) }
            #expect(order.names.isEmpty)
            if let last = all.last { world.loop.distributeAtTurnEnd(last) }
            #expect(order.names == all.indices.map { "\($0)" })
            world.loop.turn(waitingAtMost: .zero)
            #expect(order.names.last == "late" && order.names.count == all.count + 1)
            #expect(!world.loop.hasWork)
        }
    }

    @Test func enteringNestsAndIsLeftAgain() throws {
        let one = try LoopWorld()
        let two = try LoopWorld()
        #expect(!one.loop.isOnLoop && EventLoop.current == nil)
        one.loop.enter {
            #expect(one.loop.isOnLoop && !two.loop.isOnLoop && EventLoop.current === one.loop)
            two.loop.enter { #expect(two.loop.isOnLoop && !one.loop.isOnLoop) }
            #expect(one.loop.isOnLoop && EventLoop.current === one.loop)
        }
        #expect(EventLoop.current == nil)
    }

    @Test func theLongestTurnIsMeasuredSinceItWasLastAsked() throws {
        let world = try LoopWorld()
        world.loop.enter { world.loop.afterwards { world.time.advance(by: .milliseconds(30)) } }
        world.turn()
        world.turn()
        #expect(world.loop.enter { world.loop.takeLongestTurn() } == .milliseconds(30))
        #expect(world.loop.enter { world.loop.takeLongestTurn() } == .zero)
    }

    // MARK: From other threads

    @Test func oneThreadsWorkKeepsItsOrderAndNothingIsLost() throws {
        let group = try EventLoopGroup(count: 2)
        let seen = Mutex<[[Int]]>(Array(repeating: [], count: 4))
        let target = group.loops[0]
        let senders = try EventLoopGroup(count: 4)
        for (sender, loop) in senders.loops.enumerated() {
            loop.submit {
                for number in 0..<5_000 { target.submit { seen.withLock { $0[sender].append(number) } } }
            }
        }
        senders.stopAndJoin()
        group.stopAndJoin()
        seen.withLock { seen in for numbers in seen { #expect(numbers == Array(0..<5_000)) } }
    }

    @Test func oneWakeUpServesAllThatIsSubmittedBeforeTheTurn() throws {
        let world = try LoopWorld()
        for index in 0..<1_000 { world.loop.submit { world.log.append("\(index)") } }
        let before = world.loop.turnCount
        world.turn()
        #expect(world.log == (0..<1_000).map(String.init))
        #expect(world.loop.turnCount == before + 1)
        // The wake-up was taken out of the descriptor: a loop without work would wait.
        #expect(!world.loop.enter { world.loop.hasWork })
        world.loop.submit { world.log.append("next") }
        world.turn()
        #expect(world.log.last == "next")
    }

    @Test func whatWasSubmittedBeforeTheStopStillRuns() throws {
        let group = try EventLoopGroup(count: 1)
        let count = Mutex(0)
        for _ in 0..<100 { group.loops[0].submit { count.withLock { $0 += 1 } } }
        group.stopAndJoin()
        #expect(count.withLock { $0 } == 100)
    }

    @Test func aValueLivesOnOneLoop() throws {
        let group = try EventLoopGroup(count: 3)
        for hash in [UInt64(0), 1, 2, 3, .max] {
            #expect(group.loop(forHash: hash) === group.loops[Int(hash % 3)])
        }
        group.stopAndJoin()
    }

    // MARK: As an executor

    @Test func anActorPinnedToALoopRunsOnIt() throws {
        let world = try LoopWorld()
        let pinned = Pinned(loop: world.loop)
        #expect(world.loop.enter { pinned.assumeIsolated { $0.isOnItsLoop() } })
    }
}

private actor Pinned {
    private nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    init(loop: EventLoop) { self.loop = loop }
    func isOnItsLoop() -> Bool { loop.isOnLoop }
}

private final class Observer: TurnEndObserver {
    private let world: LoopWorld
    var asksAgain = false
    init(_ world: LoopWorld) { self.world = world }
    func turnEnded() {
        world.log.append("end")
        if asksAgain { world.loop.atTurnEnd(self) }
    }
}

private final class Order { var names: [String] = [] }

private final class Told: TurnEndObserver {
    private let tell: () -> Void
    init(_ tell: @escaping () -> Void) { self.tell = tell }
    func turnEnded() { tell() }
}
