internal import COpenSSL
internal import Glibc
package import Primitives

/// A certificate and the rules of every connection that shows it: TLS 1.2 and 1.3, ECDHE with AEAD ciphers, `http/1.1`.
///
/// `@unchecked Sendable`: an `SSL_CTX` that is not changed any more may make connections on any thread, and `TicketKeys`
/// has its own lock. OpenSSL writes with `write(2)`, which knows no `MSG_NOSIGNAL`: making a context therefore turns SIGPIPE
/// off for the process.
package final class TLSContext: @unchecked Sendable {
    /// Forward secrecy and authenticated encryption only (RFC 9325 §4.2). TLS 1.3 has nothing else.
    private static let ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20"
    /// Without the finite-field groups, whose arithmetic costs a server milliseconds that a client asks for free.
    private static let groups = "X25519:P-256:P-384"
    /// 112 bits of strength everywhere (SSL_CTX_set_security_level(3)).
    private static let securityLevel: Int32 = 2

    package let certificate: ServerCertificate
    let pointer: OpaquePointer
    private let tickets: TicketKeys

    package init(
        _ certificate: ServerCertificate, time: any TimeSource, random: any RandomSource
    ) throws(TLSFailure) {
        signal(SIGPIPE, SIG_IGN)
        OpenSSLErrors.clear()
        defer { OpenSSLErrors.clear() }
        guard let pointer = SSL_CTX_new(TLS_server_method()) else { throw .refused(reason: OpenSSLErrors.newestText) }
        self.pointer = pointer
        self.certificate = certificate
        tickets = TicketKeys(time: time, random: random)
        try Self.setRules(of: pointer)
        try setCertificate()
        setTickets()
        setApplicationProtocol()
    }

    deinit { SSL_CTX_free(pointer) }

    /// The rules that hold on both sides.
    static func setRules(of pointer: OpaquePointer) throws(TLSFailure) {
        SSL_CTX_set_security_level(pointer, securityLevel)
        SSL_CTX_set_options(pointer, SALA_SSL_OPTIONS)
        _ = SSL_CTX_ctrl(pointer, SSL_CTRL_MODE, SALA_SSL_MODES, nil)
        // Records that carry no bytes (new keys, refused renegotiations) do not keep a read going: what the kernel still has
        // comes with the loop's next turn.
        _ = SSL_CTX_ctrl(pointer, SSL_CTRL_CLEAR_MODE, Int(SSL_MODE_AUTO_RETRY), nil)
        // One system call a record instead of two (its header, its rest).
        _ = SSL_CTX_ctrl(pointer, SSL_CTRL_SET_READ_AHEAD, 1, nil)
        let hasRules =
            SSL_CTX_ctrl(pointer, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil) == 1
            && SSL_CTX_ctrl(pointer, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(TLS1_3_VERSION), nil) == 1
            && SSL_CTX_set_cipher_list(pointer, ciphers) == 1
            && groups.withCString {
                SSL_CTX_ctrl(pointer, SSL_CTRL_SET_GROUPS_LIST, 0, UnsafeMutableRawPointer(mutating: $0)) == 1
            }
        guard hasRules else { throw .refused(reason: OpenSSLErrors.newestText) }
    }

    private func setCertificate() throws(TLSFailure) {
        guard SSL_CTX_use_certificate(pointer, certificate.chain[0]) == 1 else { throw refusal(certificate.chainFile) }
        guard SSL_CTX_use_PrivateKey(pointer, certificate.key) == 1 else { throw refusal(certificate.keyFile) }
        for issuer in certificate.chain.dropFirst() {
            // "1" has the context take a reference of its own.
            guard SSL_CTX_ctrl(pointer, SSL_CTRL_CHAIN_CERT, 1, UnsafeMutableRawPointer(issuer)) == 1 else {
                throw refusal(certificate.chainFile)
            }
        }
    }

    private func refusal(_ file: String) -> TLSFailure {
        switch OpenSSLErrors.newestReason {
        case SSL_R_EE_KEY_TOO_SMALL, SSL_R_CA_KEY_TOO_SMALL, SSL_R_CA_MD_TOO_WEAK:
            .tooWeak(file: file, reason: OpenSSLErrors.newestText)
        default: .refused(reason: "\(file): \(OpenSSLErrors.newestText)")
        }
    }

    /// Resumption by tickets only: the server remembers no sessions, so that their number needs no bound.
    private func setTickets() {
        _ = SSL_CTX_ctrl(pointer, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
        SSL_CTX_set_timeout(pointer, Int(TicketKeys.maxAge.components.seconds))
        // Every connection holds its context, so the keys outlive each call.
        SSL_CTX_set_ex_data(pointer, 0, Unmanaged.passUnretained(tickets).toOpaque())
        SSL_CTX_set_tlsext_ticket_key_evp_cb(pointer) { connection, name, vector, cipher, authenticator, seals in
            guard let connection, let name, let vector, let cipher, let authenticator,
                let keys = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), 0)
            else { return -1 }
            return Unmanaged<TicketKeys>.fromOpaque(keys).takeUnretainedValue().prepare(
                name: name, vector: vector, cipher: cipher, authenticator: authenticator, seals: seals == 1)
        }
    }

    /// ALPN (RFC 7301): `http/1.1` for who offers it, an alert for who offers only something else.
    private func setApplicationProtocol() {
        SSL_CTX_set_alpn_select_cb(
            pointer,
            { _, chosen, chosenCount, offered, offeredCount, _ in
                guard let chosen, let chosenCount, let offered else { return SSL_TLSEXT_ERR_ALERT_FATAL }
                var at = 0
                let end = Int(offeredCount)
                while at < end {
                    let count = Int(offered[at])
                    let name = UnsafeBufferPointer(start: offered + at + 1, count: min(count, end - at - 1))
                    if name.elementsEqual("http/1.1".utf8) {
                        chosen.pointee = UnsafePointer(offered + at + 1)
                        chosenCount.pointee = UInt8(count)
                        return SSL_TLSEXT_ERR_OK
                    }
                    at += count + 1
                }
                return SSL_TLSEXT_ERR_ALERT_FATAL
            }, nil)
    }
}
