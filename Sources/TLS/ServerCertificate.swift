internal import COpenSSL
internal import Glibc
package import Primitives

/// A certificate chain with the private key of its first certificate: what a server shows, and proves to be.
///
/// `@unchecked Sendable`: nothing is changed after `init`, and OpenSSL counts references atomically.
package final class ServerCertificate: @unchecked Sendable {
    /// Chains of public authorities have two or three certificates.
    package static let maxChainCertificates = 16

    /// The server's own certificate first.
    let chain: [OpaquePointer]
    let key: OpaquePointer
    let chainFile: String
    let keyFile: String

    /// Reads the chain (the server's certificate first, then those that lead to the root) and the key that fits it.
    /// Whether the certificate is valid today is not looked at: see `notBefore` and `notAfter`.
    package init(chain chainFile: PEMFile, key keyFile: PEMFile) throws(TLSFailure) {
        var chain: [OpaquePointer] = []
        do {
            try Self.readChain(chainFile, into: &chain)
            key = try Self.readKey(keyFile)
        } catch {
            for certificate in chain { X509_free(certificate) }
            throw error
        }
        self.chain = chain
        self.chainFile = chainFile.name
        self.keyFile = keyFile.name
        OpenSSLErrors.clear()
        guard X509_check_private_key(chain[0], key) == 1 else {
            OpenSSLErrors.clear()
            throw .keyMismatch(certificate: chainFile.name, key: keyFile.name)
        }
    }

    deinit {
        for certificate in chain { X509_free(certificate) }
        EVP_PKEY_free(key)
    }

    /// From when, and to when, the first certificate is valid (RFC 5280 §4.1.2.5).
    package var notBefore: Timestamp { Self.timestamp(X509_get0_notBefore(chain[0])) }
    package var notAfter: Timestamp { Self.timestamp(X509_get0_notAfter(chain[0])) }

    /// Whether clients accept the first certificate for this host name or numeric address (RFC 6125, without CN).
    package func isValid(forHost host: String) -> Bool {
        let flags = UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)
        return X509_check_ip_asc(chain[0], host, flags) == 1 || X509_check_host(chain[0], host, 0, flags, nil) == 1
    }

    // MARK: Reading

    private static func readChain(_ file: PEMFile, into chain: inout [OpaquePointer]) throws(TLSFailure) {
        OpenSSLErrors.clear()
        defer { OpenSSLErrors.clear() }
        guard let source = MemorySource(file.content) else { throw .noCertificate(file: file.name) }
        while let certificate = PEM_read_bio_X509(source.bio, nil, noPassphrase, nil) {
            chain.append(certificate)
            guard chain.count <= maxChainCertificates else {
                throw .chainTooLong(file: file.name, limit: maxChainCertificates)
            }
        }
        // The end of the file is told as "no start line"; anything else is a block that cannot be read.
        guard OpenSSLErrors.newestReason == PEM_R_NO_START_LINE else {
            throw .damagedCertificate(file: file.name, number: chain.count + 1)
        }
        guard !chain.isEmpty else { throw .noCertificate(file: file.name) }
    }

    private static func readKey(_ file: PEMFile) throws(TLSFailure) -> OpaquePointer {
        OpenSSLErrors.clear()
        defer { OpenSSLErrors.clear() }
        guard let source = MemorySource(file.content) else { throw .noPrivateKey(file: file.name) }
        if let key = PEM_read_bio_PrivateKey(source.bio, nil, noPassphrase, nil) { return key }
        if file.content.contains("ENCRYPTED") { throw .encryptedPrivateKey(file: file.name) }
        throw .noPrivateKey(file: file.name)
    }

    private static func timestamp(_ time: UnsafePointer<ASN1_TIME>?) -> Timestamp {
        var parts = tm()
        // A certificate whose time cannot be read counts as valid never.
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return Timestamp(seconds: 0) }
        return Timestamp(seconds: Int64(timegm(&parts)))
    }
}

/// Answers OpenSSL's question for a passphrase with "none"; its own answer would be to ask the terminal.
private let noPassphrase:
    @convention(c) (
        UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?
    ) -> Int32 = { _, _, _, _ in -1 }

/// Bytes that OpenSSL reads as it reads a file. They are copied.
private struct MemorySource: ~Copyable {
    let bio: OpaquePointer

    init?(_ bytes: [UInt8]) {
        guard !bytes.isEmpty, let count = Int32(exactly: bytes.count), let bio = BIO_new(BIO_s_mem()) else {
            return nil
        }
        guard BIO_write(bio, bytes, count) == count else {
            BIO_free(bio)
            return nil
        }
        self.bio = bio
    }

    deinit { BIO_free(bio) }
}

extension [UInt8] {
    fileprivate func contains(_ text: String) -> Bool {
        let text = Array(text.utf8)
        return indices.contains { self[$0...].starts(with: text) }
    }
}
