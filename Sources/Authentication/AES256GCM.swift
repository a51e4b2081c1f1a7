internal import COpenSSL

/// A key of AES-256-GCM (NIST SP 800-38D) with nonces of 96 bits and tags of 128. Never shows its key.
struct AES256GCM: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    static let keyByteCount = 32
    static let nonceByteCount = 12
    static let tagByteCount = 16
    /// Of a plaintext or of associated data, so that OpenSSL's lengths, which are 32 bits, hold them.
    static let maxBytes = 16 * 1024 * 1024

    private let key: [UInt8]

    /// `key` has `keyByteCount` bytes.
    init(key: [UInt8]) {
        precondition(key.count == Self.keyByteCount, "the length of a key is checked where it is read")
        self.key = key
    }

    /// The ciphertext, as long as the plaintext, and the tag behind it. A nonce serves one key once: two messages under one
    /// nonce give each other away, and the key of the tags with them.
    func seal(_ plaintext: [UInt8], nonce: [UInt8], associatedData: [UInt8]) -> [UInt8] {
        precondition(nonce.count == Self.nonceByteCount && plaintext.count <= Self.maxBytes)
        precondition(associatedData.count <= Self.maxBytes)
        let context = Self.newContext()
        defer { EVP_CIPHER_CTX_free(context) }
        var out = [UInt8](repeating: 0, count: plaintext.count + Self.tagByteCount)
        var length: Int32 = 0
        var isSealed = EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1
        if !associatedData.isEmpty {
            isSealed = isSealed && EVP_EncryptUpdate(context, nil, &length, associatedData, count(associatedData)) == 1
        }
        if !plaintext.isEmpty {
            isSealed = isSealed && EVP_EncryptUpdate(context, &out, &length, plaintext, count(plaintext)) == 1
        }
        var tag = [UInt8](repeating: 0, count: Self.tagByteCount)
        // GCM has no block to fill, so this writes nothing into what it is given.
        isSealed = isSealed && EVP_EncryptFinal_ex(context, &tag, &length) == 1
        isSealed = isSealed && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, count(tag), &tag) == 1
        precondition(isSealed, "every build of OpenSSL 3 has AES-256-GCM, which refuses no message")
        out.replaceSubrange(plaintext.count..., with: tag)
        return out
    }

    /// What was sealed; nil unless key, nonce, associated data and every bit are the same.
    func open(_ sealed: [UInt8], nonce: [UInt8], associatedData: [UInt8]) -> [UInt8]? {
        guard sealed.count >= Self.tagByteCount, sealed.count <= Self.maxBytes, nonce.count == Self.nonceByteCount,
            associatedData.count <= Self.maxBytes
        else { return nil }
        // TLS on the same thread asks this queue what became of its calls.
        defer { ERR_clear_error() }
        let ciphertext = Array(sealed.dropLast(Self.tagByteCount))
        var tag = Array(sealed.suffix(Self.tagByteCount))
        let context = Self.newContext()
        defer { EVP_CIPHER_CTX_free(context) }
        var out = [UInt8](repeating: 0, count: ciphertext.count)
        var length: Int32 = 0
        var rest = [UInt8](repeating: 0, count: Self.tagByteCount)
        guard EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1,
            associatedData.isEmpty
                || EVP_DecryptUpdate(context, nil, &length, associatedData, count(associatedData)) == 1,
            ciphertext.isEmpty || EVP_DecryptUpdate(context, &out, &length, ciphertext, count(ciphertext)) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, count(tag), &tag) == 1,
            EVP_DecryptFinal_ex(context, &rest, &length) == 1
        else {
            // Unauthenticated plaintext is nobody's.
            OPENSSL_cleanse(&out, out.count)
            return nil
        }
        return out
    }

    private static func newContext() -> OpaquePointer {
        guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("out of memory") }
        return context
    }

    private func count(_ bytes: [UInt8]) -> Int32 { Int32(clamping: bytes.count) }

    var description: String { "***" }
    var debugDescription: String { "***" }
    var customMirror: Mirror { Mirror(self, children: [:]) }
}
