internal import Domain
internal import Ports

/// The rows of one flight, table by table, and the batch of statements that writes them.
///
/// What replaces a row (a conversation, a slip, a payment, an order, an open reply, a checkpoint) is folded: only the last of a flight
/// is written, as one statement may touch a row once.
struct JournalFlush {
    private var slots: [Int16: Int64] = [:]
    private var sessions = SessionRows()
    private var records = RecordRows()
    private var answers = AnswerRows()
    private var messages = MessageRows()
    private var usage = UsageRows()
    private var slips = SlipRows()
    private var payments = LatestRows<PaymentRow>()
    private var orders = LatestRows<OrderRow>()
    private var goldPrices = GoldPriceRows()
    private var letters = LetterRows()
    private var postings = PostingRows()
    private var unfinished = UnfinishedRows()
    private var activities = ActivityRows()
    private var conversations: [Int64: (entry: JournalEntry, row: ConversationRow)] = [:]
    private var openReplies: [ReplyKey: String?] = [:]
    private var checkpoints: [Int64: CheckpointRow] = [:]
    private var erasures: [PostgresParameters] = []

    private struct ReplyKey: Hashable, Comparable {
        let session: Int64
        let reply: String
        static func < (left: ReplyKey, right: ReplyKey) -> Bool {
            (left.session, left.reply) < (right.session, right.reply)
        }
    }

    init(_ flight: JournalFlight, _ ownership: Ownership) {
        for pending in flight.entries { add(pending, fence: ownership.epoch(of: pending.slot)) }
    }

    // MARK: Rows

    private mutating func add(_ pending: PendingEntry, fence: Int64) {
        slots[pending.slot] = fence
        let entry = pending.entry
        let session = entry.stream.id
        for case .posting(let posting) in entry.changes { postings.add(entry, posting) }
        for case .activity(let row) in entry.changes { activities.add(entry.address.tenant, row) }
        // An erasure leaves nothing but what was posted and that it was done, so nothing is written before it: not even the record that tells of it.
        for case .erase(let offset, let key) in entry.changes {
            return erasures.append(Self.erasure(entry, offset, key))
        }
        if entry.createsStream { sessions.add(entry, pending.slot) }
        for record in entry.records { records.add(session, record, fence) }
        if let answer = entry.answer { answers.add(session, answer) }
        for change in entry.changes { add(change, entry, session) }
    }

    private mutating func add(_ change: StoredChange, _ entry: JournalEntry, _ session: Int64) {
        switch change {
        case .conversation(let row): conversations[session] = (entry, row)
        case .message(let row): messages.add(session, row)
        case .openReply(let row): openReplies[ReplyKey(session: session, reply: row.reply)] = .some(row.text)
        case .closeReply(let reply): openReplies[ReplyKey(session: session, reply: reply)] = .some(nil)
        case .usage(let row): usage.add(session, row)
        case .checkpoint(let row):
            // One of what was committed does not take the place of one that was written with what is newer.
            if let known = checkpoints[session], known.offset > row.offset { break }
            checkpoints[session] = row
        case .slip(let row): slips.add(session, entry.address, row)
        case .payment(let row): payments.set(session, entry.address, row)
        case .order(let row): orders.set(session, entry.address, row)
        case .goldPrice(let row): goldPrices.add(session, entry.address, row)
        case .letter(let row): letters.add(row)
        case .posting, .activity: break
        case .unfinished(let isUnfinished): unfinished.set(session, isUnfinished)
        case .erase: break
        }
    }

