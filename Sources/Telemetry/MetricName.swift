/// The name of a metric: lower-case words with dots, as OpenTelemetry's conventions have it. No unit and no `_total`.
package struct MetricName: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let description: String

    /// The name must be of `a–z 0–9 . _` and begin with a letter.
    package init(stringLiteral value: StaticString) {
        description = value.description
        precondition(Self.isValid(description), "a metric name is written in lower-case words with dots")
    }

    /// As Prometheus has it: `sala_` before, underscores for dots; a name that begins with `sala.` already is not
    /// prefixed twice.
    var prometheus: String {
        let text = String(description.map { $0 == "." ? "_" : $0 })
        return text.utf8.starts(with: "sala_".utf8) ? text : "sala_" + text
    }

    private static func isValid(_ text: String) -> Bool {
        guard let first = text.utf8.first, (0x61...0x7A).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2E || byte == 0x5F
        }
    }
}

/// The names that more than one target uses, or that dashboards rely on.
extension MetricName {
    package static let httpServerRequestDuration: MetricName = "http.server.request.duration"
    package static let httpServerActiveRequests: MetricName = "http.server.active_requests"
    package static let httpClientRequestDuration: MetricName = "http.client.request.duration"
    package static let dbClientOperationDuration: MetricName = "db.client.operation.duration"
    package static let genAIClientOperationDuration: MetricName = "gen_ai.client.operation.duration"
    package static let genAIClientTokenUsage: MetricName = "gen_ai.client.token.usage"
    package static let connectionActive: MetricName = "sala.connection.active"
    package static let connectionDuration: MetricName = "sala.connection.duration"
    package static let sessionActive: MetricName = "sala.session.active"
    package static let mailboxDepth: MetricName = "sala.mailbox.depth"
    package static let sentPublications: MetricName = "sala.sent.publications"
    package static let effectDuration: MetricName = "sala.effect.duration"
    package static let checkpointDuration: MetricName = "sala.checkpoint.duration"
}
