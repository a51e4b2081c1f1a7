import Primitives
import Testing
import WebSocket

@Suite("Keep-alive (RFC 6455 §5.5.2)")
struct KeepAliveTests {
    private let start = Instant(nanoseconds: 0)
    private func at(_ seconds: Int) -> Instant { start.advanced(by: .seconds(seconds)) }
    private func keepAlive() -> KeepAlive { KeepAlive(interval: .seconds(25), timeout: .seconds(10), now: start) }

    @Test("a ping after a silence, then the end")
    func silence() {
        var keepAlive = keepAlive()
        #expect(keepAlive.nextDeadline == at(25))
        #expect(keepAlive.tick(at: at(24)) == .none)
        #expect(keepAlive.tick(at: at(25)) == .ping)
        #expect(keepAlive.nextDeadline == at(35))
        #expect(keepAlive.tick(at: at(34)) == .none)
        #expect(keepAlive.tick(at: at(35)) == .timedOut)
        #expect(keepAlive.tick(at: at(36)) == .timedOut)
    }

    @Test("anything that is received puts the ping off")
    func traffic() {
        var keepAlive = keepAlive()
        keepAlive.receive(at: at(20))
        #expect(keepAlive.tick(at: at(25)) == .none)
        #expect(keepAlive.nextDeadline == at(45))
        #expect(keepAlive.tick(at: at(45)) == .ping)
    }

    @Test("anything that is received answers the ping")
    func answer() {
        var keepAlive = keepAlive()
        #expect(keepAlive.tick(at: at(25)) == .ping)
        keepAlive.receive(at: at(34))
        #expect(keepAlive.tick(at: at(35)) == .none)
        #expect(keepAlive.nextDeadline == at(59))
        #expect(keepAlive.tick(at: at(59)) == .ping)
    }

    @Test("a late tick gives the peer its whole time to answer")
    func lateTick() {
        var keepAlive = keepAlive()
        #expect(keepAlive.tick(at: at(100)) == .ping)
        #expect(keepAlive.nextDeadline == at(110))
    }
}
