package import Primitives

/// A token that is refused from now on.
package struct Revocation: Sendable, Equatable {
    /// Why, which is how its sockets end.
    package enum Cause: String, Sendable, CaseIterable {
        /// Somebody took it back.
        case revoked
        /// Its bearer gave it back.
        case loggedOut
    }

    package let tenant: String
    /// A `TokenIdentifier`'s text.
    package let token: String
    /// When the token is over anyway.
    package let until: Timestamp
    package let cause: Cause

    package init(tenant: String, token: String, until: Timestamp, cause: Cause) {
        self.tenant = tenant
        self.token = token
        self.until = until
        self.cause = cause
    }
}

/// How far a reader has come among the revocations, in the order in which they were written.
package struct RevocationMark: Sendable, Equatable {
    package let writtenAt: Timestamp
    package let token: String

    package init(writtenAt: Timestamp, token: String) {
        self.writtenAt = writtenAt
        self.token = token
    }

    /// Before all.
    package static let start = RevocationMark(writtenAt: Timestamp(microseconds: 0), token: "")
}

package struct RevocationPage: Sendable, Equatable {
    /// The oldest first.
    package let items: [Revocation]
    /// Where the last of them stands; nil when there are none.
    package let last: RevocationMark?
    /// The store's clock when it looked.
    package let asOf: Timestamp

    package init(items: [Revocation], last: RevocationMark?, asOf: Timestamp) {
        self.items = items
        self.last = last
        self.asOf = asOf
    }
}

/// Revoked tokens, kept until they would have expired anyway.
package protocol RevocationStore: AnyObject, Sendable {
    /// - Parameter activity: the line of the activity log that is written with it; nil: the tenant has no such log.
    func revoke(
        _ revocation: Revocation, recording activity: ActivityRow?, _ completion: @escaping (StoreFailure?) -> Void)

    /// All that are not over at `now`.
    func revocations(
        at now: Timestamp, _ completion: @escaping (Result<[(token: String, until: Timestamp)], StoreFailure>) -> Void)

    /// Those that were written after `mark`, whichever process wrote them; at most `limit`.
    func revocations(
        after mark: RevocationMark, limit: Int,
        _ completion: @escaping (Result<RevocationPage, StoreFailure>) -> Void)
}
