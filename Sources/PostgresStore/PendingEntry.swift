internal import Domain
internal import JSON
internal import Ports

/// An entry on its way into the store, with what its caller waits for.
final class PendingEntry {
    let entry: JournalEntry
    let completion: (StoreFailure?) -> Void
    let byteCount: Int
    let slot: Int16

    init(_ entry: JournalEntry, _ completion: @escaping (StoreFailure?) -> Void) {
        self.entry = entry
        self.completion = completion
        byteCount = entry.byteCount
        slot = Ownership.slot(of: entry.address)
    }

    var stream: Int64 { entry.stream.id }

    /// What it counts for in a flush's limit; an entry without records still has rows.
    var weight: Int { max(1, entry.records.count) }

    /// Nothing of its session may follow in the same flush: the erasure comes last there.
    var erases: Bool {
        entry.changes.contains { if case .erase = $0 { true } else { false } }
    }
}

extension JournalEntry {
    /// About what it costs to hold and to send.
    var byteCount: Int {
        var count = 128 + address.tenant.utf8.count + address.id.utf8.count
        for record in records { count += 64 + record.name.utf8.count + record.data.count }
        if let answer { count += 64 + answer.key.utf8.count + answer.fingerprint.count + answer.body.count }
        for change in changes { count += 64 + change.byteCount }
        return count
    }

    /// Consecutive offsets, from 1 up.
    var hasConsecutiveOffsets: Bool {
        guard let first = records.first else { return true }
        return first.offset > 0 && zip(records, records.dropFirst()).allSatisfy { $1.offset == $0.offset &+ 1 }
    }
}

extension StoredChange {
    fileprivate var byteCount: Int {
        switch self {
        case .conversation(let row):
            row.owner.utf8.count + row.participants.reduce(0) { $0 + $1.utf8.count + 8 }
                + (row.title?.utf8.count ?? 0) + (row.preview?.utf8.count ?? 0)
                + (row.people?.readers.reduce(0) { $0 + $1.subject.utf8.count + 24 } ?? 0)
        case .message(let row):
            row.id.utf8.count + row.author.utf8.count + row.text.utf8.count + (row.attachments?.bytes.count ?? 0)
        case .openReply(let row): row.reply.utf8.count + row.text.utf8.count
        case .closeReply(let reply): reply.utf8.count
        case .usage(let row): row.reply.utf8.count + row.provider.utf8.count + row.model.utf8.count
        case .checkpoint(let row): row.state.count
        case .slip(let row): row.transaction.utf8.count + (row.slip?.count ?? 0) + (row.user?.count ?? 0)
        case .payment(let row): row.payer.utf8.count + (row.order?.utf8.count ?? 0) + (row.charge?.utf8.count ?? 0)
        case .order(let row): row.id.utf8.count + row.customer.utf8.count + row.state.count
        case .goldPrice(let row): row.price.id.utf8.count + 96
        case .posting(let posting):
            posting.id.utf8.count + posting.from.text.utf8.count + posting.to.text.utf8.count
        case .letter(let row): row.target.id.utf8.count + row.command.utf8.count + row.data.count
        case .unfinished: 0
        case .activity(let row): row.subject.utf8.count + (row.entity?.utf8.count ?? 0) + 128
        case .erase(_, let key): key?.utf8.count ?? 0
        }
    }
}
