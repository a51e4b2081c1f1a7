/// Why TLS cannot be set up. The description names the file and says what is wrong with it, and holds no secret.
package enum TLSFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file cannot be read; the message names it.
    case unreadable(String)
    /// No `CERTIFICATE` block (RFC 7468 §5) is in the file.
    case noCertificate(file: String)
    /// A `CERTIFICATE` block, counted from 1, that is damaged.
    case damagedCertificate(file: String, number: Int)
    /// More certificates than a chain may have.
    case chainTooLong(file: String, limit: Int)
    /// No private key is in the file, or it is damaged.
    case noPrivateKey(file: String)
    /// The key wants a passphrase, and nobody is there to be asked.
    case encryptedPrivateKey(file: String)
    /// The key is not that of the first certificate.
    case keyMismatch(certificate: String, key: String)
    /// Below 112 bits of strength: RSA under 2,048 bits, a signature with MD5 or SHA-1.
    case tooWeak(file: String, reason: String)
    /// OpenSSL refuses something else; its own word for it.
    case refused(reason: String)

    package var description: String {
        switch self {
        case .unreadable(let message): message
        case .noCertificate(let file): "\(file): no certificate in PEM form is in it"
        case .damagedCertificate(let file, let number): "\(file): certificate \(number) in it is damaged"
        case .chainTooLong(let file, let limit): "\(file): more than \(limit) certificates are in it"
        case .noPrivateKey(let file): "\(file): no readable private key in PEM form is in it"
        case .encryptedPrivateKey(let file): "\(file): the private key is encrypted; store it without a passphrase"
        case .keyMismatch(let certificate, let key):
            "\(key): the private key does not belong to the first certificate of \(certificate)"
        case .tooWeak(let file, let reason): "\(file): too weak: \(reason)"
        case .refused(let reason): "OpenSSL refuses: \(reason)"
        }
    }
}
