internal import Primitives

/// What is meant to happen when, of several sources merged in the order of time.
struct Agenda {
    private struct Source {
        /// Nil: the first, and one a `period` after it.
        var times: ArrivalTimes?
        /// Nil: there is one only.
        var period: Duration?
        let start: Instant
        let count: Int
        let end: Instant
        let fire: (_ index: Int, _ intended: Instant) -> Void
        var index = 0
        var next: Instant?

        mutating func advance() {
            guard index < count, let instant = following() else { return next = nil }
            next = instant < end ? instant : nil
        }

        private mutating func following() -> Instant? {
            if let period { return start.advanced(by: period * index) }
            return times?.next().map { start.advanced(by: .seconds($0)) }
        }
    }

    private var sources: [Source] = []

    /// Calls `fire` with 0, 1, 2 … at the moments of `times` after `start`: `count` times at most, and before `end`.
    mutating func add(
        _ times: ArrivalTimes, from start: Instant, until end: Instant = Instant(nanoseconds: .max), count: Int = .max,
        _ fire: @escaping (_ index: Int, _ intended: Instant) -> Void
    ) {
        var source = Source(times: times, start: start, count: count, end: end, fire: fire)
        source.advance()
        sources.append(source)
    }

    /// Calls `fire` at `instant`, and then every `period` before `end`; nil: once.
    mutating func add(
        at instant: Instant, every period: Duration? = nil, until end: Instant = Instant(nanoseconds: .max),
        _ fire: @escaping () -> Void
    ) {
        var source = Source(times: nil, period: period, start: instant, count: .max, end: end) { _, _ in fire() }
        source.next = instant
        sources.append(source)
    }

    /// When the next thing is meant to happen; nil: nothing is left.
    var next: Instant? { sources.lazy.compactMap(\.next).min() }

    /// Does the next thing. Returns when it was meant to happen.
    @discardableResult
    mutating func fireNext() -> Instant? {
        guard let instant = next, let position = sources.firstIndex(where: { $0.next == instant }) else { return nil }
        let index = sources[position].index
        let fire = sources[position].fire
        sources[position].index += 1
        sources[position].advance()
        fire(index, instant)
        return instant
    }
}