    private static func erasure(_ entry: JournalEntry, _ offset: Int64, _ key: String?) -> PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(entry.stream.id)
        parameters.add(entry.address.tenant)
        parameters.add(entry.address.kind.rawValue)
        parameters.add(entry.address.id)
        parameters.add(offset)
        parameters.add(key.map { Array($0.utf8) })
        return parameters
    }

    // MARK: Statements

    /// The whole transaction: the fence, then each table that has rows, in an order that is the same in every flush.
    func batch(writer: Int64, generation: Int64, flush: Int64) -> PostgresBatch {
        var batch = PostgresBatch()
        batch.add(JournalStatements.begin, fence(writer, generation, flush))
        if let parameters = sessions.parameters { batch.add(JournalStatements.insertSessions, parameters) }
        if let parameters = records.parameters { batch.add(JournalStatements.insertRecords, parameters) }
        if let parameters = answers.parameters { batch.add(JournalStatements.insertAnswers, parameters) }
        if !conversations.isEmpty { batch.add(JournalStatements.upsertConversations, conversationParameters()) }
        if let parameters = messages.parameters { batch.add(JournalStatements.insertMessages, parameters) }
        addOpenReplies(to: &batch)
        if let parameters = usage.parameters { batch.add(JournalStatements.insertUsage, parameters) }
        if let parameters = slips.parameters { batch.add(JournalStatements.upsertSlips, parameters) }
        if let parameters = payments.parameters { batch.add(JournalStatements.upsertPayments, parameters) }
        if let parameters = orders.parameters { batch.add(JournalStatements.upsertOrders, parameters) }
        if let parameters = goldPrices.parameters { batch.add(JournalStatements.insertGoldPrices, parameters) }
        if let parameters = letters.parameters { batch.add(JournalStatements.insertLetters, parameters) }
        if let parameters = unfinished.inserted { batch.add(JournalStatements.insertUnfinished, parameters) }
        if let parameters = unfinished.deleted { batch.add(JournalStatements.deleteUnfinished, parameters) }
        if !checkpoints.isEmpty { batch.add(JournalStatements.upsertCheckpoints, checkpointParameters()) }
        for parameters in erasures { batch.add(JournalStatements.erase, parameters) }
        if let parameters = activities.parameters { batch.add(ActivityRows.insert, parameters) }
        // Last, because other journals wait for the wallets' rows from here to the commit.
        if let parameters = postings.parameters { batch.add(JournalStatements.post, parameters) }
        return batch
    }

    private func fence(_ writer: Int64, _ generation: Int64, _ flush: Int64) -> PostgresParameters {
        let held = slots.sorted { $0.key < $1.key }
        var parameters = PostgresParameters()
        parameters.add(writer)
        parameters.add(generation)
        parameters.add(flush)
        parameters.add(held.map(\.key))
        parameters.add(held.map(\.value))
        return parameters
    }

    private func conversationParameters() -> PostgresParameters {
        let rows = conversations.sorted { $0.key < $1.key }
        var participants: [String?] = []
        var first: [Int32] = []
        var last: [Int32] = []
        for (_, value) in rows {
            first.append(Int32(clamping: participants.count + 1))
            participants += value.row.participants.map(Optional.some)
            last.append(Int32(clamping: participants.count))
        }
        var parameters = PostgresParameters()
        parameters.add(rows.map(\.key))
        parameters.add(rows.map { Optional($0.value.entry.address.tenant) })
        parameters.add(rows.map { Optional($0.value.entry.address.id) })
        parameters.add(rows.map { Optional($0.value.row.owner) })
        parameters.add(first)
        parameters.add(last)
        parameters.add(rows.map(\.value.row.title))
        parameters.add(rows.map(\.value.row.isArchived))
        parameters.add(rows.map { Optional($0.value.row.createdAt) })
        parameters.add(rows.map(\.value.row.lastMessageAt))
        parameters.add(rows.map(\.value.row.preview))
        parameters.add(rows.map(\.value.row.messageCount))
        parameters.add(participants)
        addPeople(rows.map(\.value.row.people), to: &parameters)
        return parameters
    }

    private func addPeople(_ rows: [PeopleRow?], to parameters: inout PostgresParameters) {
        var readers: [PeopleRow.Reader] = []
        var first: [Int32] = []
        var last: [Int32] = []
        for row in rows {
            first.append(Int32(clamping: readers.count + 1))
            readers += row?.readers ?? []
            last.append(Int32(clamping: readers.count))
        }
        parameters.add(rows.map { $0?.booking })
        parameters.add(rows.map { $0?.last?.author })
        parameters.add(rows.map { $0?.last?.kind })
        parameters.add(rows.map { $0?.last?.offset })
        parameters.add(first)
        parameters.add(last)
        parameters.add(readers.map { Optional($0.subject) })
        parameters.add(readers.map(\.read))
        parameters.add(readers.map(\.unread))
    }

    private func addOpenReplies(to batch: inout PostgresBatch) {
        let replies = openReplies.sorted { $0.key < $1.key }
        let open = replies.filter { $0.value != nil }
        let closed = replies.filter { $0.value == nil }
        if !open.isEmpty {
            var parameters = PostgresParameters()
            parameters.add(open.map(\.key.session))
            parameters.add(open.map { Optional($0.key.reply) })
            parameters.add(open.map(\.value))
            batch.add(JournalStatements.upsertOpenReplies, parameters)
        }
        if !closed.isEmpty {
            var parameters = PostgresParameters()
            parameters.add(closed.map(\.key.session))
            parameters.add(closed.map { Optional($0.key.reply) })
            batch.add(JournalStatements.deleteOpenReplies, parameters)
        }
    }

    private func checkpointParameters() -> PostgresParameters {
        let rows = checkpoints.sorted { $0.key < $1.key }
        var parameters = PostgresParameters()
        parameters.add(rows.map(\.key))
        parameters.add(rows.map(\.value.offset))
        parameters.add(rows.map(\.value.format))
        parameters.add(rows.map { Int64($0.value.crc) })
        parameters.add(rows.map { Optional($0.value.state) })
        return parameters
    }
}

extension CheckpointRow {
    /// Over everything that the row says, so that a state under a wrong offset is a damaged one, too.
    var crc: UInt32 { Checksum.crc32(Array("\(offset)/\(format)/".utf8) + state) }
}
