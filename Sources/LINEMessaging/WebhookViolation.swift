/// What is wrong in a webhook's body, and where.
package struct WebhookViolation: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Reason: String, Equatable, Sendable, CaseIterable {
        case bodyTooLarge, notJSON, tooManyEvents
        /// The property must be there and is not.
        case missing
        /// It has another type than LINE documents.
        case wrongType
        /// It is longer than its bound.
        case tooLong
        /// Its type is right and its value cannot be.
        case malformed
    }

    package let reason: Reason
    /// The property, such as `events[2].message.id`; empty for the body itself. Made of our own names only.
    package let path: String

    package init(_ reason: Reason, _ path: String = "") {
        self.reason = reason
        self.path = path
    }

    package var description: String { path.isEmpty ? reason.rawValue : "\(path): \(reason.rawValue)" }
}
