package import Primitives

/// The closing handshake of one connection (RFC 6455 §7.1).
package struct ClosingHandshake: Sendable {
    private enum State: Sendable {
        /// Neither side has sent a Close frame. Next: `closing`, `closed`.
        case open
        /// Ours is sent; the peer's is awaited until `deadline`. Next: `closed`.
        case closing(deadline: Instant)
        /// Both were seen. Terminal.
        case closed
    }

    package enum ReceiveCloseAction: Equatable, Sendable {
        /// Answer with the same code, then end the connection.
        case reply
        /// The handshake is complete: end the connection.
        case finish
        case ignore
    }

    private var state = State.open

    package init() {}

    /// A Close frame was sent or received.
    package var hasBegun: Bool { if case .open = state { false } else { true } }
    package var hasReceivedClose: Bool { if case .closed = state { true } else { false } }

    /// When an unanswered Close ends the connection all the same.
    package var deadline: Instant? { if case .closing(let deadline) = state { deadline } else { nil } }

    package mutating func sendClose(at now: Instant, timeout: Duration) {
        if case .open = state { state = .closing(deadline: now.advanced(by: timeout)) }
    }

    package mutating func receiveClose() -> ReceiveCloseAction {
        defer { state = .closed }
        switch state {
        case .open: return .reply
        case .closing: return .finish
        case .closed: return .ignore
        }
    }
}
