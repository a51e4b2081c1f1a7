import Primitives
import Reactor
import TestSupport
import Testing

@Suite("A loop's lag")
struct LagProbeTests {
    private final class Reports {
        var lags: [Duration] = []
    }

    private func probe() throws -> (VirtualTime, EventLoop, Reports, LagProbe) {
        let time = VirtualTime()
        let loop = try EventLoop(index: 0, time: time, readBufferBytes: 4_096)
        let reports = Reports()
        let probe = LagProbe(loop: loop, interval: .milliseconds(100)) { reports.lags.append($0) }
        loop.enter { probe.start() }
        return (time, loop, reports, probe)
    }

    private func turn(_ loop: EventLoop) { loop.enter { loop.turn(waitingAtMost: .zero) } }

    @Test func aLoopThatKeepsUpHasNone() throws {
        let (time, loop, reports, probe) = try probe()
        for _ in 0..<3 {
            time.advance(by: .milliseconds(100))
            for _ in 0..<3 { turn(loop) }
        }
        #expect(reports.lags == [.zero, .zero, .zero])
        withExtendedLifetime(probe) {}
    }

    @Test func aLongTurnIsSeenAtTheTimer() throws {
        let (time, loop, reports, probe) = try probe()
        time.advance(by: .milliseconds(350))
        for _ in 0..<3 { turn(loop) }
        #expect(reports.lags == [.milliseconds(250)])
        withExtendedLifetime(probe) {}
    }

    @Test func waitingBehindOthersIsSeenAtTheDescriptor() throws {
        let (time, loop, reports, probe) = try probe()
        time.advance(by: .milliseconds(100))
        turn(loop)
        #expect(reports.lags.isEmpty, "the timer was punctual, the descriptor is in line")
        time.advance(by: .milliseconds(80))
        turn(loop)
        #expect(reports.lags == [.milliseconds(80)])
        withExtendedLifetime(probe) {}
    }
}
