package import Primitives

/// The newest webhook events that a session has taken, by id, so that a redelivery is harmless.
///
/// It holds `maxEvents` and then forgets the oldest. What lies beyond: an event as old as a forgotten one, or older, may have
/// been taken before and nobody knows; the session does not guess, it gives such a slip to a person (`lateDelivery`).
package struct EventMemory: Sendable, Equatable {
    /// At ten messages a second: seven minutes; at the usual few a minute: a day. Some 120 KiB of a checkpoint.
    package static let maxEvents = 4_096

    package struct Entry: Sendable, Equatable {
        package let id: String
        package let at: Timestamp
    }

    package enum Answer: Sendable, Equatable {
        case known, new
        /// Older than what is remembered.
        case beyond
    }

    /// Oldest first, from `head` on: removal from the front is a step of `head`.
    private var entries: [Entry] = []
    private var head = 0
    private var ids: Set<String> = []
    /// The newest event that was forgotten.
    package private(set) var forgottenUntil: Timestamp?

    package init() {}

    package init(_ entries: [Entry], forgottenUntil: Timestamp?) {
        for entry in entries { insert(entry.id, at: entry.at) }
        self.forgottenUntil = forgottenUntil
    }

    package var remembered: ArraySlice<Entry> { entries[head...] }

    package func asks(_ id: String, at: Timestamp) -> Answer {
        if ids.contains(id) { return .known }
        if let forgottenUntil, at <= forgottenUntil { return .beyond }
        return .new
    }

    package mutating func insert(_ id: String, at: Timestamp) {
        guard ids.insert(id).inserted else { return }
        entries.append(Entry(id: id, at: at))
        guard entries.count - head > Self.maxEvents else { return }
        let oldest = entries[head]
        ids.remove(oldest.id)
        forgottenUntil = max(oldest.at, forgottenUntil ?? oldest.at)
        head += 1
        if head > Self.maxEvents {
            entries.removeFirst(head)
            head = 0
        }
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.remembered.elementsEqual(right.remembered) && left.forgottenUntil == right.forgottenUntil
    }
}
