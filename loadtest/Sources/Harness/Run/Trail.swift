internal import Primitives

/// The offsets that a subscription has been told of: all up to `known`, but for those in `holes`. Two words as long as a
/// server keeps its promise.
struct Trail {
    enum Step: Equatable {
        /// One more than before.
        case next
        /// Those between were not told.
        case gap(ClosedRange<Int64>)
        /// It was missing, and comes after later ones.
        case late
        /// It was told before, or is part of the snapshot.
        case repeated
    }

    /// Beyond it gaps are counted as if they had no end.
    static let maxHoles = 64

    /// Everything up to here was told, by a snapshot or one by one.
    private(set) var known: Int64
    private var missing = Boxed<[ClosedRange<Int64>]>()

    /// Begins with a snapshot.
    init(known: Int64) { self.known = known }

    var holes: [ClosedRange<Int64>] { missing.value ?? [] }

    mutating func take(_ offset: Int64) -> Step {
        if offset > known {
            let isNext = offset - 1 == known
            let gap = known...(offset - 1)
            known = offset
            if isNext { return .next }
            let hole = gap.lowerBound + 1...gap.upperBound
            if holes.count < Self.maxHoles { missing[initially: []].append(hole) }
            return .gap(hole)
        }
        return fill(offset) ? .late : .repeated
    }

    /// A snapshot has everything up to `offset`. What was missing before stays missing as an event.
    mutating func jump(to offset: Int64) { known = max(known, offset) }

    /// Makes a hole smaller. False when there is none at `offset`.
    private mutating func fill(_ offset: Int64) -> Bool {
        guard let index = holes.firstIndex(where: { $0.contains(offset) }) else { return false }
        let hole = holes[index]
        var rest: [ClosedRange<Int64>] = []
        if hole.lowerBound < offset { rest.append(hole.lowerBound...offset - 1) }
        if offset < hole.upperBound { rest.append(offset + 1...hole.upperBound) }
        missing[initially: []].replaceSubrange(index...index, with: rest)
        return true
    }
}
