package import Domain
package import Primitives

/// Who is asking: what a verified token says about its bearer.
package struct Principal: Sendable, Equatable {
    /// What the sessions know of the bearer.
    package let caller: Caller
    /// When the token stops being valid; whoever keeps the principal must stop serving it then.
    package let expires: Timestamp
    package let tokenIdentifier: TokenIdentifier
    private let rest: Rest?

    /// What few tokens have: every open socket keeps a principal.
    private final class Rest: Sendable, Equatable {
        let grants: [Grant]
        let standing: PlatformStanding?

        init(_ grants: [Grant], _ standing: PlatformStanding?) {
            self.grants = grants
            self.standing = standing
        }

        static func == (one: Rest, other: Rest) -> Bool {
            one === other || one.grants == other.grants && one.standing == other.standing
        }
    }

    package var grants: [Grant] { rest?.grants ?? [] }
    /// What the platform says of the bearer besides; nil: nothing.
    package var standing: PlatformStanding? { rest?.standing }

    package init(
        tenant: String, subject: String, role: Role, grants: [Grant], expires: Timestamp,
        tokenIdentifier: TokenIdentifier, standing: PlatformStanding? = nil
    ) {
        let path = { (grant: Grant) in grant.kind + "/" + grant.id }
        caller = Caller(
            tenant: tenant, subject: subject, role: role,
            readable: Set(grants.filter { $0.access == .read }.map(path)),
            writable: Set(grants.filter { $0.access == .write }.map(path)))
        self.expires = expires
        self.tokenIdentifier = tokenIdentifier
        rest = grants.isEmpty && standing == nil ? nil : Rest(grants, standing)
    }

    /// The tenant's configured name; the token's signature was one of that tenant's own keys.
    package var tenant: String { caller.tenant }
    package var subject: String { caller.subject }
    package var role: Role { caller.role }

    /// Whether a grant (not the role) gives `access` to the session `kind/id` of this tenant.
    package func isGranted(_ access: Grant.Access, kind: String, id: String) -> Bool {
        grants.contains { $0.allows(access, kind: kind, id: id) }
    }
}
