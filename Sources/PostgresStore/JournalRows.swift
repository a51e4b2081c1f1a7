internal import Domain
internal import JSON
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
        parameters.add(rows.map { $0.message.attachments.map { String(decoding: $0.bytes, as: UTF8.self) } })
        return parameters
    }
}

/// Rows of `pending_transactions` to insert or replace, by column: the last of each slip.
struct SlipRows {
    private struct Key: Hashable, Comparable {
        let session: Int64
        let transaction: String
        static func < (left: Key, right: Key) -> Bool {
            (left.session, left.transaction) < (right.session, right.transaction)
        }
    }
    private var rows: [Key: (address: SessionAddress, slip: SlipRow)] = [:]

    mutating func add(_ session: Int64, _ address: SessionAddress, _ slip: SlipRow) {
        rows[Key(session: session, transaction: slip.transaction)] = (address, slip)
    }

    var parameters: PostgresParameters? {
        if rows.isEmpty { return nil }
        let rows = rows.sorted { $0.key < $1.key }
        let slips = rows.map(\.value.slip)
        var parameters = PostgresParameters()
        parameters.add(rows.map(\.key.session))
        parameters.add(rows.map { Optional($0.key.transaction) })
        parameters.add(rows.map { Optional($0.value.address.tenant) })
        parameters.add(rows.map { Optional($0.value.address.id) })
        parameters.add(slips.map { $0.slip.map { String(decoding: $0, as: UTF8.self) } })
        parameters.add(slips.map(\.transRef))
        parameters.add(slips.map(\.bank))
        parameters.add(slips.map { $0.user.map { String(decoding: $0, as: UTF8.self) } })
        parameters.add(slips.map { Optional($0.status) })
        parameters.add(slips.map(\.satang))
        parameters.add(slips.map(\.senderAccount))
        parameters.add(slips.map(\.senderBank))
        parameters.add(slips.map(\.receiverAccount))
        parameters.add(slips.map { Optional($0.createdAt.storable) })
        parameters.add(slips.map(\.creditedAt?.storable))
        parameters.add(slips.map(\.reason))
        return parameters
    }
}

extension Timestamp {
    /// A slip's times come from outside, and one that PostgreSQL cannot hold would fail the flush. Its times end later than
    /// ours and begin in 4713 BC.
    var storable: Timestamp { max(self, Self.yearOne) }
    private static let yearOne = Timestamp(seconds: -62_135_596_800)
}

/// Rows of a projection that has one row a session, to insert or replace, by column: the last of each.
struct LatestRows<Row> {
    private var rows: [Int64: (address: SessionAddress, row: Row)] = [:]

    mutating func set(_ session: Int64, _ address: SessionAddress, _ row: Row) { rows[session] = (address, row) }

    /// The session, its tenant and its id, then what `add` makes of the rows.
    private func parameters(_ add: (inout PostgresParameters, [Row]) -> Void) -> PostgresParameters? {
        if rows.isEmpty { return nil }
        let rows = rows.sorted { $0.key < $1.key }
        var parameters = PostgresParameters()
        parameters.add(rows.map(\.key))
        parameters.add(rows.map { Optional($0.value.address.tenant) })
        parameters.add(rows.map { Optional($0.value.address.id) })
        add(&parameters, rows.map(\.value.row))
        return parameters
    }
}

/// `tbl_transaction`.
extension LatestRows<PaymentRow> {
    var parameters: PostgresParameters? {
        parameters { parameters, payments in
            parameters.add(payments.map { Optional($0.payer) })
            parameters.add(payments.map { Optional($0.purpose) })
            parameters.add(payments.map { Optional($0.method) })
            parameters.add(payments.map(\.amount.hundredths))
            parameters.add(payments.map { Optional($0.amount.currency.code) })
            parameters.add(payments.map(\.refunded.hundredths))
            parameters.add(payments.map { Optional($0.status) })
            parameters.add(payments.map(\.reason))
            parameters.add(payments.map(\.escrow))
            parameters.add(payments.map(\.order))
            parameters.add(payments.map(\.way))
            parameters.add(payments.map(\.charge))
            parameters.add(payments.map(\.transRef))
            parameters.add(payments.map(\.transferredAt?.storable))
            parameters.add(payments.map(\.expiresAt?.storable))
            parameters.add(payments.map { Optional($0.createdAt.storable) })
            parameters.add(payments.map { Optional($0.updatedAt.storable) })
        }
    }
}

