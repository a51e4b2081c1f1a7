/// What all clients together know of one session. Confined to the driver's loop.
final class SessionRecord {
    /// A command that was answered with `ok`.
    struct Acknowledged {
        /// The number in its idempotency key, and in the text of a message.
        let number: Int
        let offset: Int64
        let command: UInt8
    }

    /// A promise that was seen broken while the run went on; the journal is put to it at the end.
    struct Offence: Equatable {
        let kind: Oracle.Kind
        /// Where in the log.
        let offset: Int64
        let detail: String
    }

    /// What an offset was seen to hold: the event's name and, of a message, its number. One word each, since there are many.
    struct Sighting: Equatable {
        private let word: UInt64

        init(name: UInt8, mark: Int?) {
            word = UInt64(name) + 1 | UInt64(truncatingIfNeeded: (mark ?? -1) &+ 1) << 8
        }

        fileprivate init() { word = 0 }

        static let none = Sighting()
        var name: UInt8 { UInt8(truncatingIfNeeded: word &- 1) }
        var mark: Int? { word >> 8 == 0 ? nil : Int(word >> 8) - 1 }
    }

    /// What one client was shown where another was shown something else before.
    struct Dissent {
        let offset: Int64
        let client: Int
        let sighting: Sighting
    }

    /// More are counted and not kept.
    static let maxOffences = 16
    /// Offsets whose content is compared among clients, from the first one that was seen on.
    static let maxSightings: Int64 = 4_000_000

    /// `kind/id`.
    let name: String
    /// The epoch of the newest snapshot.
    private(set) var epoch = ""
    /// The greatest offset that anybody was told, by an event, an answer or a snapshot.
    private(set) var newest: Int64 = 0
    private(set) var acknowledged: [Acknowledged] = []
    private(set) var followers: [Follower] = []
    private(set) var offences: [Offence] = []
    /// By kind; also those that are not kept.
    private(set) var offenceCounts: [Oracle.Kind: Int] = [:]
    /// Clients that were shown something else than the first who saw an offset.
    private(set) var dissents: [Dissent] = []
    /// Also those that are not kept.
    private(set) var dissentCount = 0
    private var firstSighting: Int64?
    private var sightings: [Sighting] = []

    init(name: String) { self.name = name }

    func join(_ follower: Follower) { followers.append(follower) }

    func acknowledge(number: Int, offset: Int64, command: UInt8) {
        acknowledged.append(Acknowledged(number: number, offset: offset, command: command))
        newest = max(newest, offset)
    }

    func offend(_ kind: Oracle.Kind, at offset: Int64, _ detail: String) {
        offenceCounts[kind, default: 0] += 1
        if offences.count < Self.maxOffences { offences.append(Offence(kind: kind, offset: offset, detail: detail)) }
    }

    /// A snapshot of `epoch` was told. Another epoch than before means that history was lost; of what was acknowledged or
    /// shown, none may be.
    func enter(epoch: String, offset: Int64) {
        if epoch != self.epoch {
            if !self.epoch.isEmpty, newest > 0 {
                offend(
                    .lost, at: newest,
                    "the history \(self.epoch), known up to offset \(newest), was replaced by \(epoch) at offset \(offset)"
                )
            }
            self.epoch = epoch
            newest = offset
            firstSighting = nil
            sightings = []
            dissents = []
        }
        newest = max(newest, offset)
    }

    /// A client was shown an event. Everybody has to be shown the same one at the same offset; the journal says whose was wrong.
    func sight(_ sighting: Sighting, at offset: Int64, by client: Int) {
        newest = max(newest, offset)
        let first = firstSighting ?? offset
        firstSighting = first
        let (place, overflow) = offset.subtractingReportingOverflow(first)
        guard !overflow, place >= 0, place < Self.maxSightings else { return }
        if place < sightings.count {
            let before = sightings[Int(place)]
            if before == .none {
                sightings[Int(place)] = sighting
            } else if before != sighting {
                dissentCount += 1
                if dissents.count < Self.maxOffences {
                    dissents.append(Dissent(offset: offset, client: client, sighting: sighting))
                }
            }
        } else {
            while sightings.count < place { sightings.append(.none) }
            sightings.append(sighting)
        }
    }

    /// Every offset that anybody was shown, with what it held.
    func forEachSighting(_ body: (_ offset: Int64, _ sighting: Sighting) -> Void) {
        guard let first = firstSighting else { return }
        for (place, sighting) in sightings.enumerated() where sighting != .none { body(first + Int64(place), sighting) }
    }
}
