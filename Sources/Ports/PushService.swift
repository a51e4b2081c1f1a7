package import Domain
package import JSON

/// One push, for one device.
package struct PushMessage: Sendable, Equatable {
    package let token: String
    package let platform: PushPlatform
    package let title: String
    package let body: String
    /// Ids, so that the app knows what to open; every value is a text.
    package let data: JSONObject
    /// Of two pushes with the same one, a device shows the later: a push that is repeated is seen once. At most 64 bytes.
    package let collapse: String
    package let badge: Int
    package let isUrgent: Bool

    package init(
        token: String, platform: PushPlatform, title: String, body: String, data: JSONObject, collapse: String,
        badge: Int, isUrgent: Bool
    ) {
        self.token = token
        self.platform = platform
        self.title = title
        self.body = body
        self.data = data
        self.collapse = collapse
        self.badge = badge
        self.isUrgent = isUrgent
    }
}

package enum PushAnswer: Sendable, Equatable {
    /// The service has taken it; whether the device shows it is not known.
    case accepted
    /// The service knows no such device any more.
    case unregistered
    /// It is not taken, whenever it is tried.
    case refused
    /// It may be taken later, and not before `retryAfter`.
    case unavailable(retryAfter: Duration?)
}

/// One tenant's push service. Confined to a loop.
package protocol PushService: AnyObject, Sendable {
    func push(_ message: PushMessage, _ completion: @escaping @Sendable (PushAnswer) -> Void)
}
