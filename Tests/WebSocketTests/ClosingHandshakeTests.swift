import Primitives
import Testing
import WebSocket

@Suite("Closing handshake (RFC 6455 §7)")
struct ClosingHandshakeTests {
    private let start = Instant(nanoseconds: 1_000_000_000)
    private var deadline: Instant { start.advanced(by: .seconds(10)) }

    @Test("the peer's close is answered with its own code, once")
    func receive() {
        var handshake = ClosingHandshake()
        #expect(handshake.hasBegun == false)
        let action = handshake.receiveClose(.goingAway)
        #expect(action == .reply(.goingAway))
        #expect(handshake.hasBegun == true)
        #expect(handshake.isOver == true)
        let again = handshake.receiveClose(.normal)
        #expect(again == .ignore)
        let late = handshake.sendClose(.normal, at: start, timeout: .seconds(10))
        #expect(late == .ignore)
        #expect(handshake.deadline == nil)
    }

    @Test("an empty close is answered with an empty one")
    func receiveEmpty() {
        var handshake = ClosingHandshake()
        let action = handshake.receiveClose(nil)
        #expect(action == .reply(nil))
    }

    @Test("our close waits for the peer's")
    func send() {
        var handshake = ClosingHandshake()
        let action = handshake.sendClose(.normal, at: start, timeout: .seconds(10))
        #expect(action == .send)
        #expect(handshake.hasBegun == true)
        #expect(handshake.isOver == false)
        #expect(handshake.deadline == deadline)
        let again = handshake.sendClose(.goingAway, at: deadline, timeout: .seconds(10))
        #expect(again == .ignore)
        #expect(handshake.deadline == deadline, "a second close must not move the deadline")
        let answer = handshake.receiveClose(.normal)
        #expect(answer == .finish)
        #expect(handshake.isOver == true)
        #expect(handshake.deadline == nil)
    }

    @Test("a peer that does not answer is not waited for longer than the timeout")
    func expire() {
        var handshake = ClosingHandshake()
        let before = handshake.tick(at: deadline)
        #expect(before == .wait)
        _ = handshake.sendClose(.normal, at: start, timeout: .seconds(10))
        let early = handshake.tick(at: Instant(nanoseconds: deadline.nanoseconds - 1))
        #expect(early == .wait)
        #expect(handshake.isOver == false)
        let due = handshake.tick(at: deadline)
        #expect(due == .expire)
        #expect(handshake.isOver == true)
        let after = handshake.tick(at: deadline.advanced(by: .seconds(1)))
        #expect(after == .wait)
        let late = handshake.receiveClose(.normal)
        #expect(late == .ignore)
    }
}
