/// A statement that a connection prepares when it first needs it. Parameters carry their types as casts in the text
/// (`$1::int8`), because they travel in binary form.
struct PostgresStatement: Sendable {
    /// Unique among all statements of the process: it is the prepared statement's name.
    let name: String
    let sql: String

    init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
    }
}

/// Statements that make one round trip and one transaction: all of them, or none.
struct PostgresBatch {
    private(set) var steps: [(statement: PostgresStatement, parameters: PostgresParameters)] = []

    init() {}

    init(_ statement: PostgresStatement, _ parameters: PostgresParameters = PostgresParameters()) {
        add(statement, parameters)
    }

    mutating func add(_ statement: PostgresStatement, _ parameters: PostgresParameters = PostgresParameters()) {
        steps.append((statement, parameters))
    }
}
