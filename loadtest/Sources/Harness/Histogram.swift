internal import Primitives

/// Durations in log-linear buckets, as in HdrHistogram: every bucket is at most 1/64 of its value wide, so a percentile is
/// right to 1.6 %. Whole microseconds, up to 71 minutes; anything longer counts as that.
struct Histogram: Equatable {
    private static let subBuckets: UInt64 = 64
    private static let maxMicroseconds: UInt64 = (1 << 32) - 1
    private static let bucketCount = Int(subBuckets) * 28

    private var counts = [UInt64](repeating: 0, count: bucketCount)
    private(set) var count: UInt64 = 0
    /// Microseconds.
    private(set) var sum: UInt64 = 0
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

    /// Counts the other's values too: what two processes measured becomes one distribution.
    mutating func merge(_ other: Histogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
        sum &+= other.sum
        least = min(least, other.least)
        greatest = max(greatest, other.greatest)
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

    var minimum: Double? { count > 0 ? Self.milliseconds(least) : nil }

    /// The distribution as a rising curve: for each bucket that holds something the share (0…1) of the values that do not exceed
    /// its upper end, and that end in milliseconds.
    var curve: [(share: Double, milliseconds: Double)] {
        var seen: UInt64 = 0
        return counts.indices.filter { counts[$0] > 0 }.map { index in
            seen += counts[index]
            return (Double(seen) / Double(count), Self.milliseconds(min(Self.upperEnd(ofBucket: index), greatest)))
        }
    }

    /// What holds something: the bucket's lowest microsecond and how many values it has.
    var buckets: [(lowest: UInt64, count: UInt64)] {
        counts.indices.filter { counts[$0] > 0 }.map { (Self.lowerEnd(ofBucket: $0), counts[$0]) }
    }

    /// For reading a stored histogram: its buckets one by one, then `setEnds`, without which the buckets' own ends stand for the
    /// least and the greatest value. False when no bucket begins at `lowest` microseconds, or the counts leave 64 bits.
    mutating func add(count added: UInt64, toBucketAt lowest: UInt64) -> Bool {
        guard lowest <= Self.maxMicroseconds else { return false }
        let index = Self.bucket(of: lowest)
        let (total, isTooMuch) = count.addingReportingOverflow(added)
        guard Self.lowerEnd(ofBucket: index) == lowest, !isTooMuch else { return false }
        guard added > 0 else { return true }
        counts[index] += added
        count = total
        sum &+= lowest &* added
        least = min(least, lowest)
        greatest = max(greatest, min(Self.upperEnd(ofBucket: index), Self.maxMicroseconds))
        return true
    }

    /// What the buckets do not tell exactly; in milliseconds, `sum` in microseconds. False unless the ends lie in the first and
    /// the last bucket that hold something.
    mutating func setEnds(least: Double, greatest: Double, sum: UInt64) -> Bool {
        let held = counts.indices.filter { counts[$0] > 0 }
        guard let first = held.first, let last = held.last,
            let least = UInt64(exactly: (least * 1000).rounded()), least <= Self.maxMicroseconds,
            let greatest = UInt64(exactly: (greatest * 1000).rounded()), greatest <= Self.maxMicroseconds,
            Self.bucket(of: least) == first, Self.bucket(of: greatest) == last
        else { return false }
        (self.least, self.greatest, self.sum) = (least, greatest, sum)
        return true
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
