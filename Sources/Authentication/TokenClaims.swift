package import Domain
package import JSON
package import Primitives

/// What a token of ours says; the other side of `Principal`.
package struct TokenClaims: Sendable, Equatable {
    package var tenant: String
    package var subject: String
    package var role: Role
    package var grants: [Grant]
    package var issuer: String
    package var audience: String
    package var issuedAt: Timestamp
    package var expires: Timestamp
    /// The token's own name, by which it can be revoked; without one its content is its name.
    package var identifier: String?
    package var standing: PlatformStanding?

    package init(
        tenant: String, subject: String, role: Role, grants: [Grant] = [], issuer: String, audience: String,
        issuedAt: Timestamp, expires: Timestamp, identifier: String? = nil, standing: PlatformStanding? = nil
    ) {
        self.tenant = tenant
        self.subject = subject
        self.role = role
        self.grants = grants
        self.issuer = issuer
        self.audience = audience
        self.issuedAt = issuedAt
        self.expires = expires
        self.identifier = identifier
        self.standing = standing
    }

    /// The claims as they stand in the token (RFC 7519 §4.1); times in whole seconds.
    package var json: JSONObject {
        var object: JSONObject = [
            "iss": .string(issuer), "aud": .string(audience), "tenant": .string(tenant), "sub": .string(subject),
            "role": .string(role.rawValue), "iat": .integer(issuedAt.seconds), "exp": .integer(expires.seconds),
        ]
        if !grants.isEmpty { object["grants"] = .array(grants.map { .string($0.text) }) }
        if let identifier { object["jti"] = .string(identifier) }
        for claim in standing?.claims.members ?? [] { object[claim.name] = claim.value }
        return object
    }
}
