/// All metrics of the process, fixed at composition; reads them, never changes them.
package struct MetricsRegistry: Sendable {
    let families: [MetricFamily]

    /// The names that are shown, in the order in which they were made.
    package var names: [String] { families.map(\.name.description) }

    /// The `Content-Type` of `prometheusText`.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// All metrics in the Prometheus text format 0.0.4.
    package func prometheusText() -> [UInt8] {
        var text = PrometheusText()
        for family in families { text.append(family) }
        return text.bytes
    }
}
