internal import Domain
internal import Ports
internal import Primitives

/// New rows of `session`, by column.
struct SessionRows {
    private var entries: [(entry: JournalEntry, slot: Int16)] = []

    mutating func add(_ entry: JournalEntry, _ slot: Int16) { entries.append((entry, slot)) }

    /// Nil when there are none, as in all of these.
    var parameters: PostgresParameters? {
        if entries.isEmpty { return nil }
        var parameters = PostgresParameters()
        parameters.add(entries.map(\.entry.stream.id))
        parameters.add(entries.map { Optional($0.entry.address.tenant) })
        parameters.add(entries.map { Optional($0.entry.address.kind.rawValue) })
        parameters.add(entries.map { Optional($0.entry.address.id) })
        parameters.add(entries.map(\.slot))
        parameters.add(entries.map { Optional($0.entry.stream.epoch) })
        return parameters
    }
}

/// New rows of `log`, by column.
struct RecordRows {
    private var rows: [(session: Int64, record: LogRecord, fence: Int64)] = []

    mutating func add(_ session: Int64, _ record: LogRecord, _ fence: Int64) { rows.append((session, record, fence)) }

    var parameters: PostgresParameters? {
        if rows.isEmpty { return nil }
        var parameters = PostgresParameters()
        parameters.add(rows.map(\.session))
        parameters.add(rows.map(\.record.offset))
        parameters.add(rows.map { Optional($0.record.name) })
        parameters.add(rows.map { Optional($0.record.at) })
        parameters.add(rows.map(\.fence))
        parameters.add(rows.map { Optional($0.record.data) })
        return parameters
    }
}

/// New rows of `command_answer`, by column.
struct AnswerRows {
    private var rows: [(session: Int64, answer: StoredAnswer)] = []

    mutating func add(_ session: Int64, _ answer: StoredAnswer) { rows.append((session, answer)) }

    var parameters: PostgresParameters? {
        if rows.isEmpty { return nil }
        var parameters = PostgresParameters()
        parameters.add(rows.map(\.session))
        parameters.add(rows.map { Optional(Array($0.answer.key.utf8)) })
        parameters.add(rows.map { Optional($0.answer.fingerprint) })
        parameters.add(rows.map(\.answer.offset))
        parameters.add(rows.map { Optional($0.answer.body) })
        return parameters
    }
}

/// New rows of `message`, by column.
struct MessageRows {
    private var rows: [(session: Int64, message: MessageRow)] = []

    mutating func add(_ session: Int64, _ message: MessageRow) { rows.append((session, message)) }

    var parameters: PostgresParameters? {
        if rows.isEmpty { return nil }
        var parameters = PostgresParameters()
        parameters.add(rows.map(\.session))
        parameters.add(rows.map(\.message.offset))
        parameters.add(rows.map { Optional($0.message.id) })
        parameters.add(rows.map { Optional($0.message.role) })
        parameters.add(rows.map { Optional($0.message.author) })
        parameters.add(rows.map { Optional($0.message.text) })
        parameters.add(rows.map { Optional($0.message.at) })
        return parameters
    }
}

/// New rows of `usage`, by column.
struct UsageRows {
    private var rows: [(session: Int64, usage: UsageRow)] = []

    mutating func add(_ session: Int64, _ usage: UsageRow) { rows.append((session, usage)) }

    var parameters: PostgresParameters? {
        if rows.isEmpty { return nil }
        var parameters = PostgresParameters()
        parameters.add(rows.map(\.session))
        parameters.add(rows.map { Optional($0.usage.reply) })
        parameters.add(rows.map { Optional($0.usage.provider) })
        parameters.add(rows.map { Optional($0.usage.model) })
        parameters.add(rows.map(\.usage.inputTokens))
        parameters.add(rows.map(\.usage.outputTokens))
        parameters.add(rows.map { Optional($0.usage.outcome) })
        parameters.add(rows.map { Optional($0.usage.at) })
        return parameters
    }
}
