internal import COpenSSL

/// An RSA or P-256 key inside OpenSSL, and the two things that are done with it: sign and verify with SHA-256.
///
/// `@unchecked Sendable`: the key is never changed after `init`, and OpenSSL allows concurrent use of one `EVP_PKEY`.
final class OpenSSLKey: @unchecked Sendable {
    enum Kind: Sendable {
        /// `minRSABits` to `maxRSABits`; PKCS #1 v1.5 signatures.
        case rsa
        /// The curve P-256; signatures in DER form.
        case p256
    }

    /// RFC 7518 §3.3.
    static let minRSABits: Int32 = 2_048
    /// The time to verify grows with the square of the size.
    static let maxRSABits: Int32 = 8_192

    let kind: Kind
    private let key: OpaquePointer

    /// Owns `key` from here on, also when it throws.
    private init(adopting key: OpaquePointer, as kind: Kind) throws(KeyFailure) {
        self.key = key
        self.kind = kind
        switch kind {
        case .rsa:
            guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA else { throw .wrongKind }
            let bits = EVP_PKEY_get_bits(key)
            guard bits >= Self.minRSABits else { throw .tooWeak }
            guard bits <= Self.maxRSABits else { throw .tooLarge }
        case .p256:
            guard EVP_PKEY_get_base_id(key) == EVP_PKEY_EC, Self.isP256(key) else { throw .wrongKind }
        }
    }

    deinit { EVP_PKEY_free(key) }

    private static func isP256(_ key: OpaquePointer) -> Bool {
        var name = [CChar](repeating: 0, count: 32)
        var count = 0
        guard EVP_PKEY_get_group_name(key, &name, name.count, &count) == 1 else { return false }
        return name.prefix(count).elementsEqual(SN_X9_62_prime256v1.utf8.map(CChar.init(bitPattern:)))
    }

    // MARK: Reading

    /// A `PUBLIC KEY` block (SubjectPublicKeyInfo, RFC 7468 §13).
    static func publicKey(pem: [UInt8], as kind: Kind) throws(KeyFailure) -> OpenSSLKey {
        try read(pem, as: kind) { PEM_read_bio_PUBKEY($0, nil, noPassphrase, nil) }
    }

    /// An unencrypted private key block (RFC 7468 §10, or the older ones of OpenSSL).
    static func privateKey(pem: [UInt8], as kind: Kind) throws(KeyFailure) -> OpenSSLKey {
        try read(pem, as: kind) { PEM_read_bio_PrivateKey($0, nil, noPassphrase, nil) }
    }

    /// A SubjectPublicKeyInfo in DER. OpenSSL refuses a point that is not on its curve.
    static func publicKey(der: [UInt8], as kind: Kind) throws(KeyFailure) -> OpenSSLKey {
        try read(der, as: kind) { d2i_PUBKEY_bio($0, nil) }
    }

    /// Answers OpenSSL's question for a passphrase with "none"; its own answer would be to ask the terminal.
    private static let noPassphrase:
        @convention(c) (
            UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?
        ) -> Int32 = { _, _, _, _ in -1 }

    private static func read(
        _ text: [UInt8], as kind: Kind, _ parse: (OpaquePointer) -> OpaquePointer?
    ) throws(KeyFailure) -> OpenSSLKey {
        defer { ERR_clear_error() }
        guard !text.isEmpty, let length = Int32(exactly: text.count) else { throw .unreadable }
        let key: OpaquePointer? = text.withUnsafeBytes { bytes in
            guard let source = BIO_new_mem_buf(bytes.baseAddress, length) else { return nil }
            defer { BIO_free(source) }
            return parse(source)
        }
        guard let key else { throw .unreadable }
        return try OpenSSLKey(adopting: key, as: kind)
    }

    // MARK: Signatures

    /// Whether `signature` is this key's signature of `message`. Any bytes may come in.
    func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        defer { ERR_clear_error() }
        guard !signature.isEmpty, let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    /// The signature of `message`; `cannotSign` when this is only a public key.
    func signature(of message: [UInt8]) throws(KeyFailure) -> [UInt8] {
        defer { ERR_clear_error() }
        guard let context = EVP_MD_CTX_new() else { throw .cannotSign }
        defer { EVP_MD_CTX_free(context) }
        var count = 0
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1,
            EVP_DigestSign(context, nil, &count, message, message.count) == 1
        else { throw .cannotSign }
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSign(context, &signature, &count, message, message.count) == 1 else { throw .cannotSign }
        return Array(signature.prefix(count))
    }
}
