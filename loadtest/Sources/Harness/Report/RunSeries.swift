/// What was measured in each interval (a second) of a run, as columns: element `n` of each belongs to `seconds[n]`.
struct RunSeries: Equatable {
    /// A stage's latencies in one interval, in milliseconds; nil: nothing of it happened then.
    struct StagePoint: Equatable {
        var p50: Double?
        var p99: Double?
        /// The histogram's buckets, while several processes' points are still to be merged. Empty in a finished document.
        var buckets: [Bucket] = []
    }

    struct Bucket: Equatable {
        /// Microseconds.
        let lowest: UInt32
        let count: UInt32
    }

    /// Counts that are written as a column, a second; other counts are in the totals alone. Bounds the document, whatever
    /// behaviours count.
    static let rates = ["sent", "acknowledged", "delivered", "errors"]
    /// What is measured, not counted: open sockets; cores; MiB; cores; p99 in milliseconds.
    static let gauges = ["connections", "serverCPU", "serverMemory", "generatorCPU", "lateness"]

    /// Length of an interval in seconds.
    var interval: Double = 1
    /// When each interval ended, in seconds of the measured part. Rising.
    private(set) var seconds: [Double] = []
    private(set) var columns: [String: [Double?]] = [:]
    private(set) var stages: [String: [StagePoint]] = [:]

    init(interval: Double = 1) { self.interval = interval }

    /// Adds what came in the interval that ended at `second`. `gauges`: by the names above; what is missing was not measured.
    /// `isPart`: this is one of several processes, and its buckets are kept for merging.
    mutating func append(
        _ recorded: Recorder.Interval, endedAt second: Double, gauges: [String: Double], isPart: Bool = false
    ) {
        var values = gauges.filter { Self.gauges.contains($0.key) }
        for name in Self.rates { values[name] = Double(recorded.counts[name] ?? 0) / interval }
        append(second, values, recorded.latencies.mapValues { StagePoint($0, keepingBuckets: isPart) })
    }

    /// Adds a row; columns and stages that it or the rows before do not have are empty there.
    mutating func append(_ second: Double, _ values: [String: Double], _ points: [String: StagePoint]) {
        let rows = seconds.count
        seconds.append(second)
        for name in Set(columns.keys).union(values.keys) {
            columns[name, default: [Double?](repeating: nil, count: rows)].append(values[name])
        }
        for name in Set(stages.keys).union(points.keys) {
            stages[name, default: [StagePoint](repeating: StagePoint(), count: rows)]
                .append(points[name] ?? StagePoint())
        }
    }

    /// The column without what was not measured.
    func measured(_ column: String) -> [Double] { (columns[column] ?? []).compactMap { $0 } }

    func mean(_ column: String) -> Double? {
        let values = measured(column)
        return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    func maximum(_ column: String) -> Double? { measured(column).max() }

    /// The series as a finished run has it: without buckets.
    var withoutBuckets: RunSeries {
        var copy = self
        for (name, points) in stages {
            copy.stages[name] = points.map { StagePoint(p50: $0.p50, p99: $0.p99) }
        }
        return copy
    }
}

extension RunSeries.StagePoint {
    init(_ histogram: Histogram, keepingBuckets: Bool) {
        p50 = histogram.percentile(0.5)
        p99 = histogram.percentile(0.99)
        guard keepingBuckets else { return }
        buckets = histogram.buckets.map {
            RunSeries.Bucket(lowest: UInt32(clamping: $0.lowest), count: UInt32(clamping: $0.count))
        }
    }

    /// Two processes' points of the same interval. Percentiles cannot be added, so that both must have kept their buckets;
    /// where one had nothing the other's stand.
    func merged(with other: RunSeries.StagePoint) -> RunSeries.StagePoint? {
        if other.p50 == nil { return self }
        if p50 == nil { return other }
        guard !buckets.isEmpty, !other.buckets.isEmpty else { return nil }
        var histogram = Histogram()
        for bucket in buckets + other.buckets {
            guard histogram.add(count: UInt64(bucket.count), toBucketAt: UInt64(bucket.lowest)) else { return nil }
        }
        return RunSeries.StagePoint(histogram, keepingBuckets: true)
    }
}
