/// The signature algorithms that a token may name (RFC 7518 §3.1). There is no case for `none`.
package enum SignatureAlgorithm: String, CaseIterable, Sendable {
    /// HMAC with SHA-256.
    case hs256 = "HS256"
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    case rs256 = "RS256"
    /// ECDSA on P-256 with SHA-256; the signature is the 64 bytes r||s.
    case es256 = "ES256"
}
