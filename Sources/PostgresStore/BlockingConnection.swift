internal import CPostgres
internal import Primitives

/// A connection for what runs before the loops do: migrations, the claim of ownership, the private cluster's first
/// database. Every call blocks its thread; never used on a loop.
final class BlockingConnection {
    private let handle: OpaquePointer

    /// - Throws: `.unavailable` when the server is not there within `connectTimeout`.
    init(_ configuration: PostgresConfiguration, statementTimeout: Duration) throws(PostgresFailure) {
        let connectSeconds = max(2, configuration.connectTimeout.components.seconds)
        let milliseconds = statementTimeout.wholeMillisecondsRoundedUp
        let pairs = [
            ("dbname", configuration.conninfo.reveal()), ("application_name", configuration.applicationName),
            ("connect_timeout", "\(connectSeconds)"), ("client_encoding", "UTF8"),
            ("options", "-c statement_timeout=\(milliseconds) -c synchronous_commit=on -c client_min_messages=error"),
        ]
        let connection = withCStrings(pairs.map(\.0)) { keywords in
            withCStrings(pairs.map(\.1)) { values in PQconnectdbParams(keywords, values, 1) }
        }
        guard let connection else { throw .unavailable }
        handle = connection
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        guard PQstatus(handle) == CONNECTION_OK else { throw .unavailable }
    }

    deinit { PQfinish(handle) }

    /// Runs any number of statements without parameters; unless the text says otherwise, they are one transaction.
    func execute(_ sql: String) throws(PostgresFailure) {
        _ = try check(PQexec(handle, sql))
    }

    /// Runs one statement.
    func query(
        _ sql: String, _ parameters: PostgresParameters = PostgresParameters()
    ) throws(PostgresFailure) -> PostgresResult {
        let raw = parameters.withPointers { values, lengths, formats in
            PQexecParams(handle, sql, Int32(clamping: parameters.count), nil, values, lengths, formats, 1)
        }
        return try check(raw)
    }

    private func check(_ raw: OpaquePointer?) throws(PostgresFailure) -> PostgresResult {
        guard let raw else { throw .lost }
        let result = PostgresResult(owning: raw)
        switch PQresultStatus(raw) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK: return result
        default:
            guard PQstatus(handle) == CONNECTION_OK else { throw .lost }
            throw .rejected(PostgresError(refusal: raw))
        }
    }
}

extension PostgresError {
    /// Reads libpq's error result: the codes are PG_DIAG_SQLSTATE, …_CONSTRAINT_NAME and …_MESSAGE_DETAIL of
    /// postgres_ext.h.
    init(refusal result: OpaquePointer) {
        func field(_ code: Character) -> String? {
            code.asciiValue.flatMap { PQresultErrorField(result, Int32($0)) }.map { String(cString: $0) }
        }
        let sqlState = field("C") ?? "XX000"
        self.init(
            sqlState: sqlState, constraint: field("n"), detail: sqlState.hasPrefix("SA") ? field("D") : nil)
    }
}
