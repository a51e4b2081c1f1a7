package import Domain
package import Primitives

/// Makes tokens of one tenant, which its own `TenantKeys` accept.
package struct TenantSigner: Sendable {
    private let tenant: String
    private let issuer: String
    private let audience: String
    private let signer: JWTSigner

    package init(tenant: String, issuer: String, audience: String, signer: JWTSigner) {
        self.tenant = tenant
        self.issuer = issuer
        self.audience = audience
        self.signer = signer
    }

    /// With an `identifier` the token can be revoked by name; times are cut to whole seconds.
    package func sign(
        subject: String, role: Role, grants: [Grant], issuedAt: Timestamp, expires: Timestamp,
        identifier: String? = nil,
        standing: PlatformStanding? = nil
    ) throws(KeyFailure) -> Secret {
        try signer.sign(
            TokenClaims(
                tenant: tenant, subject: subject, role: role, grants: grants, issuer: issuer, audience: audience,
                issuedAt: issuedAt, expires: expires, identifier: identifier, standing: standing))
    }
}
