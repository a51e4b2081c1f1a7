internal import Ports

/// Entries that go in one transaction.
struct JournalFlight {
    let entries: [PendingEntry]
    /// How often it was sent.
    var attempts = 0

    init(_ entries: [PendingEntry]) { self.entries = entries }

    var recordCount: Int { entries.reduce(0) { $0 + $1.entry.records.count } }
    var byteCount: Int { entries.reduce(0) { $0 + $1.byteCount } }
}

/// A completion that is due.
struct JournalDelivery {
    let completion: (StoreFailure?) -> Void
    let failure: StoreFailure?
}

/// What waits to be written, in order, within bounds; and the order in which a session's entries are answered.
///
/// Pure: it knows neither connection nor clock. Each change returns the completions that are due by it.
struct JournalQueue {
    /// A session with entries that are not answered yet. While one of them was turned away at the door, everything
    /// behind it is, too: it was decided on a state that will never be. What was turned away is answered after what was
    /// not.
    private struct Stream {
        var outstanding = 0
        /// Of the newest record that was let in.
        var lastOffset: Int64?
        /// Its erasure was let in: nothing may be written behind it.
        var isErasing = false
        var turnedAway: [JournalDelivery] = []
    }

    private let configuration: JournalConfiguration
    private var streams: [Int64: Stream] = [:]
    private var waiting = FIFO<PendingEntry>()
    /// Flights to be sent before anything that waits: parts of one that was refused.
    private var retries: [JournalFlight] = []
    /// Let in and not answered.
    private(set) var entryCount = 0
    private(set) var byteCount = 0

    init(_ configuration: JournalConfiguration) { self.configuration = configuration }

    var isEmpty: Bool { waiting.isEmpty && retries.isEmpty }

    // MARK: In

    enum AppendAction {
        case queued
        /// Turned away; answered when the session's earlier entries are.
        case turnedAwayBehindOthers
        /// Turned away, and nothing of the session is before it: `takeTurnedAway` in a later turn.
        case turnedAway
    }

    /// - Parameter isDown: there is no connection: only what stands behind entries in limbo is let in.
    mutating func append(_ pending: PendingEntry, isDown: Bool) -> AppendAction {
        var stream = streams[pending.stream] ?? Stream()
        defer { streams[pending.stream] = stream }
        if let failure = reasonToTurnAway(pending, stream, isDown: isDown) {
            let isFirst = stream.outstanding == 0 && stream.turnedAway.isEmpty
            stream.turnedAway.append(JournalDelivery(completion: pending.completion, failure: failure))
            return isFirst ? .turnedAway : .turnedAwayBehindOthers
        }
        stream.outstanding += 1
        stream.lastOffset = pending.entry.records.last?.offset ?? stream.lastOffset
        stream.isErasing = pending.erases
        entryCount += 1
        byteCount += pending.byteCount
        waiting.append(pending)
        return .queued
    }

    private func reasonToTurnAway(_ pending: PendingEntry, _ stream: Stream, isDown: Bool) -> StoreFailure? {
        if let earlier = stream.turnedAway.last { return earlier.failure }
        if isDown, stream.outstanding == 0 { return .unavailable }
        if entryCount >= configuration.maxQueuedEntries { return .overloaded }
        if byteCount + pending.byteCount > configuration.maxQueuedBytes { return .overloaded }
        let entry = pending.entry
        guard entry.hasConsecutiveOffsets, !stream.isErasing else { return .conflict }
        if let last = stream.lastOffset, let first = entry.records.first, first.offset != last &+ 1 { return .conflict }
        let largest = max(entry.records.map(\.data.count).max() ?? 0, entry.answer?.body.count ?? 0)
        return largest > configuration.maxRecordBytes ? .conflict : nil
    }

    /// What a session had turned away with nothing before it.
    mutating func takeTurnedAway(_ stream: Int64) -> [JournalDelivery] {
        guard let found = streams[stream], found.outstanding == 0 else { return [] }
        streams[stream] = nil
        return found.turnedAway
    }

