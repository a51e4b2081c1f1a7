/// Writes the Prometheus text exposition format, version 0.0.4 (prometheus.io, "Exposition formats").
struct PrometheusText {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ family: MetricFamily) {
        let name = family.name.prometheus
        line("# HELP \(name) \(Self.escapedHelp(family.help))")
        line("# TYPE \(name) \(family.kind.rawValue)")
        for series in family.series {
            let labels = series.labels.prometheus
            switch series.metric {
            case .counter(let counter): sample(name, labels, "\(counter.value)")
            case .upDownCounter(let counter): sample(name, labels, "\(counter.value)")
            case .observed(let read): sample(name, labels, Self.number(read()))
            case .histogram(let histogram): append(histogram, name, labels)
            }
        }
    }

    /// Buckets are cumulative here, and the last, `+Inf`, equals the count.
    private mutating func append(_ histogram: Histogram, _ name: String, _ labels: String) {
        let reading = histogram.reading
        let unit = histogram.buckets.unit
        let separator = labels.isEmpty ? "" : ","
        var total: UInt64 = 0
        for (index, count) in reading.counts.enumerated() {
            total &+= count
            let isLast = index == histogram.buckets.bounds.count
            let bound = isLast ? "+Inf" : Self.amount(histogram.buckets.bounds[index], unit)
            sample(name + "_bucket", "\(labels)\(separator)le=\"\(bound)\"", "\(total)")
        }
        sample(name + "_sum", labels, Self.amount(reading.sum, unit))
        sample(name + "_count", labels, "\(total)")
    }

    private mutating func sample(_ name: String, _ labels: String, _ value: String) {
        line(labels.isEmpty ? "\(name) \(value)" : "\(name){\(labels)} \(value)")
    }

    private mutating func line(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        bytes.append(0x0A)
    }

    private static func amount(_ value: Int64, _ unit: HistogramBuckets.Unit) -> String {
        switch unit {
        case .count: "\(value)"
        case .seconds: number(Double(value) / 1e9)
        }
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value), abs(value) < 1e15 { return "\(whole)" }
        return "\(value)"
    }

    /// Label values escape the backslash, the quotation mark and the line feed.
    static func escapedLabel(_ text: String) -> String { escaped(text, quotes: true) }

    /// Help texts escape the backslash and the line feed.
    static func escapedHelp(_ text: String) -> String { escaped(text, quotes: false) }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": out.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": out.append(contentsOf: "\\n".unicodeScalars)
            case "\"" where quotes: out.append(contentsOf: "\\\"".unicodeScalars)
            default: out.append(scalar)
            }
        }
        return String(out)
    }
}
