/// All series of one metric name.
struct MetricFamily: Sendable {
    enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    enum Metric: Sendable {
        case counter(Counter)
        case upDownCounter(UpDownCounter)
        case histogram(Histogram)
        case observed(@Sendable () -> Double)
    }

    struct Series: Sendable {
        let labels: MetricLabels
        let metric: Metric
    }

    let name: MetricName
    let kind: Kind
    let help: String
    var series: [Series] = []
}
