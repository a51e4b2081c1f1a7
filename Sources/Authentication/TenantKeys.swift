package import Domain

/// The keys that may sign for one tenant, and what their tokens must say.
package struct TenantKeys: Sendable {
    package let tenant: String
    /// The only accepted `iss`.
    package let issuer: String
    /// What `aud` must be or contain.
    package let audience: String
    /// The roles that these keys may give. Leave `operator` out for keys that a tenant holds itself: an operator's
    /// rights reach beyond the tenant.
    package let roles: Set<Role>
    private let keys: [String: VerificationKey]

    /// `keys` by `kid`.
    package init(
        tenant: String, issuer: String, audience: String, roles: Set<Role>, keys: [String: VerificationKey]
    ) {
        self.tenant = tenant
        self.issuer = issuer
        self.audience = audience
        self.roles = roles
        self.keys = keys
    }

    /// The key named `kid`; without a name the only key there is. Nil when there is none, or more than one to choose
    /// from.
    func key(_ kid: String?) -> VerificationKey? {
        if let kid { return keys[kid] }
        return keys.count == 1 ? keys.values.first : nil
    }
}
