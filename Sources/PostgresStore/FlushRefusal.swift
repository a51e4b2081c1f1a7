/// What it means that the server refused a flush, by SQLSTATE (PostgreSQL manual, appendix A). The whole transaction
/// was rolled back.
enum FlushRefusal: Equatable {
    /// Another process owns these slots (`begin_flush`).
    case lostSlots(Set<Int16>)
    /// Another process claimed everything, or another connection took this journal over (`begin_flush`).
    case superseded
    /// Something in one of the entries: an offset or key that is taken, a value that the tables refuse, a wallet with less in it
    /// than is to be taken out.
    case content
    /// A lock, a deadlock, a timeout: the same may pass a moment later.
    case passing
    /// The server's own trouble (a full disk, no memory, a missing table): not for us to repeat.
    case server

    init(_ error: PostgresError) {
        switch (error.sqlClass, error.sqlState) {
        case (_, "SA001"):
            self = .lostSlots(Set((error.detail ?? "").split(separator: ",").compactMap { Int16($0) }))
        case (_, "SA002"): self = .superseded
        // `post_ledger`: a wallet would go below zero; the id is another posting's.
        case (_, "SA004"), (_, "SA005"): self = .content
        // Integrity, data, limits of the program (an index row too large).
        case ("23", _), ("22", _), ("54", _): self = .content
        // Rollbacks by the server, locks not available, cancelled by a timeout.
        case ("40", _), (_, "55P03"), (_, "57014"): self = .passing
        default: self = .server
        }
    }
}
