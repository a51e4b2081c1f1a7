internal import Ports

/// What the server said no to. Carries no text of the server's: it may quote values.
package struct PostgresError: Error, Sendable, Equatable {
    /// Five characters (PostgreSQL manual, appendix A); ours are `SA001` to `SA006`.
    package let sqlState: String
    /// The violated constraint, when there is one.
    package let constraint: String?
    /// Only for our own states, where we wrote it.
    package let detail: String?

    package init(sqlState: String, constraint: String? = nil, detail: String? = nil) {
        self.sqlState = sqlState
        self.constraint = constraint
        self.detail = detail
    }

    /// The SQLSTATE's first two characters.
    var sqlClass: String { String(sqlState.prefix(2)) }
}

/// How a round trip failed.
package enum PostgresFailure: Error, Sendable, Equatable {
    /// The server refused a statement and rolled the whole batch back; the connection goes on.
    case rejected(PostgresError)
    /// It was sent, then the connection or the time ran out: it may have been committed, or yet be.
    case lost
    /// It was never sent.
    case unavailable
    /// Too many wait for a connection; it was never sent.
    case overloaded

    /// What a read that failed so means to the caller of a port.
    var forRead: StoreFailure {
        switch self {
        case .overloaded: .overloaded
        case .rejected, .lost, .unavailable: .unavailable
        }
    }
}

extension Result where Success == [PostgresResult], Failure == PostgresFailure {
    /// What a read of one statement answers: its rows as `body` reads them.
    func decoded<Value>(
        _ body: (PostgresResult) throws(PostgresDecodingFailure) -> Value
    ) -> Result<Value, StoreFailure> {
        switch self {
        case .failure(let failure): return .failure(failure.forRead)
        case .success(let results):
            guard let result = results.first else { return .failure(.corrupt) }
            do throws(PostgresDecodingFailure) { return .success(try body(result)) } catch { return .failure(.corrupt) }
        }
    }
}
