/// What tells the series of one metric apart: names, constant in the source, with values from a small fixed set. Given
/// once, when the series is made; an id is never a label.
package struct MetricLabels: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    struct Item: Hashable, Sendable {
        let name: String
        let value: String
    }

    private(set) var items: [Item]

    package init(dictionaryLiteral elements: (StaticString, String)...) {
        items = []
        for (name, value) in elements { append(name, value) }
    }

    package mutating func append(_ name: StaticString, _ value: String) {
        items.append(Item(name: MetricName(stringLiteral: name).description, value: value))
    }

    func adding(_ name: StaticString, _ value: String) -> MetricLabels {
        var labels = self
        labels.append(name, value)
        return labels
    }

    /// `name="value",…` without braces, escaped as the text format demands.
    var prometheus: String {
        items.map { item in
            let name = String(item.name.map { $0 == "." ? "_" : $0 })
            return "\(name)=\"\(PrometheusText.escapedLabel(item.value))\""
        }
        .joined(separator: ",")
    }
}
