/// One client's subscription to one session, held to what Protocol/README.md promises it. Knows no sockets. Confined to the
/// driver's loop.
///
/// States: `away` (no subscription, for now) → `asked` → `awaitsSnapshot` → `live`, or `asked` → `replays` → `live`; a
/// server that lets a slow reader lag sends `subscribed` again in `live`. `off` is the end: not to be subscribed again.
final class Follower {
    enum Mode: Equatable {
        /// Offsets rise by exactly one.
        case all
        /// Only the newest value of each kind: events and values may be left out, but nothing older may follow.
        case latest(maxHz: Double)
    }

    enum State: Equatable {
        case away
        case asked
        case awaitsSnapshot
        /// Until everything up to this offset was told.
        case replays(to: Int64)
        case live
        case off(String)
    }

    let record: SessionRecord
    /// The client's number.
    let client: Int
    let mode: Mode
    private(set) var state = State.away
    private(set) var epoch = ""
    /// Nil before the first snapshot.
    private(set) var trail: Trail?
    /// Times at which the server let this reader lag and gave it a snapshot instead of the events: allowed, and counted.
    private(set) var resets: UInt32 = 0
    /// How often it was subscribed: what is volatile is whole within one of these only.
    private(set) var generation: UInt32 = 0

    init(_ record: SessionRecord, client: Int, mode: Mode = .all) {
        self.record = record
        self.client = client
        self.mode = mode
        record.join(self)
    }

    /// Where to resume from.
    var position: (epoch: String, offset: Int64)? { trail.map { (epoch, $0.known) } }

    var isCaughtUp: Bool { state == .live }

    func ask() { if !isOff { state = .asked } }

    /// The connection is gone.
    func lose() { if !isOff { state = .away } }

    /// Subscribed no more, and not again.
    func end(_ why: String) { state = .off(why) }

    var isOff: Bool {
        if case .off = state { return true }
        return false
    }

    /// The position was refused: it is none of this log's.
    func refusePosition() {
        record.offend(
            .lost, at: trail?.known ?? 0,
            "client \(client) was told that offset \(trail?.known ?? 0), which it had been shown, is none of the log's")
        trail = nil
        state = .away
    }

    /// `subscribed`. `newest` is the newest offset that the server has; if it is not resumed, a snapshot follows.
    func subscribed(isResumed: Bool, epoch: String, newest: Int64) {
        guard !isOff else { return }
        generation &+= 1
        if let trail, epoch == self.epoch, newest < trail.known { regress("subscribed", newest, trail.known) }
        if isResumed {
            guard let trail, epoch == self.epoch else {
                record.offend(
                    .lost, at: newest, "client \(client) was resumed in epoch \(epoch), where it had not been")
                state = .awaitsSnapshot
                return
            }
            state = newest > trail.known ? .replays(to: newest) : .live
        } else {
            if trail != nil { resets += 1 }
            state = .awaitsSnapshot
        }
    }

    func snapshot(epoch: String, offset: Int64) {
        guard !isOff else { return }
        if var trail, epoch == self.epoch {
            if offset < trail.known { regress("a snapshot", offset, trail.known) }
            trail.jump(to: offset)
            self.trail = trail
        } else {
            trail = Trail(known: offset)
        }
        record.enter(epoch: epoch, offset: offset)
        // One text for all of a session's followers.
        self.epoch = record.epoch
        state = .live
    }

    /// Takes an event. False when it was told before.
    func event(_ offset: Int64, _ sighting: SessionRecord.Sighting) -> Bool {
        guard !isOff else { return false }
        guard trail != nil, state != .awaitsSnapshot else {
            record.offend(.reordered, at: offset, "client \(client) was shown offset \(offset) before its snapshot")
            return false
        }
        let before = trail?.known ?? 0
        let step = trail?.take(offset)
        record.sight(sighting, at: offset, by: client)
        if case .replays(let end) = state, offset >= end { state = .live }
        switch (step, mode) {
        case (.next, _), (.gap, .latest), (nil, _): return true
        // What stays missing is found at the end.
        case (.gap, .all): return true
        case (.late, _):
            record.offend(.reordered, at: offset, "client \(client) was shown offset \(offset) after \(before)")
            return true
        case (.repeated, _):
            record.offend(.duplicated, at: offset, "client \(client) was shown offset \(offset) again, after \(before)")
            return false
        }
    }

    private func regress(_ what: String, _ told: Int64, _ known: Int64) {
        record.offend(
            .regressed, at: told,
            "client \(client) was told offset \(told) by \(what), and had been shown \(known) before")
    }
}
