/// The variable part of a log line: names, constant in the source, with their values, in order.
///
/// Names come from OpenTelemetry's conventions where these have one; ours begin with `sala.`.
package struct LogAttributes: ExpressibleByDictionaryLiteral, Sendable {
    private(set) var items: [(name: StaticString, value: LogValue)]

    package init(dictionaryLiteral elements: (StaticString, LogValue)...) {
        items = elements.map { (name: $0.0, value: $0.1) }
    }

    package mutating func append(_ name: StaticString, _ value: LogValue) { items.append((name: name, value: value)) }

    mutating func append(contentsOf other: LogAttributes) { items.append(contentsOf: other.items) }
}
