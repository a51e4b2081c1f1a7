internal import JSON

extension Histogram {
    /// Summary and all buckets that hold something, as `[lowest microsecond, count]`: enough to merge it with another.
    var json: JSONValue {
        func number(_ value: Double?) -> JSONValue { value.map(JSONValue.double) ?? .null }
        return [
            "count": .integer(Int64(clamping: count)), "unit": "ms", "min": number(minimum), "mean": number(mean),
            "p50": number(percentile(0.5)), "p90": number(percentile(0.9)), "p95": number(percentile(0.95)),
            "p99": number(percentile(0.99)), "p999": number(percentile(0.999)), "max": number(maximum),
            "sumMicroseconds": .integer(Int64(clamping: sum)),
            "bucketsMicroseconds": .array(
                buckets.map { [.integer(Int64($0.lowest)), .integer(Int64(clamping: $0.count))] }),
        ]
    }

    /// Reads what `json` wrote. The percentiles in it are not looked at: they follow from the buckets.
    init(_ document: DocumentReader) throws(LoadFailure) {
        self.init()
        for pair in try document["bucketsMicroseconds"].items {
            let (lowest, count) = (try pair[0].count, try pair[1].count)
            guard add(count: UInt64(count), toBucketAt: UInt64(lowest)) else {
                throw pair.failure("is no bucket of a histogram")
            }
        }
        guard count > 0 else { return }
        let (least, greatest) = (try document["min"].number, try document["max"].number)
        guard setEnds(least: least, greatest: greatest, sum: UInt64(try document["sumMicroseconds"].count)) else {
            throw document.failure("has a min or max outside its buckets")
        }
    }
}
