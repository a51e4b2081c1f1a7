internal import Primitives
internal import Sessions

/// Keeps the newest publication of each kind for a reader that wants no more than some frames a second. Bounded by the
/// number of kinds: event names are few, and only the newest reply's text is kept.
struct Conflation {
    private var slots: [(key: String, publication: Publication)] = []
    private var lastFlush: Instant?

    mutating func insert(_ publication: Publication) {
        let key: String
        switch publication.content {
        case .event(_, let name): key = name
        // Deltas build on each other: dropping one would break the text, so the reader gets the whole at the end.
        case .delta: return
        case .value(let name): key = "value/" + name
        case .opening, .signal: return
        }
        slots.removeAll { $0.key == key }
        slots.append((key, publication))
    }

    func wait(at now: Instant, interval: Duration) -> Duration {
        guard let lastFlush else { return .zero }
        let elapsed = now.since(lastFlush)
        return elapsed >= interval ? .zero : interval - elapsed
    }

    mutating func take(at now: Instant) -> [Publication] {
        lastFlush = now
        defer { slots = [] }
        return slots.map(\.publication)
    }
}
