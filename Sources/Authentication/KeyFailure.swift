/// Why key material cannot be used. Holds nothing of the material.
package enum KeyFailure: String, Error, Equatable, Sendable {
    /// OpenSSL cannot read it: not PEM, encrypted, cut, or numbers that are no key.
    case unreadable
    /// A key, but of another kind or curve than its algorithm needs.
    case wrongKind
    /// Shorter than RFC 7518 §3.2 and §3.3 demand: 256 bits for HS256, 2048 for RS256.
    case tooWeak
    /// An RSA key above 8192 bits, which would only serve to slow the server down.
    case tooLarge
    /// OpenSSL would not sign with it.
    case cannotSign
}
