internal import Primitives

/// Which timeout of a transfer is running, as a pure state machine: events and instants in, the next deadline out.
struct TransferDeadlines: Equatable {
    private enum Phase: Equatable {
        /// Until the request can be written. Next: `waiting`, `ended`.
        case connecting
        /// The request is on its way; nothing came back yet. Next: `receiving`, `ended`.
        case waiting(since: Instant)
        /// Bytes come. Next: `receiving`, `ended`.
        case receiving(last: Instant)
        /// The answer is here, its consumer has not taken all of it. Terminal.
        case ended
    }

    private let start: Instant
    private let timeouts: HTTPTimeouts
    private var phase = Phase.connecting
    private var isHeld = false

    init(start: Instant, timeouts: HTTPTimeouts) {
        self.start = start
        self.timeouts = timeouts
    }

    var isConnecting: Bool { phase == .connecting }

    /// The connection is there. libcurl may say so again when it repeats the request on another one.
    mutating func connected(at now: Instant) {
        if case .connecting = phase { phase = .waiting(since: now) }
    }

    /// Bytes of the answer came.
    mutating func progressed(at now: Instant) {
        if phase != .ended { phase = .receiving(last: now) }
    }

    /// The consumer holds the transfer: the provider cannot be blamed for a gap.
    mutating func held() { isHeld = true }

    mutating func released(at now: Instant) {
        isHeld = false
        if case .receiving = phase { phase = .receiving(last: now) }
    }

    mutating func ended() { phase = .ended }

    /// When the first timeout ends, and which it is.
    var next: (deadline: Instant, timeout: TransportFailure.Timeout) {
        let total = start.advanced(by: timeouts.total)
        let other: (deadline: Instant, timeout: TransportFailure.Timeout)
        switch phase {
        case .connecting: other = (start.advanced(by: timeouts.connect), .connect)
        case .waiting(let since): other = (since.advanced(by: timeouts.firstByte), .firstByte)
        case .receiving where isHeld: return (total, .total)
        case .receiving(let last): other = (last.advanced(by: timeouts.idle), .idle)
        case .ended: return (total, .total)
        }
        return other.deadline < total ? other : (total, .total)
    }

    func expired(at now: Instant) -> TransportFailure.Timeout? {
        let (deadline, timeout) = next
        return deadline <= now ? timeout : nil
    }
}
