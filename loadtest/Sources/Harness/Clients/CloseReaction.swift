/// What a close code makes a client do (Protocol/close-codes.json), also one that it does not know.
enum CloseReaction: Equatable {
    case reconnect
    /// Longer.
    case wait
    /// A new token is needed, or a person.
    case stop

    /// Nil: the connection broke without a Close frame.
    init(_ code: UInt16?) {
        switch code {
        case nil, 1000, 1001, 1006, 1011, 1012: self = .reconnect
        case 1013: self = .wait
        case .some(4000...4099): self = .reconnect
        case .some(4100...4199): self = .wait
        default: self = .stop
        }
    }
}
