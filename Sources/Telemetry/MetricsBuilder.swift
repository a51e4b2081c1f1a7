/// Collects all metrics of the process while it is composed; `registry()` ends that.
///
/// Each target makes its handles here once and keeps them, so an update is an atomic addition without any lookup. All
/// label values are given here too, so the number of series is known before the first request.
package struct MetricsBuilder {
    /// Series of one metric. More means that a label has too many values, which is a bug.
    package static let maxSeriesPerMetric = 256

    private var families: [MetricFamily] = []

    package init() {}

    package mutating func counter(_ name: MetricName, help: StaticString, labels: MetricLabels = [:]) -> Counter {
        let counter = Counter()
        add(.counter(counter), name, .counter, help, labels)
        return counter
    }

    package mutating func upDownCounter(
        _ name: MetricName, help: StaticString, labels: MetricLabels = [:]
    ) -> UpDownCounter {
        let counter = UpDownCounter()
        add(.upDownCounter(counter), name, .gauge, help, labels)
        return counter
    }

    package mutating func histogram(
        _ name: MetricName, help: StaticString, buckets: HistogramBuckets, labels: MetricLabels = [:]
    ) -> Histogram {
        let histogram = Histogram(buckets: buckets)
        add(.histogram(histogram), name, .histogram, help, labels)
        return histogram
    }

    /// A number that is asked for when the metrics are read; `read` may run on any thread and must be quick.
    package mutating func gauge(
        _ name: MetricName, help: StaticString, labels: MetricLabels = [:], read: @escaping @Sendable () -> Double
    ) {
        add(.observed(read), name, .gauge, help, labels)
    }

    /// One counter a case of `Label`, told apart by the label `name`.
    package mutating func counters<Label: MetricLabel>(
        _ metric: MetricName, help: StaticString, by name: StaticString, _: Label.Type, labels: MetricLabels = [:]
    ) -> MetricSet<Label, Counter> {
        MetricSet { counter(metric, help: help, labels: labels.adding(name, $0.rawValue)) }
    }

    /// One up-down counter a case of `Label`, told apart by the label `name`.
    package mutating func upDownCounters<Label: MetricLabel>(
        _ metric: MetricName, help: StaticString, by name: StaticString, _: Label.Type, labels: MetricLabels = [:]
    ) -> MetricSet<Label, UpDownCounter> {
        MetricSet { upDownCounter(metric, help: help, labels: labels.adding(name, $0.rawValue)) }
    }

    /// One histogram a case of `Label`, told apart by the label `name`.
    package mutating func histograms<Label: MetricLabel>(
        _ metric: MetricName, help: StaticString, buckets: HistogramBuckets, by name: StaticString, _: Label.Type,
        labels: MetricLabels = [:]
    ) -> MetricSet<Label, Histogram> {
        MetricSet { histogram(metric, help: help, buckets: buckets, labels: labels.adding(name, $0.rawValue)) }
    }

    /// All metrics made so far, to be read from anywhere.
    package func registry() -> MetricsRegistry { MetricsRegistry(families: families) }

    private mutating func add(
        _ metric: MetricFamily.Metric, _ name: MetricName, _ kind: MetricFamily.Kind, _ help: StaticString,
        _ labels: MetricLabels
    ) {
        let index: Int
        if let known = families.firstIndex(where: { $0.name == name }) {
            precondition(families[known].kind == kind, "all series of a metric are of one kind")
            index = known
        } else {
            let isNew = !families.contains { $0.name.prometheus == name.prometheus }
            precondition(isNew, "two metrics have names that differ only by dots")
            families.append(MetricFamily(name: name, kind: kind, help: help.description))
            index = families.count - 1
        }
        precondition(!families[index].series.contains { $0.labels == labels }, "a series is made once")
        precondition(families[index].series.count < Self.maxSeriesPerMetric, "a label has few values")
        families[index].series.append(MetricFamily.Series(labels: labels, metric: metric))
    }
}
