internal import JSON
internal import Primitives

/// What one person of a chat knows of it by what their device was shown: how far they have read, and how much they have not. Knows no
/// sockets. Confined to the driver's loop.
struct ChatPerson {
    private(set) var read: Int64 = 0
    private(set) var unread: Int64 = 0
    /// The newest event that was shown.
    private(set) var newest: Int64 = 0

    /// Somebody wrote.
    mutating func shown(message offset: Int64, isOwn: Bool) {
        newest = offset
        if !isOwn { unread += 1 }
    }

    /// Somebody read.
    mutating func shown(reading offset: Int64, to: Int64, left: Int64?, isOwn: Bool) {
        newest = offset
        guard isOwn, let left else { return }
        read = to
        unread = left
    }

    /// A snapshot takes the place of all that was shown before.
    mutating func shown(snapshot offset: Int64, read: Int64, unread: Int64) {
        newest = offset
        self.read = read
        self.unread = unread
    }
}

/// What a chat's log says of its people, in the end.
struct ChatCount: Equatable {
    var read: Int64 = 0
    var unread: Int64 = 0

    /// - Parameter events: the whole log, in order.
    static func counts(of subjects: [String], in events: [JournalEvent]) -> [ChatCount] {
        let written = events.filter { $0.name == "message.created" }
        return subjects.map { subject in
            let readings = events.filter { $0.name == "message.read" && $0.data["by"]?.string == subject }
            let read = readings.last?.data["offset"]?.integer ?? 0
            let unread = written.count { $0.offset > read && $0.data["message"]?["author"]?.string != subject }
            return ChatCount(read: read, unread: Int64(unread))
        }
    }
}
