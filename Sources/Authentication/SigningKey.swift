package import Primitives

/// A key that signs tokens, together with the one algorithm that it is for.
package struct SigningKey: Sendable {
    private enum Material: Sendable {
        case hs256(HMACSHA256)
        case rs256(OpenSSLKey)
        case es256(OpenSSLKey)
    }

    private let material: Material

    /// An HS256 secret; its UTF-8 bytes are the key. `tooWeak` below 32 bytes.
    package static func hs256(_ secret: Secret) throws(KeyFailure) -> SigningKey {
        let bytes = Array(secret.reveal().utf8)
        guard bytes.count >= VerificationKey.minSecretBytes else { throw .tooWeak }
        return SigningKey(material: .hs256(HMACSHA256(key: bytes)))
    }

    /// An unencrypted RSA private key of 2048–8192 bits in PEM.
    package static func rs256(pem: Secret) throws(KeyFailure) -> SigningKey {
        SigningKey(material: .rs256(try .privateKey(pem: Array(pem.reveal().utf8), as: .rsa)))
    }

    /// An unencrypted P-256 private key in PEM.
    package static func es256(pem: Secret) throws(KeyFailure) -> SigningKey {
        SigningKey(material: .es256(try .privateKey(pem: Array(pem.reveal().utf8), as: .p256)))
    }

    package var algorithm: SignatureAlgorithm {
        switch material {
        case .hs256: .hs256
        case .rs256: .rs256
        case .es256: .es256
        }
    }

    /// The signature of `message` in the form that tokens use; for ES256 another one each time.
    package func signature(of message: [UInt8]) throws(KeyFailure) -> [UInt8] {
        switch material {
        case .hs256(let key): return key.code(for: message)
        case .rs256(let key): return try key.signature(of: message)
        case .es256(let key):
            guard let raw = ECDSASignature.raw(der: try key.signature(of: message)) else { throw .cannotSign }
            return raw
        }
    }
}
