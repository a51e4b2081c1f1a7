/// What a subject is to its tenant.
package enum Role: String, Sendable, CaseIterable {
    case customer, provider, rider, staff, admin, `operator`, service
    /// Who came by a link: nothing but what is granted.
    case guest

    /// Sees and serves every session of its tenant.
    package var servesTenant: Bool {
        switch self {
        case .staff, .admin, .operator, .service: true
        case .customer, .provider, .rider, .guest: false
        }
    }
}

/// Who asks for something: a verified subject of one tenant, with what it was granted beyond its own sessions. An object, since
/// one bearer's socket, subscriptions and commands share it.
package final class Caller: Sendable, Equatable {
    package let tenant: String
    package let subject: String
    package let role: Role
    /// `kind/id` of the sessions that a token names for reading; those for writing may be read too.
    package let readable: Set<String>
    package let writable: Set<String>

    package init(
        tenant: String, subject: String, role: Role, readable: Set<String> = [], writable: Set<String> = []
    ) {
        self.tenant = tenant
        self.subject = subject
        self.role = role
        self.readable = readable
        self.writable = writable
    }

    package static func == (one: Caller, other: Caller) -> Bool {
        one === other
            || one.tenant == other.tenant && one.subject == other.subject && one.role == other.role
                && one.readable == other.readable && one.writable == other.writable
    }
}
