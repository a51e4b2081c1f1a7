internal import Primitives
internal import Sessions

/// Keeps the newest publication of each kind for a reader that wants no more than some frames a second. Bounded by the
/// number of kinds: event names are few, and only the newest reply's text is kept.
struct Conflation {
    private struct Slot {
        let key: String
        let publication: Publication
        /// Values that this one stands for besides itself.
        let skipped: Int
    }

    private var slots: [Slot] = []
    private var lastFlush: Instant?

    var isEmpty: Bool { slots.isEmpty }

    mutating func insert(_ publication: Publication) {
        let key: String
        switch publication.content {
        case .event(_, let name): key = name
        // Deltas build on each other: dropping one would break the text, so the reader gets the whole at the end.
        case .delta: return
        case .value(let name): key = "value/" + name
        case .opening, .signal: return
        }
        let earlier = slots.firstIndex { $0.key == key }.map { slots.remove(at: $0) }
        slots.append(Slot(key: key, publication: publication, skipped: earlier.map { $0.skipped + 1 } ?? 0))
    }

    func wait(at now: Instant, interval: Duration) -> Duration {
        guard let lastFlush else { return .zero }
        let elapsed = now.since(lastFlush)
        return elapsed >= interval ? .zero : interval - elapsed
    }

    mutating func take(at now: Instant) -> [Publication] {
        lastFlush = now
        defer { slots = [] }
        return slots.map { $0.publication.skipping($0.skipped) }
    }
}

extension Publication {
    /// A value that says how many before it were left out: what the reader of such a frame would not know else.
    fileprivate func skipping(_ count: Int) -> Publication {
        guard count > 0, case .value = content, json.last == UInt8(ascii: "}") else { return self }
        return Publication(content, json: json.dropLast() + Array(",\"skipped\":\(count)}".utf8), framing: .webSocket)
    }
}
