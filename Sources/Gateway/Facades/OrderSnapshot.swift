internal import Domain
internal import JSON
internal import Ports

extension OrderRow {
    /// The session's state as the customer sees it; empty where it cannot be read.
    var snapshot: JSONObject {
        do throws(JSONError) { return try JSONParser.parse(state).object ?? [:] } catch { return [:] }
    }

    /// It is its customer's, and the platform's own see all. Riders are shown less than a row holds.
    func isShown(to caller: Caller) -> Bool { customer == caller.subject || caller.role.servesTenant }
}
