internal import Domain
internal import Reactor

/// Who of a chat has said to be there, for as long as that counts. Confined to its session's loop.
struct PresenceBook {
    private struct Entry {
        let presence: Presence
        let timer: ScheduledTimer
    }

    private var entries: [String: Entry] = [:]

    /// Who is there, by subject: `online` or `away`.
    var known: [(subject: String, presence: Presence)] {
        entries.sorted { $0.key < $1.key }.map { ($0.key, $0.value.presence) }
    }

    /// - Parameter expired: called when nothing was said again within its life.
    /// - Returns: whether that is news.
    mutating func set(
        _ subject: String, _ presence: Presence, on loop: EventLoop, expired: @escaping () -> Void
    ) -> Bool {
        let before = entries.removeValue(forKey: subject)
        before?.timer.cancel()
        guard presence != .offline else { return before != nil }
        let timer = loop.schedule(after: .seconds(Presence.lifeSeconds), expired)
        entries[subject] = Entry(presence: presence, timer: timer)
        return before?.presence != presence
    }

    mutating func clear() {
        for entry in entries.values { entry.timer.cancel() }
        entries = [:]
    }
}
