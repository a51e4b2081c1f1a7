/// What was noted last, by key: beyond a number of entries, or of their bytes, the oldest are forgotten.
struct Recent<Key: Hashable, Value> {
    private struct Entry {
        var value: Value
        let bytes: Int
        let number: UInt64
    }

    private let maxEntries: Int
    private let maxBytes: Int
    private var entries: [Key: Entry] = [:]
    /// Keys from the oldest on; one that was noted again or removed stands here with an old number.
    private var order: [(key: Key, number: UInt64)] = []
    private var head = 0
    private var nextNumber: UInt64 = 0
    private(set) var bytes = 0

    init(maxEntries: Int, maxBytes: Int = .max) {
        self.maxEntries = maxEntries
        self.maxBytes = maxBytes
    }

    var count: Int { entries.count }

    subscript(key: Key) -> Value? { entries[key]?.value }

    /// From the oldest on.
    var values: [Value] {
        order[head...].compactMap { place in
            entries[place.key].flatMap { $0.number == place.number ? $0.value : nil }
        }
    }

    /// Notes it as the newest. `bytes`: what it counts against the bound of bytes; one that is over it alone is not kept.
    mutating func note(_ value: Value, for key: Key, bytes: Int = 0) {
        remove(key)
        entries[key] = Entry(value: value, bytes: bytes, number: nextNumber)
        order.append((key, nextNumber))
        nextNumber += 1
        self.bytes += bytes
        while entries.count > maxEntries || self.bytes > maxBytes, head < order.count { forgetOldest() }
        compact()
    }

    /// Changes a value where it stands.
    mutating func update(_ key: Key, _ change: (inout Value) -> Void) {
        guard let index = entries.index(forKey: key) else { return }
        change(&entries.values[index].value)
    }

    @discardableResult
    mutating func remove(_ key: Key) -> Value? {
        guard let entry = entries.removeValue(forKey: key) else { return nil }
        bytes -= entry.bytes
        return entry.value
    }

    mutating func removeAll() { self = Recent(maxEntries: maxEntries, maxBytes: maxBytes) }

    private mutating func forgetOldest() {
        let oldest = order[head]
        head += 1
        if entries[oldest.key]?.number == oldest.number { remove(oldest.key) }
    }

    /// Places that mean nothing any more are dropped when they are the most.
    private mutating func compact() {
        guard order.count > 32, order.count > 2 * entries.count else { return }
        order = order[head...].filter { entries[$0.key]?.number == $0.number }
        head = 0
    }
}
