package import Domain
package import Ports

extension InboxEffects {
    package static func creationChanges(of state: Inbox) -> [StoredChange] { [] }

    package static func changes(for event: InboxEvent, offset: Int64, state: Inbox) -> [StoredChange] {
        switch event {
        case .created(_, _, pushAfter: .some), .pushHandedOver, .pushFailed, .pushSkipped:
            [.unfinished(!state.pushes.isEmpty)]
        case .created, .read, .allRead, .deleted, .expired, .configured, .deviceRegistered, .deviceRemoved: []
        }
    }

    /// What grew too old while nobody looked goes, and what is to be pushed is waited for.
    package static func recovery(of state: Inbox, openReply: OpenReplyRow?) -> InboxOutcome? {
        state.notifications.isEmpty && state.pushes.isEmpty ? nil : .resumed
    }
}
