internal import Primitives
internal import Synchronization

/// How values are distributed: how many fell into each of a few fixed buckets, and their sum.
package final class Histogram: Sendable {
    let buckets: HistogramBuckets
    /// One slot a bound, then the one beyond; unused ones stay zero.
    private let counts: InlineArray<16, Atomic<UInt64>>
    /// In nanoseconds, or whatever is counted.
    private let sum = Atomic<Int64>(0)

    init(buckets: HistogramBuckets) {
        self.buckets = buckets
        counts = InlineArray { _ in Atomic<UInt64>(0) }
    }

    /// Records a time. From any thread; some ten nanoseconds. Negative times count as zero.
    package func record(_ duration: Duration) { record(raw: duration.wholeNanoseconds) }

    /// Records a size or an amount. Negative ones count as zero.
    package func record(_ amount: Int) { record(raw: Int64(amount)) }

    private func record(raw value: Int64) {
        let value = max(0, value)
        let index = buckets.bounds.firstIndex { value <= $0 } ?? buckets.bounds.count
        counts[index].wrappingAdd(1, ordering: .relaxed)
        sum.wrappingAdd(value, ordering: .relaxed)
    }

    /// What a reader sees. The sum may be a few values ahead of or behind the counts while others record.
    struct Reading {
        /// One a bound, not cumulative, then the one beyond.
        let counts: [UInt64]
        let sum: Int64
    }

    var reading: Reading {
        Reading(
            counts: (0...buckets.bounds.count).map { counts[$0].load(ordering: .relaxed) },
            sum: sum.load(ordering: .relaxed))
    }

    /// How many values were recorded.
    package var count: UInt64 { reading.counts.reduce(0, &+) }
}
