/// What a connection is doing and may do next, apart from libpq: one batch at a time, no way back from `failed`.
struct PostgresConnectionState: Equatable {
    enum Phase: Equatable {
        /// The attempt runs. Next: `ready`, `failed`.
        case connecting
        /// Nothing is in flight. Next: `busy`, `failed`.
        case ready
        /// One batch is in flight. Next: `ready`, `draining`, `failed`.
        case busy
        /// One batch is in flight, and after it the connection closes. Next: `failed`.
        case draining
        /// Closed. Terminal.
        case failed
    }

    private(set) var phase = Phase.connecting

    enum EstablishAction: Equatable { case announce, ignore }

    /// The server is ready for queries.
    mutating func establish() -> EstablishAction {
        switch phase {
        case .connecting:
            phase = .ready
            return .announce
        case .ready, .busy, .draining, .failed: return .ignore
        }
    }

    enum SubmitAction: Equatable { case send, refuse }

    /// A batch is to be sent.
    mutating func submit() -> SubmitAction {
        switch phase {
        case .ready:
            phase = .busy
            return .send
        case .connecting, .busy, .draining, .failed: return .refuse
        }
    }

    enum FinishAction: Equatable { case complete, completeThenClose, ignore }

    /// The batch's last result is here.
    mutating func finishBatch() -> FinishAction {
        switch phase {
        case .busy:
            phase = .ready
            return .complete
        case .draining:
            phase = .failed
            return .completeThenClose
        case .connecting, .ready, .failed: return .ignore
        }
    }

    enum DrainAction: Equatable { case close, wait, ignore }

    /// No new batch; close when the one in flight is done.
    mutating func drain() -> DrainAction {
        switch phase {
        case .connecting, .ready:
            phase = .failed
            return .close
        case .busy:
            phase = .draining
            return .wait
        case .draining: return .wait
        case .failed: return .ignore
        }
    }

    enum FailAction: Equatable {
        /// The attempt came to nothing.
        case close
        /// The batch in flight may or may not have been carried out.
        case closeAndReportLoss
        case ignore
    }

    /// The connection broke, or a deadline passed.
    mutating func fail() -> FailAction {
        switch phase {
        case .connecting, .ready:
            phase = .failed
            return .close
        case .busy, .draining:
            phase = .failed
            return .closeAndReportLoss
        case .failed: return .ignore
        }
    }
}
