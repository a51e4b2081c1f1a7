import Primitives
import Testing
import WebSocket

@Suite("Closing handshake (RFC 6455 §7)")
struct ClosingHandshakeTests {
    private let start = Instant(nanoseconds: 1_000_000_000)
    private let timeout = Duration.seconds(10)
    private var deadline: Instant { start.advanced(by: timeout) }
    private var justBefore: Instant { Instant(nanoseconds: deadline.nanoseconds - 1) }

    @Test("before the first close there is no deadline")
    func open() {
        var handshake = ClosingHandshake()
        #expect(handshake.hasBegun == false)
        #expect(handshake.isOver == false)
        #expect(handshake.deadline == nil)
        let action = handshake.tick(at: deadline)
        #expect(action == .wait)
    }

    @Test("the peer's close is answered with its own code, once")
    func receive() {
        var handshake = ClosingHandshake()
        let action = handshake.receiveClose(.goingAway, at: start, timeout: timeout)
        #expect(action == .reply(.goingAway))
        #expect(handshake.hasBegun == true)
        #expect(handshake.isOver == true)
        let again = handshake.receiveClose(.normal, at: deadline, timeout: timeout)
        #expect(again == .ignore)
        let late = handshake.sendClose(at: deadline, timeout: timeout)
        #expect(late == .ignore)
        #expect(handshake.deadline == deadline, "what comes later must not move the deadline")
    }

    @Test("an empty close is answered with an empty one")
    func receiveEmpty() {
        var handshake = ClosingHandshake()
        let action = handshake.receiveClose(nil, at: start, timeout: timeout)
        #expect(action == .reply(nil))
    }

    @Test("a peer that does not read our answer is not waited for longer than the timeout")
    func unreadAnswer() {
        var handshake = ClosingHandshake()
        _ = handshake.receiveClose(.normal, at: start, timeout: timeout)
        let early = handshake.tick(at: justBefore)
        #expect(early == .wait)
        let due = handshake.tick(at: deadline)
        #expect(due == .expire)
        expectEnded(&handshake)
    }

    @Test("our close waits for the peer's")
    func send() {
        var handshake = ClosingHandshake()
        let action = handshake.sendClose(at: start, timeout: timeout)
        #expect(action == .send)
        #expect(handshake.hasBegun == true)
        #expect(handshake.isOver == false)
        #expect(handshake.deadline == deadline)
        let again = handshake.sendClose(at: justBefore, timeout: timeout)
        #expect(again == .ignore)
        #expect(handshake.deadline == deadline, "a second close must not move the deadline")
        let answer = handshake.receiveClose(.normal, at: justBefore, timeout: timeout)
        #expect(answer == .finish)
        #expect(handshake.isOver == true)
        #expect(handshake.deadline == deadline, "nor does the answer")
        let due = handshake.tick(at: deadline)
        #expect(due == .expire)
    }

    @Test("a peer that does not answer is not waited for longer than the timeout")
    func expire() {
        var handshake = ClosingHandshake()
        _ = handshake.sendClose(at: start, timeout: timeout)
        let early = handshake.tick(at: justBefore)
        #expect(early == .wait)
        #expect(handshake.isOver == false)
        let due = handshake.tick(at: deadline)
        #expect(due == .expire)
        expectEnded(&handshake)
    }

    private func expectEnded(_ handshake: inout ClosingHandshake) {
        #expect(handshake.isOver == true)
        #expect(handshake.hasBegun == true)
        #expect(handshake.deadline == nil)
        let after = handshake.tick(at: deadline.advanced(by: .seconds(1)))
        #expect(after == .wait)
        let close = handshake.receiveClose(.normal, at: deadline, timeout: timeout)
        #expect(close == .ignore)
        let send = handshake.sendClose(at: deadline, timeout: timeout)
        #expect(send == .ignore)
    }
}
