/// What a peer did against TLS, or what it asked for that this server does not offer; in OpenSSL's words.
package struct TLSViolation: Error, Equatable, Sendable, CustomStringConvertible {
    /// Such as `no shared cipher`, `unsupported protocol` or `http request`. It quotes nothing of what came.
    package let reason: String

    package var description: String { reason }
}
