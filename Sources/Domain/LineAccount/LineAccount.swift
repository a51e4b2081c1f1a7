package import JSON
package import Primitives

/// What a LINE Official Account's session is made with (`PUT /v1/sessions/line-oa/{id}`).
package struct LineAccountFacts: Sendable, Equatable {
    package var name: String

    package static let maxNameCharacters = 120

    package init(name: String) { self.name = name }

    /// Reads the body of the `PUT`. Unknown members are ignored.
    package init(json: JSONValue) throws(FaultReason) {
        guard let name = json["name"]?.string, (1...Self.maxNameCharacters).contains(name.count),
            name.utf8.count <= Self.maxNameCharacters * 16
        else { throw .invalid("name has 1 to \(Self.maxNameCharacters) characters") }
        self.name = name
    }
}

/// The administrator's session at the tenant's back end, as far as its answers tell.
package enum AdminSession: Sendable, Equatable {
    case active(username: String?)
    case expired(since: Timestamp)
}

/// The committed state of one LINE Official Account: slips on their way, what was told of them, and today's counts.
package struct LineAccount: SessionMachine {
    package typealias Event = LineAccountEvent
    package typealias Effect = LineAccountEffect
    package typealias Outcome = LineAccountOutcome
    package typealias Live = LineAccountLive

    package static let kind = SessionKind.lineAccount
    package static let checkpointFormat: Int16 = 1
    /// Slips that are not terminal, those in review included. The next webhook is refused as busy, and LINE sends it again.
    package static let maxOpenSlips = 2_048
    /// Of one user, so that nobody alone can hold up the account. The next one fails as `tooMany`, and its user is told.
    package static let maxOpenSlipsPerUser = 50
    /// Terminal slips that stay in memory with nothing left to do; the log keeps all.
    package static let maxFinishedSlips = 100
    /// Slips of a snapshot, newest first; `hasMore` says that there are others.
    package static let snapshotSlips = 200
    /// Slips of one decision, and so of one transaction, when something happens to many.
    package static let maxSlipsAtOnce = 64
    /// Names whose quota is known.
    package static let maxQuotas = 16

    /// A slip, and what its customer was told.
    package struct Entry: Sendable, Equatable {
        package internal(set) var slip: Slip
        /// Where `slip.received` stands in the log: the order of slips.
        package let offset: Int64
        package let receivedAt: Timestamp
        package internal(set) var receipt = NoticeState.none
        package internal(set) var result = NoticeState.none

        /// Nothing is left to do for it.
        package var isFinished: Bool {
            guard slip.status.isTerminal else { return false }
            if case .sending = receipt { return false }
            if case .sending = result { return false }
            return true
        }
    }

    package let id: String
    package let facts: LineAccountFacts
    package let createdAt: Timestamp
    package internal(set) var entries: [String: Entry] = [:]
    /// Slips that are not terminal.
    package internal(set) var openCount = 0
    /// Finished slips, in the order in which they finished.
    var finished: [String] = []
    package internal(set) var memory = EventMemory()
    package internal(set) var today: DayTotals
    package internal(set) var quotas: [String: QuotaReport] = [:]
    package internal(set) var admin = AdminSession.active(username: nil)
    package internal(set) var lastOffset: Int64 = 0

    package init(id: String, facts: LineAccountFacts, createdAt: Timestamp) {
        self.id = id
        self.facts = facts
        self.createdAt = createdAt
        today = DayTotals(at: createdAt)
    }

    package mutating func apply(_ event: LineAccountEvent, offset: Int64, at: Timestamp) {
        lastOffset = offset
        switch event {
        case .slip(let transaction, let event): apply(event, to: transaction, offset: offset, at: at)
        case .received(let event): memory.insert(event.id, at: event.at)
        case .sending(let transaction, let mark): tell(transaction, mark.kind, .sending(mark))
        case .replied(let transaction, let kind, let isCertain):
            tell(transaction, kind, .told(.reply, isCertain: isCertain))
        case .pushed(let transaction, let kind): tell(transaction, kind, .told(.push, isCertain: true))
        case .unsent(let transaction, let kind, let failure): tell(transaction, kind, .unsent(failure))
        case .quotaChanged(let report):
            if quotas[report.name] != nil || quotas.count < Self.maxQuotas { quotas[report.name] = report }
        case .adminExpired: admin = .expired(since: at)
        case .adminRenewed(let username): admin = .active(username: username)
        }
    }

    /// An event that a slip does not take was never decided; read from a damaged log it changes nothing.
    private mutating func apply(_ event: SlipEvent, to transaction: String, offset: Int64, at: Timestamp) {
        if case .received(let receipt) = event {
            guard entries[transaction] == nil else { return }
            memory.insert(receipt.webhookEvent, at: receipt.sentAt)
            entries[transaction] = Entry(
                slip: Slip(transaction: transaction, receipt: receipt, at: at), offset: offset, receivedAt: at)
            openCount += 1
        } else {
            guard let index = entries.index(forKey: transaction) else { return }
            do {
                entries.values[index].slip = try entries.values[index].slip.advanced(by: event, at: at)
            } catch {
                return
            }
            if entries.values[index].slip.status.isTerminal {
                openCount -= 1
                finish(transaction)
            }
        }
        today.count(event, at: at)
    }

    private mutating func tell(_ transaction: String, _ kind: NoticeKind, _ state: NoticeState) {
        guard let index = entries.index(forKey: transaction) else { return }
        switch kind {
        case .receipt: entries.values[index].receipt = state
        case .result: entries.values[index].result = state
        }
        finish(transaction)
    }

    /// Lets the oldest go that have nothing left to do. One that is told of after its end comes to the list again.
    private mutating func finish(_ transaction: String) {
        guard entries[transaction]?.isFinished == true, !finished.contains(transaction) else { return }
        finished.append(transaction)
        while finished.count > Self.maxFinishedSlips {
            let oldest = finished.removeFirst()
            if entries[oldest]?.isFinished == true { entries[oldest] = nil }
        }
    }

    /// Entries in the order in which their slips came.
    package var ordered: [Entry] { entries.values.sorted { $0.offset < $1.offset } }
}
