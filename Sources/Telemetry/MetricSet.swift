/// A label whose values are the cases of an enum, so that nobody can invent one at run time.
package protocol MetricLabel: CaseIterable, Equatable, Sendable, RawRepresentable where RawValue == String {}

/// One metric handle for each case of `Label`.
package struct MetricSet<Label: MetricLabel, Metric: Sendable>: Sendable {
    private let items: [(label: Label, metric: Metric)]

    init(_ make: (Label) -> Metric) { items = Label.allCases.map { (label: $0, metric: make($0)) } }

    /// A search among a handful of cases.
    package subscript(label: Label) -> Metric {
        guard let item = items.first(where: { $0.label == label }) else {
            preconditionFailure("every case of a label is in allCases")
        }
        return item.metric
    }
}
