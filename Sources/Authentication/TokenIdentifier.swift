internal import Primitives

/// Names one token for revocation: 43 characters that say nothing about it.
///
/// It is a digest of the tenant and the token's `jti`, or of the tenant and the signed part of the token when it has no
/// `jti`. Never of the signature: whoever holds an ES256 token can turn its signature into another valid one, and so
/// would step out of a revocation.
package struct TokenIdentifier: Hashable, Sendable {
    // The digest's 32 bytes, in place: every open socket has one of these.
    private let words: [4 of UInt64]

    /// In URL-safe Base64 without padding (RFC 4648 §5).
    package var text: String { Base64.encodeURLSafe(bytes) }

    /// One that was stored before; nil when the text is not one.
    package init?(stored text: String) {
        guard let bytes = Base64.decodeURLSafe(text.utf8), bytes.count == SHA256.byteCount else { return nil }
        self.init(digest: bytes)
    }

    /// That of every token of `tenant` with this `jti`.
    package init(tenant: String, jti: String) { self.init(tenant: tenant, marker: 0x01, content: Array(jti.utf8)) }

    init(tenant: String, signedPart: [UInt8]) { self.init(tenant: tenant, marker: 0x02, content: signedPart) }

    private init(tenant: String, marker: UInt8, content: [UInt8]) {
        // Tenant names hold no zero byte, so no two inputs have the same bytes.
        self.init(digest: SHA256.digest(Array(tenant.utf8) + [0, marker] + content))
    }

    private init(digest: [UInt8]) {
        words = [4 of UInt64] { index in digest[(8 * index)..<(8 * index + 8)].reduce(0) { $0 << 8 | UInt64($1) } }
    }

    private var bytes: [UInt8] {
        words.indices.flatMap { index in (0..<8).map { UInt8(truncatingIfNeeded: words[index] >> (56 - 8 * $0)) } }
    }

    package static func == (one: TokenIdentifier, other: TokenIdentifier) -> Bool {
        one.words.indices.allSatisfy { one.words[$0] == other.words[$0] }
    }

    // A part of a digest is as good a hash as the whole.
    package func hash(into hasher: inout Hasher) { hasher.combine(words[0]) }
}
