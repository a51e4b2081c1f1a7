internal import Primitives

/// Names one token for revocation: 43 characters that say nothing about it.
///
/// It is a digest of the tenant and the token's `jti`, or of the tenant and the signed part of the token when it has no
/// `jti`. Never of the signature: whoever holds an ES256 token can turn its signature into another valid one, and so
/// would step out of a revocation.
package struct TokenIdentifier: Hashable, Sendable {
    package let text: String

    /// One that was stored before.
    package init(stored text: String) { self.text = text }

    /// That of every token of `tenant` with this `jti`.
    package init(tenant: String, jti: String) { self.init(tenant: tenant, marker: 0x01, content: Array(jti.utf8)) }

    init(tenant: String, signedPart: [UInt8]) { self.init(tenant: tenant, marker: 0x02, content: signedPart) }

    private init(tenant: String, marker: UInt8, content: [UInt8]) {
        // Tenant names hold no zero byte, so no two inputs have the same bytes.
        text = Base64.encodeURLSafe(SHA256.digest(Array(tenant.utf8) + [0, marker] + content))
    }
}
