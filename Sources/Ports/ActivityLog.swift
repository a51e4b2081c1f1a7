package import Domain
package import JSON
package import Primitives

/// One line of a tenant's activity log: who did what, to what, from where. Never what was said: an activity's details are counts
/// and names of ours.
package struct ActivityRow: Sendable, Equatable {
    /// Who did it.
    package var subject: String
    package var activity: Activity
    /// The id of what it was done to, or its address; nil when it was done to no one thing.
    package var entity: String?
    package var details: JSONObject
    /// The client's numeric address, and how it calls itself; nil where it is not known, as in a session.
    package var address: String?
    package var userAgent: String?
    package var at: Timestamp

    /// UTF-8 bytes of a user agent that are kept.
    package static let maxUserAgentBytes = 256

    package init(
        subject: String, activity: Activity, entity: String?, details: JSONObject = [:], address: String? = nil,
        userAgent: String? = nil, at: Timestamp
    ) {
        self.subject = subject
        self.activity = activity
        self.entity = entity
        self.details = details
        self.address = address
        self.userAgent = userAgent
        self.at = at
    }
}

/// What was done.
package struct Activity: Sendable, Hashable {
    /// Its own name: `CHAT_MESSAGE`.
    package let name: String
    /// What kind of act it was: `CREATE`, `UPDATE`, `DELETE`, `LOGOUT`.
    package let action: String
    /// What it was done to: `Conversation`.
    package let entityType: String

    package init(_ name: String, action: String, of entityType: String) {
        self.name = name
        self.action = action
        self.entityType = entityType
    }

    package static let logout = Activity("LOGOUT", action: "LOGOUT", of: "Token")
    package static let revocation = Activity("TOKEN_REVOKE", action: "DELETE", of: "Token")
    package static let cleanUp = Activity("ACTIVITY_LOG_CLEANUP", action: "DELETE", of: "ActivityLog")

    /// Of a command that a session of this kind took.
    package init(of command: String, to kind: SessionKind) {
        switch (kind, command) {
        case (.conversation, "message.send"): self.init("CHAT_MESSAGE", action: "CREATE", of: "Conversation")
        case (.conversation, "conversation.delete"): self.init("CHAT_DELETE", action: "DELETE", of: "Conversation")
        default:
            // A command's name is one of ours by now, so there are few.
            let name = String(command.map { $0 == "." ? "_" : $0 }).uppercased()
            self.init(name, action: "UPDATE", of: kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst())
        }
    }
}

/// Which lines are asked for, and which page of them.
package struct ActivityQuery: Sendable, Equatable {
    package var tenant: String
    package var subject: String?
    /// The activity's name or its action.
    package var activity: String?
    package var entityType: String?
    /// From this moment on, and before that one.
    package var from: Timestamp?
    package var until: Timestamp?
    /// Found in the activity, the entity or the subject, without regard to case.
    package var text: String?
    /// 1, 2, 3 …
    package var page: Int
    /// 1…100.
    package var size: Int

    /// Only so many of the newest lines that match are counted and listed.
    package static let maxHistory = 10_000
    /// Lines of one page.
    package static let maxPageItems = 100

    package init(tenant: String, page: Int = 1, size: Int = 10) {
        self.tenant = tenant
        self.page = page
        self.size = size
    }
}

package struct StoredActivity: Sendable, Equatable {
    package let id: Int64
    package let row: ActivityRow

    package init(id: Int64, row: ActivityRow) {
        self.id = id
        self.row = row
    }
}

package struct ActivityPage: Sendable, Equatable {
    /// Newest first.
    package let items: [StoredActivity]
    /// Of all pages, `ActivityQuery.maxHistory` at most.
    package let total: Int

    package init(items: [StoredActivity], total: Int) {
        self.items = items
        self.total = total
    }
}

package struct ActivityStatistics: Sendable, Equatable {
    package struct Count: Sendable, Equatable {
        package let name: String
        package let count: Int64

        package init(name: String, count: Int64) {
            self.name = name
            self.count = count
        }
    }

    package var total: Int64
    /// Since the given moment.
    package var recent: Int64
    package var subjects: Int64
    /// The most frequent first, at most `maxCounts` of each.
    package var byActivity: [Count]
    package var bySubject: [Count]

    package static let maxCounts = 20

    package init(total: Int64, recent: Int64, subjects: Int64, byActivity: [Count], bySubject: [Count]) {
        self.total = total
        self.recent = recent
        self.subjects = subjects
        self.byActivity = byActivity
        self.bySubject = bySubject
    }
}

/// Lines of the activity log. What sessions do is written with it (`StoredChange.activity`); everything else comes here.
package protocol ActivityLog: AnyObject, Sendable {
    func activities(
        _ query: ActivityQuery, _ completion: @escaping @Sendable (Result<ActivityPage, StoreFailure>) -> Void)

    /// nil: the tenant has none of that number.
    func activity(
        _ id: Int64, tenant: String, _ completion: @escaping @Sendable (Result<StoredActivity?, StoreFailure>) -> Void)

    func statistics(
        tenant: String, since: Timestamp,
        _ completion: @escaping @Sendable (Result<ActivityStatistics, StoreFailure>) -> Void)

    /// Forgets what is older, and writes that down in the same transaction; returns how many lines went.
    func cleanUp(
        before: Timestamp, tenant: String, recording row: ActivityRow,
        _ completion: @escaping @Sendable (Result<Int64, StoreFailure>) -> Void)
}
