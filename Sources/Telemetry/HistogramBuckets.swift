internal import Primitives

/// The upper bounds of a histogram's buckets, at most `maxCount` of them, rising; one more bucket takes what is beyond.
package struct HistogramBuckets: Sendable {
    /// What a recorded value is, and so what the bounds are.
    enum Unit: Sendable {
        /// Recorded in nanoseconds, shown in seconds.
        case seconds
        /// Recorded and shown as it is: tokens, bytes, items.
        case count
    }

    package static let maxCount = 15

    let unit: Unit
    let bounds: [Int64]

    private init(unit: Unit, bounds: [Int64]) {
        precondition((1...Self.maxCount).contains(bounds.count), "a histogram has 1 to 15 bounds")
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "a histogram's bounds rise")
        self.unit = unit
        self.bounds = bounds
    }

    package static func durations(_ bounds: [Duration]) -> HistogramBuckets {
        HistogramBuckets(unit: .seconds, bounds: bounds.map(\.wholeNanoseconds))
    }

    package static func counts(_ bounds: [Int64]) -> HistogramBuckets { HistogramBuckets(unit: .count, bounds: bounds) }

    /// From 0.1 ms to 10 s: work inside the server, the store, other people's requests.
    package static let latency = durations(
        [.microseconds(100), .microseconds(250), .microseconds(500)]
            + [1, 2.5, 5, 10, 25, 50, 100, 250, 500].map { .microseconds(Int($0 * 1_000)) }
            + [.seconds(1), .seconds(2.5), .seconds(10)])

    /// From 10 ms to 2 min: calls to providers.
    package static let provider = durations(
        [10, 25, 50, 100, 250, 500].map { .milliseconds($0) }
            + [1, 2.5, 5, 10, 20, 30, 60, 120].map { .seconds($0) })

    /// From 1 s to a day: how long connections and sessions live.
    package static let lifetime = durations(
        [1, 5, 15, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400].map { .seconds($0) })

    /// 1 to 16 384 in powers of two: sizes of batches and queues, tokens.
    package static let sizes = counts((0..<15).map { 1 << $0 })
}
