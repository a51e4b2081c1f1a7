internal import JSON
internal import Primitives

/// Durations in log-linear buckets, as in HdrHistogram: every bucket is at most 1/64 of its value wide, so a percentile is
/// right to 1.6 %. Whole microseconds, up to 71 minutes; anything longer counts as that.
struct Histogram {
    private static let subBuckets: UInt64 = 64
    private static let maxMicroseconds: UInt64 = (1 << 32) - 1
    private static let bucketCount = Int(subBuckets) * 28

    private var counts = [UInt64](repeating: 0, count: bucketCount)
    private(set) var count: UInt64 = 0
    private var sum: UInt64 = 0
    private var least = UInt64.max
    private var greatest: UInt64 = 0

    mutating func record(_ duration: Duration) {
        let microseconds = min(UInt64(clamping: duration.wholeNanoseconds) / 1000, Self.maxMicroseconds)
        counts[Self.bucket(of: microseconds)] += 1
        count += 1
        sum &+= microseconds
        least = min(least, microseconds)
        greatest = max(greatest, microseconds)
    }

    /// The milliseconds that `share` (0…1) of the values do not exceed; nil when there is none.
    func percentile(_ share: Double) -> Double? {
        guard count > 0 else { return nil }
        let wanted = max(1, UInt64((Double(count) * share).rounded(.up)))
        var seen: UInt64 = 0
        for index in counts.indices {
            seen += counts[index]
            // The bucket's upper end, but never more than was really seen.
            if seen >= wanted { return Self.milliseconds(min(Self.upperEnd(ofBucket: index), greatest)) }
        }
        return Self.milliseconds(greatest)
    }

    /// In milliseconds; nil when there is no value.
    var maximum: Double? { count > 0 ? Self.milliseconds(greatest) : nil }
    var mean: Double? { count > 0 ? Double(sum) / Double(count) / 1000 : nil }

    /// Summary and all buckets that hold something, as `[lowest microsecond, count]`.
    var json: JSONValue {
        func number(_ value: Double?) -> JSONValue { value.map(JSONValue.double) ?? .null }
        let buckets = counts.indices.filter { counts[$0] > 0 }.map { index -> JSONValue in
            [.integer(Int64(Self.lowerEnd(ofBucket: index))), .integer(Int64(clamping: counts[index]))]
        }
        return [
            "count": .integer(Int64(clamping: count)), "unit": "ms",
            "min": number(count > 0 ? Self.milliseconds(least) : nil), "mean": number(mean),
            "p50": number(percentile(0.5)), "p90": number(percentile(0.9)), "p99": number(percentile(0.99)),
            "p999": number(percentile(0.999)), "max": number(maximum), "bucketsMicroseconds": .array(buckets),
        ]
    }

    private static func milliseconds(_ microseconds: UInt64) -> Double { Double(microseconds) / 1000 }

    /// Below 128 a bucket is one microsecond wide, then the width doubles every 64 buckets.
    private static func bucket(of value: UInt64) -> Int {
        guard value >= subBuckets * 2 else { return Int(value) }
        let shift = UInt64(63 - value.leadingZeroBitCount) - 6
        return Int(shift * subBuckets + value >> shift)
    }

    private static func lowerEnd(ofBucket index: Int) -> UInt64 {
        let index = UInt64(index)
        guard index >= subBuckets * 2 else { return index }
        let shift = index / subBuckets - 1
        return (index - shift * subBuckets) << shift
    }

    private static func upperEnd(ofBucket index: Int) -> UInt64 { lowerEnd(ofBucket: index + 1) - 1 }
}
