package import Primitives

/// The closing handshake of one connection (RFC 6455 §7.1): each side sends one Close frame; then the server ends the
/// connection.
///
/// From the first Close frame on there is a deadline, also when both were seen: a peer that does not read our last bytes
/// keeps the connection from ending by itself.
package struct ClosingHandshake: ~Copyable, Sendable {
    private enum State: ~Copyable {
        /// Neither side has sent a Close frame. Next: `closing`, `closed`.
        case open
        /// Ours is sent; the peer's is awaited until `deadline`. Next: `closed`, `expired`.
        case closing(deadline: Instant)
        /// Both were seen; the rest of our bytes may leave until `deadline`. Next: `expired`.
        case closed(deadline: Instant)
        /// The deadline passed. Terminal.
        case expired
    }

    package enum SendCloseAction: Equatable, Sendable {
        /// Write the Close frame, and call `tick` at `deadline`.
        case send
        /// One was sent already: write nothing.
        case ignore
    }

    package enum ReceiveCloseAction: Equatable, Sendable {
        /// Answer with this code (nil: with an empty Close frame), then end the connection (RFC 6455 §5.5.1), at the
        /// latest at `deadline`.
        case reply(CloseCode?)
        /// This was the answer to ours: end the connection, at the latest at `deadline`.
        case finish
        /// The handshake was over already.
        case ignore
    }

    package enum TickAction: Equatable, Sendable {
        case wait
        /// The peer did not answer, or did not take our bytes, in time: end the connection as it is.
        case expire
    }

    private var state = State.open

    package init() {}

    private init(_ state: consuming State) { self.state = state }

    /// We write a Close frame and wait at most `timeout` for the peer's.
    package mutating func sendClose(at now: Instant, timeout: Duration) -> SendCloseAction {
        switch consume state {
        case .open:
            self = .init(.closing(deadline: now.advanced(by: timeout)))
            return .send
        case .closing(let deadline):
            self = .init(.closing(deadline: deadline))
            return .ignore
        case .closed(let deadline):
            self = .init(.closed(deadline: deadline))
            return .ignore
        case .expired:
            self = .init(.expired)
            return .ignore
        }
    }

    /// The peer's Close frame came; `code` is nil when it had none. Our answer has at most `timeout` to leave; the answer to
    /// our own Close frame moves no deadline.
    package mutating func receiveClose(_ code: CloseCode?, at now: Instant, timeout: Duration) -> ReceiveCloseAction {
        switch consume state {
        case .open:
            self = .init(.closed(deadline: now.advanced(by: timeout)))
            return .reply(code)
        case .closing(let deadline):
            self = .init(.closed(deadline: deadline))
            return .finish
        case .closed(let deadline):
            self = .init(.closed(deadline: deadline))
            return .ignore
        case .expired:
            self = .init(.expired)
            return .ignore
        }
    }

    /// Time has passed; `expire` is returned once.
    package mutating func tick(at now: Instant) -> TickAction {
        switch consume state {
        case .open:
            self = .init(.open)
            return .wait
        case .closing(let deadline):
            self = .init(deadline <= now ? .expired : .closing(deadline: deadline))
            return deadline <= now ? .expire : .wait
        case .closed(let deadline):
            self = .init(deadline <= now ? .expired : .closed(deadline: deadline))
            return deadline <= now ? .expire : .wait
        case .expired:
            self = .init(.expired)
            return .wait
        }
    }

    /// A Close frame was sent or received: no message may be sent any more.
    package var hasBegun: Bool {
        switch state {
        case .open: false
        case .closing: true
        case .closed: true
        case .expired: true
        }
    }

    /// Nothing more is awaited from the peer.
    package var isOver: Bool {
        switch state {
        case .open: false
        case .closing: false
        case .closed: true
        case .expired: true
        }
    }

    /// When to `tick`; nil before the first Close frame and after the end.
    package var deadline: Instant? {
        switch state {
        case .closing(let deadline): deadline
        case .closed(let deadline): deadline
        case .open: nil
        case .expired: nil
        }
    }
}
