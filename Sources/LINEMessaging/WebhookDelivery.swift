internal import JSON

/// The body of one webhook, whose signature was verified before.
package struct WebhookDelivery: Equatable, Sendable {
    /// The bot's user id; nil when the sender left it out.
    package let destination: String?
    /// In the order of the body; none when LINE only looks whether the URL answers.
    package let events: [WebhookEvent]
    /// What is wrong with the events that could not be read. Each event stands for itself, so the others count.
    package let unreadable: [WebhookViolation]

    /// Throws when it is no webhook's body. Properties and types that are not known are passed over: LINE adds some.
    package init(_ body: [UInt8], limits: WebhookLimits = WebhookLimits()) throws(WebhookViolation) {
        guard body.count <= limits.maxBodyBytes else { throw WebhookViolation(.bodyTooLarge) }
        let json: JSONValue
        do throws(JSONError) { json = try JSONParser.parse(body) } catch { throw WebhookViolation(.notJSON) }
        let root = try WebhookReader(json, "", limits)
        destination = try root.identifier("destination", required: false)
        guard let list = json["events"] else { throw WebhookViolation(.missing, "events") }
        guard let items = list.array else { throw WebhookViolation(.wrongType, "events") }
        guard items.count <= limits.maxEvents else { throw WebhookViolation(.tooManyEvents, "events") }
        var events: [WebhookEvent] = []
        var unreadable: [WebhookViolation] = []
        for (index, item) in items.enumerated() {
            do throws(WebhookViolation) {
                events.append(try WebhookEvent(WebhookReader(item, "events[\(index)]", limits)))
            } catch {
                unreadable.append(error)
            }
        }
        self.events = events
        self.unreadable = unreadable
    }
}
