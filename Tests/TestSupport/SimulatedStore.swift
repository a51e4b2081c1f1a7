package import Domain
package import Ports
package import Primitives

/// What is durable in a simulation: it outlives the journals that write to it, as a database outlives a server.
package final class SimulatedStore: @unchecked Sendable {
    /// All that is kept of one session.
    package struct Record: Sendable {
        package let stream: StreamIdentity
        package var log: [LogRecord] = []
        package var answers: [StoredAnswer] = []
        package var checkpoints: [CheckpointRow] = []
        package var openReplies: [OpenReplyRow] = []
        package var conversation: ConversationRow?
        package var messages: [MessageRow] = []
        package var usage: [UsageRow] = []
        /// By transaction.
        package var slips: [String: SlipRow] = [:]
        package var payment: PaymentRow?
        package var order: OrderRow?
        package var goldPrices: [GoldPriceRow] = []
        package var postings: [LedgerPosting] = []
        package var isUnfinished = false
    }

    package struct Tombstone: Sendable, Equatable {
        package let offset: Int64
        package let keyDigest: [UInt8]?
    }

    package private(set) var records: [SessionAddress: Record] = [:]
    package private(set) var tombstones: [SessionAddress: Tombstone] = [:]
    /// The outbox.
    package private(set) var letters: [LetterPlace: LetterRow] = [:]
    private var nextStream: Int64 = 1
    /// The ledger: of all sessions, erased ones included.
    private var postings: [PostingKey: LedgerPosting] = [:]
    private var wallets: [Wallet: Int64] = [:]

    private struct PostingKey: Hashable {
        let tenant: String
        let id: String
    }

    private struct Wallet: Hashable {
        let tenant: String
        let subject: String
        let currency: Currency
    }

    package init() {}

    /// Stands for SHA-256: any stable digest will do here.
    package static func digest(_ bytes: [UInt8]) -> [UInt8] { bytes.reversed() + [0x23] }

    package func reserve() -> StreamIdentity {
        defer { nextStream += 1 }
        return StreamIdentity(id: nextStream, epoch: "e\(nextStream)")
    }

    /// Changes a record behind the server's back, for tests of what another process left.
    package func amend(_ address: SessionAddress, _ change: (inout Record) -> Void) {
        guard var record = records[address] else { return }
        change(&record)
        records[address] = record
    }

    /// The activity logs of all tenants.
    package private(set) var activities: [ActivityRow] = []

    package func record(_ activity: ActivityRow) { activities.append(activity) }

    /// How many went.
    package func forgetActivities(before: Timestamp) -> Int {
        let count = activities.count
        activities.removeAll { $0.at < before }
        return count - activities.count
    }

    /// What is in the wallet, in hundredths.
    package func balance(tenant: String, subject: String, _ currency: Currency) -> Int64 {
        wallets[Wallet(tenant: tenant, subject: subject, currency: currency), default: 0]
    }

    /// Writes the entry whole, or says why nothing of it was written.
    package func commit(_ entry: JournalEntry) -> StoreFailure? {
        guard tombstones[entry.address] == nil else { return .conflict }
        var record: Record
        if entry.createsStream {
            guard records[entry.address] == nil else { return .conflict }
            record = Record(stream: entry.stream)
        } else {
            guard let existing = records[entry.address], existing.stream == entry.stream else { return .conflict }
            record = existing
        }
        for event in entry.records {
            guard event.offset == (record.log.last?.offset ?? 0) + 1 else { return .conflict }
            record.log.append(event)
        }
        if let answer = entry.answer {
            guard !record.answers.contains(where: { $0.key == answer.key }) else { return .conflict }
            record.answers.append(answer)
        }
        // Postings stay when their session is erased, and may be refused: they come first.
        guard let posted = post(entry) else { return .conflict }
        record.postings += posted
        for case .activity(let row) in entry.changes { activities.append(row) }
        for change in entry.changes {
            if case .erase(let offset, let key) = change {
                records[entry.address] = nil
                letters = letters.filter { $0.value.target != entry.address }
                tombstones[entry.address] = Tombstone(
                    offset: offset, keyDigest: key.map { Self.digest(Array($0.utf8)) })
                return nil
            }
            record.apply(change)
        }
        for case .letter(let letter) in entry.changes { letters[letter.place] = letter }
        records[entry.address] = record
        return nil
    }

    /// Returns those of the entry's postings that are new; nil, and nothing is posted, when one of them has the id of another
    /// posting, moves nothing, or the entry would take a wallet below zero.
    private func post(_ entry: JournalEntry) -> [LedgerPosting]? {
        let tenant = entry.address.tenant
        var (postings, wallets) = (postings, wallets)
        var new: [LedgerPosting] = []
        func move(_ account: LedgerAccount, by change: Int64, _ currency: Currency) {
            guard case .wallet(let subject) = account else { return }
            wallets[Wallet(tenant: tenant, subject: subject, currency: currency), default: 0] += change
        }
        for case .posting(let posting) in entry.changes {
            let key = PostingKey(tenant: tenant, id: posting.id)
            if let present = postings[key] {
                guard present == posting else { return nil }
                continue
            }
            guard !posting.amount.isZero, posting.from != posting.to else { return nil }
            postings[key] = posting
            new.append(posting)
            move(posting.from, by: -posting.amount.hundredths, posting.amount.currency)
            move(posting.to, by: posting.amount.hundredths, posting.amount.currency)
        }
        guard new.isEmpty || wallets.values.allSatisfy({ (0...Money.maxHundredths).contains($0) }) else { return nil }
        (self.postings, self.wallets) = (postings, wallets)
        return new
    }

    package func load(_ address: SessionAddress) -> LoadedSession {
        if let tombstone = tombstones[address] {
            return .erased(offset: tombstone.offset, keyDigest: tombstone.keyDigest)
        }
        guard let record = records[address] else { return .absent(identity: reserve()) }
        let newest = record.checkpoints.map(\.offset).max()
        let checkpoint = record.checkpoints.last { $0.offset == newest }
        return .present(
            StoredSession(
                stream: record.stream, checkpoint: checkpoint,
                tail: record.log.filter { $0.offset > checkpoint?.offset ?? 0 },
                answers: Array(record.answers.reversed().prefix(loadedAnswerLimit)),
                openReply: record.openReplies.last))
    }

    package func letterPage(after place: LetterPlace?, limit: Int) -> LetterPage {
        let page = letters.values.filter { letter in place.map { $0 < letter.place } ?? true }
            .sorted { $0.place < $1.place }.prefix(limit)
        return LetterPage(letters: Array(page), next: page.count < limit ? nil : page.last?.place)
    }

    package func remove(_ places: [LetterPlace]) { for place in places { letters[place] = nil } }

    package func record(of stream: StreamIdentity) -> Record? { records.values.first { $0.stream == stream } }

    package var unfinished: [SessionAddress] {
        records.filter { !$0.value.openReplies.isEmpty || $0.value.isUnfinished }.map(\.key).sorted {
            $0.path < $1.path
        }
    }
}

extension SimulatedStore.Record {
    fileprivate mutating func apply(_ change: StoredChange) {
        switch change {
        case .conversation(let row): conversation = row
        case .message(let row): messages.append(row)
        case .openReply(let row):
            openReplies.removeAll { $0.reply == row.reply }
            openReplies.append(row)
        case .closeReply(let reply): openReplies.removeAll { $0.reply == reply }
        case .usage(let row): usage.append(row)
        case .checkpoint(let row): checkpoints = checkpoints.suffix(1) + [row]
        case .slip(let row): slips[row.transaction] = row
        case .payment(let row): payment = row
        case .order(let row): order = row
        case .goldPrice(let row): goldPrices.append(row)
        case .unfinished(let flag): isUnfinished = flag
        case .letter, .posting, .erase, .activity: break
        }
    }
}
