package import Primitives

/// A notification for the devices of a person who has not been reached otherwise.
package struct InboxPush: Sendable, Equatable {
    package let notification: Notification
    /// At least one.
    package let devices: [PushDevice]
    /// For the badge.
    package let unread: Int
}

package enum InboxEffect: Sendable, Equatable {
    /// Hands it to the push service, once for each device; tries again what may succeed later.
    case push(InboxPush)
    /// Asks the inbox what is due then, and forgets the time before; nil: nothing will be.
    /// - `isNeeded`: somebody waits for it, so that the session must be there.
    case wake(at: Timestamp?, isNeeded: Bool)
}

/// How a push ended.
package struct PushResult: Sendable, Equatable {
    /// Devices whose push the service has taken.
    package let accepted: [String]
    /// Devices that the service does not know any more, with the token that it was asked for.
    package let unregistered: [PushDevice]
    /// Why no device has it; nil: one has.
    package let failure: PushFailure?

    package init(accepted: [String], unregistered: [PushDevice], failure: PushFailure?) {
        self.accepted = accepted
        self.unregistered = unregistered
        self.failure = failure
    }
}

package enum InboxOutcome: Sendable, Equatable {
    /// The session was loaded.
    case resumed
    /// It is time.
    case woke
    case pushed(String, PushResult)
}

package struct InboxLive: Sendable, Equatable {
    /// Notifications that are being pushed.
    package let underWay: Set<String>
    /// Whether the tenant has a push service.
    package let canPush: Bool

    package init(underWay: Set<String> = [], canPush: Bool = true) {
        self.underWay = underWay
        self.canPush = canPush
    }
}
