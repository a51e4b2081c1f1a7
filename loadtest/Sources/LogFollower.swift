internal import JSON

/// One subscription's view of a session's log, held to the rule that offsets rise by exactly one.
struct LogFollower {
    /// The offset that the client knows everything up to; nil before the snapshot.
    private(set) var offset: Int64?
    private(set) var gaps = 0
    private(set) var duplicates = 0
    /// Snapshots after the first: the server had to let this reader lag.
    private(set) var resets = 0

    var isSubscribed: Bool { offset != nil }

    /// Takes a frame. True when it is an event that is new.
    mutating func receive(_ frame: JSONValue) -> Bool {
        switch frame["type"]?.string {
        case "snapshot":
            if offset != nil { resets += 1 }
            offset = frame["offset"]?.integer
            return false
        case "event":
            guard let received = frame["offset"]?.integer, let expected = offset.map({ $0 + 1 }) else { return false }
            guard received >= expected else {
                duplicates += 1
                return false
            }
            if received > expected { gaps += 1 }
            offset = received
            return true
        default: return false
        }
    }
}
