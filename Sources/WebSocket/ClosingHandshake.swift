package import Primitives

/// The closing handshake of one connection (RFC 6455 §7.1): each side sends one Close frame; then the server ends the
/// connection.
package struct ClosingHandshake: ~Copyable, Sendable {
    private enum State: ~Copyable {
        /// Neither side has sent a Close frame. Next: `closing`, `closed`.
        case open
        /// Ours is sent; the peer's is awaited until `deadline`. Next: `closed`.
        case closing(sent: CloseCode?, deadline: Instant)
        /// Both were seen, or the deadline passed. Terminal.
        case closed(CloseCode?)
    }

    package enum SendCloseAction: Equatable, Sendable {
        /// Write the Close frame, and call `tick` at `deadline`.
        case send
        /// One was sent already: write nothing.
        case ignore
    }

    package enum ReceiveCloseAction: Equatable, Sendable {
        /// Answer with this code (nil: with an empty Close frame), then end the connection (RFC 6455 §5.5.1).
        case reply(CloseCode?)
        /// This was the answer to ours: end the connection.
        case finish
        /// The handshake was over already.
        case ignore
    }

    package enum TickAction: Equatable, Sendable {
        case wait
        /// The peer did not answer in time: end the connection without its Close frame.
        case expire
    }

    private var state = State.open

    package init() {}

    private init(_ state: consuming State) { self.state = state }

    /// We write a Close frame with `code` (nil: an empty one) and wait at most `timeout` for the peer's.
    package mutating func sendClose(_ code: CloseCode?, at now: Instant, timeout: Duration) -> SendCloseAction {
        switch consume state {
        case .open:
            self = .init(.closing(sent: code, deadline: now.advanced(by: timeout)))
            return .send
        case .closing(let sent, let deadline):
            self = .init(.closing(sent: sent, deadline: deadline))
            return .ignore
        case .closed(let code):
            self = .init(.closed(code))
            return .ignore
        }
    }

    /// The peer's Close frame came. `code` is nil when it had none.
    package mutating func receiveClose(_ code: CloseCode?) -> ReceiveCloseAction {
        switch consume state {
        case .open:
            self = .init(.closed(code))
            return .reply(code)
        case .closing(let sent, _):
            self = .init(.closed(sent))
            return .finish
        case .closed(let code):
            self = .init(.closed(code))
            return .ignore
        }
    }

    /// Time has passed; `expire` is returned once.
    package mutating func tick(at now: Instant) -> TickAction {
        switch consume state {
        case .open:
            self = .init(.open)
            return .wait
        case .closing(let sent, let deadline):
            guard deadline <= now else {
                self = .init(.closing(sent: sent, deadline: deadline))
                return .wait
            }
            self = .init(.closed(sent))
            return .expire
        case .closed(let code):
            self = .init(.closed(code))
            return .wait
        }
    }

    /// A Close frame was sent or received: no message may be sent any more.
    package var hasBegun: Bool {
        switch state {
        case .open: false
        case .closing: true
        case .closed: true
        }
    }

    /// Nothing more is awaited from the peer.
    package var isOver: Bool {
        switch state {
        case .open: false
        case .closing: false
        case .closed: true
        }
    }

    /// When to `tick`; nil while no Close frame is awaited.
    package var deadline: Instant? {
        switch state {
        case .closing(_, let deadline): deadline
        case .open: nil
        case .closed: nil
        }
    }
}
