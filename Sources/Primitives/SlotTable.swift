internal import Synchronization

/// How many of something are open, in all and by a key, with a bound on each. Shared by threads; touched when a
/// connection begins and ends, never on a message's path.
package final class SlotTable<Key: Hashable & Sendable>: Sendable {
    /// The bound that is reached.
    package enum Refusal: Error, Equatable, Sendable {
        case total, key
    }

    private struct Counts {
        var total = 0
        var byKey: [Key: Int] = [:]
    }

    private let counts = Mutex(Counts())
    private let maxTotal: Int
    private let maxPerKey: Int

    package init(maxTotal: Int = .max, maxPerKey: Int = .max) {
        self.maxTotal = maxTotal
        self.maxPerKey = maxPerKey
    }

    /// A place that was given. It goes back when nobody holds it any more: once, however its holder ends.
    package final class Slot: Sendable {
        private let table: SlotTable
        private let key: Key?

        fileprivate init(_ table: SlotTable, _ key: Key?) {
            self.table = table
            self.key = key
        }

        deinit { table.giveBack(key) }
    }

    /// Without a key the place counts in the total only.
    package func take(_ key: Key?) throws(Refusal) -> Slot {
        let refusal: Refusal? = counts.withLock { counts in
            guard counts.total < maxTotal else { return .total }
            if let key {
                let open = counts.byKey[key, default: 0]
                guard open < maxPerKey else { return .key }
                counts.byKey[key] = open + 1
            }
            counts.total += 1
            return nil
        }
        if let refusal { throw refusal }
        return Slot(self, key)
    }

    private func giveBack(_ key: Key?) {
        counts.withLock { counts in
            counts.total -= 1
            guard let key else { return }
            let open = counts.byKey[key, default: 0] - 1
            counts.byKey[key] = open > 0 ? open : nil
        }
    }

    package var total: Int { counts.withLock { $0.total } }
    /// Keys that have something open; the table holds no others.
    package var keyCount: Int { counts.withLock { $0.byKey.count } }
    package func count(of key: Key) -> Int { counts.withLock { $0.byKey[key, default: 0] } }
}
