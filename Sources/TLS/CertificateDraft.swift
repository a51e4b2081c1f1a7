internal import COpenSSL
internal import Primitives

/// A certificate (X.509 v3, RFC 5280) on its way to be signed.
struct CertificateDraft: ~Copyable {
    /// Name and value in the words of OpenSSL's configuration files (x509v3_config(5)).
    typealias Extension = (identifier: Int32, value: String)

    let pointer: OpaquePointer

    init(
        name: String, now: Timestamp, lifetime: Duration, key: borrowing PrivateKey, random: any RandomSource
    ) throws(TLSFailure) {
        OpenSSLErrors.clear()
        guard let pointer = X509_new() else { throw .refused(reason: OpenSSLErrors.newestText) }
        // A positive number of at most 20 bytes that nobody can guess (RFC 5280 §4.1.2.2).
        let digits = random.bytes(16)
        let serial = BN_bin2bn(digits, Int32(digits.count), nil)
        defer { BN_free(serial) }
        let text = Array(name.utf8)
        let subject = X509_get_subject_name(pointer)
        let isSet =
            X509_set_version(pointer, 2) == 1
            && BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(pointer)) != nil
            // From an hour ago: clocks differ.
            && ASN1_TIME_set(X509_getm_notBefore(pointer), Int(now.seconds - 3_600)) != nil
            && ASN1_TIME_set(X509_getm_notAfter(pointer), Int(now.advanced(by: lifetime).seconds)) != nil
            && X509_NAME_add_entry_by_NID(
                subject, NID_commonName, MBSTRING_FLAG, text, Int32(clamping: text.count), -1, 0) == 1
            && X509_set_pubkey(pointer, key.pointer) == 1
        guard isSet else {
            X509_free(pointer)
            throw .refused(reason: OpenSSLErrors.newestText)
        }
        self.pointer = pointer
    }

    deinit { X509_free(pointer) }

    /// Signs as `issuer` with its key, the last thing that is done to a draft.
    func sign(
        as issuer: OpaquePointer, with key: OpaquePointer, _ extensions: [Extension]
    ) throws(TLSFailure) {
        OpenSSLErrors.clear()
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer, pointer, nil, nil, 0)
        for (identifier, value) in extensions {
            guard let made = X509V3_EXT_conf_nid(nil, &context, identifier, value) else {
                throw .refused(reason: OpenSSLErrors.newestText)
            }
            defer { X509_EXTENSION_free(made) }
            guard X509_add_ext(pointer, made, -1) == 1 else { throw .refused(reason: OpenSSLErrors.newestText) }
        }
        guard X509_set_issuer_name(pointer, X509_get_subject_name(issuer)) == 1,
            X509_sign(pointer, key, EVP_sha256()) > 0
        else { throw .refused(reason: OpenSSLErrors.newestText) }
    }

    func pem() throws(TLSFailure) -> [UInt8] { try PEMText.make { PEM_write_bio_X509($0, pointer) } }
}

/// A new private key.
struct PrivateKey: ~Copyable {
    let pointer: OpaquePointer

    init(_ kind: LocalAuthority.KeyKind) throws(TLSFailure) {
        OpenSSLErrors.clear()
        var key: OpaquePointer?
        if let maker = EVP_PKEY_CTX_new_id(kind == .p256 ? EVP_PKEY_EC : EVP_PKEY_RSA, nil) {
            defer { EVP_PKEY_CTX_free(maker) }
            let isReady =
                EVP_PKEY_keygen_init(maker) == 1
                && (kind == .p256
                    ? EVP_PKEY_CTX_set_group_name(maker, SN_X9_62_prime256v1) == 1
                    : EVP_PKEY_CTX_set_rsa_keygen_bits(maker, 2_048) == 1)
            if isReady { EVP_PKEY_generate(maker, &key) }
        }
        guard let key else { throw .refused(reason: OpenSSLErrors.newestText) }
        pointer = key
    }

    deinit { EVP_PKEY_free(pointer) }

    /// PKCS #8, not encrypted.
    func pem() throws(TLSFailure) -> [UInt8] {
        try PEMText.make { PEM_write_bio_PrivateKey($0, pointer, nil, nil, 0, nil, nil) }
    }
}

/// What OpenSSL writes to a file, as bytes.
private enum PEMText {
    static func make(_ write: (OpaquePointer) -> Int32) throws(TLSFailure) -> [UInt8] {
        guard let output = BIO_new(BIO_s_mem()) else { throw .refused(reason: OpenSSLErrors.newestText) }
        defer { BIO_free(output) }
        guard write(output) == 1 else { throw .refused(reason: OpenSSLErrors.newestText) }
        var text = [UInt8](repeating: 0, count: BIO_ctrl_pending(output))
        let count = BIO_read(output, &text, Int32(clamping: text.count))
        return Array(text.prefix(Int(max(0, count))))
    }
}