/// `tbl_order`.
extension LatestRows<OrderRow> {
    var parameters: PostgresParameters? {
        parameters { parameters, orders in
            parameters.add(orders.map(\.branch))
            parameters.add(orders.map(\.payment))
            parameters.add(orders.map { Optional($0.customer) })
            parameters.add(orders.map(\.provider))
            parameters.add(orders.map(\.rider))
            parameters.add(orders.map { Optional($0.lifecycle) })
            parameters.add(orders.map { Optional($0.status) })
            parameters.add(orders.map { Optional($0.displayStatus) })
            parameters.add(orders.map { Optional(String(decoding: $0.state, as: UTF8.self)) })
            parameters.add(orders.map(\.offset))
            parameters.add(orders.map { Optional($0.createdAt.storable) })
            parameters.add(orders.map { Optional($0.updatedAt.storable) })
        }
    }
}

/// New rows of `gold_price`, by column.
struct GoldPriceRows {
    private var rows: [(session: Int64, address: SessionAddress, row: GoldPriceRow)] = []

    mutating func add(_ session: Int64, _ address: SessionAddress, _ row: GoldPriceRow) {
        rows.append((session, address, row))
    }

    var parameters: PostgresParameters? {
        if rows.isEmpty { return nil }
        let prices = rows.map(\.row.price)
        var parameters = PostgresParameters()
        parameters.add(rows.map(\.session))
        parameters.add(rows.map(\.row.offset))
        parameters.add(rows.map { Optional($0.address.tenant) })
        parameters.add(rows.map { Optional($0.address.id) })
        parameters.add(prices.map { Optional($0.id) })
        parameters.add(prices.map(\.round))
        parameters.add(prices.map(\.bar.buy.count))
        parameters.add(prices.map(\.bar.sell.count))
        parameters.add(prices.map(\.ornament.buy.count))
        parameters.add(prices.map(\.ornament.sell.count))
        parameters.add(prices.map(\.change.previous))
        parameters.add(prices.map(\.change.day))
        parameters.add(prices.map { Optional($0.announcedAt.storable) })
        parameters.add(rows.map { Optional($0.row.publishedAt.storable) })
        return parameters
    }
}

/// New rows of `outbox`, by column.
struct LetterRows {
    private var rows: [LetterRow] = []

    mutating func add(_ letter: LetterRow) { rows.append(letter) }

    var parameters: PostgresParameters? {
        if rows.isEmpty { return nil }
        var parameters = PostgresParameters()
        parameters.add(rows.map(\.place.stream))
        parameters.add(rows.map(\.place.offset))
        parameters.add(rows.map(\.place.index))
        parameters.add(rows.map { Optional($0.target.tenant) })
        parameters.add(rows.map { Optional($0.target.kind.rawValue) })
        parameters.add(rows.map { Optional($0.target.id) })
        parameters.add(rows.map { Optional($0.command) })
        parameters.add(rows.map { Optional($0.data) })
        parameters.add(rows.map { Optional($0.createdAt) })
        return parameters
    }
}

/// New entries of the ledger, by column.
struct PostingRows {
    private var rows: [(entry: JournalEntry, posting: LedgerPosting)] = []

    mutating func add(_ entry: JournalEntry, _ posting: LedgerPosting) { rows.append((entry, posting)) }

    var parameters: PostgresParameters? {
        if rows.isEmpty { return nil }
        var parameters = PostgresParameters()
        parameters.add(rows.map(\.entry.stream.id))
        parameters.add(rows.map { Optional($0.entry.address.tenant) })
        parameters.add(rows.map { Optional($0.posting.id) })
        parameters.add(rows.map { Optional($0.posting.from.text) })
        parameters.add(rows.map { Optional($0.posting.to.text) })
        parameters.add(rows.map { Optional($0.posting.amount.currency.code) })
        parameters.add(rows.map(\.posting.amount.hundredths))
        // When what it is posted for happened; the server's time where the entry has no record of that.
        parameters.add(rows.map(\.entry.records.last?.at.storable))
        return parameters
    }
}

/// Which sessions come into `unfinished_session`, and which leave it: the last word of each.
struct UnfinishedRows {
    private var rows: [Int64: Bool] = [:]

    mutating func set(_ session: Int64, _ isUnfinished: Bool) { rows[session] = isUnfinished }

    var inserted: PostgresParameters? { parameters(where: true) }
    var deleted: PostgresParameters? { parameters(where: false) }

    private func parameters(where isUnfinished: Bool) -> PostgresParameters? {
        if rows.isEmpty { return nil }
        let sessions = rows.filter { $0.value == isUnfinished }.keys.sorted()
        if sessions.isEmpty { return nil }
        var parameters = PostgresParameters()
        parameters.add(sessions)
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
