import Primitives
import Testing
import WebSocket

@Suite("Keep-alive (RFC 6455 §5.5.2)")
struct KeepAliveTests {
    private let start = Instant(nanoseconds: 0)
    private func at(_ seconds: Int) -> Instant { start.advanced(by: .seconds(seconds)) }
    private let rule = KeepAlive.Rule(interval: .seconds(25), timeout: .seconds(10))

    @Test("a ping after a silence, then the end")
    func silence() {
        var keepAlive = KeepAlive(now: start)
        #expect(keepAlive.nextDeadline(rule) == at(25))
        #expect(keepAlive.tick(rule, at: at(24)) == .none)
        #expect(keepAlive.tick(rule, at: at(25)) == .ping)
        #expect(keepAlive.nextDeadline(rule) == at(35))
        #expect(keepAlive.tick(rule, at: at(34)) == .none)
        #expect(keepAlive.tick(rule, at: at(35)) == .timedOut)
        #expect(keepAlive.tick(rule, at: at(36)) == .timedOut)
    }

    @Test("anything that is received puts the ping off")
    func traffic() {
        var keepAlive = KeepAlive(now: start)
        keepAlive.receive(at: at(20))
        #expect(keepAlive.tick(rule, at: at(25)) == .none)
        #expect(keepAlive.nextDeadline(rule) == at(45))
        #expect(keepAlive.tick(rule, at: at(45)) == .ping)
    }

    @Test("anything that is received answers the ping")
    func answer() {
        var keepAlive = KeepAlive(now: start)
        #expect(keepAlive.tick(rule, at: at(25)) == .ping)
        keepAlive.receive(at: at(34))
        #expect(keepAlive.tick(rule, at: at(35)) == .none)
        #expect(keepAlive.nextDeadline(rule) == at(59))
        #expect(keepAlive.tick(rule, at: at(59)) == .ping)
    }

    @Test("a late tick gives the peer its whole time to answer")
    func lateTick() {
        var keepAlive = KeepAlive(now: start)
        #expect(keepAlive.tick(rule, at: at(100)) == .ping)
        #expect(keepAlive.nextDeadline(rule) == at(110))
    }
}
