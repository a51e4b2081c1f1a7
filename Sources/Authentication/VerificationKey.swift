package import Primitives

/// A key that checks token signatures, together with the one algorithm that it is for.
///
/// The algorithm is part of the key, never of the token's choice: a public RSA key cannot be taken for an HMAC secret
/// (RFC 8725 §3.1).
package struct VerificationKey: Sendable {
    private enum Material: Sendable {
        case hs256(HMACSHA256)
        case rs256(OpenSSLKey)
        case es256(OpenSSLKey)
    }

    private let material: Material

    private init(_ material: Material) { self.material = material }

    /// The smallest HS256 secret (RFC 7518 §3.2).
    package static let minSecretBytes = 32

    /// An HS256 secret; its UTF-8 bytes are the key. `tooWeak` below `minSecretBytes`.
    package static func hs256(_ secret: Secret) throws(KeyFailure) -> VerificationKey {
        try hs256(bytes: Array(secret.reveal().utf8))
    }

    package static func hs256(bytes: [UInt8]) throws(KeyFailure) -> VerificationKey {
        guard bytes.count >= minSecretBytes else { throw .tooWeak }
        return VerificationKey(.hs256(HMACSHA256(key: bytes)))
    }

    /// An RSA public key of 2048–8192 bits in PEM.
    package static func rs256(pem: String) throws(KeyFailure) -> VerificationKey {
        VerificationKey(.rs256(try .publicKey(pem: Array(pem.utf8), as: .rsa)))
    }

    /// An RSA public key from a JSON Web Key's decoded `n` and `e` (RFC 7518 §6.3.1).
    package static func rs256(modulus: [UInt8], exponent: [UInt8]) throws(KeyFailure) -> VerificationKey {
        VerificationKey(.rs256(try .publicKey(der: PublicKeyInfo.rsa(modulus: modulus, exponent: exponent), as: .rsa)))
    }

    /// A P-256 public key in PEM.
    package static func es256(pem: String) throws(KeyFailure) -> VerificationKey {
        VerificationKey(.es256(try .publicKey(pem: Array(pem.utf8), as: .p256)))
    }

    /// A P-256 public key from a JSON Web Key's decoded `x` and `y`, 32 bytes each (RFC 7518 §6.2.1).
    package static func es256(x: [UInt8], y: [UInt8]) throws(KeyFailure) -> VerificationKey {
        guard x.count == 32, y.count == 32 else { throw .unreadable }
        return VerificationKey(.es256(try .publicKey(der: PublicKeyInfo.p256(x: x, y: y), as: .p256)))
    }

    package var algorithm: SignatureAlgorithm {
        switch material {
        case .hs256: .hs256
        case .rs256: .rs256
        case .es256: .es256
        }
    }

    /// Whether `signature`, in the form that tokens use, is this key's signature of `message`.
    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        switch material {
        case .hs256(let key): return key.isValid(signature, for: message)
        case .rs256(let key): return key.verifies(signature, of: message)
        case .es256(let key):
            guard let der = ECDSASignature.der(raw: signature) else { return false }
            return key.verifies(der, of: message)
        }
    }
}
