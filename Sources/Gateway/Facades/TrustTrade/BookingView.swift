internal import JSON
internal import Ports
internal import Primitives

extension OrderRow {
    /// As the document's table of bookings shows it. What the platform gave with the booking (`title`, `description`,
    /// `scheduledDate` …) stands beside what we know.
    var booking: JSONObject {
        let state = snapshot
        var object = state["details"]?.object ?? [:]
        object["id"] = .string(id)
        object["consumerId"] = .string(customer)
        object["providerId"] = JSONValue(provider)
        object["status"] = .string(status)
        object["displayStatus"] = .string(displayStatus)
        object["transactionId"] = JSONValue(payment)
        if object["location"] == nil { object["location"] = state["destination"]?["address"] ?? .null }
        object["cancellationReason"] = state["cancellation"]?["reason"] ?? .null
        object["history"] = state["history"] ?? []
        object["createdAt"] = .string(createdAt.rfc3339)
        object["updatedAt"] = .string(updatedAt.rfc3339)
        return object
    }
}
