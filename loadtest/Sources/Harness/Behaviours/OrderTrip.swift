internal import JSON
internal import Primitives

/// One order of a group: what its rider reported, what its staff did, and when. Knows no sockets. Confined to the driver's loop.
final class OrderTrip {
    /// A step that staff mean to take.
    struct Step {
        let number: Int
        let intended: Instant
    }

    /// Reports of which the instants are kept, for values that are under way.
    static let maxReports = 128
    /// After a crash of the server a position may be so much older than the last that was shown.
    static let maxStepBack = Duration.seconds(5)
    /// Degrees of latitude that the rider goes from one report to the next, about a metre, and after how many he turns back.
    private static let stride = 0.00001
    private static let leg = 500

    let id: String
    /// Steps that wait for the one before them: a status is advanced from where it is.
    private(set) var steps: [Step] = []
    private(set) var isAdvancing = false
    /// How many steps were answered with ok: it says what the next status is.
    private(set) var taken = 0
    /// What the log has to have: offset and status of each step that was answered with ok.
    private(set) var acknowledged: [(offset: Int64, status: String)] = []
    /// Steps of which nobody knows whether they were taken: the answer did not come.
    private(set) var unclear = 0
    private(set) var reports = 0
    private var recent: [(at: Int64, intended: Instant)] = []
    private var lastAt: Int64 = 0
    /// Where the rider told, by command, that he ended; milliseconds.
    private(set) var endedAt: Int64?
    var isEnding = false
    /// Offsets of steps: when they were meant, or when they were shown, whichever is known first.
    private var intended: [Int64: Instant] = [:]
    private var shown: [Int64: [Instant]] = [:]

    init(id: String) { self.id = id }

    var session: String { "order/\(id)" }

    // MARK: Positions

    /// The rider's next point. Its time is its own: later than that of the one before, in whole milliseconds.
    func point(at now: Timestamp, intended: Instant) -> JSONValue {
        let at = max(now.microseconds / 1000, lastAt + 1)
        lastAt = at
        reports += 1
        if recent.count >= Self.maxReports { recent.removeFirst(Self.maxReports / 2) }
        recent.append((at, intended))
        let place = reports % (2 * Self.leg)
        let steps = place < Self.leg ? place : 2 * Self.leg - place
        return [
            "lat": .double(OrderPlaces.start.lat + Double(steps) * Self.stride), "lng": .double(OrderPlaces.start.lng),
            "accuracy": 5, "speed": 5.5, "at": .string(Timestamp(microseconds: at * 1000).rfc3339),
        ]
    }

    func ended() { endedAt = lastAt }

    /// When the report of that time was meant to be; nil: it is none, or one from long ago.
    func intended(of at: Int64) -> Instant? { recent.last { $0.at == at }?.intended }

    // MARK: Steps

    /// True when nothing is before it.
    func add(_ step: Step) -> Bool {
        steps.append(step)
        return !isAdvancing
    }

    func next() -> Step? {
        guard !steps.isEmpty else { return nil }
        isAdvancing = true
        return steps.removeFirst()
    }

    /// Its answer came, or will not.
    func finished() { isAdvancing = false }

    /// What the status is to become.
    var nextStatus: String { OrderPlaces.ring[(taken + 1) % OrderPlaces.ring.count] }

    /// Returns the instants at which it was shown already.
    func acknowledge(_ step: Step, offset: Int64) -> [Instant] {
        acknowledged.append((offset, nextStatus))
        taken += 1
        intended[offset] = step.intended
        return shown.removeValue(forKey: offset) ?? []
    }

    /// Nobody knows whether it was taken: the log says it. No further steps are taken, since their status is not known.
    func lose() {
        unclear += 1
        steps = []
    }

    var isUnclear: Bool { unclear > 0 }

    /// A viewer was shown the step at that offset. Returns when it was meant, if that is known by now.
    func show(_ offset: Int64, at instant: Instant) -> Instant? {
        if let intended = intended[offset] { return intended }
        shown[offset, default: []].append(instant)
        return nil
    }
}

/// Where orders of a load test go, and by which lifecycle.
enum OrderPlaces {
    static let start = (lat: 13.7456, lng: 100.5341)
    /// So far that nobody comes near it.
    static let destination = (lat: 13.80, lng: 100.5341)
    static let lifecycle = "loadtest"
    /// An order of a load test goes round until it is forgotten: so that one is enough for any time.
    static let ring = ["WAITING", "PREPARING", "RIDING"]

    static var document: JSONValue {
        func state(_ name: String, _ th: String, isTerminal: Bool = false) -> JSONValue {
            ["name": .string(name), "label": ["th": .string(th), "en": .string(name)], "terminal": .bool(isTerminal)]
        }
        var transitions = ring.indices.map { index -> JSONValue in
            ["from": .string(ring[index]), "to": .string(ring[(index + 1) % ring.count]), "by": ["staff"]]
        }
        transitions.append(["from": "RIDING", "to": "DELIVERED", "by": ["rider", "staff"]])
        return [
            "name": .string(lifecycle),
            "states": [
                state("WAITING", "รอ"), state("PREPARING", "กำลังเตรียม"), state("RIDING", "กำลังส่ง"),
                state("DELIVERED", "ส่งแล้ว", isTerminal: true),
            ],
            "initial": "WAITING", "transitions": .array(transitions),
            "mainLine": ["WAITING", "PREPARING", "RIDING", "DELIVERED"],
        ]
    }

    static func facts(customer: String) -> JSONValue {
        [
            "customer": .string(customer), "lifecycle": .string(lifecycle),
            "branch": ["name": "สาขาสยาม", "lat": .double(start.lat), "lng": .double(start.lng)],
            "destination": ["lat": .double(destination.lat), "lng": .double(destination.lng)],
        ]
    }
}