    // MARK: Out

    /// The next transaction's entries; nil when nothing waits.
    mutating func nextFlight() -> JournalFlight? {
        if !retries.isEmpty { return retries.removeFirst() }
        var entries: [PendingEntry] = []
        var records = 0
        var bytes = 0
        while let next = waiting.first {
            if !entries.isEmpty,
                records + next.weight > configuration.maxFlushRecords
                    || bytes + next.byteCount > configuration.maxFlushBytes
            {
                break
            }
            _ = waiting.popFirst()
            entries.append(next)
            records += next.weight
            bytes += next.byteCount
            if next.erases { break }
        }
        return entries.isEmpty ? nil : JournalFlight(entries)
    }

    /// The flight is to be sent again, as it is, before anything else.
    mutating func putBack(_ flight: JournalFlight) { retries.insert(flight, at: 0) }

    /// The flight failed for what is in it. It is parted, by session and then by entry, so that only the culprit fails.
    /// Returns the culprit once it stands alone.
    mutating func part(_ flight: JournalFlight) -> PendingEntry? {
        guard flight.entries.count > 1 else { return flight.entries.first }
        var order: [Int64] = []
        var bySession: [Int64: [PendingEntry]] = [:]
        for pending in flight.entries {
            if bySession[pending.stream] == nil { order.append(pending.stream) }
            bySession[pending.stream, default: []].append(pending)
        }
        let parts =
            order.count > 1 ? order.compactMap { bySession[$0] } : flight.entries.map { [$0] }
        retries.insert(contentsOf: parts.map { JournalFlight($0) }, at: 0)
        return nil
    }

    // MARK: Answers

    /// The flight is committed.
    mutating func succeed(_ flight: JournalFlight) -> [JournalDelivery] {
        var due: [JournalDelivery] = []
        for pending in flight.entries {
            due.append(JournalDelivery(completion: pending.completion, failure: nil))
            due += leave(pending)
        }
        return due
    }

    /// These entries fail, and everything of their sessions that stands behind them.
    mutating func fail(_ entries: [PendingEntry], _ failure: StoreFailure) -> [JournalDelivery] {
        let failed = Set(entries.map(\.stream))
        var all = entries
        retries = retries.compactMap { flight in
            let rest = flight.entries.filter { !failed.contains($0.stream) }
            all += flight.entries.filter { failed.contains($0.stream) }
            var kept = JournalFlight(rest)
            kept.attempts = flight.attempts
            return rest.isEmpty ? nil : kept
        }
        all += waiting.remove { failed.contains($0.stream) }
        return answer(all, failure)
    }

    /// The connection is gone: what was not sent fails, except behind entries whose fate is open (`limbo`).
    mutating func failUnsent(except limbo: [PendingEntry]) -> [JournalDelivery] {
        let open = Set(limbo.map(\.stream))
        var unsent: [PendingEntry] = []
        retries = retries.compactMap { flight in
            let rest = flight.entries.filter { open.contains($0.stream) }
            unsent += flight.entries.filter { !open.contains($0.stream) }
            return rest.isEmpty ? nil : JournalFlight(rest)
        }
        unsent += waiting.remove { !open.contains($0.stream) }
        return answer(unsent, .unavailable)
    }

    private mutating func answer(_ entries: [PendingEntry], _ failure: StoreFailure) -> [JournalDelivery] {
        var due: [JournalDelivery] = []
        for pending in entries {
            due.append(JournalDelivery(completion: pending.completion, failure: failure))
            due += leave(pending)
        }
        return due
    }

    /// Counts an answered entry out; with the session's last one, what was turned away behind it is due.
    private mutating func leave(_ pending: PendingEntry) -> [JournalDelivery] {
        entryCount -= 1
        byteCount -= pending.byteCount
        guard var stream = streams[pending.stream] else { return [] }
        stream.outstanding -= 1
        if stream.outstanding > 0 {
            streams[pending.stream] = stream
            return []
        }
        streams[pending.stream] = nil
        return stream.turnedAway
    }
}
