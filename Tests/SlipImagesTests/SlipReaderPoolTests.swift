import Dispatch
import Reactor
import SlipQR
import Synchronization
import TestSupport
import Testing

@testable import SlipImages

@Suite("Threads that read slips")
struct SlipReaderPoolTests {
    /// Readings that begin, and go on when the test says so.
    private final class Gate: Sendable {
        private let begun = DispatchSemaphore(value: 0)
        private let opened = DispatchSemaphore(value: 0)
        private let readings = Mutex((now: 0, most: 0))

        var most: Int { readings.withLock { $0.most } }

        func pass(_ bytes: [UInt8]) -> SlipImageReading {
            readings.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            begun.signal()
            opened.wait()
            readings.withLock { $0.now -= 1 }
            return .foreign
        }

        func waitUntilBegun(_ count: Int) { for _ in 0..<count { begun.wait() } }
        func open(_ count: Int) { for _ in 0..<count { opened.signal() } }
    }

    private final class Answers: Sendable {
        private let readings = Mutex<[SlipImageReading]>([])
        var all: [SlipImageReading] { readings.withLock { $0 } }
        func append(_ reading: SlipImageReading) { readings.withLock { $0.append(reading) } }
    }

    private static func turn(_ loop: EventLoop, until isDone: () -> Bool) {
        loop.enter { while !isDone() { loop.turn(waitingAtMost: nil) } }
    }

    private static func configuration(threads: Int, maxWaiting: Int) -> SlipReaderPool.Configuration {
        var configuration = SlipReaderPool.Configuration()
        configuration.threads = threads
        configuration.maxWaiting = maxWaiting
        return configuration
    }

    @Test("A slip is read on a thread, and told on the loop in a later turn")
    func read() throws {
        let loop = try EventLoop(index: 0)
        let pool = try SlipReaderPool()
        let answers = Answers()
        let file = try TestPicture(payload: TestPicture.slip).code().png()
        loop.enter {
            pool.read(file, on: loop) { reading in
                loop.preconditionOnLoop()
                answers.append(reading)
            }
            // Answered at once, and all the same in a later turn.
            pool.read([UInt8](repeating: 0, count: SlipImageReader.maxBytes + 1), on: loop) { _ in }
        }
        #expect(answers.all.isEmpty)
        Self.turn(loop) { !answers.all.isEmpty }
        #expect(answers.all == [.slip(try SlipQR(TestPicture.slip), payload: TestPicture.slip)])
        #expect(pool.turnedAwayCount == 1)
        pool.stop()
    }

    @Test("No more are read at once than there are threads, no more wait than the bound; the rest is none, and counted")
    func bounded() throws {
        let loop = try EventLoop(index: 0)
        let gate = Gate()
        let pool = try SlipReaderPool(Self.configuration(threads: 2, maxWaiting: 3)) { gate.pass($0) }
        let answers = Answers()
        for _ in 0..<2 { pool.read([1], on: loop) { answers.append($0) } }
        gate.waitUntilBegun(2)
        for _ in 0..<3 { pool.read([2], on: loop) { answers.append($0) } }
        #expect(pool.waitingCount == 3 && pool.turnedAwayCount == 0)
        for _ in 0..<4 { pool.read([3], on: loop) { answers.append($0) } }
        #expect(pool.waitingCount == 3 && pool.turnedAwayCount == 4)
        #expect(answers.all.isEmpty)
        Self.turn(loop) { answers.all.count == 4 }
        #expect(answers.all == [.none, .none, .none, .none])
        gate.open(5)
        Self.turn(loop) { answers.all.count == 9 }
        #expect(answers.all.dropFirst(4).allSatisfy { $0 == .foreign })
        #expect(gate.most == 2 && pool.waitingCount == 0 && pool.turnedAwayCount == 4)
        pool.stop()
    }

    @Test("Stopping ends what is being read, answers what waits with none, and takes no more")
    func stop() throws {
        let loop = try EventLoop(index: 0)
        let gate = Gate()
        let pool = try SlipReaderPool(Self.configuration(threads: 1, maxWaiting: 3)) { gate.pass($0) }
        let answers = Answers()
        for _ in 0..<3 { pool.read([1], on: loop) { answers.append($0) } }
        gate.waitUntilBegun(1)
        gate.open(1)
        // Whether the thread has taken the second or not, it is answered.
        gate.open(2)
        pool.stop()
        pool.read([1], on: loop) { answers.append($0) }
        Self.turn(loop) { answers.all.count == 4 }
        #expect(answers.all.contains(.foreign) && answers.all.last == SlipImageReading.none)
        #expect(pool.turnedAwayCount == UInt64(answers.all.count { $0 == .none }))
    }

    @Test("A pool that was stopped is let go")
    func released() throws {
        weak var weakly: SlipReaderPool?
        do {
            let pool = try SlipReaderPool(Self.configuration(threads: 3, maxWaiting: 1))
            weakly = pool
            pool.stop()
        }
        #expect(weakly == nil)
    }
}
