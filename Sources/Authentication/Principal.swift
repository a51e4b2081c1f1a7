package import Domain
package import Primitives

/// Who is asking: what a verified token says about its bearer.
package struct Principal: Sendable, Equatable {
    /// The tenant's configured name; the token's signature was one of that tenant's own keys.
    package let tenant: String
    package let subject: String
    package let role: Role
    package let grants: [Grant]
    /// When the token stops being valid; whoever keeps the principal must stop serving it then.
    package let expires: Timestamp
    package let tokenIdentifier: TokenIdentifier

    package init(
        tenant: String, subject: String, role: Role, grants: [Grant], expires: Timestamp,
        tokenIdentifier: TokenIdentifier
    ) {
        self.tenant = tenant
        self.subject = subject
        self.role = role
        self.grants = grants
        self.expires = expires
        self.tokenIdentifier = tokenIdentifier
    }

    /// Whether a grant (not the role) gives `access` to the session `kind/id` of this tenant.
    package func isGranted(_ access: Grant.Access, kind: String, id: String) -> Bool {
        grants.contains { $0.allows(access, kind: kind, id: id) }
    }
}
